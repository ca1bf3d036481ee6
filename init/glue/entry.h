/* SPDX-License-Identifier: MIT */
/* Starting as an entrypoint: in an engine's container, or as anybody's child. */
#ifndef GLUE_ENTRY_H
#define GLUE_ENTRY_H

#include "core/options.h"
#include "glue/init.h"

/*
 * Subreaper unless PID 1, the control socket if asked for, and the command. 0, or -errno with the
 * cause said on stderr.
 */
int entry_start(struct init *in, const struct options *o);

#endif
