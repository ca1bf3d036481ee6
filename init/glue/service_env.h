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
    struct arena arena; // strings, for the caller too: see service_env_take()
    char **entry;       // K=V
    size_t count;
    size_t cap;
    bool grown;              // out of the caller's room
    unsigned passed;         // assignments in files that are none, by their name or their bytes
    const char *passed_file; // the first file that has one; NULL: no room
    const char *bad;         // after service_env_fill(): the file that could not be read
};

/*
 * Small enough for a stack that is there already, and enough for most: a mapping costs more than what is put into it.
 * What does not fit goes into one of SERVICE_ENV_GROWN bytes, of which only what is used is ever touched.
 */
struct service_env_room {
    char *entry[512];
    uint8_t bytes[8192];
};
#define SERVICE_ENV_GROWN (16u << 20)

void service_env_init(struct service_env *env, const struct init *in,
                      const struct service_start *start, struct service_env_room *room);

/* Zeroed memory, and a string with its zero, for as long as the child lives. NULL: there is none. */
void *service_env_take(struct service_env *env, size_t len);
char *service_env_string(struct service_env *env, const void *text, size_t len);

/* The next and last arena, where the present one is full. False where that was tried. */
bool service_env_grow(struct service_env *env);

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
