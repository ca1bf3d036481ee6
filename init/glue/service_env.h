/* SPDX-License-Identifier: MIT */
/* The environment of a service's command. */
#ifndef GLUE_SERVICE_ENV_H
#define GLUE_SERVICE_ENV_H

#include "core/arena.h"
#include "core/expand.h"
#include "glue/service_child.h"
#include "sys/user.h"

/*
 * What counts more comes later: the container's variables (or those of them that PassEnvironment= names), a PATH,
 * the user's HOME, USER, LOGNAME and SHELL, what supervision tells (MAINPID, SERVICE_RESULT …), Environment=, and then
 * EnvironmentFile=: the order of systemd.exec(5), "Environment Variables in Spawned Processes".
 */
struct service_env {
    const struct init *in;
    const struct service_start *start;
    struct arena arena; // strings; the rest of the room, for the caller too
    char **entry;       // K=V
    size_t count;
    size_t cap;
    const char *bad; // after service_env_fill(): the file that could not be read
};

/* room is what the child has mapped for itself. */
void service_env_init(struct service_env *env, const struct init *in,
                      const struct service_start *start, void *room, size_t size);

/*
 * What the container has, or those of it that PassEnvironment= names. Needs PID 1's descriptors: the plan has the
 * variables of a launched one. 0 or -E2BIG.
 */
int service_env_inherit(struct service_env *env, const struct service_conf *conf);

/* The rest, from files too. user: whose HOME and so on, NULL: nobody's. 0, -E2BIG, or -errno of a file that could not be read. */
int service_env_fill(struct service_env *env, const struct service_conf *conf,
                     const struct user *user);

/* NULL-terminated. */
char **service_env_list(struct service_env *env);

#endif
