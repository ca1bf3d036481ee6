/* SPDX-License-Identifier: MIT */
/* Tests of sys/caps.h: the sets as the kernel shows them in /proc/self/status. */
#include "sys/caps.h"

#include "child.h"
#include "core/capset.h"

#include <sys/prctl.h>

static void check_set(const char *name, uint64_t expected)
{
    uint64_t got = status_bits(name);

    check(got == expected, "%s: expected %016llx, got %016llx", name, (unsigned long long)expected,
          (unsigned long long)got);
}

/* In a child: all capabilities there are to have here; those of the default set at least. */
static uint64_t be_capable(void)
{
    uint64_t have;

    be_root();
    have = status_bits("CapEff");
    if ((have & CAPSET_DEFAULT) != CAPSET_DEFAULT) {
        skip_because("root has only the capabilities %llx", (unsigned long long)have);
    }
    return have;
}

static void read_effective(void)
{
    uint64_t have = be_capable();

    check(caps_effective() == have, "expected %llx, got %llx", (unsigned long long)have,
          (unsigned long long)caps_effective());
    check_is(caps_set(CAPSET_BIT(CAP_KILL) | CAPSET_BIT(CAP_CHOWN)), 0);
    check(caps_effective() == (CAPSET_BIT(CAP_KILL) | CAPSET_BIT(CAP_CHOWN)), "not what was set");
    check_is(caps_set(0), 0);
    check(caps_effective() == 0, "nothing was left");
}

static void test_effective(void **state)
{
    (void)state;
    in_child(read_effective);
}

static void set_some(void)
{
    uint64_t have = be_capable();
    uint64_t bounding = status_bits("CapBnd");
    uint64_t last = CAPSET_BIT(63 - __builtin_clzll(have));
    const uint64_t sets[] = {have,
                             CAPSET_DEFAULT,
                             CAPSET_DEFAULT & CAPSET_PID1,
                             last | CAPSET_BIT(CAP_CHOWN),
                             CAPSET_BIT(CAP_CHOWN),
                             0};

    for (size_t i = 0; i < COUNT_OF(sets); i++) {
        uint64_t keep = sets[i];
        pid_t pid = check_call(fork());

        if (pid == 0) {
            check_is(caps_set(keep), 0);
            check_set("CapPrm", keep);
            check_set("CapEff", keep);
            check_set("CapInh", 0);
            check_set("CapAmb", 0);
            check_set("CapBnd", bounding);
            if (keep != have) {
                check_is(caps_set(have), -EPERM); // no way back
                check_set("CapPrm", keep);
            }
            _exit(0);
        }
        if (child_wait(pid) != 0) {
            _exit(CHILD_FAILED); // its words are in child_text
        }
    }
}

static void test_set_leaves_exactly_what_is_kept(void **state)
{
    (void)state;
    in_child(set_some);
}

static void set_unknown(void)
{
    uint64_t have = be_capable();

    check_is(caps_set(have | CAPSET_BIT(63)), 0); // no kernel has that many
    check_set("CapPrm", have);
}

static void test_bits_that_are_no_capability_do_not_count(void **state)
{
    (void)state;
    in_child(set_unknown);
}

static void bound(void)
{
    uint64_t have = be_capable();
    uint64_t before = status_bits("CapBnd");
    uint64_t chown = CAPSET_BIT(CAP_CHOWN);

    check_is(caps_bound(chown, 0), 0); // of `have`, not of all
    check_set("CapBnd", before & ~chown);
    check_is(caps_bound(have, have), 0);
    check_set("CapBnd", before & ~chown);
    check_is(caps_bound(have, CAPSET_DEFAULT), 0);
    check_set("CapBnd", (before & ~have) | (CAPSET_DEFAULT & ~chown));
    check_set("CapEff", have); // what this process has now it keeps
    check_is(caps_bound(~UINT64_C(0), 0), 0);
    check_set("CapBnd", 0);
}

static void test_bound_takes_away_what_is_not_kept(void **state)
{
    (void)state;
    in_child(bound);
}

static void bound_without_right(void)
{
    uint64_t before;

    (void)be_capable();
    before = status_bits("CapBnd");
    check_is(caps_set(CAPSET_BIT(CAP_CHOWN)), 0);
    check_is(caps_bound(CAPSET_BIT(CAP_KILL), 0), -EPERM);
    check_is(caps_bound(CAPSET_BIT(CAP_KILL), CAPSET_BIT(CAP_KILL)), 0); // nothing to do
    check_set("CapBnd", before);
}

static void test_bound_needs_setpcap(void **state)
{
    (void)state;
    in_child(bound_without_right);
}

static void raise_ambient(void)
{
    uint64_t have = be_capable();

    check_is(caps_raise_ambient(), 0);
    check_set("CapPrm", have);
    check_set("CapEff", have);
    check_set("CapInh", have);
    check_set("CapAmb", have);
    check_is(caps_raise_ambient(), 0);
    check_is(caps_set(CAPSET_DEFAULT), 0);
    check_set("CapInh", 0);
    check_set("CapAmb", 0);
    check_set("CapPrm", CAPSET_DEFAULT);
    check_is(caps_raise_ambient(), 0);
    check_set("CapAmb", CAPSET_DEFAULT);
}

static void test_ambient_is_all_that_is_permitted(void **state)
{
    (void)state;
    in_child(raise_ambient);
}

static void raise_nothing(void)
{
    (void)be_capable();
    check_is(caps_set(0), 0);
    check_is(caps_raise_ambient(), 0);
    check_set("CapAmb", 0);
    check_is(caps_set(0), 0);
    check_is(caps_set(CAPSET_BIT(CAP_CHOWN)), -EPERM);
}

static void test_without_capabilities_there_is_nothing_to_raise(void **state)
{
    (void)state;
    in_child(raise_nothing);
}

static void set_with_ambient(void)
{
    uint64_t have = be_capable();
    uint64_t chown = CAPSET_BIT(CAP_CHOWN);
    uint64_t kill = CAPSET_BIT(CAP_KILL);
    const uint64_t sets[][2] = {
        {chown, kill}, {chown | kill, kill}, {0, chown | kill}, {chown, 0}, {0, 0},
    };

    for (size_t i = 0; i < COUNT_OF(sets); i++) {
        pid_t pid = check_call(fork());

        if (pid == 0) {
            check_is(caps_set_ambient(sets[i][0], sets[i][1]), 0);
            check_set("CapPrm", sets[i][0] | sets[i][1]);
            check_set("CapEff", sets[i][0] | sets[i][1]);
            check_set("CapInh", sets[i][1]);
            check_set("CapAmb", sets[i][1]);
            check_is(caps_set_ambient(0, have), -EPERM); // no way back
            _exit(0);
        }
        if (child_wait(pid) != 0) {
            _exit(CHILD_FAILED); // its words are in child_text
        }
    }
}

static void test_an_ambient_set_beside_what_is_kept(void **state)
{
    (void)state;
    in_child(set_with_ambient);
}

/* What another user's program gets: the ambient set, and nothing of what root kept. */
static void exec_ambient(void)
{
    char line[64];
    char *argv[] = {(char *)(uintptr_t) "grep", (char *)(uintptr_t) "-q", line,
                    (char *)(uintptr_t) "/proc/self/status", NULL};
    uint64_t kill = CAPSET_BIT(CAP_KILL);

    (void)be_capable();
    check_call(prctl(PR_SET_SECUREBITS, 1 << 0 | 1 << 1, 0, 0, 0)); // NOROOT: as any user's
    check_is(caps_set_ambient(CAPSET_BIT(CAP_CHOWN), kill), 0);
    (void)snprintf(line, sizeof(line), "^CapEff:.%016llx$", (unsigned long long)kill);
    check_call(execvp(argv[0], argv));
}

static void test_a_program_gets_the_ambient_set(void **state)
{
    (void)state;
    in_child(exec_ambient);
}

/* The whole way of a command: bound, set, exec; a program of root gets what is in the bounding set. */
static void exec_bounded(void)
{
    uint64_t have = be_capable();
    char line[64];
    char *argv[] = {(char *)(uintptr_t) "grep", (char *)(uintptr_t) "-q", line,
                    (char *)(uintptr_t) "/proc/self/status", NULL};

    check_is(caps_bound(have, CAPSET_DEFAULT), 0);
    check_is(caps_set(CAPSET_DEFAULT), 0);
    (void)snprintf(line, sizeof(line), "^CapEff:.%016llx$", (unsigned long long)CAPSET_DEFAULT);
    check_call(execvp(argv[0], argv));
}

static void test_a_program_gets_what_is_in_the_bounding_set(void **state)
{
    (void)state;
    in_child(exec_bounded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_effective),
        cmocka_unit_test(test_set_leaves_exactly_what_is_kept),
        cmocka_unit_test(test_bits_that_are_no_capability_do_not_count),
        cmocka_unit_test(test_bound_takes_away_what_is_not_kept),
        cmocka_unit_test(test_bound_needs_setpcap),
        cmocka_unit_test(test_ambient_is_all_that_is_permitted),
        cmocka_unit_test(test_without_capabilities_there_is_nothing_to_raise),
        cmocka_unit_test(test_an_ambient_set_beside_what_is_kept),
        cmocka_unit_test(test_a_program_gets_the_ambient_set),
        cmocka_unit_test(test_a_program_gets_what_is_in_the_bounding_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
