/* SPDX-License-Identifier: MIT */
/* The runtime root: a folder a container, its name, its lock, and clearing away the dead. */
#ifndef TOOLS_RUNTIME_H
#define TOOLS_RUNTIME_H

#include "commands.h"

#include <stddef.h>

#define RUNTIME_PATH_MAX 1024 /* bytes of a path below the root; each buffer costs stack pages */

/*
 * NAME's folder and what lies in it:
 *   op/control.sock   operators          peek/peek.sock   observers
 *   exit              the exit status, written by PID 1 when it ends
 *   cgroup            symbolic link to the container's cgroup, where it has one
 * The launcher holds flock(2) on NAME/ until PID 1 listens; after that a refused connection means
 * that it is dead. Who removes a folder renames it first, so that nobody meets half of one.
 */

/* True for [a-z0-9][a-z0-9_.-]{0,62} that is not "self". Says why not. */
bool runtime_name_ok(const char *name, const char **ret_reason);

/* The root's path into buf. 0, or an exit code with the error reported. */
int runtime_root(const struct context *ctx, char *buf, size_t cap);

/* "self" or $PORTHOLE_NAME where name is NULL. */
const char *runtime_default_name(const char *name);

struct runtime {
    char root[RUNTIME_PATH_MAX];
    char path[RUNTIME_PATH_MAX];       // root/NAME
    char grave[RUNTIME_PATH_MAX + 64]; // what it is called while it is removed; or empty
    const char *name;                  // the caller's
    char cgroup[512];                  // of a folder that is removed; empty: none
    bool removed;
    int dir;  // owned; NAME/, locked while it is starting
    int op;   // owned; NAME/op/
    int peek; // owned; NAME/peek/, or -1
    int exit; // owned; NAME/exit, for writing
};

/*
 * Makes NAME's folder with a locked descriptor, clearing away a dead namesake. peek_gid: group of
 * the observers, or (gid_t)-1 for none. 0, or an exit code with the error reported.
 */
int runtime_create(const struct context *ctx, const char *name, long peek_gid, struct runtime *ret);

/* Releases the lock: PID 1 listens. */
void runtime_unlock(struct runtime *r);

/* Closes what was for PID 1, which has its own descriptors of it. */
void runtime_handed_over(struct runtime *r);

/*
 * Removes NAME's folder, once; then its cgroup, which must be empty, and the note of that. The first may
 * be done while PID 1 still takes its mounts down. Descriptors are closed by runtime_finish.
 */
void runtime_remove_folder(struct runtime *r);
void runtime_remove(struct runtime *r);
void runtime_finish(struct runtime *r);

/*
 * NAME is dead where its folder is there, nobody holds its lock and its socket refuses: clears it
 * away and stores the exit status it left (-1: none). True where it was dead (or is gone now). A
 * folder that `run` did not make (an engine's container peeks out of it) is left alone.
 */
bool runtime_bury(const char *root, const char *name, int *ret_code);

#endif
