/* SPDX-License-Identifier: MIT */
/* Copying a small tree between two directories by descriptor. */
#include "sys/copytree.h"

#include "core/limits.h"
#include "sys/dir.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

struct budget {
    int64_t bytes;
    int64_t entries;
};

static int copy_level(int from, int to, int depth, struct budget *left);

static int copy_attributes(int fd, const struct stat *st)
{
    mode_t mode = st->st_mode & 07777;

    // An id that the user namespace does not map cannot be given: the file keeps ours, and then a
    // set-id bit would say something that it never said.
    if (fchown(fd, st->st_uid, st->st_gid) < 0) {
        if (errno != EINVAL && errno != EPERM) {
            return -errno;
        }
        mode &= 01777;
    }
    return fchmod(fd, mode) < 0 ? -errno : 0;
}

static int copy_file(int from, int to, const char *name, const struct stat *st, struct budget *left)
{
    int in FD_CLEANUP = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int out FD_CLEANUP = -1;
    ssize_t n;

    if (st->st_size > left->bytes) {
        return -EFBIG;
    }
    if (in < 0) {
        return -errno;
    }
    out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out < 0) {
        return -errno;
    }
    do {
        n = sendfile(out, in, NULL, 1 << 20);
        left->bytes -= n > 0 ? n : 0; // it may grow while we copy
    } while (n > 0 && left->bytes >= 0);
    if (left->bytes < 0) {
        return -EFBIG;
    }
    return n < 0 ? -errno : copy_attributes(out, st);
}

/* Apart: its room would be a page of stack that most copies, without links, need not touch. */
static __attribute__((noinline)) int copy_link(int from, int to, const char *name,
                                               const struct stat *st)
{
    char target[4096];
    ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

    if (n < 0) {
        return -errno;
    }
    target[n] = 0;
    if (symlinkat(target, to, name) < 0) {
        return -errno;
    }
    if (fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != EINVAL &&
        errno != EPERM) {
        return -errno;
    }
    return 0;
}

static int copy_directory(int from, int to, const char *name, const struct stat *st, int depth,
                          struct budget *left)
{
    int in FD_CLEANUP = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int out FD_CLEANUP = -1;
    int r;

    if (in < 0 || mkdirat(to, name, 0700) < 0) {
        return -errno;
    }
    out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (out < 0) {
        return -errno;
    }
    r = copy_level(in, out, depth + 1, left);
    return r < 0 ? r : copy_attributes(out, st);
}

static int copy_entry(int from, int to, const char *name, int depth, struct budget *left)
{
    struct stat st;

    if (left->entries-- <= 0) {
        return -EFBIG;
    }
    if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return -errno;
    }
    if (S_ISREG(st.st_mode)) {
        return copy_file(from, to, name, &st, left);
    }
    if (S_ISLNK(st.st_mode)) {
        return copy_link(from, to, name, &st);
    }
    if (S_ISDIR(st.st_mode)) {
        return copy_directory(from, to, name, &st, depth, left);
    }
    return 0;
}

static int copy_level(int from, int to, int depth, struct budget *left)
{
    struct dir_reader dir;
    const char *name;

    if (depth > COPYTREE_DEPTH) {
        return -EFBIG;
    }
    dir_start(&dir, from);
    while ((name = dir_next(&dir)) != NULL) {
        int r = copy_entry(from, to, name, depth, left);

        if (r < 0 && r != -EEXIST) {
            return r;
        }
    }
    return dir.error;
}

int copytree(int from, int to)
{
    struct budget left = {COPY_BYTES_MAX, COPY_ENTRIES_MAX};

    return copy_level(from, to, 0, &left);
}
