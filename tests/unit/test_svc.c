/* SPDX-License-Identifier: MIT */
/* Tests of core/svc.h: every state × event pair, the model's rules, and the lives of services. */
#include "core/svc.h"

#include "check.h"
#include "units.h"

#include "core/svcrules.h"

#include <signal.h>
#include <stdio.h>

#define START_MS UNITS_START_MS
#define STOP_MS UNITS_STOP_MS
#define RESTART_MS UNITS_RESTART_MS

#define EXIT(code) ((code) << 8) /* wait statuses */
#define KILLED(number) (number)
#define CORE(number) ((number) | 0x80)

#define T SVC_DO_TELL
#define R (SVC_DO_TELL | SVC_DO_RUN)
#define K (SVC_DO_TELL | SVC_DO_KILL)

static const enum svc_state states[] = {
#define X(name, text, public) SVC_##name,
    SVC_STATES(X)
#undef X
};

static const enum svc_event events[] = {
#define X(name, text) SVC_EV_##name,
    SVC_EVENTS(X)
#undef X
};

/* One service, its unit, and the time. */
struct machine {
    struct units u;
    struct service_conf *conf;
    struct svc s;
    msec_t now;
};

static void machine_init(struct machine *m)
{
    units_init(&m->u, 1);
    m->conf = units_conf(&m->u, 0);
    m->now = 1000000;
    svc_init(&m->s, m->conf, m->now);
}

static void machine_finish(struct machine *m)
{
    units_finish(&m->u);
}

static void command(struct machine *m, enum service_run kind, unsigned bits)
{
    units_command(&m->u, 0, kind, bits);
}

/* A service of this type with one ExecStart=. */
static void machine_init_type(struct machine *m, enum service_type type)
{
    machine_init(m);
    m->conf->type = (uint8_t)type;
    command(m, RUN_START, 0);
}

/* One command in each list, RemainAfterExit=, Restart=on-failure: every state can be reached. */
static void machine_init_full(struct machine *m)
{
    machine_init_type(m, TYPE_EXEC);
    m->conf->flags |= SERVICE_REMAIN;
    m->conf->restart = RESTART_ON_FAILURE;
    command(m, RUN_START_PRE, 0);
    command(m, RUN_START_POST, 0);
    command(m, RUN_RELOAD, 0);
    command(m, RUN_STOP, 0);
    command(m, RUN_STOP_POST, 0);
}

static void broken(const struct svc *before, const struct svc *after, enum svc_event event,
                   int value, const char *rule)
{
    fail_msg("%s: %s(%d) in %s (result %s, todo %u) led to %s (result %s, todo %u, deadline %lld)",
             rule, svc_event_name(event), value, svc_state_name(before->state),
             svc_result_name(before->result), before->todo, svc_state_name(after->state),
             svc_result_name(after->result), after->todo, (long long)after->deadline);
}

static bool waits(enum svc_state state)
{
    return state != SVC_STOPPED && state != SVC_UP && state != SVC_DONE && state != SVC_FAILED;
}

static bool is_idle(enum svc_state state)
{
    return state == SVC_STOPPED || state == SVC_DONE || state == SVC_BACKOFF || state == SVC_FAILED;
}

/* The list whose command runs in a state; SERVICE_RUN_COUNT for none. */
static enum service_run list_of(enum svc_state state)
{
    static const uint8_t lists[SVC_STATE_COUNT] = {
        [SVC_START_PRE] = RUN_START_PRE + 1,
        [SVC_START] = RUN_START + 1,
        [SVC_START_POST] = RUN_START_POST + 1,
        [SVC_RELOAD] = RUN_RELOAD + 1,
        [SVC_STOP] = RUN_STOP + 1,
        [SVC_STOP_POST] = RUN_STOP_POST + 1,
    };

    return lists[state] == 0 ? SERVICE_RUN_COUNT : (enum service_run)(lists[state] - 1);
}

static const char *broken_todo(const struct svc *a, const struct service_conf *conf)
{
    enum service_run list = list_of((enum svc_state)a->state);

    if ((a->todo & SVC_DO_RUN) != 0 && (a->todo & SVC_DO_KILL) != 0) {
        return "nothing is run and signalled at once";
    }
    if ((a->todo & SVC_DO_RUN) != 0 && (list != a->running || a->index >= conf->commands[list])) {
        return "what is run is a command of the state's list";
    }
    if ((a->todo & (SVC_DO_RUN | SVC_DO_KILL)) != 0 && is_idle((enum svc_state)a->state)) {
        return "nothing is run or signalled where nothing runs";
    }
    if ((a->todo & SVC_DO_AGAIN) != 0 && a->state != SVC_BACKOFF) {
        return "only a back-off ends in another start";
    }
    return NULL;
}

static const char *broken_state(const struct svc *b, const struct svc *a)
{
    bool down = svc_is_down(a);

    if (a->state >= SVC_STATE_COUNT || a->result >= SVC_RESULT_COUNT) {
        return "there are no other states and results";
    }
    if (a->state != b->state && (a->todo & SVC_DO_TELL) == 0) {
        return "a change of state is told";
    }
    if (a->state == SVC_STOPPED && a->result != RESULT_SUCCESS) {
        return "stopped is no failure";
    }
    if (a->state == SVC_FAILED && a->result == RESULT_SUCCESS) {
        return "failed has a reason";
    }
    if (a->state == SVC_UP && (!a->main_alive || a->result != RESULT_SUCCESS)) {
        return "up has a main process and no failure";
    }
    if (a->state == SVC_BACKOFF && a->stop_asked) {
        return "what was asked to stop does not start again";
    }
    if (down && (a->main_alive || a->command_alive || a->occupied)) {
        return "what is down has no process";
    }
    return NULL;
}

static const char *broken_numbers(const struct svc *b, const struct svc *a, enum svc_event event,
                                  int value, const struct service_conf *conf)
{
    bool again = (a->todo & SVC_DO_AGAIN) != 0 || a->state == SVC_BACKOFF;

    if (waits((enum svc_state)a->state) && a->deadline == MSEC_NEVER && !again) {
        return "what is waited for has a deadline";
    }
    if (!waits((enum svc_state)a->state) && a->deadline != MSEC_NEVER) {
        return "nothing is waited for: no deadline";
    }
    if (a->restarts != b->restarts && event != SVC_EV_START) {
        return "restarts are counted at starts";
    }
    if (a->restarts > b->restarts && (value == 0 || a->restarts != b->restarts + 1)) {
        return "restarts are counted one by one, where Restart= asks for them";
    }
    if (b->stop_asked && !a->stop_asked && event != SVC_EV_START) {
        return "a stop holds until the next start";
    }
    if (conf->limit_interval > 0 && a->starts > conf->limit_burst) {
        return "no more starts than the limit";
    }
    return NULL;
}

/* One step, with every rule of the model checked around it. What is to be done stays in s->todo. */
static void take(struct svc *s, const struct service_conf *conf, enum svc_event event, int value,
                 msec_t now)
{
    struct svc before = *s;
    const char *rule;

    svc_step(s, conf, event, value, now);
    rule = broken_state(&before, s);
    rule = rule != NULL ? rule : broken_todo(s, conf);
    rule = rule != NULL ? rule : broken_numbers(&before, s, event, value, conf);
    if (rule != NULL) {
        broken(&before, s, event, value, rule);
    }
}

/* A step whose todo the caller has dealt with before. */
static void happens(struct machine *m, enum svc_event event, int value)
{
    m->s.todo = 0;
    take(&m->s, m->conf, event, value, m->now);
}

static void expect_now(const struct machine *m, enum svc_state state, unsigned todo)
{
    expect(m->s.state == state && m->s.todo == todo, "expected %s, todo %u; got %s, todo %u",
           svc_state_name(state), todo, svc_state_name(m->s.state), m->s.todo);
}

/* The event, and where it must lead. */
static void leads(struct machine *m, enum svc_event event, int value, enum svc_state state,
                  unsigned todo)
{
    enum svc_state from = (enum svc_state)m->s.state;

    happens(m, event, value);
    expect(m->s.state == state && m->s.todo == todo,
           "%s(%d) in %s: expected %s, todo %u; got %s, todo %u", svc_event_name(event), value,
           svc_state_name(from), svc_state_name(state), todo, svc_state_name(m->s.state),
           m->s.todo);
}

/* The command that is to run does: it was forked. */
static void ran(struct machine *m)
{
    expect((m->s.todo & SVC_DO_RUN) != 0, "expected something to run in %s",
           svc_state_name(m->s.state));
    happens(m, SVC_EV_RAN, 0);
}

static void ends_as(const struct machine *m, enum svc_state state, enum svc_result result)
{
    expect(m->s.state == state && m->s.result == result, "expected %s (%s), got %s (%s)",
           svc_state_name(state), svc_result_name(result), svc_state_name(m->s.state),
           svc_result_name(m->s.result));
}

static void start_full(struct machine *m)
{
    leads(m, SVC_EV_START, 0, SVC_START_PRE, R);
    ran(m);
}

static void up_full(struct machine *m)
{
    start_full(m);
    leads(m, SVC_EV_COMMAND_ENDED, 0, SVC_START, R);
    ran(m);
    leads(m, SVC_EV_EXECED, 0, SVC_START_POST, R);
    ran(m);
    leads(m, SVC_EV_COMMAND_ENDED, 0, SVC_UP, T);
}

static void stop_full(struct machine *m)
{
    up_full(m);
    leads(m, SVC_EV_STOP, 0, SVC_STOP, R);
    ran(m);
}

static void stop_term_full(struct machine *m)
{
    stop_full(m);
    leads(m, SVC_EV_COMMAND_ENDED, 0, SVC_STOP_TERM, K);
}

static void stop_post_full(struct machine *m)
{
    stop_term_full(m);
    leads(m, SVC_EV_MAIN_ENDED, 0, SVC_STOP_TERM, 0);
    leads(m, SVC_EV_EMPTY, 0, SVC_STOP_POST, R);
    ran(m);
}

static void final_term_full(struct machine *m)
{
    stop_post_full(m);
    leads(m, SVC_EV_COMMAND_ENDED, 0, SVC_FINAL_TERM, K);
}

static void backoff_full(struct machine *m)
{
    up_full(m);
    leads(m, SVC_EV_MAIN_ENDED, EXIT(1), SVC_STOP_TERM, K);
    leads(m, SVC_EV_EMPTY, 0, SVC_STOP_POST, R);
    ran(m);
    leads(m, SVC_EV_COMMAND_ENDED, 0, SVC_FINAL_TERM, K);
    leads(m, SVC_EV_EMPTY, 0, SVC_BACKOFF, T);
}

/* Brings a full service to a state, by the shortest way there; what was to run there does. */
static void reach(struct machine *m, enum svc_state state)
{
    switch (state) {
    case SVC_STOPPED:
    case SVC_STATE_COUNT:
        break;
    case SVC_START_PRE:
        start_full(m);
        break;
    case SVC_START:
        start_full(m);
        happens(m, SVC_EV_COMMAND_ENDED, 0);
        ran(m);
        break;
    case SVC_START_POST:
        start_full(m);
        happens(m, SVC_EV_COMMAND_ENDED, 0);
        ran(m);
        happens(m, SVC_EV_EXECED, 0);
        ran(m);
        break;
    case SVC_UP:
        up_full(m);
        break;
    case SVC_RELOAD:
        up_full(m);
        happens(m, SVC_EV_RELOAD, 0);
        ran(m);
        break;
    case SVC_DONE:
        up_full(m);
        happens(m, SVC_EV_MAIN_ENDED, 0);
        happens(m, SVC_EV_EMPTY, 0);
        break;
    case SVC_STOP:
        stop_full(m);
        break;
    case SVC_STOP_TERM:
        stop_term_full(m);
        break;
    case SVC_STOP_KILL:
        stop_term_full(m);
        happens(m, SVC_EV_DEADLINE, 0);
        break;
    case SVC_STOP_POST:
        stop_post_full(m);
        break;
    case SVC_FINAL_TERM:
        final_term_full(m);
        break;
    case SVC_FINAL_KILL:
        final_term_full(m);
        happens(m, SVC_EV_DEADLINE, 0);
        break;
    case SVC_BACKOFF:
        backoff_full(m);
        break;
    case SVC_FAILED:
        happens(m, SVC_EV_UNMET, RESULT_DEPENDENCY);
        break;
    }
    expect(m->s.state == state, "expected to reach %s, got to %s", svc_state_name(state),
           svc_state_name(m->s.state));
}

/* State and todo that a pair leads to; a pair that is not here changes nothing. */
struct pair {
    uint8_t known; // 1 where this is an entry
    uint8_t state;
    uint8_t todo;
};

#define P(state, todo) \
    { \
        1, SVC_##state, (todo) \
    }

/* Every command and process ends well. */
static const struct pair clean[SVC_STATE_COUNT][SVC_EVENT_COUNT] =
    {
        [SVC_STOPPED] =
            {
                [SVC_EV_START] = P(START_PRE, R),
                [SVC_EV_UNMET] = P(FAILED, T),
            },
        [SVC_START_PRE] =
            {
                [SVC_EV_STOP] = P(STOP_TERM, K),
                [SVC_EV_COMMAND_ENDED] = P(START, R),
                [SVC_EV_DEADLINE] = P(STOP_TERM, K),
                [SVC_EV_NOT_RUN] = P(STOP_TERM, K),
            },
        [SVC_START] =
            {
                [SVC_EV_STOP] = P(STOP_TERM, K),
                [SVC_EV_EXECED] = P(START_POST, R),
                [SVC_EV_MAIN_ENDED] = P(START_POST, R),
                [SVC_EV_DEADLINE] = P(STOP_TERM, K),
                [SVC_EV_NOT_RUN] = P(STOP_TERM, K),
            },
        [SVC_START_POST] =
            {
                [SVC_EV_STOP] = P(STOP_TERM, K),
                [SVC_EV_COMMAND_ENDED] = P(UP, T),
                [SVC_EV_DEADLINE] = P(STOP_TERM, K),
                [SVC_EV_NOT_RUN] = P(STOP_TERM, K),
            },
        [SVC_UP] =
            {
                [SVC_EV_STOP] = P(STOP, R),
                [SVC_EV_RELOAD] = P(RELOAD, R),
                [SVC_EV_MAIN_ENDED] = P(DONE, T),
            },
        [SVC_RELOAD] =
            {
                [SVC_EV_STOP] = P(STOP_TERM, K),
                [SVC_EV_COMMAND_ENDED] = P(UP, T),
                [SVC_EV_DEADLINE] = P(RELOAD, K),
                [SVC_EV_NOT_RUN] = P(UP, T),
            },
        [SVC_DONE] =
            {
                [SVC_EV_STOP] = P(STOP, R),
                [SVC_EV_RELOAD] = P(RELOAD, R),
            },
        [SVC_STOP] =
            {
                [SVC_EV_COMMAND_ENDED] = P(STOP_TERM, K),
                [SVC_EV_DEADLINE] = P(STOP_TERM, K),
                [SVC_EV_NOT_RUN] = P(STOP_TERM, K),
            },
        [SVC_STOP_TERM] =
            {
                [SVC_EV_DEADLINE] = P(STOP_KILL, K),
            },
        [SVC_STOP_KILL] =
            {
                [SVC_EV_DEADLINE] = P(STOP_POST, R),
            },
        [SVC_STOP_POST] =
            {
                [SVC_EV_COMMAND_ENDED] = P(FINAL_TERM, K),
                [SVC_EV_DEADLINE] = P(FINAL_TERM, K),
                [SVC_EV_NOT_RUN] = P(FINAL_TERM, K),
            },
        [SVC_FINAL_TERM] =
            {
                [SVC_EV_EMPTY] = P(STOPPED, T),
                [SVC_EV_DEADLINE] = P(FINAL_KILL, K),
            },
        [SVC_FINAL_KILL] =
            {
                [SVC_EV_EMPTY] = P(FAILED, T), // a timeout was first
                [SVC_EV_DEADLINE] = P(FAILED, T),
            },
        [SVC_BACKOFF] =
            {
                [SVC_EV_START] = P(START_PRE, R),
                [SVC_EV_STOP] = P(STOPPED, T),
                [SVC_EV_UNMET] = P(FAILED, T),
                [SVC_EV_DEADLINE] = P(BACKOFF, SVC_DO_AGAIN),
            },
        [SVC_FAILED] =
            {
                [SVC_EV_START] = P(START_PRE, R),
                [SVC_EV_UNMET] = P(FAILED, T),
            },
};

/* Where it makes a difference that they end badly. */
static const struct pair unclean[SVC_STATE_COUNT][SVC_EVENT_COUNT] = {
    [SVC_START_PRE] = {[SVC_EV_COMMAND_ENDED] = P(STOP_TERM, K)},
    [SVC_START] = {[SVC_EV_MAIN_ENDED] = P(STOP_TERM, K)},
    [SVC_START_POST] =
        {
            [SVC_EV_MAIN_ENDED] = P(STOP_TERM, K),
            [SVC_EV_COMMAND_ENDED] = P(STOP_TERM, K),
        },
    [SVC_UP] = {[SVC_EV_MAIN_ENDED] = P(STOP_TERM, K)},
};

static int value_of(enum svc_event event, int status)
{
    switch (event) {
    case SVC_EV_MAIN_ENDED:
    case SVC_EV_COMMAND_ENDED:
        return status;
    case SVC_EV_UNMET:
        return RESULT_DEPENDENCY;
    case SVC_EV_START:
    case SVC_EV_STOP:
    case SVC_EV_RELOAD:
    case SVC_EV_RAN:
    case SVC_EV_EXECED:
    case SVC_EV_EMPTY:
    case SVC_EV_DEADLINE:
    case SVC_EV_NOT_RUN:
    case SVC_EVENT_COUNT:
        break;
    }
    return 0;
}

static void check_pair(enum svc_state state, enum svc_event event, int status)
{
    struct pair expected = clean[state][event];
    struct machine m;

    if (status != 0 && unclean[state][event].known) {
        expected = unclean[state][event];
    }
    if (!expected.known) {
        expected = (struct pair){1, (uint8_t)state, 0};
    }
    machine_init_full(&m);
    reach(&m, state);
    m.now += 7;
    happens(&m, event, value_of(event, status));
    expect(m.s.state == expected.state && m.s.todo == expected.todo,
           "%s(%d) in %s: expected %s, todo %u; got %s, todo %u", svc_event_name(event), status,
           svc_state_name(state), svc_state_name(expected.state), expected.todo,
           svc_state_name(m.s.state), m.s.todo);
    expect((m.s.since == m.now) == (m.s.state != state),
           "%s in %s: expected `since` to change "
           "with the state, and only then",
           svc_event_name(event), svc_state_name(state));
    machine_finish(&m);
}

static void test_every_pair_does_what_the_table_says(void **state)
{
    (void)state;
    for (size_t s = 0; s < COUNT_OF(states); s++) {
        for (size_t e = 0; e < COUNT_OF(events); e++) {
            check_pair(states[s], events[e], 0);
            check_pair(states[s], events[e], EXIT(1));
            check_pair(states[s], events[e], KILLED(SIGKILL));
        }
    }
}

/* Every sequence of events from here, possible or not: the rules are in take(). */
static void walk(const struct machine *m, const struct svc *from, int depth)
{
    static const struct {
        enum svc_event event;
        int value;
    } moves[] = {
        {SVC_EV_START, 0},
        {SVC_EV_START, 1},
        {SVC_EV_STOP, 0},
        {SVC_EV_RELOAD, 0},
        {SVC_EV_UNMET, RESULT_DEPENDENCY},
        {SVC_EV_RAN, 0},
        {SVC_EV_EXECED, 0},
        {SVC_EV_MAIN_ENDED, 0},
        {SVC_EV_MAIN_ENDED, KILLED(SIGSEGV)},
        {SVC_EV_COMMAND_ENDED, 0},
        {SVC_EV_COMMAND_ENDED, EXIT(3)},
        {SVC_EV_EMPTY, 0},
        {SVC_EV_DEADLINE, 0},
        {SVC_EV_NOT_RUN, 0},
    };

    for (size_t i = 0; depth > 0 && i < COUNT_OF(moves); i++) {
        struct svc s = *from;

        s.todo &= (uint8_t) ~(unsigned)(SVC_DO_KILL | SVC_DO_TELL | SVC_DO_AGAIN);
        if (moves[i].event == SVC_EV_RAN || moves[i].event == SVC_EV_NOT_RUN) {
            s.todo &= (uint8_t) ~(unsigned)SVC_DO_RUN; // the caller took it before
        }
        take(&s, m->conf, moves[i].event, moves[i].value, m->now + 1);
        walk(m, &s, depth - 1);
    }
}

static void test_every_sequence_keeps_the_rules(void **state)
{
    (void)state;
    for (size_t mode = 0; mode < SERVICE_KILL_MODE_COUNT; mode++) {
        for (size_t s = 0; s < COUNT_OF(states); s++) {
            struct machine m;

            machine_init_full(&m);
            reach(&m, states[s]);
            m.conf->kill_mode = (uint8_t)mode;
            m.conf->limit_interval = 1000;
            m.conf->limit_burst = 2;
            walk(&m, &m.s, 4);
            machine_finish(&m);
        }
    }
}

static void test_an_impossible_event_is_ignored(void **state)
{
    (void)state;
    for (size_t s = 0; s < COUNT_OF(states); s++) {
        struct machine m;
        struct svc before;

        machine_init_full(&m);
        reach(&m, states[s]);
        before = m.s;
        svc_step(&m.s, m.conf, (enum svc_event)SVC_EVENT_COUNT, 1, m.now + 1);
        svc_step(&m.s, m.conf, (enum svc_event)1000, 1, m.now + 1);
        assert_memory_equal(&m.s, &before, sizeof(before));
        machine_finish(&m);
    }
}

/* ---- lives ---- */

static void test_simple_is_up_once_forked(void **state)
{
    struct machine m;

    (void)state;
    machine_init_type(&m, TYPE_SIMPLE);
    leads(&m, SVC_EV_START, 0, SVC_START, R);
    assert_int_equal(m.s.running, RUN_START);
    leads(&m, SVC_EV_RAN, 0, SVC_UP, T);
    assert_true(svc_is_up(&m.s));
    leads(&m, SVC_EV_STOP, 0, SVC_STOP_TERM, K);
    assert_int_equal(m.s.signal, SIGTERM);
    assert_int_equal(m.s.whom, WHOM_ALL);
    leads(&m, SVC_EV_MAIN_ENDED, KILLED(SIGTERM), SVC_STOP_TERM, 0);
    leads(&m, SVC_EV_EMPTY, 0, SVC_STOPPED, T);
    ends_as(&m, SVC_STOPPED, RESULT_SUCCESS);
    machine_finish(&m);
}

static void test_exec_is_up_once_executed(void **state)
{
    struct machine m;

    (void)state;
    machine_init_type(&m, TYPE_EXEC);
    leads(&m, SVC_EV_START, 0, SVC_START, R);
    leads(&m, SVC_EV_RAN, 0, SVC_START, 0);
    leads(&m, SVC_EV_EXECED, 0, SVC_UP, T);
    leads(&m, SVC_EV_MAIN_ENDED, 0, SVC_STOP_TERM, K);
    leads(&m, SVC_EV_EMPTY, 0, SVC_STOPPED, T);
    happens(&m, SVC_EV_START, 0);
    ran(&m);
    leads(&m, SVC_EV_MAIN_ENDED, EXIT(203), SVC_STOP_TERM, K); // its exec failed
    leads(&m, SVC_EV_EMPTY, 0, SVC_FAILED, T);
    ends_as(&m, SVC_FAILED, RESULT_EXIT_CODE);
    assert_int_equal(m.s.main_status, EXIT(203));
    assert_true(m.s.has_ended);
    machine_finish(&m);
}

static void has_failed_run(const struct machine *m, enum service_run run, int status)
{
    assert_true(m->s.has_failed_run);
    expect(m->s.failed_run == run && m->s.failed_status == status,
           "expected %s to have failed with %d, got %s and %d", service_run_name(run), status,
           service_run_name(m->s.failed_run), m->s.failed_status);
}

static void test_the_command_that_made_it_fail_is_kept(void **state)
{
    struct machine m;

    (void)state;
    machine_init_full(&m);
    happens(&m, SVC_EV_START, 0);
    ran(&m);
    happens(&m, SVC_EV_COMMAND_ENDED, EXIT(9));
    has_failed_run(&m, RUN_START_PRE, EXIT(9));
    happens(&m, SVC_EV_EMPTY, 0);
    ran(&m);
    happens(&m, SVC_EV_COMMAND_ENDED, EXIT(4)); // ExecStopPost=: it explains nothing
    has_failed_run(&m, RUN_START_PRE, EXIT(9));
    happens(&m, SVC_EV_EMPTY, 0);
    ends_as(&m, SVC_BACKOFF, RESULT_EXIT_CODE);
    happens(&m, SVC_EV_START, 1);
    assert_false(m.s.has_failed_run);
    machine_finish(&m);
}

static void test_the_reload_that_failed_is_kept_until_the_next(void **state)
{
    struct machine m;

    (void)state;
    machine_init_type(&m, TYPE_SIMPLE);
    command(&m, RUN_RELOAD, 0);
    happens(&m, SVC_EV_START, 0);
    ran(&m);
    happens(&m, SVC_EV_RELOAD, 0);
    ran(&m);
    happens(&m, SVC_EV_COMMAND_ENDED, KILLED(SIGSEGV));
    expect_now(&m, SVC_UP, T);
    has_failed_run(&m, RUN_RELOAD, KILLED(SIGSEGV));
    happens(&m, SVC_EV_RELOAD, 0);
    ran(&m);
    happens(&m, SVC_EV_COMMAND_ENDED, 0);
    assert_false(m.s.has_failed_run);
    machine_finish(&m);
}

static void test_oneshot_runs_its_commands_one_after_the_other(void **state)
{
    struct machine m;

    (void)state;
    machine_init_type(&m, TYPE_ONESHOT);
    command(&m, RUN_START, 0);
    command(&m, RUN_START, 0);
    happens(&m, SVC_EV_START, 0);
    for (int i = 0; i < 3; i++) {
        expect_now(&m, SVC_START, R);
        assert_int_equal(m.s.index, i);
        ran(&m);
        assert_int_equal(m.s.main_index, i);
        happens(&m, SVC_EV_MAIN_ENDED, 0);
    }
    expect_now(&m, SVC_STOP_TERM, K); // other processes may be left
    leads(&m, SVC_EV_EMPTY, 0, SVC_STOPPED, T);
    machine_finish(&m);
}

static void test_a_failing_command_of_a_oneshot_is_its_last(void **state)
{
    struct machine m;

    (void)state;
    machine_init_type(&m, TYPE_ONESHOT);
    command(&m, RUN_START, 0);
    happens(&m, SVC_EV_START, 0);
    ran(&m);
    leads(&m, SVC_EV_MAIN_ENDED, EXIT(4), SVC_STOP_TERM, K);
    leads(&m, SVC_EV_EMPTY, 0, SVC_FAILED, T);
    ends_as(&m, SVC_FAILED, RESULT_EXIT_CODE);
    machine_finish(&m);
}

static void test_a_command_with_a_dash_may_fail(void **state)
{
    struct machine m;

    (void)state;
    machine_init(&m);
    m.conf->type = TYPE_ONESHOT;
    command(&m, RUN_START, RUN_IGNORE);
    command(&m, RUN_START, 0);
    happens(&m, SVC_EV_START, 0);
    ran(&m);
    leads(&m, SVC_EV_MAIN_ENDED, CORE(SIGSEGV), SVC_START, R);
    ran(&m);
    happens(&m, SVC_EV_MAIN_ENDED, 0);
    leads(&m, SVC_EV_EMPTY, 0, SVC_STOPPED, T);
    machine_finish(&m);
}

static void test_remain_after_exit(void **state)
{
    struct machine m;

    (void)state;
    machine_init_type(&m, TYPE_ONESHOT);
    m.conf->flags |= SERVICE_REMAIN;
    command(&m, RUN_STOP, 0);
    happens(&m, SVC_EV_START, 0);
    ran(&m);
    leads(&m, SVC_EV_MAIN_ENDED, 0, SVC_DONE, T);
    assert_true(svc_is_up(&m.s));
    happens(&m, SVC_EV_EMPTY, 0);
    leads(&m, SVC_EV_STOP, 0, SVC_STOP, R);
    ran(&m);
    leads(&m, SVC_EV_COMMAND_ENDED, 0, SVC_STOP_TERM, K);
    leads(&m, SVC_EV_EMPTY, 0, SVC_STOPPED, T);
    machine_finish(&m);
}

/* systemd.service(5): "Type=oneshot" may have ExecStop= and no ExecStart=. */
static void test_a_service_without_exec_start(void **state)
{
    struct machine m;

    (void)state;
    machine_init(&m);
    m.conf->type = TYPE_ONESHOT;
    m.conf->flags |= SERVICE_REMAIN;
    command(&m, RUN_STOP, 0);
    leads(&m, SVC_EV_START, 0, SVC_DONE, T);
    leads(&m, SVC_EV_STOP, 0, SVC_STOP, R);
    ran(&m);
    happens(&m, SVC_EV_COMMAND_ENDED, 0);
    leads(&m, SVC_EV_EMPTY, 0, SVC_STOPPED, T);
    machine_finish(&m);
}

/* COMMAND of the command line is in no list. */
static void test_the_command_of_the_command_line_is_run(void **state)
{
    struct machine m;

    (void)state;
    machine_init(&m);
    m.conf->flags |= SERVICE_COMMAND;
    m.conf->commands[RUN_START] = 1; // for the rule in take()
    happens(&m, SVC_EV_START, 0);
    m.conf->commands[RUN_START] = 0;
    expect_now(&m, SVC_START, R);
    leads(&m, SVC_EV_RAN, 0, SVC_UP, T);
    leads(&m, SVC_EV_MAIN_ENDED, EXIT(3), SVC_STOP_TERM, K);
    leads(&m, SVC_EV_EMPTY, 0, SVC_FAILED, T);
    machine_finish(&m);
}

/* What fails in each list, with "-" and without: where the service is when all is over. */
static void fail_in_list(enum service_run kind, unsigned bits, enum svc_state state)
{
    struct machine m;

    machine_init_type(&m, TYPE_SIMPLE);
    command(&m, kind, bits);
    happens(&m, SVC_EV_START, 0);
    for (int i = 0; i < 20 && !svc_is_down(&m.s) && m.s.state != SVC_UP; i++) {
        if ((m.s.todo & SVC_DO_RUN) != 0) {
            ran(&m);
        } else if (m.s.command_alive) {
            happens(&m, SVC_EV_COMMAND_ENDED, EXIT(1));
        } else if (m.s.main_alive) {
            happens(&m, SVC_EV_MAIN_ENDED, 0);
        } else {
            happens(&m, SVC_EV_EMPTY, 0);
        }
    }
    if (state != SVC_UP && m.s.state == SVC_UP) { // its stop
        happens(&m, SVC_EV_STOP, 0);
        for (int i = 0; i < 20 && !svc_is_down(&m.s); i++) {
            if ((m.s.todo & SVC_DO_RUN) != 0) {
                ran(&m);
            } else if (m.s.command_alive) {
                happens(&m, SVC_EV_COMMAND_ENDED, EXIT(1));
            } else if (m.s.main_alive) {
                happens(&m, SVC_EV_MAIN_ENDED, 0);
            } else {
                happens(&m, SVC_EV_EMPTY, 0);
            }
        }
    }
    expect(m.s.state == state, "%s fails%s: expected %s, got %s", service_run_name(kind),
           (bits & RUN_IGNORE) != 0 ? ", which is ignored" : "", svc_state_name(state),
           svc_state_name(m.s.state));
    machine_finish(&m);
}

static void test_failing_commands_with_and_without_a_dash(void **state)
{
    (void)state;
    fail_in_list(RUN_START_PRE, 0, SVC_FAILED);
    fail_in_list(RUN_START_PRE, RUN_IGNORE, SVC_UP);
    fail_in_list(RUN_START_POST, 0, SVC_FAILED);
    fail_in_list(RUN_START_POST, RUN_IGNORE, SVC_UP);
    fail_in_list(RUN_STOP, 0, SVC_FAILED);
    fail_in_list(RUN_STOP, RUN_IGNORE, SVC_STOPPED);
    fail_in_list(RUN_STOP_POST, 0, SVC_FAILED);
    fail_in_list(RUN_STOP_POST, RUN_IGNORE, SVC_STOPPED);
}

/* The commands of a list that come after one that failed do not run. */
static void test_a_failed_command_ends_its_list(void **state)
{
    struct machine m;

    (void)state;
    machine_init_type(&m, TYPE_SIMPLE);
    command(&m, RUN_STOP, 0);
    command(&m, RUN_STOP, 0);
    command(&m, RUN_STOP_POST, 0);
    command(&m, RUN_STOP_POST, 0);
    happens(&m, SVC_EV_START, 0);
    ran(&m);
    happens(&m, SVC_EV_STOP, 0);
    ran(&m);
    leads(&m, SVC_EV_COMMAND_ENDED, EXIT(1), SVC_STOP_TERM, K);
    happens(&m, SVC_EV_MAIN_ENDED, 0);
    leads(&m, SVC_EV_EMPTY, 0, SVC_STOP_POST, R);
    ran(&m);
    leads(&m, SVC_EV_COMMAND_ENDED, 0, SVC_STOP_POST, SVC_DO_TELL | SVC_DO_RUN);
    assert_int_equal(m.s.index, 1);
    ran(&m);
    leads(&m, SVC_EV_COMMAND_ENDED, 0, SVC_FINAL_TERM, K);
    leads(&m, SVC_EV_EMPTY, 0, SVC_FAILED, T);
    machine_finish(&m);
}

/* ExecStop= is for what has started; ExecStopPost= for everything. */
static void test_a_failed_start_runs_stop_post_only(void **state)
{
    struct machine m;

    (void)state;
    machine_init_full(&m);
    start_full(&m);
    leads(&m, SVC_EV_COMMAND_ENDED, EXIT(1), SVC_STOP_TERM, K);
    leads(&m, SVC_EV_EMPTY, 0, SVC_STOP_POST, R);
    machine_finish(&m);
}

/* Ends whatever lives, until the service is down. */
static void run_out(struct machine *m)
{
    for (int i = 0; i < 30 && !svc_is_down(&m->s); i++) {
        if ((m->s.todo & SVC_DO_RUN) != 0) {
            ran(m);
        } else if (m->s.main_alive) {
            happens(m, SVC_EV_MAIN_ENDED, 0);
        } else if (m->s.command_alive) {
            happens(m, SVC_EV_COMMAND_ENDED, 0);
        } else {
            happens(m, SVC_EV_EMPTY, 0);
        }
    }
    expect(svc_is_down(&m->s), "expected the service to come down; it is in %s",
           svc_state_name(m->s.state));
}

static void test_a_stop_in_each_state_ends_the_service_for_good(void **state)
{
    (void)state;
    for (size_t s = 0; s < COUNT_OF(states); s++) {
        struct machine m;

        machine_init_full(&m);
        m.conf->restart = RESTART_ALWAYS;
        if (states[s] != SVC_BACKOFF) {
            reach(&m, states[s]);
        } else {
            backoff_full(&m);
        }
        happens(&m, SVC_EV_STOP, 0);
        run_out(&m);
        expect(m.s.state == SVC_STOPPED || m.s.state == SVC_FAILED,
               "stop in %s: expected stopped or failed, got %s", svc_state_name(states[s]),
               svc_state_name(m.s.state));
        machine_finish(&m);
    }
}

static void test_a_timeout_in_each_state(void **state)
{
    static const struct {
        enum svc_state in;
        msec_t limit;
        enum svc_state with_kill;
        enum svc_state without;
    } cases[] = {
        {SVC_START_PRE, START_MS, SVC_STOP_TERM, SVC_STOP_TERM},
        {SVC_START, START_MS, SVC_STOP_TERM, SVC_STOP_TERM},
        {SVC_START_POST, START_MS, SVC_STOP_TERM, SVC_STOP_TERM},
        {SVC_STOP, STOP_MS, SVC_STOP_TERM, SVC_STOP_TERM},
        {SVC_STOP_TERM, STOP_MS, SVC_STOP_KILL, SVC_STOP_POST},
        {SVC_STOP_POST, STOP_MS, SVC_FINAL_TERM, SVC_FINAL_TERM},
        {SVC_FINAL_TERM, STOP_MS, SVC_FINAL_KILL, SVC_FAILED},
    };

    (void)state;
    for (size_t i = 0; i < 2 * COUNT_OF(cases); i++) {
        struct machine m;
        bool kills = i % 2 == 0;

        machine_init_full(&m);
        m.conf->flags &= kills ? UINT32_MAX : ~(uint32_t)SERVICE_SEND_SIGKILL;
        reach(&m, cases[i / 2].in);
        assert_true(m.s.deadline == m.now + cases[i / 2].limit);
        happens(&m, SVC_EV_DEADLINE, 0);
        expect(m.s.state == (kills ? cases[i / 2].with_kill : cases[i / 2].without),
               "timeout in %s, SendSIGKILL=%d: got %s", svc_state_name(cases[i / 2].in), kills,
               svc_state_name(m.s.state));
        assert_int_equal(m.s.result, RESULT_TIMEOUT);
        machine_finish(&m);
    }
}

static void test_after_sigkill_the_wait_is_finite_whatever_the_unit_says(void **state)
{
    struct machine m;

    (void)state;
    machine_init_full(&m);
    stop_term_full(&m);
    m.conf->timeout_stop = MSEC_NEVER;
    happens(&m, SVC_EV_DEADLINE, 0);
    expect_now(&m, SVC_STOP_KILL, K);
    assert_int_equal(m.s.signal, SIGKILL);
    assert_true(m.s.deadline == m.now + KILL_WAIT_MS);
    machine_finish(&m);
}

static void test_infinite_timeouts(void **state)
{
    struct machine m;

    (void)state;
    machine_init_type(&m, TYPE_SIMPLE);
    m.conf->timeout_stop = MSEC_NEVER;
    happens(&m, SVC_EV_START, 0);
    ran(&m);
    m.s.todo = 0;
    svc_step(&m.s, m.conf, SVC_EV_STOP, 0, m.now);
    assert_int_equal(m.s.state, SVC_STOP_TERM);
    assert_true(m.s.deadline == MSEC_NEVER);
    machine_finish(&m);
}

static void test_kill_modes(void **state)
{
    static const struct {
        enum service_kill_mode mode;
        bool signals; // at the stop
        enum svc_whom term;
        enum svc_whom kill;
    } cases[] = {
        {KILL_CONTROL_GROUP, true, WHOM_ALL, WHOM_ALL},
        {KILL_MIXED, true, WHOM_PROCESSES, WHOM_ALL},
        {KILL_PROCESS, true, WHOM_PROCESSES, WHOM_PROCESSES},
        {KILL_NONE, false, WHOM_ALL, WHOM_ALL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct machine m;

        machine_init_type(&m, TYPE_SIMPLE);
        m.conf->kill_mode = (uint8_t)cases[i].mode;
        m.conf->kill_signal = SIGINT;
        happens(&m, SVC_EV_START, 0);
        ran(&m);
        if (!cases[i].signals) {
            leads(&m, SVC_EV_STOP, 0, SVC_STOPPED, T);
            machine_finish(&m);
            continue;
        }
        leads(&m, SVC_EV_STOP, 0, SVC_STOP_TERM, K);
        assert_int_equal(m.s.signal, SIGINT);
        assert_int_equal(m.s.whom, cases[i].term);
        leads(&m, SVC_EV_DEADLINE, 0, SVC_STOP_KILL, K);
        assert_int_equal(m.s.signal, SIGKILL);
        assert_int_equal(m.s.whom, cases[i].kill);
        happens(&m, SVC_EV_MAIN_ENDED, KILLED(SIGKILL));
        assert_int_equal(m.s.state, cases[i].mode == KILL_PROCESS ? SVC_FAILED : SVC_STOP_KILL);
        run_out(&m);
        ends_as(&m, SVC_FAILED, RESULT_TIMEOUT);
        machine_finish(&m);
    }
}

/* ---- Restart= ---- */

static void test_restart_times_result(void **state)
{
    enum { NO = 0, YES = 1 };
    static const uint8_t table[SERVICE_RESTART_COUNT][SVC_RESULT_COUNT] = {
        // success, exit-code, signal, core-dump, timeout, start-limit, resources, dependency, bad-unit
        [RESTART_NO] = {NO, NO, NO, NO, NO, NO, NO, NO, NO},
        [RESTART_ON_SUCCESS] = {YES, NO, NO, NO, NO, NO, NO, NO, NO},
        [RESTART_ON_FAILURE] = {NO, YES, YES, YES, YES, NO, YES, NO, NO},
        [RESTART_ON_ABNORMAL] = {NO, NO, YES, YES, YES, NO, YES, NO, NO},
        [RESTART_ON_WATCHDOG] = {NO, NO, NO, NO, NO, NO, NO, NO, NO},
        [RESTART_ON_ABORT] = {NO, NO, YES, YES, NO, NO, NO, NO, NO},
        [RESTART_ALWAYS] = {YES, YES, YES, YES, YES, NO, YES, NO, NO},
    };

    (void)state;
    for (unsigned r = 0; r < SERVICE_RESTART_COUNT; r++) {
        for (unsigned e = 0; e < SVC_RESULT_COUNT; e++) {
            bool got = svcrules_restarts((enum service_restart)r, (enum svc_result)e);

            expect(got == table[r][e], "Restart=%s after %s: expected %s", service_restart_name(r),
                   svc_result_name(e), table[r][e] ? "a start" : "none");
        }
    }
    assert_false(svcrules_restarts(SERVICE_RESTART_COUNT, RESULT_SUCCESS));
}

/* Each way to end, brought about by events, for each Restart=. */
static void end_by(struct machine *m, enum svc_result result)
{
    switch (result) {
    case RESULT_SUCCESS:
        happens(m, SVC_EV_MAIN_ENDED, 0);
        break;
    case RESULT_EXIT_CODE:
        happens(m, SVC_EV_MAIN_ENDED, EXIT(1));
        break;
    case RESULT_SIGNAL:
        happens(m, SVC_EV_MAIN_ENDED, KILLED(SIGKILL));
        break;
    case RESULT_CORE_DUMP:
        happens(m, SVC_EV_MAIN_ENDED, CORE(SIGABRT));
        break;
    case RESULT_TIMEOUT:
    case RESULT_START_LIMIT:
    case RESULT_RESOURCES:
    case RESULT_DEPENDENCY:
    case RESULT_BAD_UNIT:
    case SVC_RESULT_COUNT:
        break;
    }
    run_out(m);
}

static void test_restart_follows_the_end(void **state)
{
    static const enum svc_result ends[] = {RESULT_SUCCESS, RESULT_EXIT_CODE, RESULT_SIGNAL,
                                           RESULT_CORE_DUMP};

    (void)state;
    for (unsigned r = 0; r < SERVICE_RESTART_COUNT; r++) {
        for (size_t e = 0; e < COUNT_OF(ends); e++) {
            struct machine m;
            bool again = svcrules_restarts((enum service_restart)r, ends[e]);
            enum svc_state stays = ends[e] == RESULT_SUCCESS ? SVC_STOPPED : SVC_FAILED;

            machine_init_type(&m, TYPE_SIMPLE);
            m.conf->restart = (uint8_t)r;
            happens(&m, SVC_EV_START, 0);
            ran(&m);
            end_by(&m, ends[e]);
            ends_as(&m, again ? SVC_BACKOFF : stays, ends[e]);
            assert_true(m.s.deadline == (again ? m.now + RESTART_MS : MSEC_NEVER));
            machine_finish(&m);
        }
    }
}

static void test_restarts_are_counted_until_somebody_asks(void **state)
{
    struct machine m;

    (void)state;
    machine_init_type(&m, TYPE_SIMPLE);
    m.conf->restart = RESTART_ALWAYS;
    happens(&m, SVC_EV_START, 0);
    for (uint32_t i = 1; i <= 5; i++) {
        ran(&m);
        end_by(&m, RESULT_EXIT_CODE);
        leads(&m, SVC_EV_DEADLINE, 0, SVC_BACKOFF, SVC_DO_AGAIN);
        assert_true(m.s.deadline == MSEC_NEVER);
        leads(&m, SVC_EV_START, 1, SVC_START, R);
        assert_int_equal(m.s.restarts, i);
        assert_int_equal(m.s.result, RESULT_SUCCESS);
    }
    ran(&m);
    end_by(&m, RESULT_EXIT_CODE);
    leads(&m, SVC_EV_START, 0, SVC_START, R);
    assert_int_equal(m.s.restarts, 0);
    machine_finish(&m);
}

static void test_a_stop_during_the_back_off(void **state)
{
    struct machine m;

    (void)state;
    machine_init_full(&m);
    backoff_full(&m);
    happens(&m, SVC_EV_DEADLINE, 0);
    m.s.todo = SVC_DO_AGAIN; // not taken yet
    take(&m.s, m.conf, SVC_EV_STOP, 0, m.now);
    expect_now(&m, SVC_STOPPED, T);
    leads(&m, SVC_EV_DEADLINE, 0, SVC_STOPPED, 0);
    machine_finish(&m);
}

static void test_start_limit_windows(void **state)
{
    struct machine m;

    (void)state;
    machine_init_type(&m, TYPE_SIMPLE);
    m.conf->limit_interval = 1000;
    m.conf->limit_burst = 3;
    for (int window = 0; window < 3; window++) {
        for (int i = 0; i < 3; i++) {
            leads(&m, SVC_EV_START, 0, SVC_START, R);
            ran(&m);
            end_by(&m, RESULT_EXIT_CODE);
            m.now += 100;
        }
        leads(&m, SVC_EV_START, 0, SVC_FAILED, T);
        assert_int_equal(m.s.result, RESULT_START_LIMIT);
        m.now += 699;
        leads(&m, SVC_EV_START, 0, SVC_FAILED, T);
        m.now += 1;
    }
    machine_finish(&m);
}

static void test_the_start_limit_holds_for_restarts(void **state)
{
    struct machine m;

    (void)state;
    machine_init_type(&m, TYPE_SIMPLE);
    m.conf->restart = RESTART_ALWAYS;
    m.conf->restart_ms = 0;
    m.conf->limit_interval = 10000;
    m.conf->limit_burst = 2;
    happens(&m, SVC_EV_START, 0);
    ran(&m);
    end_by(&m, RESULT_SUCCESS);
    assert_true(m.s.deadline == m.now);
    leads(&m, SVC_EV_START, 1, SVC_START, R);
    ran(&m);
    end_by(&m, RESULT_SUCCESS);
    leads(&m, SVC_EV_START, 1, SVC_FAILED, T);
    ends_as(&m, SVC_FAILED, RESULT_START_LIMIT);
    machine_finish(&m);
}

static void test_without_a_limit_starts_are_endless(void **state)
{
    static const struct {
        msec_t interval;
        uint32_t burst;
    } cases[] = {{0, 5}, {1000, 0}, {0, 0}};

    (void)state;
    for (size_t c = 0; c < COUNT_OF(cases); c++) {
        struct machine m;

        machine_init_type(&m, TYPE_SIMPLE);
        m.conf->limit_interval = cases[c].interval;
        m.conf->limit_burst = cases[c].burst;
        for (int i = 0; i < 100; i++) {
            struct svc before = m.s;

            svc_step(&m.s, m.conf, SVC_EV_START, 0, m.now);
            assert_int_equal(m.s.state, SVC_START);
            m.s = before;
        }
        machine_finish(&m);
    }
}

/* ---- clean ends ---- */

static void test_success_exit_status(void **state)
{
    struct machine m;

    (void)state;
    machine_init_type(&m, TYPE_SIMPLE);
    m.u.one[0].codes[143 / 8] |= 1 << 143 % 8;
    m.u.one[0].codes[255 / 8] |= 1 << 255 % 8;
    m.conf->ok_signals = UINT64_C(1) << (SIGUSR1 - 1) | UINT64_C(1) << 63;
    for (int code = 0; code < 256; code++) {
        bool clean_code = code == 0 || code == 143 || code == 255;

        assert_int_equal(svcrules_main_result(m.conf, 0, EXIT(code)),
                         clean_code ? RESULT_SUCCESS : RESULT_EXIT_CODE);
        assert_int_equal(svcrules_command_result(m.conf, RUN_STOP, 0, EXIT(code)),
                         code == 0 ? RESULT_SUCCESS : RESULT_EXIT_CODE);
    }
    assert_int_equal(svcrules_main_result(m.conf, 0, KILLED(SIGUSR1)), RESULT_SUCCESS);
    assert_int_equal(svcrules_main_result(m.conf, 0, KILLED(64)), RESULT_SUCCESS);
    assert_int_equal(svcrules_command_result(m.conf, RUN_STOP, 0, KILLED(SIGUSR1)), RESULT_SIGNAL);
    machine_finish(&m);
}

static void test_without_a_list_of_codes_only_0_is_success(void **state)
{
    struct machine m;

    (void)state;
    machine_init_type(&m, TYPE_SIMPLE);
    m.conf->codes = NULL;
    assert_int_equal(svcrules_main_result(m.conf, 0, EXIT(0)), RESULT_SUCCESS);
    assert_int_equal(svcrules_main_result(m.conf, 0, EXIT(1)), RESULT_EXIT_CODE);
    machine_finish(&m);
}

static void test_clean_signals_are_for_daemons(void **state)
{
    (void)state;
    for (unsigned type = 0; type < SERVICE_TYPE_COUNT; type++) {
        struct machine m;

        machine_init_type(&m, (enum service_type)type);
        for (int number = 1; number <= 64; number++) {
            bool asks =
                number == SIGHUP || number == SIGINT || number == SIGTERM || number == SIGPIPE;
            enum svc_result expected =
                asks && type != TYPE_ONESHOT ? RESULT_SUCCESS : RESULT_SIGNAL;

            expect(svcrules_main_result(m.conf, 0, KILLED(number)) == expected,
                   "Type=%s ends by signal %d: expected %s", service_type_name(type), number,
                   svc_result_name(expected));
            assert_int_equal(svcrules_command_result(m.conf, RUN_START_PRE, 0, KILLED(number)),
                             RESULT_SIGNAL);
        }
        assert_int_equal(svcrules_main_result(m.conf, 0, CORE(SIGQUIT)), RESULT_CORE_DUMP);
        machine_finish(&m);
    }
}

/* ---- reload ---- */

static void test_reload(void **state)
{
    struct machine m;

    (void)state;
    machine_init_full(&m);
    command(&m, RUN_RELOAD, 0);
    up_full(&m);
    leads(&m, SVC_EV_RELOAD, 0, SVC_RELOAD, R);
    assert_true(svc_is_up(&m.s));
    ran(&m);
    leads(&m, SVC_EV_COMMAND_ENDED, 0, SVC_RELOAD, R);
    ran(&m);
    leads(&m, SVC_EV_COMMAND_ENDED, 0, SVC_UP, T);
    assert_false(m.s.reload_failed);
    machine_finish(&m);
}

static void test_a_failed_reload_leaves_the_service_up(void **state)
{
    struct machine m;

    (void)state;
    machine_init_full(&m);
    command(&m, RUN_RELOAD, 0);
    up_full(&m);
    happens(&m, SVC_EV_RELOAD, 0);
    ran(&m);
    leads(&m, SVC_EV_COMMAND_ENDED, EXIT(1), SVC_UP, T);
    assert_true(m.s.reload_failed);
    assert_int_equal(m.s.result, RESULT_SUCCESS);
    leads(&m, SVC_EV_RELOAD, 0, SVC_RELOAD, R);
    assert_false(m.s.reload_failed);
    leads(&m, SVC_EV_NOT_RUN, 0, SVC_UP, T);
    assert_true(m.s.reload_failed);
    machine_finish(&m);
}

static void test_the_main_process_ends_during_a_reload(void **state)
{
    static const struct {
        int status;
        bool remains;
        enum svc_state then;
    } cases[] = {
        {0, true, SVC_DONE},
        {0, false, SVC_STOP},
        {EXIT(1), true, SVC_STOP_TERM},
        {KILLED(SIGKILL), false, SVC_STOP_TERM},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct machine m;

        machine_init_full(&m);
        m.conf->flags &= cases[i].remains ? UINT32_MAX : ~(uint32_t)SERVICE_REMAIN;
        reach(&m, SVC_RELOAD);
        leads(&m, SVC_EV_MAIN_ENDED, cases[i].status, SVC_RELOAD, 0);
        happens(&m, SVC_EV_COMMAND_ENDED, 0);
        assert_int_equal(m.s.state, cases[i].then);
        machine_finish(&m);
    }
}

/* ---- what cannot be forked ---- */

static void test_a_failed_fork_in_each_state(void **state)
{
    static const struct {
        enum svc_state in;
        enum svc_state then;
        enum svc_result result;
    } cases[] = {
        {SVC_START_PRE, SVC_STOP_POST, RESULT_RESOURCES},
        {SVC_START, SVC_STOP_TERM, RESULT_RESOURCES}, // ExecStartPre= may have left something
        {SVC_START_POST, SVC_STOP_TERM, RESULT_RESOURCES},
        {SVC_RELOAD, SVC_UP, RESULT_SUCCESS},
        {SVC_STOP, SVC_STOP_TERM, RESULT_RESOURCES},
        {SVC_STOP_POST, SVC_STOPPED, RESULT_RESOURCES},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static const enum svc_event way[] = {SVC_EV_COMMAND_ENDED, SVC_EV_EXECED,
                                             SVC_EV_COMMAND_ENDED};
        struct machine m;

        machine_init_full(&m);
        happens(&m, SVC_EV_START, 0);
        for (size_t step = 0; step < COUNT_OF(way) && m.s.state != cases[i].in; step++) {
            ran(&m);
            happens(&m, way[step], 0);
        }
        if (m.s.state == SVC_UP) {
            happens(&m, cases[i].in == SVC_RELOAD ? SVC_EV_RELOAD : SVC_EV_STOP, 0);
        }
        if (cases[i].in == SVC_STOP_POST) {
            ran(&m);
            happens(&m, SVC_EV_COMMAND_ENDED, 0);
            happens(&m, SVC_EV_MAIN_ENDED, 0);
            happens(&m, SVC_EV_EMPTY, 0);
        }
        expect_now(&m, cases[i].in, R);
        happens(&m, SVC_EV_NOT_RUN, 0);
        assert_int_equal(m.s.result, cases[i].result);
        expect(m.s.state == cases[i].then ||
                   (cases[i].in == SVC_STOP_POST && m.s.state == SVC_FAILED),
               "no fork in %s: expected %s, got %s", svc_state_name(cases[i].in),
               svc_state_name(cases[i].then), svc_state_name(m.s.state));
        machine_finish(&m);
    }
}

static void test_a_failed_fork_is_not_tried_again_at_once(void **state)
{
    struct machine m;

    (void)state;
    machine_init_full(&m);
    m.conf->restart = RESTART_ALWAYS;
    m.conf->restart_ms = 0;
    m.conf->commands[RUN_START_PRE] = 0;
    m.conf->commands[RUN_STOP_POST] = 0;
    happens(&m, SVC_EV_START, 0);
    happens(&m, SVC_EV_NOT_RUN, 0);
    expect(m.s.state == SVC_BACKOFF, "expected back-off, got %s", svc_state_name(m.s.state));
    assert_int_equal(m.s.deadline - m.now, RESOURCES_PAUSE_MS);
    machine_finish(&m);
}

static void test_a_broken_unit_does_not_start(void **state)
{
    struct machine m;

    (void)state;
    machine_init_full(&m);
    m.conf->flags |= SERVICE_BROKEN;
    svc_init(&m.s, m.conf, m.now);
    ends_as(&m, SVC_FAILED, RESULT_BAD_UNIT);
    leads(&m, SVC_EV_START, 0, SVC_FAILED, T);
    ends_as(&m, SVC_FAILED, RESULT_BAD_UNIT);
    machine_finish(&m);
}

/* It was left to end in UP, where its end by SIGKILL became the service's own result. */
static void test_01_a_reload_that_hung_was_a_failure_of_the_service(void **state)
{
    struct machine m;

    (void)state;
    machine_init_full(&m);
    m.conf->flags &= ~(uint32_t)SERVICE_REMAIN;
    reach(&m, SVC_RELOAD);
    leads(&m, SVC_EV_DEADLINE, 0, SVC_RELOAD, K);
    assert_int_equal(m.s.signal, SIGKILL);
    assert_int_equal(m.s.whom, WHOM_COMMAND);
    assert_true(m.s.deadline == m.now + KILL_WAIT_MS);
    leads(&m, SVC_EV_COMMAND_ENDED, KILLED(SIGKILL), SVC_UP, T);
    assert_true(m.s.reload_failed);
    leads(&m, SVC_EV_MAIN_ENDED, 0, SVC_STOP, R);
    run_out(&m);
    ends_as(&m, SVC_STOPPED, RESULT_SUCCESS);
    machine_finish(&m);
}

static void test_02_a_reload_that_no_signal_ends_is_given_up(void **state)
{
    struct machine m;

    (void)state;
    machine_init_full(&m);
    reach(&m, SVC_RELOAD);
    leads(&m, SVC_EV_DEADLINE, 0, SVC_RELOAD, K);
    leads(&m, SVC_EV_DEADLINE, 0, SVC_UP, T);
    leads(&m, SVC_EV_COMMAND_ENDED, KILLED(SIGKILL), SVC_UP, 0);
    assert_int_equal(m.s.result, RESULT_SUCCESS);
    machine_finish(&m);
}

/* KillMode=none gives the old one up: its end was taken for that of the next, which did not run yet. */
static void test_03_the_end_of_a_command_given_up_was_the_next_ones(void **state)
{
    struct machine m;

    (void)state;
    machine_init_full(&m);
    m.conf->kill_mode = KILL_NONE;
    reach(&m, SVC_STOP);
    leads(&m, SVC_EV_DEADLINE, 0, SVC_STOP_POST, R);
    take(&m.s, m.conf, SVC_EV_COMMAND_ENDED, EXIT(1), m.now);
    expect_now(&m, SVC_STOP_POST, R);
    ran(&m);
    leads(&m, SVC_EV_COMMAND_ENDED, 0, SVC_FAILED, T);
    ends_as(&m, SVC_FAILED, RESULT_TIMEOUT);
    machine_finish(&m);
}

/* The rest were waited for until TimeoutStopSec= was over, which nobody had told to end. */
static void test_04_mixed_let_the_rest_live_until_the_timeout(void **state)
{
    struct machine m;

    (void)state;
    machine_init_type(&m, TYPE_SIMPLE);
    m.conf->kill_mode = KILL_MIXED;
    command(&m, RUN_STOP_POST, 0);
    happens(&m, SVC_EV_START, 0);
    ran(&m);
    happens(&m, SVC_EV_STOP, 0);
    leads(&m, SVC_EV_MAIN_ENDED, 0, SVC_STOP_KILL, K);
    assert_int_equal(m.s.signal, SIGKILL);
    assert_int_equal(m.s.whom, WHOM_ALL);
    leads(&m, SVC_EV_EMPTY, 0, SVC_STOP_POST, R);
    ran(&m);
    leads(&m, SVC_EV_COMMAND_ENDED, 0, SVC_FINAL_KILL, K);
    leads(&m, SVC_EV_EMPTY, 0, SVC_STOPPED, T);
    machine_finish(&m);
}

static void test_05_mixed_without_sigkill_leaves_the_rest_alone(void **state)
{
    struct machine m;

    (void)state;
    machine_init_type(&m, TYPE_SIMPLE);
    m.conf->kill_mode = KILL_MIXED;
    m.conf->flags &= ~(uint32_t)SERVICE_SEND_SIGKILL;
    happens(&m, SVC_EV_START, 0);
    ran(&m);
    leads(&m, SVC_EV_STOP, 0, SVC_STOP_TERM, K);
    leads(&m, SVC_EV_MAIN_ENDED, 0, SVC_STOPPED, T);
    machine_finish(&m);
}

/* A wait status has room for 126 of them: the shift by the 65th was undefined. */
static void test_06_a_signal_that_no_kernel_has(void **state)
{
    struct machine m;

    (void)state;
    machine_init_type(&m, TYPE_SIMPLE);
    m.conf->ok_signals = UINT64_MAX;
    assert_int_equal(svcrules_main_result(m.conf, 0, KILLED(64)), RESULT_SUCCESS);
    for (int number = 65; number < 127; number++) {
        assert_int_equal(svcrules_main_result(m.conf, 0, KILLED(number)), RESULT_SIGNAL);
    }
    machine_finish(&m);
}

static void test_07_a_counter_at_its_end_stays_there(void **state)
{
    struct machine m;

    (void)state;
    machine_init_type(&m, TYPE_SIMPLE);
    m.s.restarts = UINT32_MAX;
    happens(&m, SVC_EV_START, 1);
    assert_true(m.s.restarts == UINT32_MAX);
    machine_finish(&m);
}

static void test_names(void **state)
{
    (void)state;
#define X(name, text, public) \
    assert_string_equal(svc_state_name(SVC_##name), text); \
    assert_string_equal(svc_public_name(SVC_##name), public);
    SVC_STATES(X)
#undef X
#define X(name, text) assert_string_equal(svc_event_name(SVC_EV_##name), text);
    SVC_EVENTS(X)
#undef X
#define X(name, text) assert_string_equal(svc_result_name(RESULT_##name), text);
    SVC_RESULTS(X)
#undef X
    assert_null(svc_state_name(SVC_STATE_COUNT));
    assert_null(svc_public_name(SVC_STATE_COUNT));
    assert_null(svc_event_name(SVC_EVENT_COUNT));
    assert_null(svc_result_name(SVC_RESULT_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pair_does_what_the_table_says),
        cmocka_unit_test(test_every_sequence_keeps_the_rules),
        cmocka_unit_test(test_an_impossible_event_is_ignored),
        cmocka_unit_test(test_simple_is_up_once_forked),
        cmocka_unit_test(test_exec_is_up_once_executed),
        cmocka_unit_test(test_the_command_that_made_it_fail_is_kept),
        cmocka_unit_test(test_the_reload_that_failed_is_kept_until_the_next),
        cmocka_unit_test(test_oneshot_runs_its_commands_one_after_the_other),
        cmocka_unit_test(test_a_failing_command_of_a_oneshot_is_its_last),
        cmocka_unit_test(test_a_command_with_a_dash_may_fail),
        cmocka_unit_test(test_remain_after_exit),
        cmocka_unit_test(test_a_service_without_exec_start),
        cmocka_unit_test(test_the_command_of_the_command_line_is_run),
        cmocka_unit_test(test_failing_commands_with_and_without_a_dash),
        cmocka_unit_test(test_a_failed_command_ends_its_list),
        cmocka_unit_test(test_a_failed_start_runs_stop_post_only),
        cmocka_unit_test(test_a_stop_in_each_state_ends_the_service_for_good),
        cmocka_unit_test(test_a_timeout_in_each_state),
        cmocka_unit_test(test_after_sigkill_the_wait_is_finite_whatever_the_unit_says),
        cmocka_unit_test(test_infinite_timeouts),
        cmocka_unit_test(test_kill_modes),
        cmocka_unit_test(test_restart_times_result),
        cmocka_unit_test(test_restart_follows_the_end),
        cmocka_unit_test(test_restarts_are_counted_until_somebody_asks),
        cmocka_unit_test(test_a_stop_during_the_back_off),
        cmocka_unit_test(test_start_limit_windows),
        cmocka_unit_test(test_the_start_limit_holds_for_restarts),
        cmocka_unit_test(test_without_a_limit_starts_are_endless),
        cmocka_unit_test(test_success_exit_status),
        cmocka_unit_test(test_without_a_list_of_codes_only_0_is_success),
        cmocka_unit_test(test_clean_signals_are_for_daemons),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_a_failed_reload_leaves_the_service_up),
        cmocka_unit_test(test_the_main_process_ends_during_a_reload),
        cmocka_unit_test(test_a_failed_fork_in_each_state),
        cmocka_unit_test(test_a_failed_fork_is_not_tried_again_at_once),
        cmocka_unit_test(test_a_broken_unit_does_not_start),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_01_a_reload_that_hung_was_a_failure_of_the_service),
        cmocka_unit_test(test_02_a_reload_that_no_signal_ends_is_given_up),
        cmocka_unit_test(test_03_the_end_of_a_command_given_up_was_the_next_ones),
        cmocka_unit_test(test_04_mixed_let_the_rest_live_until_the_timeout),
        cmocka_unit_test(test_05_mixed_without_sigkill_leaves_the_rest_alone),
        cmocka_unit_test(test_06_a_signal_that_no_kernel_has),
        cmocka_unit_test(test_07_a_counter_at_its_end_stays_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
