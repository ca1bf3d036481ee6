/* SPDX-License-Identifier: MIT */
/* Plays PID 1's glue for core/super.h: performs actions on processes that are only pretended, and holds the model's rules. */
#ifndef UNIT_SIM_H
#define UNIT_SIM_H

#include "core/super.h"

#include "units.h"

#include <sys/wait.h>

#define SIM_STAYS (-1)   /* it runs until it is signalled or the test ends it */
#define SIM_LOG_MAX 8192 /* entries; later ones are dropped */

/* One service's processes, and how they behave. */
struct sim_service {
    bool main;
    bool command;
    bool rest;     // others
    bool stubborn; // only SIGKILL ends them
    bool no_fork;
    int ends
        [SERVICE_RUN_COUNT]; // wait status by which a command of a kind ends at once, or SIM_STAYS
    bool went_down;          // since everything is to stop
    uint32_t serial;         // as seen last
    uint32_t ended;
    uint64_t asked;  // when the present job was given: a count of steps
    uint64_t failed; // when its last start failed
    uint8_t job;
};

struct sim_entry {
    uint32_t index;
    enum super_what what;
    uint8_t kind;   // of a RUN
    uint8_t signal; // of a KILL
};

struct sim {
    struct units *u;
    struct super super;
    struct super_service *service; // on the heap, as the next
    struct sim_service *one;
    msec_t now;
    uint64_t steps;
    uint32_t actions; // since the last event
    uint32_t logged;
    struct sim_entry log[SIM_LOG_MAX];
};

#define sim_must(sim, i, condition, rule) \
    do { \
        if (!(condition)) { \
            sim_broken(sim, i, __LINE__, rule); \
        } \
    } while (0)

static inline void sim_broken(const struct sim *sim, uint32_t i, int line, const char *rule)
{
    const struct super_service *e = &sim->service[i];

    (void)fprintf(stderr, "%s:%d: broken: %s: s%u is %s (%s), job %s, todo %u\n", __FILE__, line,
                  rule, i, svc_state_name(e->svc.state), svc_result_name(e->svc.result),
                  job_kind_name(e->job), e->svc.todo);
    abort();
}

static inline void sim_init(struct sim *sim, struct units *u)
{
    uint32_t count = u->count;

    memset(sim, 0, sizeof(*sim));
    sim->u = u;
    sim->service = units_need(calloc(count, sizeof(*sim->service)));
    sim->one = units_need(calloc(count, sizeof(*sim->one)));
    sim->now = 100000;
    super_init(&sim->super, units_image(u), sim->service, sim->now);
    for (uint32_t i = 0; i < count; i++) {
        if (units_conf(u, i)->type != TYPE_ONESHOT) {
            sim->one[i].ends[RUN_START] = SIM_STAYS;
        }
    }
}

static inline void sim_finish(struct sim *sim)
{
    free(sim->service);
    free(sim->one);
    units_finish(sim->u);
}

static inline struct service_conf sim_conf(const struct sim *sim, uint32_t i)
{
    struct service_conf conf;

    unitimage_get(sim->super.image, i, &conf);
    return conf;
}

/* ---- the rules ---- */

static inline void sim_check_state(const struct sim *sim, uint32_t i)
{
    const struct svc *svc = &sim->service[i].svc;
    struct service_conf conf = sim_conf(sim, i);
    bool endless = conf.timeout_start > MSEC_NEVER / 2 || conf.timeout_stop > MSEC_NEVER / 2;
    bool awaits = !svc_is_up(svc) && svc->state != SVC_STOPPED && svc->state != SVC_FAILED &&
                  svc->state != SVC_BACKOFF;

    sim_must(sim, i, svc->state < SVC_STATE_COUNT && svc->result < SVC_RESULT_COUNT,
             "there are no other states");
    sim_must(sim, i, !awaits || endless || svc->deadline != MSEC_NEVER,
             "what is waited for has a deadline");
    sim_must(sim, i,
             (svc->state != SVC_STOP_KILL && svc->state != SVC_FINAL_KILL) ||
                 svc->deadline != MSEC_NEVER,
             "after SIGKILL the wait is finite");
    sim_must(sim, i,
             (svc->todo & (SVC_DO_RUN | SVC_DO_KILL)) == 0 || awaits || svc->state == SVC_RELOAD,
             "nothing is run or signalled where nothing runs");
    sim_must(sim, i, conf.limit_interval <= 0 || svc->starts <= conf.limit_burst,
             "no more starts than the limit");
}

/* Notes what has changed since the last look at everything. */
static inline void sim_observe(struct sim *sim)
{
    sim->steps++;
    for (uint32_t i = 0; i < sim->u->count; i++) {
        const struct super_service *e = &sim->service[i];
        struct sim_service *one = &sim->one[i];
        bool down = svc_is_down(&e->svc);

        if (e->serial != one->serial || (one->job == JOB_RESTART && e->job == JOB_START)) {
            one->asked = sim->steps;
        }
        if (e->ended != one->ended && one->job != JOB_RELOAD &&
            (e->result == JOB_RESULT_FAILED || e->result == JOB_RESULT_DEPENDENCY)) {
            one->failed = sim->steps;
        }
        sim_must(sim, i, e->ended <= e->serial, "no job ends before it was given");
        sim_must(sim, i, e->job == JOB_NONE || e->ended < e->serial,
                 "a job that is there is not over");
        sim_must(sim, i, !one->went_down || down, "nothing starts once everything is to stop");
        one->went_down = sim->super.closing && down;
        one->serial = e->serial;
        one->ended = e->ended;
        one->job = e->job;
        sim_check_state(sim, i);
    }
}

static inline bool sim_lists(struct slice list, uint32_t index)
{
    for (uint32_t n = 0; n < service_dep_count(list); n++) {
        if (service_dep(list, n) == index) {
            return true;
        }
    }
    return false;
}

/* The first command of a start: what it requires and comes after is up, or will not be. */
static inline void sim_check_requirements(const struct sim *sim, uint32_t i)
{
    struct service_conf conf = sim_conf(sim, i);

    for (uint32_t n = 0; n < service_dep_count(conf.requires); n++) {
        uint32_t other = service_dep(conf.requires, n);
        const struct super_service *e = &sim->service[other];

        if (!sim_lists(conf.after, other) || svc_is_up(&e->svc)) {
            continue;
        }
        sim_must(sim, i, e->job != JOB_START && e->job != JOB_RESTART,
                 "no start before a requirement that may still come up");
        sim_must(sim, i, sim->one[other].failed <= sim->one[i].asked,
                 "no start after a requirement has failed to");
    }
}

static inline bool sim_is_first(const struct svc *svc, const struct service_conf *conf)
{
    return svc->index == 0 && (svc->running == RUN_START_PRE ||
                               (svc->running == RUN_START && conf->commands[RUN_START_PRE] == 0));
}

static inline void sim_check_run(const struct sim *sim, uint32_t i)
{
    static const uint8_t kinds[SVC_STATE_COUNT] = {
        [SVC_START_PRE] = RUN_START_PRE + 1,
        [SVC_START] = RUN_START + 1,
        [SVC_START_POST] = RUN_START_POST + 1,
        [SVC_RELOAD] = RUN_RELOAD + 1,
        [SVC_STOP] = RUN_STOP + 1,
        [SVC_STOP_POST] = RUN_STOP_POST + 1,
    };
    const struct svc *svc = &sim->service[i].svc;
    struct service_conf conf = sim_conf(sim, i);

    sim_must(sim, i, kinds[svc->state] == svc->running + 1, "what runs belongs to the state");
    sim_must(sim, i, svc->index < conf.commands[svc->running], "what runs is in the list");
    if (sim_is_first(svc, &conf)) {
        sim_check_requirements(sim, i);
    }
}

/* ---- events ---- */

static inline void sim_event(struct sim *sim, uint32_t i, enum svc_event event, int value)
{
    sim->actions = 0;
    super_event(&sim->super, i, event, value, sim->now);
    sim_observe(sim);
}

/* The main process, the command or the rest end: where they live. */
static inline bool sim_main_ends(struct sim *sim, uint32_t i, int status)
{
    bool was = sim->one[i].main;

    sim->one[i].main = false;
    if (was) {
        sim_event(sim, i, SVC_EV_MAIN_ENDED, status);
    }
    return was;
}

static inline bool sim_command_ends(struct sim *sim, uint32_t i, int status)
{
    bool was = sim->one[i].command;

    sim->one[i].command = false;
    if (was) {
        sim_event(sim, i, SVC_EV_COMMAND_ENDED, status);
    }
    return was;
}

static inline bool sim_empties(struct sim *sim, uint32_t i)
{
    struct sim_service *one = &sim->one[i];

    if (one->main || one->command || one->rest || !sim->service[i].svc.occupied) {
        return false;
    }
    sim_event(sim, i, SVC_EV_EMPTY, 0);
    return true;
}

/* ---- actions ---- */

/* Who dies of it does so in sim_pass(): nothing ends inside an action. */
static inline void sim_kill(struct sim *sim, uint32_t i)
{
    const struct svc *svc = &sim->service[i].svc;
    struct sim_service *one = &sim->one[i];

    if (svc->signal != SIGKILL && one->stubborn) {
        return;
    }
    for (int kind = 0; kind < SERVICE_RUN_COUNT; kind++) {
        bool main = kind == RUN_START;

        if (main ? svc->whom != WHOM_COMMAND : kind == svc->running) {
            one->ends[kind] =
                one->ends[kind] == SIM_STAYS ? SIM_STAYS - svc->signal : one->ends[kind];
        }
    }
    one->rest = one->rest && svc->whom != WHOM_ALL;
}

static inline void sim_run(struct sim *sim, uint32_t i)
{
    struct sim_service *one = &sim->one[i];
    uint8_t kind = sim->service[i].svc.running;

    sim_check_run(sim, i);
    if (one->no_fork) {
        super_event(&sim->super, i, SVC_EV_NOT_RUN, 0, sim->now);
        return;
    }
    if (one->ends[kind] < SIM_STAYS) {
        one->ends[kind] = SIM_STAYS; // the signal was for the one before
    }
    *(kind == RUN_START ? &one->main : &one->command) = true;
    super_event(&sim->super, i, SVC_EV_RAN, 0, sim->now);
}

static inline void sim_perform(struct sim *sim, const struct super_action *action)
{
    const struct svc *svc = &sim->service[action->index].svc;

    if (sim->logged < SIM_LOG_MAX) {
        sim->log[sim->logged++] =
            (struct sim_entry){action->index, action->what, svc->running, svc->signal};
    }
    switch (action->what) {
    case SUPER_RUN:
        sim_run(sim, action->index);
        break;
    case SUPER_KILL:
        sim_must(sim, action->index, !svc_is_down(svc) && svc->state != SVC_DONE,
                 "nothing is signalled where nothing runs");
        sim_kill(sim, action->index);
        break;
    case SUPER_TELL:
        break;
    }
}

/* Takes actions until there are none. */
static inline void sim_act(struct sim *sim)
{
    struct super_action action;

    while (super_next(&sim->super, sim->now, &action)) {
        sim->actions++;
        sim_must(sim, action.index, sim->actions < 100 + 50 * sim->u->count, "the actions end");
        sim_observe(sim);
        sim_perform(sim, &action);
        sim_observe(sim);
    }
}

/* A status as the service's behaviour has it: what a signal ends, or what ends by itself. */
static inline int sim_status(const struct sim *sim, uint32_t i, int kind)
{
    int ends = sim->one[i].ends[kind];

    return ends < SIM_STAYS ? SIM_STAYS - ends : ends;
}

/* One process ends that does by itself, or by a signal. False where none does. */
static inline bool sim_pass(struct sim *sim, uint32_t i)
{
    struct sim_service *one = &sim->one[i];
    uint8_t running = sim->service[i].svc.running;

    if (one->main && one->ends[RUN_START] != SIM_STAYS) {
        int status = sim_status(sim, i, RUN_START);

        if (one->ends[RUN_START] < SIM_STAYS) {
            one->ends[RUN_START] = SIM_STAYS;
        }
        return sim_main_ends(sim, i, status);
    }
    if (one->command && running != RUN_START && one->ends[running] != SIM_STAYS) {
        int status = sim_status(sim, i, running);

        if (one->ends[running] < SIM_STAYS) {
            one->ends[running] = SIM_STAYS;
        }
        return sim_command_ends(sim, i, status);
    }
    if (one->main && sim->service[i].svc.state == SVC_START &&
        units_conf(sim->u, i)->type == TYPE_EXEC) {
        sim_event(sim, i, SVC_EV_EXECED, 0);
        return true;
    }
    return sim_empties(sim, i);
}

/* Until nothing moves any more without time passing. */
static inline void sim_settle(struct sim *sim)
{
    bool moved = true;

    for (uint32_t round = 0; moved; round++) {
        moved = false;
        sim_act(sim);
        for (uint32_t i = 0; i < sim->u->count; i++) {
            if (sim_pass(sim, i)) {
                moved = true;
            }
            sim_act(sim);
        }
        sim_must(sim, 0, round < 1000 + 20 * sim->u->count, "it settles");
    }
}

/* Time passes, from deadline to deadline. */
static inline void sim_wait(struct sim *sim, msec_t ms)
{
    msec_t end = sim->now + ms;

    sim_settle(sim);
    for (msec_t next = super_deadline(&sim->super); next <= end;
         next = super_deadline(&sim->super)) {
        sim->now = next > sim->now ? next : sim->now;
        sim->actions = 0;
        super_expire(&sim->super, sim->now);
        sim_observe(sim);
        sim_settle(sim);
    }
    sim->now = end;
}

/* Asks, and returns what super_request() did; the serial is the service's. */
static inline int sim_ask(struct sim *sim, uint32_t i, enum job_kind kind)
{
    uint32_t serial = 0;
    int r = super_request(&sim->super, i, kind, &serial);

    sim->actions = 0;
    sim_observe(sim);
    sim_must(sim, i, r != 0 || serial == sim->service[i].serial, "the serial is the job's");
    return r;
}

/* Where in the log a command of this kind was run last, or a signal sent; -1 where it was not. */
static inline long sim_ran_at(const struct sim *sim, uint32_t i, enum service_run kind)
{
    for (long n = (long)sim->logged - 1; n >= 0; n--) {
        if (sim->log[n].index == i && sim->log[n].what == SUPER_RUN && sim->log[n].kind == kind) {
            return n;
        }
    }
    return -1;
}

static inline long sim_killed_at(const struct sim *sim, uint32_t i)
{
    for (long n = (long)sim->logged - 1; n >= 0; n--) {
        if (sim->log[n].index == i && sim->log[n].what == SUPER_KILL) {
            return n;
        }
    }
    return -1;
}

static inline void sim_forget_log(struct sim *sim)
{
    sim->logged = 0;
}

#endif
