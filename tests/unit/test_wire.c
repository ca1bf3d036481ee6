/* SPDX-License-Identifier: MIT */
/* Tests of core/wire.h: nothing is written past the buffer, nothing read past the slice. */
#include "core/wire.h"

#include "check.h"

#include <errno.h>

#define GUARD 0xA5

/* A writer over the first cap bytes of a buffer that is full of guard bytes. */
struct guarded {
    uint8_t bytes[64];
    struct wire_writer w;
};

static void guarded_init(struct guarded *g, size_t cap)
{
    memset(g->bytes, GUARD, sizeof(g->bytes));
    wire_writer_init(&g->w, g->bytes, cap);
}

static void expect_guard(const struct guarded *g, size_t from)
{
    for (size_t i = from; i < sizeof(g->bytes); i++) {
        expect(g->bytes[i] == GUARD, "byte %zu was written; nothing from %zu on may be", i, from);
    }
}

static void test_a_new_writer_is_empty(void **state)
{
    struct guarded g;

    (void)state;
    guarded_init(&g, 10);
    assert_ptr_equal(g.w.data, g.bytes);
    assert_int_equal(g.w.cap, 10);
    assert_int_equal(g.w.len, 0);
    assert_false(g.w.overflow);
    expect_guard(&g, 0);
}

static void test_integers_are_little_endian(void **state)
{
    static const uint8_t expected[] = {0x02, 0x01, 0x06, 0x05, 0x04, 0x03, 0x0e,
                                       0x0d, 0x0c, 0x0b, 0x0a, 0x09, 0x08, 0x07};
    struct guarded g;

    (void)state;
    guarded_init(&g, sizeof(expected));
    wire_put_u16(&g.w, 0x0102);
    wire_put_u32(&g.w, 0x03040506);
    wire_put_u64(&g.w, 0x0708090a0b0c0d0e);
    assert_false(g.w.overflow);
    assert_int_equal(g.w.len, sizeof(expected));
    assert_memory_equal(g.bytes, expected, sizeof(expected));
    expect_guard(&g, sizeof(expected));
}

static void put_width(struct wire_writer *w, size_t width)
{
    static const uint8_t bytes[3] = {1, 2, 3};

    switch (width) {
    case 2:
        wire_put_u16(w, UINT16_MAX);
        break;
    case 3:
        wire_put_bytes(w, bytes, sizeof(bytes));
        break;
    case 4:
        wire_put_u32(w, UINT32_MAX);
        break;
    default:
        wire_put_u64(w, UINT64_MAX);
        break;
    }
}

static void test_a_write_fits_whole_or_not_at_all(void **state)
{
    static const size_t widths[] = {2, 3, 4, 8};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(widths); i++) {
        for (size_t cap = 0; cap <= widths[i] + 1; cap++) {
            bool fits = cap >= widths[i];
            struct guarded g;

            guarded_init(&g, cap);
            put_width(&g.w, widths[i]);
            expect(g.w.overflow == !fits, "%zu bytes into %zu: overflow is %d", widths[i], cap,
                   g.w.overflow);
            expect(g.w.len == (fits ? widths[i] : 0), "%zu bytes into %zu: length %zu", widths[i],
                   cap, g.w.len);
            expect_guard(&g, fits ? widths[i] : 0);
        }
    }
}

static void test_after_an_overflow_all_writes_are_dropped(void **state)
{
    struct guarded g;

    (void)state;
    guarded_init(&g, 20);
    wire_put_u16(&g.w, 1);
    wire_put_bytes(&g.w, g.bytes, 19);
    assert_true(g.w.overflow);
    assert_int_equal(g.w.len, 2);
    wire_put_u16(&g.w, 7); // each of these would fit
    wire_put_u32(&g.w, 7);
    wire_put_u64(&g.w, 7);
    wire_put_bytes(&g.w, "7", 1);
    wire_put_bytes(&g.w, "", 0);
    wire_tlv_str(&g.w, 7, "7");
    wire_tlv_u64(&g.w, 7, 7);
    wire_tlv_bytes(&g.w, 7, "", 0);
    assert_true(g.w.overflow);
    assert_int_equal(g.w.len, 2);
    expect_guard(&g, 2);
}

static void test_no_bytes_fit_into_a_full_writer(void **state)
{
    struct guarded g;

    (void)state;
    guarded_init(&g, 0);
    wire_put_bytes(&g.w, NULL, 0);
    assert_false(g.w.overflow);
    assert_int_equal(g.w.len, 0);
    wire_put_bytes(&g.w, "x", 1);
    assert_true(g.w.overflow);
    expect_guard(&g, 0);
}

static void test_lengths_near_the_largest_do_not_wrap(void **state)
{
    struct guarded g;

    (void)state;
    guarded_init(&g, 16);
    wire_put_u16(&g.w, 0);
    wire_put_bytes(&g.w, g.bytes, SIZE_MAX);
    assert_true(g.w.overflow);
    guarded_init(&g, 16);
    wire_tlv_bytes(&g.w, 1, g.bytes, SIZE_MAX);
    assert_true(g.w.overflow);
    guarded_init(&g, 16);
    wire_tlv_bytes(&g.w, 1, g.bytes, SIZE_MAX - WIRE_TLV_HEADER + 1);
    assert_true(g.w.overflow);
#if SIZE_MAX > UINT32_MAX
    // Room for it is claimed, but the length field has 32 bits: refused before a byte is written.
    guarded_init(&g, SIZE_MAX);
    wire_tlv_bytes(&g.w, 1, g.bytes, (size_t)UINT32_MAX + 1);
    assert_true(g.w.overflow);
    assert_int_equal(g.w.len, 0);
#endif
    expect_guard(&g, 0);
}

static void test_an_element_is_tag_zero_length_bytes(void **state)
{
    static const uint8_t expected[] = {0x34, 0x92, 0, 0, 3, 0, 0, 0, 'a', 0, 'b'};
    struct guarded g;

    (void)state;
    guarded_init(&g, sizeof(expected));
    wire_tlv_bytes(&g.w, 0x9234, "a\0b", 3);
    assert_false(g.w.overflow);
    assert_int_equal(g.w.len, sizeof(expected));
    assert_memory_equal(g.bytes, expected, sizeof(expected));
    expect_guard(&g, sizeof(expected));
}

static void test_a_string_is_written_without_its_zero(void **state)
{
    static const uint8_t expected[] = {5, 0, 0, 0, 2, 0, 0, 0, 'h', 'i', 6, 0, 0, 0, 0, 0, 0, 0};
    struct guarded g;

    (void)state;
    guarded_init(&g, sizeof(g.bytes));
    wire_tlv_str(&g.w, 5, "hi");
    wire_tlv_str(&g.w, 6, "");
    assert_int_equal(g.w.len, sizeof(expected));
    assert_memory_equal(g.bytes, expected, sizeof(expected));
}

static void test_a_number_element_has_eight_bytes(void **state)
{
    static const uint8_t expected[] = {9, 0, 0, 0, 8, 0, 0, 0, 0xef, 0xcd, 0xab, 0, 0, 0, 0, 0x80};
    struct guarded g;

    (void)state;
    guarded_init(&g, sizeof(g.bytes));
    wire_tlv_u64(&g.w, 9, 0x8000000000abcdef);
    assert_int_equal(g.w.len, sizeof(expected));
    assert_memory_equal(g.bytes, expected, sizeof(expected));
}

static void test_no_half_element_is_left_behind(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < WIRE_TLV_HEADER + 8; cap++) {
        struct guarded g;

        guarded_init(&g, cap);
        wire_tlv_u64(&g.w, 1, 1);
        expect(g.w.overflow && g.w.len == 0, "16 bytes into %zu: length %zu", cap, g.w.len);
        expect_guard(&g, 0);
    }
    for (size_t cap = 0; cap < WIRE_TLV_HEADER; cap++) {
        struct guarded g;

        guarded_init(&g, cap);
        wire_tlv_bytes(&g.w, 1, NULL, 0);
        expect(g.w.overflow && g.w.len == 0, "an empty element into %zu: %zu", cap, g.w.len);
        expect_guard(&g, 0);
    }
}

static void test_numbers_come_back(void **state)
{
    static const uint64_t values[] = {0,         1,          0x7f,      0x80,
                                      0xff,      0x100,      INT16_MAX, UINT16_MAX,
                                      INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct guarded g;
        struct slice s = {g.bytes, 14};
        uint16_t v16 = 0;
        uint32_t v32 = 0;
        uint64_t v64 = 0;

        guarded_init(&g, sizeof(g.bytes));
        wire_put_u16(&g.w, (uint16_t)values[i]);
        wire_put_u32(&g.w, (uint32_t)values[i]);
        wire_put_u64(&g.w, values[i]);
        assert_true(wire_get_u16(&s, &v16) && wire_get_u32(&s, &v32) && wire_get_u64(&s, &v64));
        assert_int_equal(v16, (uint16_t)values[i]);
        assert_int_equal(v32, (uint32_t)values[i]);
        expect(v64 == values[i], "%llx came back as %llx", (unsigned long long)values[i],
               (unsigned long long)v64);
        assert_int_equal(s.len, 0);
        assert_ptr_equal(s.data, g.bytes + 14);
    }
}

static void test_a_number_cut_short_is_not_read(void **state)
{
    static const uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};

    (void)state;
    for (size_t len = 0; len < 8; len++) {
        struct slice whole = exact_copy(bytes, len);
        struct slice s = whole;
        uint16_t v16 = 77;
        uint32_t v32 = 77;
        uint64_t v64 = 77;

        expect(len >= 2 || !wire_get_u16(&s, &v16), "a u16 was read from %zu bytes", len);
        expect(len >= 4 || !wire_get_u32(&s, &v32), "a u32 was read from %zu bytes", len);
        expect(!wire_get_u64(&s, &v64), "a u64 was read from %zu bytes", len);
        expect(s.data == whole.data && s.len == len, "%zu bytes: the slice has moved", len);
        expect(v16 == 77 && v32 == 77 && v64 == 77, "%zu bytes: a result was written", len);
        exact_free(whole);
    }
}

static void test_bytes_are_taken_off_the_front(void **state)
{
    struct slice s = SLICE("abcdef");
    const uint8_t *start = s.data;
    struct slice got = {NULL, 77};

    (void)state;
    assert_true(wire_get_bytes(&s, 0, &got));
    assert_int_equal(got.len, 0);
    assert_int_equal(s.len, 6);
    assert_true(wire_get_bytes(&s, 2, &got));
    assert_ptr_equal(got.data, start);
    assert_int_equal(got.len, 2);
    assert_false(wire_get_bytes(&s, 5, &got));
    assert_false(wire_get_bytes(&s, SIZE_MAX, &got));
    assert_ptr_equal(got.data, start);
    assert_ptr_equal(s.data, start + 2);
    assert_int_equal(s.len, 4);
    assert_true(wire_get_bytes(&s, 4, &got));
    assert_ptr_equal(got.data, start + 2);
    assert_int_equal(got.len, 4);
    assert_int_equal(s.len, 0);
    assert_true(wire_get_bytes(&s, 0, &got));
    assert_false(wire_get_bytes(&s, 1, &got));
}

static void test_nothing_is_read_from_no_slice(void **state)
{
    struct slice s = {NULL, 0};
    struct slice got;
    struct wire_tlv tlv;
    uint16_t v;

    (void)state;
    assert_true(wire_get_bytes(&s, 0, &got));
    assert_int_equal(got.len, 0);
    assert_false(wire_get_bytes(&s, 1, &got));
    assert_false(wire_get_u16(&s, &v));
    assert_int_equal(wire_next_tlv(&s, &tlv), 0);
}

static void test_elements_come_in_order_and_end(void **state)
{
    struct guarded g;
    struct slice s = {g.bytes, 0};
    struct wire_tlv tlv;

    (void)state;
    guarded_init(&g, sizeof(g.bytes));
    wire_tlv_str(&g.w, 1, "one");
    wire_tlv_bytes(&g.w, 2, NULL, 0);
    wire_tlv_u64(&g.w, WIRE_CRITICAL | 3, 3);
    s.len = g.w.len;
    assert_int_equal(wire_next_tlv(&s, &tlv), 1);
    assert_int_equal(tlv.tag, 1);
    assert_true(slice_equals(tlv.value, "one"));
    assert_int_equal(wire_next_tlv(&s, &tlv), 1);
    assert_int_equal(tlv.tag, 2);
    assert_int_equal(tlv.value.len, 0);
    assert_int_equal(wire_next_tlv(&s, &tlv), 1);
    assert_int_equal(tlv.tag, WIRE_CRITICAL | 3);
    assert_int_equal(tlv.value.len, 8);
    assert_int_equal(wire_next_tlv(&s, &tlv), 0);
    assert_int_equal(wire_next_tlv(&s, &tlv), 0);
    assert_int_equal(s.len, 0);
}

/* Expects that these bytes are no element, and that the reader stays where it is. */
static void expect_no_element(const uint8_t *bytes, size_t len, const char *what)
{
    struct slice whole = exact_copy(bytes, len);
    struct slice s = whole;
    struct wire_tlv tlv = {.tag = 77};
    int r = wire_next_tlv(&s, &tlv);

    expect(r == -EBADMSG, "%s (%zu bytes): expected -EBADMSG, got %d", what, len, r);
    expect(s.data == whole.data && s.len == len, "%s (%zu bytes): the slice has moved", what, len);
    expect(tlv.tag == 77, "%s (%zu bytes): a result was written", what, len);
    exact_free(whole);
}

static void test_an_element_cut_short_anywhere_is_an_error(void **state)
{
    struct guarded g;

    (void)state;
    guarded_init(&g, sizeof(g.bytes));
    wire_tlv_str(&g.w, 5, "value");
    for (size_t len = 1; len < g.w.len; len++) {
        expect_no_element(g.bytes, len, "an element cut short");
    }
}

static void test_an_element_longer_than_its_list_is_an_error(void **state)
{
    static const uint32_t lengths[] = {4, 5, 0x7fffffff, 0x80000000, UINT32_MAX - 8, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct guarded g;

        guarded_init(&g, sizeof(g.bytes));
        wire_put_u32(&g.w, 5);
        wire_put_u32(&g.w, lengths[i]);
        wire_put_bytes(&g.w, "abc", 3);
        expect_no_element(g.bytes, g.w.len, "a length past the end");
    }
}

static void test_the_reserved_field_of_an_element_is_zero(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 16; bit++) {
        struct guarded g;

        guarded_init(&g, sizeof(g.bytes));
        wire_put_u16(&g.w, 5);
        wire_put_u16(&g.w, (uint16_t)(1u << bit));
        wire_put_u32(&g.w, 0);
        expect_no_element(g.bytes, g.w.len, "a reserved field that is not zero");
    }
}

static void test_slices_compare_by_their_bytes(void **state)
{
    (void)state;
    assert_true(slice_equals(SLICE("abc"), "abc"));
    assert_true(slice_equals(SLICE(""), ""));
    assert_true(slice_equals((struct slice){NULL, 0}, ""));
    assert_false(slice_equals((struct slice){NULL, 0}, "a"));
    assert_false(slice_equals(SLICE("abc"), "ab"));
    assert_false(slice_equals(SLICE("ab"), "abc"));
    assert_false(slice_equals(SLICE("abc"), "abd"));
    assert_false(slice_equals(SLICE("abc"), "ABC"));
    assert_false(slice_equals(SLICE("ab\0"), "ab"));
    assert_false(slice_equals(SLICE("\0"), ""));
}

static void test_a_slice_becomes_a_string_where_it_fits(void **state)
{
    char buf[8];

    (void)state;
    for (size_t cap = 0; cap <= sizeof(buf); cap++) {
        int expected = cap > 4 ? 0 : -ENAMETOOLONG;
        int r;

        memset(buf, 'x', sizeof(buf));
        r = slice_to_string(SLICE("four"), buf, cap);
        expect(r == expected, "4 bytes into %zu: expected %d, got %d", cap, expected, r);
        if (r == 0) {
            assert_string_equal(buf, "four");
        }
        for (size_t i = cap < 5 ? cap : 5; i < sizeof(buf); i++) {
            expect(buf[i] == 'x', "4 bytes into %zu: byte %zu was written", cap, i);
        }
    }
    assert_int_equal(slice_to_string(SLICE(""), buf, 1), 0);
    assert_string_equal(buf, "");
    buf[0] = 'x';
    assert_int_equal(slice_to_string((struct slice){NULL, 0}, buf, 1), 0);
    assert_string_equal(buf, "");
    assert_int_equal(slice_to_string((struct slice){NULL, 0}, buf, 0), -ENAMETOOLONG);
}

static void test_a_slice_with_a_zero_is_no_string(void **state)
{
    char buf[8];

    (void)state;
    assert_int_equal(slice_to_string(SLICE("\0"), buf, sizeof(buf)), -EINVAL);
    assert_int_equal(slice_to_string(SLICE("\0ab"), buf, sizeof(buf)), -EINVAL);
    assert_int_equal(slice_to_string(SLICE("a\0b"), buf, sizeof(buf)), -EINVAL);
    assert_int_equal(slice_to_string(SLICE("ab\0"), buf, sizeof(buf)), -EINVAL);
}

static void test_a_number_is_digits_and_nothing_else(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint32_t number;
    } cases[] = {
        {"0", true, 0},
        {"7", true, 7},
        {"0000000042", true, 42},
        {"4294967295", true, UINT32_MAX},
        {"4294967296", false, 0},
        {"9999999999", false, 0},
        {"00000000000", false, 0},
        {"", false, 0},
        {"-1", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"0x1", false, 0},
        {"1a", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct slice s = exact_copy((const uint8_t *)cases[i].text, strlen(cases[i].text));
        uint32_t number = 77;
        bool good = slice_number(s, &number);

        expect(good == cases[i].good, "\"%s\": expected %d", cases[i].text, cases[i].good);
        expect(number == (good ? cases[i].number : 77), "\"%s\" became %u", cases[i].text, number);
        exact_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_writer_is_empty),
        cmocka_unit_test(test_integers_are_little_endian),
        cmocka_unit_test(test_a_write_fits_whole_or_not_at_all),
        cmocka_unit_test(test_after_an_overflow_all_writes_are_dropped),
        cmocka_unit_test(test_no_bytes_fit_into_a_full_writer),
        cmocka_unit_test(test_lengths_near_the_largest_do_not_wrap),
        cmocka_unit_test(test_an_element_is_tag_zero_length_bytes),
        cmocka_unit_test(test_a_string_is_written_without_its_zero),
        cmocka_unit_test(test_a_number_element_has_eight_bytes),
        cmocka_unit_test(test_no_half_element_is_left_behind),
        cmocka_unit_test(test_numbers_come_back),
        cmocka_unit_test(test_a_number_cut_short_is_not_read),
        cmocka_unit_test(test_bytes_are_taken_off_the_front),
        cmocka_unit_test(test_nothing_is_read_from_no_slice),
        cmocka_unit_test(test_elements_come_in_order_and_end),
        cmocka_unit_test(test_an_element_cut_short_anywhere_is_an_error),
        cmocka_unit_test(test_an_element_longer_than_its_list_is_an_error),
        cmocka_unit_test(test_the_reserved_field_of_an_element_is_zero),
        cmocka_unit_test(test_slices_compare_by_their_bytes),
        cmocka_unit_test(test_a_slice_becomes_a_string_where_it_fits),
        cmocka_unit_test(test_a_slice_with_a_zero_is_no_string),
        cmocka_unit_test(test_a_number_is_digits_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
