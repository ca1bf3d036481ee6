/* SPDX-License-Identifier: MIT */
/* From the first instruction to the main command's fork: launched by porthole, or an entrypoint. */
#ifndef GLUE_BOOT_H
#define GLUE_BOOT_H

#include "core/options.h"
#include "glue/init.h"

/*
 * The launch sequence in the container (DESIGN): listen, accept the parent, isolate, mount, pivot,
 * fork the main command. On failure the launcher has been told the step; the caller exits with 125.
 * 0 or -errno.
 */
int boot_launched(struct init *in);

/* As an entrypoint: subreaper unless PID 1, control socket if asked, fork. 0 or -errno, said. */
int boot_entrypoint(struct init *in, const struct options *o);

#endif
