/* SPDX-License-Identifier: MIT */
/* Sessions: commands that a client runs inside, from EXEC to EXIT. */
#ifndef GLUE_SESSION_H
#define GLUE_SESSION_H

#include "glue/init.h"

/*
 * Forks the session child, which takes the EXEC (of which m is a look ahead) that waits in the
 * slot's queue. Returns its pid, -EUSERS where the table is full, -EEXIST where another session has
 * the same token, or -errno of fork(2).
 */
int session_start(struct init *in, int slot, const struct proto_msg *m);

/* A child was reaped: true where it was a session's; its client is told. */
bool session_reaped(struct init *in, pid_t pid, int status);

/* The slot's client has gone: what it ran gets SIGHUP now, and SIGKILL after SESSION_HANGUP_MS. */
void session_orphaned(struct init *in, int slot);

/* 0, -ESRCH (no such session), or -errno of kill(2). */
int session_signal(const struct init *in, uint64_t token, int number);

msec_t session_deadline(const struct init *in);
void session_expire(struct init *in, msec_t now);

#endif
