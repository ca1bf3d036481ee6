/* SPDX-License-Identifier: MIT */
/* Tests of core/pattern.h: file name patterns, row by row, and against the slow and obvious way. */
#include "core/pattern.h"

#include "check.h"

#include <fnmatch.h>

struct row {
    const char *pattern;
    const char *name;
    bool matches;
};

static void expect_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct slice pattern = exact_copy(rows[i].pattern, strlen(rows[i].pattern) + 1);
        struct slice name = exact_copy(rows[i].name, strlen(rows[i].name) + 1);

        expect(pattern_matches((const char *)pattern.data, (const char *)name.data) ==
                   rows[i].matches,
               "\"%s\" and \"%s\": expected %s", rows[i].pattern, rows[i].name,
               rows[i].matches ? "a match" : "none");
        exact_free(pattern);
        exact_free(name);
    }
}

static void test_what_is_a_pattern(void **state)
{
    static const char *const patterns[] = {"*", "a?", "[", "a[b]c", "x*.env"};
    static const char *const plain[] = {"", "a", "]", "a\\b", "!x", "a-z", "."};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        expect(pattern_is(patterns[i]), "\"%s\" is a pattern", patterns[i]);
    }
    for (size_t i = 0; i < COUNT_OF(plain); i++) {
        expect(!pattern_is(plain[i]), "\"%s\" is no pattern", plain[i]);
    }
}

static void test_plain_names(void **state)
{
    static const struct row rows[] = {
        {"", "", true},     {"", "a", false},     {"a", "", false},       {"a", "a", true},
        {"a", "b", false},  {"ab", "a", false},   {"a", "ab", false},     {"A", "a", false},
        {"a]", "a]", true}, {"a-b", "a-b", true}, {"\xff", "\xff", true},
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows));
}

static void test_any_and_any_one(void **state)
{
    static const struct row rows[] = {
        {"*", "", true},          {"*", "a", true},         {"*", "abc", true},
        {"**", "abc", true},      {"*.env", "a.env", true}, {"*.env", ".env", false},
        {"*.env", "aenv", false}, {"a*", "a", true},        {"a*c", "abbbc", true},
        {"a*c", "ac", true},      {"a*c", "acb", false},    {"a*b*c", "a-b-b-c", true},
        {"*ab", "aab", true},     {"*aab", "aaab", true},   {"*abc*abd", "abcabcabd", true},
        {"?", "a", true},         {"?", "", false},         {"?", "ab", false},
        {"a?c", "abc", true},     {"a?c", "ac", false},     {"?*", "a", true},
        {"?*", "", false},        {"*?", "abc", true},      {"*??", "a", false},
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows));
}

static void test_sets(void **state)
{
    static const struct row rows[] = {
        {"[abc]", "b", true},     {"[abc]", "d", false},    {"[abc]", "", false},
        {"[a-c]", "b", true},     {"[a-c]", "d", false},    {"[a-c]", "-", false},
        {"[!a-c]", "b", false},   {"[!a-c]", "d", true},    {"[^a-c]", "d", true},
        {"[^a-c]", "a", false},   {"[]]", "]", true},       {"[]a]", "a", true},
        {"[!]]", "]", false},     {"[!]]", "a", true},      {"[a-]", "-", true},
        {"[-a]", "-", true},      {"[a-]", "b", false},     {"[c-a]", "b", false},
        {"[a!]", "!", true},      {"[0-9a-f]", "e", true},  {"[\x80-\xff]", "\xe9", true},
        {"x[0-9]*", "x1y", true}, {"*[0-9]", "a1b2", true}, {"[a-c]", "\xe2", false},
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows));
}

static void test_a_set_without_end_is_itself(void **state)
{
    static const struct row rows[] = {
        {"[", "[", true},     {"[a", "[a", true}, {"[a", "a", false},
        {"[a-", "[a-", true}, {"[]", "[]", true}, {"[!", "[!", true},
        {"[!]", "[!]", true}, {"*[", "a[", true}, {"[^", "^", false},
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows));
}

static void test_a_backslash_takes_the_next_as_it_is(void **state)
{
    static const struct row rows[] = {
        {"\\*", "*", true},    {"\\*", "a", false},   {"\\?", "?", true}, {"\\[a]", "[a]", true},
        {"\\a", "a", true},    {"\\\\", "\\", true},  {"\\", "\\", true}, {"a\\", "a\\", true},
        {"*\\*", "ab*", true}, {"*\\*", "ab", false},
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows));
}

static void test_a_dot_in_front_is_matched_by_a_dot(void **state)
{
    static const struct row rows[] = {
        {"*", ".a", false}, {"?a", ".a", false}, {"[.]a", ".a", false}, {".*", ".a", true},
        {".a", ".a", true}, {"*", "a.b", true},  {"a?b", "a.b", true},  {".*", "a", false},
        {"*", ".", false},  {".*", ".", true},
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows));
}

/* All words of these characters up to this length: *n is the word's number; false behind the last. */
static bool word_of(unsigned n, const char *alphabet, size_t longest, char *word)
{
    size_t letters = strlen(alphabet);
    size_t len = 0;

    for (; n > 0 && len <= longest; n = (n - 1) / (unsigned)letters) {
        word[len++] = alphabet[(n - 1) % letters];
    }
    word[len] = 0;
    return len <= longest;
}

static void test_stars_match_as_they_do_elsewhere(void **state)
{
    char pattern[8];
    char name[8];

    (void)state;
    for (unsigned p = 0; word_of(p, "ab*?", 5, pattern); p++) {
        for (unsigned n = 0; word_of(n, "ab", 5, name); n++) {
            bool expected = fnmatch(pattern, name, FNM_PERIOD) == 0;

            expect(pattern_matches(pattern, name) == expected, "\"%s\" and \"%s\": expected %s",
                   pattern, name, expected ? "a match" : "none");
        }
    }
}

static void test_many_stars_take_no_exponential_time(void **state)
{
    char pattern[128];
    char name[4096];

    (void)state;
    for (size_t i = 0; i + 2 < sizeof(pattern); i += 2) {
        memcpy(pattern + i, "a*", 3);
    }
    strcpy(pattern + strlen(pattern) - 1, "b");
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    assert_false(pattern_matches(pattern, name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_a_pattern),
        cmocka_unit_test(test_plain_names),
        cmocka_unit_test(test_any_and_any_one),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_a_set_without_end_is_itself),
        cmocka_unit_test(test_a_backslash_takes_the_next_as_it_is),
        cmocka_unit_test(test_a_dot_in_front_is_matched_by_a_dot),
        cmocka_unit_test(test_stars_match_as_they_do_elsewhere),
        cmocka_unit_test(test_many_stars_take_no_exponential_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
