/* SPDX-License-Identifier: MIT */
/* Forking without a copy of all descriptors: with 1,000 services there are 2,000 log pipes in PID 1's table. */
#ifndef GLUE_LEAN_H
#define GLUE_LEAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * fork(2) copies the table, and exec closes what is CLOEXEC in the copy, descriptor by descriptor: with 2,000 of them
 * that is half of what a start costs. So the log pipes lie from LEAN_FDS on; a child shares PID 1's table at first
 * (CLONE_FILES) and leaves it with a copy of what is below: close_range(2), CLOSE_RANGE_UNSHARE. What it takes along
 * must stay open until then, which it tells by a byte of shared memory.
 */
#define LEAN_FDS 256 /* descriptors that a child takes along lie below */
#define LEAN_MAX \
    64 /* children on their way; one more waits, and then is forked with a copy of all */
#define LEAN_TAKES 3 /* descriptors that a child takes along, at most */

struct lean {
    volatile uint8_t *left; // shared with the children; NULL: it does not work here
    struct {
        pid_t pid;          // 0: free
        int fd[LEAN_TAKES]; // owned; what it takes along
    } child[LEAN_MAX];
};

/* Without it (an old filter of system calls, no memory) all children are forked the usual way. */
void lean_init(struct lean *l);

/*
 * As fork(2): 0 in the child, its pid, or -errno. The child takes fds along (-1: none), which here are closed once it
 * has, or if there is none. It is born in the cgroup, where it can be: spawn_into().
 */
pid_t lean_fork(struct lean *l, const int fds[LEAN_TAKES], int cgroup, bool *ret_inside);

/* Closes what children have taken. */
void lean_sweep(struct lean *l);

/*
 * Waits for children that share the table still, for a few milliseconds at most: what is opened now they would take
 * along. One that somebody has stopped on its way is not waited for.
 */
void lean_settle(struct lean *l);

/* The child was reaped: it takes nothing any more. */
void lean_reaped(struct lean *l, pid_t pid);

/* A descriptor's place in PID 1's table, out of children's way where there is room: from `first` on. fd is taken. */
int lean_move_up(int fd, int first);

#endif
