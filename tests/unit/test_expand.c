/* SPDX-License-Identifier: MIT */
/* Tests of core/expand.h. What the rows expect is what systemd 252 makes of the same words. */
#include "core/expand.h"

#include "check.h"

#include <errno.h>

#define MAX 5
#define ARENA 2048

static const char *const env[] = {
    "A=1st",
    "ONE=one",
    "TWO=two two",
    "EMPTY=",
    "BLANK= \t\r\n ",
    "_9=under",
    "QUOTED='x y' z",
    "OPEN='x y",
    "JOINED=a'b c'\"d e\"",
    "NOTHING=''  \"\"",
    "ESCAPED=a\\ b \\'c \\n",
    "INSIDE='a\\'b' \"c\\\"d\"",
    "TRAILING=a \\",
    "LONELY=\\",
    "LINES=a\nb\tc\rd\ve",
    "DOLLAR=$ONE ${ONE} $$",
    "SEMICOLON=a;b ; #c",
    "IS=x=y",
    "A=2nd",
    "AA=other",
    NULL,
};

static char *const *environment(void)
{
    return (char *const *)(uintptr_t)env;
}

struct row {
    struct slice words;
    const char *expected[MAX]; // NULL after the last
};

/* The literal's own zero closes its last word. */
#define ROW(words, ...) \
    { \
        {(const uint8_t *)(words), sizeof(words)}, \
        { \
            __VA_ARGS__ \
        } \
    }

static void expect_arguments(const struct row *row, size_t n, long count, char **argv)
{
    for (size_t i = 0; i < MAX && row->expected[i] != NULL; i++) {
        expect((long)i < count, "row %zu, \"%s\": argument %zu, \"%s\", is missing", n,
               (const char *)row->words.data, i, row->expected[i]);
        expect(strcmp(argv[i], row->expected[i]) == 0,
               "row %zu, \"%s\": argument %zu: expected \"%s\", got \"%s\"", n,
               (const char *)row->words.data, i, row->expected[i], argv[i]);
    }
    expect(count >= 0 && (count == MAX || row->expected[count] == NULL),
           "row %zu, \"%s\": %ld arguments are too many", n, (const char *)row->words.data, count);
    expect(argv[count] == NULL, "row %zu, \"%s\": no NULL after the last argument", n,
           (const char *)row->words.data);
}

static void expect_rows(const struct row *rows, size_t rows_count, size_t skip, bool literal)
{
    for (size_t i = 0; i < rows_count; i++) {
        struct slice words = exact_copy(rows[i].words.data, rows[i].words.len);
        uint8_t memory[ARENA];
        struct arena arena;
        char **argv = NULL;
        long count;

        arena_init(&arena, memory, sizeof(memory));
        count = expand_words(words, skip, literal, environment(), &arena, &argv);
        exact_free(words); // the arguments are the arena's
        expect(count >= 0, "row %zu, \"%s\": got %ld", i, (const char *)rows[i].words.data, count);
        expect_arguments(&rows[i], i, count, argv);
        expect(!arena.full, "row %zu: the arena is full", i);
    }
}

static void test_words_without_variables(void **state)
{
    static const struct row rows[] = {
        ROW("a", "a"),
        ROW("", ""),
        ROW("a\0b c\0", "a", "b c", ""),
        ROW("\0\0", "", "", ""),
        ROW("it's \"so\" \\n", "it's \"so\" \\n"),
        ROW("{ONE}", "{ONE}"),
        ROW("%n ~ * ;", "%n ~ * ;"),
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows), 0, false);
}

static void test_a_word_that_is_a_variable(void **state)
{
    static const struct row rows[] = {
        ROW("$ONE", "one"),
        ROW("$TWO", "two", "two"),
        ROW("x\0$TWO\0y", "x", "two", "two", "y"),
        ROW("$ONE\0$ONE", "one", "one"),
        ROW("$EMPTY", NULL),
        ROW("x\0$BLANK\0y", "x", "y"),
        ROW("x\0$UNSET\0y", "x", "y"),
        ROW("$_9", "under"),
        ROW("$A", "2nd"), // the last of two
        ROW("$AA", "other"),
        ROW("$one", NULL),
        ROW("$IS", "x=y"),
        ROW("$LINES", "a", "b", "c", "d\ve"),
        ROW("$SEMICOLON", "a;b", ";", "#c"),
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows), 0, false);
}

static void test_quotes_in_a_value_that_is_split(void **state)
{
    static const struct row rows[] = {
        ROW("$QUOTED", "x y", "z"),        ROW("$OPEN", "x y"),
        ROW("$JOINED", "ab cd e"),         ROW("$NOTHING", "", ""),
        ROW("$ESCAPED", "a b", "'c", "n"), ROW("$INSIDE", "a'b", "c\"d"),
        ROW("$TRAILING", "a", ""),         ROW("$LONELY", ""),
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows), 0, false);
}

static void test_words_that_begin_as_a_variable_does(void **state)
{
    static const struct row rows[] = {
        ROW("x\0$\0y", "x", "y"),          ROW("x\0$ \0y", "x", "y"),
        ROW("x\0$1\0y", "x", "y"),         ROW("x\0$@\0y", "x", "y"),
        ROW("x\0$ONE/b\0y", "x", "y"),     ROW("x\0$ONE$ONE\0y", "x", "y"),
        ROW("x\0$ONE${ONE}\0y", "x", "y"), ROW("x\0$ONE \0y", "x", "y"),
        ROW("x\0$(ls)\0y", "x", "y"),
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows), 0, false);
}

static void test_braces(void **state)
{
    static const struct row rows[] = {
        ROW("${ONE}", "one"),
        ROW("${TWO}", "two two"),
        ROW("${QUOTED}", "'x y' z"),
        ROW("${BLANK}", " \t\r\n "),
        ROW("${EMPTY}", ""),
        ROW("${UNSET}", ""),
        ROW("${A}", "2nd"),
        ROW("a${ONE}b", "aoneb"),
        ROW("${ONE}${TWO}", "onetwo two"),
        ROW("--x=${TWO}/y", "--x=two two/y"),
        ROW("x${UNSET}y", "xy"),
        ROW("${DOLLAR}", "$ONE ${ONE} $$"), // values are not looked through again
        ROW("${}", ""),
        ROW("${1}", ""),
        ROW("${ONE }", ""),
        ROW("${ONE-x}", ""),
        ROW("${$ONE}", ""),
        ROW("${ONE${ONE}", ""),
        ROW("${ONE}}", "one}"),
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows), 0, false);
}

static void test_dollars_that_stay(void **state)
{
    static const struct row rows[] = {
        ROW("$$", "$"),
        ROW("$$ONE", "$ONE"),
        ROW("$${ONE}", "${ONE}"),
        ROW("$$$", "$$"),
        ROW("$$$$", "$$"),
        ROW("$$$ONE", "$$ONE"),
        ROW("$$${ONE}", "$one"),
        ROW("a$$b", "a$b"),
        ROW("a$", "a$"),
        ROW("${ONE}$", "one$"),
        ROW("a$1b", "a$1b"),
        ROW("a$ONE", "a$ONE"),
        ROW("echo $HOME; exit $?", "echo $HOME; exit $?"), // sh -c has something to expand
        ROW("for i in 1 2; do echo $i ${ONE} $$; done", "for i in 1 2; do echo $i one $; done"),
        ROW("${", "${"),
        ROW("${ONE", "${ONE"),
        ROW("a${ONE $$", "a${ONE $$"),
        ROW("${ONE:-x}", "${ONE:-x}"),
        ROW("${UNSET:-x}", "${UNSET:-x}"),
        ROW("${ONE:+x}", "${ONE:+x}"),
        ROW("${ONE:}", "${ONE:}"),
        ROW("${ONE:-${ONE}}", "${ONE:-one}"),
        ROW("${$$ONE:$$}", "${$$ONE:$}"),
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows), 0, false);
}

static void test_words_that_are_skipped(void **state)
{
    static const struct row rows[] = {
        ROW("$ONE\0$ONE", "$ONE", "one"),
        ROW("${ONE}\0${ONE}", "${ONE}", "one"),
        ROW("$$\0$$", "$$", "$"),
        ROW("$UNSET\0$UNSET", "$UNSET"),
        ROW("$\0a", "$", "a"),
    };
    static const struct row two = ROW("$ONE\0$$\0$TWO", "$ONE", "$$", "two", "two");
    static const struct row all = ROW("$ONE\0$$", "$ONE", "$$");

    (void)state;
    expect_rows(rows, COUNT_OF(rows), 1, false);
    expect_rows(&two, 1, 2, false);
    expect_rows(&all, 1, 2, false);
    expect_rows(&all, 1, 9, false);
}

static void test_words_that_are_literal(void **state)
{
    static const struct row rows[] = {
        ROW("$ONE\0${ONE}\0$$\0$\0", "$ONE", "${ONE}", "$$", "$", ""),
        ROW("a", "a"),
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows), 0, true);
    expect_rows(rows, COUNT_OF(rows), 1, true);
}

static void test_no_words_and_a_word_without_its_zero(void **state)
{
    static char *const nobody[] = {NULL};
    struct slice bare = exact_copy("${ONE}", 6);
    uint8_t memory[ARENA];
    struct arena arena;
    char **argv = NULL;

    (void)state;
    arena_init(&arena, memory, sizeof(memory));
    assert_int_equal(expand_words((struct slice){NULL, 0}, 0, false, environment(), &arena, &argv),
                     0);
    assert_non_null(argv);
    assert_null(argv[0]);
    assert_int_equal(expand_words(bare, 0, false, environment(), &arena, &argv), 1);
    assert_string_equal(argv[0], "one");
    assert_null(argv[1]);
    assert_int_equal(expand_words(bare, 0, false, nobody, &arena, &argv), 1);
    assert_string_equal(argv[0], "");
    exact_free(bare);
}

static void test_an_arena_of_any_size(void **state)
{
    struct slice words = SLICE("prog\0$TWO\0a${ONE}b\0");
    bool fitted = false;

    (void)state;
    for (size_t cap = 0; cap < 128; cap++) {
        struct slice memory = exact_copy(env, cap < sizeof(env) ? cap : sizeof(env));
        char **argv = NULL;
        struct arena arena;
        long r;

        arena_init(&arena, (void *)(uintptr_t)memory.data, memory.len);
        r = expand_words(words, 1, false, environment(), &arena, &argv);
        expect(r == -ENOMEM || r == 4, "%zu bytes: got %ld", cap, r);
        expect((r == -ENOMEM) == arena.full, "%zu bytes: got %ld, full is %d", cap, r, arena.full);
        expect((argv == NULL) == arena.full, "%zu bytes: the result says otherwise", cap);
        expect(!fitted || r == 4, "%zu bytes: fewer were enough", cap);
        fitted = r == 4;
        expect(!fitted || (strcmp(argv[3], "aoneb") == 0 && argv[4] == NULL), "%zu bytes", cap);
        exact_free(memory);
    }
    expect(fitted, "127 bytes are not enough");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_without_variables),
        cmocka_unit_test(test_a_word_that_is_a_variable),
        cmocka_unit_test(test_quotes_in_a_value_that_is_split),
        cmocka_unit_test(test_words_that_begin_as_a_variable_does),
        cmocka_unit_test(test_braces),
        cmocka_unit_test(test_dollars_that_stay),
        cmocka_unit_test(test_words_that_are_skipped),
        cmocka_unit_test(test_words_that_are_literal),
        cmocka_unit_test(test_no_words_and_a_word_without_its_zero),
        cmocka_unit_test(test_an_arena_of_any_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
