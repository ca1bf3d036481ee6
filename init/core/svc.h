/* SPDX-License-Identifier: MIT */
/* One service: the state machine from start to end, as systemd.service(5) has it. */
#ifndef CORE_SVC_H
#define CORE_SVC_H

#include "core/service.h"

/*
 * The model
 *
 *   STOPPED ─START▶ START_PRE ▶ START ▶ START_POST ▶ UP ─STOP▶ STOP ▶ STOP_TERM ▶ STOP_KILL ▶ STOP_POST
 *      ▲                                              │ ▲│                                        │
 *      │                                         RELOAD─┘└─clean end──▶ STOP          FINAL_TERM ▶ FINAL_KILL
 *      │                                              (or DONE: RemainAfterExit=)                 │
 *      ├──────────────────────────────── STOPPED, FAILED, or BACKOFF ─DEADLINE▶ START_PRE ◀───────┘
 *
 *   STOPPED     no process; it was never started, or ended well, or was asked to stop
 *   START_PRE   an ExecStartPre= command runs
 *   START       an ExecStart= command was forked and counts as started only later (Type=exec, oneshot)
 *   START_POST  an ExecStartPost= command runs beside the main process
 *   UP          the main process runs
 *   RELOAD      an ExecReload= command runs beside it, or hung and got SIGKILL
 *   DONE        every ExecStart= command has ended well, and RemainAfterExit= counts that as running
 *   STOP        an ExecStop= command runs
 *   STOP_TERM   the processes that KillMode= names got KillSignal=
 *   STOP_KILL   they got SIGKILL; with KillMode=mixed the others did, once the main process had gone
 *   STOP_POST   an ExecStopPost= command runs
 *   FINAL_TERM  what is left after that got KillSignal=
 *   FINAL_KILL  and SIGKILL
 *   BACKOFF     Restart= applies: it is started again at `deadline`
 *   FAILED      it ended as `result` says, and will not start by itself
 *
 * Only svc_step() moves the state. What must always hold:
 *   - in every state but UP with something to wait for the deadline is finite, unless the unit says infinity;
 *   - STOP_KILL and FINAL_KILL end in finite time whatever the unit says;
 *   - in STOPPED, DONE, BACKOFF and FAILED nothing is to be run or signalled;
 *   - once STOP was asked for, the service comes to STOPPED or FAILED, and to BACKOFF never.
 */
#define SVC_STATES(X) \
    X(STOPPED, "stopped", "stopped") \
    X(START_PRE, "start-pre", "starting") \
    X(START, "start", "starting") \
    X(START_POST, "start-post", "starting") \
    X(UP, "up", "up") \
    X(RELOAD, "reload", "up") \
    X(DONE, "done", "done") \
    X(STOP, "stop", "stopping") \
    X(STOP_TERM, "stop-term", "stopping") \
    X(STOP_KILL, "stop-kill", "stopping") \
    X(STOP_POST, "stop-post", "stopping") \
    X(FINAL_TERM, "final-term", "stopping") \
    X(FINAL_KILL, "final-kill", "stopping") \
    X(BACKOFF, "back-off", "restarting") \
    X(FAILED, "failed", "failed")

#define SVC_EVENTS(X) \
    X(START, "start") /* value: 1 where Restart= asks for it */ \
    X(STOP, "stop") \
    X(RELOAD, "reload") \
    X(UNMET, "unmet")           /* what it requires has failed; value: enum svc_result to say */ \
    X(RAN, "ran")               /* what was to be run is forked */ \
    X(EXECED, "execed")         /* the main process's exec succeeded: Type=exec */ \
    X(MAIN_ENDED, "main-ended") /* value: wait status */ \
    X(COMMAND_ENDED, "command-ended") /* a command beside the main process; value: wait status */ \
    X(EMPTY, "empty")                 /* no process of the service is left */ \
    X(DEADLINE, "deadline") \
    X(NOT_RUN, "not-run") /* it could not be forked */

/* How it ended; what systemd calls the service's result. */
#define SVC_RESULTS(X) \
    X(SUCCESS, "success") \
    X(EXIT_CODE, "exit-code") \
    X(SIGNAL, "signal") \
    X(CORE_DUMP, "core-dump") \
    X(TIMEOUT, "timeout") \
    X(START_LIMIT, "start-limit-hit") \
    X(RESOURCES, "resources")   /* it could not be forked */ \
    X(DEPENDENCY, "dependency") /* what it requires has failed */ \
    X(BAD_UNIT, "bad-unit")     /* its unit cannot be loaded */

enum svc_state {
#define X(name, text, public) SVC_##name,
    SVC_STATES(X)
#undef X
        SVC_STATE_COUNT
};

enum svc_event {
#define X(name, text) SVC_EV_##name,
    SVC_EVENTS(X)
#undef X
        SVC_EVENT_COUNT
};

enum svc_result {
#define X(name, text) RESULT_##name,
    SVC_RESULTS(X)
#undef X
        SVC_RESULT_COUNT
};

/* What is to be done for a service; the caller takes a bit away when it has done it. */
enum svc_todo {
    SVC_DO_RUN =
        1
        << 0, /* fork command `index` of list `running`; then RAN or NOT_RUN. RUN_START: the main process */
    SVC_DO_KILL = 1 << 1,  /* send `signal`, and SIGCONT, to `whom` */
    SVC_DO_TELL = 1 << 2,  /* the state has changed */
    SVC_DO_AGAIN = 1 << 3, /* the back-off is over: START is to come with value 1 */
};

enum svc_whom {
    WHOM_COMMAND,   /* the command beside the main process */
    WHOM_PROCESSES, /* both */
    WHOM_ALL,       /* and every other process of the service */
};

struct svc {
    uint8_t state;
    uint8_t result;  // of the present run, or the last
    uint8_t todo;    // enum svc_todo
    uint8_t running; // enum service_run: of the command that runs, or is to run
    uint8_t signal;
    uint8_t whom; // enum svc_whom
    bool main_alive;
    bool command_alive; // a command beside the main process
    bool occupied;      // processes of it may be left
    bool stop_asked;    // Restart= does not apply
    bool has_ended;     // main_status is one
    bool has_run;       // a main process was started in this run
    bool reload_failed; // the last reload
    bool
        has_failed_run; // a command beside the main process has: failed_run and failed_status say which and how
    uint8_t failed_run;  // enum service_run: of the first failure of this run, or the last reload's
    uint16_t index;      // which command of its list
    uint16_t main_index; // which ExecStart= the main process is, or was
    int failed_status;   // its wait status
    int main_status;     // wait status of the last main process that ended
    uint32_t restarts;   // by Restart=, since somebody asked for a start
    uint32_t starts;     // in the window of the start limit
    msec_t window;       // when that began
    msec_t since;        // when the state began, monotonic
    msec_t deadline;     // monotonic; MSEC_NEVER
};

void svc_init(struct svc *s, const struct service_conf *conf, msec_t now);

/* Applies an event. What is to be done is in s->todo afterwards. */
void svc_step(struct svc *s, const struct service_conf *conf, enum svc_event event, int value,
              msec_t now);

/*
 * UP, RELOAD, DONE: it counts as started. STOPPED, FAILED, BACKOFF: it may be started.
 * STOP to FINAL_KILL: it is on its way down, asked to or not.
 */
bool svc_is_up(const struct svc *s);
bool svc_is_down(const struct svc *s);
bool svc_is_stopping(const struct svc *s);

/* "start-pre", …: exact names; "starting", …: what people are told. NULL for a number that is none. */
const char *svc_state_name(unsigned state);
const char *svc_public_name(unsigned state);
const char *svc_event_name(unsigned event);
const char *svc_result_name(unsigned result);

#endif
