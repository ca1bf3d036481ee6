/* SPDX-License-Identifier: MIT */
/* Tests of core/options.h: porthole-init's command line, word by word. */
#include "core/options.h"

#include "check.h"

#include <signal.h>

#include <errno.h>

#define WORDS_MAX 80

/* The seconds of SECONDS_MAX in options.c. */
#define MOST INT64_C(1000000000000)

struct parsed {
    int r;
    int argc;
    struct options o;
    const char *bad;
    const char *reason;
};

/* Parses "porthole-init" and the words up to the first NULL. */
static struct parsed parse(const char *const *words)
{
    struct parsed p = {.argc = 1};
    char *argv[WORDS_MAX + 2] = {(char *)(uintptr_t) "porthole-init"};

    while (words[p.argc - 1] != NULL) {
        assert_true(p.argc <= WORDS_MAX);
        argv[p.argc] = (char *)(uintptr_t)words[p.argc - 1];
        p.argc++;
    }
    p.r = options_parse(p.argc, argv, &p.o, &p.bad, &p.reason);
    return p;
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static struct options accepted(struct parsed p)
{
    expect(p.r == 0, "expected 0, got %d: %s %s", p.r, p.bad, p.reason);
    expect(p.bad == NULL && p.reason == NULL, "accepted, but says what is wrong");
    return p.o;
}

static void expect_refused(struct parsed p, const char *bad, const char *reason)
{
    expect(p.r == -EINVAL, "%s: expected -EINVAL, got %d", bad, p.r);
    expect(strcmp(p.bad, bad) == 0, "expected the word %s to be named, not %s", bad, p.bad);
    expect(strcmp(p.reason, reason) == 0, "%s: expected \"%s\", got \"%s\"", bad, reason, p.reason);
    expect(p.o.command == 0, "%s: refused, but the options were written", bad);
}

static void test_without_words_there_is_no_command(void **state)
{
    static const char *const none[] = {NULL};
    struct parsed p = parse(none);

    (void)state;
    assert_int_equal(p.r, 0);
    assert_int_equal(p.o.command, 1);
    assert_int_equal(p.o.command, p.argc);
    assert_false(p.o.help || p.o.version || p.o.verbose || p.o.quiet);
    assert_int_equal(p.o.grace, GRACE_DEFAULT_MS);
    assert_null(p.o.control);
}

static void test_the_first_operand_is_the_command(void **state)
{
    (void)state;
    assert_int_equal(accepted(PARSE("sh")).command, 1);
    assert_int_equal(accepted(PARSE("-v", "sh", "-q")).command, 2);
    assert_false(accepted(PARSE("-v", "sh", "-q")).quiet);
    assert_false(accepted(PARSE("sh", "--help")).help);
    assert_int_equal(accepted(PARSE("--grace", "1", "sh")).command, 3);
    assert_int_equal(accepted(PARSE("--grace=1", "sh")).command, 2);
    assert_int_equal(accepted(PARSE("", "-q")).command, 1);
    assert_int_equal(accepted(PARSE("-", "-q")).command, 1);
    assert_false(accepted(PARSE("-", "-q")).quiet);
}

static void test_two_dashes_end_the_options(void **state)
{
    struct parsed p = PARSE("--");

    (void)state;
    assert_int_equal(p.r, 0);
    assert_int_equal(p.o.command, p.argc);
    assert_int_equal(accepted(PARSE("--", "sh")).command, 2);
    assert_int_equal(accepted(PARSE("-v", "--", "-q")).command, 3);
    assert_false(accepted(PARSE("--", "--quiet")).quiet);
    assert_int_equal(accepted(PARSE("--", "--", "sh")).command, 2);
    assert_int_equal(accepted(PARSE("--", "--unknown")).command, 2);
    assert_int_equal(accepted(PARSE("sh", "--", "x")).command, 1);
}

static void test_flags(void **state)
{
    (void)state;
    assert_true(accepted(PARSE("--help")).help);
    assert_true(accepted(PARSE("-h")).help);
    assert_true(accepted(PARSE("--version")).version);
    assert_true(accepted(PARSE("--verbose")).verbose);
    assert_true(accepted(PARSE("-v")).verbose);
    assert_true(accepted(PARSE("--quiet")).quiet);
    assert_true(accepted(PARSE("-q")).quiet);
    assert_true(accepted(PARSE("-v", "-v", "--verbose")).verbose);
    assert_false(accepted(PARSE("-qvh")).quiet);
    assert_true(accepted(PARSE("-qvh")).verbose);
    assert_true(accepted(PARSE("-qvh")).help);
    assert_true(accepted(PARSE("-vq")).quiet);
    assert_false(accepted(PARSE("-vq")).verbose);
}

static void test_grace(void **state)
{
    (void)state;
    assert_int_equal(accepted(PARSE("--grace", "3")).grace, 3000);
    assert_int_equal(accepted(PARSE("--grace=3")).grace, 3000);
    assert_int_equal(accepted(PARSE("--grace=0")).grace, 0);
    assert_int_equal(accepted(PARSE("--grace", "2.5")).grace, 2500);
    assert_true(accepted(PARSE("--grace", "infinity")).grace == MSEC_NEVER);
    assert_int_equal(accepted(PARSE("--grace=1", "--grace=2")).grace, 2000);
    expect_refused(PARSE("--grace"), "--grace", "needs a value");
    expect_refused(PARSE("--grace="), "--grace=", "needs a number of seconds, or infinity");
    expect_refused(PARSE("--grace", ""), "--grace", "needs a number of seconds, or infinity");
    expect_refused(PARSE("--grace", "-1"), "--grace", "needs a number of seconds, or infinity");
    expect_refused(PARSE("--grace=1s", "sh"), "--grace=1s",
                   "needs a number of seconds, or infinity");
    expect_refused(PARSE("--grace", "--", "sh"), "--grace",
                   "needs a number of seconds, or infinity");
}

static void test_control(void **state)
{
    (void)state;
    assert_string_equal(accepted(PARSE("--control", "/run/x")).control, "/run/x");
    assert_string_equal(accepted(PARSE("--control=/run/x")).control, "/run/x");
    assert_string_equal(accepted(PARSE("--control=/")).control, "/");
    assert_string_equal(accepted(PARSE("--control=/a=b")).control, "/a=b");
    assert_null(accepted(PARSE("--control=/run/x", "--no-control")).control);
    assert_string_equal(accepted(PARSE("--no-control", "--control=/run/x")).control, "/run/x");
    expect_refused(PARSE("--control"), "--control", "needs a value");
    expect_refused(PARSE("--control="), "--control=", "needs an absolute path");
    expect_refused(PARSE("--control", "run/x"), "--control", "needs an absolute path");
    expect_refused(PARSE("--control=./x"), "--control=./x", "needs an absolute path");
}

static void test_folders_and_units_come_in_order(void **state)
{
    struct options o = accepted(PARSE("--services", "/a", "--unit", "x", "--services=/b",
                                      "--unit=y.service", "--unit", "z@1", "--", "sh"));

    (void)state;
    assert_string_equal(o.folders[0], "/a");
    assert_string_equal(o.folders[1], "/b");
    assert_null(o.folders[2]);
    assert_string_equal(o.units[0], "x");
    assert_string_equal(o.units[1], "y.service");
    assert_string_equal(o.units[2], "z@1");
    assert_null(o.units[3]);
    assert_int_equal(o.command, 10);
    assert_true(options_have_services(&o));
    o = accepted(PARSE("--unit=x"));
    assert_int_equal(o.command, 2); // no COMMAND is needed
    assert_true(options_have_services(&o));
    o = accepted(PARSE("sh", "--services", "/a"));
    assert_false(options_have_services(&o));
}

static void test_a_list_has_a_limit(void **state)
{
    static const char *const names[] = {"--services", "--unit"};

    (void)state;
    for (size_t n = 0; n < COUNT_OF(names); n++) {
        const char *words[WORDS_MAX] = {NULL};
        struct options o;

        for (int i = 0; i < OPTION_WORDS_MAX; i++) {
            words[2 * i] = names[n];
            words[2 * i + 1] = "/a";
        }
        o = accepted(parse(words));
        assert_string_equal((n == 0 ? o.folders : o.units)[OPTION_WORDS_MAX - 1], "/a");
        assert_null((n == 0 ? o.folders : o.units)[OPTION_WORDS_MAX]);
        words[2 * OPTION_WORDS_MAX] = names[n];
        words[2 * OPTION_WORDS_MAX + 1] = "/b";
        expect_refused(parse(words), names[n], "comes too often: 32 times at most");
    }
}

static void test_when_the_container_ends(void **state)
{
    static const struct {
        const char *word;
        enum exit_when when;
    } words[] = {
        {"main", EXIT_WHEN_MAIN},
        {"idle", EXIT_WHEN_IDLE},
        {"failure", EXIT_WHEN_FAILURE},
        {"never", EXIT_WHEN_NEVER},
    };
    static const char *const none[] = {"", "default", "Main", "mai", "mains", "idle ", "1"};

    (void)state;
    assert_int_equal(accepted(PARSE("--unit=x")).exit_when, EXIT_WHEN_DEFAULT);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        assert_int_equal(options_exit_when(words[i].word), words[i].when);
        assert_int_equal(accepted(PARSE("--unit=x", "--exit-when", words[i].word)).exit_when,
                         words[i].when);
    }
    assert_int_equal(accepted(PARSE("--exit-when=idle", "--unit=x", "--exit-when=never")).exit_when,
                     EXIT_WHEN_NEVER);
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        assert_int_equal(options_exit_when(none[i]), -EINVAL);
        expect_refused(PARSE("--unit=x", "--exit-when", none[i]), "--exit-when",
                       "needs one of main, idle, failure, never");
    }
}

static void test_main_and_strict(void **state)
{
    struct options o = accepted(PARSE("--main=web", "--strict", "--services=/a"));

    (void)state;
    assert_string_equal(o.main, "web");
    assert_true(o.strict);
    o = accepted(PARSE("--unit=x", "--main", "a", "--main", "b"));
    assert_string_equal(o.main, "b");
    assert_false(o.strict);
    assert_null(accepted(PARSE("--unit=x")).main);
}

static void test_an_option_of_services_needs_its_value(void **state)
{
    static const char *const names[] = {"--services", "--unit", "--main", "--exit-when"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        expect_refused(PARSE("--unit=x", names[i]), names[i], "needs a value");
    }
    for (size_t i = 0; i < 3; i++) {
        expect_refused(PARSE("--unit=x", names[i], ""), names[i], "needs a value");
    }
    expect_refused(PARSE("--services="), "--services=", "needs a value");
    expect_refused(PARSE("--strict=1"), "--strict=1", "unknown option");
}

static void test_without_services_nothing_is_said_of_them(void **state)
{
    static const char reason[] = "is about services; there are neither --services nor --unit";

    (void)state;
    expect_refused(PARSE("--main=web", "sh"), "--main", reason);
    assert_int_equal(accepted(PARSE("--exit-when=never", "sh")).exit_when, EXIT_WHEN_NEVER);
    expect_refused(PARSE("--strict", "sh"), "--strict", reason);
    expect_refused(PARSE("--strict"), "--strict", reason);
    expect_refused(PARSE("--main=web", "--", "--unit=x"), "--main", reason);
}

static void test_rules_of_a_single_command(void **state)
{
    static const char reason[] = "is about a single command; there are services";
    struct options o = accepted(PARSE("--forward=group", "--rewrite", "TERM:INT",
                                      "--rewrite=HUP:none", "--drain=2.5", "--ok-exit=3,SIGTERM",
                                      "--parent-death=KILL", "--warn-reap", "sh"));

    (void)state;
    assert_int_equal(o.rules.to, FORWARD_GROUP);
    assert_int_equal(rules_pass(&o.rules, SIGTERM), SIGINT);
    assert_int_equal(rules_pass(&o.rules, SIGHUP), 0);
    assert_int_equal(rules_pass(&o.rules, SIGUSR1), SIGUSR1);
    assert_int_equal(o.rules.drain, 2500);
    assert_int_equal(rules_code(&o.rules, 143), 0);
    assert_int_equal(o.rules.parent_death, SIGKILL);
    assert_true(o.rules.warn_reap);
    expect_refused(PARSE("--forward=none", "sh"), "--forward=none",
                   "needs one of main, group, all");
    expect_refused(PARSE("--forward"), "--forward", "needs a value");
    expect_refused(PARSE("--rewrite=TERM", "sh"), "--rewrite=TERM",
                   "needs FROM:TO, two signals; TO may be none");
    expect_refused(PARSE("--drain=-1", "sh"), "--drain=-1",
                   "needs a number of seconds, or infinity");
    expect_refused(PARSE("--ok-exit=256", "sh"), "--ok-exit=256",
                   "needs exit codes or signals, as in 3,SIGTERM");
    expect_refused(PARSE("--parent-death=0", "sh"), "--parent-death=0", "needs a signal");
    expect_refused(PARSE("--services=/x", "--warn-reap"), "--warn-reap", reason);
    expect_refused(PARSE("--drain=1", "--unit=x"), "--drain=1", reason);
}

static void test_services_have_a_control_channel(void **state)
{
    (void)state;
    assert_null(accepted(PARSE("sh")).control);
    assert_string_equal(accepted(PARSE("--unit=x")).control, "/run/porthole/self");
    assert_string_equal(accepted(PARSE("--services=/a", "--", "sh")).control, "/run/porthole/self");
    assert_null(accepted(PARSE("--unit=x", "--no-control")).control);
    assert_null(accepted(PARSE("--no-control", "--unit=x")).control);
    assert_string_equal(accepted(PARSE("--control=/c", "--unit=x")).control, "/c");
    assert_string_equal(accepted(PARSE("--no-control", "--unit=x", "--control=/c")).control, "/c");
    assert_null(accepted(PARSE("--control=/c", "--no-control", "--unit=x")).control);
}

static void test_an_unknown_option_is_named(void **state)
{
    static const char *const words[] = {
        "-x",        "-vx",        "-xv",       "-v-",        "-g",         "-V",
        "---",       "--x",        "--hel",     "--helpx",    "--help=1",   "--verbose=",
        "--quiet=1", "--gracex",   "--grace:1", "--graceful", "--controlx", "--no-control=1",
        "--Grace=1", "--no-grace", "-\xff",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        expect_refused(PARSE(words[i], "sh"), words[i], "unknown option");
    }
}

static void test_the_first_bad_word_is_named(void **state)
{
    (void)state;
    expect_refused(PARSE("-v", "-x", "--grace", "no", "sh"), "-x", "unknown option");
    expect_refused(PARSE("--grace", "no", "-x"), "--grace",
                   "needs a number of seconds, or infinity");
    expect_refused(PARSE("--help", "-x"), "-x", "unknown option");
}

static void expect_seconds(const char *word, msec_t expected)
{
    msec_t got = options_seconds(word);

    expect(got == expected, "\"%s\": expected %lld ms, got %lld", word, (long long)expected,
           (long long)got);
}

static void test_seconds(void **state)
{
    (void)state;
    expect_seconds("0", 0);
    expect_seconds("0.0", 0);
    expect_seconds("000", 0);
    expect_seconds("1", 1000);
    expect_seconds("10", 10000);
    expect_seconds("0010", 10000);
    expect_seconds("2.5", 2500);
    expect_seconds("2.", 2000);
    expect_seconds(".5", 500);
    expect_seconds("0.001", 1);
    expect_seconds("0.01", 10);
    expect_seconds("1.234", 1234);
    expect_seconds("86400", 86400000);
    expect_seconds("infinity", MSEC_NEVER);
}

static void test_three_digits_after_the_point_count(void **state)
{
    (void)state;
    expect_seconds("0.0009", 0);
    expect_seconds("1.2345", 1234);
    expect_seconds("1.9999999999999999999999999999999999999999", 1999);
}

static void test_seconds_have_a_limit(void **state)
{
    (void)state;
    expect_seconds("999999999.999", MOST - 1);
    expect_seconds("1000000000", MOST);
    expect_seconds("1000000000.0", MOST);
    expect_seconds("1000000000.001", -EINVAL);
    expect_seconds("1000000001", -EINVAL);
    expect_seconds("9223372036854775807", -EINVAL);
    expect_seconds("9223372036854775.807", -EINVAL);
    expect_seconds("18446744073709551616", -EINVAL);
    expect_seconds("18446744073709551626", -EINVAL);
    expect_seconds("99999999999999999999999999999999999999999999999999", -EINVAL);
}

static void test_what_is_no_number_of_seconds_is_refused(void **state)
{
    static const char *const words[] = {
        "",      ".",   "..",       "1..2",     "1.2.3",     "-1",      "-0",
        "+1",    " 1",  "1 ",       "1s",       "1e9",       "0x10",    "1,5",
        "inf",   "nan", "Infinity", "INFINITY", "infinity ", "infinit", "infinityx",
        "never", "a",   "\xff",     "1\n",      "-infinity",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        expect_seconds(words[i], -EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_words_there_is_no_command),
        cmocka_unit_test(test_the_first_operand_is_the_command),
        cmocka_unit_test(test_two_dashes_end_the_options),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_grace),
        cmocka_unit_test(test_control),
        cmocka_unit_test(test_folders_and_units_come_in_order),
        cmocka_unit_test(test_a_list_has_a_limit),
        cmocka_unit_test(test_when_the_container_ends),
        cmocka_unit_test(test_main_and_strict),
        cmocka_unit_test(test_an_option_of_services_needs_its_value),
        cmocka_unit_test(test_without_services_nothing_is_said_of_them),
        cmocka_unit_test(test_rules_of_a_single_command),
        cmocka_unit_test(test_services_have_a_control_channel),
        cmocka_unit_test(test_an_unknown_option_is_named),
        cmocka_unit_test(test_the_first_bad_word_is_named),
        cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_three_digits_after_the_point_count),
        cmocka_unit_test(test_seconds_have_a_limit),
        cmocka_unit_test(test_what_is_no_number_of_seconds_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
