/* SPDX-License-Identifier: MIT */
/* Tests of core/directive.h: the table is in order, whole, and found. */
#include "core/directive.h"

#include "check.h"
#include "core/unit.h"

#include <stdio.h>

static void test_the_table_is_in_order(void **state)
{
    unsigned n = 1;

    (void)state;
    for (; directive_name(n) != NULL; n++) {
        expect(strcmp(directive_name(n - 1), directive_name(n)) < 0, "%s must stand behind %s",
               directive_name(n - 1), directive_name(n));
    }
    assert_true(n > 350);
    assert_null(directive_name(UINT32_MAX));
}

static void test_every_key_is_found(void **state)
{
    (void)state;
    for (unsigned n = 0; directive_name(n) != NULL; n++) {
        const char *name = directive_name(n);
        const struct directive *d = directive_find(slice_of(name));
        char other[64];

        assert_non_null(d);
        assert_true(d->sections != 0);
        if (d->set == SET_REFUSED || d->set == SET_IGNORED || d->set == SET_OTHER_DEPS) {
            assert_true((d->arg & DIRECTIVE_NOTE_MASK) < DIRECTIVE_NOTE_COUNT);
            assert_true(d->arg <= DIRECTIVE_NOTE_MASK ||
                        (d->set == SET_REFUSED && directive_idle_word(d->arg) != NULL));
            assert_true(directive_note(d->arg)[0] != 0);
        }
        (void)snprintf(other, sizeof(other), "%sX", name);
        assert_null(directive_find(slice_of(other)));
        assert_true(directive_find((struct slice){(const uint8_t *)name, strlen(name) - 1}) != d);
    }
    assert_null(directive_find(SLICE("")));
    assert_null(directive_find(SLICE("restart")));
    assert_null(directive_find(SLICE("zzz")));
    assert_null(directive_find(SLICE("\0")));
}

static void test_keys_stand_in_their_sections(void **state)
{
    (void)state;
    assert_int_equal(directive_find(SLICE("After"))->sections, SECTION_UNIT);
    assert_int_equal(directive_find(SLICE("ExecStart"))->sections, SECTION_SERVICE);
    assert_int_equal(directive_find(SLICE("WantedBy"))->sections, SECTION_INSTALL);
    assert_int_equal(directive_find(SLICE("Main"))->sections, SECTION_PORTHOLE);
    assert_int_equal(directive_find(SLICE("StartLimitBurst"))->sections,
                     SECTION_UNIT | SECTION_SERVICE);
    assert_int_equal(directive_find(SLICE("StartLimitIntervalSec"))->sections, SECTION_UNIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_is_in_order),
        cmocka_unit_test(test_every_key_is_found),
        cmocka_unit_test(test_keys_stand_in_their_sections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
