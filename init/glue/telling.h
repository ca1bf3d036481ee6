/* SPDX-License-Identifier: MIT */
/* What is told of a single command while it runs: our own words, or those of the init whose name we have. */
#ifndef GLUE_TELLING_H
#define GLUE_TELLING_H

#include "core/peer.h"
#include "glue/init.h"

/* How it was called, where that is told. */
void tell_called(const struct rules *rules, const struct peer *p);

/* Orphans will be ours. */
void tell_reaper(const struct init *in);

/* Nobody adopts orphans for us, and we are not told to. */
void tell_no_reaper(const struct init *in);

/* The command was started. */
void tell_spawned(const struct init *in);

/* A signal has come (SIGCHLD too). */
void tell_received(const struct init *in, int number);

/* It was passed on as another one, or the same (0: it was not); r: 0, or why that could not be: -errno. */
void tell_passed(const struct init *in, int number, int as, int r);

/* All that have ended are reaped; empty: no child is left. */
void tell_all_reaped(const struct init *in, bool empty);

/* A child was reaped. */
void tell_reaped(const struct init *in, pid_t pid, int status);

/* It was the command, and nobody is waited for any more; then PID 1 ends with this code. */
void tell_ending(const struct init *in, int code);

/* One that meant us alone was not passed on. */
void tell_handed(const struct init *in, int number);

/* Signals of a terminal stop us, too. */
void tell_suspended(const struct init *in);

/* In the child. Returns its exit code. */
int tell_exec_failed(const struct init *in, int error);

#endif
