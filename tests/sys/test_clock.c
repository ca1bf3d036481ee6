/* SPDX-License-Identifier: MIT */
/* Tests of sys/clock.h: milliseconds of the clock that each function names. */
#include "sys/clock.h"

#include "child.h"

#include <time.h>

static msec_t reference(clockid_t id)
{
    struct timespec t;

    assert_int_equal(clock_gettime(id, &t), 0);
    return (msec_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void expect_between(clockid_t id, msec_t (*clock_under_test)(void))
{
    msec_t before = reference(id);
    msec_t got = clock_under_test();
    msec_t after = reference(id);

    if (got < before || got > after) {
        fail_msg("expected %lld to %lld, got %lld", (long long)before, (long long)after,
                 (long long)got);
    }
}

static void test_monotonic(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        expect_between(CLOCK_MONOTONIC, clock_monotonic);
    }
}

static void test_wall(void **state)
{
    (void)state;
    expect_between(CLOCK_REALTIME, clock_wall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_monotonic),
        cmocka_unit_test(test_wall),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
