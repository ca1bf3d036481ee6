/* SPDX-License-Identifier: MIT */
/* The table of mounts. */
#include "mounts.h"

#include <linux/mount.h>
#include <string.h>

#define NSN (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
#define NS (MOUNT_ATTR_NOSUID)
#define NSND (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
#define RO MOUNT_ATTR_RDONLY

/* Under which conditions a row of the table holds. */
enum when {
    ALWAYS = 0,
    MAPPED = 1 << 0,      /* all ids are mapped: no user namespace */
    SINGLE = 1 << 1,      /* a user namespace with one id */
    OWN_NET = 1 << 2,     /* a network namespace of its own (sysfs shows it) */
    HOST_NET = 1 << 3,    /* the host's network namespace */
    CGROUP = 1 << 4,      /* the container has a cgroup */
    MAKES_NODES = 1 << 5, /* mknod(2) is ours */
    BINDS_NODES = 1 << 6, /* it is not */
};

/* makedev(3) for small numbers, constant under every C library. */
#define DEVICE(major_number, minor_number) ((major_number) << 8 | (minor_number))

/* clang-format off: a row a line */
#define MOUNT_ROW(w, type, path, opts, attrs, f, keep) \
    { \
        .when = (w), .kind = OP_MOUNT, .target = path, .source = type, .options = opts, \
        .attr = (attrs), .flags = (f), .a = (keep) \
    }
#define TREE_ROW(w, number, type, path, opts, attrs, f, keep) \
    { \
        .when = (w), .tree = 1 + (number), .kind = OP_MOUNT, .target = path, .source = type, \
        .options = opts, .attr = (attrs), .flags = (f), .a = (keep) \
    }
#define NODE_ROWS(name, major_number, minor_number) \
    {.when = MAKES_NODES, \
     .tree = 1 + TREE_DEV, \
     .kind = OP_NODE, \
     .target = "dev/" name, \
     .a = 0666, \
     .b = DEVICE(major_number, minor_number)}, \
    { \
        .when = BINDS_NODES, .kind = OP_NODE, .target = "dev/" name, .source = "/dev/" name, \
        .c = 1, .b = DEVICE(major_number, minor_number) \
    }
#define PART_ROW(from, path, attrs, f) \
    { \
        .kind = OP_PART, .target = path, .source = from, .attr = (attrs), .flags = (f) \
    }
#define LINK_ROW(path, to) \
    { \
        .tree = 1 + TREE_DEV, .kind = OP_SYMLINK, .target = path, .source = to \
    }
#define DIR_ROW(path, mode, f) \
    { \
        .tree = 1 + TREE_DEV, .kind = OP_DIRECTORY, .target = path, .a = (mode), .flags = (f) \
    }
#define MASK_ROW(path, f) \
    { \
        .kind = OP_MASK, .target = path, .flags = OPF_OPTIONAL | OPF_NO_SYMLINKS | (f) \
    }
#define READONLY_ROW(path) \
    { \
        .kind = OP_READONLY, .target = path, .flags = OPF_OPTIONAL | OPF_NO_SYMLINKS \
    }
/* clang-format on */

/*
 * Which file system is mounted where, and when. /proc, /sys and /dev must be real directories: a
 * symbolic link there would aim our mounts (CVE-2026-41579). /run and /tmp are followed inside the
 * root. One tmpfs is behind /dev, /dev/shm, /run and /tmp (a superblock is made and destroyed in 70 µs,
 * a twentieth of a launch): its folders lie in /dev/pts, where devpts then covers them for good.
 * The image's file systems are nodev: there is no device controller (CAP_MKNOD, capset.h).
 */
static const struct mount_row table[] = {
    MOUNT_ROW(ALWAYS, "proc", "proc", "", NSN, OPF_NO_SYMLINKS, KEEP_PROC),
    // Fresh sysfs needs its network namespace to belong to the user namespace; else the host's.
    MOUNT_ROW(MAPPED, "sysfs", "sys", "", NSN | RO, OPF_NO_SYMLINKS, 0),
    MOUNT_ROW(SINGLE | OWN_NET, "sysfs", "sys", "", NSN | RO, OPF_NO_SYMLINKS, 0),
    {.when = SINGLE | HOST_NET,
     .kind = OP_BIND,
     .target = "sys",
     .source = "/sys",
     .a = PLAN_NO_FD,
     .attr = RO,
     .flags = OPF_NO_SYMLINKS},
    MOUNT_ROW(CGROUP, "cgroup2", "sys/fs/cgroup", "", NSN | RO, OPF_NO_SYMLINKS | OPF_OPTIONAL, 0),
    // Before /dev: what the launcher makes is ready by then.
    READONLY_ROW("proc/bus"),
    READONLY_ROW("proc/fs"),
    READONLY_ROW("proc/irq"),
    READONLY_ROW("proc/sys"),
    READONLY_ROW("proc/sysrq-trigger"),
    TREE_ROW(ALWAYS, TREE_DEV, "tmpfs", "dev", "mode=755", NS, OPF_NO_SYMLINKS, KEEP_DEV),
    NODE_ROWS("null", 1, 3),
    NODE_ROWS("zero", 1, 5),
    NODE_ROWS("full", 1, 7),
    NODE_ROWS("random", 1, 8),
    NODE_ROWS("urandom", 1, 9),
    NODE_ROWS("tty", 5, 0),
    DIR_ROW("dev/pts", 0755, 0),
    DIR_ROW("dev/pts/shm", 01777, 0),
    DIR_ROW("dev/pts/run", 0755, 0),
    DIR_ROW("dev/pts/run/porthole", 0755, 0), // before the copy of the image's: these are ours
    DIR_ROW("dev/pts/run/porthole/self", 0755, OPF_INSIDE),
    DIR_ROW("dev/pts/tmp", 01777, 0),
    // Nothing can ever be put into it once its own mount covers it: masks are copies of it.
    DIR_ROW("dev/shm", 0755, OPF_EMPTY),
    DIR_ROW("dev/mqueue", 0755, 0),
    LINK_ROW("dev/ptmx", "pts/ptmx"),
    LINK_ROW("dev/fd", "/proc/self/fd"),
    LINK_ROW("dev/stdin", "/proc/self/fd/0"),
    LINK_ROW("dev/stdout", "/proc/self/fd/1"),
    LINK_ROW("dev/stderr", "/proc/self/fd/2"),
    PART_ROW("dev/pts/shm", "dev/shm", NSN, 0),
    PART_ROW("dev/pts/run", "run", NSND, OPF_COPY),
    PART_ROW("dev/pts/tmp", "tmp", NSND, 0),
    // An instance of its own, as every mount of it is since Linux 4.7.
    TREE_ROW(MAPPED, TREE_DEVPTS, "devpts", "dev/pts", "ptmxmode=0666,mode=0620,gid=5",
             MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0, KEEP_DEVPTS),
    // Group 5 (tty) is not mapped: the terminal keeps its owner's group.
    MOUNT_ROW(SINGLE, "devpts", "dev/pts", "ptmxmode=0666,mode=0620",
              MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0, KEEP_DEVPTS),
    MOUNT_ROW(ALWAYS, "mqueue", "dev/mqueue", "", NSN, 0, 0),
    // The last of each kind is there on every kernel: none of the masks is made in vain.
    MASK_ROW("proc/kcore", OPF_FILE),
    MASK_ROW("proc/latency_stats", OPF_FILE),
    MASK_ROW("proc/sched_debug", OPF_FILE),
    MASK_ROW("proc/timer_list", OPF_FILE),
    MASK_ROW("proc/keys", OPF_FILE),
    MASK_ROW("proc/acpi", 0),
    MASK_ROW("proc/asound", 0),
    MASK_ROW("proc/scsi", 0),
    MASK_ROW("sys/firmware", 0),
};

#define ROWS (sizeof(table) / sizeof(table[0]))

static unsigned conditions(const struct spec *s)
{
    return (s->userns ? SINGLE : MAPPED) | (s->net_host ? HOST_NET : OWN_NET) |
           (s->cgroup ? CGROUP : 0u) | (s->binds_nodes ? BINDS_NODES : MAKES_NODES);
}

const struct mount_row *mounts_next(const struct spec *s, const struct mount_row *after)
{
    unsigned have = conditions(s);

    for (const struct mount_row *row = after == NULL ? table : after + 1; row < table + ROWS;
         row++) {
        if ((row->when & have) == row->when) {
            return row;
        }
    }
    return NULL;
}

bool mounts_in_image(const struct mount_row *row)
{
    return (row->kind == OP_MOUNT || row->kind == OP_BIND || row->kind == OP_PART) &&
           strchr(row->target, '/') == NULL;
}

bool mounts_hand_over(const struct spec *s)
{
    return !s->userns && !s->binds_nodes;
}
