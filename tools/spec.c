/* SPDX-License-Identifier: MIT */
/* The table of mounts, and the plan that is made of it and of the options of `run`. */
#include "spec.h"

#include "sys/fd.h"
#include "sys/mnt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define NSN (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
#define NS (MOUNT_ATTR_NOSUID)
#define NSND (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
#define RO MOUNT_ATTR_RDONLY

#define LOCK_TRIES 100 /* at 1 ms each: then we go on without */
#define PLAN_BASE 4608 /* bytes that the table's operations and the single fields stay below */

/* Under which conditions a row of the table holds. */
enum when {
    ALWAYS = 0,
    MAPPED = 1 << 0,      /* all ids are mapped: no user namespace */
    SINGLE = 1 << 1,      /* a user namespace with one id */
    OWN_NET = 1 << 2,     /* a network namespace of its own (sysfs shows it) */
    HOST_NET = 1 << 3,    /* the host's network namespace */
    CGROUP = 1 << 4,      /* the container has a cgroup */
    READONLY = 1 << 5,    /* --read-only */
    MAKES_NODES = 1 << 6, /* mknod(2) is ours */
    BINDS_NODES = 1 << 7, /* it is not */
};

/*
 * An operation as plan_op has it, its strings in place: with pointers the table would have to be relocated,
 * which is a page of memory and a fault in every porthole command.
 */
struct row {
    unsigned when; // all of its bits must hold
    uint16_t kind;
    uint16_t flags;
    uint32_t a;
    uint64_t attr;
    uint64_t b;
    uint64_t c;
    char target[32];
    char source[16];
    char options[48];
};

/* makedev(3) for small numbers, constant under every C library. */
#define DEVICE(major_number, minor_number) ((major_number) << 8 | (minor_number))

/* clang-format off: a row a line */
#define MOUNT_ROW(w, type, path, opts, attrs, f, keep) \
    { \
        .when = (w), .kind = OP_MOUNT, .target = path, .source = type, .options = opts, \
        .attr = (attrs), .flags = (f), .a = (keep) \
    }
#define NODE_ROWS(name, major_number, minor_number) \
    {.when = MAKES_NODES, \
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
        .kind = OP_SYMLINK, .target = path, .source = to \
    }
#define DIR_ROW(path, mode) \
    { \
        .kind = OP_DIRECTORY, .target = path, .a = (mode) \
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
static const struct row table[] = {
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
    MOUNT_ROW(ALWAYS, "tmpfs", "dev", "mode=755", NS, OPF_NO_SYMLINKS, KEEP_DEV),
    NODE_ROWS("null", 1, 3),
    NODE_ROWS("zero", 1, 5),
    NODE_ROWS("full", 1, 7),
    NODE_ROWS("random", 1, 8),
    NODE_ROWS("urandom", 1, 9),
    NODE_ROWS("tty", 5, 0),
    DIR_ROW("dev/pts", 0755),
    DIR_ROW("dev/pts/shm", 01777),
    DIR_ROW("dev/pts/run", 0755),
    DIR_ROW("dev/pts/run/porthole", 0755), // before the copy of the image's: these are ours
    {.kind = OP_DIRECTORY, .target = "dev/pts/run/porthole/self", .a = 0755, .flags = OPF_INSIDE},
    DIR_ROW("dev/pts/tmp", 01777),
    // Nothing can ever be put into it once its own mount covers it: masks are copies of it.
    {.kind = OP_DIRECTORY, .target = "dev/shm", .a = 0755, .flags = OPF_EMPTY},
    DIR_ROW("dev/mqueue", 0755),
    LINK_ROW("dev/ptmx", "pts/ptmx"),
    LINK_ROW("dev/fd", "/proc/self/fd"),
    LINK_ROW("dev/stdin", "/proc/self/fd/0"),
    LINK_ROW("dev/stdout", "/proc/self/fd/1"),
    LINK_ROW("dev/stderr", "/proc/self/fd/2"),
    PART_ROW("dev/pts/shm", "dev/shm", NSN, 0),
    PART_ROW("dev/pts/run", "run", NSND, OPF_COPY),
    PART_ROW("dev/pts/tmp", "tmp", NSND, 0),
    // An instance of its own, as every mount of it is since Linux 4.7.
    MOUNT_ROW(MAPPED, "devpts", "dev/pts", "ptmxmode=0666,mode=0620,gid=5",
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
    READONLY_ROW("proc/bus"),
    READONLY_ROW("proc/fs"),
    READONLY_ROW("proc/irq"),
    READONLY_ROW("proc/sys"),
    READONLY_ROW("proc/sysrq-trigger"),
};

#define ROWS (sizeof(table) / sizeof(table[0]))

/* What every command finds in its environment, below what --env says. */
static const char *const default_env[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "container=porthole",
};

static unsigned conditions(const struct spec *s)
{
    return (s->userns ? SINGLE : MAPPED) | (s->net_host ? HOST_NET : OWN_NET) |
           (s->cgroup ? CGROUP : 0u) | (s->readonly ? READONLY : 0u) |
           (s->binds_nodes ? BINDS_NODES : MAKES_NODES);
}

/* Mount points that are part of the image (not of a file system that an earlier row mounts). */
static bool in_image(const struct row *row)
{
    return (row->kind == OP_MOUNT || row->kind == OP_BIND || row->kind == OP_PART) &&
           strchr(row->target, '/') == NULL;
}

static void put_row(struct wire_writer *w, const struct row *row)
{
    struct plan_op op = {
        .kind = row->kind,
        .flags = (uint16_t)(row->flags | (in_image(row) ? OPF_CREATE : 0)),
        .a = row->a,
        .attr = row->attr,
        .b = row->b,
        .c = row->c,
        .target = row->target,
        .source = row->source,
        .options = row->options,
    };
    struct stat st;

    if (op.kind == OP_BIND && stat(op.source, &st) == 0) {
        op.b = st.st_dev;
        op.c = st.st_ino;
    }
    plan_put_op(w, &op);
}

static void put_binds(struct wire_writer *w, const struct spec *s)
{
    unsigned next = LAUNCH_FD_FIRST_BIND;

    for (size_t i = 0; i < s->bind_count; i++) {
        const struct spec_bind *b = &s->binds[i];
        struct plan_op op = {
            .kind = OP_BIND,
            .target = b->target + strspn(b->target, "/"),
            .source = b->source,
            .flags = (uint16_t)(OPF_CREATE | OPF_RECURSIVE | (b->file ? OPF_FILE : 0)),
            .a = b->tree >= 0 ? next : PLAN_NO_FD,
            .attr = NS | (b->device ? 0 : MOUNT_ATTR_NODEV) | (b->readonly ? RO : 0),
            .b = b->dev,
            .c = b->ino,
        };

        next += b->tree >= 0;
        plan_put_op(w, &op);
    }
}

static void put_command(struct wire_writer *w, const struct spec *s)
{
    uint64_t flags = (s->tty ? COMMAND_TTY : 0u) | (s->interactive ? COMMAND_STDIN : 0u);

    for (char **arg = s->command; *arg != NULL; arg++) {
        wire_tlv_str(w, TAG_ARG, *arg);
    }
    for (size_t i = 0; i < sizeof(default_env) / sizeof(default_env[0]); i++) {
        wire_tlv_str(w, TAG_ENV, default_env[i]);
    }
    for (size_t i = 0; i < s->env.count; i++) { // one that is named again replaces the earlier
        wire_tlv_str(w, TAG_ENV, s->env.entry[i]);
    }
    wire_tlv_u64(w, TAG_FLAGS, flags);
    wire_tlv_u64(w, TAG_CAPS, s->caps);
    wire_tlv_u64(w, TAG_GRACE, (uint64_t)s->grace);
    if (s->user != NULL) {
        wire_tlv_str(w, TAG_USER, s->user);
    }
    if (s->workdir != NULL) {
        wire_tlv_str(w, TAG_WORKDIR, s->workdir);
    }
    if (s->tty) {
        wire_tlv_u64(w, TAG_ROWS, s->rows);
        wire_tlv_u64(w, TAG_COLUMNS, s->columns);
    }
}

static void put_mounts(struct wire_writer *w, const struct spec *s)
{
    const struct plan_op root = {
        .kind = OP_ROOT,
        .target = "",
        .attr = MOUNT_ATTR_NODEV,
        .flags = (uint16_t)(OPF_RECURSIVE | (s->readonly ? OPF_READONLY_BELOW : 0)),
    };
    static const struct plan_op seal = {.kind = OP_SETATTR, .target = "", .attr = RO};
    unsigned have = conditions(s);

    plan_put_op(w, &root);
    for (size_t i = 0; i < ROWS; i++) {
        if ((table[i].when & have) == table[i].when) {
            put_row(w, &table[i]);
        }
    }
    put_binds(w, s);
    if (s->readonly) { // last: the mount points had to be made
        plan_put_op(w, &seal);
    }
}

static void put_plan(struct wire_writer *w, const struct spec *s)
{
    uint64_t flags = (s->cgroup ? PLAN_CGROUP : 0u) | (s->detach ? PLAN_TELL_UP : 0u);

    wire_tlv_str(w, TAG_RELEASE, PLAN_VERSION_TEXT);
    wire_tlv_u64(w, TAG_FEATURES, flags);
    wire_tlv_str(w, TAG_OBJECT, s->hostname);
    put_command(w, s);
    put_mounts(w, s);
}

/* An upper bound of what the strings and elements take. */
static size_t plan_size(const struct spec *s)
{
    size_t size = PLAN_BASE + (s->workdir != NULL ? strlen(s->workdir) : 0) +
                  (s->user != NULL ? strlen(s->user) : 0);

    for (char **arg = s->command; *arg != NULL; arg++) {
        size += WIRE_TLV_HEADER + strlen(*arg);
    }
    for (size_t i = 0; i < s->env.count; i++) {
        size += WIRE_TLV_HEADER + strlen(s->env.entry[i]);
    }
    for (size_t i = 0; i < s->bind_count; i++) {
        size += 64 + strlen(s->binds[i].source) + strlen(s->binds[i].target);
    }
    return size;
}

int spec_write_plan(const struct spec *s, int fd)
{
    uint8_t room[PLAN_BASE + 1024]; // most plans: a heap costs ten times these two pages
    size_t cap = plan_size(s);
    uint8_t *data = cap <= sizeof(room) ? room : NULL;
    struct wire_writer w;
    int r;

    if (cap > SESSION_ARGS_MAX) {
        return -E2BIG;
    }
    if (data == NULL) {
        data = malloc(cap);
    }
    if (data == NULL) {
        return -ENOMEM;
    }
    wire_writer_init(&w, data, cap);
    put_plan(&w, s);
    r = w.overflow ? -E2BIG : fd_fill_sealed(fd, data, w.len);
    if (data != room) {
        free(data);
    }
    return r;
}

void spec_finish(struct spec *s)
{
    for (size_t i = 0; i < s->bind_count; i++) {
        free(s->binds[i].source);
        free(s->binds[i].target);
        fd_close(&s->binds[i].tree);
    }
    free(s->binds);
    env_finish(&s->env);
    fd_close(&s->rootfs_fd);
    fd_close(&s->lock_fd);
}

static void note(const struct spec *s, struct spec_made *made, const char *path)
{
    char part[4096];
    size_t len = strlen(path);
    struct stat st;
    int fd;

    if (strchr(path, '/') == NULL && fstatat(s->rootfs_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        !S_ISLNK(st.st_mode)) {
        return; // most are there, and this is how to learn it in one call
    }
    // The first component that is missing, and all behind it: taken away from the end.
    for (size_t i = 1; i <= len && len < sizeof(part); i++) {
        if ((i != len && path[i] != '/') || made->count == SPEC_MADE_MAX) {
            continue;
        }
        memcpy(part, path, i);
        part[i] = 0;
        // A link that leads nowhere, as seen from here, is there all the same: it is the image's.
        fd = mnt_open(s->rootfs_fd, part, O_PATH | O_NOFOLLOW, MNT_IN_ROOT);
        if (fd == -ENOENT) {
            made->path[made->count] = strdup(part);
            made->count += made->path[made->count] != NULL;
        }
        fd_close(&fd);
    }
}

/*
 * Says to other launches from this root file system that it is in use: taking a mount point away would
 * take the mount on it from them. Nobody holds the lock alone for longer than that takes.
 */
static void share_rootfs(struct spec *s)
{
    static const struct timespec pause = {.tv_nsec = 1000000};

    s->lock_fd = openat(s->rootfs_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int tries = 0; s->lock_fd >= 0 && tries < LOCK_TRIES; tries++) {
        if (flock(s->lock_fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
            return;
        }
        (void)nanosleep(&pause, NULL);
    }
}

void spec_note_missing(struct spec *s, struct spec_made *ret_made)
{
    unsigned have = conditions(s);

    share_rootfs(s);
    ret_made->count = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if ((table[i].when & have) == table[i].when && in_image(&table[i])) {
            note(s, ret_made, table[i].target);
        }
    }
    for (size_t i = 0; i < s->bind_count; i++) {
        note(s, ret_made, s->binds[i].target + strspn(s->binds[i].target, "/"));
    }
}

/* A folder that is empty, or the empty file that was a bind's mount point. */
static void unmake(int dir, const char *name)
{
    struct stat st;

    if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno == ENOTDIR &&
        fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
        st.st_size == 0) {
        (void)unlinkat(dir, name, 0);
    }
}

void spec_unmake(const struct spec *s, struct spec_made *made)
{
    if (made->count > 0 && (s->lock_fd < 0 || flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0)) {
        return; // another container uses them by now, or may
    }
    for (size_t i = made->count; i > 0; i--) {
        char name[256];
        int dir FD_CLEANUP = mnt_open_parent(s->rootfs_fd, made->path[i - 1], name, sizeof(name));

        if (dir >= 0) {
            unmake(dir, name);
        }
    }
}

void spec_made_finish(struct spec_made *made)
{
    for (size_t i = 0; i < made->count; i++) {
        free(made->path[i]);
    }
    made->count = 0;
}
