/* SPDX-License-Identifier: MIT */
/* What a unit says of its service: the part that supervision works with. */
#ifndef CORE_SERVICE_H
#define CORE_SERVICE_H

#include "core/limits.h"
#include "core/wire.h"

#include <stdbool.h>
#include <stdint.h>

/* The words are those of systemd.service(5) and systemd.kill(5). Numbers lie in unit images: see unitimage.h. */
#define SERVICE_TYPES(X) \
    X(SIMPLE, "simple")   /* started once it is forked */ \
    X(EXEC, "exec")       /* started once it is executed */ \
    X(ONESHOT, "oneshot") /* started once its last command has ended */

#define SERVICE_RESTARTS(X) \
    X(NO, "no") \
    X(ON_SUCCESS, "on-success") \
    X(ON_FAILURE, "on-failure") \
    X(ON_ABNORMAL, "on-abnormal") \
    X(ON_WATCHDOG, "on-watchdog") \
    X(ON_ABORT, "on-abort") \
    X(ALWAYS, "always")

#define SERVICE_KILL_MODES(X) \
    X(CONTROL_GROUP, "control-group") /* every process of the service */ \
    X(MIXED, "mixed")                 /* SIGTERM to the main process, SIGKILL to every one */ \
    X(PROCESS, "process")             /* the main process only */ \
    X(NONE, "none")                   /* ExecStop= is all */

/* The lists of commands, in the order in which a service's life runs them. */
#define SERVICE_RUNS(X) \
    X(START_PRE, "ExecStartPre") \
    X(START, "ExecStart") \
    X(START_POST, "ExecStartPost") \
    X(RELOAD, "ExecReload") \
    X(STOP, "ExecStop") \
    X(STOP_POST, "ExecStopPost")

enum service_type {
#define X(name, text) TYPE_##name,
    SERVICE_TYPES(X)
#undef X
        SERVICE_TYPE_COUNT
};

enum service_restart {
#define X(name, text) RESTART_##name,
    SERVICE_RESTARTS(X)
#undef X
        SERVICE_RESTART_COUNT
};

enum service_kill_mode {
#define X(name, text) KILL_##name,
    SERVICE_KILL_MODES(X)
#undef X
        SERVICE_KILL_MODE_COUNT
};

enum service_run {
#define X(name, text) RUN_##name,
    SERVICE_RUNS(X)
#undef X
        SERVICE_RUN_COUNT
};

enum service_flag {
    SERVICE_BOOT = 1 << 0,   /* it starts with the container */
    SERVICE_MAIN = 1 << 1,   /* its end is the container's */
    SERVICE_REMAIN = 1 << 2, /* RemainAfterExit= */
    SERVICE_SEND_SIGKILL = 1 << 3,
    SERVICE_BROKEN = 1 << 4,     /* it cannot be started, for the reason in `description` */
    SERVICE_PREFIX = 1 << 5,     /* its lines on stdout begin with its name */
    SERVICE_COMMAND = 1 << 6,    /* it is COMMAND of the command line: no log, PID 1's own stdio */
    SERVICE_OUTPUT_LOG = 1 << 7, /* stdout goes to the log worker */
    SERVICE_ERROR_LOG = 1 << 8,  /* stderr goes to the log worker, by a pipe of its own */
};

/* Bits of a command: the prefixes of systemd.service(5)'s command lines. "!!" is honoured as no prefix. */
enum run_bit {
    RUN_IGNORE = 1 << 0,     /* "-": its failure is none */
    RUN_ARGV0 = 1 << 1,      /* "@": the second word is argv[0] */
    RUN_PRIVILEGED = 1 << 2, /* "+", "!": User=, Group= and capabilities do not apply */
    RUN_NO_EXPAND = 1 << 3,  /* ":": $VAR stays as it is */
};

/* When a container with services ends by itself: --exit-when. */
#define EXIT_WHENS(X) \
    X(DEFAULT, "default") /* main where there is a main service, else idle */ \
    X(MAIN, "main") \
    X(IDLE, "idle") \
    X(FAILURE, "failure") \
    X(NEVER, "never")

enum exit_when {
#define X(name, text) EXIT_WHEN_##name,
    EXIT_WHENS(X)
#undef X
        EXIT_WHEN_COUNT
};

#define SERVICE_OK_BYTES 32 /* a bit an exit code, 0 to 255 */

/* All of it lies in the image (unitimage.h); times in ms, MSEC_NEVER: never. */
struct service_conf {
    const char *name;        // without ".service"
    const char *description; // may be empty
    uint32_t flags;          // enum service_flag
    uint8_t type;
    uint8_t restart;
    uint8_t kill_mode;
    uint8_t kill_signal;
    uint16_t commands[SERVICE_RUN_COUNT]; // how many there are of each
    msec_t restart_ms;
    msec_t timeout_start;
    msec_t timeout_stop;
    msec_t limit_interval; // 0: no limit of starts
    uint32_t limit_burst;
    uint64_t ok_signals;  // SuccessExitStatus=: bit n - 1 for signal n
    const uint8_t *codes; // SERVICE_OK_BYTES: exit codes that are success besides 0
    // indexes of other services, as u32 in little-endian: service_dep()
    struct slice requires;
    struct slice wants;
    struct slice after;       // what must have started (or stopped) before this one starts
    struct slice before;      // the other side of `after`
    struct slice required_by; // the other side of `requires`
    struct slice exec;        // how its commands are executed: unitimage.h
};

/* How many services such a list names, and the nth of them. */
static inline uint32_t service_dep_count(struct slice list)
{
    return (uint32_t)(list.len / 4);
}

static inline uint32_t service_dep(struct slice list, uint32_t n)
{
    return wire_load_u32(list.data + (size_t)4 * n);
}

/* Their words in units; NULL for a number that is none. */
const char *service_type_name(unsigned type);
const char *service_restart_name(unsigned restart);
const char *service_kill_mode_name(unsigned mode);
const char *service_run_name(unsigned run);

/* The number of a word, or -1: units write them exactly so. */
int service_type_find(struct slice word);
int service_restart_find(struct slice word);
int service_kill_mode_find(struct slice word);

#endif
