/* SPDX-License-Identifier: MIT */
/* The plan: what the launcher decided, as plain data that PID 1 walks in order. */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include "core/proto.h"

/*
 * A plan is a wire.h list in a sealed memfd. What describes the command uses the protocol's tags
 * (ARG, ENV, USER, WORKDIR, FLAGS, ROWS, COLUMNS, GRACE, CAPS, OBJECT for the host name), as EXEC
 * does; what is mounted is a run of PLAN_OP elements behind all of that, carried out in their order. The
 * first of them ends what plan_decode() looks at: each operation is checked when it is taken.
 * The launcher holds all policy: which file system, which option, which path. PID 1 knows only how.
 */
#define PLAN_OP 64 /* list tag of an operation; above all protocol tags */
#define PLAN_VERSION_TEXT "porthole plan 2"

/* Options of a launch, in TAG_FEATURES of a plan. */
enum plan_flag {
    PLAN_CGROUP = 1 << 2,  /* PID 1 starts in the container's cgroup: unshare its namespace there */
    PLAN_TELL_UP = 1 << 5, /* the launcher waits for UP */
    PLAN_STRICT = 1 << 6,  /* units: a line that cannot be honoured is refused */
};

/*
 * What PID 1 must know before it has the plan, which the launcher writes while PID 1 starts and has written
 * and sealed when it connects: `porthole-init --launched DIGIT`, the digit being the sum of these.
 */
enum launch_flag {
    LAUNCH_USERNS = 1,    /* wait for the maps, then be root in a new user namespace */
    LAUNCH_NEWNET = 2,    /* a network namespace of its own: have loopback brought up */
    LAUNCH_OBSERVERS = 4, /* there is a peek/ folder to listen in */
    LAUNCH_FLAGS = 7,
};

/* How a command is started; in TAG_FLAGS of a plan and of EXEC. */
enum command_flag {
    COMMAND_TTY = 1 << 0,     /* a terminal of the container's devpts as stdin, stdout, stderr */
    COMMAND_STDIN = 1 << 1,   /* stdin is connected; else it is /dev/null */
    COMMAND_SHELL = 1 << 2,   /* the user's login shell instead of arguments */
    COMMAND_ARGS_FD = 1 << 3, /* arguments and environment follow in a sealed memfd, the last fd */
};

/* What an operation does; strings are target, source, options. Numbers: append only. */
enum plan_op_kind {
    OP_ROOT = 1,  /* the rootfs (current directory) becomes a mount with attributes `attr` */
    OP_MOUNT,     /* file system type `source` with `options` ("k=v,k") on target; `a` keep */
    OP_NODE,      /* device node target: mode `a`, number `b` as makedev(3); bound if `c` */
    OP_SYMLINK,   /* symbolic link target → source */
    OP_DIRECTORY, /* directory target, mode `a` */
    OP_BIND,      /* descriptor `a` (a detached tree), or source checked as device b inode c */
    OP_MASK,      /* target reads as empty */
    OP_READONLY,  /* target and below cannot be written */
    OP_SETATTR,   /* mount attributes `attr` on the mount at target */
    OP_PART,      /* folder source of the new root is shown at target too, with attributes `attr` */
    OP_ATTACH,    /* detached tree `b` of those that the launcher hands over on target; `a` keep */
};

/* Bits of `flags` in an operation. */
enum plan_op_flag {
    OPF_NO_SYMLINKS = 1 << 0,    /* no component of target may be a symbolic link */
    OPF_OPTIONAL = 1 << 1,       /* target not there: skip */
    OPF_COPY = 1 << 2,           /* OP_PART: source starts with a copy of what target held */
    OPF_CREATE = 1 << 3,         /* make target where it is missing */
    OPF_FILE = 1 << 4,           /* target is a file, not a directory: OPF_CREATE, OP_MASK */
    OPF_RECURSIVE = 1 << 5,      /* OP_ROOT, OP_BIND: with the mounts below */
    OPF_READONLY_BELOW = 1 << 7, /* OP_ROOT: the mounts below it cannot be written */
    OPF_EMPTY = 1 << 6,  /* OP_DIRECTORY: what OP_MASK shows, read-only, in a directory's place */
    OPF_INSIDE = 1 << 8, /* OP_DIRECTORY: the folder of the container's own socket */
    OPF_MADE = 1 << 9,   /* OP_DIRECTORY: it is there, in a tree that was handed over */
};

/*
 * What the launcher mounts, detached, while PID 1 isolates itself: file systems that belong to no namespace
 * but the user's. In a user namespace of its own PID 1 mounts all itself.
 */
enum plan_tree {
    TREE_DEV,    /* the tmpfs at /dev, with its nodes, links and folders */
    TREE_DEVPTS, /* the devpts at /dev/pts */
    TREE_COUNT
};

/*
 * Where the launcher puts what PID 1 needs, beside stdin, stdout and stderr for the command. Bind
 * sources cloned by the launcher follow from LAUNCH_FD_FIRST_BIND on; OP_BIND names them. Where there are
 * services the first place is that of the cgroup, and the binds come behind it.
 */
enum launch_fd {
    LAUNCH_FD_PLAN = 3, /* the memfd: sealed once the launcher has connected */
    LAUNCH_FD_SYNC,   /* SEQPACKET pair: see launcher.h; closed before anything of the image runs */
    LAUNCH_FD_ROOTFS, /* O_PATH */
    LAUNCH_FD_OP_DIR, /* folder of the operator's socket */
    LAUNCH_FD_EXIT,   /* file for the exit status */
    LAUNCH_FD_PEEK_DIR, /* folder of the observer's socket; closed without --peek-group */
    LAUNCH_FD_FIRST_BIND,
    LAUNCH_FD_CGROUP =
        LAUNCH_FD_FIRST_BIND, /* with services: NAME's cgroup, a detached mount of it; or closed */
};

/*
 * The names that PID 1 listens under until the launcher is connected, which then gives the sockets their
 * own: whoever asks earlier finds nobody, and cannot be taken for the launcher.
 */
#define LAUNCH_OPERATOR_SOCKET ".control.sock"
#define LAUNCH_OBSERVER_SOCKET ".peek.sock"

#define LAUNCH_BINDS_MAX 64 /* bind mounts; each costs a descriptor during the launch */

/*
 * `a` of OP_MOUNT and OP_ATTACH: a descriptor of this file system is kept. KEEP_DEV ends with the walk: the
 * mount at dev, which holds our null and what OP_PART shows.
 */
enum plan_keep { KEEP_NONE, KEEP_DEVPTS, KEEP_PROC, KEEP_DEV };

#define PLAN_NO_FD UINT32_MAX /* OP_BIND's `a` where there is no descriptor */

struct plan_op {
    uint16_t kind;
    uint16_t flags;
    uint64_t attr; // MOUNT_ATTR_* of mount_setattr(2)
    uint32_t a;
    uint64_t b;
    uint64_t c;
    const char *target; // zero-terminated, in the plan; relative to the new root, no leading slash
    const char *source;
    const char *options;
};

struct plan {
    struct proto_msg fields; // all but the operations; its body ends where they begin
    uint64_t flags;          // enum plan_flag
    struct slice cursor;     // operations not yet taken
};

void plan_put_op(struct wire_writer *w, const struct plan_op *op);

/* Returns 0, -EBADMSG where it is malformed, -EOPNOTSUPP where it needs what this build has not. */
int plan_decode(struct slice image, struct plan *ret_plan);

/* Takes the next operation. Returns 1, 0 at the end, -EBADMSG where it is none or malformed. */
int plan_next_op(struct plan *p, struct plan_op *ret_op);

/* The step that an operation is, for messages. */
uint64_t plan_op_step(uint16_t kind);

#endif
