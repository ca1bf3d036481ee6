/* SPDX-License-Identifier: MIT */
/* Why an entrypoint ended with failure: out of memory, and Kubernetes' termination message. */
#ifndef GLUE_ENDING_H
#define GLUE_ENDING_H

#include "glue/init.h"

/*
 * The command has ended with this wait status, and `code` is what will be reported. Where it was killed, and the
 * cgroup's memory.events say that the kernel has done so for want of memory, that is said; where memory.oom.group is
 * set PID 1 is killed with it, and nobody is left to say so.
 *
 * A failure is written to /dev/termination-log, where that is an empty file: what is there already the command has
 * written itself. Kubernetes shows it as the container's message.
 */
void ending_tell(const struct init *in, int status, int code);

#endif
