/* SPDX-License-Identifier: MIT */
/* Tests of sys/mem.h: pages below the frame are given back, and nothing above it is touched. */
#include "sys/mem.h"

#include "child.h"

#define DEEP (32 * 1024) /* bytes of stack that a deep call dirties */
#define KEPT 4096        /* bytes of the caller's own */

/* The address sanitizer would put these frames elsewhere, and not on the stack. */
#define ON_STACK __attribute__((noinline, no_sanitize_address))

/* Dirties the stack below; says an address in the middle of what it used. */
ON_STACK static void go_deep(uintptr_t *ret_middle)
{
    volatile uint8_t used[DEEP];

    for (size_t i = 0; i < sizeof(used); i++) {
        used[i] = (uint8_t)i;
    }
    *ret_middle = (uintptr_t)used + DEEP / 2;
}

static bool is_resident(uintptr_t address)
{
    uintptr_t page = address & ~(uintptr_t)(sysconf(_SC_PAGESIZE) - 1);
    unsigned char resident = 0;

    check_call(syscall(SYS_mincore, page, 1, &resident));
    return (resident & 1) != 0;
}

ON_STACK static void trim(void)
{
    volatile uint8_t kept[KEPT];
    uintptr_t deep;

    for (size_t i = 0; i < sizeof(kept); i++) {
        kept[i] = (uint8_t)(i * 7);
    }
    go_deep(&deep);
    check(deep < (uintptr_t)kept && (uintptr_t)kept - deep < (uintptr_t)DEEP * 2,
          "the deep call used another stack");
    check(is_resident(deep), "the deep call's page is not there");
    mem_trim_stack();
    check(!is_resident(deep), "the deep call's page is still there");
    for (size_t i = 0; i < sizeof(kept); i++) {
        check(kept[i] == (uint8_t)(i * 7), "byte %zu of the caller's frame has changed", i);
    }
    go_deep(&deep); // it can be used again
    mem_trim_stack();
    mem_trim_stack();
    check(kept[KEPT - 1] == (uint8_t)((KEPT - 1) * 7), "the caller's frame has changed");
}

static void test_what_is_below_the_frame_is_given_back(void **state)
{
    (void)state;
    in_child(trim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_below_the_frame_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
