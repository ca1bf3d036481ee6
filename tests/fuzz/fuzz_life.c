/* SPDX-License-Identifier: MIT */
/* Fuzzes core/life.h: bytes as events with times; whatever has happened, a stop always ends. */
#include "core/life.h"

#include "fuzz.h"

/*
 * The input: a byte for the container's grace period, then three bytes a step: event, value, time
 * that has passed. Times grow slowly, so that deadlines are met, missed and just reached.
 */
#define STEP_BYTES 3

/* A byte as a grace period: 255 none at all, 254 and 253 the largest, else that many × 16 ms. */
static msec_t grace_of(uint8_t byte)
{
    switch (byte) {
    case 255:
        return MSEC_NEVER;
    case 254:
        return MSEC_NEVER - 1;
    case 253:
        return -1;
    default:
        return (msec_t)byte * 16;
    }
}

static void check_states(const struct life *before, const struct life *after, unsigned actions)
{
    bool moved = after->state != before->state;

    must(after->state >= before->state, "the state never moves to the left");
    must(after->state < LIFE_STATE_COUNT, "there are no other states");
    must(((actions & ACT_ANNOUNCE) != 0) == moved, "a change is announced, and nothing else");
    must(((actions & ACT_EXIT) != 0) == (moved && after->state == LIFE_GONE),
         "PID 1 exits once, at the end");
    must(((actions & ACT_KILL_ALL) != 0) == (moved && after->state == LIFE_KILLING),
         "everything is killed on the way to killing");
    must(before->state != LIFE_GONE || actions == 0, "nothing happens after the end");
}

static void check_values(const struct life *before, const struct life *after)
{
    bool ended = before->main_alive && !after->main_alive;
    bool finished = !before->finished && after->finished;

    must(before->main_alive || !after->main_alive, "nobody lives again");
    must(!before->finished || after->finished, "an end that has come does not go away");
    must(!finished || (before->main_alive && before->state <= LIFE_UP),
         "the services' end comes while nothing stops yet");
    must(finished || (ended && !before->finished) || after->code == before->code,
         "the code is set once: by the services' end, else by the main command's");
    must(after->grace == before->grace, "the container's grace period stays");
    must(after->state != LIFE_KILLING || after->deadline != MSEC_NEVER,
         "killing has a finite deadline");
    must((before->state != LIFE_STOPPING && before->state != LIFE_ENDING) ||
             (after->state != LIFE_STOPPING && after->state != LIFE_ENDING) ||
             after->deadline <= before->deadline,
         "a deadline is never put off");
}

static unsigned take(struct life *l, enum life_event event, int64_t value, msec_t now)
{
    struct life before = *l;
    unsigned actions = life_step(l, event, value, now);

    check_states(&before, l, actions);
    check_values(&before, l);
    return (actions & ACT_EXIT) != 0 ? 1 : 0;
}

static int64_t value_of(enum life_event event, uint8_t byte)
{
    return event == LIFE_EV_STOP ? grace_of(byte) : byte;
}

/* With a finite grace period every wait is finite, and two of them are enough. */
static void check_end(struct life *l, msec_t now, unsigned exits)
{
    exits += take(l, LIFE_EV_STOP, 1000, now);
    for (int i = 0; i < 2 && l->state != LIFE_GONE; i++) {
        must(l->deadline != MSEC_NEVER, "a stopped container has a deadline");
        now = l->deadline > now ? l->deadline : now;
        exits += take(l, LIFE_EV_DEADLINE, 0, now);
    }
    must(l->state == LIFE_GONE, "a stop always ends");
    must(exits == 1, "PID 1 exits exactly once");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct life l;
    msec_t now = 1000;
    unsigned exits = 0;

    if (size == 0) {
        return 0;
    }
    life_init(&l, (enum life_end)(data[0] % 5), grace_of(data[0]));
    for (size_t at = 1; size - at >= STEP_BYTES; at += STEP_BYTES) {
        enum life_event event = (enum life_event)(data[at] % (LIFE_EVENT_COUNT + 1));

        now += data[at + 2];
        exits += take(&l, event, value_of(event, data[at + 1]), now);
    }
    must(exits == (l.state == LIFE_GONE ? 1 : 0), "PID 1 has exited if it has gone");
    check_end(&l, now, exits);
    return 0;
}
