/* SPDX-License-Identifier: MIT */
/* Job control: the command is a job of the shell that we are a job of. */
#ifndef GLUE_JOB_H
#define GLUE_JOB_H

#include "glue/init.h"

/*
 * The command has a process group of its own, in the foreground, so that a terminal's Ctrl-C is its alone. Ctrl-Z is
 * too: the shell that waits for us would wait for ever, as nobody but we sees that the command has stopped. So we stop
 * with it, and when the shell has us go on (fg, bg) it goes on.
 *
 * Where no shell is there to do that (PID 1, which cannot be stopped, or an orphaned process group) a command that the
 * terminal has stopped goes on at once.
 */

/* In the command's child: its group or session, and the terminal's foreground where that was ours. */
void job_isolate(const struct init *in);

/* Before the fork: what has to be given up for that. */
void job_prepare(struct init *in);

/* The command, which is this process, has been stopped by this signal. */
void job_stopped(const struct init *in, pid_t command, int number);

#endif
