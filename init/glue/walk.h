/* SPDX-License-Identifier: MIT */
/* Carrying out a plan's operations on the new root, by descriptor. */
#ifndef GLUE_WALK_H
#define GLUE_WALK_H

#include "core/plan.h"

struct walk {
    int root;   // owned: the new root's mount; -1 before OP_ROOT
    int dev;    // owned: KEEP_DEV, the tmpfs that holds our devices; -1 before it is mounted
    int empty;  // owned: an empty directory, to mask with copies of it; -1 before OPF_EMPTY
    int devpts; // KEEP_DEVPTS, KEEP_PROC: the caller's once walk_plan() is over; -1: none
    int proc;
};

void walk_init(struct walk *w);
void walk_finish(struct walk *w);

/*
 * Carries out all operations. The current directory is the rootfs at first, the new root mount at
 * the end. 0, or -errno with *ret_op the operation that failed (valid where ret_op->kind is not 0).
 */
int walk_plan(struct walk *w, struct plan *p, struct plan_op *ret_op);

#endif
