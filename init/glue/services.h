/* SPDX-License-Identifier: MIT */
/* The services of a container: the unit image, what runs of it, and carrying out what the core decides. */
#ifndef GLUE_SERVICES_H
#define GLUE_SERVICES_H

#include "core/event.h"
#include "core/super.h"
#include "glue/init.h"
#include "glue/lean.h"
#include "glue/loader.h"
#include "glue/logger.h"
#include "sys/pty.h"
#include "sys/raise.h"

/*
 * The flow
 *
 *   loader ──sealed image──▶ services_reaped() ──▶ super ──actions──▶ services_pump() ──fork──▶ service_child()
 *                               ▲   exits, requests, deadlines: events │
 *                               └──────────────────────────────────────┘
 *
 * Where there are services the container's life (core/life.h) asks for their end by services_shutdown(), and is
 * told by services_pump() when they are up, when the container's end has come, and when none is left.
 */

enum { PROCESS_MAIN, PROCESS_COMMAND, PROCESS_COUNT };

#define GROUP_COUNT (PROCESS_COUNT + 2) /* two for what earlier commands have left behind */

#define INVOCATION_BYTES 16

/* What a service has of processes, beside its two (services.pid). */
struct service_process {
    pid_t group[GROUP_COUNT];   // process groups that may have members left; 0
    pid_t session[GROUP_COUNT]; // which each was started in; 0
    uint32_t shown_ended;       // of the last events that told of it
    uint8_t shown_state;
    uint8_t shown_result;
    bool in_cgroup;     // all of its processes were born in its leaf: service_cgroup.h
    bool leaf_killed;   // SIGKILL went to its leaf, in which nobody can be born any more
    bool signal_groups; // once `sweep` has ended
    pid_t sweep;        // the child that signals its strays; 0
    uint32_t other;     // while `next` waits: its index in the other table; SUPER_NONE
    int execed;         // owned; Type=exec: end of file once it is executed; -1
    uint8_t invocation[INVOCATION_BYTES];
};

/* All that depends on how many there are: one mapping. */
struct service_table {
    struct unitimage image; // in `bytes`
    struct slice bytes;     // owned: the mapping of the sealed image
    struct super super;
    struct super_service *service;
    pid_t (*pid)
        [PROCESS_COUNT]; // 0: none. Apart from the rest: it is searched at every end of a process
    struct service_process *process;
    /*
     * The log pipes of each service, owned, CLOEXEC: both ends, so that what is in a pipe outlives both the service
     * and the log worker. [0] carries stdout, [1] stderr; -1 where there is none (yet). Where descriptors are scarce
     * there is no writer, and `log` is O_RDWR: one descriptor for both. Made by logger_open().
     */
    int (*log)[2]; // to read, O_NONBLOCK: the log worker's
    int (*writer)[2];
    void *memory; // owned
    size_t size;
};

struct services {
    struct logger logger;
    struct lean lean;
    struct loader_request want; // in `words`
    void *words;                // owned mapping
    enum exit_when exit_when;
    pid_t loader;       // 0: none runs
    msec_t loader_due;  // it is killed then; MSEC_NEVER
    int memfd;          // owned; what it fills; -1
    bool again;         // the units are to be read once more, when it has ended
    bool loaded;        // there is an image
    bool booted;        // every start of the boot is done
    bool ended;         // the container's end has come: its code is set
    bool gone;          // no service is left
    bool told_to_end;   // by a signal
    uint8_t shown_life; // of the last event that told of it
    uint32_t main;      // index of the main service; SUPER_NONE
    unsigned sweeps;    // children that signal strays
    msec_t settle_at;   // whether services have somebody left is looked at again then; MSEC_NEVER
    struct service_table now;
    struct service_table
        next; // read, and waiting until what is not in it has stopped; no memory: there is none
    int exec_poll; // owned; epoll(7) of all `execed`; -1
    int events;    // owned; the memfd of events; -1
    uint64_t event_count;
    struct raised given; // limits as PID 1 was given them
    struct pty pty;      // of COMMAND; {-1, -1}
};

/*
 * Begins to load the units. request is copied; out is what services' lines are written to (taken; -1: nothing). Needs
 * in->proc_fd, where there is one. 0 or -errno.
 */
int services_start(struct init *in, const struct loader_request *request, enum exit_when exit_when,
                   int out);

/* Reads the units again; the outcome is told to slots with WAIT_UNITS. */
void services_reload(struct init *in);

/* Carries out everything that is to be done now, and tells the container's life what it means for it. */
void services_pump(struct init *in, msec_t now);

/* It is the loader, or a process that was started for a service. */
bool services_own(const struct init *in, pid_t pid);

/* Was it the loader's, or a process of a service? The rest of its service is looked after. */
bool services_reaped(struct init *in, pid_t pid, int status, msec_t now);

/* After all that have ended were reaped: which services have nothing left now. */
void services_settle(struct init *in, msec_t now);

/* A signal to PID 1: an ordered shutdown, an immediate one, or a reload. */
void services_signal(struct init *in, int number, msec_t now);

/* The container ends: everything is to stop, in order. */
void services_shutdown(struct init *in);

msec_t services_deadline(const struct init *in);
void services_expire(struct init *in, msec_t now);

/* Appends an event, and tells those who follow. */
void services_event(struct init *in, const struct event *e);

/* The same of the container's own state, and of an orphan; nothing where there are no services. */
void services_event_life(struct init *in);
void services_event_reap(struct init *in, pid_t pid, int status);

#endif
