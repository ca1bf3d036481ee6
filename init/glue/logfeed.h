/* SPDX-License-Identifier: MIT */
/* The log worker's pipes: from a service's stdout or stderr into the ring, every byte once. */
#ifndef GLUE_LOGFEED_H
#define GLUE_LOGFEED_H

#include "core/logring.h"
#include "core/unitimage.h"

/*
 * How a line comes into the ring
 *
 * tee(2) copies what a pipe holds, without taking it, to a scratch pipe, where the last newline is looked for. The
 * bytes up to it are then taken by one read(2) into the ring, between an intent and a commit (logring.h): whoever
 * comes after a worker that was killed there sees whether they were taken. What follows the last newline stays in
 * the pipe until its end comes, or the pipe is full, or the service has ended, or LOG_LOOK_LAST_US have passed;
 * then it is taken as a PARTIAL record.
 *
 * Such a rest hides edges: a writer of more than the pipe holds fills it and sleeps without waking anybody, as
 * the pipe was not empty (fs/pipe.c). So it is looked at again by a timer, soon at first, then less and less
 * often, and at last the pipe is emptied: then there is no timer, and the next byte is an edge.
 */
#define LOGFEED_MAX (2 * (UNITIMAGE_SERVICES_MAX + 1)) /* stdout and stderr of each service */
#define LOGFEED_SHOWN (LOGFEED_MAX + 1)                /* bytes */
#define LOGFEED_NAMES (1u << 20)                       /* bytes */
#define LOGFEED_TURN \
    (LOG_TURN_BYTES + 3 * LOGRING_RECORD_MAX) /* bytes of the ring that a turn may need */

struct logfeed {
    bool used;
    bool queued;    // in the list of those that have something
    bool waiting;   // in the list of those whose line has no end yet
    bool ended;     // the service: what is there is all there will be
    bool closing;   // the same, unless something comes until close_due
    bool forget;    // and then it is closed
    bool overdue;   // its rest is taken now
    bool open;      // its last record was PARTIAL
    uint8_t stream; // enum log_stream
    uint8_t flags;  // LOGRING_PREFIX
    uint8_t name_len;
    int fd; // owned
    uint32_t service;
    uint32_t name;  // where it begins in names
    uint32_t seen;  // bytes of the rest when it was last looked at
    uint32_t delay; // us
    int64_t due;    // us; when waiting
    int64_t close_due;
    uint32_t edges; // seen of its pipe
    uint32_t edges_closing;
    uint32_t next_queued;
    uint32_t next_waiting;
};

struct logfeeds {
    struct logring *ring; // borrowed
    int epoll;            // borrowed
    int scratch[2];       // owned
    bool no_tee;          // it does not work here
    uint32_t limit;       // behind the last one in use
    uint32_t queue_first; // LOGFEED_MAX: none
    uint32_t queue_last;
    uint32_t queue_count;
    uint32_t waiting_first;
    uint32_t closing_count;
    uint32_t names_used;
    struct logfeed *feed; // LOGFEED_MAX of them, mapped
    char *names;          // LOGFEED_NAMES, mapped
    uint8_t *peeked;      // LOG_TEXT_MAX, mapped: a copy of what a pipe holds
    volatile uint8_t *
        shown; // borrowed; LOGFEED_SHOWN, for PID 1: each one's `open`; then whether that holds; NULL
};

/* 0 or -errno. */
int logfeed_init(struct logfeeds *f, struct logring *ring, int epoll);

/*
 * A stream's pipe, which is owned from here on. One that is there already is left alone; another one of the same
 * stream is emptied first. 0 or -errno (-ENOSPC: no room for its name).
 */
int logfeed_add(struct logfeeds *f, uint32_t service, unsigned bits, struct slice name, int fd);

/* After all were added at the start: whose last record in the ring was PARTIAL. From then on `shown` holds. */
void logfeed_resume(struct logfeeds *f);

/* There may be something in the pipe: an edge. */
void logfeed_ready(struct logfeeds *f, uint32_t index);

/*
 * The service's processes are gone. Its next instance may write already: a line without an end is ended by this
 * only where nothing comes for LOG_CLOSE_US, and else goes on. forget: there is no next one.
 */
void logfeed_ended(struct logfeeds *f, uint32_t service, bool forget);

/* The same where its pipes were empty: what is in them now is its next instance's. */
void logfeed_closed(struct logfeeds *f, uint32_t service);

/* When something is due: us; INT64_MAX: never. */
int64_t logfeed_due(const struct logfeeds *f);

/* Looks again at what is due. */
void logfeed_expire(struct logfeeds *f, int64_t now);

/* Gives the first in the queue its turn. False where the queue is empty. */
bool logfeed_turn(struct logfeeds *f);

/* At the end: a turn of the stream, whose last line is ended where there is no more. False then. */
bool logfeed_drain(struct logfeeds *f, uint32_t index);

#endif
