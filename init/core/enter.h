/* SPDX-License-Identifier: MIT */
/* What a service begins with in each state: the arrows of svc.h's picture, without what leads to them. */
#ifndef CORE_ENTER_H
#define CORE_ENTER_H

#include "core/svc.h"

/* One step of the machine: what all of its parts look at. */
struct enter {
    struct svc *s;
    const struct service_conf *conf;
    msec_t now;
};

/* Any state, with nothing to be done there but to tell of it. Only these functions write `state`. */
void enter_state(const struct enter *p, enum svc_state state, msec_t deadline);

/* A state in which command `index` of a list runs, for at most `limit` ms. */
void enter_run(const struct enter *p, enum svc_state state, enum service_run kind, uint16_t index,
               msec_t limit);

/* Takes note of a failure, where it is the first; RESULT_SUCCESS is none. */
void enter_failing(const struct enter *p, enum svc_result result);

/* Is there anything that KillMode= would signal and wait for? */
bool enter_awaits_somebody(const struct enter *p);

/* The states of a start and of a stop. Each goes on to the next where it has nothing to run or to wait for. */
void enter_start(const struct enter *p);
void enter_start_post(const struct enter *p);
void enter_running(const struct enter *p);
void enter_stop(const struct enter *p);
void enter_stop_term(const struct enter *p);
void enter_kill(const struct enter *p, enum svc_state state);
void enter_stop_post(const struct enter *p);
void enter_final(const struct enter *p);
void enter_dead(const struct enter *p);

/* One of those waited for has gone, and others have not: SIGKILL, where KillMode=mixed says so now. */
void enter_kill_rest(const struct enter *p);

/* Stays where it is until the command beside the main process, which gets SIGKILL, has ended. */
void enter_kill_command(const struct enter *p);

#endif
