/* SPDX-License-Identifier: MIT */
/* Mounting by descriptor: the mount API of Linux 5.12, and paths that cannot leave a root. */
#ifndef SYS_MNT_H
#define SYS_MNT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* How mnt_open() resolves; both refuse magic links and never leave the root. */
enum mnt_resolve {
    MNT_IN_ROOT,     /* symbolic links are followed inside the root */
    MNT_NO_SYMLINKS, /* -ELOOP where any component is one */
};

/*
 * Opens path (a leading slash is the root) below rootfd: openat2(2). flags as open(2); CLOEXEC is
 * added. Descriptor or -errno.
 */
int mnt_open(int rootfd, const char *path, uint64_t flags, enum mnt_resolve how);

/*
 * Opens path below rootfd with O_PATH, making what is missing of it: directories 0755, the last
 * component a file where `file` is set. Descriptor or -errno.
 */
int mnt_open_create(int rootfd, const char *path, bool file);

/*
 * Splits path into the directory that it is in, opened below rootfd, and its last component, copied
 * to name. Descriptor of the directory, -EINVAL (no last component), or -errno.
 */
int mnt_open_parent(int rootfd, const char *path, char *name, size_t cap);

/* A new file system instance, not mounted anywhere: options are "k=v,flag". Descriptor or -errno. */
int mnt_create(const char *type, const char *source, const char *options, uint64_t attr);

/*
 * A copy of the mount at path (below dirfd; "" with a descriptor: that file itself), detached; with
 * the mounts below it where recursive. Descriptor or -errno.
 */
int mnt_clone(int dirfd, const char *path, bool recursive);

/* Sets attributes (MOUNT_ATTR_*) on the mount that fd is the root of. 0 or -errno. */
int mnt_set(int fd, uint64_t attr, bool recursive);

/* Takes attributes off the mount that fd is the root of, and of no other. 0 or -errno. */
int mnt_clear(int fd, uint64_t attr);

/*
 * Puts a detached mount on the file or directory at path below dirfd ("": on dirfd itself; a link in
 * the last component is not followed). 0 or -errno.
 */
int mnt_attach(int tree, int dirfd, const char *path);

/* Changes everything in this mount namespace to private: nothing reaches the host. 0 or -errno. */
int mnt_make_private(void);

/* The current directory becomes the root; the old root is detached. 0 or -errno. */
int mnt_pivot(void);

#endif
