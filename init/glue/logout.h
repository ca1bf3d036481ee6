/* SPDX-License-Identifier: MIT */
/* The log worker's outputs: PID 1's stdout, and those who follow the ring. */
#ifndef GLUE_LOGOUT_H
#define GLUE_LOGOUT_H

#include "core/logsink.h"

/*
 * PID 1's stdout is a description that others share, so that O_NONBLOCK is not ours to set: a pipe or a terminal
 * is opened anew, to a socket is sent with MSG_DONTWAIT, a file takes what it is given. Where a pipe or a terminal
 * cannot be opened it is written to in pieces that fit where poll(2) says that there is room.
 *
 * On the way lies the stage, a pipe that PID 1 keeps: bytes are counted as written once they are in it (logsink.h), and
 * splice(2) takes them out and writes them in one step, wherever a worker is killed. A file is written to without it, as
 * others may write to it through the same description, whose position splice(2) does not lock; there the position, and
 * what is in the file before it, tell how much of the last write was made. To a socket, or where others have moved the
 * position just then, a worker's death may show lines twice.
 *
 * The ring holds what stdout has not had. Where it is full of that, services wait as long as stdout goes on taking
 * something; where it takes nothing for LOG_PATIENCE_MS the oldest lines make room, and are counted: lost=N.
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
    bool is_file;     // a regular one
    bool more;        // a step has left something, though it was not refused
    uint32_t piece;   // SHARED: bytes that fit where there is room
    int stage[2];     // owned; -1: there is none
    uint32_t staged;  // bytes in it
    uint32_t room;    // bytes that it holds
    int64_t retry_at; // us: the disk is full; INT64_MAX: it is not
    int64_t progress; // us: when something was last taken
    uint32_t unread;  // bytes in stdout's pipe then
    struct logsink sink;
    int follower[LOG_FOLLOWERS_MAX]; // owned; -1: free
    uint64_t told;                   // head of the ring when followers were last told
};

/* fd and the stage's ends are owned from here on; -1: there is no stdout, or no stage. data.u32 of epoll's events: token. */
void logout_init(struct logout *o, struct logring *ring, int fd, const int stage[2], int proc,
                 int epoll, uint32_t token);

/* Writes what it can without blocking. True where something was written. */
bool logout_step(struct logout *o, uint32_t token);

#define LOGOUT_ALL UINT64_MAX

/*
 * Until when (us) nothing may come into the ring, as it would take the place of what stdout is about to have; 0: it may.
 * need: bytes of the ring that it would take.
 */
int64_t logout_hold(struct logout *o, uint64_t need);

/* At the end: writes as long as that lasts. LOGOUT_ALL: until everything is written. */
void logout_flush(struct logout *o, uint32_t token, uint64_t need);

/* At the very end: notes in the ring how many lines whoever reads stdout has not taken. */
void logout_end(struct logout *o);

/* Takes the write end of a follower's pipe. */
void logout_follow(struct logout *o, int fd, uint32_t token);

/* The follower's pipe has no reader any more. */
void logout_unfollow(struct logout *o, uint32_t index);

/* A byte to each follower, where there is more. */
void logout_tell(struct logout *o);

#endif
