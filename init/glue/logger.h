/* SPDX-License-Identifier: MIT */
/* The log worker: a child that reads what services write, and PID 1's side of it. */
#ifndef GLUE_LOGGER_H
#define GLUE_LOGGER_H

#include "core/limits.h"
#include "core/unitimage.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct init;

/*
 * The flow
 *
 *   service ──pipe──▶ log worker ──▶ ring (memfd) ◀── porthole logs, by its own descriptor
 *                        │  └──────▶ PID 1's stdout
 *   PID 1 ──SEQPACKET────┘  (new pipes, ends of services, followers; its end: the end)
 *
 * PID 1 carries no byte of it: it makes the pipes and the ring, keeps a descriptor of each so that they outlive the
 * worker, and forks a new worker where one has died. A worker finds pipes that exist when it is forked in
 * in->services->log, and later ones in messages. What a worker was not told, because its queue was full, is kept
 * as a bit a service and told when there is room.
 */

#define LOGGER_OWN UNITIMAGE_SERVICES_MAX /* no service has this index */
#define LOGGER_WORDS (UNITIMAGE_SERVICES_MAX / 32 + 1)

/* PID 1's side; in `struct init`. */
struct logger {
    pid_t pid; // of the worker; 0: none
    int sock;  // owned; PID 1's end; -1
    int ring;  // owned; the memfd; -1: not made
    int own;   // owned; the pipe of PID 1's own words; -1: they go to its stderr
    int out;   // owned; PID 1's stdout as it was given, for the worker; -1: none
    int stage
        [2]; // owned; the pipe on the way there (logout.h), which outlives workers; -1: there is none
    volatile uint8_t *shown; // owned; shared with workers: logfeed.h; NULL
    msec_t again_at;         // a new worker is forked then; MSEC_NEVER
    msec_t started;          // when the worker was forked
    msec_t pause;            // ms before the last one; 0: there was none
    uint32_t starts;
    bool renewed;                 // killed by us: its successor comes at once, and is no event
    bool straight;                // there can be no ring: services have PID 1's stdout itself
    bool ending;                  // logger_end() was called
    uint8_t ends;                 // workers that died since
    bool untold;                  // a bit below is set
    uint32_t pipes[LOGGER_WORDS]; // services whose pipes are to be told
    uint32_t ended[LOGGER_WORDS]; // services whose end is to be told
};

/*
 * Makes the ring and the first worker; in->proc_fd, in->services and in->services->logger.out should be there. 0 or -errno:
 * without a worker services still run, and what they write waits for one; without a ring (no memory, RLIMIT_FSIZE) there
 * is no log, and they write to PID 1's stdout themselves.
 */
int logger_start(struct init *in);

/*
 * The service's pipes (with want_error a second one for stderr) where it has them not yet. 0 or -errno. A worker that
 * is forked when 1,000 pipes are there knows them all; one that is there before is told of each.
 */
int logger_make(struct init *in, uint32_t service, bool want_error);

/* Before a start: the same, and a writer for each, which are the caller's; -1 where there is none. main: for its main process. */
int logger_open(struct init *in, uint32_t service, bool want_error, bool main, int ret_writers[2]);

/*
 * No process of it is left that could write: a last line without an end is finished. Closes the pipes where
 * `forget`: its index may be another service's then.
 */
void logger_ended(struct init *in, uint32_t service, bool forget);

/*
 * From here on PID 1's stderr is a pipe of the log: what it says, and its loader, are lines of LOGRING_INIT. For a
 * detached container, once its launcher has what was said before. 0 or -errno: then it stays as it was.
 */
int logger_take_stderr(struct init *in);

/* After in->services was swapped: a new worker, which reads names and pipes anew. */
void logger_renew(struct init *in);

/*
 * Hands the write end of a follower's pipe to the worker, which writes a byte to it when there is more, and closes
 * it when it ends or has too many. Closes wake.
 */
void logger_follow(struct init *in, int wake);

/* The ring for whoever may read it: an owned descriptor that cannot write, or -errno. */
int logger_ring_readonly(const struct init *in);

/*
 * Everything is to be written, and the worker to end: its end comes to logger_ready(). Where something kills it
 * before that, it gets a successor that goes on, LOG_ENDS_MAX times.
 */
void logger_end(struct init *in);

/* How many lines stdout had not taken when the last worker ended, or a little before it was killed. */
uint64_t logger_left(const struct init *in);

/* There is a worker, or one is to come: after logger_end() the last thing to be waited for. */
bool logger_alive(const struct init *in);

msec_t logger_deadline(const struct init *in);
void logger_expire(struct init *in, msec_t now);

/*
 * poll(2) on in->services->logger.sock: for room only where something could not be handed over; a hang-up, which needs no asking, is
 * the worker's end, and a new one comes, at once or after a pause where they die fast.
 */
short logger_events(const struct init *in);
void logger_ready(struct init *in, short revents);

#endif
