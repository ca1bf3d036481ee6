/* SPDX-License-Identifier: MIT */
/* All services together: jobs, and what waits for what. */
#include "core/super.h"

#include <errno.h>
#include <stddef.h>

static struct service_conf conf_of(const struct super *s, uint32_t index)
{
    struct service_conf conf;

    unitimage_get(s->image, index, &conf);
    return conf;
}

void super_init(struct super *s, const struct unitimage *image, struct super_service *service,
                msec_t now)
{
    *s = (struct super){.image = image, .service = service, .head = SUPER_NONE, .tail = SUPER_NONE};
    for (uint32_t i = 0; i < image->count; i++) {
        struct service_conf conf = conf_of(s, i);

        service[i] =
            (struct super_service){.next = SUPER_NONE, .reach = SUPER_NONE, .culprit = SUPER_NONE};
        svc_init(&service[i].svc, &conf, now);
    }
}

/* ---- the queue of services to look at ---- */

static void look_at(struct super *s, uint32_t index)
{
    struct super_service *e = &s->service[index];

    if (e->queued) {
        return;
    }
    e->queued = true;
    e->next = SUPER_NONE;
    if (s->head == SUPER_NONE) {
        s->head = index;
    } else {
        s->service[s->tail].next = index;
    }
    s->tail = index;
}

static void look_away(struct super *s)
{
    struct super_service *e = &s->service[s->head];

    e->queued = false;
    s->head = e->next;
}

static void look_at_jobs(struct super *s, struct slice list)
{
    for (uint32_t i = 0; i < service_dep_count(list); i++) {
        uint32_t other = service_dep(list, i);

        if (s->service[other].job != JOB_NONE) {
            look_at(s, other);
        }
    }
}

/* A job is over, or a restart has become a start: who is ordered around it may go on. */
static void look_at_neighbours(struct super *s, uint32_t index)
{
    struct service_conf conf = conf_of(s, index);

    look_at_jobs(s, conf.after);
    look_at_jobs(s, conf.before);
}

void super_adopt(struct super *s, uint32_t index, const struct super_service *from)
{
    struct super_service *e = &s->service[index];
    bool idle = svc_is_down(&from->svc) && from->job == JOB_NONE;

    // A unit that was mended, or broken while nothing of it ran, is what its new text makes of it.
    if (idle && (from->svc.result == RESULT_BAD_UNIT || e->svc.result == RESULT_BAD_UNIT)) {
        return;
    }
    *e = *from;
    e->queued = e->reached = false;
    e->next = e->reach = e->culprit = SUPER_NONE;
    look_at(s, index);
}

/* ---- jobs ---- */

static void step(struct super *s, uint32_t index, enum svc_event event, int value, msec_t now)
{
    struct service_conf conf = conf_of(s, index);

    svc_step(&s->service[index].svc, &conf, event, value, now);
    look_at(s, index);
}

static void end_job(struct super *s, uint32_t index, enum job_result result, uint32_t culprit)
{
    struct super_service *e = &s->service[index];

    e->ended_job = e->job;
    e->job = JOB_NONE;
    e->told = e->again = false;
    e->result = (uint8_t)result;
    e->ended = e->serial;
    e->culprit = culprit;
    e->svc.todo |= SVC_DO_TELL;
    look_at(s, index);
    look_at_neighbours(s, index);
}

/* Nobody waits for a start that Restart= has asked for, but those that require it do. */
static void fail_job(struct super *s, uint32_t index, enum job_result result, uint32_t culprit)
{
    s->service[index].fails = true;
    end_job(s, index, result, culprit);
}

static void fail_dependents(struct super *s, uint32_t index, msec_t now)
{
    struct service_conf conf = conf_of(s, index);

    s->service[index].fails = false;
    for (uint32_t i = 0; i < service_dep_count(conf.required_by); i++) {
        uint32_t other = service_dep(conf.required_by, i);
        struct super_service *e = &s->service[other];

        if (e->job == JOB_START && !e->told && (svc_is_down(&e->svc) || svc_is_stopping(&e->svc))) {
            step(s, other, SVC_EV_UNMET, RESULT_DEPENDENCY, now);
            fail_job(s, other, JOB_RESULT_DEPENDENCY, index);
        }
    }
}

/* Becomes down in the end: a restart is a stop until then. */
static bool stops(const struct super_service *e)
{
    return e->job == JOB_STOP || e->job == JOB_RESTART;
}

static bool start_must_wait(const struct super *s, const struct service_conf *conf)
{
    for (uint32_t i = 0; i < service_dep_count(conf->requires); i++) {
        if (s->service[service_dep(conf->requires, i)].fails) {
            return true; // it has failed, and will say so: fail_dependents()
        }
    }
    for (uint32_t i = 0; i < service_dep_count(conf->after); i++) {
        uint8_t job = s->service[service_dep(conf->after, i)].job;

        if (job != JOB_NONE && job != JOB_RELOAD) {
            return true;
        }
    }
    for (uint32_t i = 0; i < service_dep_count(conf->before); i++) {
        if (stops(&s->service[service_dep(conf->before, i)])) {
            return true;
        }
    }
    return false;
}

static bool stop_must_wait(const struct super *s, const struct service_conf *conf)
{
    for (uint32_t i = 0; i < service_dep_count(conf->before); i++) {
        if (stops(&s->service[service_dep(conf->before, i)])) {
            return true;
        }
    }
    return false;
}

/* The machine knows of the start. A start that ends as "stopped" is that of a oneshot, and done. */
static void judge_start(struct super *s, uint32_t index)
{
    const struct svc *svc = &s->service[index].svc;

    if (svc_is_up(svc) || (svc_is_down(svc) && svc->result == RESULT_SUCCESS)) {
        end_job(s, index, JOB_RESULT_DONE, SUPER_NONE);
    } else if (svc_is_down(svc)) {
        fail_job(s, index, JOB_RESULT_FAILED, SUPER_NONE);
    }
}

static void look_at_start(struct super *s, uint32_t index, msec_t now)
{
    struct super_service *e = &s->service[index];
    struct service_conf conf = conf_of(s, index);

    if (!e->told && svc_is_down(&e->svc)) {
        if (start_must_wait(s, &conf)) {
            return;
        }
        step(s, index, SVC_EV_START, e->again, now);
        e->told = true;
    } else if (!e->told && !svc_is_stopping(&e->svc)) {
        e->told = true; // it starts already, or runs
    }
    if (e->told) {
        judge_start(s, index);
    }
}

static void start_again(struct super *s, uint32_t index);

static void look_at_stop(struct super *s, uint32_t index, msec_t now)
{
    struct super_service *e = &s->service[index];
    struct service_conf conf = conf_of(s, index);

    if (!e->told) {
        if (stop_must_wait(s, &conf)) {
            return;
        }
        step(s, index, SVC_EV_STOP, 0, now);
        e->told = true;
    }
    if (!svc_is_down(&e->svc)) {
        return;
    }
    if (e->job == JOB_STOP) {
        end_job(s, index, JOB_RESULT_DONE, SUPER_NONE);
    } else {
        e->job = JOB_START;
        e->told = false;
        look_at(s, index);
        look_at_neighbours(s, index);
        start_again(s, index); // and all that it requires or wants
    }
}

static void look_at_reload(struct super *s, uint32_t index, msec_t now)
{
    struct super_service *e = &s->service[index];

    if (!e->told && e->svc.state == SVC_RELOAD) {
        return; // once more, after that
    }
    if (!e->told) {
        step(s, index, SVC_EV_RELOAD, 0, now);
        e->told = true;
    }
    if (e->svc.state != SVC_RELOAD) {
        end_job(s, index,
                e->svc.reload_failed || !svc_is_up(&e->svc) ? JOB_RESULT_FAILED : JOB_RESULT_DONE,
                SUPER_NONE);
    }
}

static void look(struct super *s, uint32_t index, msec_t now)
{
    struct super_service *e = &s->service[index];

    if (e->fails) {
        fail_dependents(s, index, now);
    }
    switch ((enum job_kind)e->job) {
    case JOB_START:
        look_at_start(s, index, now);
        break;
    case JOB_STOP:
    case JOB_RESTART:
        look_at_stop(s, index, now);
        break;
    case JOB_RELOAD:
        look_at_reload(s, index, now);
        break;
    case JOB_NONE:
    case JOB_KIND_COUNT:
        break;
    }
}

/* ---- requests ---- */

/* What is asked for last holds; what was asked for already, goes on. */
static void give_job(struct super *s, uint32_t index, enum job_kind kind, bool again)
{
    struct super_service *e = &s->service[index];
    bool same = e->job == (uint8_t)kind || (kind == JOB_START && e->job == JOB_RESTART) ||
                (kind == JOB_START && e->job == JOB_RELOAD && svc_is_up(&e->svc));

    if (same) {
        e->again = e->again && again;
        e->told =
            e->told && kind != JOB_RELOAD; // the one that runs may have read its files already
        look_at(s, index);
        return;
    }
    if (e->job != JOB_NONE) {
        look_at_neighbours(s, index); // who waited for that job may wait for this no longer
    }
    if (kind != JOB_RESTART || (e->job != JOB_START && e->job != JOB_RELOAD)) {
        e->serial++; // who waits for a start or a reload is content with a restart
    }
    e->job = (uint8_t)kind;
    e->told = false;
    e->again = again;
    e->svc.todo |= SVC_DO_TELL;
    look_at(s, index);
}

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
        struct service_conf conf = conf_of(r->s, i);
        const struct super_service *e = &r->s->service[i];

        if (i != r->first && (e->job == JOB_START || e->job == JOB_RESTART)) {
            continue; // what it needs was, or will be, reached by that
        }
        if (is_to_start(e, i == r->first, again)) {
            give_job(r->s, i, JOB_START, again && i == r->first);
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
        struct service_conf conf = conf_of(r->s, i);

        if (i == r->first || has_to_stop(&r->s->service[i])) {
            give_job(r->s, i, JOB_STOP, false);
        }
        reach_all(r, conf.required_by);
    }
    forget_reach(r);
}

/* Those reached by a restart: what requires them, as far as it runs and is to go on running. */
static void restart_reached(struct reach *r)
{
    for (uint32_t i = r->first; i != SUPER_NONE; i = r->s->service[i].reach) {
        struct service_conf conf = conf_of(r->s, i);
        const struct super_service *e = &r->s->service[i];
        bool goes_on = has_to_stop(e) && e->job != JOB_STOP &&
                       (e->job != JOB_NONE || !svc_is_stopping(&e->svc));

        if (i == r->first || goes_on) {
            give_job(r->s, i, JOB_RESTART, false);
            reach_all(r, conf.required_by);
        }
    }
    forget_reach(r);
}

static void start_again(struct super *s, uint32_t index)
{
    struct reach r = {s, SUPER_NONE, SUPER_NONE};

    if (s->service[index].job != JOB_STOP) {
        reach(&r, index);
        start_reached(&r, true);
    }
}

void super_boot(struct super *s, msec_t now)
{
    struct reach r = {s, SUPER_NONE, SUPER_NONE};

    (void)now;
    for (uint32_t i = 0; i < s->image->count; i++) {
        if ((conf_of(s, i).flags & SERVICE_BOOT) != 0) {
            reach(&r, i);
        }
    }
    start_reached(&r, false);
}

int super_request(struct super *s, uint32_t index, enum job_kind kind, uint32_t *ret_serial)
{
    struct super_service *e = &s->service[index];
    struct service_conf conf = conf_of(s, index);
    struct reach r = {s, SUPER_NONE, SUPER_NONE};

    if (s->closing && kind != JOB_STOP) {
        return -ESHUTDOWN;
    }
    reach(&r, index);
    switch (kind) {
    case JOB_START:
    case JOB_RESTART:
        if ((conf.flags & SERVICE_BROKEN) != 0 && (kind == JOB_RESTART || svc_is_down(&e->svc))) {
            forget_reach(&r);
            return -ENOEXEC;
        }
        if (kind == JOB_START) {
            start_reached(&r, false);
        } else {
            restart_reached(&r);
        }
        break;
    case JOB_STOP:
        stop_reached(&r);
        break;
    case JOB_RELOAD:
        forget_reach(&r);
        if (!svc_is_up(&e->svc) || conf.commands[RUN_RELOAD] == 0 ||
            (e->job != JOB_NONE && e->job != JOB_RELOAD)) {
            return -EINVAL;
        }
        give_job(s, index, JOB_RELOAD, false);
        break;
    case JOB_NONE:
    case JOB_KIND_COUNT:
        forget_reach(&r);
        return -EINVAL;
    }
    *ret_serial = e->serial;
    return 0;
}

void super_shutdown(struct super *s)
{
    s->closing = true;
    for (uint32_t i = 0; i < s->image->count; i++) {
        const struct super_service *e = &s->service[i];

        if (e->job != JOB_NONE || (e->svc.state != SVC_STOPPED && e->svc.state != SVC_FAILED)) {
            give_job(s, i, JOB_STOP, false);
        }
    }
}

/* ---- events and actions ---- */

void super_event(struct super *s, uint32_t index, enum svc_event event, int value, msec_t now)
{
    step(s, index, event, value, now);
}

static bool take(struct svc *svc, enum svc_todo bit)
{
    bool was = (svc->todo & bit) != 0;

    svc->todo &= (uint8_t) ~(unsigned)bit;
    return was;
}

bool super_next(struct super *s, msec_t now, struct super_action *ret_action)
{
    while (s->head != SUPER_NONE) {
        uint32_t index = s->head;
        struct svc *svc = &s->service[index].svc;

        ret_action->index = index;
        if (take(svc, SVC_DO_RUN)) {
            ret_action->what = SUPER_RUN;
            return true;
        }
        if (take(svc, SVC_DO_KILL)) {
            ret_action->what = SUPER_KILL;
            return true;
        }
        if (take(svc, SVC_DO_TELL)) {
            ret_action->what = SUPER_TELL;
            return true;
        }
        look_away(s);
        if (take(svc, SVC_DO_AGAIN) && !s->closing) {
            start_again(s, index);
        }
        look(s, index, now);
    }
    return false;
}

msec_t super_deadline(const struct super *s)
{
    msec_t first = MSEC_NEVER;

    for (uint32_t i = 0; i < s->image->count; i++) {
        if (s->service[i].svc.deadline < first) {
            first = s->service[i].svc.deadline;
        }
    }
    return first;
}

void super_expire(struct super *s, msec_t now)
{
    for (uint32_t i = 0; i < s->image->count; i++) {
        if (s->service[i].svc.deadline <= now) {
            step(s, i, SVC_EV_DEADLINE, 0, now);
        }
    }
}

struct super_count super_count(const struct super *s)
{
    struct super_count count = {0, 0, 0, 0};

    for (uint32_t i = 0; i < s->image->count; i++) {
        const struct super_service *e = &s->service[i];

        count.up += svc_is_up(&e->svc);
        count.jobs += e->job != JOB_NONE;
        count.failed += e->svc.state == SVC_FAILED;
        count.busy +=
            e->job != JOB_NONE ||
            (e->svc.state != SVC_STOPPED && e->svc.state != SVC_FAILED && e->svc.state != SVC_DONE);
    }
    return count;
}

const char *job_kind_name(unsigned kind)
{
    static const char *const names[] = {
#define X(name, text) [JOB_##name] = (text),
        JOB_KINDS(X)
#undef X
    };

    return kind < JOB_KIND_COUNT ? names[kind] : NULL;
}

const char *job_result_name(unsigned result)
{
    static const char *const names[] = {
#define X(name, text) [JOB_RESULT_##name] = (text),
        JOB_RESULTS(X)
#undef X
    };

    return result < JOB_RESULT_COUNT ? names[result] : NULL;
}
