/* SPDX-License-Identifier: MIT */
/* Mounting by descriptor: the mount API of Linux 5.12, and paths that cannot leave a root. */
#include "sys/mnt.h"

#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// <sys/mount.h> and <linux/mount.h> cannot be included together under every C library.
#define UMOUNT_DETACH 2
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

int mnt_open(int rootfd, const char *path, uint64_t flags, enum mnt_resolve how)
{
    struct open_how request = {
        .flags = flags | O_CLOEXEC,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    long fd;

    if (how == MNT_NO_SYMLINKS) {
        request.resolve |= RESOLVE_NO_SYMLINKS;
    }
    if (path[0] == 0) {
        path = "/";
    }
    do { // EAGAIN: a rename elsewhere raced with the walk, openat2(2)
        fd = syscall(SYS_openat2, rootfd, path, &request, sizeof(request));
    } while (fd < 0 && (errno == EAGAIN || errno == EINTR));
    return fd < 0 ? -errno : (int)fd;
}

int mnt_open_parent(int rootfd, const char *path, char *name, size_t cap)
{
    char parent[4096];
    size_t end = strlen(path);
    size_t start;

    while (end > 0 && path[end - 1] == '/') {
        end--;
    }
    start = end;
    while (start > 0 && path[start - 1] != '/') {
        start--;
    }
    if (end == start || end - start >= cap || start >= sizeof(parent)) {
        return end == start ? -EINVAL : -ENAMETOOLONG;
    }
    memcpy(name, path + start, end - start);
    name[end - start] = 0;
    memcpy(parent, path, start);
    parent[start] = 0;
    return mnt_open(rootfd, parent, O_PATH | O_DIRECTORY, MNT_IN_ROOT);
}

/* Makes one missing component; somebody else having made it meanwhile is as good. */
static int make_component(int rootfd, const char *path, bool file)
{
    char name[256];
    int dir FD_CLEANUP = mnt_open_parent(rootfd, path, name, sizeof(name));
    int fd FD_CLEANUP = -1;

    if (dir < 0) {
        return dir;
    }
    if (!file) {
        return mkdirat(dir, name, 0755) < 0 && errno != EEXIST ? -errno : 0;
    }
    fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    return fd < 0 && errno != EEXIST ? -errno : 0;
}

int mnt_open_create(int rootfd, const char *path, bool file)
{
    char prefix[4096];
    size_t len = strlen(path);
    int fd = mnt_open(rootfd, path, O_PATH, MNT_IN_ROOT);

    if (fd != -ENOENT) {
        return fd;
    }
    if (len >= sizeof(prefix)) {
        return -ENAMETOOLONG;
    }
    for (size_t i = 1; i <= len; i++) {
        int r = 0;

        if (i != len && path[i] != '/') {
            continue;
        }
        memcpy(prefix, path, i);
        prefix[i] = 0;
        fd = mnt_open(rootfd, prefix, O_PATH, MNT_IN_ROOT);
        if (fd == -ENOENT) {
            r = make_component(rootfd, prefix, file && i == len);
        } else if (fd < 0) {
            return fd;
        }
        fd_close(&fd);
        if (r < 0) {
            return r;
        }
    }
    return mnt_open(rootfd, path, O_PATH, MNT_IN_ROOT);
}

static int configure(int fs, unsigned command, const char *key, const char *value)
{
    return syscall(SYS_fsconfig, fs, command, key, value, 0) < 0 ? -errno : 0;
}

/* Hands "k=v,flag" over, one option a call. */
static int configure_options(int fs, const char *options)
{
    char option[256];

    while (*options != 0) {
        size_t len = strcspn(options, ",");
        char *equals;
        int r;

        if (len >= sizeof(option)) {
            return -ENAMETOOLONG;
        }
        memcpy(option, options, len);
        option[len] = 0;
        equals = strchr(option, '=');
        if (equals != NULL) {
            *equals = 0;
            r = configure(fs, FSCONFIG_SET_STRING, option, equals + 1);
        } else {
            r = configure(fs, FSCONFIG_SET_FLAG, option, NULL);
        }
        if (r < 0) {
            return r;
        }
        options += len + (options[len] == ',' ? 1 : 0);
    }
    return 0;
}

int mnt_create(const char *type, const char *source, const char *options, uint64_t attr)
{
    int fs FD_CLEANUP = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
    long fd;
    int r;

    if (fs < 0) {
        return -errno;
    }
    r = configure(fs, FSCONFIG_SET_STRING, "source", source);
    if (r == 0) {
        r = configure_options(fs, options);
    }
    if (r == 0) {
        r = configure(fs, FSCONFIG_CMD_CREATE, NULL, NULL);
    }
    if (r < 0) {
        return r;
    }
    fd = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, (unsigned)attr);
    return fd < 0 ? -errno : (int)fd;
}

int mnt_clone(int dirfd, const char *path, bool recursive)
{
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW |
                     (recursive ? (unsigned)AT_RECURSIVE : 0);
    long fd = syscall(SYS_open_tree, dirfd, path, flags);

    return fd < 0 ? -errno : (int)fd;
}

int mnt_set(int fd, uint64_t attr, bool recursive)
{
    struct mount_attr request = {.attr_set = attr};
    unsigned flags = AT_EMPTY_PATH | (recursive ? (unsigned)AT_RECURSIVE : 0);

    return syscall(SYS_mount_setattr, fd, "", flags, &request, sizeof(request)) < 0 ? -errno : 0;
}

int mnt_clear(int fd, uint64_t attr)
{
    struct mount_attr request = {.attr_clr = attr};

    return syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &request, sizeof(request)) < 0 ? -errno
                                                                                            : 0;
}

int mnt_attach(int tree, int dirfd, const char *path)
{
    unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | (path[0] == 0 ? MOVE_MOUNT_T_EMPTY_PATH : 0u);
    long r = syscall(SYS_move_mount, tree, "", dirfd, path, flags);

    return r < 0 ? -errno : 0;
}

int mnt_make_private(void)
{
    struct mount_attr request = {.propagation = 1 << 18}; // MS_PRIVATE
    long r = syscall(SYS_mount_setattr, AT_FDCWD, "/", (unsigned)AT_RECURSIVE, &request,
                     sizeof(request));

    return r < 0 ? -errno : 0;
}

int mnt_pivot(void)
{
    // Stacks the new root on the old one, which then is what "." names: pivot_root(2), NOTES.
    if (syscall(SYS_pivot_root, ".", ".") < 0 || syscall(SYS_umount2, ".", UMOUNT_DETACH) < 0) {
        return -errno;
    }
    return chdir("/") < 0 ? -errno : 0;
}
