/* SPDX-License-Identifier: MIT */
/* Leaves of a cgroup: making, signalling, asking, removing. */
#include "sys/leaf.h"

#include "sys/dir.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FILE_NAME_MAX 16  /* bytes of "/cgroup.events", the longest */
#define SIGNALS_MAX 65536 /* a call: who forks faster than we read must not keep us */
#define KILL_ROUNDS 8     /* without cgroup.kill; who is killed already forks no more */
#define REMOVE_ROUNDS 4   /* of reading a folder whose entries go away under the reader */

bool leaf_is_cgroup(int fd)
{
    struct statfs fs;

    return fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == CGROUP2_SUPER_MAGIC;
}

int leaf_open(int dir, const char *path)
{
    int flags = O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
    int fd = openat(dir, path, flags);

    if (fd < 0 && errno == ENOENT && (mkdirat(dir, path, 0755) == 0 || errno == EEXIST)) {
        fd = openat(dir, path, flags);
    }
    return fd < 0 ? -errno : fd;
}

/* One of the kernel's files in it. Descriptor or -errno. */
static int open_file(int dir, const char *path, const char *name, int flags)
{
    char whole[LEAF_PATH + FILE_NAME_MAX];
    int fd;

    if (strlen(path) >= LEAF_PATH) {
        return -ENAMETOOLONG;
    }
    (void)stpcpy(stpcpy(whole, path), name);
    fd = openat(dir, whole, flags | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 ? -errno : fd;
}

/* A process of another pid namespace is listed as 0, which to kill(2) is our own group. */
static bool signal_one(pid_t pid, int number)
{
    if (pid <= 1) {
        return false;
    }
    (void)kill(pid, number);
    if (number != SIGKILL) {
        (void)kill(pid, SIGCONT);
    }
    return true;
}

/*
 * Returns how many got it, or -errno. A number may be cut in two by a read. One that ends, is reaped by its own parent
 * and has its number given to another between read and kill would need all numbers to be used up in that time.
 */
static long signal_round(int dir, const char *path, int number)
{
    int fd FD_CLEANUP = open_file(dir, path, "/cgroup.procs", O_RDONLY);
    char text[1024];
    long count = 0;
    pid_t pid = 0;
    ssize_t n = 0;

    if (fd < 0) {
        return fd;
    }
    while (count < SIGNALS_MAX && (n = read(fd, text, sizeof(text))) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (text[i] >= '0' && text[i] <= '9') {
                pid = pid * 10 + (text[i] - '0');
            } else {
                count += signal_one(pid, number);
                pid = 0;
            }
        }
    }
    return n < 0 ? -errno : count;
}

static int kill_all(int dir, const char *path)
{
    int fd FD_CLEANUP = open_file(dir, path, "/cgroup.kill", O_WRONLY);

    if (fd < 0) {
        return fd;
    }
    return write(fd, "1", 1) == 1 ? 0 : -errno;
}

int leaf_signal(int dir, const char *path, int number)
{
    long r = number == SIGKILL ? kill_all(dir, path) : -ENOENT;

    if (r == 0) {
        return 0;
    }
    r = signal_round(dir, path, number);
    for (int i = 1; number == SIGKILL && r > 0 && i < KILL_ROUNDS; i++) {
        r = signal_round(dir, path, number);
    }
    return r < 0 ? (int)r : 0;
}

bool leaf_is_empty(int dir, const char *path)
{
    static const char key[] = "populated ";
    int fd FD_CLEANUP = open_file(dir, path, "/cgroup.events", O_RDONLY);
    char text[128];
    ssize_t n;

    if (fd < 0) {
        return fd == -ENOENT;
    }
    n = read(fd, text, sizeof(text) - 1);
    if (n <= 0) {
        return n < 0 && errno == ENODEV; // removed since
    }
    text[n] = 0;
    for (const char *line = text; *line != 0; line += strcspn(line, "\n"), line += *line != 0) {
        if (strncmp(line, key, sizeof(key) - 1) == 0) {
            return line[sizeof(key) - 1] == '0';
        }
    }
    return false;
}

int leaf_remove(int dir, const char *path)
{
    return unlinkat(dir, path, AT_REMOVEDIR) < 0 ? -errno : 0;
}

/* Files of the kernel are no folders: they stay, and go with theirs. Returns how many leaves went. */
static unsigned remove_round(int folder)
{
    struct dir_reader d;
    const char *name;
    unsigned gone = 0;

    dir_start(&d, folder);
    while ((name = dir_next(&d)) != NULL) {
        gone += unlinkat(folder, name, AT_REMOVEDIR) == 0;
    }
    return gone;
}

int leaf_remove_all(int dir, const char *path)
{
    int folder FD_CLEANUP = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    if (folder < 0) {
        return -errno;
    }
    for (int i = 0; i < REMOVE_ROUNDS && remove_round(folder) > 0; i++) {
        (void)lseek(folder, 0, SEEK_SET);
    }
    return leaf_remove(dir, path);
}
