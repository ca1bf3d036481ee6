/* SPDX-License-Identifier: MIT */
/* Children: those that borrow their parent's memory until they execute something, and copies. */
#ifndef SYS_SPAWN_H
#define SYS_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

struct clone_args;

/*
 * The child runs child(arg) on the caller's stack and in its memory, while the caller waits; it must
 * not return but execute a program or _exit(2). What it writes the caller sees. No page table is
 * copied, which is most of what fork(2) costs. Signals should be blocked: a handler would run in the
 * shared memory. Returns the child's pid, or -errno.
 */
pid_t spawn_borrowing(void (*child)(void *arg), void *arg);

/* The same with clone3(2)'s arguments: namespaces, a pidfd, a cgroup. flags gain what it takes. */
pid_t spawn_borrowing_with(struct clone_args *args, void (*child)(void *arg), void *arg);

/*
 * A copy of this process, as fork(2) makes it: 0 in the child, its pid in the parent, or -errno. Without what a
 * C library does around it for threads, of which there are none here.
 */
pid_t spawn_copy(void);

/* A copy that shares this process's table of descriptors, until it unshares it: fd_unshare_from(). */
pid_t spawn_sharing_files(void);

/*
 * Either, born in the cgroup (version 2) that the descriptor is of, so that no moment and no child of it is outside:
 * clone3(2), CLONE_INTO_CGROUP. Where that cannot be it is born where the caller is, as with -1; *ret_inside tells.
 */
pid_t spawn_into(int cgroup, bool sharing_files, bool *ret_inside);

/*
 * A copy that a wait for any child passes over: its end raises no SIGCHLD, and takes a waitpid(2) of its own, with
 * __WCLONE. So "no child is left" stays true while such a helper runs.
 */
pid_t spawn_helper(void);

#endif
