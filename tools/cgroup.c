/* SPDX-License-Identifier: MIT */
/* A container's cgroup (version 2). */
#include "cgroup.h"

#include "path.h"
#include "sys/fd.h"
#include "sys/leaf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PREFIX "porthole-"
#define REMOVE_TRIES 50 /* a cgroup is busy until its last process is really gone */
#define REMOVE_WAIT_US 2000

/* Where cgroup2 is mounted: on its own, or beside version 1 as systemd's hybrid layout has it. */
static const char *find_mount(void)
{
    static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    struct statfs fs;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (statfs(places[i], &fs) == 0 && (unsigned long)fs.f_type == CGROUP2_SUPER_MAGIC) {
            return places[i];
        }
    }
    return NULL;
}

int cgroup_path(const char *name, bool unique, char *buf, size_t cap)
{
    const char *mount = find_mount();
    char pid[PATH_NUMBER];

    if (mount == NULL) {
        return -ENODEV;
    }
    return PATH_JOIN(buf, cap, mount, "/", PREFIX, name, unique ? "." : "",
                     unique ? path_number(pid, (unsigned)getpid()) : "");
}

int cgroup_create(const char *path)
{
    int fd;

    if (mkdir(path, 0755) < 0) {
        return -errno;
    }
    fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        fd = -errno;
        (void)rmdir(path);
    }
    return fd;
}

/* 0 where they are gone now, or -errno (-ENOENT: there were none). */
static int remove_leaves(const char *path)
{
    int fd FD_CLEANUP = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    return fd < 0 ? -errno : leaf_remove_all(fd, LEAF_SERVICES);
}

void cgroup_remove(const char *path)
{
    const char *base = strrchr(path, '/');

    if (base == NULL || strncmp(base + 1, PREFIX, strlen(PREFIX)) != 0) {
        return;
    }
    for (int i = 0; i < REMOVE_TRIES; i++) {
        if (rmdir(path) == 0 || errno != EBUSY) {
            return;
        }
        if (remove_leaves(path) == 0) {
            continue;
        }
        (void)usleep(REMOVE_WAIT_US);
    }
}
