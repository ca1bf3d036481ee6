/* SPDX-License-Identifier: MIT */
/* Tests of core/options.h: porthole-init's command line, word by word. */
#include "core/options.h"

#include "check.h"

#include <errno.h>

#define WORDS_MAX 12

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
        cmocka_unit_test(test_an_unknown_option_is_named),
        cmocka_unit_test(test_the_first_bad_word_is_named),
        cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_three_digits_after_the_point_count),
        cmocka_unit_test(test_seconds_have_a_limit),
        cmocka_unit_test(test_what_is_no_number_of_seconds_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
