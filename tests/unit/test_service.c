/* SPDX-License-Identifier: MIT */
/* Tests of core/service.h: every number has its word, and every word its number. */
#include "core/service.h"

#include "check.h"

static void test_words_and_numbers_are_one(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SERVICE_TYPE_COUNT; i++) {
        assert_int_equal(service_type_find(slice_of(service_type_name(i))), i);
    }
    for (unsigned i = 0; i < SERVICE_RESTART_COUNT; i++) {
        assert_int_equal(service_restart_find(slice_of(service_restart_name(i))), i);
    }
    for (unsigned i = 0; i < SERVICE_KILL_MODE_COUNT; i++) {
        assert_int_equal(service_kill_mode_find(slice_of(service_kill_mode_name(i))), i);
    }
    for (unsigned i = 0; i < SERVICE_RUN_COUNT; i++) {
        assert_non_null(service_run_name(i));
    }
}

static void test_what_is_none_has_no_word(void **state)
{
    static const char *const none[] = {"", "Simple", "simple ", "simpl", "forking"};

    (void)state;
    assert_null(service_type_name(SERVICE_TYPE_COUNT));
    assert_null(service_restart_name(SERVICE_RESTART_COUNT));
    assert_null(service_kill_mode_name(SERVICE_KILL_MODE_COUNT));
    assert_null(service_run_name(SERVICE_RUN_COUNT));
    assert_null(service_run_name(UINT32_MAX));
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        assert_int_equal(service_type_find(slice_of(none[i])), -1);
        assert_int_equal(service_restart_find(slice_of(none[i])), -1);
        assert_int_equal(service_kill_mode_find(slice_of(none[i])), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_and_numbers_are_one),
        cmocka_unit_test(test_what_is_none_has_no_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
