/* SPDX-License-Identifier: MIT */
/* All services together: jobs, what waits for what, and the order in which they start and stop. */
#ifndef CORE_SUPER_H
#define CORE_SUPER_H

#include "core/svc.h"
#include "core/unitimage.h"

/* What was asked of a service and is not done yet. Numbers travel on the wire: append only. */
#define JOB_KINDS(X) \
    X(NONE, "none") \
    X(START, "start") \
    X(STOP, "stop") \
    X(RESTART, "restart") \
    X(RELOAD, "reload")

#define JOB_RESULTS(X) \
    X(DONE, "done") \
    X(FAILED, "failed") \
    X(DEPENDENCY, "dependency")     /* what it requires could not be started */ \
    X(CANCELED, "canceled")         /* something else was asked for meanwhile */ \
    X(INAPPLICABLE, "inapplicable") /* reload of what is not up, or has no ExecReload= */

enum job_kind {
#define X(name, text) JOB_##name,
    JOB_KINDS(X)
#undef X
        JOB_KIND_COUNT
};

enum job_result {
#define X(name, text) JOB_RESULT_##name,
    JOB_RESULTS(X)
#undef X
        JOB_RESULT_COUNT
};

/*
 * The model
 *
 * A request makes a job of a service, and of others: a start is one of all that it requires or wants, too; a stop or
 * restart is one of all that require it (a restart: of those that run and are not to stop; once it has become a start,
 * it reaches what a start does). A service has one job at most; what is asked for last holds, but
 *   - a start joins a restart, or a reload, that is there, and a restart takes over a start or a reload: one number;
 *   - a reload during a reload is done after it, under the same number;
 *   - what Restart= asks for takes the place of no stop.
 *
 * A job waits
 *   - to start: for the jobs (of any kind but reload) of what it is ordered after, and for the stop of what is
 *     ordered after it;
 *   - to stop: for the stop of what is ordered after it;
 * and then the service's own machine (svc.h) is told. A start that fails fails the starts that require it and still
 * wait. The image has no cycles of order (the loader sees to that), so that some job can always go on.
 *
 * What must always hold:
 *   - no service gets START while one that it requires and is ordered after is not up and may still come up;
 *   - once super_shutdown() was called no service gets START, and every one comes to STOPPED or FAILED.
 *
 * The caller feeds events and then takes actions until there are none:
 *
 *   super_event(…); while (super_next(s, now, &action)) { perform it; super_event(RAN or NOT_RUN) }
 */
struct super_service {
    struct svc svc;
    uint8_t job;       // enum job_kind
    bool told;         // the machine has been told what the job wants
    bool again;        // the start is Restart='s
    bool fails;        // its start has failed: those that require it are to be told
    bool queued;       // in the queue of those to look at
    bool reached;      // by the request that is being worked out
    uint8_t ended_job; // enum job_kind of the last job that came to its end
    uint8_t result;    // its enum job_result
    uint32_t serial;   // of the present job, or the last
    uint32_t ended;    // serial of the last job that came to its end; jobs between were canceled
    uint32_t next;     // in that queue
    uint32_t reach;    // the next that the request reaches
    uint32_t culprit;  // which service's failure `result` or the state is; SUPER_NONE
};

#define SUPER_NONE UINT32_MAX

struct super {
    const struct unitimage *image;
    struct super_service *service; // the caller's; image->count of them
    uint32_t head;                 // queue of services to look at; SUPER_NONE
    uint32_t tail;
    bool closing;
};

enum super_what {
    SUPER_RUN,  /* fork the command that `svc.running` and `svc.index` say */
    SUPER_KILL, /* `svc.signal` to `svc.whom` */
    SUPER_TELL, /* the state, or the job, has changed */
};

struct super_action {
    enum super_what what;
    uint32_t index;
};

/* service: room for image->count entries. */
void super_init(struct super *s, const struct unitimage *image, struct super_service *service,
                msec_t now);

/* Takes over what the service of the same name was in another super: a reload. */
void super_adopt(struct super *s, uint32_t index, const struct super_service *from);

/* A start of every service with SERVICE_BOOT. */
void super_boot(struct super *s, msec_t now);

/*
 * Asks for a job. 0 with *ret_serial (service[index].serial: the job is over once `ended` is that or more, or serial
 * is another), -ESHUTDOWN, -ENOEXEC (start of a broken unit, or its restart), -EINVAL (a reload that cannot be).
 */
int super_request(struct super *s, uint32_t index, enum job_kind kind, uint32_t *ret_serial);

/* What happened to one service. */
void super_event(struct super *s, uint32_t index, enum svc_event event, int value, msec_t now);

/* Everything is to stop, and nothing to start any more. */
void super_shutdown(struct super *s);

/* The next thing to do. False where nothing is to be done until something happens. */
bool super_next(struct super *s, msec_t now, struct super_action *ret_action);

/* The earliest deadline of any service, and DEADLINE to those whose time has come. */
msec_t super_deadline(const struct super *s);
void super_expire(struct super *s, msec_t now);

/* How many services are up; how many have something going on (a job, a process, a back-off); how many have failed,
   or have a job. */
struct super_count {
    uint32_t up;
    uint32_t busy;
    uint32_t failed;
    uint32_t jobs;
};
struct super_count super_count(const struct super *s);

const char *job_kind_name(unsigned kind);
const char *job_result_name(unsigned result);

#endif
