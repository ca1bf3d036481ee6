/* SPDX-License-Identifier: MIT */
/* The requests that hand out what goes on being written: LOGS, EVENTS. */
#ifndef GLUE_REQUEST_FEEDS_H
#define GLUE_REQUEST_FEEDS_H

#include "glue/services.h"

/* Each answers with a descriptor of the ring, and with REQUEST_FOLLOW with what wakes; the connection may be dropped by this. */
void request_logs(struct init *in, int slot, const struct proto_msg *m);
void request_events(struct init *in, int slot, const struct proto_msg *m);

/* There are more events. */
void request_tell_followers(struct init *in);

#endif
