/* SPDX-License-Identifier: MIT */
/* Passing signals on: to the command, its group or everybody, as the rules have it. */
#ifndef GLUE_PASSING_H
#define GLUE_PASSING_H

#include "glue/init.h"

/* A signal has come, and the command is there. */
void pass_on(struct init *in, int number);

/* One has come, and the command has ended: to every process that is left. */
void pass_to_all(struct init *in, int number);

/* The command alone gets it, as it is. */
void pass_to_main(const struct init *in, int number);

/* Every process of the container but PID 1 gets it, as it is. */
void pass_bare(struct init *in, int number);

/* What dumb-init sends to its command's group when that has ended. */
void pass_parting(const struct init *in);

/* A child that signals others has ended: true where pid was one. */
bool pass_reaped(struct init *in, pid_t pid);

/* What forks while the table of processes is read is not in it: SIGKILL once more where somebody has ended since. */
void pass_kill_late(struct init *in);

/* A signal has come: true where it waits for --drain. now: ms, monotonic. */
bool pass_drains(struct init *in, int number, msec_t now);
/* When its time is over; MSEC_NEVER. */
msec_t pass_deadline(const struct init *in);
/* The signal whose time is over, once; 0. */
int pass_drained(struct init *in, msec_t now);

#endif
