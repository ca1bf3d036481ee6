/* SPDX-License-Identifier: MIT */
/* TARGET: a container, or one service of it. */
#ifndef TOOLS_TARGET_H
#define TOOLS_TARGET_H

#include "client.h"
#include "core/limits.h"

#include <stdbool.h>

#define SERVICE_NAME_MAX \
    247 /* bytes without ".service": systemd's limit of a unit's whole name is 255 */

struct target {
    char container[CONTAINER_NAME_MAX + 1]; // empty: the default one
    char service[SERVICE_NAME_MAX + 1];     // without ".service"; empty: the container as a whole
};

/*
 * NAME, NAME/SERVICE or /SERVICE; NULL: the default container. Whether they exist is PID 1's to say.
 * 0, or EXIT_USAGE with the error reported.
 */
int target_parse(const char *word, struct target *ret);

/* The container for client_connect(): NULL for the default one. */
const char *target_container(const struct target *t);

static inline bool target_is_service(const struct target *t)
{
    return t->service[0] != 0;
}

/* For commands that need a service. 0, or EXIT_USAGE with the error reported. */
int target_need_service(const struct target *t);

/* "NAME/SERVICE" or "NAME", for messages. Returns buf. */
#define TARGET_TEXT (CONTAINER_NAME_MAX + SERVICE_NAME_MAX + 2)
const char *target_text(const struct client *c, const struct target *t, char buf[TARGET_TEXT]);

/* For commands without options: [TARGET]. As client_parse_name(). */
bool target_parse_args(int argc, char **argv, const char *usage, struct target *ret, int *ret_code);

#endif
