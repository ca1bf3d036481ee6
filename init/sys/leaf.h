/* SPDX-License-Identifier: MIT */
/* Leaves of a cgroup (version 2): one folder below it for each group of processes, by descriptor. */
#ifndef SYS_LEAF_H
#define SYS_LEAF_H

#include <stdbool.h>

#define LEAF_SERVICES "svc" /* the folder in a container's cgroup that holds its services' leaves */
#define LEAF_PATH \
    272 /* bytes of a leaf's path below the cgroup, with its zero: a prefix and a name of 255 */

/* True where fd is open on a folder of a cgroup2 tree. */
bool leaf_is_cgroup(int fd);

/* The leaf at path below dir, made where it is missing: a descriptor for CLONE_INTO_CGROUP, or -errno. */
int leaf_open(int dir, const char *path);

/*
 * Sends number to every process in it that this one can see; and SIGCONT, as one that is stopped sees nothing else.
 * SIGKILL reaches those that are forked meanwhile too: cgroup.kill, or before Linux 5.14 as far as a few rounds do.
 * 0 or -errno (-ENOENT: there is no such leaf).
 */
int leaf_signal(int dir, const char *path, int number);

/* Nothing lives in it, or below it; zombies do not count. True also where there is no such leaf. */
bool leaf_is_empty(int dir, const char *path);

/* Removes it, where nothing lives in it. 0 or -errno. */
int leaf_remove(int dir, const char *path);

/* Removes the folder at path below dir, and before that every empty leaf in it. 0 or -errno. */
int leaf_remove_all(int dir, const char *path);

#endif
