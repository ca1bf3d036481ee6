/* SPDX-License-Identifier: MIT */
/* The life of a container with one main command. */
#include "core/life.h"

#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

#define CODE_KILLED 137 /* 128 + SIGKILL, as a shell reports it */

void life_init(struct life *l, enum life_end end, msec_t grace)
{
    l->state = LIFE_STARTING;
    l->end = end;
    l->main_alive = true;
    l->finished = false;
    l->told = false;
    l->code = CODE_KILLED;
    l->grace = grace;
    l->deadline = MSEC_NEVER;
}

static msec_t after(msec_t now, msec_t delay)
{
    return delay >= MSEC_NEVER - now ? MSEC_NEVER : now + delay;
}

static unsigned move(struct life *l, enum life_state state, msec_t deadline, unsigned actions)
{
    l->state = state;
    l->deadline = deadline;
    return actions | ACT_ANNOUNCE;
}

static unsigned kill_all(struct life *l, msec_t now)
{
    return move(l, LIFE_KILLING, after(now, KILL_WAIT_MS), ACT_KILL_ALL);
}

static unsigned gone(struct life *l)
{
    return move(l, LIFE_GONE, MSEC_NEVER, ACT_EXIT);
}

/* A second request may shorten the time that is left, never lengthen it. */
static unsigned stop(struct life *l, msec_t grace, msec_t now, unsigned actions)
{
    msec_t deadline = after(now, grace);

    if (grace <= 0) {
        return kill_all(l, now);
    }
    if (deadline < l->deadline) {
        l->deadline = deadline;
    }
    return actions;
}

/* Everybody who is left is to end. */
static unsigned end_all(struct life *l, msec_t deadline, msec_t now)
{
    return deadline <= now ? kill_all(l, now) : move(l, LIFE_ENDING, deadline, ACT_TERM_ALL);
}

static bool outlives(const struct life *l)
{
    return !l->told && (l->end == LIFE_END_IDLE || l->end == LIFE_END_NEVER);
}

static unsigned main_exited(struct life *l, int64_t code, msec_t now)
{
    l->main_alive = false;
    if (!l->finished) {
        l->code = (int)code;
    }
    if (l->end == LIFE_END_AT_ONCE) {
        return gone(l);
    }
    if (l->end == LIFE_END_FAILURE) {
        l->end = code == 0 ? LIFE_END_IDLE : LIFE_END_ALL;
    }
    if (l->state == LIFE_STOPPING) { // its grace period runs already, whatever ours is
        return move(l, LIFE_ENDING, l->deadline, ACT_TERM_ALL);
    }
    if (outlives(l)) {
        return l->state == LIFE_UP ? 0 : move(l, LIFE_UP, MSEC_NEVER, 0);
    }
    return end_all(l, after(now, l->grace), now);
}

static unsigned on_execed(struct life *l)
{
    switch (l->state) {
    case LIFE_STARTING:
        return move(l, LIFE_UP, MSEC_NEVER, 0);
    case LIFE_UP:
    case LIFE_STOPPING:
    case LIFE_ENDING:
    case LIFE_KILLING:
    case LIFE_GONE:
    case LIFE_STATE_COUNT:
        break;
    }
    return 0;
}

static unsigned on_main_exited(struct life *l, int64_t code, msec_t now)
{
    switch (l->state) {
    case LIFE_STARTING:
    case LIFE_UP:
    case LIFE_STOPPING:
        return l->main_alive ? main_exited(l, code, now) : 0;
    case LIFE_KILLING: // it may have ended by itself just before the SIGKILL
        if (l->main_alive && !l->finished) {
            l->code = (int)code;
        }
        l->main_alive = false;
        return 0;
    case LIFE_ENDING:
    case LIFE_GONE:
    case LIFE_STATE_COUNT:
        break;
    }
    return 0;
}

static unsigned on_finished(struct life *l, int64_t code, msec_t now)
{
    switch (l->state) {
    case LIFE_STARTING:
    case LIFE_UP:
        if (!l->main_alive) {
            return 0;
        }
        l->finished = true;
        l->code = (int)code;
        if (l->grace <= 0) {
            return kill_all(l, now);
        }
        return move(l, LIFE_STOPPING, after(now, l->grace), ACT_TERM_MAIN);
    case LIFE_STOPPING:
    case LIFE_ENDING:
    case LIFE_KILLING:
    case LIFE_GONE:
    case LIFE_STATE_COUNT:
        break;
    }
    return 0;
}

static unsigned on_empty(struct life *l)
{
    switch (l->state) {
    case LIFE_ENDING:
    case LIFE_KILLING:
        return gone(l);
    case LIFE_UP:
        return !l->main_alive && l->end == LIFE_END_IDLE ? gone(l) : 0;
    case LIFE_STARTING:
    case LIFE_STOPPING:
    case LIFE_GONE:
    case LIFE_STATE_COUNT:
        break;
    }
    return 0;
}

static unsigned on_stop(struct life *l, msec_t grace, msec_t now)
{
    switch (l->state) {
    case LIFE_STARTING:
    case LIFE_UP:
        if (grace <= 0) {
            return kill_all(l, now);
        }
        if (!l->main_alive) { // it has outlived its command
            return end_all(l, after(now, grace), now);
        }
        return move(l, LIFE_STOPPING, after(now, grace), ACT_TERM_MAIN);
    case LIFE_STOPPING:
        return stop(l, grace, now, ACT_TERM_MAIN);
    case LIFE_ENDING:
        return stop(l, grace, now, ACT_TERM_ALL);
    case LIFE_KILLING:
    case LIFE_GONE:
    case LIFE_STATE_COUNT:
        break;
    }
    return 0;
}

static unsigned on_signal(const struct life *l)
{
    switch (l->state) {
    case LIFE_STARTING:
    case LIFE_UP:
    case LIFE_STOPPING:
        return l->main_alive ? ACT_FORWARD : ACT_FORWARD_ALL;
    case LIFE_ENDING:
        return ACT_FORWARD_ALL;
    case LIFE_KILLING:
    case LIFE_GONE:
    case LIFE_STATE_COUNT:
        break;
    }
    return 0;
}

/*
 * It goes to who is there, as any signal does; the time that they have is our grace period. What a shell has put into the
 * background ignores SIGINT and SIGQUIT, so that SIGTERM goes with them.
 */
static unsigned on_told(struct life *l, int64_t number, msec_t now)
{
    unsigned actions = on_signal(l);
    msec_t deadline = after(now, l->grace);

    l->told = true;
    if (l->main_alive || l->state >= LIFE_ENDING) {
        return actions;
    }
    return deadline <= now
               ? kill_all(l, now)
               : move(l, LIFE_ENDING, deadline, actions | (number == SIGTERM ? 0 : ACT_TERM_ALL));
}

static unsigned on_deadline(struct life *l, msec_t now)
{
    switch (l->state) {
    case LIFE_STOPPING:
    case LIFE_ENDING:
        return kill_all(l, now);
    case LIFE_KILLING:
        return gone(l);
    case LIFE_STARTING:
    case LIFE_UP:
    case LIFE_GONE:
    case LIFE_STATE_COUNT:
        break;
    }
    return 0;
}

unsigned life_step(struct life *l, enum life_event event, int64_t value, msec_t now)
{
    switch (event) {
    case LIFE_EV_EXECED:
        return on_execed(l);
    case LIFE_EV_MAIN_EXITED:
        return on_main_exited(l, value, now);
    case LIFE_EV_FINISHED:
        return on_finished(l, value, now);
    case LIFE_EV_EMPTY:
        return on_empty(l);
    case LIFE_EV_STOP:
        return on_stop(l, value, now);
    case LIFE_EV_SIGNAL:
        return on_signal(l);
    case LIFE_EV_TOLD:
        return on_told(l, value, now);
    case LIFE_EV_DEADLINE:
        return on_deadline(l, now);
    case LIFE_EVENT_COUNT:
        break;
    }
    return 0;
}

int life_exit_code(int wait_status)
{
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

const char *life_state_name(uint64_t state)
{
    static const char *const names[] = {
#define X(name, text) [LIFE_##name] = (text),
        LIFE_STATES(X)
#undef X
    };

    return state < LIFE_STATE_COUNT ? names[state] : NULL;
}

const char *life_public_name(uint64_t state)
{
    switch (state) {
    case LIFE_STARTING:
    case LIFE_UP:
        return life_state_name(state);
    case LIFE_STOPPING:
    case LIFE_ENDING:
    case LIFE_KILLING:
        return "stopping";
    default:
        return "stopped";
    }
}

const char *life_event_name(enum life_event event)
{
    static const char *const names[] = {
#define X(name, text) [LIFE_EV_##name] = (text),
        LIFE_EVENTS(X)
#undef X
    };

    return (unsigned)event < LIFE_EVENT_COUNT ? names[event] : NULL;
}
