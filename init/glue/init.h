/* SPDX-License-Identifier: MIT */
/* The whole state of PID 1: one structure, no heap. */
#ifndef GLUE_INIT_H
#define GLUE_INIT_H

#include "core/life.h"
#include "core/limits.h"
#include "core/place.h"
#include "core/proto.h"
#include "core/rules.h"
#include "sys/sig.h"

#include <sys/types.h>

struct pty;
struct services;

/* Listening sockets: each gives its connections one role. */
enum listener { LISTEN_OPERATOR, LISTEN_OBSERVER, LISTEN_INSIDE, LISTENER_COUNT };

/*
 * One control connection.
 *   FREE     no connection
 *   HELLO    connected, must say hello by `deadline`
 *   OPEN     requests are read
 *   SESSION  EXEC was handed to a session child: nothing is read any more, its EXIT will be sent
 */
enum slot_phase { SLOT_FREE, SLOT_HELLO, SLOT_OPEN, SLOT_SESSION };

enum slot_wait {
    WAIT_NONE,
    WAIT_LIFE,    // for a state of the container
    WAIT_SERVICE, // for a state of a service
    WAIT_JOB,     // for the end of a job
    WAIT_UNITS,   // for units that are read again
    WAIT_EVENTS,  // for more events, again and again
};

struct slot {
    int fd; // owned unless FREE
    uint8_t phase;
    uint8_t role;    // enum role
    uint8_t waiting; // enum slot_wait: a reply is due
    uint8_t wait_state;
    uint32_t wait_request;
    union {
        msec_t deadline; // in HELLO
        struct {
            uint32_t wait_index;  // of the service
            uint32_t wait_serial; // of the job
        };
    };
    uint32_t uid; // of the client, as PID 1 sees it
    uint32_t pid; // of the client, by its own word: PID 1 cannot see a host's pid
};

/* One `exec`. Free where pid is 0. */
struct session {
    pid_t pid;        // our child and its session's leader; not reaped yet
    int slot;         // index of its connection; -1: the client has gone
    uint32_t request; // number of the EXEC
    uint64_t token;   // the client's name for it; 0: it has none
    msec_t kill_at;   // SIGKILL to what is left of it; MSEC_NEVER while the client is there
};

/* One line of the audit trail, kept until a monitor takes it. */
struct audit_record {
    msec_t time; // wall clock
    uint16_t verb;
    uint8_t phase; // enum audit_phase
    uint8_t role;
    uint32_t uid;
    uint32_t client_pid;
    int32_t code;
    pid_t session;
    char text[AUDIT_TEXT];
};

struct audit {
    uint32_t next;  // records ever written
    uint32_t taken; // records that a monitor has, or that were overwritten
    uint32_t lost;  // overwritten, or without memory, since the last one a monitor took
};

struct init {
    bool launched; // by porthole, with a plan
    bool pid1;     // of its pid namespace: kill(-1) reaches the container and nothing else
    bool userns;
    bool verbose;
    bool quiet;
    uint8_t drains; // the first that waited, or waits until drain_at, for --drain; 0: none has come
    bool asked;     // somebody wants the end
    bool tell_up;   // the launcher waits for UP
    bool main_runs; // the main command was executed
    bool more_to_reap; // in the next turn: others were to be served first
    uint8_t place;
    struct sig_inherited inherited;
    int argc; // the command, as an entrypoint; argv[argc] is NULL
    char **argv;
    uint64_t caps; // what commands get, where launched
    // descriptors, -1 where there is none, all owned, CLOEXEC
    int signal_fd; // -1 where nothing else is waited for
    int listener[LISTENER_COUNT];
    int proc_fd;
    int devpts_fd;
    int plan_fd;
    int cgroup_fd; // the container's cgroup, where there are services and it has one of its own
    int exit_fd;   // the exit status is written here for whoever comes after the monitor
    int control_dirs[LISTENER_COUNT]; // entrypoint: to unlink the sockets at the end
    struct rules rules;               // for a single command
    uint32_t handed; // bits: signals of which the first means us alone: dumb-init's TIOCNOTTY
    msec_t drain_at; // it is passed on then; MSEC_NEVER
    struct life life;
    pid_t main_pid;
    msec_t started;
    msec_t main_started;
    pid_t walkers[2]; // children that signal descendants, of which the second sends SIGCONT; 0
    bool walk_again;  // some have ended since SIGKILL went out: they may have forked just before
    bool empty;       // nobody is left to be signalled
    uint64_t reaped;  // processes that were neither the main command nor a session
    msec_t accept_at; // no accept(2) before this time; 0: at once
    int monitor;      // index of the monitor's slot; -1: none
    uint8_t instance[16];
    int slot_end; // behind the last slot in use: the rest is looked at by nobody
    int session_count;
    struct slot slots[SLOTS_MAX];
    struct session sessions[SESSIONS_MAX];
    struct audit audit;
    struct services *services; // owned mapping; NULL where there is only the main command
};

/* Everything empty, every descriptor -1. */
void init_prepare(struct init *in);

/*
 * Closes every descriptor but those in the structure, stdio and pty (NULL: there is none): PID 1 keeps
 * what it opened itself.
 */
void init_keep_own(const struct init *in, const struct pty *pty);

/* Fills in->instance. */
void init_make_instance(struct init *in);

#endif
