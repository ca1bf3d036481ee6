/* SPDX-License-Identifier: MIT */
/* A container's cgroup (version 2), where this host lets us make one. */
#ifndef TOOLS_CGROUP_H
#define TOOLS_CGROUP_H

#include <stddef.h>

/*
 * Makes the container's cgroup at the top of the host's cgroup2 tree. Its path goes to buf, a
 * descriptor for CLONE_INTO_CGROUP is returned; -errno where there is no writable cgroup2 tree.
 */
int cgroup_create(const char *name, char *buf, size_t cap);

/* Removes an empty cgroup and the empty ones below it. Somebody else's path is left alone. */
void cgroup_remove(const char *path);

#endif
