/* SPDX-License-Identifier: MIT */
/* Carrying out a plan's operations on the new root, by descriptor. */
#ifndef GLUE_WALK_H
#define GLUE_WALK_H

#include "core/plan.h"
#include "glue/launcher.h"

/*
 * What a walk opens it leaves open, attached trees and folders alike: the caller closes all of them in
 * one call when it is over (init_keep_own()), or ends.
 */
struct walk {
    int root;        // the new root's mount; -1 before OP_ROOT
    int dev;         // KEEP_DEV, the tmpfs that holds our devices; -1 before it is mounted
    int empty;       // an empty directory, to mask with copies of it; -1 before OPF_EMPTY
    int inside;      // OPF_INSIDE: folder of the container's own socket; -1 before
    int mask_folder; // a detached mount that the next OP_MASK of its kind takes; -1: none yet
    int mask_file;
    bool null_ours; // our null was looked at
    int devpts;     // KEEP_DEVPTS, KEEP_PROC: what the caller keeps; -1: none
    int proc;
    struct launcher_trees trees;
};

void walk_init(struct walk *w);

/*
 * Carries out all operations. The current directory is the rootfs at first, the new root mount at
 * the end. 0, or -errno with *ret_op the operation that failed (valid where ret_op->kind is not 0).
 */
int walk_plan(struct walk *w, struct plan *p, struct plan_op *ret_op);

#endif
