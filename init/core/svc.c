/* SPDX-License-Identifier: MIT */
/* One service: the state machine from start to end. */
#include "core/svc.h"

#include "core/enter.h"
#include "core/svcrules.h"

#include <stddef.h>

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

bool svc_is_stopping(const struct svc *s)
{
    return s->state >= SVC_STOP && s->state <= SVC_FINAL_KILL;
}

bool svc_is_down(const struct svc *s)
{
    return s->state == SVC_STOPPED || s->state == SVC_FAILED || s->state == SVC_BACKOFF;
}

static void on_start(const struct enter *p, bool again)
{
    struct svc *s = p->s;

    if (!svc_is_down(s)) {
        return;
    }
    if ((p->conf->flags & SERVICE_BROKEN) != 0) {
        s->result = RESULT_BAD_UNIT;
        enter_state(p, SVC_FAILED, MSEC_NEVER);
        return;
    }
    if (!svcrules_may_start(s, p->conf, p->now)) {
        s->result = RESULT_START_LIMIT;
        enter_state(p, SVC_FAILED, MSEC_NEVER);
        return;
    }
    s->restarts = !again ? 0 : s->restarts + (s->restarts < UINT32_MAX);
    s->result = RESULT_SUCCESS;
    s->stop_asked = s->has_run = s->has_failed_run = false;
    if (p->conf->commands[RUN_START_PRE] > 0) {
        enter_run(p, SVC_START_PRE, RUN_START_PRE, 0, p->conf->timeout_start);
    } else {
        enter_start(p);
    }
}

static void on_stop(const struct enter *p)
{
    p->s->stop_asked = true;
    switch ((enum svc_state)p->s->state) {
    case SVC_BACKOFF:
        p->s->result = RESULT_SUCCESS;
        enter_state(p, SVC_STOPPED, MSEC_NEVER);
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

static void on_reload(const struct enter *p)
{
    if ((p->s->state == SVC_UP || p->s->state == SVC_DONE) && p->conf->commands[RUN_RELOAD] > 0 &&
        !p->s->command_alive) {
        p->s->reload_failed = false;
        p->s->has_failed_run = false; // what is up has had no other failure
        enter_run(p, SVC_RELOAD, RUN_RELOAD, 0, p->conf->timeout_start);
    }
}

static void on_unmet(const struct enter *p, enum svc_result result)
{
    if (svc_is_down(p->s)) {
        p->s->result = (uint8_t)result;
        enter_state(p, SVC_FAILED, MSEC_NEVER);
    }
}

static void on_main_ran(const struct enter *p)
{
    struct svc *s = p->s;

    s->occupied = true;
    s->main_alive = true;
    s->has_run = true;
    s->main_index = s->index;
    if (p->conf->type == TYPE_SIMPLE) {
        enter_start_post(p);
    }
}

static void on_ran(const struct enter *p)
{
    switch ((enum svc_state)p->s->state) {
    case SVC_START:
        on_main_ran(p);
        break;
    case SVC_START_PRE:
    case SVC_START_POST:
    case SVC_RELOAD:
    case SVC_STOP:
    case SVC_STOP_POST:
        p->s->occupied = true;
        p->s->command_alive = true;
        break;
    case SVC_STOPPED: // nothing was to be run
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

static void on_not_run(const struct enter *p)
{
    switch ((enum svc_state)p->s->state) {
    case SVC_START_PRE:
    case SVC_START:
    case SVC_START_POST:
    case SVC_STOP:
        enter_failing(p, RESULT_RESOURCES);
        enter_stop_term(p);
        break;
    case SVC_RELOAD:
        p->s->reload_failed = true;
        enter_running(p);
        break;
    case SVC_STOP_POST:
        enter_failing(p, RESULT_RESOURCES);
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

static void on_execed(const struct enter *p)
{
    if (p->s->state == SVC_START && p->conf->type == TYPE_EXEC && p->s->main_alive) {
        enter_start_post(p);
    }
}

/* The two processes and all others are gone, as far as KillMode= cares: what was waited for has come. */
static void go_on_once_gone(const struct enter *p)
{
    if (enter_awaits_somebody(p)) {
        enter_kill_rest(p);
        return;
    }
    if (p->s->state == SVC_STOP_TERM || p->s->state == SVC_STOP_KILL) {
        enter_stop_post(p);
    } else {
        enter_dead(p);
    }
}

static void main_ended_in_start(const struct enter *p, bool clean)
{
    if (!clean) {
        enter_stop_term(p);
    } else if (p->conf->type != TYPE_ONESHOT) {
        enter_start_post(p); // its exec was too quick to be told apart from its end
    } else if (p->s->index + 1 < p->conf->commands[RUN_START]) {
        enter_run(p, SVC_START, RUN_START, (uint16_t)(p->s->index + 1), p->conf->timeout_start);
    } else {
        enter_start_post(p);
    }
}

static void on_main_ended(const struct enter *p, int status)
{
    struct svc *s = p->s;
    enum svc_result result = svcrules_main_result(p->conf, s->main_index, status);

    if (!s->main_alive) {
        return;
    }
    s->main_alive = false;
    s->has_ended = true;
    s->main_status = status;
    enter_failing(p, result);
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
static bool run_next(const struct enter *p, msec_t limit)
{
    enum service_run kind = (enum service_run)p->s->running;

    if (p->s->index + 1 >= p->conf->commands[kind]) {
        return false;
    }
    enter_run(p, (enum svc_state)p->s->state, kind, (uint16_t)(p->s->index + 1), limit);
    return true;
}

/* What follows from an earlier failure of this run explains nothing: a reload's is no failure of the run. */
static void note_failed_run(struct svc *s, enum service_run kind, int status)
{
    if (s->result == RESULT_SUCCESS) {
        s->has_failed_run = true;
        s->failed_run = (uint8_t)kind;
        s->failed_status = status;
    }
}

static void on_command_ended(const struct enter *p, int status)
{
    struct svc *s = p->s;
    enum service_run kind = (enum service_run)s->running;
    enum svc_result result = svcrules_command_result(p->conf, kind, s->index, status);
    bool clean = result == RESULT_SUCCESS;

    if (!s->command_alive) {
        return;
    }
    s->command_alive = false;
    if ((s->todo & SVC_DO_RUN) != 0) {
        return; // one that was given up; what `running` says is not forked yet
    }
    if (!clean) {
        note_failed_run(s, kind, status);
    }
    if (kind != RUN_RELOAD) { // a reload's failure is the reload's only
        enter_failing(p, result);
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
        s->reload_failed = s->reload_failed || !clean;
        if (s->reload_failed || !run_next(p, p->conf->timeout_start)) {
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

static void on_empty(const struct enter *p)
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

/* What was up stays up; the command that hangs is ended first, if it can be. */
static void reload_times_out(const struct enter *p)
{
    bool killed = p->s->reload_failed;

    p->s->reload_failed = true;
    if (p->s->command_alive && !killed) {
        enter_kill_command(p);
    } else {
        enter_running(p);
    }
}

static void on_deadline(const struct enter *p)
{
    bool kill = (p->conf->flags & SERVICE_SEND_SIGKILL) != 0;

    switch ((enum svc_state)p->s->state) {
    case SVC_START_PRE:
    case SVC_START:
    case SVC_START_POST:
    case SVC_STOP:
        enter_failing(p, RESULT_TIMEOUT);
        enter_stop_term(p);
        break;
    case SVC_RELOAD:
        reload_times_out(p);
        break;
    case SVC_STOP_TERM:
        enter_failing(p, RESULT_TIMEOUT);
        if (kill) {
            enter_kill(p, SVC_STOP_KILL);
        } else {
            enter_stop_post(p);
        }
        break;
    case SVC_STOP_KILL:
        enter_failing(p, RESULT_TIMEOUT);
        enter_stop_post(p);
        break;
    case SVC_STOP_POST:
        enter_failing(p, RESULT_TIMEOUT);
        enter_final(p);
        break;
    case SVC_FINAL_TERM:
        enter_failing(p, RESULT_TIMEOUT);
        if (kill) {
            enter_kill(p, SVC_FINAL_KILL);
        } else {
            enter_dead(p);
        }
        break;
    case SVC_FINAL_KILL:
        enter_failing(p, RESULT_TIMEOUT);
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

void svc_step(struct svc *s, const struct service_conf *conf, enum svc_event event, int value,
              msec_t now)
{
    const struct enter p = {s, conf, now};

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
