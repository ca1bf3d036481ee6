/* SPDX-License-Identifier: MIT */
/* The log worker's outputs: PID 1's stdout, and those who follow the ring. */
#ifndef GLUE_LOGOUT_H
#define GLUE_LOGOUT_H

#include "core/logsink.h"

/*
 * PID 1's stdout is a description that others share, so that O_NONBLOCK is not ours to set: a pipe or a terminal
 * is opened anew, to a socket is sent with MSG_DONTWAIT, a file takes what it is given. Where a pipe or a terminal
 * cannot be opened it is written to in pieces that fit where poll(2) says that there is room.
 */
enum logout_kind {
    LOGOUT_NONE,   // there is none, or it has failed: EPIPE, EIO
    LOGOUT_OWN,    // its description is ours and does not block
    LOGOUT_SOCKET, // MSG_DONTWAIT
    LOGOUT_FILE,   // it never blocks
    LOGOUT_SHARED, // small pieces
};

struct logout {
    enum logout_kind kind;
    int fd;    // owned
    int epoll; // borrowed
    bool writable;
    uint32_t piece;   // SHARED: bytes that fit where there is room
    int64_t retry_at; // us: the disk is full; INT64_MAX: it is not
    struct logsink sink;
    int follower[LOG_FOLLOWERS_MAX]; // owned; -1: free
    uint64_t told;                   // head of the ring when followers were last told
};

/* fd is owned from here on; -1: there is no stdout. data.u32 of epoll's events: token. */
void logout_init(struct logout *o, struct logring *ring, int fd, int proc, int epoll,
                 uint32_t token);

/* Writes what it can without blocking. True where something was written. */
bool logout_step(struct logout *o, uint32_t token);

/* At the end: until all is written, or nobody takes it. */
void logout_flush(struct logout *o, uint32_t token);

/* Is something not written yet that could be? */
bool logout_behind(struct logout *o);

/* Takes the write end of a follower's pipe. */
void logout_follow(struct logout *o, int fd, uint32_t token);

/* The follower's pipe has no reader any more. */
void logout_unfollow(struct logout *o, uint32_t index);

/* A byte to each follower, where there is more. */
void logout_tell(struct logout *o);

#endif
