/* SPDX-License-Identifier: MIT */
/* The launch sequence: from the first instruction of a launched PID 1 to its main command. */
#ifndef GLUE_BOOT_H
#define GLUE_BOOT_H

#include "glue/init.h"

/*
 * The launch sequence in the container (DESIGN): listen, accept the parent, isolate, mount, pivot,
 * fork the main command. flags: enum launch_flag. On failure the launcher has been told the step; the
 * caller exits with 125. 0 or -errno.
 */
int boot_launched(struct init *in, unsigned flags);

#endif
