/* SPDX-License-Identifier: MIT */
/* What `run` was asked for, and the plan that says how PID 1 is to do it. */
#ifndef TOOLS_SPEC_H
#define TOOLS_SPEC_H

#include "core/options.h"
#include "core/plan.h"
#include "env.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* One --bind SRC:DST[:ro]. */
struct spec_bind {
    char *source; // owned; absolute, resolved
    char *target; // owned; absolute path inside
    bool readonly;
    bool device; // the source is a device node: the mount must allow it
    bool file;   // the source is no directory
    dev_t dev;   // to be recognised again
    ino_t ino;
    int tree; // owned; a detached copy of the source's mounts, or -1: PID 1 opens it by its path
};

struct spec {
    const char *name;
    const char *rootfs; // as it was written, for messages
    int rootfs_fd;      // owned, O_PATH
    int lock_fd;        // owned; the rootfs again, to lock it; -1: not yet, or it cannot be
    bool userns;
    bool binds_nodes; // device nodes are the host's, bound: we may not make any
    bool net_host;
    bool readonly;
    bool tty;
    bool interactive;
    bool detach;
    bool cgroup; // PID 1 will start in a cgroup of its own
    const char *hostname;
    const char *user;
    const char *workdir;
    msec_t grace;
    long peek_gid; // -1: no observers
    uint64_t caps;
    uint16_t rows;
    uint16_t columns;
    struct env env;          // owned
    struct spec_bind *binds; // owned
    size_t bind_count;
    char **command; // the caller's, NULL at the end; without services there is one
    // services: the caller's words
    const char *folders[OPTION_WORDS_MAX];
    size_t folder_count;
    const char *units[OPTION_WORDS_MAX];
    size_t unit_count;
    const char *main;
    enum exit_when exit_when;
    bool strict;
};

/*
 * Writes the plan into an empty memfd and seals it. 0, -E2BIG where the arguments do not fit
 * (SESSION_ARGS_MAX), or -errno.
 */
int spec_write_plan(const struct spec *s, int fd);

/* It is to run services. */
bool spec_has_services(const struct spec *s);

/* Frees what the spec owns and closes its descriptors. */
void spec_finish(struct spec *s);

/*
 * Notes which of the plan's mount points are missing in the rootfs, so that a launch that fails can
 * take away again what it made; spec_unmake() does that, unless another launch has come to share the
 * rootfs meanwhile (a lock on it, held until spec_finish(), tells). At most SPEC_MADE_MAX are noted.
 */
#define SPEC_MADE_MAX 80
struct spec_made {
    char *path[SPEC_MADE_MAX]; // owned
    size_t count;
};
void spec_note_missing(struct spec *s, struct spec_made *ret_made);
void spec_unmake(const struct spec *s, struct spec_made *made);
void spec_made_finish(struct spec_made *made);

#endif
