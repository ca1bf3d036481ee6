/* SPDX-License-Identifier: MIT */
/* Tests of core/step.h: every step has its words, and its number never moves. */
#include "core/step.h"

#include "check.h"

#define UNKNOWN "do an unknown step"

static void test_every_step_has_its_text(void **state)
{
    (void)state;
#define X(name, text) \
    expect(strcmp(step_text(STEP_##name), text) == 0, \
           "step " #name ": expected \"%s\", got \"%s\"", text, step_text(STEP_##name));
    STEPS(X)
#undef X
}

static void test_no_two_steps_share_a_text(void **state)
{
    (void)state;
    for (uint64_t a = 0; a < STEP_COUNT; a++) {
        expect(step_text(a)[0] != 0, "step %d has no text", (int)a);
        expect(strcmp(step_text(a), UNKNOWN) != 0, "step %d is unknown", (int)a);
        for (uint64_t b = a + 1; b < STEP_COUNT; b++) {
            expect(strcmp(step_text(a), step_text(b)) != 0, "steps %d and %d are both \"%s\"",
                   (int)a, (int)b, step_text(a));
        }
    }
}

static void test_a_number_that_is_no_step_has_a_text(void **state)
{
    static const uint64_t numbers[] = {
        STEP_COUNT, STEP_COUNT + 1, UINT32_MAX, (uint64_t)UINT32_MAX + 1, INT64_MAX, UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        assert_string_equal(step_text(numbers[i]), UNKNOWN);
    }
}

/* Numbers travel on the wire: these are the ones that the first version had. */
static void test_numbers_of_the_first_version_stay(void **state)
{
    (void)state;
    assert_int_equal(STEP_NONE, 0);
    assert_int_equal(STEP_PLAN, 1);
    assert_int_equal(STEP_UNSHARE_MOUNT, 6);
    assert_int_equal(STEP_PIVOT, 17);
    assert_int_equal(STEP_EXEC, 30);
    assert_true(STEP_COUNT >= 31);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_step_has_its_text),
        cmocka_unit_test(test_no_two_steps_share_a_text),
        cmocka_unit_test(test_a_number_that_is_no_step_has_a_text),
        cmocka_unit_test(test_numbers_of_the_first_version_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
