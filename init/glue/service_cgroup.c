/* SPDX-License-Identifier: MIT */
/* A service's leaf of the container's cgroup. */
#include "glue/service_cgroup.h"

#include "glue/say.h"
#include "sys/fd.h"
#include "sys/leaf.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define FOLDER LEAF_SERVICES "/"

/*
 * The kernel's own files in a cgroup have a dot ("cgroup.procs", "memory.max"), which a service's name may have too: then
 * a "_" comes before it; and before one that begins so, that no two are alike.
 */
static bool leaf_path(const struct init *in, uint32_t index, char path[LEAF_PATH])
{
    struct service_conf conf;
    char *at = stpcpy(path, FOLDER);

    unitimage_get(&in->services->now.image, index, &conf);
    if (strlen(conf.name) + sizeof(FOLDER) + 1 > LEAF_PATH) {
        return false;
    }
    if (conf.name[0] == '_' || strchr(conf.name, '.') != NULL) {
        *at++ = '_';
    }
    (void)stpcpy(at, conf.name);
    return true;
}

void service_cgroup_prepare(struct init *in)
{
    int folder FD_CLEANUP = in->cgroup_fd >= 0 ? leaf_open(in->cgroup_fd, LEAF_SERVICES) : -1;

    if (folder < 0) {
        fd_close(&in->cgroup_fd);
        if (in->verbose) {
            say("no cgroup", "services are known by their sessions");
        }
        return;
    }
    in->cgroup_fd = lean_move_up(in->cgroup_fd, LEAN_FDS);
}

/*
 * Linux (6.18 does) takes who is cloned into a cgroup after a write to its cgroup.kill for one that was to be killed
 * (the count of kills is compared with that of the parent's own cgroup): it must be another cgroup then.
 */
static bool renew(struct init *in, uint32_t index, const char *path)
{
    bool *killed = &in->services->now.process[index].leaf_killed;
    int r = *killed ? leaf_remove(in->cgroup_fd, path) : 0;

    if (r == 0 || r == -ENOENT) {
        *killed = false;
    }
    return !*killed;
}

int service_cgroup_open(struct init *in, uint32_t index)
{
    char path[LEAF_PATH];
    int fd = -1;

    if (in->cgroup_fd >= 0 && leaf_path(in, index, path) && renew(in, index, path)) {
        fd = leaf_open(in->cgroup_fd, path);
    }
    return fd < 0 ? -1 : fd;
}

void service_cgroup_signal(struct init *in, uint32_t index, int number)
{
    char path[LEAF_PATH];

    if (leaf_path(in, index, path)) {
        (void)leaf_signal(in->cgroup_fd, path, number);
        in->services->now.process[index].leaf_killed |= number == SIGKILL;
    }
}

bool service_cgroup_is_empty(const struct init *in, uint32_t index)
{
    char path[LEAF_PATH];

    return !leaf_path(in, index, path) || leaf_is_empty(in->cgroup_fd, path);
}

void service_cgroup_remove(const struct init *in, uint32_t index)
{
    char path[LEAF_PATH];

    if (in->cgroup_fd >= 0 && leaf_path(in, index, path)) {
        (void)leaf_remove(in->cgroup_fd, path);
    }
}

void service_cgroup_remove_all(const struct init *in)
{
    if (in->cgroup_fd >= 0) {
        (void)leaf_remove_all(in->cgroup_fd, LEAF_SERVICES);
    }
}
