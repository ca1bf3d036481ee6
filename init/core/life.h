/* SPDX-License-Identifier: MIT */
/* The life of a container, with one main command or with services: a state machine from start to last exit. */
#ifndef CORE_LIFE_H
#define CORE_LIFE_H

#include "core/limits.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The model
 *
 *   STARTING ──EXECED──▶ UP ──STOP──▶ STOPPING ──DEADLINE──▶ KILLING ──▶ GONE
 *       │                 │               │                     ▲
 *       └───────────MAIN_EXITED───────────┴──▶ ENDING ──DEADLINE┘
 *
 *   STARTING  the main command is forked; its exec has not happened yet
 *   UP        the main command runs
 *   STOPPING  an ordered stop was asked for: the main command got SIGTERM, the others wait their turn
 *   ENDING    the main command has ended; every process left got SIGTERM
 *   KILLING   every process left got SIGKILL; nothing but their end is awaited
 *   GONE      no process is left (or SIGKILL did not help in time): PID 1 exits with `code`
 *
 * With services "the main command" stands for all of them: EXECED says that the starts of the boot are done,
 * MAIN_EXITED that none is left, and in STOPPING they stop in their order. FINISHED is theirs alone: the container's
 * end has come (the main service has ended, say), and its exit code is known before the others have stopped.
 *
 * With a single command the container may outlive it (`--exit-when idle`): MAIN_EXITED leaves it UP, and EMPTY, or
 * TOLD, is its end: where that came while the command ran, with the command's; or it may not wait for anybody (the manner of tini): MAIN_EXITED is GONE.
 *
 * Only life_step() moves the state. What must always hold:
 *   - the state never moves to the left;
 *   - in KILLING the deadline is finite; in STOPPING and ENDING it is unless the grace period is;
 *   - `code` is set once: by FINISHED, else by the main command's end, and by SIGKILL where the command
 *     outlived its grace period;
 *   - ACT_EXIT comes exactly once.
 */
#define LIFE_STATES(X) \
    X(STARTING, "starting") \
    X(UP, "up") \
    X(STOPPING, "stopping") \
    X(ENDING, "ending") \
    X(KILLING, "killing") \
    X(GONE, "gone")

#define LIFE_EVENTS(X) \
    X(EXECED, "execed")           /* the main command's exec succeeded */ \
    X(MAIN_EXITED, "main-exited") /* value: its exit code */ \
    X(FINISHED, "finished")       /* the services' end has come; value: the exit code */ \
    X(EMPTY, "empty")             /* no child process is left */ \
    X(STOP, "stop")               /* an operator asked; value: grace period in ms or MSEC_NEVER */ \
    X(SIGNAL, "signal")           /* PID 1 got a signal; value: its number */ \
    X(TOLD, "told")               /* ... that asks for the end (rules_asks_end()) */ \
    X(DEADLINE, "deadline")       /* the deadline of the state has passed */

enum life_state {
#define X(name, text) LIFE_##name,
    LIFE_STATES(X)
#undef X
        LIFE_STATE_COUNT
};

enum life_event {
#define X(name, text) LIFE_EV_##name,
    LIFE_EVENTS(X)
#undef X
        LIFE_EVENT_COUNT
};

/* What the caller has to do, in the order of the bits. */
enum life_action {
    ACT_FORWARD = 1 << 0,     /* send life_step's signal to the main command */
    ACT_FORWARD_ALL = 1 << 1, /* send it to every process left */
    ACT_TERM_MAIN = 1 << 2,   /* SIGTERM, SIGCONT to the main command */
    ACT_TERM_ALL = 1 << 3,    /* SIGTERM, SIGCONT to every process */
    ACT_KILL_ALL = 1 << 4,    /* SIGKILL to every process */
    ACT_ANNOUNCE = 1 << 5,    /* the state has changed: tell who waits for it */
    ACT_EXIT = 1 << 6,        /* PID 1 ends with `code` */
};

/* What the main command's end means. */
enum life_end {
    LIFE_END_ALL,     // everybody else is to end too
    LIFE_END_AT_ONCE, // the container's end: nobody is waited for
    LIFE_END_FAILURE, // that where it has failed, else nothing
    LIFE_END_IDLE,    // nothing: the last process's end is the container's
    LIFE_END_NEVER,   // nothing: it ends when it is told to
};

struct life {
    enum life_state state;
    enum life_end end;
    bool main_alive;
    bool finished;   // `code` is set, though main_alive
    bool told;       // to end: it does not outlive its command any more
    int code;        // exit code of the container, valid once main_alive is false
    msec_t grace;    // ms from SIGTERM to SIGKILL; MSEC_NEVER: no escalation
    msec_t deadline; // monotonic ms; MSEC_NEVER where none is set
};

/* A container whose main command has just been forked. grace in ms or MSEC_NEVER. */
void life_init(struct life *l, enum life_end end, msec_t grace);

/* Applies an event at time now. Returns the actions (a set of enum life_action). */
unsigned life_step(struct life *l, enum life_event event, int64_t value, msec_t now);

/* The exit code that a shell makes of a wait status (waitpid(2)): the code, or 128 + the signal. */
int life_exit_code(int wait_status);

/* "starting", "up", …; NULL for a number that is no state. */
const char *life_state_name(uint64_t state);
/* What people and scripts are told: "starting", "up", "stopping", "stopped". */
const char *life_public_name(uint64_t state);
const char *life_event_name(enum life_event event);

#endif
