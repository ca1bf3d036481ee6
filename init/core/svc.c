/* SPDX-License-Identifier: MIT */
/* One service: the state machine from start to end. */
#include "core/svc.h"

#include "core/unitimage.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>

void svc_init(struct svc *s, const struct service_conf *conf, msec_t now)
{
    bool broken = (conf->flags & SERVICE_BROKEN) != 0;

    *s = (struct svc){
        .state = broken ? SVC_FAILED : SVC_STOPPED,
        .result = broken ? RESULT_BAD_UNIT : RESULT_SUCCESS,
        .since = now,
        .deadline = MSEC_NEVER,
    };
}

bool svc_is_up(const struct svc *s)
{
    return s->state == SVC_UP || s->state == SVC_RELOAD || s->state == SVC_DONE;
}

bool svc_is_down(const struct svc *s)
{
    return s->state == SVC_STOPPED || s->state == SVC_FAILED || s->state == SVC_BACKOFF;
}

static msec_t after(msec_t now, msec_t delay)
{
    return delay >= MSEC_NEVER - now ? MSEC_NEVER : now + delay;
}

/* One step of the machine: what all of its parts look at. */
struct step {
    struct svc *s;
    const struct service_conf *conf;
    msec_t now;
};

static void move(const struct step *p, enum svc_state state, msec_t deadline)
{
    struct svc *s = p->s;

    if (s->state != state) {
        s->since = p->now;
    }
    s->state = (uint8_t)state;
    s->deadline = deadline;
    s->todo = SVC_DO_TELL; // what the state before wanted done is not wanted any more
}

/* The first failure is what is told: what comes after it follows from it. */
static void fail(const struct step *p, enum svc_result result)
{
    if (p->s->result == RESULT_SUCCESS) {
        p->s->result = (uint8_t)result;
    }
}

static void run(const struct step *p, enum svc_state state, enum service_run kind, uint16_t index, msec_t limit)
{
    move(p, state, after(p->now, limit));
    p->s->running = (uint8_t)kind;
    p->s->index = index;
    p->s->todo |= SVC_DO_RUN;
}

/* Restart= of systemd.service(5), in the table's own order of columns. */
static bool restarts(enum service_restart restart, enum svc_result result)
{
    bool clean = result == RESULT_SUCCESS;
    bool killed = result == RESULT_SIGNAL || result == RESULT_CORE_DUMP;

    if (result == RESULT_START_LIMIT || result == RESULT_DEPENDENCY || result == RESULT_BAD_UNIT) {
        return false;
    }
    switch (restart) {
    case RESTART_NO:
    case RESTART_ON_WATCHDOG: // there are no watchdogs yet
    case SERVICE_RESTART_COUNT:
        return false;
    case RESTART_ALWAYS:
        return true;
    case RESTART_ON_SUCCESS:
        return clean;
    case RESTART_ON_FAILURE:
        return !clean;
    case RESTART_ON_ABNORMAL:
        return killed || result == RESULT_TIMEOUT;
    case RESTART_ON_ABORT:
        return killed;
    }
    return false;
}

static void enter_dead(const struct step *p)
{
    struct svc *s = p->s;

    s->main_alive = s->command_alive = s->occupied = false; // with KillMode=none they are nobody's now
    if (!s->stop_asked && restarts((enum service_restart)p->conf->restart, (enum svc_result)s->result)) {
        move(p, SVC_BACKOFF, after(p->now, p->conf->restart_ms));
    } else {
        move(p, s->result == RESULT_SUCCESS ? SVC_STOPPED : SVC_FAILED, MSEC_NEVER);
    }
}

/* Is there anything that KillMode= would signal and wait for? */
static bool anybody_left(const struct step *p)
{
    const struct svc *s = p->s;

    switch ((enum service_kill_mode)p->conf->kill_mode) {
    case KILL_CONTROL_GROUP:
    case KILL_MIXED:
        return s->main_alive || s->command_alive || s->occupied;
    case KILL_PROCESS:
        return s->main_alive || s->command_alive;
    case KILL_NONE:
    case SERVICE_KILL_MODE_COUNT:
        break;
    }
    return false;
}

static void signal_all(const struct step *p, enum svc_state state, int number, enum svc_whom whom, msec_t deadline)
{
    move(p, state, deadline);
    p->s->signal = (uint8_t)number;
    p->s->whom = (uint8_t)whom;
    p->s->todo |= SVC_DO_KILL;
}

static void enter_term(const struct step *p, enum svc_state state)
{
    signal_all(p, state, p->conf->kill_signal, p->conf->kill_mode == KILL_CONTROL_GROUP ? WHOM_ALL : WHOM_PROCESSES,
               after(p->now, p->conf->timeout_stop));
}

/* Whoever survives SIGKILL (uninterruptible sleep) is waited for no longer than that. */
static void enter_kill(const struct step *p, enum svc_state state)
{
    signal_all(p, state, SIGKILL, p->conf->kill_mode != KILL_PROCESS ? WHOM_ALL : WHOM_PROCESSES,
               after(p->now, KILL_WAIT_MS));
}

static void enter_final(const struct step *p)
{
    if (anybody_left(p)) {
        enter_term(p, SVC_FINAL_TERM);
    } else {
        enter_dead(p);
    }
}

static void enter_stop_post(const struct step *p)
{
    if (p->conf->commands[RUN_STOP_POST] > 0) {
        run(p, SVC_STOP_POST, RUN_STOP_POST, 0, p->conf->timeout_stop);
    } else {
        enter_final(p);
    }
}

static void enter_stop_term(const struct step *p)
{
    if (anybody_left(p)) {
        enter_term(p, SVC_STOP_TERM);
    } else {
        enter_stop_post(p);
    }
}

static void enter_stop(const struct step *p)
{
    if (p->conf->commands[RUN_STOP] > 0) {
        run(p, SVC_STOP, RUN_STOP, 0, p->conf->timeout_stop);
    } else {
        enter_stop_term(p);
    }
}

/* After the last command of a start or a reload: what counts is whether the main process is there. */
static void enter_running(const struct step *p)
{
    if (p->s->result != RESULT_SUCCESS) {
        enter_stop_term(p);
    } else if (p->s->main_alive) {
        move(p, SVC_UP, MSEC_NEVER);
    } else if ((p->conf->flags & SERVICE_REMAIN) != 0) {
        move(p, SVC_DONE, MSEC_NEVER);
    } else {
        enter_stop(p);
    }
}

static void enter_start_post(const struct step *p)
{
    if (p->conf->commands[RUN_START_POST] > 0) {
        run(p, SVC_START_POST, RUN_START_POST, 0, p->conf->timeout_start);
    } else {
        enter_running(p);
    }
}

static void enter_start(const struct step *p)
{
    if (p->conf->commands[RUN_START] > 0 || (p->conf->flags & SERVICE_COMMAND) != 0) {
        run(p, SVC_START, RUN_START, 0, p->conf->timeout_start);
    } else {
        enter_start_post(p);
    }
}

/* As many starts as StartLimitBurst= within StartLimitIntervalSec=; one window after the other. */
static bool within_limit(const struct step *p)
{
    struct svc *s = p->s;

    if (p->conf->limit_interval <= 0 || p->conf->limit_burst == 0) {
        return true;
    }
    if (s->starts == 0 || p->now - s->window >= p->conf->limit_interval) {
        s->window = p->now;
        s->starts = 0;
    }
    if (s->starts >= p->conf->limit_burst) {
        return false;
    }
    s->starts++;
    return true;
}

static void on_start(const struct step *p, bool again)
{
    struct svc *s = p->s;

    if (!svc_is_down(s)) {
        return;
    }
    if ((p->conf->flags & SERVICE_BROKEN) != 0) {
        s->result = RESULT_BAD_UNIT;
        move(p, SVC_FAILED, MSEC_NEVER);
        return;
    }
    if (!within_limit(p)) {
        s->result = RESULT_START_LIMIT;
        move(p, SVC_FAILED, MSEC_NEVER);
        return;
    }
    s->restarts = again ? s->restarts + 1 : 0;
    s->result = RESULT_SUCCESS;
    s->stop_asked = false;
    if (p->conf->commands[RUN_START_PRE] > 0) {
        run(p, SVC_START_PRE, RUN_START_PRE, 0, p->conf->timeout_start);
    } else {
        enter_start(p);
    }
}

static void on_stop(const struct step *p)
{
    p->s->stop_asked = true;
    switch ((enum svc_state)p->s->state) {
    case SVC_BACKOFF:
        p->s->result = RESULT_SUCCESS;
        move(p, SVC_STOPPED, MSEC_NEVER);
        break;
    case SVC_START_PRE:
    case SVC_START:
    case SVC_START_POST:
    case SVC_RELOAD:
        enter_stop_term(p); // ExecStop= is for what has started
        break;
    case SVC_UP:
    case SVC_DONE:
        enter_stop(p);
        break;
    case SVC_STOPPED:
    case SVC_FAILED:
    case SVC_STOP:
    case SVC_STOP_TERM:
    case SVC_STOP_KILL:
    case SVC_STOP_POST:
    case SVC_FINAL_TERM:
    case SVC_FINAL_KILL:
    case SVC_STATE_COUNT:
        break;
    }
}

static void on_reload(const struct step *p)
{
    if ((p->s->state == SVC_UP || p->s->state == SVC_DONE) && p->conf->commands[RUN_RELOAD] > 0 &&
        !p->s->command_alive) {
        p->s->reload_failed = false;
        run(p, SVC_RELOAD, RUN_RELOAD, 0, p->conf->timeout_start);
    }
}

static void on_unmet(const struct step *p, enum svc_result result)
{
    if (svc_is_down(p->s)) {
        p->s->result = (uint8_t)result;
        move(p, SVC_FAILED, MSEC_NEVER);
    }
}

static void on_ran(const struct step *p)
{
    struct svc *s = p->s;

    s->occupied = true;
    if (s->running != RUN_START) {
        s->command_alive = true;
        return;
    }
    s->main_alive = true;
    s->has_ended = false;
    s->main_index = s->index;
    if (s->state == SVC_START && p->conf->type == TYPE_SIMPLE) {
        enter_start_post(p);
    }
}

static void on_not_run(const struct step *p)
{
    switch ((enum svc_state)p->s->state) {
    case SVC_START_PRE:
    case SVC_START:
    case SVC_START_POST:
    case SVC_STOP:
        fail(p, RESULT_RESOURCES);
        enter_stop_term(p);
        break;
    case SVC_RELOAD:
        p->s->reload_failed = true;
        enter_running(p);
        break;
    case SVC_STOP_POST:
        fail(p, RESULT_RESOURCES);
        enter_final(p);
        break;
    case SVC_STOPPED:
    case SVC_UP:
    case SVC_DONE:
    case SVC_STOP_TERM:
    case SVC_STOP_KILL:
    case SVC_FINAL_TERM:
    case SVC_FINAL_KILL:
    case SVC_BACKOFF:
    case SVC_FAILED:
    case SVC_STATE_COUNT:
        break;
    }
}

static void on_execed(const struct step *p)
{
    if (p->s->state == SVC_START && p->conf->type == TYPE_EXEC && p->s->main_alive) {
        enter_start_post(p);
    }
}

static bool ignores_failure(const struct step *p, enum service_run kind, uint16_t index)
{
    unsigned bits = 0;
    struct slice words;

    return unitimage_command(p->conf, kind, index, &bits, &words) && (bits & RUN_IGNORE) != 0;
}

/* A daemon that ends by one of these was asked to: systemd.service(5), SuccessExitStatus=. */
static bool is_clean_signal(int number)
{
    return number == SIGHUP || number == SIGINT || number == SIGTERM || number == SIGPIPE;
}

static enum svc_result result_of(const struct step *p, int status, bool main)
{
    if (WIFEXITED(status)) {
        unsigned code = (unsigned)WEXITSTATUS(status);
        bool listed = main && p->conf->codes != NULL && (p->conf->codes[code / 8] >> code % 8 & 1) != 0;

        return code == 0 || listed ? RESULT_SUCCESS : RESULT_EXIT_CODE;
    }
    if (main && WIFSIGNALED(status)) {
        int number = WTERMSIG(status);

        if ((p->conf->ok_signals >> (number - 1) & 1) != 0 ||
            (p->conf->type != TYPE_ONESHOT && is_clean_signal(number))) {
            return RESULT_SUCCESS;
        }
    }
    return WCOREDUMP(status) ? RESULT_CORE_DUMP : RESULT_SIGNAL;
}

/* The two processes and all others are gone, as far as KillMode= cares: what was waited for has come. */
static void go_on_once_gone(const struct step *p)
{
    if (anybody_left(p)) {
        return;
    }
    if (p->s->state == SVC_STOP_TERM || p->s->state == SVC_STOP_KILL) {
        enter_stop_post(p);
    } else {
        enter_dead(p);
    }
}

static void main_ended_in_start(const struct step *p, bool clean)
{
    if (!clean) {
        enter_stop_term(p);
    } else if (p->conf->type != TYPE_ONESHOT) {
        enter_start_post(p); // its exec was too quick to be told apart from its end
    } else if (p->s->index + 1 < p->conf->commands[RUN_START]) {
        run(p, SVC_START, RUN_START, (uint16_t)(p->s->index + 1), p->conf->timeout_start);
    } else {
        enter_start_post(p);
    }
}

static void on_main_ended(const struct step *p, int status)
{
    struct svc *s = p->s;
    enum svc_result result = result_of(p, status, true);

    if (!s->main_alive) {
        return;
    }
    s->main_alive = false;
    s->has_ended = true;
    s->main_status = status;
    if (result != RESULT_SUCCESS && ignores_failure(p, RUN_START, s->main_index)) {
        result = RESULT_SUCCESS;
    }
    if (result != RESULT_SUCCESS) {
        fail(p, result);
    }
    switch ((enum svc_state)s->state) {
    case SVC_START:
        main_ended_in_start(p, result == RESULT_SUCCESS);
        break;
    case SVC_START_POST:
        if (result != RESULT_SUCCESS) {
            enter_stop_term(p);
        } else if (!s->command_alive && (s->todo & SVC_DO_RUN) == 0) {
            enter_running(p);
        }
        break;
    case SVC_UP:
        enter_running(p);
        break;
    case SVC_RELOAD: // the command that reloads may still have something to say
    case SVC_STOP:
        break;
    case SVC_STOP_TERM:
    case SVC_STOP_KILL:
    case SVC_FINAL_TERM:
    case SVC_FINAL_KILL:
        go_on_once_gone(p);
        break;
    case SVC_STOPPED:
    case SVC_START_PRE:
    case SVC_DONE:
    case SVC_STOP_POST:
    case SVC_BACKOFF:
    case SVC_FAILED:
    case SVC_STATE_COUNT:
        break;
    }
}

/* The next command of the list, or false where that was the last. */
static bool run_next(const struct step *p, msec_t limit)
{
    enum service_run kind = (enum service_run)p->s->running;

    if (p->s->index + 1 >= p->conf->commands[kind]) {
        return false;
    }
    run(p, (enum svc_state)p->s->state, kind, (uint16_t)(p->s->index + 1), limit);
    return true;
}

static void on_command_ended(const struct step *p, int status)
{
    struct svc *s = p->s;
    enum service_run kind = (enum service_run)s->running;
    bool clean = result_of(p, status, false) == RESULT_SUCCESS || ignores_failure(p, kind, s->index);

    if (!s->command_alive) {
        return;
    }
    s->command_alive = false;
    if (!clean && s->state != SVC_RELOAD) {
        fail(p, result_of(p, status, false));
    }
    switch ((enum svc_state)s->state) {
    case SVC_START_PRE:
        if (!clean) {
            enter_stop_term(p);
        } else if (!run_next(p, p->conf->timeout_start)) {
            enter_start(p);
        }
        break;
    case SVC_START_POST:
        if (!clean) {
            enter_stop_term(p);
        } else if (!run_next(p, p->conf->timeout_start)) {
            enter_running(p);
        }
        break;
    case SVC_RELOAD:
        s->reload_failed = !clean;
        if (!clean || !run_next(p, p->conf->timeout_start)) {
            enter_running(p);
        }
        break;
    case SVC_STOP:
        if (!clean || !run_next(p, p->conf->timeout_stop)) {
            enter_stop_term(p);
        }
        break;
    case SVC_STOP_POST:
        if (!clean || !run_next(p, p->conf->timeout_stop)) {
            enter_final(p);
        }
        break;
    case SVC_STOP_TERM:
    case SVC_STOP_KILL:
    case SVC_FINAL_TERM:
    case SVC_FINAL_KILL:
        go_on_once_gone(p);
        break;
    case SVC_STOPPED:
    case SVC_START:
    case SVC_UP:
    case SVC_DONE:
    case SVC_BACKOFF:
    case SVC_FAILED:
    case SVC_STATE_COUNT:
        break;
    }
}

static void on_empty(const struct step *p)
{
    p->s->occupied = false;
    switch ((enum svc_state)p->s->state) {
    case SVC_STOP_TERM:
    case SVC_STOP_KILL:
    case SVC_FINAL_TERM:
    case SVC_FINAL_KILL:
        go_on_once_gone(p);
        break;
    case SVC_STOPPED:
    case SVC_START_PRE:
    case SVC_START:
    case SVC_START_POST:
    case SVC_UP:
    case SVC_RELOAD:
    case SVC_DONE:
    case SVC_STOP:
    case SVC_STOP_POST:
    case SVC_BACKOFF:
    case SVC_FAILED:
    case SVC_STATE_COUNT:
        break;
    }
}

static void on_deadline(const struct step *p)
{
    bool kill = (p->conf->flags & SERVICE_SEND_SIGKILL) != 0;

    switch ((enum svc_state)p->s->state) {
    case SVC_START_PRE:
    case SVC_START:
    case SVC_START_POST:
    case SVC_STOP:
        fail(p, RESULT_TIMEOUT);
        enter_stop_term(p);
        break;
    case SVC_RELOAD: // what was up stays up; the command that hangs is ended
        p->s->reload_failed = true;
        enter_running(p);
        if (p->s->state == SVC_UP || p->s->state == SVC_DONE) {
            p->s->todo |= SVC_DO_KILL;
            p->s->signal = SIGKILL;
            p->s->whom = WHOM_COMMAND;
        }
        break;
    case SVC_STOP_TERM:
        fail(p, RESULT_TIMEOUT);
        if (kill) {
            enter_kill(p, SVC_STOP_KILL);
        } else {
            enter_stop_post(p);
        }
        break;
    case SVC_STOP_KILL:
        enter_stop_post(p);
        break;
    case SVC_STOP_POST:
        fail(p, RESULT_TIMEOUT);
        enter_final(p);
        break;
    case SVC_FINAL_TERM:
        fail(p, RESULT_TIMEOUT);
        if (kill) {
            enter_kill(p, SVC_FINAL_KILL);
        } else {
            enter_dead(p);
        }
        break;
    case SVC_FINAL_KILL:
        enter_dead(p);
        break;
    case SVC_BACKOFF:
        p->s->deadline = MSEC_NEVER;
        p->s->todo |= SVC_DO_AGAIN;
        break;
    case SVC_STOPPED:
    case SVC_UP:
    case SVC_DONE:
    case SVC_FAILED:
    case SVC_STATE_COUNT:
        break;
    }
}

void svc_step(struct svc *s, const struct service_conf *conf, enum svc_event event, int value, msec_t now)
{
    const struct step p = {s, conf, now};

    switch (event) {
    case SVC_EV_START:
        on_start(&p, value != 0);
        break;
    case SVC_EV_STOP:
        on_stop(&p);
        break;
    case SVC_EV_RELOAD:
        on_reload(&p);
        break;
    case SVC_EV_UNMET:
        on_unmet(&p, (enum svc_result)value);
        break;
    case SVC_EV_RAN:
        on_ran(&p);
        break;
    case SVC_EV_EXECED:
        on_execed(&p);
        break;
    case SVC_EV_MAIN_ENDED:
        on_main_ended(&p, value);
        break;
    case SVC_EV_COMMAND_ENDED:
        on_command_ended(&p, value);
        break;
    case SVC_EV_EMPTY:
        on_empty(&p);
        break;
    case SVC_EV_DEADLINE:
        on_deadline(&p);
        break;
    case SVC_EV_NOT_RUN:
        on_not_run(&p);
        break;
    case SVC_EVENT_COUNT:
        break;
    }
}

const char *svc_state_name(unsigned state)
{
    static const char *const names[] = {
#define X(name, text, public) [SVC_##name] = (text),
        SVC_STATES(X)
#undef X
    };

    return state < SVC_STATE_COUNT ? names[state] : NULL;
}

const char *svc_public_name(unsigned state)
{
    static const char *const names[] = {
#define X(name, text, public) [SVC_##name] = (public),
        SVC_STATES(X)
#undef X
    };

    return state < SVC_STATE_COUNT ? names[state] : NULL;
}

const char *svc_event_name(unsigned event)
{
    static const char *const names[] = {
#define X(name, text) [SVC_EV_##name] = (text),
        SVC_EVENTS(X)
#undef X
    };

    return event < SVC_EVENT_COUNT ? names[event] : NULL;
}

const char *svc_result_name(unsigned result)
{
    static const char *const names[] = {
#define X(name, text) [RESULT_##name] = (text),
        SVC_RESULTS(X)
#undef X
    };

    return result < SVC_RESULT_COUNT ? names[result] : NULL;
}
