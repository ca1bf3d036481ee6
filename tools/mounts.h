/* SPDX-License-Identifier: MIT */
/* The table of mounts: which file system, which node, which mask, and when. */
#ifndef TOOLS_MOUNTS_H
#define TOOLS_MOUNTS_H

#include "spec.h"

/*
 * An operation as plan_op has it, its strings in place: with pointers the table would have to be relocated,
 * which is a page of memory and a fault in every porthole command.
 */
struct mount_row {
    unsigned when; // conditions that must all hold
    uint16_t kind;
    uint16_t flags;
    uint32_t a;
    uint64_t attr;
    uint64_t b;
    uint64_t c;
    uint8_t
        tree; // 1 + enum plan_tree that it is part of, wherever the launcher makes trees; 0: none
    char target[32];
    char source[16];
    char options[48];
};

/* The row behind `after` (NULL: the first) that holds for this container; NULL at the end. */
const struct mount_row *mounts_next(const struct spec *s, const struct mount_row *after);

/* True where the row's mount point is part of the image, not of a file system that an earlier row mounts. */
bool mounts_in_image(const struct mount_row *row);

/*
 * True where the launcher makes the trees and hands them over: all ids are mapped, and nodes are ours to
 * make. PID 1 then attaches them.
 */
bool mounts_hand_over(const struct spec *s);

#endif
