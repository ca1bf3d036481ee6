/* SPDX-License-Identifier: MIT */
/* Tests of core/arena.h: what is taken is aligned, zeroed, apart, and never more than there is. */
#include "core/arena.h"

#include "check.h"

static void test_what_is_taken_is_aligned_and_zeroed(void **state)
{
    uint8_t memory[512];

    (void)state;
    for (size_t shift = 0; shift < 16; shift++) {
        struct arena a;
        uint8_t *last = NULL;

        memset(memory, 0xA5, sizeof(memory));
        arena_init(&a, memory + shift, sizeof(memory) - shift);
        for (size_t len = 0; len < 10; len++) {
            uint8_t *p = arena_take(&a, len);

            assert_non_null(p);
            assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
            assert_true(p > last || len < 2);
            for (size_t i = 0; i < len; i++) {
                assert_int_equal(p[i], 0);
            }
            memset(p, 0xFF, len);
            last = p;
        }
        assert_false(a.full);
    }
}

static void test_what_does_not_fit_is_told(void **state)
{
    _Alignas(max_align_t) uint8_t memory[64];
    struct arena a;

    (void)state;
    arena_init(&a, memory, sizeof(memory));
    assert_non_null(arena_take(&a, 64));
    assert_false(a.full);
    assert_null(arena_take(&a, 1));
    assert_true(a.full);
    arena_init(&a, memory, sizeof(memory));
    assert_null(arena_take(&a, SIZE_MAX));
    assert_true(a.full);
    arena_init(&a, memory, sizeof(memory));
    assert_null(arena_take(&a, 65));
    assert_non_null(arena_take(&a, 1)); // a later and smaller one may fit, but `full` stays
    assert_true(a.full);
    arena_init(&a, NULL, 0);
    assert_null(arena_take(&a, 1));
}

static void test_strings_have_a_closing_zero(void **state)
{
    uint8_t memory[8];
    struct arena a;

    (void)state;
    memset(memory, 0xA5, sizeof(memory));
    arena_init(&a, memory, sizeof(memory));
    assert_string_equal(arena_string(&a, "abc", 3), "abc");
    assert_string_equal(arena_string(&a, NULL, 0), "");
    assert_string_equal(arena_string(&a, "de", 2), "de");
    assert_int_equal(a.used, 8);
    assert_null(arena_string(&a, "", 0));
    assert_true(a.full);
}

static void test_a_draft_takes_nothing_until_it_is_kept(void **state)
{
    uint8_t memory[8];
    struct arena a;
    struct wire_writer w;

    (void)state;
    arena_init(&a, memory, sizeof(memory));
    arena_draft(&a, &w);
    wire_put_bytes(&w, "1234567", 7);
    assert_int_equal(a.used, 0);
    arena_draft(&a, &w);
    wire_put_bytes(&w, "12345678", 8);
    assert_null(arena_keep(&a, &w)); // no room for its zero
    assert_true(a.full);
    arena_init(&a, memory, sizeof(memory));
    arena_draft(&a, &w);
    wire_put_bytes(&w, "1234567", 7);
    assert_string_equal(arena_keep(&a, &w), "1234567");
    assert_false(a.full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_taken_is_aligned_and_zeroed),
        cmocka_unit_test(test_what_does_not_fit_is_told),
        cmocka_unit_test(test_strings_have_a_closing_zero),
        cmocka_unit_test(test_a_draft_takes_nothing_until_it_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
