/* SPDX-License-Identifier: MIT */
/* Control connections: accepting, hello, handing datagrams to requests, dropping. */
#ifndef GLUE_CONTROL_H
#define GLUE_CONTROL_H

#include "glue/init.h"

#include <poll.h>

/* A connection of this index is free again; what it waited for is forgotten. Never blocks. */
void control_drop(struct init *in, int slot);

/* Takes ownership of fd as the monitor's connection. 0; fd is closed on failure. */
int control_add_monitor(struct init *in, int fd);

/* Accepts up to ACCEPTS_PER_TURN connections of the listener; full tables answer EBUSY. */
void control_accept(struct init *in, enum listener which, msec_t now);

/* Handles what poll(2) said of the slot. */
void control_ready(struct init *in, int slot, short revents, msec_t now);

/* The poll(2) events that the slot waits for. */
short control_events(const struct slot *s);

/* Earliest deadline of any connection, and dropping those whose deadline has passed. */
msec_t control_deadline(const struct init *in);
void control_expire(struct init *in, msec_t now);

/* Sends a finished datagram; a peer whose queue is full or gone loses its connection. */
void control_send(struct init *in, int slot, struct wire_writer *w, const int *fds, size_t count);

/* The short replies. */
void control_ok(struct init *in, int slot, uint32_t request);
void control_error(struct init *in, int slot, uint32_t request, int error);

/* The life's state has changed: answers every WAIT that it fulfils. */
void control_announce(struct init *in);

#endif
