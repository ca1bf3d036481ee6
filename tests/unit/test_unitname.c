/* SPDX-License-Identifier: MIT */
/* Tests of core/unitname.h and core/specifier.h: names, their parts, and what stands for them in values. */
#include "core/unitname.h"

#include "check.h"
#include "core/specifier.h"
#include "parsed.h"

#include <errno.h>

static void test_names_have_parts(void **state)
{
    static const struct {
        const char *name;
        const char *prefix; // NULL: it is none
        const char *instance;
        const char *suffix;
        bool has_at;
    } rows[] = {
        {"x.service", "x", "", "service", false},
        {"a.b-c.service", "a.b-c", "", "service", false},
        {"x@y.service", "x", "y", "service", true},
        {"x@.service", "x", "", "service", true},
        {"x@y@z.service", "x", "y@z", "service", true},
        {"x@1.2.target", "x", "1.2", "target", true},
        {"dev-sda\\x2d.device", "dev-sda\\x2d", "", "device", false},
        {"", NULL, NULL, NULL, false},
        {"x", NULL, NULL, NULL, false},
        {".service", NULL, NULL, NULL, false},
        {"@y.service", NULL, NULL, NULL, false},
        {"x.service@y", NULL, NULL, NULL, false},
        {"x.conf", NULL, NULL, NULL, false},
        {"x y.service", NULL, NULL, NULL, false},
        {"x/y.service", NULL, NULL, NULL, false},
        {"x\n.service", NULL, NULL, NULL, false},
        {"\xc3\xa9.service", NULL, NULL, NULL, false},
        {"x.services", NULL, NULL, NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice name = exact_copy(rows[i].name, strlen(rows[i].name));
        struct unitname n;
        bool ok = unitname_parse(name, &n);

        expect(ok == (rows[i].prefix != NULL), "\"%s\": got %d", rows[i].name, ok);
        if (ok) {
            assert_true(slice_equals(n.prefix, rows[i].prefix));
            assert_true(slice_equals(n.instance, rows[i].instance));
            assert_true(slice_equals(n.suffix, rows[i].suffix));
            assert_int_equal(n.has_at, rows[i].has_at);
        }
        exact_free(name);
    }
}

static void test_a_name_has_255_bytes_at_most(void **state)
{
    char name[300];
    struct unitname n;

    (void)state;
    memset(name, 'a', sizeof(name));
    memcpy(name + 247, ".service", 8);
    assert_true(unitname_parse((struct slice){(uint8_t *)name, 255}, &n));
    memcpy(name + 247, "a.service", 9);
    assert_false(unitname_parse((struct slice){(uint8_t *)name, 256}, &n));
}

static void test_words_become_full_names(void **state)
{
    static const char *const rows[][2] = {
        {"x", "x.service"},
        {"x.service", "x.service"},
        {"x@i", "x@i.service"},
        {"a.b", "a.b.service"},
        {"x@i.service", "x@i.service"},
        {"x@", NULL},
        {"x@.service", NULL},
        {"x.target", NULL},
        {"x.socket", NULL},
        {"", NULL},
        {"a b", NULL},
        {"../x", NULL},
    };
    char buf[UNITNAME_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool ok = unit_full_name(rows[i][0], buf, sizeof(buf));

        expect(ok == (rows[i][1] != NULL), "\"%s\": got %d", rows[i][0], ok);
        if (ok) {
            assert_string_equal(buf, rows[i][1]);
        }
    }
    assert_true(unit_full_name("x", buf, 10));
    assert_false(unit_full_name("x", buf, 9));
}

static void test_instances_have_a_template(void **state)
{
    char buf[UNITNAME_MAX];

    (void)state;
    assert_true(unit_template_name("x@i.service", buf, sizeof(buf)));
    assert_string_equal(buf, "x@.service");
    assert_true(unit_template_name("x@i@j.service", buf, sizeof(buf)));
    assert_string_equal(buf, "x@.service");
    assert_true(unit_template_name("x@i.service", buf, 11));
    assert_false(unit_template_name("x@i.service", buf, 10));
    assert_false(unit_template_name("x.service", buf, sizeof(buf)));
    assert_false(unit_template_name("x@.service", buf, sizeof(buf)));
    assert_false(unit_template_name("x@i.target", buf, sizeof(buf)));
}

/* Expects what a text with specifiers resolves to; NULL: the error names `letter`. */
static void expect_specifiers(const char *name, const char *text, const char *expected, char letter)
{
    uint8_t buf[256];
    struct wire_writer w;
    char got = 0;
    int r;

    wire_writer_init(&w, buf, sizeof(buf));
    r = specifier_expand(slice_of(text), name, &test_values, &w, &got);
    expect(r == (expected != NULL ? 0 : -EINVAL), "%s: \"%s\": got %d", name, text, r);
    if (expected == NULL) {
        assert_int_equal(got, letter);
        return;
    }
    expect(slice_equals((struct slice){buf, w.len}, expected),
           "%s: \"%s\": expected \"%s\", got \"%.*s\"", name, text, expected, (int)w.len,
           (char *)buf);
}

static void test_specifiers_of_the_name(void **state)
{
    static const char name[] = "web-a\\x2db@srv-data.service";

    (void)state;
    expect_specifiers(name, "%n|%N", "web-a\\x2db@srv-data.service|web-a\\x2db@srv-data", 0);
    expect_specifiers(name, "%p|%P", "web-a\\x2db|web/a-b", 0);
    expect_specifiers(name, "%i|%I", "srv-data|srv/data", 0);
    expect_specifiers(name, "%j|%J", "a\\x2db|a-b", 0);
    expect_specifiers(name, "%f", "/srv/data", 0);
    expect_specifiers("x.service", "%i|%I|%f", "||/x", 0);
    expect_specifiers("x@-.service", "%f|%I", "/|/", 0);
    expect_specifiers("x@-a.service", "%I", "/a", 0);
    expect_specifiers("x@-a.service", "%f", NULL, 'f');
    expect_specifiers("x@a-..-b.service", "%f", NULL, 'f');
    expect_specifiers("x@a--b.service", "%f", NULL, 'f');
    expect_specifiers("x@a\\q.service", "%I", NULL, 'I');
    expect_specifiers("x@a\\x0.service", "%I", NULL, 'I');
    expect_specifiers("x@a\\x00.service", "%I", NULL, 'I');
    expect_specifiers("x@a\\x.service", "a%ib%%", "aa\\xb%", 0);
}

static void test_specifiers_of_the_system(void **state)
{
    (void)state;
    expect_specifiers("x.service", "%H %l", "box.example.org box", 0);
    expect_specifiers("x.service", "%t %S %C %L %E %T %V",
                      "/run /var/lib /var/cache /var/log /etc /tmp /var/tmp", 0);
    expect_specifiers("x.service", "%u %U %g %G %h %s", "root 0 root 0 /root /bin/sh", 0);
    expect_specifiers("x.service", "%m %b %v %a", "0123 4567 6.1.0 x86-64", 0);
}

static void test_a_percent_alone_stays(void **state)
{
    (void)state;
    expect_specifiers("x.service", "%", "%", 0);
    expect_specifiers("x.service", "%% 100%", "% 100%", 0);
    expect_specifiers("x.service", "%- % x", "%- % x", 0);
    expect_specifiers("x.service", "", "", 0);
    expect_specifiers("x.service", "%%%%n", "%%n", 0);
}

static void test_letters_that_are_none_are_told(void **state)
{
    (void)state;
    expect_specifiers("x.service", "a %Z", NULL, 'Z');
    expect_specifiers("x.service", "%1", NULL, '1');
    for (const char *c = "ABdMoqwWyYceDFkKOQrRxXzZ"; *c != 0; c++) {
        char text[3] = {'%', *c, 0};

        if (strchr("C", *c) == NULL) {
            expect_specifiers("x.service", text, NULL, *c);
        }
    }
}

static void test_what_is_not_known_is_nothing(void **state)
{
    static const struct unit_values nothing = {NULL};
    uint8_t buf[64];
    struct wire_writer w;
    char letter;

    (void)state;
    wire_writer_init(&w, buf, sizeof(buf));
    assert_int_equal(
        specifier_expand(SLICE("<%H%l%t%S%C%L%E%T%m%b%v%a>"), "x.service", &nothing, &w, &letter),
        0);
    assert_true(slice_equals((struct slice){buf, w.len}, "<>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_have_parts),
        cmocka_unit_test(test_a_name_has_255_bytes_at_most),
        cmocka_unit_test(test_words_become_full_names),
        cmocka_unit_test(test_instances_have_a_template),
        cmocka_unit_test(test_specifiers_of_the_name),
        cmocka_unit_test(test_specifiers_of_the_system),
        cmocka_unit_test(test_a_percent_alone_stays),
        cmocka_unit_test(test_letters_that_are_none_are_told),
        cmocka_unit_test(test_what_is_not_known_is_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
