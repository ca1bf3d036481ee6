/* SPDX-License-Identifier: MIT */
/* A container's cgroup (version 2), where this host lets us make one. */
#ifndef TOOLS_CGROUP_H
#define TOOLS_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Where the container's cgroup is to be: at the top of the host's cgroup2 tree, with our pid behind
 * its name where `unique`. 0, or -ENODEV where there is no cgroup2.
 */
int cgroup_path(const char *name, bool unique, char *buf, size_t cap);

/* Makes it. A descriptor for CLONE_INTO_CGROUP, -EEXIST, or -errno. */
int cgroup_create(const char *path);

/* Removes an empty cgroup, with what a PID 1 that was killed left of its services' leaves. Somebody else's path is left alone. */
void cgroup_remove(const char *path);

#endif
