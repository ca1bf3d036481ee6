/* SPDX-License-Identifier: MIT */
/* A container's services, as PID 1 and its procfs tell of them. */
#ifndef TOOLS_SERVICES_H
#define TOOLS_SERVICES_H

#include "json.h"
#include "procfs.h"
#include "target.h"

#define SERVICE_TEXT_MAX 1024 /* bytes of a description or a reason that are shown */

struct service {
    char name[SERVICE_NAME_MAX + 1];
    char culprit[SERVICE_NAME_MAX + 1]; // empty: none
    char description[SERVICE_TEXT_MAX]; // only where one service was asked for
    uint64_t state;                     // enum svc_state, or a number that this build does not know
    uint64_t result;                    // enum svc_result
    uint64_t job;                       // enum job_kind
    uint64_t flags;                     // enum service_flag
    uint64_t restarts;
    uint64_t state_ms; // in its present state
    uint64_t due_ms;   // until the state's deadline; UINT64_MAX: it has none
    long pid;          // main process, inside; 0: none runs
    long control_pid;  // 0: none runs
    bool has_ended;    // the main process has, at least once
    int wait_status;   // how it last did
    bool
        has_failed_run; // a command beside the main process has failed, which explains result or a reload
    uint64_t failed_run; // enum service_run
    int failed_status;   // how it ended
    bool has_process;    // `process` is known
    bool executed;       // it is its own command already, and no copy of PID 1 on the way there
    struct process process;
};

struct services {
    struct service *list; // owned
    size_t count;
    uint64_t
        all; // as PID 1 counts them; 0: a container without services, or that still reads its units
    uint64_t up;
};

/* All of them, in PID 1's order. 0, or an exit code with the error reported. */
int services_get(struct client *c, struct services *ret);
void services_finish(struct services *s);

/* One of them: with `description`. EXIT_NOT_TRUE, reported, where there is none of that name. */
int services_get_one(struct client *c, const struct target *t, struct service *ret);

/* Fills in what procfs knows of the main processes; what has gone meanwhile stays unknown. */
void services_read_processes(struct client *c, struct service *list, size_t count);

/* True where its main process runs and it counts as up: `state_ms` is for how long. */
bool service_is_up(const struct service *s);

/* One object, under key; `detail` adds the description. */
void service_to_json(struct json *j, const char *key, const struct service *s, bool detail);

/* {"code", "signal", "core_dumped"} of a wait status under key: one of the first two is null. */
void ending_to_json(struct json *j, const char *key, int wait_status);

/*
 * Says why that target did not come to what was asked of it: the answer, or what client_receive()
 * returned in its place. Returns the exit code.
 */
int services_report(const struct client *c, const struct target *t, int received);

/* Says how target has failed, as a STATE tells. Returns the exit code. */
int services_report_failed(const struct client *c, const struct target *t);

/* 0 where PID 1 offers services; else the error is reported and an exit code returned. */
int services_offered(const struct client *c);

/* NAME into a request, as what cannot be passed over. Nothing for a whole container. */
void services_put_name(struct wire_writer *w, const struct target *t);

#endif
