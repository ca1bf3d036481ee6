/* SPDX-License-Identifier: MIT */
/* Tests of core/envfile.h. What the rows expect is what systemd 252 makes of the same text. */
#include "core/envfile.h"

#include "check.h"

#include <errno.h>

#define MAX 4

struct row {
    struct slice text;
    const char *expected[MAX]; // NULL after the last
};

#define ROW(text, ...) \
    { \
        {(const uint8_t *)(text), sizeof(text) - 1}, \
        { \
            __VA_ARGS__ \
        } \
    }

static void expect_row(const struct row *row, size_t n)
{
    struct slice copy = exact_copy(row->text.data, row->text.len);
    struct slice rest = copy;
    char buf[64];

    for (size_t i = 0; i < MAX && row->expected[i] != NULL; i++) {
        long len = envfile_next(&rest, buf, sizeof(buf), NULL);

        expect(len > 0, "row %zu, \"%.*s\": expected \"%s\", got %ld", n, SHOW(row->text),
               row->expected[i], len);
        expect(strcmp(buf, row->expected[i]) == 0, "row %zu, \"%.*s\": expected \"%s\", got \"%s\"",
               n, SHOW(row->text), row->expected[i], buf);
        expect((size_t)len == strlen(buf), "row %zu, \"%.*s\": %ld is not the length of \"%s\"", n,
               SHOW(row->text), len, buf);
    }
    for (int i = 0; i < 2; i++) {
        long len = envfile_next(&rest, buf, sizeof(buf), NULL);

        expect(len == 0, "row %zu, \"%.*s\": expected the end, got %ld, \"%s\"", n, SHOW(row->text),
               len, len > 0 ? buf : "");
    }
    expect(rest.len == 0, "row %zu, \"%.*s\": bytes are left", n, SHOW(row->text));
    exact_free(copy);
}

static void expect_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        expect_row(&rows[i], i);
    }
}

static void test_lines(void **state)
{
    static const struct row rows[] = {
        ROW("", NULL),
        ROW("\n", NULL),
        ROW(" \t\r\n\n ", NULL),
        ROW("A=1", "A=1"),
        ROW("A=1\n", "A=1"),
        ROW("A=1\nB=2", "A=1", "B=2"),
        ROW("A=1\nA=2", "A=1", "A=2"),
        ROW("\n\nA=1\n\n\nB=2\n\n", "A=1", "B=2"),
        ROW("A=1\r\nB=2\r\n", "A=1", "B=2"),
        ROW("A=1\rB=2\rC=3", "A=1", "B=2", "C=3"),
        ROW("A=", "A="),
        ROW("A=\nB=\n", "A=", "B="),
        ROW("A=   \nB=2", "A=", "B=2"),
        ROW("A=\r\nB=2", "A=", "B=2"),
        ROW("A=B=C", "A=B=C"),
        ROW("A==", "A=="),
        ROW("A\nB=1", "B=1"),
        ROW("A", NULL),
        ROW("A\r\nB=2", "B=2"),
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows));
}

static void test_names(void **state)
{
    static const struct row rows[] = {
        ROW("_=1\n__=2\na9=3\nZ_9=4", "_=1", "__=2", "a9=3", "Z_9=4"),
        ROW("  A=1\n\t B=2", "A=1", "B=2"),
        ROW("A =1\nB\t \t=2", "A=1", "B=2"),
        ROW("1A=1\nB=2", "B=2"),
        ROW("A B=1\nB=2", "B=2"),
        ROW("A.b=1\nA-b=2\nA#=3\nB=2", "B=2"),
        ROW("export A=1\nB=2", "B=2"),
        ROW("=1\nB=2", "B=2"),
        ROW("=1=2\nB=2", "B=2"),
        ROW("='a\nB=1\n'", "B=1"), // the quote is of a key: no assignment, and nothing spans
        ROW("==1\nB=2", "B=2"),
        ROW("A\\\n=1\nB=2", "B=2"),
        ROW("\\\nA=1", "A=1"),
        ROW("\\A=1\nB=2", "B=2"),
        ROW("\"A\"=1\n'B'=2\nC=3", "C=3"),
        ROW("$A=1\nB=2", "B=2"),
        ROW("A\v=1\nB=2", "B=2"),
        ROW("\xc3\xa9=1\nB=2", "B=2"),
        ROW("\xef\xbb\xbf"
            "A=1\nB=2",
            "B=2"),                     // a byte order mark
        ROW("1A='x\nB=1'\nC=2", "C=2"), // the value of what is passed over spans all the same
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows));
}

static void test_comments(void **state)
{
    static const struct row rows[] = {
        ROW("#A=1\nB=2", "B=2"),
        ROW(";A=1\nB=2", "B=2"),
        ROW("#", NULL),
        ROW(";", NULL),
        ROW("#\nA=1", "A=1"),
        ROW("  # A=1\n\t;\nB=2", "B=2"),
        ROW("A=1\n#", "A=1"),
        ROW("A=1 #c\nB=2 ;d", "A=1 #c", "B=2 ;d"),
        ROW("A=#c\nB=;d", "A=#c", "B=;d"),
        ROW("A= # c", "A=# c"),
        ROW("A=\"x\"#y", "A=x#y"),
        ROW("#c\rA=1", "A=1"),
        ROW("#c\\\nA=1\nB=2", "B=2"),
        ROW("#c\\\r\nA=1\nB=2", "A=1", "B=2"), // the backslash takes the carriage return only
        ROW("#c\\\\\nA=1", "A=1"),
        ROW("#c\\", NULL),
        ROW("# it's \"\nA=1", "A=1"),
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows));
}

static void test_values_without_quotes(void **state)
{
    static const struct row rows[] = {
        ROW("A=x y", "A=x y"),
        ROW("A=  x  y \t \nB=2", "A=x  y", "B=2"),
        ROW("A=a\tb\t\r\n", "A=a\tb"),
        ROW("A=\v1\v", "A=\v1\v"),
        ROW("A=\001x", "A=\001x"),
        ROW("A=x'y'", "A=x'y'"),
        ROW("A=x\"y\"z ", "A=x\"y\"z"),
        ROW("A=a 'b  '", "A=a 'b  '"),
        ROW("A=it's\nB=2", "A=it's", "B=2"),
        ROW("A=$B ${C} `d`", "A=$B ${C} `d`"),
        ROW("A=a\\b\\\\c\\'\\\"", "A=ab\\c'\""),
        ROW("A=\\n\\t", "A=nt"),
        ROW("A=\\'x y\\' ", "A='x y'"),
        ROW("A=a\\\nb\nB=2", "A=ab", "B=2"),
        ROW("A=a\\\n  b", "A=a  b"),
        ROW("A=\\\n  x\n", "A=  x"),
        ROW("A=\\\n#x\nB=2", "A=#x", "B=2"),
        ROW("A=\\\n'x'", "A='x'"),
        ROW("A=a\\\n\nB=2", "A=a", "B=2"),
        ROW("A=a\\\r\nB=2", "A=a", "B=2"), // the backslash takes the carriage return only
        ROW("A=a\\ \n", "A=a "),
        ROW("A=a  \\  \nB=1", "A=a   ", "B=1"),
        ROW("A=\\  \nB=1", "A= ", "B=1"),
        ROW("A=a \\\n \nB=1", "A=a ", "B=1"),
        ROW("A=a \\", "A=a "),
        ROW("A=\\", "A="),
        ROW("A=x\\", "A=x"),
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows));
}

static void test_quoted_values(void **state)
{
    static const struct row rows[] = {
        ROW("A=''\nB=\"\"", "A=", "B="),
        ROW("A='x y'", "A=x y"),
        ROW("A= ' x ' \nB=\t\" y \"\t", "A= x ", "B= y "),
        ROW("A='x\ny'\nB=2", "A=x\ny", "B=2"),
        ROW("A=\"x\ny\"\nB=2", "A=x\ny", "B=2"),
        ROW("A='x\r\ny'", "A=x\r\ny"),
        ROW("A='#x\n#y'", "A=#x\n#y"),
        ROW("A='a\\'b'", "A=a\\b'"),
        ROW("A='a\\\nb'", "A=a\\\nb"),
        ROW("A='\"'\nB=\"'\"", "A=\"", "B='"),
        ROW("A=\"a\\\"\\\\\\`\\$b\"", "A=a\"\\`$b"),
        ROW("A=\"a\\nb\\'\"", "A=a\\nb\\'"),
        ROW("A=\"a\\\nb\"", "A=ab"),
        ROW("A=\"a\\\rb\"", "A=a\\\rb"),
        ROW("A=\"a\"   \nB=2", "A=a", "B=2"),
        ROW("A=\"a \"  b  ", "A=a b"),
        ROW("A='a' 'b'", "A=ab"),
        ROW("A='a'\"b\"", "A=ab"),
        ROW("A='x'\"y\"w 'z'\n", "A=xyw 'z'"),
        ROW("A='a'b'c'", "A=ab'c'"),
        ROW("A='a'\\b\"c\"", "A=ab\"c\""),
        ROW("A='x'\\\n y", "A=x y"),
        ROW("A='x\ny'z\n", "A=x\nyz"),
        ROW("A='open\nB=2\n", "A=open\nB=2\n"),
        ROW("A=\"open\nB=2\n  ", "A=open\nB=2\n  "),
        ROW("A='", "A="),
        ROW("A=\"x\\", "A=x"),
        ROW("A=\r'x'\nB=2", "A=", "B=2"),
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows));
}

static void test_bytes_that_are_no_text(void **state)
{
    static const struct row rows[] = {
        ROW("A=1\0\nB=2", "B=2"),
        ROW("A=\0\nB=2", "B=2"),
        ROW("A='\0'\nB=2", "B=2"),
        ROW("A\0=1\nB=2", "B=2"),
        ROW("\0A=1\nB=2", "B=2"),
        ROW("\0\0\0", NULL),
        ROW("A=\\\0\nB=2", "B=2"),
        ROW("#\0\nB=2", "B=2"), // a comment may hold anything
        ROW("#\xff\nB=2", "B=2"),
        ROW("A=\xff\nB=2", "B=2"),
        ROW("A=\x80\nB=2", "B=2"),
        ROW("A=\xc3\nB=2", "B=2"),
        ROW("A=\xc3 \nB=2", "B=2"),
        ROW("A=\xc3(\nB=2", "B=2"),
        ROW("A=\xc0\xaf\nB=2", "B=2"),
        ROW("A=\xc1\xbf\nB=2", "B=2"),
        ROW("A=\xe0\x9f\xbf\nB=2", "B=2"),
        ROW("A=\xf0\x8f\xbf\xbf\nB=2", "B=2"),
        ROW("A=\xed\xa0\x80\nB=2", "B=2"),     // U+D800, half of a surrogate pair
        ROW("A=\xed\xbf\xbf\nB=2", "B=2"),     // U+DFFF
        ROW("A=\xef\xb7\x90\nB=2", "B=2"),     // U+FDD0, never a character
        ROW("A=\xef\xb7\xaf\nB=2", "B=2"),     // U+FDEF
        ROW("A=\xef\xbf\xbe\nB=2", "B=2"),     // U+FFFE
        ROW("A=\xf4\x8f\xbf\xbf\nB=2", "B=2"), // U+10FFFF
        ROW("A=\xf4\x90\x80\x80\nB=2", "B=2"), // U+110000
        ROW("A=\xf8\x88\x80\x80\x80\nB=2", "B=2"),
        ROW("A=\xc3\xa9", "A=\xc3\xa9"),
        ROW("A=\xc3\\\xa9", "A=\xc3\xa9"), // the value is looked at, not the text
        ROW("A=\xc2\x80\nB=\xdf\xbf", "A=\xc2\x80", "B=\xdf\xbf"),
        ROW("A=\xe0\xa0\x80", "A=\xe0\xa0\x80"),
        ROW("A=\xed\x9f\xbf", "A=\xed\x9f\xbf"),
        ROW("A=\xee\x80\x80", "A=\xee\x80\x80"),
        ROW("A=\xef\xb7\x8f\xef\xb7\xb0", "A=\xef\xb7\x8f\xef\xb7\xb0"),
        ROW("A=\xef\xbf\xbd", "A=\xef\xbf\xbd"),
        ROW("A=\xef\xbb\xbf", "A=\xef\xbb\xbf"),
        ROW("A=\xf0\x90\x80\x80", "A=\xf0\x90\x80\x80"),
        ROW("A=\xf4\x8f\xbf\xbd", "A=\xf4\x8f\xbf\xbd"),
        ROW("A='\xc3\xa9'\nB=2", "A=\xc3\xa9", "B=2"),
    };

    (void)state;
    expect_rows(rows, COUNT_OF(rows));
}

static void test_a_buffer_that_is_too_small(void **state)
{
    static const char whole[] = "A='12345'";
    char buf[16];

    (void)state;
    for (size_t cap = 0; cap < sizeof(buf); cap++) {
        struct slice text = SLICE("A='12345'  \nB=\nC=\xff not text, and longer than any\nD=");
        long fits = cap >= sizeof(whole) - 2 ? 7 : -ENAMETOOLONG;
        long two = cap >= 3 ? 2 : -ENAMETOOLONG;
        long r;

        memset(buf, '!', sizeof(buf));
        r = envfile_next(&text, buf, cap, NULL);
        expect(r == fits, "%zu bytes: expected %ld, got %ld", cap, fits, r);
        expect(r < 0 || strcmp(buf, "A=12345") == 0, "%zu bytes: got \"%s\"", cap, buf);
        r = envfile_next(&text, buf, cap, NULL);
        expect(r == two, "%zu bytes, the second: expected %ld, got %ld", cap, two, r);
        r = envfile_next(&text, buf, cap, NULL);
        expect(r == two, "%zu bytes, the last: expected %ld, got %ld", cap, two, r);
        assert_int_equal(envfile_next(&text, buf, cap, NULL), 0);
        for (size_t i = cap; i < sizeof(buf); i++) {
            expect(buf[i] == '!', "%zu bytes: byte %zu was written", cap, i);
        }
    }
    assert_int_equal(envfile_next(&(struct slice){NULL, 0}, NULL, 0, NULL), 0);
    assert_int_equal(envfile_next(&SLICE("A="), NULL, 0, NULL), -ENAMETOOLONG);
}

static void test_blanks_that_are_dropped_need_no_room(void **state)
{
    struct slice text = SLICE("A=1                                    \n");
    char buf[4];

    (void)state;
    assert_int_equal(envfile_next(&text, buf, sizeof(buf), NULL), 3);
    assert_string_equal(buf, "A=1");
}

static void test_a_file_cut_short_anywhere(void **state)
{
    static const char file[] = "# c\\\nx\nA='1\n2' \"3\\\"\" \\4\\\n5\nB = x\xc3\xa9 \r\n;\nC=";

    (void)state;
    for (size_t len = 0; len < sizeof(file); len++) {
        struct slice copy = exact_copy(file, len);
        struct slice rest = copy;
        char buf[64];
        int count = 0;

        while (envfile_next(&rest, buf, sizeof(buf), NULL) > 0) {
            count++;
        }
        expect(rest.len == 0 && count <= 3, "\"%.*s\": %d assignments", SHOW(copy), count);
        exact_free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_values_without_quotes),
        cmocka_unit_test(test_quoted_values),
        cmocka_unit_test(test_bytes_that_are_no_text),
        cmocka_unit_test(test_a_buffer_that_is_too_small),
        cmocka_unit_test(test_blanks_that_are_dropped_need_no_room),
        cmocka_unit_test(test_a_file_cut_short_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
