/* SPDX-License-Identifier: MIT */
/* Whom a request is for besides the service that it names. */
#include "core/reach.h"

#include "core/jobs.h"

/* The services that a request reaches, in the order in which it does: a list through `reach`. */
struct reach {
    struct super *s;
    uint32_t first;
    uint32_t last;
};

static void reach(struct reach *r, uint32_t index)
{
    struct super_service *e = &r->s->service[index];

    if (e->reached) {
        return;
    }
    e->reached = true;
    e->reach = SUPER_NONE;
    if (r->first == SUPER_NONE) {
        r->first = index;
    } else {
        r->s->service[r->last].reach = index;
    }
    r->last = index;
}

static void reach_all(struct reach *r, struct slice list)
{
    for (uint32_t i = 0; i < service_dep_count(list); i++) {
        reach(r, service_dep(list, i));
    }
}

static void forget_reach(struct reach *r)
{
    for (uint32_t i = r->first; i != SUPER_NONE; i = r->s->service[i].reach) {
        r->s->service[i].reached = false;
    }
}

/* What nobody asked for (Restart=) does not stand against a stop, which somebody did. */
static bool is_to_start(const struct super_service *e, bool first, bool again)
{
    if (e->job == JOB_STOP) {
        return !again;
    }
    return first || !svc_is_up(&e->svc);
}

/* Those reached by a start are started too, where they are not up. */
static void start_reached(struct reach *r, bool again)
{
    for (uint32_t i = r->first; i != SUPER_NONE; i = r->s->service[i].reach) {
        struct service_conf conf = jobs_conf(r->s, i);
        const struct super_service *e = &r->s->service[i];
        bool starts = i != r->first && (e->job == JOB_START || e->job == JOB_RESTART);

        if (starts && again) {
            continue; // what it needs was, or will be, reached by that
        }
        // Somebody may have stopped what it needs since then: this request is the later one.
        if (!starts && is_to_start(e, i == r->first, again)) {
            jobs_give(r->s, i, JOB_START, again && i == r->first);
        }
        reach_all(r, conf.requires);
        reach_all(r, conf.wants);
    }
    forget_reach(r);
}

/* Has it anything to stop: a process, a back-off, or a start to come? */
static bool has_to_stop(const struct super_service *e)
{
    return !svc_is_down(&e->svc) || e->svc.state == SVC_BACKOFF || e->job == JOB_START ||
           e->job == JOB_RESTART;
}

/* Those reached by a stop: what requires them, also where that is not running itself. */
static void stop_reached(struct reach *r)
{
    for (uint32_t i = r->first; i != SUPER_NONE; i = r->s->service[i].reach) {
        struct service_conf conf = jobs_conf(r->s, i);

        if (i == r->first || has_to_stop(&r->s->service[i])) {
            jobs_give(r->s, i, JOB_STOP, false);
        }
        reach_all(r, conf.required_by);
    }
    forget_reach(r);
}

/* Those reached by a restart: what requires them, as far as it runs and is to go on running. */
static void restart_reached(struct reach *r)
{
    for (uint32_t i = r->first; i != SUPER_NONE; i = r->s->service[i].reach) {
        struct service_conf conf = jobs_conf(r->s, i);
        const struct super_service *e = &r->s->service[i];
        bool goes_on = has_to_stop(e) && e->job != JOB_STOP &&
                       (e->job != JOB_NONE || !svc_is_stopping(&e->svc));

        if (i == r->first || goes_on) {
            jobs_give(r->s, i, JOB_RESTART, false);
            reach_all(r, conf.required_by);
        }
    }
    forget_reach(r);
}

void reach_start(struct super *s, uint32_t index)
{
    struct reach r = {s, SUPER_NONE, SUPER_NONE};

    reach(&r, index);
    start_reached(&r, false);
}

void reach_restarting(struct super *s, uint32_t index)
{
    struct reach r = {s, SUPER_NONE, SUPER_NONE};

    if (s->service[index].job != JOB_STOP) {
        reach(&r, index);
        start_reached(&r, true);
    }
}

void reach_boot(struct super *s)
{
    struct reach r = {s, SUPER_NONE, SUPER_NONE};

    for (uint32_t i = 0; i < s->image->count; i++) {
        if ((jobs_conf(s, i).flags & SERVICE_BOOT) != 0) {
            reach(&r, i);
        }
    }
    start_reached(&r, false);
}

void reach_stop(struct super *s, uint32_t index)
{
    struct reach r = {s, SUPER_NONE, SUPER_NONE};

    reach(&r, index);
    stop_reached(&r);
}

void reach_restart(struct super *s, uint32_t index)
{
    struct reach r = {s, SUPER_NONE, SUPER_NONE};

    reach(&r, index);
    restart_reached(&r);
}
