/* SPDX-License-Identifier: MIT */
/* Carrying out a plan's operations on the new root, by descriptor. */
#include "glue/walk.h"

#include "sys/copytree.h"
#include "sys/fd.h"
#include "sys/mnt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NAME_BYTES 256 /* a file name and its zero */

#define ATTR_EMPTY (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

void walk_init(struct walk *w)
{
    w->root = -1;
    w->empty = -1;
    w->null = -1;
    w->parent = -1;
    w->devpts = -1;
    w->proc = -1;
}

void walk_finish(struct walk *w)
{
    fd_close(&w->root);
    fd_close(&w->empty);
    fd_close(&w->null);
    fd_close(&w->parent);
}

/*
 * The folder that op's target is in (borrowed), and its last component: a dozen nodes and links go
 * into /dev one after the other. A mount in between may have covered it.
 */
static int open_parent(struct walk *w, const struct plan_op *op, const char **ret_name)
{
    static char name[NAME_BYTES];
    const char *slash = strrchr(op->target, '/');
    size_t len = slash != NULL ? (size_t)(slash - op->target) : 0;

    *ret_name = slash != NULL ? slash + 1 : op->target;
    if (w->parent >= 0 && strncmp(op->target, w->parent_path, len) == 0 &&
        w->parent_path[len] == 0) {
        return w->parent;
    }
    fd_close(&w->parent);
    w->parent = mnt_open_parent(w->root, op->target, name, sizeof(name));
    w->parent_path[0] = 0;
    if (w->parent >= 0 && len < sizeof(w->parent_path)) {
        memcpy(w->parent_path, op->target, len);
        w->parent_path[len] = 0;
    } else if (w->parent >= 0) {
        memcpy(w->parent_path, "?", 2); // too long to be recognised again
    }
    return w->parent;
}

/* The operation's target with O_PATH, made where the plan says so. */
static int open_target(const struct walk *w, const struct plan_op *op)
{
    enum mnt_resolve how = (op->flags & OPF_NO_SYMLINKS) != 0 ? MNT_NO_SYMLINKS : MNT_IN_ROOT;
    int fd =
        mnt_open(w->root, op->target,
                 O_PATH | (op->kind == OP_MOUNT || op->kind == OP_PART ? O_DIRECTORY : 0), how);

    if (fd == -ENOENT && (op->flags & OPF_CREATE) != 0) {
        fd = mnt_open_create(w->root, op->target, (op->flags & OPF_FILE) != 0);
        if (fd >= 0 && how == MNT_NO_SYMLINKS) {
            fd_close(&fd);
            fd = mnt_open(w->root, op->target, O_PATH, how);
        }
    }
    return fd;
}

/*
 * All of the tree, and then its own root not yet: mount points are still to be made there. One that
 * was read-only before is not ours to open.
 */
static int readonly_below(int tree)
{
    struct statvfs fs;
    int r;

    if (fstatvfs(tree, &fs) < 0) {
        return -errno;
    }
    r = mnt_set(tree, MOUNT_ATTR_RDONLY, true);
    if (r == 0 && (fs.f_flag & ST_RDONLY) == 0) {
        r = mnt_clear(tree, MOUNT_ATTR_RDONLY);
    }
    return r;
}

static int do_root(struct walk *w, const struct plan_op *op)
{
    bool recursive = (op->flags & OPF_RECURSIVE) != 0;
    int here FD_CLEANUP = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int tree FD_CLEANUP = -1;
    int r;

    if (here < 0) {
        return -errno;
    }
    // By "." and not by the launcher's descriptor: a mount seen before the unshare belongs to
    // another mount namespace and cannot be cloned here, but unshare(2) moved this directory along.
    tree = mnt_clone(here, "", recursive);
    if (tree < 0) {
        return tree;
    }
    r = mnt_set(tree, op->attr, recursive);
    if (r == 0 && (op->flags & OPF_READONLY_BELOW) != 0) {
        r = readonly_below(tree);
    }
    if (r == 0) {
        r = mnt_attach(tree, here, "");
    }
    if (r == 0 && fchdir(tree) < 0) {
        r = -errno;
    }
    if (r == 0) {
        w->root = TAKE_FD(tree);
    }
    return r;
}

static int do_mount(struct walk *w, const struct plan_op *op)
{
    int target FD_CLEANUP = open_target(w, op);
    int tree FD_CLEANUP = -1;
    int r;

    if (target < 0) {
        return target;
    }
    tree = mnt_create(op->source, op->source, op->options, op->attr);
    if (tree < 0) {
        return tree;
    }
    r = mnt_attach(tree, target, "");
    fd_close(&w->parent);
    if (r == 0 && op->a == KEEP_DEVPTS) {
        w->devpts = TAKE_FD(tree);
    } else if (r == 0 && op->a == KEEP_PROC) {
        w->proc = TAKE_FD(tree);
    }
    return r;
}

/* What the image holds there, into what is about to cover it. */
static int copy_below(const struct walk *w, const struct plan_op *op, int tree)
{
    int from FD_CLEANUP = mnt_open(w->root, op->target, O_RDONLY | O_DIRECTORY, MNT_IN_ROOT);

    return from < 0 ? from : copytree(from, tree);
}

static int do_part(struct walk *w, const struct plan_op *op)
{
    int target FD_CLEANUP = open_target(w, op);
    int source FD_CLEANUP = -1;
    int tree FD_CLEANUP = -1;
    int r;

    if (target < 0) {
        return target;
    }
    source = mnt_open(w->root, op->source, O_PATH | O_DIRECTORY, MNT_NO_SYMLINKS);
    if (source < 0) {
        return source;
    }
    tree = mnt_clone(source, "", false);
    if (tree < 0) {
        return tree;
    }
    r = mnt_set(tree, op->attr, false);
    if (r == 0 && (op->flags & OPF_COPY) != 0) {
        r = copy_below(w, op, tree);
    }
    fd_close(&w->parent);
    return r < 0 ? r : mnt_attach(tree, target, "");
}

/* A device node of the host, checked to be the one that is meant, for who may not make nodes. */
static int clone_device(const char *path, dev_t device)
{
    int fd FD_CLEANUP = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        return -errno;
    }
    if (!S_ISCHR(st.st_mode) || st.st_rdev != device) {
        return -ENODEV;
    }
    return mnt_clone(fd, "", false);
}

static int do_node(struct walk *w, const struct plan_op *op)
{
    const char *name;
    int dir = open_parent(w, op, &name);
    int tree FD_CLEANUP = -1;
    int target FD_CLEANUP = -1;

    if (dir < 0) {
        return dir;
    }
    if (op->c == 0) {
        return mknodat(dir, name, S_IFCHR | (mode_t)op->a, (dev_t)op->b) < 0 ? -errno : 0;
    }
    tree = clone_device(op->source, (dev_t)op->b);
    if (tree < 0) {
        return tree;
    }
    target = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return target < 0 ? -errno : mnt_attach(tree, target, "");
}

static int do_symlink(struct walk *w, const struct plan_op *op)
{
    const char *name;
    int dir = open_parent(w, op, &name);

    if (dir < 0) {
        return dir;
    }
    return symlinkat(op->source, dir, name) < 0 ? -errno : 0;
}

static int do_directory(struct walk *w, const struct plan_op *op)
{
    const char *name;
    int dir = open_parent(w, op, &name);
    int fd FD_CLEANUP = -1;

    if (dir < 0) {
        return dir;
    }
    if (mkdirat(dir, name, (mode_t)op->a) < 0 && errno != EEXIST) {
        return -errno;
    }
    if ((op->flags & OPF_EMPTY) == 0) {
        return 0;
    }
    // Kept by descriptor, not as a clone: before Linux 6.15 a detached mount cannot be cloned again.
    fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    fd_close(&w->empty);
    w->empty = TAKE_FD(fd);
    return 0;
}

static int empty_directory(const struct walk *w)
{
    int tree FD_CLEANUP = w->empty < 0 ? -EBADMSG : mnt_clone(w->empty, "", false);
    int r = tree < 0 ? tree : mnt_set(tree, ATTR_EMPTY, false);

    return r < 0 ? r : TAKE_FD(tree);
}

/* The source by its path in the host, which must still be what the launcher had looked at. */
static int clone_source(const struct plan_op *op)
{
    int fd FD_CLEANUP = open(op->source, O_PATH | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        return -errno;
    }
    if (st.st_dev != (dev_t)op->b || st.st_ino != (ino_t)op->c) {
        return -ESTALE;
    }
    return mnt_clone(fd, "", true);
}

/* move_mount(2) would say EINVAL to a folder on a file and to a file on a folder. */
static int check_kinds(int source, int target)
{
    struct stat from;
    struct stat to;

    if (fstat(source, &from) < 0 || fstat(target, &to) < 0) {
        return -errno;
    }
    if (S_ISDIR(from.st_mode) == S_ISDIR(to.st_mode)) {
        return 0;
    }
    return S_ISDIR(from.st_mode) ? -ENOTDIR : -EISDIR;
}

static int do_bind(const struct walk *w, const struct plan_op *op)
{
    int tree FD_CLEANUP = op->a != PLAN_NO_FD ? (int)op->a : clone_source(op);
    int target FD_CLEANUP = -1;
    int r;

    if (tree < 0) {
        return tree;
    }
    target = open_target(w, op);
    if (target < 0) {
        return target;
    }
    r = check_kinds(tree, target);
    if (r < 0) {
        return r;
    }
    r = mnt_set(tree, op->attr, true);
    return r < 0 ? r : mnt_attach(tree, target, "");
}

static int empty_file(struct walk *w)
{
    struct stat st;

    if (w->null < 0) {
        w->null = mnt_open(w->root, "dev/null", O_PATH, MNT_NO_SYMLINKS);
    }
    if (w->null < 0) {
        return w->null;
    }
    // Our own node: nothing of the image may take its place (CVE-2025-31133).
    if (fstat(w->null, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3)) {
        return -ENODEV;
    }
    return mnt_clone(w->null, "", false);
}

/* Where a mask goes. Below the procfs that we have just mounted there is nobody's link to fear. */
struct place {
    int dir; // borrowed where own is -1
    int own; // owned: the target itself; -1
    const char *path;
};

static int find_place(const struct walk *w, const struct plan_op *op, struct place *ret)
{
    if (w->proc >= 0 && strncmp(op->target, "proc/", 5) == 0) {
        *ret = (struct place){.dir = w->proc, .own = -1, .path = op->target + 5};
        return 0;
    }
    *ret = (struct place){.own = open_target(w, op), .path = ""};
    ret->dir = ret->own;
    return ret->own < 0 ? ret->own : 0;
}

static int do_mask(struct walk *w, const struct plan_op *op)
{
    int tree FD_CLEANUP = -1;
    struct place at;
    struct stat st;
    int r = find_place(w, op, &at);

    if (r == 0 && fstatat(at.dir, at.path, &st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0) {
        r = -errno;
    }
    if (r == 0) {
        r = tree = S_ISDIR(st.st_mode) ? empty_directory(w) : empty_file(w);
    }
    if (r >= 0) {
        r = mnt_attach(tree, at.dir, at.path);
    }
    fd_close(&at.own);
    return r;
}

static int do_readonly(const struct walk *w, const struct plan_op *op)
{
    int tree FD_CLEANUP = -1;
    struct place at;
    int r = find_place(w, op, &at);

    if (r == 0) {
        r = tree = mnt_clone(at.dir, at.path, true);
    }
    if (r >= 0) {
        r = mnt_set(tree, MOUNT_ATTR_RDONLY, true);
    }
    if (r == 0) {
        r = mnt_attach(tree, at.dir, at.path);
    }
    fd_close(&at.own);
    return r;
}

static int do_setattr(const struct walk *w, const struct plan_op *op)
{
    int target FD_CLEANUP =
        op->target[0] == 0 ? fcntl(w->root, F_DUPFD_CLOEXEC, 3) : open_target(w, op);

    return target < 0 ? target : mnt_set(target, op->attr, (op->flags & OPF_RECURSIVE) != 0);
}

static int do_op(struct walk *w, const struct plan_op *op)
{
    if (w->root < 0 && op->kind != OP_ROOT) {
        return -EBADMSG;
    }
    switch (op->kind) {
    case OP_ROOT:
        return do_root(w, op);
    case OP_MOUNT:
        return do_mount(w, op);
    case OP_PART:
        return do_part(w, op);
    case OP_NODE:
        return do_node(w, op);
    case OP_SYMLINK:
        return do_symlink(w, op);
    case OP_DIRECTORY:
        return do_directory(w, op);
    case OP_BIND:
        return do_bind(w, op);
    case OP_MASK:
        return do_mask(w, op);
    case OP_READONLY:
        return do_readonly(w, op);
    case OP_SETATTR:
        return do_setattr(w, op);
    default:
        return -EOPNOTSUPP;
    }
}

int walk_plan(struct walk *w, struct plan *p, struct plan_op *ret_op)
{
    mode_t before = umask(0); // the plan says each mode in full
    int r;

    ret_op->kind = 0;
    while ((r = plan_next_op(p, ret_op)) > 0) {
        r = do_op(w, ret_op);
        if (r == -ENOENT && (ret_op->flags & OPF_OPTIONAL) != 0) {
            r = 0;
        }
        if (r < 0) {
            break;
        }
        ret_op->kind = 0;
    }
    (void)umask(before);
    return r;
}
