/* SPDX-License-Identifier: MIT */
/* Tests of core/words.h: systemd's quotes and escapes, and where they go wrong. */
#include "core/words.h"

#include "check.h"

#include <errno.h>

#define EXEC (WORDS_UNQUOTE | WORDS_UNESCAPE | WORDS_RELAX)
#define STRICT (WORDS_UNQUOTE | WORDS_UNESCAPE)

/* Words that were read, with "|" behind each. */
static int read_all(struct slice value, unsigned flags, char *buf, size_t cap, size_t *ret_at)
{
    struct wire_writer out;
    struct words w;
    int r;

    wire_writer_init(&out, buf, cap);
    words_init(&w, value);
    while ((r = words_next(&w, flags, &out)) > 0) {
        wire_put_bytes(&out, "|", 1);
    }
    assert_false(out.overflow);
    buf[out.len] = 0;
    *ret_at = (size_t)(w.at - value.data);
    return r;
}

struct row {
    const char *value;
    unsigned flags;
    const char *words; // with "|" behind each; NULL: an error
    int error;
    size_t at; // of the error
};

static const struct row rows[] = {
    {"", EXEC, ""},
    {" \t", EXEC, ""},
    {"a", EXEC, "a|"},
    {" a  b\tc\n d\r", EXEC, "a|b|c|d|"},
    {"\"a b\" 'c d'", EXEC, "a b|c d|"},
    {"a\"b c\"d'e f'", EXEC, "ab cde f|"},
    {"\"\" ''", EXEC, "||"},
    {"'a\"b' \"c'd\"", EXEC, "a\"b|c'd|"},
    {"\"a\"\"b\"", EXEC, "ab|"},
    {"\\a\\b\\f\\n\\r\\t\\v", EXEC, "\a\b\f\n\r\t\v|"},
    {"\\\\ \\\" \\' \\s", EXEC, "\\|\"|'| |"},
    {"'\\n\\x41' \"\\102\"", EXEC, "\nA|B|"},
    {"\\x41\\x7e\\xff", EXEC, "A~\xff|"},
    {"\\101\\377", EXEC, "A\xff|"},
    {"\\u00e9\\u20ac\\U0001F600\\u0041", EXEC,
     "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"
     "A|"},
    // escapes that there are not stay
    {"\\q \\x4 \\400 \\18 \\u12 \\ud800 \\U00110000", EXEC,
     "\\q|\\x4|\\400|\\18|\\u12|\\ud800|\\U00110000|"},
    {"\\x00 \\000 \\u0000 \\uffff", EXEC, "\\x00|\\000|\\u0000|\\uffff|"},
    {"a\\ b", EXEC, "a\\ b|"},
    {"a\\;b \\;", EXEC, "a\\;b|\\;|"},
    {"end\\", EXEC, "end\\|"},
    // or are errors
    {"ab \\q", STRICT, NULL, -EILSEQ, 3},
    {"\\x00", STRICT, NULL, -EILSEQ, 0},
    {"a\\", STRICT, NULL, -EILSEQ, 1},
    {"\"a\\xg1\"", STRICT, NULL, -EILSEQ, 2},
    // a quote that is not closed
    {"ab \"cd", EXEC, NULL, -EINVAL, 3},
    {"ab c\"d", EXEC, NULL, -EINVAL, 4},
    {"'a\"", EXEC, NULL, -EINVAL, 0},
    {"\"a\\\"", EXEC, NULL, -EINVAL, 0},
    // without quotes, without escapes
    {"\"a b\"", 0, "\"a|b\"|"},
    {"\"a b\"", WORDS_RETAIN, "\"a|b\"|"},
    {"a\\x20b", WORDS_RETAIN, "a\\x20b|"},
    {"'a\\x20' b", WORDS_UNQUOTE | WORDS_RETAIN, "a\\x20|b|"},
    {"'a\\' b", WORDS_UNQUOTE | WORDS_RETAIN, "a\\|b|"},
    {"a\\'b\\x c", WORDS_UNQUOTE, "a'bx|c|"},
    {"a\\ b", WORDS_UNQUOTE, "a b|"},
};

static void test_every_value_has_its_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row *row = &rows[i];
        struct slice value = exact_copy(row->value, strlen(row->value));
        char buf[256];
        size_t at;
        int r = read_all(value, row->flags, buf, sizeof(buf) - 1, &at);

        expect(r == row->error, "<%s>: expected %d, got %d", row->value, row->error, r);
        if (row->words != NULL) {
            expect(strcmp(buf, row->words) == 0, "<%s>: expected <%s>, got <%s>", row->value,
                   row->words, buf);
        } else {
            expect(at == row->at, "<%s>: expected an error at %zu, got it at %zu", row->value,
                   row->at, at);
        }
        exact_free(value);
    }
}

static void test_a_word_is_never_longer_than_its_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice value = slice_of(rows[i].value);
        uint8_t buf[256];
        struct wire_writer out;
        struct words w;

        words_init(&w, value);
        wire_writer_init(&out, buf, value.len);
        while (words_next(&w, rows[i].flags, &out) > 0) {
            assert_false(out.overflow);
        }
    }
}

static void test_the_place_of_each_word_is_told(void **state)
{
    static const char value[] = "  one 'two' \\q\\w  x";
    static const size_t at[] = {2, 6, 12, 18};
    uint8_t buf[64];
    struct wire_writer out;
    struct words w;
    size_t n = 0;

    (void)state;
    wire_writer_init(&out, buf, sizeof(buf));
    words_init(&w, SLICE(value));
    while (words_next(&w, EXEC, &out) > 0) {
        expect((const char *)w.at == value + at[n], "word %zu: expected it at %zu", n, at[n]);
        assert_ptr_equal(w.relaxed, n == 2 ? value + 12 : NULL);
        n++;
    }
    assert_int_equal(n, COUNT_OF(at));
}

static void test_blanks_are_taken_from_both_ends(void **state)
{
    struct slice s = words_strip(SLICE(" \t\r\na b \t"));

    (void)state;
    assert_true(slice_equals(s, "a b"));
    assert_int_equal(words_strip(SLICE("  ")).len, 0);
    assert_int_equal(words_strip(SLICE("")).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_value_has_its_words),
        cmocka_unit_test(test_a_word_is_never_longer_than_its_text),
        cmocka_unit_test(test_the_place_of_each_word_is_told),
        cmocka_unit_test(test_blanks_are_taken_from_both_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
