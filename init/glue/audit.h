/* SPDX-License-Identifier: MIT */
/* The audit trail: who asked for what, kept until a monitor on the host writes it down. */
#ifndef GLUE_AUDIT_H
#define GLUE_AUDIT_H

#include "glue/init.h"

/* Travels on the wire, append only. */
enum audit_phase { AUDIT_BEGIN, AUDIT_END, AUDIT_DENIED };

void audit_begin(struct init *in, int slot, enum proto_type verb, const char *text);
void audit_signal(struct init *in, int slot, int number);
void audit_begin_session(struct init *in, int slot, pid_t session, const char *text);

/* slot -1: the client had gone before. */
void audit_end(struct init *in, int slot, pid_t session, int code);
void audit_denied(struct init *in, int slot, uint16_t verb);

/* Sends the monitor what it has not seen; without one, or when its queue is full, nothing is lost. */
void audit_flush(struct init *in);

#endif
