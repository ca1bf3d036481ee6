/* SPDX-License-Identifier: MIT */
/* Why an entrypoint ended with failure: out of memory, and Kubernetes' termination message. */
#ifndef GLUE_ENDING_H
#define GLUE_ENDING_H

#include "glue/init.h"

/*
 * Of all here: a failure is written to /dev/termination-log, where that is an empty file; what is there already the
 * command has written itself. Kubernetes shows it as the container's message.
 */

/*
 * The command has failed with this wait status. Where it was killed, and the cgroup's memory.events say that the kernel
 * has done so for want of memory, that is said; where memory.oom.group is set PID 1 is killed with it, and nobody is
 * left to say so.
 */
void ending_tell(const struct init *in, int status);

/* It cannot be executed; called by its process, before that ends. */
void ending_tell_exec(const struct init *in, const char *reason);

/* The services' end is a failure: the main one's, or that of the first that has failed. */
void ending_tell_services(const struct init *in);

#endif
