/* SPDX-License-Identifier: MIT */
/* Tests of core/life.h: every state × event pair, and the rules that hold whatever happens. */
#include "core/life.h"

#include "check.h"

#include <signal.h>
#include <stdio.h>

#define NOW 5000   /* ms, of most steps here */
#define GRACE 1000 /* ms, of most containers here */
#define ASKED 400  /* ms, of most stops here */

#define ACT_ALL \
    (ACT_FORWARD | ACT_FORWARD_ALL | ACT_TERM_MAIN | ACT_TERM_ALL | ACT_KILL_ALL | ACT_ANNOUNCE | \
     ACT_EXIT)

static const enum life_state states[] = {
#define X(name, text) LIFE_##name,
    LIFE_STATES(X)
#undef X
};

static const enum life_event events[] = {
#define X(name, text) LIFE_EV_##name,
    LIFE_EVENTS(X)
#undef X
};

/* A set of actions in words, for messages. The caller's buffer. */
static const char *actions_text(unsigned actions, char *buf, size_t cap)
{
    static const char *const names[] = {"FORWARD",  "FORWARD_ALL", "TERM_MAIN", "TERM_ALL",
                                        "KILL_ALL", "ANNOUNCE",    "EXIT"};
    size_t len = 0;

    (void)snprintf(buf, cap, "none");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if ((actions >> i & 1) != 0) {
            len += (size_t)snprintf(buf + len, cap - len, "%s%s", len > 0 ? "|" : "", names[i]);
        }
    }
    return buf;
}

static struct life container(msec_t grace)
{
    struct life l;

    life_init(&l, LIFE_END_ALL, grace);
    return l;
}

/* A container in this state, by the shortest way there. */
static struct life reach(enum life_state state, msec_t grace)
{
    struct life l = container(grace);

    switch (state) {
    case LIFE_STARTING:
    case LIFE_STATE_COUNT:
        break;
    case LIFE_UP:
        (void)life_step(&l, LIFE_EV_EXECED, 0, NOW - 3);
        break;
    case LIFE_STOPPING:
        (void)life_step(&l, LIFE_EV_EXECED, 0, NOW - 3);
        (void)life_step(&l, LIFE_EV_STOP, GRACE, NOW - 2);
        break;
    case LIFE_ENDING:
        (void)life_step(&l, LIFE_EV_MAIN_EXITED, 3, NOW - 2);
        break;
    case LIFE_KILLING:
        (void)life_step(&l, LIFE_EV_STOP, 0, NOW - 2);
        break;
    case LIFE_GONE:
        (void)life_step(&l, LIFE_EV_STOP, 0, NOW - 2);
        (void)life_step(&l, LIFE_EV_DEADLINE, 0, NOW - 1);
        break;
    }
    expect(l.state == state, "expected to reach %s, got to %s", life_state_name(state),
           life_state_name(l.state));
    return l;
}

/* What one step was, for the messages of its checks. */
struct step {
    struct life before;
    struct life after;
    enum life_event event;
    int64_t value;
    msec_t now;
    unsigned actions;
};

static bool same_life(const struct life *a, const struct life *b)
{
    return a->state == b->state && a->main_alive == b->main_alive && a->finished == b->finished &&
           a->code == b->code && a->grace == b->grace && a->deadline == b->deadline;
}

/* The rule is broken: says where. */
static void broken(const struct step *s, const char *rule)
{
    char actions[128];

    fail_msg("%s: %s(%lld) at %lld in %s (grace %lld, deadline %lld, code %d) led to %s (deadline "
             "%lld, code %d), actions %s",
             rule, life_event_name(s->event), (long long)s->value, (long long)s->now,
             life_state_name(s->before.state), (long long)s->before.grace,
             (long long)s->before.deadline, s->before.code, life_state_name(s->after.state),
             (long long)s->after.deadline, s->after.code,
             actions_text(s->actions, actions, sizeof(actions)));
}

static void check_states(const struct step *s)
{
    bool moved = s->after.state != s->before.state;

    if (s->after.state < s->before.state) {
        broken(s, "the state never moves to the left");
    }
    if (((s->actions & ACT_ANNOUNCE) != 0) != moved) {
        broken(s, "a change of state is announced, and nothing else is");
    }
    if (((s->actions & ACT_EXIT) != 0) != (moved && s->after.state == LIFE_GONE)) {
        broken(s, "PID 1 exits once, when everything has gone");
    }
    if (((s->actions & ACT_KILL_ALL) != 0) != (moved && s->after.state == LIFE_KILLING)) {
        broken(s, "everything is killed on the way to killing, and only then");
    }
    if ((s->actions & ~(unsigned)ACT_ALL) != 0) {
        broken(s, "there are no other actions");
    }
    if (s->before.state == LIFE_GONE && (s->actions != 0 || !same_life(&s->before, &s->after))) {
        broken(s, "nothing happens after the end");
    }
}

static void check_signals(const struct step *s)
{
    unsigned forwards = s->actions & (ACT_FORWARD | ACT_FORWARD_ALL);

    if (forwards != 0 && s->event != LIFE_EV_SIGNAL && s->event != LIFE_EV_TOLD) {
        broken(s, "only a signal is forwarded");
    }
    if (forwards == (ACT_FORWARD | ACT_FORWARD_ALL)) {
        broken(s, "no process gets a signal twice");
    }
    if ((s->actions & (ACT_FORWARD | ACT_TERM_MAIN)) != 0 && !s->after.main_alive) {
        broken(s, "a main command that has ended gets no signal");
    }
    if (s->event == LIFE_EV_SIGNAL && !same_life(&s->before, &s->after)) {
        broken(s, "a signal alone changes nothing");
    }
}

static void check_code(const struct step *s)
{
    bool ended = s->before.main_alive && !s->after.main_alive;
    bool finished = !s->before.finished && s->after.finished;

    if (s->before.finished && !s->after.finished) {
        broken(s, "an end that has come does not go away");
    }
    if (finished != (s->event == LIFE_EV_FINISHED &&
                     (s->before.state == LIFE_STARTING || s->before.state == LIFE_UP))) {
        broken(s, "the services' end comes by its event, while nothing stops yet");
    }
    if (finished && s->after.code != (int)s->value) {
        broken(s, "the code is the one that the services' end has");
    }
    if (!s->before.main_alive && s->after.main_alive) {
        broken(s, "a main command that has ended does not live again");
    }
    if (ended !=
        (s->before.main_alive && s->event == LIFE_EV_MAIN_EXITED && s->before.state != LIFE_GONE)) {
        broken(s, "the main command ends when it has exited");
    }
    if (ended && !s->before.finished && s->after.code != (int)s->value) {
        broken(s, "the code is the main command's");
    }
    if (((!ended && !finished) || s->before.finished) && s->after.code != s->before.code) {
        broken(s, "the code is set once");
    }
    if (s->after.grace != s->before.grace) {
        broken(s, "the container's grace period does not change");
    }
}

static void check_deadline(const struct step *s)
{
    switch (s->after.state) {
    case LIFE_STARTING:
    case LIFE_UP:
    case LIFE_GONE:
        if (s->after.deadline != MSEC_NEVER) {
            broken(s, "nothing is awaited: no deadline");
        }
        break;
    case LIFE_STOPPING:
    case LIFE_ENDING:
        if ((s->before.state == LIFE_STOPPING || s->before.state == LIFE_ENDING) &&
            s->after.deadline > s->before.deadline) {
            broken(s, "a deadline is never put off");
        }
        break;
    case LIFE_KILLING:
        if (s->after.deadline == MSEC_NEVER) {
            broken(s, "killing has a finite deadline");
        }
        if (s->before.state == LIFE_KILLING && s->after.deadline != s->before.deadline) {
            broken(s, "the deadline of killing stays");
        }
        break;
    case LIFE_STATE_COUNT:
        broken(s, "this is no state");
    }
}

/* One step, with every rule of the model checked around it. */
static unsigned take(struct life *l, enum life_event event, int64_t value, msec_t now)
{
    struct step s = {.before = *l, .event = event, .value = value, .now = now};

    s.actions = life_step(l, event, value, now);
    s.after = *l;
    check_states(&s);
    check_signals(&s);
    check_code(&s);
    check_deadline(&s);
    return s.actions;
}

/* A container that outlives its command, or does not wait, and whose command has ended with this code. */
static struct life ended(enum life_end end, int code, unsigned *ret_actions)
{
    struct life l;

    life_init(&l, end, GRACE);
    (void)take(&l, LIFE_EV_EXECED, 0, NOW - 3);
    *ret_actions = take(&l, LIFE_EV_MAIN_EXITED, code, NOW - 2);
    return l;
}

static void test_one_that_does_not_wait_is_gone_with_its_command(void **state)
{
    unsigned actions;
    struct life l = ended(LIFE_END_AT_ONCE, 7, &actions);

    (void)state;
    assert_int_equal(l.state, LIFE_GONE);
    assert_int_equal(l.code, 7);
    assert_int_equal(actions, ACT_ANNOUNCE | ACT_EXIT);
}

static void test_one_that_outlives_its_command_ends_with_the_last(void **state)
{
    unsigned actions;
    struct life l = ended(LIFE_END_IDLE, 7, &actions);

    (void)state;
    assert_int_equal(l.state, LIFE_UP);
    assert_int_equal(actions, 0);
    assert_int_equal(take(&l, LIFE_EV_SIGNAL, SIGUSR1, NOW), ACT_FORWARD_ALL);
    assert_int_equal(take(&l, LIFE_EV_EMPTY, 0, NOW), ACT_ANNOUNCE | ACT_EXIT);
    assert_int_equal(l.code, 7);
    l = ended(LIFE_END_NEVER, 7, &actions);
    assert_int_equal(take(&l, LIFE_EV_EMPTY, 0, NOW), 0);
    assert_int_equal(take(&l, LIFE_EV_MAIN_EXITED, 9, NOW), 0);
    assert_int_equal(l.state, LIFE_UP);
    assert_int_equal(l.code, 7);
}

static void test_one_that_outlives_its_command_can_be_ended(void **state)
{
    unsigned actions;
    struct life l = ended(LIFE_END_NEVER, 7, &actions);

    (void)state;
    actions = take(&l, LIFE_EV_TOLD, SIGTERM, NOW);
    assert_int_equal(actions, ACT_FORWARD_ALL | ACT_ANNOUNCE);
    assert_int_equal(l.state, LIFE_ENDING);
    assert_true(l.deadline == NOW + GRACE);
    l = ended(LIFE_END_IDLE, 7, &actions);
    assert_int_equal(take(&l, LIFE_EV_STOP, ASKED, NOW), ACT_TERM_ALL | ACT_ANNOUNCE);
    assert_true(l.deadline == NOW + ASKED);
    l = ended(LIFE_END_IDLE, 7, &actions);
    assert_int_equal(take(&l, LIFE_EV_STOP, 0, NOW), ACT_KILL_ALL | ACT_ANNOUNCE);
}

static void test_one_that_is_told_while_its_command_runs_does_not_outlive_it(void **state)
{
    static const enum life_end ends[] = {LIFE_END_IDLE, LIFE_END_NEVER, LIFE_END_FAILURE};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct life l;

        life_init(&l, ends[i], GRACE);
        (void)take(&l, LIFE_EV_EXECED, 0, NOW - 3);
        assert_int_equal(take(&l, LIFE_EV_TOLD, SIGINT, NOW - 2), ACT_FORWARD);
        assert_int_equal(l.state, LIFE_UP);
        assert_int_equal(take(&l, LIFE_EV_MAIN_EXITED, 0, NOW), ACT_TERM_ALL | ACT_ANNOUNCE);
        assert_int_equal(l.state, LIFE_ENDING);
        assert_true(l.deadline == NOW + GRACE);
    }
}

static void test_what_a_shell_put_into_the_background_ends_by_sigterm(void **state)
{
    unsigned actions;
    struct life l = ended(LIFE_END_IDLE, 7, &actions);

    (void)state;
    assert_int_equal(take(&l, LIFE_EV_TOLD, SIGINT, NOW),
                     ACT_FORWARD_ALL | ACT_TERM_ALL | ACT_ANNOUNCE);
    l.grace = 0;
    l.state = LIFE_UP;
    l.deadline = MSEC_NEVER;
    assert_int_equal(take(&l, LIFE_EV_TOLD, SIGTERM, NOW), ACT_KILL_ALL | ACT_ANNOUNCE);
}

static void test_one_that_waits_for_a_failure(void **state)
{
    unsigned actions;
    struct life l = ended(LIFE_END_FAILURE, 0, &actions);

    (void)state;
    assert_int_equal(l.state, LIFE_UP);
    assert_int_equal(take(&l, LIFE_EV_EMPTY, 0, NOW), ACT_ANNOUNCE | ACT_EXIT);
    l = ended(LIFE_END_FAILURE, 1, &actions);
    assert_int_equal(actions, ACT_TERM_ALL | ACT_ANNOUNCE);
    assert_int_equal(l.state, LIFE_ENDING);
}

static void test_a_new_container_is_starting(void **state)
{
    struct life l;

    (void)state;
    memset(&l, 0xff, sizeof(l));
    life_init(&l, LIFE_END_ALL, GRACE);
    assert_int_equal(l.state, LIFE_STARTING);
    assert_true(l.main_alive);
    assert_int_equal(l.grace, GRACE);
    assert_true(l.deadline == MSEC_NEVER);
    life_init(&l, LIFE_END_ALL, MSEC_NEVER);
    assert_true(l.grace == MSEC_NEVER);
}

/* Expected state and actions of every pair; STOP asks for ASKED ms. */
static const struct {
    enum life_state state;
    unsigned actions;
} table[LIFE_STATE_COUNT][LIFE_EVENT_COUNT] = {
    [LIFE_STARTING] =
        {
            [LIFE_EV_EXECED] = {LIFE_UP, ACT_ANNOUNCE},
            [LIFE_EV_MAIN_EXITED] = {LIFE_ENDING, ACT_TERM_ALL | ACT_ANNOUNCE},
            [LIFE_EV_FINISHED] = {LIFE_STOPPING, ACT_TERM_MAIN | ACT_ANNOUNCE},
            [LIFE_EV_EMPTY] = {LIFE_STARTING, 0},
            [LIFE_EV_STOP] = {LIFE_STOPPING, ACT_TERM_MAIN | ACT_ANNOUNCE},
            [LIFE_EV_SIGNAL] = {LIFE_STARTING, ACT_FORWARD},
            [LIFE_EV_TOLD] = {LIFE_STARTING, ACT_FORWARD},
            [LIFE_EV_DEADLINE] = {LIFE_STARTING, 0},
        },
    [LIFE_UP] =
        {
            [LIFE_EV_EXECED] = {LIFE_UP, 0},
            [LIFE_EV_MAIN_EXITED] = {LIFE_ENDING, ACT_TERM_ALL | ACT_ANNOUNCE},
            [LIFE_EV_FINISHED] = {LIFE_STOPPING, ACT_TERM_MAIN | ACT_ANNOUNCE},
            [LIFE_EV_EMPTY] = {LIFE_UP, 0},
            [LIFE_EV_STOP] = {LIFE_STOPPING, ACT_TERM_MAIN | ACT_ANNOUNCE},
            [LIFE_EV_SIGNAL] = {LIFE_UP, ACT_FORWARD},
            [LIFE_EV_TOLD] = {LIFE_UP, ACT_FORWARD},
            [LIFE_EV_DEADLINE] = {LIFE_UP, 0},
        },
    [LIFE_STOPPING] =
        {
            [LIFE_EV_EXECED] = {LIFE_STOPPING, 0},
            [LIFE_EV_MAIN_EXITED] = {LIFE_ENDING, ACT_TERM_ALL | ACT_ANNOUNCE},
            [LIFE_EV_FINISHED] = {LIFE_STOPPING, 0},
            [LIFE_EV_EMPTY] = {LIFE_STOPPING, 0},
            [LIFE_EV_STOP] = {LIFE_STOPPING, ACT_TERM_MAIN},
            [LIFE_EV_SIGNAL] = {LIFE_STOPPING, ACT_FORWARD},
            [LIFE_EV_TOLD] = {LIFE_STOPPING, ACT_FORWARD},
            [LIFE_EV_DEADLINE] = {LIFE_KILLING, ACT_KILL_ALL | ACT_ANNOUNCE},
        },
    [LIFE_ENDING] =
        {
            [LIFE_EV_EXECED] = {LIFE_ENDING, 0},
            [LIFE_EV_MAIN_EXITED] = {LIFE_ENDING, 0},
            [LIFE_EV_FINISHED] = {LIFE_ENDING, 0},
            [LIFE_EV_EMPTY] = {LIFE_GONE, ACT_ANNOUNCE | ACT_EXIT},
            [LIFE_EV_STOP] = {LIFE_ENDING, ACT_TERM_ALL},
            [LIFE_EV_SIGNAL] = {LIFE_ENDING, ACT_FORWARD_ALL},
            [LIFE_EV_TOLD] = {LIFE_ENDING, ACT_FORWARD_ALL},
            [LIFE_EV_DEADLINE] = {LIFE_KILLING, ACT_KILL_ALL | ACT_ANNOUNCE},
        },
    [LIFE_KILLING] =
        {
            [LIFE_EV_EXECED] = {LIFE_KILLING, 0},
            [LIFE_EV_MAIN_EXITED] = {LIFE_KILLING, 0},
            [LIFE_EV_FINISHED] = {LIFE_KILLING, 0},
            [LIFE_EV_EMPTY] = {LIFE_GONE, ACT_ANNOUNCE | ACT_EXIT},
            [LIFE_EV_STOP] = {LIFE_KILLING, 0},
            [LIFE_EV_SIGNAL] = {LIFE_KILLING, 0},
            [LIFE_EV_TOLD] = {LIFE_KILLING, 0},
            [LIFE_EV_DEADLINE] = {LIFE_GONE, ACT_ANNOUNCE | ACT_EXIT},
        },
    [LIFE_GONE] =
        {
            [LIFE_EV_EXECED] = {LIFE_GONE, 0},
            [LIFE_EV_MAIN_EXITED] = {LIFE_GONE, 0},
            [LIFE_EV_FINISHED] = {LIFE_GONE, 0},
            [LIFE_EV_EMPTY] = {LIFE_GONE, 0},
            [LIFE_EV_STOP] = {LIFE_GONE, 0},
            [LIFE_EV_SIGNAL] = {LIFE_GONE, 0},
            [LIFE_EV_TOLD] = {LIFE_GONE, 0},
            [LIFE_EV_DEADLINE] = {LIFE_GONE, 0},
        },
};

static int64_t usual_value(enum life_event event)
{
    switch (event) {
    case LIFE_EV_MAIN_EXITED:
        return 3;
    case LIFE_EV_FINISHED:
        return 4;
    case LIFE_EV_STOP:
        return ASKED;
    case LIFE_EV_SIGNAL:
    case LIFE_EV_TOLD:
        return 15;
    case LIFE_EV_EXECED:
    case LIFE_EV_EMPTY:
    case LIFE_EV_DEADLINE:
    case LIFE_EVENT_COUNT:
        break;
    }
    return 0;
}

static void test_every_pair_does_what_the_table_says(void **state)
{
    (void)state;
    for (size_t s = 0; s < COUNT_OF(states); s++) {
        for (size_t e = 0; e < COUNT_OF(events); e++) {
            struct life l = reach(states[s], GRACE);
            unsigned actions = take(&l, events[e], usual_value(events[e]), NOW);
            unsigned expected = table[states[s]][events[e]].actions;
            char a[128];
            char b[128];

            expect(l.state == table[states[s]][events[e]].state,
                   "%s in %s: expected to be %s, got %s", life_event_name(events[e]),
                   life_state_name(states[s]), life_state_name(table[states[s]][events[e]].state),
                   life_state_name(l.state));
            expect(actions == expected, "%s in %s: expected actions %s, got %s",
                   life_event_name(events[e]), life_state_name(states[s]),
                   actions_text(expected, a, sizeof(a)), actions_text(actions, b, sizeof(b)));
        }
    }
}

static const msec_t graces[] = {-1, 0, 1, GRACE, GRACE_DEFAULT_MS, MSEC_NEVER - 1, MSEC_NEVER};

static void test_every_pair_keeps_the_rules_with_every_value(void **state)
{
    static const int64_t values[] = {INT64_MIN,      -1,        0, 1, ASKED, 143, 255, INT32_MAX,
                                     MSEC_NEVER - 1, MSEC_NEVER};
    static const msec_t times[] = {0, 1, NOW, INT64_MAX / 2};

    (void)state;
    for (size_t g = 0; g < COUNT_OF(graces); g++) {
        for (size_t s = 0; s < COUNT_OF(states); s++) {
            if (states[s] == LIFE_ENDING && graces[g] <= 0) {
                continue; // killing begins at once: nobody gets there
            }
            for (size_t e = 0; e < COUNT_OF(events); e++) {
                for (size_t i = 0; i < COUNT_OF(values) * COUNT_OF(times); i++) {
                    struct life l = reach(states[s], graces[g]);

                    (void)take(&l, events[e], values[i / COUNT_OF(times)],
                               times[i % COUNT_OF(times)]);
                }
            }
        }
    }
}

/* Every sequence of this many events, each from wherever the ones before it led to. */
static void walk(const struct life *l, int depth, msec_t now, unsigned exits)
{
    static const struct {
        enum life_event event;
        int64_t value;
    } moves[] = {
        {LIFE_EV_EXECED, 0},  {LIFE_EV_MAIN_EXITED, 3}, {LIFE_EV_EMPTY, 0},
        {LIFE_EV_STOP, 0},    {LIFE_EV_STOP, ASKED},    {LIFE_EV_STOP, MSEC_NEVER},
        {LIFE_EV_SIGNAL, 15}, {LIFE_EV_DEADLINE, 0},    {LIFE_EV_FINISHED, 4},
    };

    for (size_t i = 0; depth > 0 && i < COUNT_OF(moves); i++) {
        struct life next = *l;
        unsigned actions = take(&next, moves[i].event, moves[i].value, now);
        unsigned count = exits + ((actions & ACT_EXIT) != 0 ? 1 : 0);

        expect(count == (next.state == LIFE_GONE ? 1 : 0), "PID 1 has exited %u times in %s", count,
               life_state_name(next.state));
        walk(&next, depth - 1, now + 100, count);
    }
}

static void test_every_sequence_of_six_events_keeps_the_rules(void **state)
{
    (void)state;
    for (size_t g = 0; g < COUNT_OF(graces); g++) {
        struct life l = container(graces[g]);

        walk(&l, graces[g] == GRACE ? 6 : 5, NOW, 0);
    }
}

static void test_a_stop_always_ends(void **state)
{
    (void)state;
    for (size_t s = 0; s < COUNT_OF(states); s++) {
        struct life l = reach(states[s], MSEC_NEVER);
        int deadlines = 0;

        (void)take(&l, LIFE_EV_STOP, ASKED, NOW);
        while (l.state != LIFE_GONE) {
            expect(l.deadline != MSEC_NEVER, "stopped in %s, %s waits for ever",
                   life_state_name(states[s]), life_state_name(l.state));
            expect(++deadlines <= 2, "stopped in %s: two deadlines and still %s",
                   life_state_name(states[s]), life_state_name(l.state));
            (void)take(&l, LIFE_EV_DEADLINE, 0, l.deadline);
        }
    }
}

static void test_an_ordinary_life(void **state)
{
    struct life l = container(GRACE);

    (void)state;
    (void)take(&l, LIFE_EV_EXECED, 0, 10);
    assert_true(l.deadline == MSEC_NEVER);
    (void)take(&l, LIFE_EV_MAIN_EXITED, 7, 20);
    assert_int_equal(l.state, LIFE_ENDING);
    assert_false(l.main_alive);
    assert_int_equal(l.code, 7);
    assert_int_equal(l.deadline, 20 + GRACE);
    (void)take(&l, LIFE_EV_EMPTY, 0, 30);
    assert_int_equal(l.state, LIFE_GONE);
    assert_int_equal(l.code, 7);
}

static void test_an_ordered_stop(void **state)
{
    struct life l = reach(LIFE_UP, GRACE);

    (void)state;
    (void)take(&l, LIFE_EV_STOP, ASKED, NOW);
    assert_int_equal(l.deadline, NOW + ASKED);
    (void)take(&l, LIFE_EV_MAIN_EXITED, 143, NOW + 10);
    assert_int_equal(l.state, LIFE_ENDING);
    expect(l.deadline == NOW + ASKED, "the stop's deadline holds for the others too, not %lld",
           (long long)l.deadline);
    (void)take(&l, LIFE_EV_DEADLINE, 0, NOW + ASKED);
    assert_int_equal(l.state, LIFE_KILLING);
    assert_int_equal(l.deadline, NOW + ASKED + KILL_WAIT_MS);
    (void)take(&l, LIFE_EV_EMPTY, 0, NOW + ASKED + 1);
    assert_int_equal(l.state, LIFE_GONE);
    assert_int_equal(l.code, 143);
}

static void test_who_outlives_the_grace_period_was_killed(void **state)
{
    struct life l = reach(LIFE_STOPPING, GRACE);

    (void)state;
    (void)take(&l, LIFE_EV_DEADLINE, 0, NOW);
    assert_int_equal(l.state, LIFE_KILLING);
    (void)take(&l, LIFE_EV_DEADLINE, 0, NOW + KILL_WAIT_MS); // SIGKILL did not help in time
    assert_int_equal(l.state, LIFE_GONE);
    assert_int_equal(l.code, 137);
}

static void test_an_exit_just_before_the_kill_counts(void **state)
{
    struct life l = reach(LIFE_KILLING, GRACE);

    (void)state;
    (void)take(&l, LIFE_EV_MAIN_EXITED, 5, NOW);
    assert_false(l.main_alive);
    assert_int_equal(l.code, 5);
    (void)take(&l, LIFE_EV_MAIN_EXITED, 6, NOW); // nobody ends twice
    assert_int_equal(l.code, 5);
    (void)take(&l, LIFE_EV_EMPTY, 0, NOW);
    assert_int_equal(l.code, 5);
}

static void test_the_services_end_decides_the_code(void **state)
{
    static const enum life_state before[] = {LIFE_STARTING, LIFE_UP};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(before); i++) {
        struct life l = reach(before[i], GRACE);

        (void)take(&l, LIFE_EV_FINISHED, 4, NOW);
        assert_int_equal(l.state, LIFE_STOPPING);
        assert_true(l.main_alive);
        assert_int_equal(l.code, 4);
        expect(l.deadline == NOW + GRACE, "the container's grace period begins, not %lld",
               (long long)l.deadline);
        (void)take(&l, LIFE_EV_FINISHED, 5, NOW + 1); // the first end counts
        (void)take(&l, LIFE_EV_MAIN_EXITED, 6, NOW + 2);
        assert_int_equal(l.state, LIFE_ENDING);
        assert_int_equal(l.deadline, NOW + GRACE);
        (void)take(&l, LIFE_EV_EMPTY, 0, NOW + 3);
        assert_int_equal(l.state, LIFE_GONE);
        assert_int_equal(l.code, 4);
    }
}

static void test_the_services_end_decides_though_others_had_to_be_killed(void **state)
{
    struct life l = reach(LIFE_UP, GRACE);

    (void)state;
    (void)take(&l, LIFE_EV_FINISHED, 0, NOW);
    (void)take(&l, LIFE_EV_DEADLINE, 0, NOW + GRACE);
    assert_int_equal(l.state, LIFE_KILLING);
    (void)take(&l, LIFE_EV_MAIN_EXITED, 137, NOW + GRACE + 1);
    assert_false(l.main_alive);
    (void)take(&l, LIFE_EV_EMPTY, 0, NOW + GRACE + 2);
    assert_int_equal(l.code, 0);
    l = reach(LIFE_UP, 0);
    (void)take(&l, LIFE_EV_FINISHED, 4, NOW);
    assert_int_equal(l.state, LIFE_KILLING);
    (void)take(&l, LIFE_EV_MAIN_EXITED, 137, NOW + 1);
    assert_int_equal(l.code, 4);
}

static void test_an_end_during_a_stop_changes_nothing(void **state)
{
    static const enum life_state later[] = {LIFE_STOPPING, LIFE_ENDING, LIFE_KILLING, LIFE_GONE};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(later); i++) {
        struct life l = reach(later[i], GRACE);
        struct life was = l;

        expect(take(&l, LIFE_EV_FINISHED, 4, NOW) == 0 && same_life(&l, &was),
               "finished in %s: expected nothing to happen", life_state_name(later[i]));
    }
}

static void test_without_a_grace_period_killing_begins_at_once(void **state)
{
    static const msec_t none[] = {0, -1, INT64_MIN};

    (void)state;
    for (size_t s = LIFE_STARTING; s <= LIFE_ENDING; s++) {
        for (size_t i = 0; i < COUNT_OF(none); i++) {
            struct life l = reach((enum life_state)s, GRACE);

            (void)take(&l, LIFE_EV_STOP, none[i], NOW);
            expect(l.state == LIFE_KILLING, "stopped with %lld ms in %s: expected killing, got %s",
                   (long long)none[i], life_state_name(s), life_state_name(l.state));
            assert_int_equal(l.deadline, NOW + KILL_WAIT_MS);
        }
    }
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        struct life l = container(none[i]);

        (void)take(&l, LIFE_EV_MAIN_EXITED, 3, NOW);
        assert_int_equal(l.state, LIFE_KILLING);
        assert_int_equal(l.code, 3);
    }
}

static void test_with_an_infinite_grace_period_nothing_is_killed(void **state)
{
    struct life l = container(MSEC_NEVER);

    (void)state;
    (void)take(&l, LIFE_EV_EXECED, 0, NOW);
    (void)take(&l, LIFE_EV_STOP, MSEC_NEVER, NOW);
    assert_int_equal(l.state, LIFE_STOPPING);
    assert_true(l.deadline == MSEC_NEVER);
    (void)take(&l, LIFE_EV_MAIN_EXITED, 0, NOW);
    assert_int_equal(l.state, LIFE_ENDING);
    assert_true(l.deadline == MSEC_NEVER);
    (void)take(&l, LIFE_EV_EMPTY, 0, NOW);
    assert_int_equal(l.state, LIFE_GONE);
}

static void test_a_second_stop_shortens_and_never_lengthens(void **state)
{
    static const enum life_state stopping[] = {LIFE_STOPPING, LIFE_ENDING};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(stopping); i++) {
        struct life l = reach(stopping[i], GRACE);
        msec_t first = l.deadline;

        assert_int_equal(first, NOW - 2 + GRACE);
        (void)take(&l, LIFE_EV_STOP, GRACE, NOW); // counts from now: later
        assert_int_equal(l.deadline, first);
        (void)take(&l, LIFE_EV_STOP, MSEC_NEVER, NOW);
        assert_int_equal(l.deadline, first);
        (void)take(&l, LIFE_EV_STOP, MSEC_NEVER - 1, NOW);
        assert_int_equal(l.deadline, first);
        (void)take(&l, LIFE_EV_STOP, ASKED, NOW);
        assert_int_equal(l.deadline, NOW + ASKED);
        (void)take(&l, LIFE_EV_STOP, ASKED - 1, NOW);
        assert_int_equal(l.deadline, NOW + ASKED - 1);
        assert_int_equal(l.state, stopping[i]);
        (void)take(&l, LIFE_EV_STOP, 0, NOW);
        assert_int_equal(l.state, LIFE_KILLING);
    }
}

static void test_a_second_stop_ends_an_endless_wait(void **state)
{
    struct life l = reach(LIFE_UP, GRACE);

    (void)state;
    (void)take(&l, LIFE_EV_STOP, MSEC_NEVER, NOW);
    assert_true(l.deadline == MSEC_NEVER);
    (void)take(&l, LIFE_EV_STOP, ASKED, NOW);
    assert_int_equal(l.deadline, NOW + ASKED);
    l = container(MSEC_NEVER);
    (void)take(&l, LIFE_EV_MAIN_EXITED, 0, NOW);
    assert_true(l.deadline == MSEC_NEVER);
    (void)take(&l, LIFE_EV_STOP, ASKED, NOW);
    assert_int_equal(l.deadline, NOW + ASKED);
}

static void test_a_deadline_past_the_end_of_time_is_none(void **state)
{
    static const struct {
        msec_t grace;
        msec_t expected;
    } cases[] = {
        {98, MSEC_NEVER - 2}, {99, MSEC_NEVER - 1},         {100, MSEC_NEVER},
        {101, MSEC_NEVER},    {MSEC_NEVER - 1, MSEC_NEVER}, {MSEC_NEVER, MSEC_NEVER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct life l = reach(LIFE_UP, GRACE);

        (void)take(&l, LIFE_EV_STOP, cases[i].grace, MSEC_NEVER - 100);
        expect(l.deadline == cases[i].expected, "%lld ms: expected %lld, got %lld",
               (long long)cases[i].grace, (long long)cases[i].expected, (long long)l.deadline);
        l = container(cases[i].grace);
        (void)take(&l, LIFE_EV_MAIN_EXITED, 0, MSEC_NEVER - 100);
        assert_true(l.deadline == cases[i].expected);
    }
}

static void test_an_impossible_event_is_ignored(void **state)
{
    static const int impossible[] = {LIFE_EVENT_COUNT, LIFE_EVENT_COUNT + 1, 1000, INT32_MAX};

    (void)state;
    for (size_t s = 0; s < COUNT_OF(states); s++) {
        for (size_t i = 0; i < COUNT_OF(impossible); i++) {
            struct life l = reach(states[s], GRACE);
            struct life before = l;

            assert_int_equal(life_step(&l, (enum life_event)impossible[i], 1, NOW), 0);
            assert_true(same_life(&l, &before));
        }
    }
    for (size_t e = 0; e < COUNT_OF(events); e++) {
        struct life l = {.state = LIFE_STATE_COUNT, .deadline = 1};
        struct life before = l;

        assert_int_equal(life_step(&l, events[e], 1, NOW), 0);
        assert_true(same_life(&l, &before));
    }
}

static void test_names(void **state)
{
    (void)state;
#define X(name, text) assert_string_equal(life_state_name(LIFE_##name), text);
    LIFE_STATES(X)
#undef X
#define X(name, text) assert_string_equal(life_event_name(LIFE_EV_##name), text);
    LIFE_EVENTS(X)
#undef X
    assert_null(life_state_name(LIFE_STATE_COUNT));
    assert_null(life_state_name(UINT64_MAX));
    assert_null(life_state_name((uint64_t)UINT32_MAX + 1));
    assert_null(life_event_name(LIFE_EVENT_COUNT));
}

static void test_public_names(void **state)
{
    static const char *const expected[LIFE_STATE_COUNT] = {
        [LIFE_STARTING] = "starting", [LIFE_UP] = "up",
        [LIFE_STOPPING] = "stopping", [LIFE_ENDING] = "stopping",
        [LIFE_KILLING] = "stopping",  [LIFE_GONE] = "stopped",
    };

    (void)state;
    for (size_t s = 0; s < COUNT_OF(states); s++) {
        assert_string_equal(life_public_name(states[s]), expected[states[s]]);
    }
    assert_string_equal(life_public_name(LIFE_STATE_COUNT), "stopped");
    assert_string_equal(life_public_name(UINT64_MAX), "stopped");
}

/* A grace period of 1 ms is no obstacle to an operator's 400: one of 0 ms must not be either. */
static void test_01_a_container_without_grace_cut_an_operators_short(void **state)
{
    static const msec_t own[] = {1, 0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(own); i++) {
        struct life l = reach(LIFE_UP, own[i]);

        (void)take(&l, LIFE_EV_STOP, ASKED, NOW);
        (void)take(&l, LIFE_EV_MAIN_EXITED, 0, NOW + 1);
        expect(l.state == LIFE_ENDING && l.deadline == NOW + ASKED,
               "grace %lld, stop with %d ms at %d, main command gone at once: expected ending "
               "until %d, got %s until %lld",
               (long long)own[i], ASKED, NOW, NOW + ASKED, life_state_name(l.state),
               (long long)l.deadline);
    }
}

/* "infinity: never": the operator's word holds for the others as well as for the main command. */
static void test_02_an_endless_stop_fell_back_to_the_containers_grace(void **state)
{
    struct life l = reach(LIFE_UP, GRACE);

    (void)state;
    (void)take(&l, LIFE_EV_STOP, MSEC_NEVER, NOW);
    (void)take(&l, LIFE_EV_MAIN_EXITED, 0, NOW + 1);
    expect(l.state == LIFE_ENDING && l.deadline == MSEC_NEVER,
           "stop without escalation, then the main command ended: expected ending without a "
           "deadline, got %s until %lld",
           life_state_name(l.state), (long long)l.deadline);
}

static void test_exit_codes(void **state)
{
    (void)state;
    assert_int_equal(life_exit_code(0), 0);
    assert_int_equal(life_exit_code(7 << 8), 7);
    assert_int_equal(life_exit_code(255 << 8), 255);
    assert_int_equal(life_exit_code(9), 137);
    assert_int_equal(life_exit_code(15), 143);
    assert_int_equal(life_exit_code(11 | 0x80), 139); /* SIGSEGV, with a core dump */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_container_is_starting),
        cmocka_unit_test(test_one_that_does_not_wait_is_gone_with_its_command),
        cmocka_unit_test(test_one_that_outlives_its_command_ends_with_the_last),
        cmocka_unit_test(test_one_that_outlives_its_command_can_be_ended),
        cmocka_unit_test(test_one_that_is_told_while_its_command_runs_does_not_outlive_it),
        cmocka_unit_test(test_what_a_shell_put_into_the_background_ends_by_sigterm),
        cmocka_unit_test(test_one_that_waits_for_a_failure),
        cmocka_unit_test(test_every_pair_does_what_the_table_says),
        cmocka_unit_test(test_every_pair_keeps_the_rules_with_every_value),
        cmocka_unit_test(test_every_sequence_of_six_events_keeps_the_rules),
        cmocka_unit_test(test_a_stop_always_ends),
        cmocka_unit_test(test_an_ordinary_life),
        cmocka_unit_test(test_an_ordered_stop),
        cmocka_unit_test(test_who_outlives_the_grace_period_was_killed),
        cmocka_unit_test(test_an_exit_just_before_the_kill_counts),
        cmocka_unit_test(test_the_services_end_decides_the_code),
        cmocka_unit_test(test_the_services_end_decides_though_others_had_to_be_killed),
        cmocka_unit_test(test_an_end_during_a_stop_changes_nothing),
        cmocka_unit_test(test_without_a_grace_period_killing_begins_at_once),
        cmocka_unit_test(test_with_an_infinite_grace_period_nothing_is_killed),
        cmocka_unit_test(test_a_second_stop_shortens_and_never_lengthens),
        cmocka_unit_test(test_a_second_stop_ends_an_endless_wait),
        cmocka_unit_test(test_a_deadline_past_the_end_of_time_is_none),
        cmocka_unit_test(test_an_impossible_event_is_ignored),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_public_names),
        cmocka_unit_test(test_exit_codes),
        cmocka_unit_test(test_01_a_container_without_grace_cut_an_operators_short),
        cmocka_unit_test(test_02_an_endless_stop_fell_back_to_the_containers_grace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
