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
    *w = (struct walk){
        .root = -1,
        .dev = -1,
        .empty = -1,
        .inside = -1,
        .mask_folder = -1,
        .mask_file = -1,
        .devpts = -1,
        .proc = -1,
        .trees.count = 0,
    };
}

/* Where an operation works: path may be empty. */
struct place {
    int dir;
    const char *path;
};

/* The path within folder ("name/"), or NULL where it is elsewhere. */
static const char *below(const char *path, const char *folder)
{
    while (*folder != 0) {
        if (*path++ != *folder++) {
            return NULL;
        }
    }
    return path;
}

/*
 * Below the procfs and the tmpfs for devices, which we have just mounted, there is nobody's link to
 * fear, and no walk from the root to pay for.
 */
static bool is_ours(const struct walk *w, const char *path, struct place *ret)
{
    const char *rest = below(path, "dev/");
    int dir = w->dev;

    if (rest == NULL) {
        rest = below(path, "proc/");
        dir = w->proc;
    }
    *ret = (struct place){.dir = dir, .path = rest};
    return rest != NULL && dir >= 0;
}

static bool mounts_folder(const struct plan_op *op)
{
    return op->kind == OP_MOUNT || op->kind == OP_PART || op->kind == OP_ATTACH;
}

/* The operation's target with O_PATH, made where the plan says so. */
static int open_target(const struct walk *w, const struct plan_op *op)
{
    enum mnt_resolve how = (op->flags & OPF_NO_SYMLINKS) != 0 ? MNT_NO_SYMLINKS : MNT_IN_ROOT;
    int fd = mnt_open(w->root, op->target, O_PATH | (mounts_folder(op) ? O_DIRECTORY : 0), how);

    if (fd == -ENOENT && (op->flags & OPF_CREATE) != 0) {
        fd = mnt_open_create(w->root, op->target, (op->flags & OPF_FILE) != 0);
        if (fd >= 0 && how == MNT_NO_SYMLINKS) {
            fd_close(&fd);
            fd = mnt_open(w->root, op->target, O_PATH, how);
        }
    }
    return fd;
}

/* The target itself, with its path empty where it is opened. */
static int find_target(const struct walk *w, const struct plan_op *op, struct place *ret)
{
    if (is_ours(w, op->target, ret)) {
        return 0;
    }
    *ret = (struct place){.dir = open_target(w, op), .path = ""};
    return ret->dir < 0 ? ret->dir : 0;
}

/* The folder that it is in, for what is made there; its last component is the path, maybe in name. */
static int find_parent(const struct walk *w, const struct plan_op *op, char name[NAME_BYTES],
                       struct place *ret)
{
    if (is_ours(w, op->target, ret)) {
        return 0;
    }
    *ret =
        (struct place){.dir = mnt_open_parent(w->root, op->target, name, NAME_BYTES), .path = name};
    return ret->dir < 0 ? ret->dir : 0;
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
    int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int tree;
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
    w->root = tree;
    return r;
}

/* What the rest of the walk, or our caller, works with. */
static void keep(struct walk *w, uint32_t what, int tree)
{
    switch (what) {
    case KEEP_DEVPTS:
        w->devpts = tree;
        break;
    case KEEP_PROC:
        w->proc = tree;
        break;
    case KEEP_DEV:
        w->dev = tree;
        break;
    default:
        break;
    }
}

static int do_mount(struct walk *w, const struct plan_op *op)
{
    struct place at;
    int tree;
    int r = find_target(w, op, &at);

    if (r < 0) {
        return r;
    }
    tree = mnt_create(op->source, op->source, op->options, op->attr);
    if (tree < 0) {
        return tree;
    }
    keep(w, op->a, tree);
    return mnt_attach(tree, at.dir, at.path);
}

/* The launcher has made it meanwhile, on another processor. */
static int do_attach(struct walk *w, const struct plan_op *op)
{
    struct place at;
    int tree = launcher_tree(&w->trees, op->b);
    int r = tree < 0 ? tree : find_target(w, op, &at);

    if (r < 0) {
        return r;
    }
    keep(w, op->a, tree);
    return mnt_attach(tree, at.dir, at.path);
}

/* What the image holds there, into what is about to cover it. */
static int copy_below(const struct walk *w, const struct plan_op *op, int tree)
{
    int from = mnt_open(w->root, op->target, O_RDONLY | O_DIRECTORY, MNT_IN_ROOT);

    return from < 0 ? from : copytree(from, tree);
}

static int do_part(const struct walk *w, const struct plan_op *op)
{
    struct place from;
    struct place at;
    int tree;
    int r = find_target(w, op, &at);

    if (r < 0) {
        return r;
    }
    tree = is_ours(w, op->source, &from) ? mnt_clone(from.dir, from.path, false) : -EBADMSG;
    if (tree < 0) {
        return tree;
    }
    r = mnt_set(tree, op->attr, false);
    if (r == 0 && (op->flags & OPF_COPY) != 0) {
        r = copy_below(w, op, tree);
    }
    return r < 0 ? r : mnt_attach(tree, at.dir, at.path);
}

/* A device node of the host, checked to be the one that is meant, for who may not make nodes. */
static int clone_device(const char *path, dev_t device)
{
    int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        return -errno;
    }
    if (!S_ISCHR(st.st_mode) || st.st_rdev != device) {
        return -ENODEV;
    }
    return mnt_clone(fd, "", false);
}

/* A node of our own, or in its place the host's, bound on an empty file. */
static int make_node(const struct plan_op *op, const struct place *at)
{
    int tree;
    int target;

    if (op->c == 0) {
        return mknodat(at->dir, at->path, S_IFCHR | (mode_t)op->a, (dev_t)op->b) < 0 ? -errno : 0;
    }
    tree = clone_device(op->source, (dev_t)op->b);
    if (tree < 0) {
        return tree;
    }
    target = openat(at->dir, at->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return target < 0 ? -errno : mnt_attach(tree, target, "");
}

static int make_directory(struct walk *w, const struct plan_op *op, const struct place *at)
{
    int fd;

    if ((op->flags & OPF_MADE) == 0 && mkdirat(at->dir, at->path, (mode_t)op->a) < 0 &&
        errno != EEXIST) {
        return -errno;
    }
    if ((op->flags & (OPF_EMPTY | OPF_INSIDE)) == 0) {
        return 0;
    }
    // Kept by descriptor, not as a clone: before Linux 6.15 a detached mount cannot be cloned again.
    fd = openat(at->dir, at->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    if ((op->flags & OPF_EMPTY) != 0) {
        w->empty = fd;
    } else {
        w->inside = fd;
    }
    return 0;
}

/* What is made in a folder: nodes, links, folders. */
static int do_make(struct walk *w, const struct plan_op *op)
{
    char name[NAME_BYTES];
    struct place at;
    int r = find_parent(w, op, name, &at);

    if (r < 0) {
        return r;
    }
    if (op->kind == OP_NODE) {
        return make_node(op, &at);
    }
    if (op->kind == OP_DIRECTORY) {
        return make_directory(w, op, &at);
    }
    return symlinkat(op->source, at.dir, at.path) < 0 ? -errno : 0;
}

/* The source by its path in the host, which must still be what the launcher had looked at. */
static int clone_source(const struct plan_op *op)
{
    int fd = open(op->source, O_PATH | O_CLOEXEC);
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
    int tree = op->a != PLAN_NO_FD ? (int)op->a : clone_source(op);
    int target;
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

static int empty_directory(const struct walk *w)
{
    int tree = w->empty < 0 ? -EBADMSG : mnt_clone(w->empty, "", false);
    int r = tree < 0 ? tree : mnt_set(tree, ATTR_EMPTY, false);

    return r < 0 ? r : tree;
}

/* Our own node: nothing of the image may take its place (CVE-2025-31133). */
static int empty_file(struct walk *w)
{
    struct stat st;

    if (w->dev < 0) {
        return -EBADMSG;
    }
    if (!w->null_ours) {
        if (fstatat(w->dev, "null", &st, AT_SYMLINK_NOFOLLOW) < 0) {
            return -errno;
        }
        if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3)) {
            return -ENODEV;
        }
        w->null_ours = true;
    }
    return mnt_clone(w->dev, "null", false);
}

/*
 * Tried, and not looked at first: half of the paths are missing on any kernel, and a mask that found no
 * place waits for the next one. (To close it would wait for all processors, in the kernel.)
 */
static int do_mask(struct walk *w, const struct plan_op *op)
{
    bool file = (op->flags & OPF_FILE) != 0;
    int *mask = file ? &w->mask_file : &w->mask_folder;
    struct place at;
    int r = find_target(w, op, &at);

    if (r == 0 && *mask < 0) {
        r = *mask = file ? empty_file(w) : empty_directory(w);
    }
    if (r >= 0) {
        r = mnt_attach(*mask, at.dir, at.path);
    }
    if (r == 0) {
        *mask = -1;
    }
    return r;
}

static int do_readonly(const struct walk *w, const struct plan_op *op)
{
    struct place at;
    int tree;
    int r = find_target(w, op, &at);

    if (r < 0) {
        return r;
    }
    tree = mnt_clone(at.dir, at.path, true);
    if (tree < 0) {
        return tree;
    }
    r = mnt_set(tree, MOUNT_ATTR_RDONLY, true);
    return r < 0 ? r : mnt_attach(tree, at.dir, at.path);
}

static int do_setattr(const struct walk *w, const struct plan_op *op)
{
    int target = op->target[0] == 0 ? w->root : open_target(w, op);

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
    case OP_ATTACH:
        return do_attach(w, op);
    case OP_PART:
        return do_part(w, op);
    case OP_NODE:
    case OP_SYMLINK:
    case OP_DIRECTORY:
        return do_make(w, op);
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
