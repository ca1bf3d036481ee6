/* SPDX-License-Identifier: MIT */
/* The whole state of PID 1. */
#include "glue/services.h"

#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/pty.h"

#include <string.h>
#include <sys/random.h>

void init_prepare(struct init *in)
{
    in->signal_fd = -1;
    in->proc_fd = -1;
    in->devpts_fd = -1;
    in->plan_fd = -1;
    in->cgroup_fd = -1;
    in->exit_fd = -1;
    in->monitor = -1;
    for (int i = 0; i < LISTENER_COUNT; i++) {
        in->listener[i] = -1;
        in->control_dirs[i] = -1;
    }
}

/* Two lives of one name are told apart by this; without entropy (at a host's boot) by the clock. */
void init_make_instance(struct init *in)
{
    if (getrandom(in->instance, sizeof(in->instance), GRND_NONBLOCK) < 0) {
        msec_t now = clock_wall();

        memcpy(in->instance, &now, sizeof(now));
    }
}

/* PID 1 keeps what it opened itself and the plan, whose environment the sessions need. */
void init_keep_own(const struct init *in, const struct pty *pty)
{
    int keep[] = {
        in->signal_fd,
        in->listener[LISTEN_OPERATOR],
        in->listener[LISTEN_OBSERVER],
        in->listener[LISTEN_INSIDE],
        in->proc_fd,
        in->devpts_fd,
        in->plan_fd,
        in->cgroup_fd,
        in->exit_fd,
        in->control_dirs[LISTEN_OPERATOR],
        in->control_dirs[LISTEN_INSIDE],
        in->monitor >= 0 ? in->slots[in->monitor].fd : -1,
        pty != NULL ? pty->master : -1,
        pty != NULL ? pty->slave : -1,
        in->services != NULL ? in->services->logger.sock : -1,
        in->services != NULL ? in->services->logger.ring : -1,
        in->services != NULL ? in->services->logger.out : -1,
        in->services != NULL ? in->services->logger.own : -1,
        in->services != NULL ? in->services->logger.stage[0] : -1,
        in->services != NULL ? in->services->logger.stage[1] : -1,
        in->services != NULL ? in->services->memfd : -1,
        in->services != NULL ? in->services->events : -1,
    };

    fd_close_all_but(keep, sizeof(keep) / sizeof(keep[0]));
}
