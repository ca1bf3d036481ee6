/* SPDX-License-Identifier: MIT */
/* Tests of core/place.h: every place has its name, and its number never moves. */
#include "core/place.h"

#include "check.h"

static void test_every_place_has_its_name(void **state)
{
    (void)state;
#define X(name, text) assert_string_equal(place_name(PLACE_##name), text);
    PLACES(X)
#undef X
}

static void test_a_number_that_is_no_place_is_unknown(void **state)
{
    (void)state;
    assert_string_equal(place_name(PLACE_COUNT), "unknown");
    assert_string_equal(place_name((uint64_t)UINT32_MAX + 1), "unknown");
    assert_string_equal(place_name(UINT64_MAX), "unknown");
}

/* Numbers travel on the wire: these are the ones that the first version had. */
static void test_numbers_of_the_first_version_stay(void **state)
{
    (void)state;
    assert_int_equal(PLACE_LAUNCHED, 0);
    assert_int_equal(PLACE_DOCKER, 1);
    assert_int_equal(PLACE_PODMAN, 2);
    assert_int_equal(PLACE_KUBERNETES, 3);
    assert_int_equal(PLACE_CONTAINER, 4);
    assert_int_equal(PLACE_HOST, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_place_has_its_name),
        cmocka_unit_test(test_a_number_that_is_no_place_is_unknown),
        cmocka_unit_test(test_numbers_of_the_first_version_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
