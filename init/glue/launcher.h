/* SPDX-License-Identifier: MIT */
/* What PID 1 and its launcher say to each other during the launch, on a socket of their own. */
#ifndef GLUE_LAUNCHER_H
#define GLUE_LAUNCHER_H

#include "core/plan.h"
#include "sys/sock.h"

/*
 * In this order on LAUNCH_FD_SYNC:
 *   launcher  OK: the id maps are written       (with a user namespace of its own)
 *   PID 1     OK: it listens; connect
 *   PID 1     OK: it has a mount namespace of its own; a socket for loopback comes with it
 *                                               (without a user namespace)
 *   launcher  OK with a tree, for each of enum plan_tree, in its order  (where the plan has OP_ATTACH)
 *   launcher  OK: loopback is up                (where a socket came)
 * In the place of any of them: FAILED from PID 1, or ERROR from the launcher, whose errno then is that
 * of the step which waits for it.
 */

/* Says OK, with a descriptor where fd is not -1. 0 or -errno (-EPIPE: the launcher is dead). */
int launcher_tell(int fd);

/*
 * Waits for its word. 0 with what came along (ret_fds NULL: nothing may), the -errno that it failed with,
 * -EPIPE: it is dead, -EBADMSG.
 */
int launcher_wait(struct sock_fds *ret_fds);

/* The trees that it has handed over so far; they are left open, as all that a walk opens is. */
struct launcher_trees {
    int fd[TREE_COUNT];
    unsigned count;
};

/* The tree of this number (enum plan_tree), waited for where it has not come yet. -EBADMSG, or as above. */
int launcher_tree(struct launcher_trees *t, uint64_t number);

#endif
