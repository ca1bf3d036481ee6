/* SPDX-License-Identifier: MIT */
/* PID 1's loop: one wait point, one computed deadline, no idle wake-ups. */
#ifndef GLUE_LOOP_H
#define GLUE_LOOP_H

#include "glue/init.h"

/* Runs until the life is over. Returns the exit code of the container. */
int loop_run(struct init *in);

/*
 * A crash of PID 1: one line, and out with 128 + signal, so that the engine starts the container anew.
 * A signal of that kind that somebody has sent is passed on like any other. Installed by main.
 */
void loop_crash(int number, bool sent);

/* Feeds the life an event and carries out what it answers. */
void loop_life(struct init *in, enum life_event event, int64_t value, msec_t now);

#endif
