/* SPDX-License-Identifier: MIT */
/* Tests of core/names.h: what was put in is found, and nothing else. */
#include "core/names.h"

#include "check.h"

#include <errno.h>
#include <stdio.h>

#define MANY 5000

static void test_empty(void **state)
{
    struct names n;
    uint32_t number = 7;

    (void)state;
    names_init(&n, NULL);
    assert_false(names_get(&n, "a", &number));
    assert_int_equal(number, 7);
}

static void test_many(void **state)
{
    size_t cap = 4 << 20;
    void *room = malloc(cap);
    static char text[MANY][16];
    struct arena arena;
    struct names n;
    uint32_t number;

    (void)state;
    assert_non_null(room);
    arena_init(&arena, room, cap);
    names_init(&n, &arena);
    for (uint32_t i = 0; i < MANY; i++) {
        (void)snprintf(text[i], sizeof(text[i]), "s%u.service", i);
        assert_int_equal(names_put(&n, text[i], i), 0);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        expect(names_get(&n, text[i], &number) && number == i, "%s is not %u", text[i], i);
    }
    assert_int_equal(names_put(&n, "s17.service", 99), -EEXIST);
    assert_true(names_get(&n, "s17.service", &number));
    assert_int_equal(number, 17);
    assert_false(names_get(&n, "s5000.service", &number));
    assert_false(names_get(&n, "", &number));
    free(room);
}

static void test_full_arena(void **state)
{
    uint8_t room[64];
    struct arena arena;
    struct names n;

    (void)state;
    arena_init(&arena, room, sizeof(room));
    names_init(&n, &arena);
    assert_int_equal(names_put(&n, "a", 1), -ENOMEM);
    assert_true(arena.full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_full_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
