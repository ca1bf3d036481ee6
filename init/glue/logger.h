/* SPDX-License-Identifier: MIT */
/* The log worker: a child that reads what services write, and PID 1's side of it. */
#ifndef GLUE_LOGGER_H
#define GLUE_LOGGER_H

#include "glue/init.h"

/*
 * The flow
 *
 *   service ──pipe──▶ log worker ──▶ ring (memfd) ◀── porthole logs, by its own descriptor
 *                        │  └──────▶ PID 1's stdout
 *   PID 1 ──SEQPACKET────┘  (new pipes, ends of services, followers, the end)
 *
 * PID 1 carries no byte of it: it makes the pipes and the ring, keeps a descriptor of each so that they outlive the
 * worker, and forks a new worker where one has died. A worker finds pipes that exist when it is forked in
 * in->services->log, and later ones in messages.
 */

/* PID 1's side; in `struct init`. */
struct logger {
    pid_t pid;       // of the worker; 0: none
    int sock;        // owned; PID 1's end; -1
    int ring;        // owned; the memfd; -1: not made
    int out;         // owned; PID 1's stdout as it was given, for the worker; -1: none
    msec_t again_at; // a new worker is forked then; MSEC_NEVER
    uint32_t starts;
    uint32_t lost; // pipes that could not be handed over: told again when it can be written to
};

/* Makes the ring and the first worker. 0 or -errno: without a worker services still run, and what they write waits. */
int logger_start(struct init *in);

/* The service's pipes (with want_error a second one for stderr), before its first start. Fine where it has them. 0 or -errno. */
int logger_open(struct init *in, uint32_t service, bool want_error);

/* In the service's child: its stdout and stderr at 1 and 2, blocking, owned by uid. 0 or -errno. */
int logger_connect(const struct init *in, uint32_t service, bool out, bool error, unsigned uid);

/* No process of it is left that could write: a last line without an end is finished. Closes the pipes where `forget`. */
void logger_ended(struct init *in, uint32_t service, bool forget);

/* Was it the worker? Then a new one comes, at once or after a pause where they die fast. */
bool logger_reaped(struct init *in, pid_t pid, int status);

/* Hands the write end of a follower's pipe to the worker, which writes a byte to it when there is more. Closes wake. */
void logger_follow(struct init *in, int wake);

/* Everything is to be written, and the worker to end: its end comes as logger_reaped(). */
void logger_end(struct init *in);

msec_t logger_deadline(const struct init *in);
void logger_expire(struct init *in, msec_t now);

/* poll(2) on in->logger.sock: it is waited for only where something could not be handed over. */
short logger_events(const struct init *in);
void logger_ready(struct init *in, short revents);

#endif
