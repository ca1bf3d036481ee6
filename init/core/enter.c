/* SPDX-License-Identifier: MIT */
/* What a service begins with in each state. */
#include "core/enter.h"

#include "core/svcrules.h"

#include <signal.h>

static msec_t after(msec_t now, msec_t delay)
{
    return delay >= MSEC_NEVER - now ? MSEC_NEVER : now + delay;
}

void enter_state(const struct enter *p, enum svc_state state, msec_t deadline)
{
    struct svc *s = p->s;

    if (s->state != state) {
        s->since = p->now;
    }
    s->state = (uint8_t)state;
    s->deadline = deadline;
    s->todo = SVC_DO_TELL; // what the state before wanted done is not wanted any more
}

void enter_failing(const struct enter *p, enum svc_result result)
{
    if (p->s->result == RESULT_SUCCESS) { // what comes after the first follows from it
        p->s->result = (uint8_t)result;
    }
}

void enter_run(const struct enter *p, enum svc_state state, enum service_run kind, uint16_t index,
               msec_t limit)
{
    enter_state(p, state, after(p->now, limit));
    p->s->running = (uint8_t)kind;
    p->s->index = index;
    p->s->todo |= SVC_DO_RUN;
}

void enter_dead(const struct enter *p)
{
    struct svc *s = p->s;

    s->main_alive = s->command_alive = s->occupied = false; // KillMode=none: nobody's now
    if (!s->stop_asked &&
        svcrules_restarts((enum service_restart)p->conf->restart, (enum svc_result)s->result)) {
        msec_t pause = p->conf->restart_ms;

        if (s->result == RESULT_RESOURCES && pause < RESOURCES_PAUSE_MS) {
            pause = RESOURCES_PAUSE_MS;
        }
        enter_state(p, SVC_BACKOFF, after(p->now, pause));
    } else {
        enter_state(p, s->result == RESULT_SUCCESS ? SVC_STOPPED : SVC_FAILED, MSEC_NEVER);
    }
}

bool enter_awaits_somebody(const struct enter *p)
{
    const struct svc *s = p->s;

    switch ((enum service_kill_mode)p->conf->kill_mode) {
    case KILL_CONTROL_GROUP:
        return s->main_alive || s->command_alive || s->occupied;
    case KILL_MIXED:
        return s->main_alive || s->command_alive ||
               (s->occupied && (p->conf->flags & SERVICE_SEND_SIGKILL) != 0);
    case KILL_PROCESS:
        return s->main_alive || s->command_alive;
    case KILL_NONE:
    case SERVICE_KILL_MODE_COUNT:
        break;
    }
    return false;
}

static void signal_all(const struct enter *p, enum svc_state state, int number, enum svc_whom whom,
                       msec_t deadline)
{
    enter_state(p, state, deadline);
    p->s->signal = (uint8_t)number;
    p->s->whom = (uint8_t)whom;
    p->s->todo |= SVC_DO_KILL;
}

/* Whoever survives SIGKILL (uninterruptible sleep) is waited for no longer than that. */
void enter_kill(const struct enter *p, enum svc_state state)
{
    signal_all(p, state, SIGKILL, p->conf->kill_mode != KILL_PROCESS ? WHOM_ALL : WHOM_PROCESSES,
               after(p->now, KILL_WAIT_MS));
}

/* KillMode=mixed has KillSignal= for the main process only; the others get SIGKILL once it has gone. */
static bool is_rest_of_mixed(const struct enter *p)
{
    return p->conf->kill_mode == KILL_MIXED && !p->s->main_alive && !p->s->command_alive;
}

static void enter_term(const struct enter *p, enum svc_state term, enum svc_state kill)
{
    if (is_rest_of_mixed(p)) {
        enter_kill(p, kill);
        return;
    }
    signal_all(p, term, p->conf->kill_signal,
               p->conf->kill_mode == KILL_CONTROL_GROUP ? WHOM_ALL : WHOM_PROCESSES,
               after(p->now, p->conf->timeout_stop));
}

void enter_kill_rest(const struct enter *p)
{
    if (is_rest_of_mixed(p) && p->s->state == SVC_STOP_TERM) {
        enter_kill(p, SVC_STOP_KILL);
    } else if (is_rest_of_mixed(p) && p->s->state == SVC_FINAL_TERM) {
        enter_kill(p, SVC_FINAL_KILL);
    }
}

void enter_kill_command(const struct enter *p)
{
    signal_all(p, (enum svc_state)p->s->state, SIGKILL, WHOM_COMMAND, after(p->now, KILL_WAIT_MS));
}

void enter_final(const struct enter *p)
{
    if (enter_awaits_somebody(p)) {
        enter_term(p, SVC_FINAL_TERM, SVC_FINAL_KILL);
    } else {
        enter_dead(p);
    }
}

void enter_stop_post(const struct enter *p)
{
    if (p->conf->commands[RUN_STOP_POST] > 0) {
        enter_run(p, SVC_STOP_POST, RUN_STOP_POST, 0, p->conf->timeout_stop);
    } else {
        enter_final(p);
    }
}

void enter_stop_term(const struct enter *p)
{
    if (enter_awaits_somebody(p)) {
        enter_term(p, SVC_STOP_TERM, SVC_STOP_KILL);
    } else {
        enter_stop_post(p);
    }
}

void enter_stop(const struct enter *p)
{
    if (p->conf->commands[RUN_STOP] > 0) {
        enter_run(p, SVC_STOP, RUN_STOP, 0, p->conf->timeout_stop);
    } else {
        enter_stop_term(p);
    }
}

/* After the last command of a start or a reload: what counts is whether the main process is there. */
void enter_running(const struct enter *p)
{
    if (p->s->result != RESULT_SUCCESS) {
        enter_stop_term(p);
    } else if (p->s->main_alive) {
        enter_state(p, SVC_UP, MSEC_NEVER);
    } else if ((p->conf->flags & SERVICE_REMAIN) != 0) {
        enter_state(p, SVC_DONE, MSEC_NEVER);
    } else {
        enter_stop(p);
    }
}

void enter_start_post(const struct enter *p)
{
    if (p->conf->commands[RUN_START_POST] > 0) {
        enter_run(p, SVC_START_POST, RUN_START_POST, 0, p->conf->timeout_start);
    } else {
        enter_running(p);
    }
}

void enter_start(const struct enter *p)
{
    if (p->conf->commands[RUN_START] > 0 || (p->conf->flags & SERVICE_COMMAND) != 0) {
        enter_run(p, SVC_START, RUN_START, 0, p->conf->timeout_start);
    } else {
        enter_start_post(p);
    }
}
