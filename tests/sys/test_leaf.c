/* SPDX-License-Identifier: MIT */
/* Tests of sys/leaf.h against a cgroup2 tree of this machine, and of being born in one. */
#include "sys/leaf.h"

#include "sys/spawn.h"

#include "child.h"

#include <sys/mount.h>

static int top = -1; // our own cgroup

/* In a child: a cgroup of its own at the top of the tree, by descriptor. */
static void make_top(void)
{
    char path[128];

    be_root_in(CLONE_NEWNS);
    check_call(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
    if (mount("none", scratch, "cgroup2", 0, NULL) < 0) {
        skip_because("no cgroup2 here: %s", strerror(errno));
    }
    (void)snprintf(path, sizeof(path), "%s/porthole-test-%d", scratch, getpid());
    if (mkdir(path, 0755) < 0) {
        skip_because("no cgroup of one's own here: %s", strerror(errno));
    }
    top = check_call(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

static void remove_top(void)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/porthole-test-%d", scratch, getpid());
    check_call(rmdir(path));
}

static void wait_until_empty(const char *path)
{
    for (int i = 0; i < 2000 && !leaf_is_empty(top, path); i++) {
        (void)usleep(1000);
    }
    check(leaf_is_empty(top, path), "%s does not become empty", path);
}

/* A process born in the leaf, in a session of its own, with a child of its own. */
static pid_t start_in(const char *path)
{
    int leaf = check_ok(leaf_open(top, path));
    bool inside = false;
    int ready[2];
    char byte;
    pid_t pid;

    check_call(pipe2(ready, O_CLOEXEC));
    pid = check_ok(spawn_into(leaf, false, &inside));
    if (pid == 0) {
        (void)setsid();
        if (fork() == 0) {
            (void)setsid();
            (void)!write(ready[1], "", 1);
        }
        for (;;) {
            (void)pause();
        }
    }
    check(inside, "it was not born in the leaf");
    (void)close(ready[1]); // so that a child's end is seen, too
    check_is(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    (void)close(leaf);
    return pid;
}

static void make_and_remove(void)
{
    int first;
    int again;

    make_top();
    check(leaf_is_cgroup(top), "it is a cgroup");
    check(!leaf_is_cgroup(0), "stdin is none");
    check(leaf_is_empty(top, "svc"), "what is not there is empty");
    first = check_ok(leaf_open(top, "svc"));
    again = check_ok(leaf_open(top, "svc"));
    check(same_file(first, again) && is_cloexec(first), "it is made once");
    check_is(leaf_open(top, "no/such"), -ENOENT);
    check(leaf_open(top, "cgroup.procs") < 0, "a file of the kernel's is no leaf");
    check(leaf_is_empty(top, "svc"), "nobody lives in it");
    check_is(leaf_signal(top, "none", SIGTERM), -ENOENT);
    check_is(leaf_signal(top, "none", SIGKILL), -ENOENT);
    check_is(leaf_remove(top, "svc"), 0);
    check_is(leaf_remove(top, "svc"), -ENOENT);
    remove_top();
}

static void test_a_leaf_is_made_once_and_removed(void **state)
{
    (void)state;
    in_child(make_and_remove);
}

static void signal_each_way(void)
{
    static const int numbers[] = {SIGTERM, SIGKILL};

    make_top();
    (void)close(check_ok(leaf_open(top, "svc")));
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        pid_t pid = start_in("svc/a");
        pid_t other = start_in("svc/b");

        check(!leaf_is_empty(top, "svc/a") && !leaf_is_empty(top, "svc"), "somebody lives in it");
        check_is(leaf_remove(top, "svc/a"), -EBUSY);
        check_is(leaf_signal(top, "svc/a", numbers[i]), 0);
        check_is(child_wait(pid), numbers[i]);
        wait_until_empty("svc/a"); // the grandchild, too
        check(!leaf_is_empty(top, "svc/b"), "another leaf is left alone");
        check_is(leaf_signal(top, "svc/b", SIGKILL), 0);
        check_is(child_wait(other), SIGKILL);
        wait_until_empty("svc/b");
        check_is(leaf_remove(top, "svc/b"),
                 0); // after SIGKILL nobody can be born in it: service_cgroup.c
    }
    for (int i = 0; i < 40; i++) {
        char path[32];

        (void)snprintf(path, sizeof(path), "svc/many-%d", i);
        (void)close(check_ok(leaf_open(top, path)));
    }
    check_is(leaf_remove_all(top, "svc"), 0);
    check_is(leaf_remove_all(top, "svc"), -ENOENT);
    remove_top();
}

static void test_a_signal_reaches_all_in_a_leaf_and_nobody_else(void **state)
{
    (void)state;
    in_child(signal_each_way);
}

static void stop_and_continue(void)
{
    pid_t pid;
    int status;

    make_top();
    pid = start_in("a");
    check_call(kill(pid, SIGSTOP));
    check_is(waitpid(pid, &status, WUNTRACED), pid);
    check_is(leaf_signal(top, "a", SIGTERM), 0);
    check_is(child_wait(pid), SIGTERM);
    wait_until_empty("a");
    check_is(leaf_remove(top, "a"), 0);
    remove_top();
}

static void test_one_that_is_stopped_sees_it_too(void **state)
{
    (void)state;
    in_child(stop_and_continue);
}

static void keep_inhabited(void)
{
    pid_t pid;

    make_top();
    (void)close(check_ok(leaf_open(top, "svc")));
    (void)close(check_ok(leaf_open(top, "svc/empty")));
    pid = start_in("svc/inhabited");
    check(leaf_remove_all(top, "svc") < 0, "somebody lives in it");
    check_is(leaf_remove(top, "svc/empty"), -ENOENT);
    check(!leaf_is_empty(top, "svc/inhabited"), "whoever lives there is left alone");
    check_is(leaf_signal(top, "svc/inhabited", SIGKILL), 0);
    check_is(child_wait(pid), SIGKILL);
    wait_until_empty("svc");
    check_is(leaf_remove_all(top, "svc"), 0);
    remove_top();
}

static void test_removing_all_spares_those_with_somebody_in_them(void **state)
{
    (void)state;
    in_child(keep_inhabited);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_a_leaf_is_made_once_and_removed),
        scratch_test(test_a_signal_reaches_all_in_a_leaf_and_nobody_else),
        scratch_test(test_one_that_is_stopped_sees_it_too),
        scratch_test(test_removing_all_spares_those_with_somebody_in_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
