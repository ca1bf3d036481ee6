/* SPDX-License-Identifier: MIT */
/* The plan that is made of the options of `run` and of the table of mounts; mount points that are missing. */
#include "mounts.h"
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

#define NS (MOUNT_ATTR_NOSUID)
#define RO MOUNT_ATTR_RDONLY

#define LOCK_TRIES 100 /* at 1 ms each: then we go on without */
#define PLAN_BASE 4608 /* bytes that the table's operations and the single fields stay below */

/* What every command finds in its environment, below what --env says. */
static const char *const default_env[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "container=porthole",
};

/* Where the launcher makes it, PID 1 attaches a tree, and looks for what it needs of what is in it. */
static bool hand_over(const struct mount_row *row, struct plan_op *op)
{
    if (row->kind == OP_MOUNT) {
        op->kind = OP_ATTACH;
        op->b = row->tree - 1u;
        return true;
    }
    op->flags |= OPF_MADE;
    return (row->flags & (OPF_EMPTY | OPF_INSIDE)) != 0;
}

static void put_row(struct wire_writer *w, const struct spec *s, const struct mount_row *row)
{
    struct plan_op op = {
        .kind = row->kind,
        .flags = (uint16_t)(row->flags | (mounts_in_image(row) ? OPF_CREATE : 0)),
        .a = row->a,
        .attr = row->attr,
        .b = row->b,
        .c = row->c,
        .target = row->target,
        .source = row->source,
        .options = row->options,
    };
    struct stat st;

    if (row->tree != 0 && mounts_hand_over(s) && !hand_over(row, &op)) {
        return;
    }
    if (op.kind == OP_BIND && stat(op.source, &st) == 0) {
        op.b = st.st_dev;
        op.c = st.st_ino;
    }
    plan_put_op(w, &op);
}

bool spec_has_services(const struct spec *s)
{
    return s->folder_count > 0 || s->unit_count > 0;
}

static void put_binds(struct wire_writer *w, const struct spec *s)
{
    unsigned next = LAUNCH_FD_FIRST_BIND + spec_has_services(s);

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

static void put_services(struct wire_writer *w, const struct spec *s)
{
    for (size_t i = 0; i < s->folder_count; i++) {
        wire_tlv_str(w, TAG_FOLDER, s->folders[i]);
    }
    for (size_t i = 0; i < s->unit_count; i++) {
        wire_tlv_str(w, TAG_UNIT, s->units[i]);
    }
    if (s->main != NULL) {
        wire_tlv_str(w, TAG_MAIN, s->main);
    }
    if (s->exit_when != EXIT_WHEN_DEFAULT) {
        wire_tlv_u64(w, TAG_EXIT_WHEN, s->exit_when);
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

    plan_put_op(w, &root);
    for (const struct mount_row *row = NULL; (row = mounts_next(s, row)) != NULL;) {
        put_row(w, s, row);
    }
    put_binds(w, s);
    if (s->readonly) { // last: the mount points had to be made
        plan_put_op(w, &seal);
    }
}

static void put_plan(struct wire_writer *w, const struct spec *s)
{
    uint64_t flags = (s->cgroup ? PLAN_CGROUP : 0u) | (s->detach ? PLAN_TELL_UP : 0u) |
                     (s->strict ? PLAN_STRICT : 0u);

    wire_tlv_str(w, TAG_RELEASE, PLAN_VERSION_TEXT);
    wire_tlv_u64(w, TAG_FEATURES, flags);
    wire_tlv_str(w, TAG_OBJECT, s->hostname);
    put_command(w, s);
    put_services(w, s);
    put_mounts(w, s);
}

/* An upper bound of what the strings and elements take. */
static size_t plan_size(const struct spec *s)
{
    size_t size = PLAN_BASE + (s->workdir != NULL ? strlen(s->workdir) : 0) +
                  (s->user != NULL ? strlen(s->user) : 0) + (s->main != NULL ? strlen(s->main) : 0);

    for (char **arg = s->command; *arg != NULL; arg++) {
        size += WIRE_TLV_HEADER + strlen(*arg);
    }
    for (size_t i = 0; i < s->env.count; i++) {
        size += WIRE_TLV_HEADER + strlen(s->env.entry[i]);
    }
    for (size_t i = 0; i < s->folder_count; i++) {
        size += WIRE_TLV_HEADER + strlen(s->folders[i]);
    }
    for (size_t i = 0; i < s->unit_count; i++) {
        size += WIRE_TLV_HEADER + strlen(s->units[i]);
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
    share_rootfs(s);
    ret_made->count = 0;
    for (const struct mount_row *row = NULL; (row = mounts_next(s, row)) != NULL;) {
        if (mounts_in_image(row)) {
            note(s, ret_made, row->target);
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
