/* SPDX-License-Identifier: MIT */
/* Events: what has happened to services, as records in shared memory. */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "core/limits.h"
#include "core/wire.h"

#include <stdbool.h>

/*
 * A memfd of EVENT_KEEP places of EVENT_BYTES each, that PID 1 writes with pwrite(2) and never maps. Event n
 * (from 0) lies in place n % EVENT_KEEP; a reader that finds another number there than it looks for has lost
 * events. All integers little-endian:
 *   u64 number + 1 (0: nothing was written here)    u64 wall clock, ms since 1970
 *   u16 kind    u16 state    u16 result    u16 length of the name    u32 pid    u32 value    then the name
 */
#define EVENT_BYTES 128
#define EVENT_KEEP 1024
#define EVENT_NAME_MAX (EVENT_BYTES - 32)

/* kind, word; state is enum svc_state unless said otherwise. */
#define EVENT_KINDS(X) \
    X(CONTAINER, "container") /* state: enum life_state; value: exit code once it is known */ \
    X(STATE, "state") /* a service's state and result; value: its restarts; pid: main process */ \
    X(EXIT, "exit")   /* a process of a service ended: pid, value: wait status */ \
    X(RESTART, "restart") /* Restart= applies; value: how often now */ \
    X(JOB, \
      "job") /* what was asked for is done or has failed: state: enum job_kind; result: enum job_result */ \
    X(REAP, "reap")     /* an orphan was reaped: pid, value: wait status; no name */ \
    X(UNITS, "units")   /* the units were read again; value: how many there are */ \
    X(LOGGER, "logger") /* the log worker was started anew; value: how often */

enum event_kind {
#define X(name, text) EVENT_##name,
    EVENT_KINDS(X)
#undef X
        EVENT_COUNT
};

struct event {
    uint64_t number;
    msec_t time; // wall clock
    uint16_t kind;
    uint16_t state;
    uint16_t result;
    uint32_t pid;
    uint32_t value;
    struct slice name; // longer ones are cut
};

/* Writes all EVENT_BYTES. */
void event_encode(const struct event *e, uint8_t buf[EVENT_BYTES]);

/* False where nothing is there, or it is malformed. The name points into buf. */
bool event_decode(const uint8_t buf[EVENT_BYTES], struct event *ret_event);

const char *event_kind_name(unsigned kind);

#endif
