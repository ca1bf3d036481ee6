/* SPDX-License-Identifier: MIT */
/* A service's leaf of the container's cgroup: svc/NAME, in which all of its processes are born. */
#ifndef GLUE_SERVICE_CGROUP_H
#define GLUE_SERVICE_CGROUP_H

#include "glue/services.h"

/*
 * Without a cgroup of the container's own (in->cgroup_fd is -1: an entrypoint, an ordinary user's container) none of
 * this is there, and a service's processes are known by their sessions.
 */

/* Makes the folder of the leaves; where that cannot be there are none. At -v it says so. */
void service_cgroup_prepare(struct init *in);

/* The leaf, made where it is missing: a descriptor to be born into. -1: none. */
int service_cgroup_open(struct init *in, uint32_t index);

/* number to all in it; whether nobody is left in it. */
void service_cgroup_signal(struct init *in, uint32_t index, int number);
bool service_cgroup_is_empty(const struct init *in, uint32_t index);

/* Its unit is gone. A leaf with somebody in it (KillMode=none) stays until the container's end. */
void service_cgroup_remove(const struct init *in, uint32_t index);

/* The container's end: nobody is left in any of them. */
void service_cgroup_remove_all(const struct init *in);

#endif
