/* SPDX-License-Identifier: MIT */
/* Tests of core/unitimage.h: what is written comes back, and nothing else is read. */
#include "core/unitimage.h"

#include "check.h"

#include <errno.h>

#define SERVICES 3

struct set {
    struct unitimage_source source[SERVICES];
    uint8_t exec[512];
    uint8_t codes[SERVICE_OK_BYTES];
};

static const uint8_t first_only[] = {0, 0, 0, 0};
static const uint8_t first_two[] = {0, 0, 0, 0, 1, 0, 0, 0};

/* a; b after a, which it requires; c after a and b, which it requires, and wants a. */
static void fill(struct set *t)
{
    struct wire_writer w;

    *t = (struct set){0};
    for (size_t i = 0; i < SERVICES; i++) {
        t->source[i].conf = (struct service_conf){
            .name = "", .description = "", .kill_signal = 15, .timeout_stop = MSEC_NEVER};
    }
    t->source[0].conf.name = "a";
    t->source[1].conf.name = "b@x";
    t->source[1].conf.after = t->source[1].conf.requires = (struct slice){first_only, 4};
    t->source[2].conf.name = "c";
    t->source[2].conf.after = t->source[2].conf.requires = (struct slice){first_two, 8};
    t->source[2].conf.wants = (struct slice){first_only, 4};
    wire_writer_init(&w, t->exec, sizeof(t->exec));
    wire_tlv_bytes(&w, EXEC_COMMAND, "\1\0/bin/a\0b\0", 11);
    wire_tlv_bytes(&w, EXEC_COMMAND, "\4\1kill\0", 7);
    wire_tlv_bytes(&w, EXEC_COMMAND, "\1\2/bin/c\0d\0\0", 12);
    wire_tlv_str(&w, EXEC_ENV, "A=b");
    wire_tlv_bytes(&w, EXEC_WORKDIR, "\1~", 2);
    wire_tlv_bytes(&w, EXEC_STDOUT, "\4/log", 5);
    t->source[2].conf.exec = (struct slice){t->exec, w.len};
    t->codes[9] = 8;
    t->source[2].conf.codes = t->codes;
    t->source[2].conf.description = "the third";
    t->source[2].conf.flags = SERVICE_MAIN | SERVICE_REMAIN;
    t->source[2].conf.type = TYPE_ONESHOT;
    t->source[2].conf.restart = RESTART_ON_ABORT;
    t->source[2].conf.kill_mode = KILL_MIXED;
    t->source[2].conf.kill_signal = 64;
    t->source[2].conf.restart_ms = 1;
    t->source[2].conf.timeout_start = 2;
    t->source[2].conf.limit_interval = 3;
    t->source[2].conf.limit_burst = UINT32_MAX;
    t->source[2].conf.ok_signals = UINT64_C(1) << 63;
}

/* The image of the set, owned by the caller. */
static struct slice image_of(const struct set *t)
{
    size_t size = unitimage_size(t->source, SERVICES);
    uint8_t *buf = malloc(size);

    assert_true(size > UNITIMAGE_HEADER);
    assert_non_null(buf);
    memset(buf, 0xA5, size);
    assert_int_equal(unitimage_write(t->source, SERVICES, buf, size), 0);
    return (struct slice){buf, size};
}

static void expect_deps(struct slice list, const char *digits)
{
    assert_int_equal(service_dep_count(list), strlen(digits));
    for (uint32_t i = 0; i < service_dep_count(list); i++) {
        assert_int_equal(service_dep(list, i), digits[i] - '0');
    }
}

static void test_what_is_written_comes_back(void **state)
{
    struct set t;
    struct slice bytes;
    struct unitimage image;
    struct service_conf c;

    (void)state;
    fill(&t);
    bytes = image_of(&t);
    assert_int_equal(unitimage_open(bytes, &image), 0);
    assert_int_equal(image.count, SERVICES);
    unitimage_get(&image, 2, &c);
    assert_string_equal(c.name, "c");
    assert_string_equal(c.description, "the third");
    assert_int_equal(c.flags, SERVICE_MAIN | SERVICE_REMAIN);
    assert_int_equal(c.type, TYPE_ONESHOT);
    assert_int_equal(c.restart, RESTART_ON_ABORT);
    assert_int_equal(c.kill_mode, KILL_MIXED);
    assert_int_equal(c.kill_signal, 64);
    assert_int_equal(c.restart_ms, 1);
    assert_int_equal(c.timeout_start, 2);
    assert_true(c.timeout_stop == MSEC_NEVER);
    assert_int_equal(c.limit_interval, 3);
    assert_int_equal(c.limit_burst, UINT32_MAX);
    assert_true(c.ok_signals == UINT64_C(1) << 63);
    assert_memory_equal(c.codes, t.codes, SERVICE_OK_BYTES);
    assert_int_equal(c.exec.len, t.source[2].conf.exec.len);
    assert_memory_equal(c.exec.data, t.exec, c.exec.len);
    assert_int_equal(c.commands[RUN_START], 2);
    assert_int_equal(c.commands[RUN_STOP], 1);
    assert_int_equal(c.commands[RUN_RELOAD], 0);
    unitimage_get(&image, 0, &c);
    assert_int_equal(c.exec.len, 0);
    assert_int_equal(c.codes[9], 0);
    exact_free(bytes);
}

static void test_the_other_sides_are_worked_out(void **state)
{
    struct set t;
    struct slice bytes;
    struct unitimage image;
    struct service_conf c;

    (void)state;
    fill(&t);
    bytes = image_of(&t);
    assert_int_equal(unitimage_open(bytes, &image), 0);
    unitimage_get(&image, 0, &c);
    expect_deps(c.after, "");
    expect_deps(c.before, "12");
    expect_deps(c.required_by, "12");
    unitimage_get(&image, 1, &c);
    expect_deps(c.after, "0");
    expect_deps(c.requires, "0");
    expect_deps(c.before, "2");
    expect_deps(c.required_by, "2");
    unitimage_get(&image, 2, &c);
    expect_deps(c.after, "01");
    expect_deps(c.wants, "0");
    expect_deps(c.before, "");
    expect_deps(c.required_by, "");
    exact_free(bytes);
}

static void test_services_are_found_by_name(void **state)
{
    struct set t;
    struct slice bytes;
    struct unitimage image;

    (void)state;
    fill(&t);
    bytes = image_of(&t);
    assert_int_equal(unitimage_open(bytes, &image), 0);
    assert_int_equal(unitimage_find(&image, SLICE("a")), 0);
    assert_int_equal(unitimage_find(&image, SLICE("b@x")), 1);
    assert_int_equal(unitimage_find(&image, SLICE("c")), 2);
    assert_int_equal(unitimage_find(&image, SLICE("b@")), -1);
    assert_int_equal(unitimage_find(&image, SLICE("")), -1);
    exact_free(bytes);
}

/* c's exec list, with what comes before it. */
static int write_with_aliases(struct set *t, const uint8_t *before, size_t len, uint8_t *buf,
                              size_t cap, struct slice *ret_bytes)
{
    static uint8_t exec[1024];
    struct slice own = t->source[2].conf.exec;
    size_t size;

    memcpy(exec, before, len);
    memcpy(exec + len, own.data, own.len);
    t->source[2].conf.exec = (struct slice){exec, len + own.len};
    size = unitimage_size(t->source, SERVICES);
    assert_true(size <= cap);
    *ret_bytes = (struct slice){buf, size};
    return unitimage_write(t->source, SERVICES, buf, size);
}

static void test_services_are_found_by_alias(void **state)
{
    struct set t;
    struct slice bytes;
    struct unitimage image;
    struct wire_writer w;
    uint8_t before[64];
    uint8_t buf[4096];

    (void)state;
    fill(&t);
    wire_writer_init(&w, before, sizeof(before));
    wire_tlv_str(&w, EXEC_ALIAS, "nick");
    wire_tlv_str(&w, EXEC_ALIAS, "a"); // which is a service's own name
    assert_int_equal(write_with_aliases(&t, before, w.len, buf, sizeof(buf), &bytes), 0);
    assert_int_equal(unitimage_open(bytes, &image), 0);
    assert_int_equal(unitimage_find(&image, SLICE("nick")), 2);
    assert_int_equal(unitimage_find(&image, SLICE("nic")), -1);
    assert_int_equal(unitimage_find(&image, SLICE("")), -1);
    assert_int_equal(unitimage_find(&image, SLICE("a")), 0);
    assert_int_equal(unitimage_find_own(&image, SLICE("nick"), 0), -1);
    for (uint32_t from = 0; from < 5; from++) {
        assert_int_equal(unitimage_find_own(&image, SLICE("c"), from), 2);
    }
}

static void test_aliases_come_first(void **state)
{
    struct set t;
    struct slice bytes;
    struct wire_writer w;
    uint8_t before[64];
    uint8_t buf[4096];

    (void)state;
    fill(&t);
    wire_writer_init(&w, before, sizeof(before));
    wire_tlv_str(&w, EXEC_PASS_ENV, "E");
    wire_tlv_str(&w, EXEC_ALIAS, "nick");
    assert_int_equal(write_with_aliases(&t, before, w.len, buf, sizeof(buf), &bytes), -EINVAL);
}

static void test_commands_are_found_by_kind_and_number(void **state)
{
    struct set t;
    struct slice words;
    unsigned bits;

    (void)state;
    fill(&t);
    assert_true(unitimage_command(&t.source[2].conf, RUN_START, 0, &bits, &words));
    assert_int_equal(bits, 0);
    assert_int_equal(words.len, 9);
    assert_memory_equal(words.data, "/bin/a\0b\0", 9);
    assert_true(unitimage_command(&t.source[2].conf, RUN_START, 1, &bits, &words));
    assert_int_equal(bits, RUN_ARGV0);
    assert_memory_equal(words.data, "/bin/c\0d\0\0", 10);
    assert_true(unitimage_command(&t.source[2].conf, RUN_STOP, 0, &bits, &words));
    assert_int_equal(bits, RUN_IGNORE);
    assert_false(unitimage_command(&t.source[2].conf, RUN_START, 2, &bits, &words));
    assert_false(unitimage_command(&t.source[2].conf, RUN_START_PRE, 0, &bits, &words));
}

static void test_an_empty_image(void **state)
{
    uint8_t buf[UNITIMAGE_HEADER];
    struct unitimage image;

    (void)state;
    assert_int_equal(unitimage_size(NULL, 0), UNITIMAGE_HEADER);
    assert_int_equal(unitimage_write(NULL, 0, buf, sizeof(buf)), 0);
    assert_int_equal(unitimage_open((struct slice){buf, sizeof(buf)}, &image), 0);
    assert_int_equal(image.count, 0);
    assert_int_equal(unitimage_find(&image, SLICE("a")), -1);
}

static void test_what_cannot_be_written(void **state)
{
    static const uint8_t index_3[] = {3, 0, 0, 0};
    static const uint8_t half[] = {0, 0};
    struct set t;
    uint8_t buf[4096];
    size_t size;

    (void)state;
    fill(&t);
    size = unitimage_size(t.source, SERVICES);
    assert_true(size < sizeof(buf));
    assert_int_equal(unitimage_write(t.source, SERVICES, buf, size - 1), -EINVAL);
    assert_int_equal(unitimage_write(t.source, SERVICES, buf, size + 1), -EINVAL);
    t.source[1].conf.wants = (struct slice){index_3, 4};
    size = unitimage_size(t.source, SERVICES);
    assert_int_equal(unitimage_write(t.source, SERVICES, buf, size), -EINVAL);
    t.source[1].conf.wants = (struct slice){half, 2};
    size = unitimage_size(t.source, SERVICES);
    assert_int_equal(unitimage_write(t.source, SERVICES, buf, size), -EINVAL);
    t.source[1].conf.wants.len = 0;
    t.source[1].conf.kill_signal = 0; // which no image may have
    size = unitimage_size(t.source, SERVICES);
    assert_int_equal(unitimage_write(t.source, SERVICES, buf, size), -EINVAL);
    assert_int_equal(unitimage_size(t.source, UNITIMAGE_SERVICES_MAX + 1), 0);
    t.source[1].conf.exec.len = UNITIMAGE_MAX;
    assert_int_equal(unitimage_size(t.source, SERVICES), 0);
}

/* Reads all that an image gives, so that the sanitizer sees what lies outside. */
static size_t walk(const struct unitimage *image)
{
    size_t sum = 0;

    for (uint32_t i = 0; i < image->count; i++) {
        struct service_conf c;
        struct slice words;
        unsigned bits;

        unitimage_get(image, i, &c);
        sum += strlen(c.name) + strlen(c.description) + c.codes[SERVICE_OK_BYTES - 1];
        for (uint32_t n = 0; n < service_dep_count(c.required_by); n++) {
            assert_true(service_dep(c.required_by, n) < image->count);
        }
        for (unsigned run = 0; run < SERVICE_RUN_COUNT; run++) {
            for (uint32_t n = 0; n < c.commands[run]; n++) {
                assert_true(unitimage_command(&c, run, n, &bits, &words));
                sum += strlen((const char *)words.data);
            }
        }
    }
    return sum;
}

static void test_an_image_cut_short_anywhere_is_refused(void **state)
{
    struct set t;
    struct slice bytes;

    (void)state;
    fill(&t);
    bytes = image_of(&t);
    for (size_t len = 0; len < bytes.len; len++) {
        struct slice cut = exact_copy(bytes.data, len);
        struct unitimage image;

        expect(unitimage_open(cut, &image) == -EBADMSG, "%zu bytes were taken", len);
        exact_free(cut);
    }
    exact_free(bytes);
}

static void test_no_byte_leads_outside(void **state)
{
    static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
    struct set t;
    struct slice bytes;

    (void)state;
    fill(&t);
    bytes = image_of(&t);
    for (size_t at = 0; at < bytes.len; at++) {
        for (size_t v = 0; v < COUNT_OF(values); v++) {
            struct slice copy = exact_copy(bytes.data, bytes.len);
            struct unitimage image;

            ((uint8_t *)(uintptr_t)copy.data)[at] = values[v];
            if (unitimage_open(copy, &image) == 0) {
                (void)walk(&image);
            }
            exact_free(copy);
        }
    }
    exact_free(bytes);
}

/* Expects that the third service with this exec list cannot be written. */
static void expect_bad_exec(unsigned tag, const void *value, size_t len, const char *what)
{
    struct set t;
    struct wire_writer w;
    uint8_t exec[128];
    uint8_t buf[4096];

    fill(&t);
    wire_writer_init(&w, exec, sizeof(exec));
    wire_tlv_bytes(&w, (uint16_t)tag, value, len);
    assert_false(w.overflow);
    t.source[2].conf.exec = (struct slice){exec, w.len};
    expect(unitimage_write(t.source, SERVICES, buf, unitimage_size(t.source, SERVICES)) == -EINVAL,
           "%s: it was written", what);
}

static void test_malformed_elements_are_refused(void **state)
{
    (void)state;
    expect_bad_exec(0, "", 0, "tag 0");
    expect_bad_exec(EXEC_TAG_COUNT, "", 0, "an unknown tag");
    expect_bad_exec(EXEC_COMMAND, "", 0, "an empty command");
    expect_bad_exec(EXEC_COMMAND, "\1\0", 2, "a command without words");
    expect_bad_exec(EXEC_COMMAND, "\1\0\0", 3, "a command without a program");
    expect_bad_exec(EXEC_COMMAND, "\1\0/a", 4, "no zero at the end");
    expect_bad_exec(EXEC_COMMAND, "\6\0/a\0", 5, "an unknown kind");
    expect_bad_exec(EXEC_COMMAND, "\1\2/a\0", 5, "no argv[0]");
    expect_bad_exec(EXEC_ENV, "A", 1, "no =");
    expect_bad_exec(EXEC_ENV, "=A", 2, "no name");
    expect_bad_exec(EXEC_ENV, "A=\0", 3, "a zero byte");
    expect_bad_exec(EXEC_ENV_FILE, "\0", 1, "no path");
    expect_bad_exec(EXEC_ENV_FILE, "\0a", 2, "a relative path");
    expect_bad_exec(EXEC_ENV_FILE, "\2/a", 3, "a flag of 2");
    expect_bad_exec(EXEC_ENV_FILE, "\0~", 2, "a home");
    expect_bad_exec(EXEC_WORKDIR, "\0~a", 3, "a home of another");
    expect_bad_exec(EXEC_ALIAS, "", 0, "no name");
    expect_bad_exec(EXEC_USER, "", 0, "no user");
    expect_bad_exec(EXEC_USER, "a\0", 2, "a zero byte");
    expect_bad_exec(EXEC_UMASK, "\0\0", 2, "a short number");
    expect_bad_exec(EXEC_NO_NEW_PRIVS, "\2", 1, "a flag of 2");
    expect_bad_exec(EXEC_IGNORE_SIGPIPE, "\2", 1, "a flag of 2");
    expect_bad_exec(EXEC_CAP_BOUND, "\0\0\0\0", 4, "a short set");
    expect_bad_exec(EXEC_RLIMIT, "\0\0\0\0", 4, "a short limit");
    expect_bad_exec(EXEC_RLIMIT, "\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, "no resource");
    expect_bad_exec(EXEC_STDIN, "", 0, "no stream");
    expect_bad_exec(EXEC_STDIN, "\2", 1, "input from the log");
    expect_bad_exec(EXEC_STDIN, "\4/a", 3, "input that is appended to");
    expect_bad_exec(EXEC_STDIN, "\3", 1, "a file without a path");
    expect_bad_exec(EXEC_STDOUT, "\6", 1, "an unknown stream");
    expect_bad_exec(EXEC_STDOUT, "\0/a", 3, "a path of nothing");
    expect_bad_exec(EXEC_STDERR, "\5a", 2, "a relative path");
}

static void test_what_there_is_one_of_comes_once(void **state)
{
    struct set t;
    struct wire_writer w;
    uint8_t exec[256];
    uint8_t buf[4096];

    (void)state;
    fill(&t);
    wire_writer_init(&w, exec, sizeof(exec));
    for (size_t i = 0; i < 2; i++) {
        wire_tlv_str(&w, EXEC_SUPP_GROUP, "g");
        wire_tlv_str(&w, EXEC_PASS_ENV, "E");
        wire_tlv_bytes(&w, EXEC_ENV_FILE, "\0/a", 3);
        wire_tlv_bytes(&w, EXEC_RLIMIT,
                       i == 0 ? "\1\0\0\0aaaaaaaabbbbbbbb" : "\2\0\0\0aaaaaaaabbbbbbbb", 20);
    }
    t.source[2].conf.exec = (struct slice){exec, w.len};
    assert_int_equal(unitimage_write(t.source, SERVICES, buf, unitimage_size(t.source, SERVICES)),
                     0);
    wire_tlv_bytes(&w, EXEC_RLIMIT, "\1\0\0\0aaaaaaaabbbbbbbb", 20);
    t.source[2].conf.exec = (struct slice){exec, w.len};
    assert_int_equal(unitimage_write(t.source, SERVICES, buf, unitimage_size(t.source, SERVICES)),
                     -EINVAL);
    wire_writer_init(&w, exec, sizeof(exec));
    wire_tlv_str(&w, EXEC_USER, "a");
    wire_tlv_str(&w, EXEC_USER, "b");
    t.source[2].conf.exec = (struct slice){exec, w.len};
    assert_int_equal(unitimage_write(t.source, SERVICES, buf, unitimage_size(t.source, SERVICES)),
                     -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_comes_back),
        cmocka_unit_test(test_the_other_sides_are_worked_out),
        cmocka_unit_test(test_services_are_found_by_name),
        cmocka_unit_test(test_services_are_found_by_alias),
        cmocka_unit_test(test_aliases_come_first),
        cmocka_unit_test(test_commands_are_found_by_kind_and_number),
        cmocka_unit_test(test_an_empty_image),
        cmocka_unit_test(test_what_cannot_be_written),
        cmocka_unit_test(test_an_image_cut_short_anywhere_is_refused),
        cmocka_unit_test(test_no_byte_leads_outside),
        cmocka_unit_test(test_malformed_elements_are_refused),
        cmocka_unit_test(test_what_there_is_one_of_comes_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
