/* SPDX-License-Identifier: MIT */
/* What each request of the control protocol does. */
#ifndef GLUE_REQUEST_H
#define GLUE_REQUEST_H

#include "glue/init.h"

/*
 * Carries a request out and answers it. decoded is proto_decode()'s result (0 or -EOPNOTSUPP). The
 * connection may be dropped by this.
 */
void request_handle(struct init *in, int slot, const struct proto_msg *m, int decoded, msec_t now);

/*
 * A first request that carries what a hello says (VERSION, VERSION_MIN, CLIENT_PID) stands for one:
 * where the versions meet the connection is open, and the round trip is saved.
 */
void request_greet(struct init *in, int slot, const struct proto_msg *m);

/* An EXEC, permitted and still in the connection's queue: a session child takes it from there. */
void request_exec(struct init *in, int slot, const struct proto_msg *m);

/* Notes in the audit trail that somebody asked for what its role may not have. */
void request_denied(struct init *in, int slot, uint16_t type);

/* Sends STATE where what the connection waits for has come. */
void request_answer_wait(struct init *in, int slot);

#endif
