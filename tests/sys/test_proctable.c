/* SPDX-License-Identifier: MIT */
/* Tests of sys/proctable.h: what a procfs says of processes, and signalling exactly one of them. */
#include "sys/proctable.h"

#include "child.h"

static int open_proc(void)
{
    return check_call(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

static struct proctable_process *find(struct proctable *t, pid_t pid)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->entry[i].pid == pid) {
            return &t->entry[i];
        }
    }
    child_leave(CHILD_FAILED, __FILE__, __LINE__, "process %d is not in the table", pid);
}

/* A child that sleeps, in a session of its own. */
static pid_t sleeper(void)
{
    int ready[2];
    char byte;
    pid_t pid;

    check_call(pipe(ready));
    pid = check_call(fork());
    if (pid == 0) {
        (void)setsid();
        (void)!write(ready[1], "", 1);
        for (;;) {
            (void)pause();
        }
    }
    check_is(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    (void)close(ready[1]);
    return pid;
}

static void read_it(void)
{
    pid_t pid = sleeper();
    struct proctable t;
    const struct proctable_process *p;

    check_is(proctable_read(open_proc(), &t), 0);
    for (size_t i = 1; i < t.count; i++) {
        check(t.entry[i - 1].pid < t.entry[i].pid, "the table is not in order");
    }
    p = find(&t, pid);
    check_is(p->parent, getpid());
    check_is(p->session, pid);
    check_is(p->group, pid);
    check(p->start > 0 && p->start >= find(&t, getpid())->start, "it began after its parent");
    check_is(find(&t, getpid())->session, getsid(0));
    check_is(find(&t, getpid())->group, getpgrp());
    check_call(kill(pid, SIGKILL));
}

static void test_the_table_has_parents_groups_sessions(void **state)
{
    (void)state;
    in_child(read_it);
}

static void mark(void)
{
    pid_t pid = sleeper();
    struct proctable t;

    check_is(proctable_read(open_proc(), &t), 0);
    find(&t, getppid())->ours = true;
    proctable_mark_descendants(&t);
    check(find(&t, getpid())->ours && find(&t, pid)->ours, "children of children are marked");
    check(!find(&t, 1)->ours || getppid() == 1, "nobody above is");
    check_call(kill(pid, SIGKILL));
}

static void test_descendants_are_marked(void **state)
{
    (void)state;
    in_child(mark);
}

static void signal_one(void)
{
    int proc = open_proc();
    pid_t pid = sleeper();
    struct proctable t;
    struct proctable_process other;

    check_is(proctable_read(proc, &t), 0);
    other = *find(&t, pid);
    other.start++;
    check_is(proctable_signal(proc, &other, SIGKILL), -ESRCH);
    other.start--;
    other.session = 1;
    check_is(proctable_signal(proc, &other, SIGKILL), -ESRCH);
    check_call(kill(pid, 0));
    check_is(waitpid(pid, NULL, WNOHANG), 0);
    check_call(kill(pid, SIGSTOP)); // it is made to go on
    check_is(proctable_signal(proc, find(&t, pid), SIGTERM), 0);
    check_is(child_wait(pid), SIGTERM);
    check_is(proctable_signal(proc, find(&t, pid), SIGTERM), -ESRCH);
}

static void test_a_process_of_the_same_number_is_spared(void **state)
{
    (void)state;
    in_child(signal_one);
}

static void look_from_elsewhere(void)
{
    int proc = open_proc();
    pid_t pid;

    be_root_in(CLONE_NEWPID);
    pid = check_call(fork());
    if (pid == 0) {
        struct proctable t;

        _exit(proctable_read(proc, &t) == -ESRCH ? 0 : 1);
    }
    check_is(child_wait(pid), 0);
}

static void test_a_procfs_with_other_numbers_is_refused(void **state)
{
    (void)state;
    in_child(look_from_elsewhere);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_has_parents_groups_sessions),
        cmocka_unit_test(test_descendants_are_marked),
        cmocka_unit_test(test_a_process_of_the_same_number_is_spared),
        cmocka_unit_test(test_a_procfs_with_other_numbers_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
