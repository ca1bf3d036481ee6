/* SPDX-License-Identifier: MIT */
/* Tests of core/signame.h: every number and every spelling, and nothing else. */
#include "core/signame.h"

#include "check.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#define RTMIN 34
#define RTMAX 64

static const struct {
    const char *name;
    int number;
} spellings[] = {
    {"HUP", SIGHUP},    {"INT", SIGINT},       {"QUIT", SIGQUIT},   {"ILL", SIGILL},
    {"TRAP", SIGTRAP},  {"ABRT", SIGABRT},     {"BUS", SIGBUS},     {"FPE", SIGFPE},
    {"KILL", SIGKILL},  {"USR1", SIGUSR1},     {"SEGV", SIGSEGV},   {"USR2", SIGUSR2},
    {"PIPE", SIGPIPE},  {"ALRM", SIGALRM},     {"TERM", SIGTERM},   {"STKFLT", SIGSTKFLT},
    {"CHLD", SIGCHLD},  {"CONT", SIGCONT},     {"STOP", SIGSTOP},   {"TSTP", SIGTSTP},
    {"TTIN", SIGTTIN},  {"TTOU", SIGTTOU},     {"URG", SIGURG},     {"XCPU", SIGXCPU},
    {"XFSZ", SIGXFSZ},  {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF},   {"WINCH", SIGWINCH},
    {"IO", SIGIO},      {"PWR", SIGPWR},       {"SYS", SIGSYS},     {"POLL", SIGIO},
    {"CLD", SIGCHLD},   {"RTMIN", RTMIN},      {"RTMAX", RTMAX},    {"RTMIN+0", RTMIN},
    {"RTMAX-0", RTMAX}, {"RTMIN+1", 35},       {"RTMIN+3", 37},     {"RTMIN+15", 49},
    {"RTMAX-14", 50},   {"RTMAX-1", 63},       {"RTMIN+30", RTMAX}, {"RTMAX-30", RTMIN},
};

static void expect_parse(const char *word, int expected)
{
    int got = signame_parse(word);

    expect(got == expected, "\"%s\": expected %d, got %d", word, expected, got);
}

/* The word as it is, in lower case, and with every second letter in lower case. */
static void expect_any_case(const char *word, int expected)
{
    char lower[32];
    char mixed[32];
    size_t i = 0;

    for (; word[i] != 0; i++) {
        char c = word[i];

        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        mixed[i] = i % 2 == 0 ? c : lower[i];
    }
    lower[i] = 0;
    mixed[i] = 0;
    expect_parse(word, expected);
    expect_parse(lower, expected);
    expect_parse(mixed, expected);
}

static void test_every_spelling_is_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(spellings); i++) {
        char word[32];

        expect_any_case(spellings[i].name, spellings[i].number);
        (void)snprintf(word, sizeof(word), "SIG%s", spellings[i].name);
        expect_any_case(word, spellings[i].number);
    }
}

static void test_every_number_is_understood(void **state)
{
    char word[16];

    (void)state;
    for (int n = 1; n <= RTMAX; n++) {
        (void)snprintf(word, sizeof(word), "%d", n);
        expect_parse(word, n);
        if (n < 10) {
            (void)snprintf(word, sizeof(word), "0%d", n);
            expect_parse(word, n);
        }
    }
}

static void test_every_offset_is_understood(void **state)
{
    char word[32];

    (void)state;
    for (int offset = 0; offset <= 99; offset++) {
        bool real = offset <= RTMAX - RTMIN;

        (void)snprintf(word, sizeof(word), "RTMIN+%d", offset);
        expect_parse(word, real ? RTMIN + offset : -EINVAL);
        (void)snprintf(word, sizeof(word), "RTMAX-%d", offset);
        expect_parse(word, real ? RTMAX - offset : -EINVAL);
    }
}

static void test_what_is_no_signal_is_refused(void **state)
{
    static const char *const words[] = {
        "",
        "0",
        "00",
        "65",
        "99",
        "100",
        "015",
        "-1",
        "-15",
        "+15",
        " 15",
        "15 ",
        "1 5",
        "1.5",
        "0xf",
        "15x",
        "x15",
        "SIG",
        "sig",
        "SIG15",
        "SIGSIG",
        "SIGSIGTERM",
        "TER",
        "TERMX",
        "TERM ",
        " TERM",
        "TERM\n",
        "T",
        "SIGTER",
        "SIGTERMS",
        "S",
        "SI",
        "RT",
        "RTMI",
        "RTMINX",
        "RTMIN+",
        "RTMIN-",
        "RTMIN-1",
        "RTMIN-0",
        "RTMAX+",
        "RTMAX+0",
        "RTMAX+1",
        "RTMAX-",
        "RTMIN+-1",
        "RTMIN++1",
        "RTMIN+ 1",
        "RTMIN+1 ",
        "RTMIN+1x",
        "RTMIN+31",
        "RTMAX-31",
        "RTMIN+001",
        "RTMIN+100",
        "RTMIN+4294967297",
        "RTMIN 3",
        "RTMIN3",
        "18446744073709551631",
        "4294967311",
        "?",
        "\xff",
        "TERM\xff",
        "EXIT",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        expect_parse(words[i], -EINVAL);
    }
}

static void test_names_are_the_usual_ones(void **state)
{
    char buf[SIGNAME_MAX];

    (void)state;
    assert_string_equal(signame_format(SIGTERM, buf), "TERM");
    assert_string_equal(signame_format(SIGCHLD, buf), "CHLD");
    assert_string_equal(signame_format(SIGIO, buf), "IO");
    assert_string_equal(signame_format(34, buf), "RTMIN");
    assert_string_equal(signame_format(35, buf), "RTMIN+1");
    assert_string_equal(signame_format(37, buf), "RTMIN+3");
    assert_string_equal(signame_format(43, buf), "RTMIN+9");
    assert_string_equal(signame_format(44, buf), "RTMIN+10");
    assert_string_equal(signame_format(63, buf), "RTMIN+29");
    assert_string_equal(signame_format(64, buf), "RTMIN+30");
}

static void test_a_number_that_is_no_signal_has_no_name(void **state)
{
    static const int numbers[] = {0, -1, -15, 65, 127, 128, INT32_MAX, INT32_MIN};
    char buf[SIGNAME_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        const char *name = signame_format(numbers[i], buf);

        expect(strcmp(name, "?") == 0, "%d: expected \"?\", got \"%s\"", numbers[i], name);
    }
}

/* 32 and 33 are the C libraries' own: they have a number, and no name that anybody knows. */
static void test_every_name_comes_back_as_its_number(void **state)
{
    (void)state;
    for (int n = 1; n <= RTMAX; n++) {
        struct slice exact;
        char buf[SIGNAME_MAX + 1];
        const char *name;

        buf[SIGNAME_MAX] = 'x';
        name = signame_format(n, buf);
        assert_int_equal(buf[SIGNAME_MAX], 'x');
        if (n == 32 || n == 33) {
            assert_string_equal(name, "?");
            continue;
        }
        expect(strlen(name) < SIGNAME_MAX, "%d: \"%s\" is longer than SIGNAME_MAX", n, name);
        exact = exact_copy(name, strlen(name) + 1);
        expect_parse((const char *)exact.data, n);
        exact_free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_spelling_is_understood),
        cmocka_unit_test(test_every_number_is_understood),
        cmocka_unit_test(test_every_offset_is_understood),
        cmocka_unit_test(test_what_is_no_signal_is_refused),
        cmocka_unit_test(test_names_are_the_usual_ones),
        cmocka_unit_test(test_a_number_that_is_no_signal_has_no_name),
        cmocka_unit_test(test_every_name_comes_back_as_its_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
