/* SPDX-License-Identifier: MIT */
/* The requests that are about services: SERVICES, jobs, waits. */
#ifndef GLUE_REQUEST_SERVICES_H
#define GLUE_REQUEST_SERVICES_H

#include "glue/services.h"

/* Each carries the request out and answers it, at once or when it is done; the connection may be dropped by this. */
void request_services(struct init *in, int slot, const struct proto_msg *m, msec_t now);
void request_job(struct init *in, int slot, const struct proto_msg *m, msec_t now);
void request_wait_service(struct init *in, int slot, const struct proto_msg *m);

/* The connection waits: what it waits for answers it. False: it waits already, and was told so. */
bool request_wait_for(struct init *in, int slot, enum slot_wait what, uint32_t request);

/* SIGNAL with NAME. 0 or a positive errno. */
int request_signal_service(const struct init *in, struct slice name, int number);

/* Something about the service has changed: answers whoever waits for that. */
void request_answer_services(struct init *in, uint32_t index);

/* The units were read again: error is 0 or a positive errno. */
void request_answer_units(struct init *in, int error);

/*
 * In a swap of units: whoever waits for service `from` waits for `to` (SUPER_NONE: it is no more), in two steps, as
 * numbers old and new overlap.
 */
void request_rename_waits(struct init *in, uint32_t from, uint32_t to);
void request_take_renamed(struct init *in);

#endif
