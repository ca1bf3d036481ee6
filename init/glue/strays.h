/* SPDX-License-Identifier: MIT */
/* Orphans in process groups of their own: what services leave beside the groups that they were started as. */
#ifndef GLUE_STRAYS_H
#define GLUE_STRAYS_H

#include "glue/init.h"

#define STRAYS_MAX 64 /* those beyond are found once some of these have gone */

/* The children of PID 1 that lead no session: each service leads its own, and its orphans stay in it. */
struct strays {
    bool read;
    size_t count;
    struct {
        pid_t group;
        pid_t session;
    } stray[STRAYS_MAX];
};

/* As /proc/PID/task/TID/children has them, proc(5); none where there is no such file. */
void strays_read(const struct init *in, struct strays *s);

/* The group of one that is in this session, or 0. */
pid_t strays_group(const struct strays *s, pid_t session);

#endif
