/* SPDX-License-Identifier: MIT */
/* Which copy of porthole-init a container executes. */
#include "image.h"

#include "sys/fd.h"
#include "sys/mnt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

/* porthole-init as it was built with this program: init_image.S. */
extern const uint8_t init_image_start[];
extern const uint8_t init_image_end[];

/* The headers and the note behind them, which is the build id: a hash of all that was linked. */
#define HEAD_BYTES 512
#define PATH_BYTES 1024

static size_t image_size(void)
{
    return (size_t)((uintptr_t)init_image_end - (uintptr_t)init_image_start);
}

/* By words: the C library's memcmp(3) goes byte by byte, and this is on the way of every launch. */
static bool same_head(const uint8_t *a, const uint8_t *b)
{
    uint64_t difference = 0;

    for (size_t i = 0; i < HEAD_BYTES; i += sizeof(difference)) {
        uint64_t x;
        uint64_t y;

        memcpy(&x, a + i, sizeof(x));
        memcpy(&y, b + i, sizeof(y));
        difference |= x ^ y;
    }
    return difference == 0;
}

/* True where the file is the very program that we carry, and can be executed where it is. */
static bool same_build(int fd, const char *path)
{
    uint8_t head[HEAD_BYTES];
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size == image_size() &&
           pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
           same_head(head, init_image_start) && access(path, X_OK) == 0;
}

/* Without privilege: the file itself, where it is not ours to write. */
static int open_foreign_at(const char *path)
{
    int fd FD_CLEANUP = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;

    if (fd < 0) {
        return -errno;
    }
    if (!same_build(fd, path) || fstat(fd, &st) < 0 || st.st_uid == geteuid() ||
        access(path, W_OK) == 0) {
        return -ENOEXEC;
    }
    return TAKE_FD(fd);
}

/* As root: through a read-only clone of its mount. */
static int open_installed_at(const char *path)
{
    int fd FD_CLEANUP = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int tree FD_CLEANUP = -1;
    int r;

    if (fd < 0) {
        return -errno;
    }
    if (!same_build(fd, path)) {
        return -ENOEXEC;
    }
    tree = mnt_clone(fd, "", false);
    if (tree < 0) {
        return tree;
    }
    r = mnt_set(tree, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, false);
    return r < 0 ? r : TAKE_FD(tree);
}

/* porthole-init in the folder that the program at path is in. */
static int open_beside(int (*open_at)(const char *path), const char *program, size_t len)
{
    static const char name[] = "porthole-init";
    char path[PATH_BYTES];

    while (len > 0 && program[len - 1] != '/') {
        len--;
    }
    if (len + sizeof(name) > sizeof(path)) {
        return -ENAMETOOLONG;
    }
    memcpy(path, program, len);
    memcpy(path + len, name, sizeof(name));
    return open_at(path);
}

/*
 * In the libexec folder, or beside this program (a build folder): by the name that it was executed
 * by, and where that is a link elsewhere by /proc.
 */
static int open_installed(int (*open_at)(const char *path))
{
    const char *executed = (const char *)getauxval(AT_EXECFN);
    char path[PATH_BYTES];
    ssize_t n;
    int fd = open_at(PORTHOLE_LIBEXECDIR "/porthole-init");

    if (fd < 0 && executed != NULL) {
        fd = open_beside(open_at, executed, strlen(executed));
    }
    if (fd >= 0) {
        return fd;
    }
    n = readlink("/proc/self/exe", path, sizeof(path));
    return n <= 0 ? -errno : open_beside(open_at, path, (size_t)n);
}

int image_open(bool privileged)
{
    const char *wish = getenv("PORTHOLE_INIT");
    int fd = -1;

    if (privileged && (wish == NULL || strcmp(wish, "memfd") != 0)) {
        fd = open_installed(open_installed_at);
    }
    if (fd < 0) {
        fd = fd_sealed_memfd("porthole-init", init_image_start, image_size(), true);
    }
    // vm.memfd_noexec=2: the next best, where it is as safe.
    if (fd == -EACCES) {
        int file = open_installed(privileged ? open_installed_at : open_foreign_at);

        fd = file >= 0 ? file : -EACCES;
    }
    return fd;
}
