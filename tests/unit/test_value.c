/* SPDX-License-Identifier: MIT */
/* Tests of core/value.h, rlimit.h, capname.h and exitname.h: what one value may be. */
#include "core/value.h"

#include "check.h"
#include "core/capname.h"
#include "core/exitname.h"
#include "core/rlimit.h"

#include <errno.h>
#include <sys/resource.h>

static void test_words_of_a_list(void **state)
{
    (void)state;
    assert_int_equal(value_index(SLICE("a"), "a\0bc\0d\0"), 0);
    assert_int_equal(value_index(SLICE("bc"), "a\0bc\0d\0"), 1);
    assert_int_equal(value_index(SLICE("d"), "a\0bc\0d\0"), 2);
    assert_int_equal(value_index(SLICE("b"), "a\0bc\0d\0"), -1);
    assert_int_equal(value_index(SLICE("a\0"), "a\0bc\0d\0"), -1);
    assert_int_equal(value_index(SLICE(""), "a\0bc\0d\0"), -1);
}

static void test_booleans(void **state)
{
    static const char *const yes[] = {"1", "yes", "YES", "y", "true", "True", "t", "on", "oN"};
    static const char *const no[] = {"0", "no", "n", "false", "FALSE", "f", "off", "Off"};
    static const char *const none[] = {"", "2", "yes ", "ja", "01", "truely", "enabled"};
    bool b;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(yes); i++) {
        expect(value_bool(slice_of(yes[i]), &b) && b, "%s: expected yes", yes[i]);
    }
    for (size_t i = 0; i < COUNT_OF(no); i++) {
        expect(value_bool(slice_of(no[i]), &b) && !b, "%s: expected no", no[i]);
    }
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        expect(!value_bool(slice_of(none[i]), &b), "%s: expected neither", none[i]);
    }
}

struct number_row {
    const char *text;
    uint64_t v; // UINT64_MAX - 1: none such
};

#define NONE (UINT64_MAX - 1)

static void test_numbers(void **state)
{
    static const struct number_row rows[] = {
        {"0", 0},
        {"5", 5},
        {"+5", 5},
        {"0x10", 16},
        {"0X1f", 31},
        {"0b101", 5},
        {"0o17", 15},
        {"010", 8},
        {"08", NONE},
        {"", NONE},
        {"-1", NONE},
        {"1a", NONE},
        {"1 ", NONE},
        {"0x", NONE},
        {"+", NONE},
        {"1.5", NONE},
        {"18446744073709551615", UINT64_MAX},
        {"18446744073709551616", NONE},
        {"99999999999999999999999", NONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t v = NONE;
        bool ok = value_number(slice_of(rows[i].text), &v);

        expect(ok == (rows[i].v != NONE) && v == rows[i].v, "\"%s\": got %d, %llu", rows[i].text,
               ok, (unsigned long long)v);
    }
}

#define S UINT64_C(1000000)

static void test_times(void **state)
{
    static const struct number_row rows[] = {
        {"0", 0},
        {"5", 5 * S},
        {"5s", 5 * S},
        {" 5 s ", 5 * S},
        {"5min 20s", 320 * S},
        {"5min20s", 320 * S},
        {"5m 20", 320 * S},
        {"500ms", S / 2},
        {"500msec", S / 2},
        {"7us", 7},
        {"7usec", 7},
        {"7\xc2\xb5s", 7},
        {"7\xce\xbcs", 7},
        {"1.5h", 5400 * S},
        {"1.5h30", 5430 * S},
        {".5", S / 2},
        {"5m5s.5", 305 * S + S / 2},
        {"1h 1hr 1hour 2hours", 5 * 3600 * S},
        {"1d 1day 2days", 4 * 86400 * S},
        {"1w 1week 2weeks", 4 * 7 * 86400 * S},
        {"1minute 2minutes 1second 2seconds 1sec", 184 * S},
        {"1M", 2629800 * S},
        {"1month 2months", 3 * 2629800 * S},
        {"1y 1year 2years", 4 * UINT64_C(31557600) * S},
        {"infinity", VALUE_FOREVER},
        {" infinity ", VALUE_FOREVER},
        {"+5", 5 * S},
        {"0.0000001", 0},
        {"", NONE},
        {" ", NONE},
        {"s", NONE},
        {"-1", NONE},
        {"5 -1", NONE},
        {"5x", NONE},
        {"5secs", NONE},
        {"infinity 5", NONE},
        {"12.34.56", NONE},
        {"5S", NONE},
        {"1e3", NONE},
        {"999999999999999999999", NONE},
        {"600000y", NONE},
        {"18446744073709 0.551615", NONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t v = NONE;
        struct slice text = exact_copy(rows[i].text, strlen(rows[i].text));
        bool ok = value_time(text, S, &v);

        expect(ok == (rows[i].v != NONE) && v == rows[i].v, "\"%s\": got %d, %llu", rows[i].text,
               ok, (unsigned long long)v);
        exact_free(text);
    }
}

static void test_sizes(void **state)
{
    static const struct number_row rows[] = {
        {"0", 0},
        {"5", 5},
        {"5B", 5},
        {"1K", 1024},
        {"1.5G", 1536 << 20},
        {"1.5G 3M", (1536 << 20) + (3 << 20)},
        {"1M1K1", (1 << 20) + 1025},
        {"2T", UINT64_C(2) << 40},
        {"1P", UINT64_C(1) << 50},
        {"15E", UINT64_C(15) << 60},
        {"16E", NONE},
        {"", NONE},
        {"K", NONE},
        {"1k", NONE},
        {"-1", NONE},
        {"1K 1M", NONE},
        {"1K 1K", NONE},
        {"1X", NONE},
        {"infinity", NONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t v = NONE;
        bool ok = value_size(slice_of(rows[i].text), &v);

        expect(ok == (rows[i].v != NONE) && v == rows[i].v, "\"%s\": got %d, %llu", rows[i].text,
               ok, (unsigned long long)v);
    }
}

static void test_modes(void **state)
{
    uint32_t mode;

    (void)state;
    assert_true(value_mode(SLICE("022"), &mode) && mode == 022);
    assert_true(value_mode(SLICE("7777"), &mode) && mode == 07777);
    assert_true(value_mode(SLICE("0"), &mode) && mode == 0);
    assert_false(value_mode(SLICE("0999"), &mode));
    assert_false(value_mode(SLICE("17777"), &mode));
    assert_false(value_mode(SLICE(""), &mode));
    assert_false(value_mode(SLICE("-1"), &mode));
}

static void test_signals(void **state)
{
    (void)state;
    assert_int_equal(value_signal(SLICE("SIGTERM")), 15);
    assert_int_equal(value_signal(SLICE("HUP")), 1);
    assert_int_equal(value_signal(SLICE("9")), 9);
    assert_int_equal(value_signal(SLICE("RTMIN+3")), 37);
    assert_int_equal(value_signal(SLICE("sigterm")), 0);
    assert_int_equal(value_signal(SLICE("0")), 0);
    assert_int_equal(value_signal(SLICE("65")), 0);
    assert_int_equal(value_signal(SLICE("")), 0);
    assert_int_equal(value_signal(SLICE("TERM ")), 0);
    assert_int_equal(value_signal(SLICE("SIGTERMSIGTERMSIGTERMSIGTERM")), 0);
}

static void test_utf8(void **state)
{
    (void)state;
    assert_true(value_utf8(SLICE("")));
    assert_true(value_utf8(SLICE("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")));
    assert_false(value_utf8(SLICE("\xff")));
    assert_false(value_utf8(SLICE("\x80")));
    assert_false(value_utf8(SLICE("\xc3")));
    assert_false(value_utf8(SLICE("\xc0\x80")));
    assert_false(value_utf8(SLICE("\xe0\x80\x80")));
    assert_false(value_utf8(SLICE("\xed\xa0\x80")));
    assert_false(value_utf8(SLICE("\xf4\x90\x80\x80")));
    assert_false(value_utf8(SLICE("\xe2\x82")));
}

static void test_variables(void **state)
{
    (void)state;
    assert_true(value_env(SLICE("A=")));
    assert_true(value_env(SLICE("_a1=b=c d\te\n")));
    assert_false(value_env(SLICE("A")));
    assert_false(value_env(SLICE("=a")));
    assert_false(value_env(SLICE("1A=b")));
    assert_false(value_env(SLICE("A-B=c")));
    assert_false(value_env(SLICE("A=\x01")));
    assert_false(value_env(SLICE("A=\xff")));
    assert_false(value_env(SLICE("")));
    assert_true(value_env_name(SLICE("PATH")));
    assert_false(value_env_name(SLICE("")));
    assert_false(value_env_name(SLICE("A=")));
}

static void test_users(void **state)
{
    static const char *const good[] = {"root",  "a.b", "0",  "1000", "65534",
                                       "65536", "-a",  "a$", "u-1",  "0a"};
    static const char *const bad[] = {"",   "a:b", "a/b", "65535", "4294967295", "4294967296", "00",
                                      "01", "-5",  ".",   "..",    "a\nb",       "\xff"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        expect(value_user(slice_of(good[i])), "\"%s\": expected a user", good[i]);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        expect(!value_user(slice_of(bad[i])), "\"%s\": expected none", bad[i]);
    }
}

static void test_programs(void **state)
{
    (void)state;
    assert_true(value_program(SLICE("/bin/sh")));
    assert_true(value_program(SLICE("sh")));
    assert_false(value_program(SLICE("bin/sh")));
    assert_false(value_program(SLICE("./sh")));
    assert_false(value_program(SLICE("/bin/")));
    assert_false(value_program(SLICE("..")));
    assert_false(value_program(SLICE("")));
    assert_false(value_program(SLICE("/bin/a\nb")));
    assert_false(value_path(SLICE("a")));
    assert_true(value_path(SLICE("/")));
}

struct limit_row {
    unsigned resource;
    const char *text;
    int r;
    uint64_t soft;
    uint64_t hard;
};

static void test_limits(void **state)
{
    static const struct limit_row rows[] = {
        {RLIMIT_NOFILE, "1024", 0, 1024, 1024},
        {RLIMIT_NOFILE, "1024:4096", 0, 1024, 4096},
        {RLIMIT_NOFILE, "0x10:infinity", 0, 16, RLIMIT_NONE},
        {RLIMIT_NOFILE, "infinity", 0, RLIMIT_NONE, RLIMIT_NONE},
        {RLIMIT_NOFILE, "1K", -EINVAL, 0, 0},
        {RLIMIT_NOFILE, "", -EINVAL, 0, 0},
        {RLIMIT_NOFILE, ":", -EINVAL, 0, 0},
        {RLIMIT_NOFILE, "1:", -EINVAL, 0, 0},
        {RLIMIT_NOFILE, "2:1", -ERANGE, 0, 0},
        {RLIMIT_NOFILE, "infinity:1", -ERANGE, 0, 0},
        {RLIMIT_CPU, "90", 0, 90, 90},
        {RLIMIT_CPU, "1min:2min", 0, 60, 120},
        {RLIMIT_CPU, "100ms", 0, 1, 1},
        {RLIMIT_RTTIME, "5", 0, 5, 5},
        {RLIMIT_RTTIME, "5ms", 0, 5000, 5000},
        {RLIMIT_AS, "1.5G:2G", 0, UINT64_C(1536) << 20, UINT64_C(2) << 30},
        {RLIMIT_CORE, "0:infinity", 0, 0, RLIMIT_NONE},
        {RLIMIT_NICE, "+5", 0, 15, 15},
        {RLIMIT_NICE, "-5", 0, 25, 25},
        {RLIMIT_NICE, "40", 0, 40, 40},
        {RLIMIT_NICE, "41", -EINVAL, 0, 0},
        {RLIMIT_NICE, "+20", -EINVAL, 0, 0},
        {RLIMIT_NICE, "-21", -EINVAL, 0, 0},
        {RLIMIT_RTPRIO, "99", 0, 99, 99},
        {RLIMIT_NPROC, "5s", -EINVAL, 0, 0},
        {RLIMIT_MEMLOCK, "64K", 0, 65536, 65536},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t soft = 0;
        uint64_t hard = 0;
        struct slice text = exact_copy(rows[i].text, strlen(rows[i].text));
        int r = rlimit_parse(rows[i].resource, text, &soft, &hard);

        expect(r == rows[i].r && soft == rows[i].soft && hard == rows[i].hard,
               "%u \"%s\": got %d, %llu, %llu", rows[i].resource, rows[i].text, r,
               (unsigned long long)soft, (unsigned long long)hard);
        exact_free(text);
    }
}

static void test_capabilities(void **state)
{
    (void)state;
    assert_int_equal(capname_parse(SLICE("CAP_CHOWN")), 0);
    assert_int_equal(capname_parse(SLICE("cap_kill")), 5);
    assert_int_equal(capname_parse(SLICE("CAP_SYS_ADMIN")), 21);
    assert_int_equal(capname_parse(SLICE("CAP_CHECKPOINT_RESTORE")), 40);
    assert_int_equal(capname_parse(SLICE("12")), 12);
    assert_int_equal(capname_parse(SLICE("62")), -1);
    assert_int_equal(capname_parse(SLICE("KILL")), -1);
    assert_int_equal(capname_parse(SLICE("CAP_")), -1);
    assert_int_equal(capname_parse(SLICE("")), -1);
}

static void test_exit_codes(void **state)
{
    (void)state;
    assert_int_equal(exitname_parse(SLICE("0")), 0);
    assert_int_equal(exitname_parse(SLICE("255")), 255);
    assert_int_equal(exitname_parse(SLICE("256")), -1);
    assert_int_equal(exitname_parse(SLICE("TEMPFAIL")), 75);
    assert_int_equal(exitname_parse(SLICE("NOTRUNNING")), 7);
    assert_int_equal(exitname_parse(SLICE("CONFIGURATION_DIRECTORY")), 241);
    assert_int_equal(exitname_parse(SLICE("tempfail")), -1);
    assert_int_equal(exitname_parse(SLICE("SIGHUP")), -1);
    assert_int_equal(exitname_parse(SLICE("")), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_of_a_list), cmocka_unit_test(test_booleans),
        cmocka_unit_test(test_numbers),         cmocka_unit_test(test_times),
        cmocka_unit_test(test_sizes),           cmocka_unit_test(test_modes),
        cmocka_unit_test(test_signals),         cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_variables),       cmocka_unit_test(test_users),
        cmocka_unit_test(test_programs),        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_capabilities),    cmocka_unit_test(test_exit_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
