/* SPDX-License-Identifier: MIT */
/* Forking without a copy of all descriptors. */
#include "glue/lean.h"

#include "sys/fd.h"
#include "sys/mem.h"
#include "sys/spawn.h"

#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SETTLE_TRIES 100 /* of 50 microseconds */
#define YIELD_TRIES 200
#define CODE_FDS 202 /* systemd's, of a child that could not arrange its descriptors */

void lean_init(struct lean *l)
{
    *l = (struct lean){.left = fd_unshare_from(LEAN_FDS) == 0 ? mem_shared(LEAN_MAX) : NULL};
}

static void close_taken(const int fds[LEAN_TAKES])
{
    for (int i = 0; i < LEAN_TAKES; i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
    }
}

static void free_child(struct lean *l, int i)
{
    close_taken(l->child[i].fd);
    l->child[i].pid = 0;
}

void lean_sweep(struct lean *l)
{
    for (int i = 0; i < LEAN_MAX; i++) {
        if (l->child[i].pid > 0 && l->left[i] != 0) {
            free_child(l, i);
        }
    }
}

void lean_reaped(struct lean *l, pid_t pid)
{
    for (int i = 0; i < LEAN_MAX; i++) {
        if (l->child[i].pid == pid) {
            free_child(l, i);
        }
    }
}

static bool is_sharing(const struct lean *l)
{
    for (int i = 0; i < LEAN_MAX; i++) {
        if (l->child[i].pid > 0) {
            return true;
        }
    }
    return false;
}

void lean_settle(struct lean *l)
{
    static const struct timespec pause = {.tv_nsec = 50000};

    lean_sweep(l);
    for (int i = 0; i < SETTLE_TRIES && is_sharing(l); i++) {
        (void)nanosleep(&pause, NULL);
        lean_sweep(l);
    }
}

static int find_free(const struct lean *l)
{
    for (int i = 0; i < LEAN_MAX; i++) {
        if (l->child[i].pid == 0) {
            return i;
        }
    }
    return -1;
}

/*
 * A place for one more child. Where many are on their way they are let run: that takes less than a copy of all
 * descriptors would. One that somebody has stopped holds its place, but nobody up.
 */
static int find_place(struct lean *l, const int fds[LEAN_TAKES])
{
    int i = -1;

    for (int k = 0; k < LEAN_TAKES; k++) {
        if (l->left == NULL || fds[k] >= LEAN_FDS) {
            return -1;
        }
    }
    for (int tries = 0; i < 0 && tries < YIELD_TRIES; tries++) {
        lean_sweep(l);
        i = find_free(l);
        if (i < 0) {
            (void)sched_yield();
        }
    }
    return i;
}

static pid_t fork_with_copy(const int fds[LEAN_TAKES], int cgroup, bool *ret_inside)
{
    pid_t pid = spawn_into(cgroup, false, ret_inside);

    if (pid != 0) {
        close_taken(fds);
    }
    return pid;
}

pid_t lean_fork(struct lean *l, const int fds[LEAN_TAKES], int cgroup, bool *ret_inside)
{
    pid_t pid;
    int i;

    i = find_place(l, fds);
    if (i < 0) {
        return fork_with_copy(fds, cgroup, ret_inside);
    }
    l->left[i] = 0;
    pid = spawn_into(cgroup, true, ret_inside);
    if (pid == 0) {
        if (fd_unshare_from(LEAN_FDS) <
            0) { // no memory: the table is still PID 1's, and nothing may be done to it
            _exit(CODE_FDS);
        }
        l->left[i] = 1;
        return 0;
    }
    if (pid < 0) {
        close_taken(fds);
        return pid;
    }
    l->child[i].pid = pid;
    memcpy(l->child[i].fd, fds, sizeof(l->child[i].fd));
    return pid;
}

int lean_move_up(int fd, int first)
{
    int high = fd >= 0 && fd < first ? fd_copy_from(fd, first) : -1;

    if (high < 0) {
        return fd;
    }
    (void)close(fd);
    return high;
}
