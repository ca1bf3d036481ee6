/* SPDX-License-Identifier: MIT */
/*
 * The least that the kernel charges for starting services with logs: `floor_services N COMMAND` makes two pipes
 * for each of N services, each one descriptor of both ends that stays open, and forks a child that becomes the
 * leader of a session, takes the write ends for its stdout and stderr, and executes COMMAND. Children take the low
 * descriptors along and no copy of the pipes: a fork with all of them is half as slow again with 1,000 services. It
 * reads no unit, has no log worker and no table, and answers nothing.
 */
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAILED 125
#define HIGH 128   /* pipes lie from here on */
#define PENDING 32 /* children that may not have taken their writers yet */

static volatile uint8_t *taken; /* by child: shared with it */
static int writers[PENDING][2];

/* One descriptor that holds both ends of a pipe, out of children's way, and its writer. */
static int pipe_open(int *writer)
{
    char path[32];
    int ends[2];
    int both;
    int high;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
    both = openat(AT_FDCWD, path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    close(ends[0]);
    high = (int)syscall(SYS_fcntl, both, F_DUPFD_CLOEXEC, HIGH);
    close(both);
    *writer = ends[1];
    return high;
}

static void service(int slot, char **command, const uint64_t *mask)
{
    if (syscall(SYS_close_range, HIGH, ~0U, CLOSE_RANGE_UNSHARE) < 0)
        _exit(FAILED);
    taken[slot] = 1;
    (void)setsid();
    if (dup2(writers[slot][0], STDOUT_FILENO) < 0 || dup2(writers[slot][1], STDERR_FILENO) < 0)
        _exit(FAILED);
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, NULL, sizeof(*mask));
    execv(command[0], command);
    _exit(FAILED);
}

/* A slot whose child has its writers, which are closed here. */
static int free_slot(void)
{
    for (;;) {
        for (int i = 0; i < PENDING; i++) {
            if (taken[i] != 0) {
                if (writers[i][0] > 0) {
                    close(writers[i][0]);
                    close(writers[i][1]);
                    writers[i][0] = 0;
                }
                return i;
            }
        }
        sched_yield();
    }
}

int main(int argc, char **argv)
{
    uint64_t all = ~UINT64_C(0);
    uint64_t before = 0;

    if (argc < 3)
        return FAILED;
    taken = mmap(NULL, PENDING, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (taken == MAP_FAILED)
        return FAILED;
    for (int i = 0; i < PENDING; i++)
        taken[i] = 1;
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
    for (int left = atoi(argv[1]); left > 0; left--) {
        int slot = free_slot();
        long pid;

        if (pipe_open(&writers[slot][0]) < 0 || pipe_open(&writers[slot][1]) < 0)
            return FAILED;
        taken[slot] = 0;
        pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0L, 0L, 0L, 0L);
        if (pid == 0)
            service(slot, argv + 2, &before);
        if (pid < 0)
            return FAILED;
    }
    while (wait(NULL) > 0) {
    }
    return 0;
}
