/* SPDX-License-Identifier: MIT */
/* Descriptors: closing, duplicating to fixed places, pipes, sealed memory. */
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef MFD_EXEC /* Linux 6.3; the kernel headers of Debian 12 are older */
#define MFD_EXEC 0x0010U
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

void fd_close(int *fd)
{
    int saved = errno;

    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
    errno = saved;
}

int fd_pipe(int ret[2])
{
    return pipe2(ret, O_CLOEXEC) < 0 ? -errno : 0;
}

int fd_reopen(int proc, int fd, int flags)
{
    char path[32] = "self/fd/";
    char digits[12];
    size_t at = sizeof(digits) - 1;
    int got;

    if (proc < 0 || fd < 0) {
        return proc < 0 ? -ENOENT : -EBADF;
    }
    digits[at] = 0;
    for (int n = fd; at == sizeof(digits) - 1 || n > 0; n /= 10) {
        digits[--at] = (char)('0' + n % 10);
    }
    memcpy(path + 8, digits + at, sizeof(digits) - at);
    got = openat(proc, path, flags | O_CLOEXEC | O_NOCTTY);
    return got < 0 ? -errno : got;
}

int fd_copy_from(int fd, int first)
{
    long copy = syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, first);

    return copy < 0 ? -errno : (int)copy;
}

/* Out of the way of 0 to 2, so that no source is overwritten before it was used. */
static int move_up(int from, int null)
{
    int fd = from >= 0 ? from : null;

    if (fd >= 3) {
        return fd;
    }
    return fd_copy_from(fd, 3);
}

int fd_to_stdio(const int from[3])
{
    int null = -1;
    int high[3] = {-1, -1, -1};
    int r = 0;

    if (from[0] < 0 || from[1] < 0 || from[2] < 0) {
        null = open("/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);
        if (null < 0) {
            return -errno;
        }
    }
    for (int i = 0; i < 3 && r >= 0; i++) {
        if (from[i] != i) {
            r = high[i] = move_up(from[i], null);
        }
    }
    for (int i = 0; i < 3 && r >= 0; i++) {
        if (from[i] != i) {
            r = dup3(high[i], i, 0) < 0 ? -errno : 0;
        } else {
            r = fcntl(i, F_SETFD, 0) < 0 ? -errno : 0;
        }
    }
    for (int i = 0; i < 3; i++) {
        if (high[i] >= 0 && high[i] != from[i] && high[i] != null) {
            fd_close(&high[i]);
        }
    }
    if (null >= 3) { // below, it has landed in the place of a stream that was closed, and stays
        fd_close(&null);
    }
    return r < 0 ? r : 0;
}

int fd_fill_stdio(void)
{
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) {
            continue;
        }
        // The lowest free number is fd itself: the ones below it are open. No CLOEXEC: it is stdio.
        int got = open("/dev/null", O_RDWR | O_NOCTTY); // NOLINT(android-cloexec-open)

        if (got < 0) {
            return -errno;
        }
    }
    return 0;
}

int fd_cloexec_from(int first)
{
    return syscall(SYS_close_range, (unsigned)first, ~0U, CLOSE_RANGE_CLOEXEC) < 0 ? -errno : 0;
}

int fd_unshare_from(int first)
{
    return syscall(SYS_close_range, (unsigned)first, ~0U, CLOSE_RANGE_UNSHARE) < 0 ? -errno : 0;
}

void fd_close_all_but(int *keep, size_t count)
{
    int next = 3;

    for (size_t i = 1; i < count; i++) { // insertion sort: a handful of entries
        for (size_t j = i; j > 0 && keep[j] < keep[j - 1]; j--) {
            int swap = keep[j];

            keep[j] = keep[j - 1];
            keep[j - 1] = swap;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (keep[i] < next) {
            continue;
        }
        if (keep[i] > next) {
            (void)syscall(SYS_close_range, (unsigned)next, (unsigned)keep[i] - 1, 0);
        }
        next = keep[i] + 1;
    }
    (void)syscall(SYS_close_range, (unsigned)next, ~0U, 0);
}

bool fd_is_anonymous_pipe(int fd)
{
    struct statfs fs;

    // Nothing but pipes is in it, and a fifo is in the file system that its name is in.
    return fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == PIPEFS_MAGIC;
}

int fd_memfd(const char *name, bool executable)
{
    unsigned exec = executable ? MFD_EXEC : MFD_NOEXEC_SEAL;
    long fd = syscall(SYS_memfd_create, name, MFD_CLOEXEC | MFD_ALLOW_SEALING | exec);

    if (fd < 0 && errno == EINVAL) { // before Linux 6.3
        fd = syscall(SYS_memfd_create, name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    }
    return fd < 0 ? -errno : (int)fd;
}

int fd_fill_sealed(int fd, const void *data, size_t len)
{
    int r = fd_write_all(fd, data, len);

    if (r == 0 && fcntl(fd, F_ADD_SEALS, SEALS) < 0) {
        r = -errno;
    }
    return r;
}

int fd_sealed_memfd(const char *name, const void *data, size_t len, bool executable)
{
    int fd FD_CLEANUP = fd_memfd(name, executable);
    int r = fd < 0 ? fd : fd_fill_sealed(fd, data, len);

    return r < 0 ? r : TAKE_FD(fd);
}

long fd_sealed_size(int fd, size_t max)
{
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat st;

    if (seals < 0 || (seals & SEALS) != SEALS) {
        return -EPERM;
    }
    if (fstat(fd, &st) < 0) {
        return -errno;
    }
    if (st.st_size < 0 || (size_t)st.st_size > max) {
        return -EFBIG;
    }
    return (long)st.st_size;
}

int fd_map_sealed(int fd, size_t max, struct slice *ret_content)
{
    long size = fd_sealed_size(fd, max);
    void *data;

    if (size <= 0) {
        return size < 0 ? (int)size : -EBADMSG;
    }
    data = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
        return -errno;
    }
    *ret_content = (struct slice){data, (size_t)size}; // cppcheck-suppress memleak
    return 0;                                          // cppcheck-suppress memleak
}

int fd_read_sealed(int fd, void *room, size_t cap, size_t max, struct slice *ret_content)
{
    long size = fd_sealed_size(fd, max);

    if (size <= 0 || (size_t)size > cap) {
        return size <= 0 ? (size < 0 ? (int)size : -EBADMSG) : fd_map_sealed(fd, max, ret_content);
    }
    // Sealed: it cannot have become shorter meanwhile, and memory gives all that is asked for.
    if (pread(fd, room, (size_t)size, 0) != size) {
        return -EIO;
    }
    *ret_content = (struct slice){room, (size_t)size};
    return 0;
}

int fd_write_all(int fd, const void *data, size_t len)
{
    const char *p = data;

    while (len > 0) {
        ssize_t n = write(fd, p, len);

        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -errno;
        }
        p += n;
        len -= (size_t)n;
    }
    return 0;
}
