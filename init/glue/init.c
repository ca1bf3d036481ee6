/* SPDX-License-Identifier: MIT */
/* The whole state of PID 1. */
#include "glue/init.h"

void init_prepare(struct init *in)
{
    in->signal_fd = -1;
    in->proc_fd = -1;
    in->devpts_fd = -1;
    in->plan_fd = -1;
    in->exit_fd = -1;
    in->monitor = -1;
    for (int i = 0; i < LISTENER_COUNT; i++) {
        in->listener[i] = -1;
        in->control_dirs[i] = -1;
    }
}
