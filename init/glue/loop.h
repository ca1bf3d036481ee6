/* SPDX-License-Identifier: MIT */
/* PID 1's loop: one wait point, one computed deadline, no idle wake-ups. */
#ifndef GLUE_LOOP_H
#define GLUE_LOOP_H

#include "glue/init.h"

/* Runs until the life is over. Returns the exit code of the container. */
int loop_run(struct init *in);

/*
 * From here on a crash of PID 1 is one line, and out with 128 + signal, so that the engine starts the container anew. A
 * signal of that kind that somebody has sent is passed on like any other, or where the manner of a peer is not to pass it
 * on, it is our death, as it is that peer's.
 */
void loop_catch_crashes(struct init *in);

/* Feeds the life an event and carries out what it answers. */
void loop_life(struct init *in, enum life_event event, int64_t value, msec_t now);

#endif
