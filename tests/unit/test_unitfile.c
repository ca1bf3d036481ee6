/* SPDX-License-Identifier: MIT */
/* Tests of core/unitfile.h: lines, where they go on, and where each byte of them was. */
#include "core/unitfile.h"

#include "check.h"

#include <errno.h>

struct lines {
    struct slice text;
    struct arena arena;
    uint8_t *memory;
    struct unitfile f;
    struct unitfile_line l;
};

static void begin_slice(struct lines *t, struct slice text)
{
    size_t size = 4 * text.len + 4096;

    t->text = exact_copy(text.data, text.len);
    t->memory = malloc(size);
    assert_non_null(t->memory);
    arena_init(&t->arena, t->memory, size);
    unitfile_init(&t->f, t->text, &t->arena);
}

static void end(struct lines *t)
{
    assert_int_equal(unitfile_next(&t->f, &t->l), 0);
    exact_free(t->text);
    free(t->memory);
}

static void expect_place(struct lines *t, const uint8_t *at, unsigned line, unsigned column)
{
    uint32_t got_line;
    uint32_t got_column;

    unitfile_position(&t->f, at, &got_line, &got_column);
    expect(got_line == line && got_column == column, "expected %u:%u, got %u:%u", line, column,
           got_line, got_column);
}

static void expect_assignment(struct lines *t, unsigned line, const char *key, const char *value)
{
    assert_int_equal(unitfile_next(&t->f, &t->l), 1);
    expect(t->l.kind == UNITFILE_ASSIGNMENT, "line %u: expected %s=, got kind %d (%s)", line, key,
           t->l.kind, t->l.kind == UNITFILE_BAD ? t->l.text : "");
    expect(slice_equals(t->l.key, key), "expected \"%s\", got \"%.*s\"", key, SHOW(t->l.key));
    expect(slice_equals(t->l.value, value), "expected \"%s\", got \"%.*s\"", value,
           SHOW(t->l.value));
    expect_place(t, t->l.key.data, line,
                 (unsigned)1 + (t->l.key.data > t->f.first.bytes.data && t->f.joined == NULL
                                    ? (unsigned)(t->l.key.data - t->f.first.bytes.data)
                                    : 0));
}

static void expect_bad(struct lines *t, unsigned line, unsigned column, bool fatal,
                       const char *text)
{
    assert_int_equal(unitfile_next(&t->f, &t->l), 1);
    assert_int_equal(t->l.kind, UNITFILE_BAD);
    expect(strstr(t->l.text, text) != NULL, "expected \"%s\", got \"%s\"", text, t->l.text);
    assert_int_equal(t->l.fatal, fatal);
    expect_place(t, t->l.at, line, column);
}

static void test_sections_and_assignments(void **state)
{
    struct lines t;

    (void)state;
    begin_slice(&t, SLICE("[Unit]\n\n A = b c \nC=\nD==e=f\n [X-y z] \n=x\nfoo\n[a\n[]"));
    assert_int_equal(unitfile_next(&t.f, &t.l), 1);
    assert_int_equal(t.l.kind, UNITFILE_SECTION);
    assert_true(slice_equals(t.l.key, "Unit"));
    expect_place(&t, t.l.all.data, 1, 1);
    expect_assignment(&t, 3, "A", "b c");
    expect_place(&t, t.l.value.data, 3, 6);
    expect_assignment(&t, 4, "C", "");
    expect_assignment(&t, 5, "D", "=e=f");
    assert_int_equal(unitfile_next(&t.f, &t.l), 1);
    assert_int_equal(t.l.kind, UNITFILE_SECTION);
    assert_true(slice_equals(t.l.key, "X-y z"));
    expect_place(&t, t.l.all.data, 6, 2);
    expect_bad(&t, 7, 1, false, "no key");
    expect_bad(&t, 8, 4, false, "no \"=\"");
    expect_bad(&t, 9, 3, true, "lacks");
    assert_int_equal(unitfile_next(&t.f, &t.l), 1);
    assert_int_equal(t.l.kind, UNITFILE_SECTION);
    assert_int_equal(t.l.key.len, 0);
    end(&t);
}

static void test_comments(void **state)
{
    struct lines t;

    (void)state;
    begin_slice(&t, SLICE("#a\n;b\n  # c\\\nA=b # no comment\n;"));
    expect_assignment(&t, 4, "A", "b # no comment");
    end(&t);
}

static void test_lines_go_on(void **state)
{
    struct lines t;

    (void)state;
    begin_slice(&t, SLICE("A=b\\\n c\\\n# d\\\n  ; e\n\tf\ng=h\\\\\nI=\\\n\nJ=k\\"));
    expect_assignment(&t, 1, "A", "b  c \tf");
    expect_place(&t, t.l.value.data, 1, 3);
    expect_place(&t, t.l.value.data + 1, 1, 4); // the backslash
    expect_place(&t, t.l.value.data + 3, 2, 2);
    expect_place(&t, t.l.value.data + 6, 5, 2);
    expect_place(&t, t.l.value.data + 7, 5, 3); // just behind it
    expect_place(&t, t.l.value.data, 1, 3);     // back again
    expect_assignment(&t, 6, "g", "h\\\\");
    expect_assignment(&t, 7, "I", "");
    expect_assignment(&t, 9, "J", "k");
    end(&t);
}

static void test_three_backslashes_go_on_and_four_do_not(void **state)
{
    struct lines t;

    (void)state;
    begin_slice(&t, SLICE("A=\\\\\\\nB\nC=\\\\\\\\\nD=e"));
    expect_assignment(&t, 1, "A", "\\\\ B");
    expect_assignment(&t, 3, "C", "\\\\\\\\");
    expect_assignment(&t, 4, "D", "e");
    end(&t);
}

static void test_every_end_of_line(void **state)
{
    struct lines t;

    (void)state;
    begin_slice(&t, SLICE("A=1\r\nB=2\rC=3\n\rD=4\\\r\n5\r\n\r\nE=6"));
    expect_assignment(&t, 1, "A", "1");
    expect_assignment(&t, 2, "B", "2");
    expect_assignment(&t, 3, "C", "3");
    expect_assignment(&t, 4, "D", "4 5");
    expect_assignment(&t, 7, "E", "6");
    end(&t);
}

static void test_a_byte_order_mark_is_skipped(void **state)
{
    struct lines t;

    (void)state;
    begin_slice(&t, SLICE("\xef\xbb\xbf[A]"));
    assert_int_equal(unitfile_next(&t.f, &t.l), 1);
    assert_int_equal(t.l.kind, UNITFILE_SECTION);
    expect_place(&t, t.l.all.data, 1, 1);
    end(&t);
}

static void test_bytes_that_no_text_has(void **state)
{
    struct lines t;

    (void)state;
    begin_slice(&t, SLICE("A=b\0c\nD=e\nF=\xff\nG=h"));
    expect_bad(&t, 1, 4, false, "zero byte");
    expect_assignment(&t, 2, "D", "e");
    expect_bad(&t, 3, 1, true, "UTF-8");
    end(&t); // systemd, too, reads no further
}

static void test_empty_texts(void **state)
{
    static const char *const texts[] = {"",         "\n",       "\\",           "\\\n",
                                        "\\\n\\\n", " \\\n \n", "\xef\xbb\xbf", "#"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct lines t;

        begin_slice(&t, slice_of(texts[i]));
        end(&t);
    }
}

static void test_a_line_longer_than_a_mebibyte(void **state)
{
    size_t size = UNITFILE_LINE_MAX + 64;
    char *text = malloc(size);
    struct lines t;

    (void)state;
    assert_non_null(text);
    memset(text, 'a', size);
    text[1] = '=';
    memcpy(text + size - 5, "\nB=c", 4);
    begin_slice(&t, (struct slice){(uint8_t *)text, size - 1});
    expect_bad(&t, 1, 1, true, "mebibyte");
    expect_assignment(&t, 2, "B", "c");
    end(&t);
    for (size_t i = 60; i < UNITFILE_LINE_MAX; i += 64) { // the same in parts
        memcpy(text + i, "\\\n", 2);
    }
    begin_slice(&t, (struct slice){(uint8_t *)text, size - 1});
    assert_int_equal(unitfile_next(&t.f, &t.l), 1);
    assert_int_equal(t.l.kind, UNITFILE_ASSIGNMENT); // ends of lines do not count
    expect_assignment(&t, 16386, "B", "c");
    end(&t);
    free(text);
}

static void test_places_are_found_in_linear_time(void **state)
{
    size_t parts = 200000;
    char *text = malloc(3 * parts);
    struct lines t;

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < parts; i++) {
        memcpy(text + 3 * i, "a\\\n", 3);
    }
    memcpy(text, "=", 1);
    begin_slice(&t, (struct slice){(uint8_t *)text, 3 * parts});
    expect_bad(&t, 1, 1, false, "no key");
    for (size_t i = 0; i < parts; i++) { // quadratic work would not end
        expect_place(&t, t.l.all.data + 2 * i, (unsigned)i + 1, 1);
    }
    end(&t);
    free(text);
}

static void test_no_room_to_join(void **state)
{
    uint8_t memory[4];
    struct arena a;
    struct unitfile f;
    struct unitfile_line l;

    (void)state;
    arena_init(&a, memory, sizeof(memory));
    unitfile_init(&f, SLICE("A=b\\\nc"), &a);
    assert_int_equal(unitfile_next(&f, &l), -ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sections_and_assignments),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_lines_go_on),
        cmocka_unit_test(test_three_backslashes_go_on_and_four_do_not),
        cmocka_unit_test(test_every_end_of_line),
        cmocka_unit_test(test_a_byte_order_mark_is_skipped),
        cmocka_unit_test(test_bytes_that_no_text_has),
        cmocka_unit_test(test_empty_texts),
        cmocka_unit_test(test_a_line_longer_than_a_mebibyte),
        cmocka_unit_test(test_places_are_found_in_linear_time),
        cmocka_unit_test(test_no_room_to_join),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
