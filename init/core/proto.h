/* SPDX-License-Identifier: MIT */
/* The control protocol's datagrams: types, tags, who may send what, decoding and encoding. */
#ifndef CORE_PROTO_H
#define CORE_PROTO_H

#include "core/limits.h"
#include "core/wire.h"

/*
 * A datagram is a header of 16 bytes and a list of wire.h elements (init/PROTOCOL.md):
 *   u16 type, u16 zero, u32 request, u32 length of the whole datagram, u32 zero
 * A reply carries its request's number. Types, tags and feature bits are never reused.
 */
#define PROTO_HEADER 16
#define PROTO_VERSION 1     /* what this build speaks */
#define PROTO_VERSION_MIN 1 /* the oldest it still understands */

/* Roles: by which socket somebody came. A set of them says who may send a request. */
enum role {
    ROLE_OPERATOR = 1 << 0, /* may do everything */
    ROLE_OBSERVER = 1 << 1, /* may look */
    ROLE_INSIDE = 1 << 2,   /* a process of the container itself */
    ROLE_MONITOR = 1 << 3,  /* the launcher, or who has taken its place */
};

#define ROLES_ALL (ROLE_OPERATOR | ROLE_OBSERVER | ROLE_INSIDE)

enum feature {
    FEATURE_EXEC = 1 << 0,
    FEATURE_TTY = 1 << 1,
    FEATURE_PROC = 1 << 2,     /* PROC hands out a procfs */
    FEATURE_MONITOR = 1 << 3,  /* a new monitor may take over */
    FEATURE_SERVICES = 1 << 4, /* SERVICES to EVENTS, and NAME in SIGNAL and WAIT */
};

#define FEATURES_ALL \
    (FEATURE_EXEC | FEATURE_TTY | FEATURE_PROC | FEATURE_MONITOR | FEATURE_SERVICES)

/* In TAG_FLAGS of START to EVENTS. */
enum request_flag {
    REQUEST_NO_WAIT = 1 << 0, /* answer once it is noted, not once it is done */
    REQUEST_FOLLOW = 1 << 1,  /* LOGS, EVENTS: tell of what comes */
};

/* name, number, roles that may send it (0: only PID 1 sends it), what it is */
#define PROTO_TYPES(X) \
    X(HELLO, 1, ROLES_ALL | ROLE_MONITOR, "version range, features; the first datagram") \
    X(STATUS, 2, ROLES_ALL | ROLE_MONITOR, "asks for STATUS_OK") \
    X(PROC, 3, ROLE_OPERATOR | ROLE_OBSERVER, "asks for PROC_OK with a procfs descriptor") \
    X(SIGNAL, 4, ROLE_OPERATOR | ROLE_MONITOR, "signal to the main command or to a session") \
    X(EXEC, 5, ROLE_OPERATOR, "a command inside; the connection is the session's from here on") \
    X(WAIT, 6, ROLES_ALL | ROLE_MONITOR, "asks for STATE once the state is reached") \
    X(SHUTDOWN, 7, ROLE_OPERATOR | ROLE_MONITOR, "ordered stop with a grace period") \
    X(MONITOR, 8, ROLE_OPERATOR, "makes this connection the monitor's, where there is none") \
    X(SERVICES, 9, ROLES_ALL, "asks for SERVICES_OK") \
    X(START, 10, ROLE_OPERATOR, "starts a service and what it requires") \
    X(STOP, 11, ROLE_OPERATOR, "stops a service and what requires it") \
    X(RESTART, 12, ROLE_OPERATOR, "stops and starts a service") \
    X(RELOAD, 13, ROLE_OPERATOR, \
      "ExecReload= of a service; without a name the units are read again") \
    X(LOGS, 14, ROLE_OPERATOR | ROLE_OBSERVER, "asks for LOGS_OK") \
    X(EVENTS, 15, ROLE_OPERATOR | ROLE_OBSERVER, "asks for EVENTS_OK") \
    X(HELLO_OK, 128, 0, "version, features, role, instance") \
    X(OK, 129, 0, "done") \
    X(ERROR, 130, 0, "errno; for EXEC and the launch also step and object") \
    X(STATUS_OK, 131, 0, "the container and its main command") \
    X(PROC_OK, 132, 0, "one descriptor: the container's procfs") \
    X(STARTED, 133, 0, \
      "a session with a terminal: its pid, one descriptor: the terminal's master") \
    X(EXIT, 134, 0, "a session has ended: code, wait status") \
    X(STATE, 135, 0, "the state waited for; when gone, the exit code") \
    X(UP, 136, 0, "to the launcher: the main command runs") \
    X(FAILED, 137, 0, "to the launcher: the step of the launch that failed, on what, errno") \
    X(AUDIT, 138, 0, "to the monitor: an operator's request began or ended") \
    X(SERVICES_OK, 139, 0, "services, as many as fit, and where to go on") \
    X(LOGS_OK, 140, 0, "a descriptor of the log, and one that tells of more") \
    X(EVENTS_OK, 141, 0, "a descriptor of the events") \
    X(EVENT, 142, 0, "there are more events")

enum proto_type {
#define X(name, number, roles, text) PROTO_##name = (number),
    PROTO_TYPES(X)
#undef X
};

/* A tag's value: a u64, text without a zero byte, bytes, text that may repeat, or lists of elements that may. */
enum tag_kind { TAG_U64, TAG_TEXT, TAG_BYTES, TAG_LIST, TAG_ITEMS };

/* name, number, kind. Shared by datagrams and by the plan (plan.h). */
#define PROTO_TAGS(X) \
    X(VERSION, 1, TAG_U64)      /* highest protocol version spoken */ \
    X(VERSION_MIN, 2, TAG_U64)  /* lowest */ \
    X(FEATURES, 3, TAG_U64)     /* enum feature */ \
    X(ROLE, 4, TAG_U64)         /* enum role */ \
    X(INSTANCE, 5, TAG_BYTES)   /* 16 random bytes, one container's life */ \
    X(ERRNO, 6, TAG_U64)        /* Linux errno, positive */ \
    X(STEP, 7, TAG_U64)         /* enum step */ \
    X(OBJECT, 8, TAG_TEXT)      /* what the step worked on */ \
    X(SIGNAL, 9, TAG_U64)       /* Linux signal number */ \
    X(SESSION, 10, TAG_U64)     /* a session's name, chosen by its client; not 0 */ \
    X(PID, 11, TAG_U64)         /* as PID 1 sees it */ \
    X(STATE, 12, TAG_U64)       /* enum life_state */ \
    X(CODE, 13, TAG_U64)        /* exit code, 128 + signal */ \
    X(STATUS, 14, TAG_U64)      /* wait status as waitpid(2) has it */ \
    X(GRACE, 15, TAG_U64)       /* ms; MSEC_NEVER: no escalation */ \
    X(ARG, 16, TAG_LIST)        /* one argument of a command */ \
    X(ENV, 17, TAG_LIST)        /* one K=V */ \
    X(USER, 18, TAG_TEXT)       /* USER[:GROUP], names or numbers */ \
    X(WORKDIR, 19, TAG_TEXT)    /* a path inside */ \
    X(FLAGS, 20, TAG_U64)       /* enum command_flag */ \
    X(ROWS, 21, TAG_U64)        /* terminal size in characters */ \
    X(COLUMNS, 22, TAG_U64)     /* */ \
    X(UPTIME, 23, TAG_U64)      /* ms since PID 1 started */ \
    X(MAIN_UPTIME, 24, TAG_U64) /* ms since the main command started */ \
    X(SESSIONS, 25, TAG_U64)    /* sessions that run now */ \
    X(PLACE, 26, TAG_U64)       /* enum place: where PID 1 finds itself */ \
    X(RELEASE, 27, TAG_TEXT)    /* porthole's version */ \
    X(MONITORED, 28, TAG_U64)   /* 1: a monitor is connected */ \
    X(CAPS, 29, TAG_U64)        /* capability set, bit n is capability n */ \
    X(NAMESPACE, 30, TAG_LIST)  /* TYPE:[INODE], as readlink(/proc/PID/ns/TYPE) has it */ \
    X(REAPED, 31, TAG_U64)      /* orphans reaped so far */ \
    X(VERB, 32, TAG_U64)        /* audit: the request's type */ \
    X(UID, 33, TAG_U64)         /* audit: the client's uid as PID 1 sees it */ \
    X(TIME, 34, TAG_U64)        /* audit: wall clock, ms since 1970 */ \
    X(LOST, 35, TAG_U64)        /* audit: records lost before this one */ \
    X(PHASE, 36, TAG_U64)       /* audit: enum audit_phase */ \
    X(CLIENT_PID, 37, TAG_U64)  /* audit: the client's pid by its own word (HELLO) */ \
    X(NAME, 38, TAG_TEXT)       /* a service, without ".service" */ \
    X(CURSOR, 39, \
      TAG_U64) /* SERVICES: index to begin with; in the reply: to go on with, or none */ \
    X(SERVICE, 40, TAG_ITEMS)     /* one service: NAME, SERVICE_STATE, ... */ \
    X(SERVICE_STATE, 41, TAG_U64) /* enum svc_state */ \
    X(RESULT, 42, TAG_U64)        /* enum svc_result */ \
    X(RESTARTS, 43, TAG_U64)      /* how often Restart= has started it again */ \
    X(SERVICES_ALL, 44, TAG_U64)  /* how many services there are */ \
    X(SERVICES_UP, 45, TAG_U64)   /* how many of them are up or done */ \
    X(DESCRIPTION, 46, TAG_TEXT)  /* Description=; of one that cannot be loaded: why */ \
    X(CONTROL_PID, 47, TAG_U64)   /* of a command beside the main process */ \
    X(DUE, 48, TAG_U64)           /* ms until the state's deadline */ \
    X(JOB, 49, TAG_U64)           /* enum job_kind: what was asked for and is not done */ \
    X(CULPRIT, 50, TAG_TEXT)      /* the service whose failure or absence it is */ \
    X(SERVICE_FLAGS, 51, TAG_U64) /* enum service_flag */ \
    X(FOLDER, 52, TAG_LIST)       /* plan: --services */ \
    X(UNIT, 53, TAG_LIST)         /* plan: --unit */ \
    X(MAIN, 54, TAG_TEXT)         /* plan: --main */ \
    X(EXIT_WHEN, 55, TAG_U64)     /* plan: enum exit_when */ \
    X(FAILED_RUN, 56, TAG_U64)    /* enum service_run: the list whose command has failed */ \
    X(FAILED_STATUS, 57, TAG_U64) /* its wait status */

enum proto_tag {
#define X(name, number, kind) TAG_##name = (number),
    PROTO_TAGS(X)
#undef X
        TAG_NUMBER_MAX = 57
};

/* A decoded datagram; its slices point into the datagram. */
struct proto_msg {
    uint16_t type;
    uint32_t request;
    uint64_t seen;                    // bit n: tag n is there
    uint64_t num[TAG_NUMBER_MAX + 1]; // of TAG_U64 tags; 0 where not there
    struct slice text[TAG_NUMBER_MAX +
                      1]; // of all other tags; empty where not there, the last of a TAG_LIST
    struct slice body;    // the whole list, for TAG_LIST tags
};

/*
 * Decodes one datagram as received. Returns 0, or
 *   -EBADMSG     it is malformed: nothing in *ret_msg may be used
 *   -EOPNOTSUPP  an unknown critical tag: type and request are valid, for the error reply
 */
int proto_decode(struct slice datagram, struct proto_msg *ret_msg);

/* Decodes a list without a header (a plan, a memfd of arguments). Same results; body, num, text set. */
int proto_decode_list(struct slice list, struct proto_msg *ret_msg);

bool proto_has(const struct proto_msg *m, enum proto_tag tag);

/* Takes the next value of a TAG_LIST tag off *cursor (start with m->body). False at the end. */
bool proto_next(struct slice *cursor, enum proto_tag tag, struct slice *ret_value);

/* 0, -EPERM where the role may not send it, -EOPNOTSUPP where no such request exists. */
int proto_permit(uint16_t type, enum role role);

/* Begins a datagram in buf, to be filled with wire_tlv_*(). */
void proto_begin(struct wire_writer *w, void *buf, size_t cap, enum proto_type type,
                 uint32_t request);

/* Ends it. Returns its length in bytes, or -EMSGSIZE where the buffer was too small. */
int proto_end(struct wire_writer *w);

/* "EXEC"; NULL for a number that is no type. */
const char *proto_type_name(uint16_t type);

#endif
