/* SPDX-License-Identifier: MIT */
/* Tests of sys/spawn.h: who shares memory, who is a copy, and whose end nobody hears of. */
#include "sys/spawn.h"

#include "child.h"

#include <sys/prctl.h>

#ifndef __WCLONE
#define __WCLONE 0x80000000
#endif

struct note {
    int number;
    pid_t pid;
};

static void leave_a_note(void *arg)
{
    struct note *n = arg;

    n->number = 42;
    n->pid = (pid_t)syscall(SYS_getpid);
    _exit(3);
}

static void borrow(void)
{
    struct note n = {0};
    pid_t pid = check_ok(spawn_borrowing(leave_a_note, &n));

    check_is(n.number, 42); // its memory is ours, and it ran before we went on
    check_is(n.pid, pid);
    check_is(child_wait(pid), 3 << 8);
}

static void test_a_borrowing_child_writes_into_its_parents_memory(void **state)
{
    (void)state;
    in_child(borrow);
}

static void come_back(void *arg)
{
    (void)arg;
}

static void break_the_contract(void)
{
    check_is(child_wait(check_ok(spawn_borrowing(come_back, NULL))), 125 << 8);
}

static void test_a_child_that_returns_goes_no_further(void **state)
{
    (void)state;
    in_child(break_the_contract);
}

static void copy(void)
{
    volatile int number = 1;
    pid_t pid = check_ok(spawn_copy());

    if (pid == 0) {
        number = 2;
        _exit(5);
    }
    check_is(child_wait(pid), 5 << 8);
    check_is(number, 1);
}

static void test_a_copy_has_memory_of_its_own(void **state)
{
    (void)state;
    in_child(copy);
}

static bool has_pending(int number)
{
    sigset_t pending;

    check_call(sigpending(&pending));
    return sigismember(&pending, number) == 1;
}

/* A helper that runs until its end of the pipe has none at the other. */
static pid_t helper_until(int ends[2])
{
    pid_t pid;
    char byte;

    check_call(pipe2(ends, O_CLOEXEC));
    pid = check_ok(spawn_helper());
    if (pid == 0) {
        check_call(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
        (void)close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 0 ? 9 : 1);
    }
    (void)close(ends[0]);
    return pid;
}

static void helper(void)
{
    sigset_t chld;
    siginfo_t info;
    struct pollfd p = {.events = POLLIN};
    int ends[2];
    int status = 0;
    pid_t pid;

    check_call(sigemptyset(&chld));
    check_call(sigaddset(&chld, SIGCHLD));
    check_call(sigprocmask(SIG_BLOCK, &chld, NULL));
    pid = helper_until(ends);
    p.fd = (int)check_call(syscall(SYS_pidfd_open, pid, 0));
    check(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD, "no child is left: it is none");
    check(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1 && errno == ECHILD,
          "nor for waitid");
    (void)close(ends[1]);
    check_is(poll(&p, 1, CHILD_LIMIT_MS), 1); // its end is seen by its pidfd
    check(!has_pending(SIGCHLD), "its end raised SIGCHLD");
    check(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD,
          "its end was found by a wait for any");
    check_is(waitpid(pid, &status, __WCLONE), pid);
    check_is(status, 9 << 8);
}

static void test_a_helper_is_nobodys_child(void **state)
{
    (void)state;
    in_child(helper);
}

/* Beside a real child: the wait for any finds that one only. */
static void helper_and_child(void)
{
    int ends[2];
    int status = 0;
    pid_t hidden = helper_until(ends);
    pid_t pid = check_ok(spawn_copy());

    if (pid == 0) {
        _exit(4);
    }
    check_is(waitpid(-1, &status, 0), pid);
    check(waitpid(-1, &status, 0) == -1 && errno == ECHILD, "the helper was waited for");
    check_call(kill(hidden, SIGKILL));
    check_is(waitpid(hidden, &status, __WCLONE), hidden);
    check_is(status, SIGKILL);
}

static void test_beside_a_helper_children_are_found(void **state)
{
    (void)state;
    in_child(helper_and_child);
}

static void born_elsewhere(void)
{
    int cgroups[] = {-1, 0, check_call(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC))};

    for (size_t i = 0; i < COUNT_OF(cgroups); i++) {
        for (int sharing = 0; sharing < 2; sharing++) {
            bool inside = true;
            pid_t pid = check_ok(spawn_into(cgroups[i], sharing != 0, &inside));

            if (pid == 0) {
                (void)close(cgroups[2]);
                _exit(6);
            }
            check(!inside, "it says that it was born in what is no cgroup");
            check_is(child_wait(pid), 6 << 8);
            check_is(is_open(cgroups[2]), sharing == 0 || cgroups[2] < 0);
            cgroups[2] =
                sharing ? check_call(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) : cgroups[2];
        }
    }
}

static void test_where_there_is_no_cgroup_it_is_born_all_the_same(void **state)
{
    (void)state;
    in_child(born_elsewhere);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_borrowing_child_writes_into_its_parents_memory),
        cmocka_unit_test(test_a_child_that_returns_goes_no_further),
        cmocka_unit_test(test_a_copy_has_memory_of_its_own),
        cmocka_unit_test(test_a_helper_is_nobodys_child),
        cmocka_unit_test(test_beside_a_helper_children_are_found),
        cmocka_unit_test(test_where_there_is_no_cgroup_it_is_born_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
