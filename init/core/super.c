/* SPDX-License-Identifier: MIT */
/* All services together: which job may go on, and what its service is told. */
#include "core/super.h"

#include "core/jobs.h"
#include "core/reach.h"

#include <errno.h>
#include <stddef.h>

void super_init(struct super *s, const struct unitimage *image, struct super_service *service,
                msec_t now)
{
    *s = (struct super){.image = image, .service = service, .head = SUPER_NONE, .tail = SUPER_NONE};
    for (uint32_t i = 0; i < image->count; i++) {
        struct service_conf conf = jobs_conf(s, i);

        service[i] =
            (struct super_service){.next = SUPER_NONE, .reach = SUPER_NONE, .culprit = SUPER_NONE};
        svc_init(&service[i].svc, &conf, now);
    }
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
    jobs_look_at(s, index);
}

static void step(struct super *s, uint32_t index, enum svc_event event, int value, msec_t now)
{
    struct service_conf conf = jobs_conf(s, index);

    svc_step(&s->service[index].svc, &conf, event, value, now);
    jobs_look_at(s, index);
}

/* Nobody waits for a start that Restart= has asked for, but those that require it do. */
static void fail_job(struct super *s, uint32_t index, enum job_result result, uint32_t culprit)
{
    s->service[index].fails = true;
    jobs_end(s, index, result, culprit);
}

static void fail_dependents(struct super *s, uint32_t index, msec_t now)
{
    struct service_conf conf = jobs_conf(s, index);

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
        jobs_end(s, index, JOB_RESULT_DONE, SUPER_NONE);
    } else if (svc_is_down(svc)) {
        fail_job(s, index, JOB_RESULT_FAILED, SUPER_NONE);
    }
}

static void look_at_start(struct super *s, uint32_t index, msec_t now)
{
    struct super_service *e = &s->service[index];
    struct service_conf conf = jobs_conf(s, index);

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

static void look_at_stop(struct super *s, uint32_t index, msec_t now)
{
    struct super_service *e = &s->service[index];
    struct service_conf conf = jobs_conf(s, index);

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
        jobs_end(s, index, JOB_RESULT_DONE, SUPER_NONE);
    } else {
        e->job = JOB_START;
        e->told = false;
        jobs_look_at(s, index);
        jobs_look_at_neighbours(s, index);
        reach_restarting(s, index); // and all that it requires or wants
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
        jobs_end(s, index,
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

void super_boot(struct super *s, msec_t now)
{
    (void)now;
    reach_boot(s);
}

/* A reload is for what is up and stays so. */
static bool is_reloadable(const struct super_service *e, const struct service_conf *conf)
{
    return svc_is_up(&e->svc) && conf->commands[RUN_RELOAD] > 0 &&
           (e->job == JOB_NONE || e->job == JOB_RELOAD);
}

static int refusal(const struct super *s, uint32_t index, enum job_kind kind)
{
    const struct super_service *e = &s->service[index];
    struct service_conf conf = jobs_conf(s, index);
    bool broken = (conf.flags & SERVICE_BROKEN) != 0;

    if (s->closing && kind != JOB_STOP) {
        return -ESHUTDOWN;
    }
    switch (kind) {
    case JOB_START:
        return broken && svc_is_down(&e->svc) ? -ENOEXEC : 0;
    case JOB_RESTART: // must not stop what cannot be started again
        return broken ? -ENOEXEC : 0;
    case JOB_RELOAD:
        return is_reloadable(e, &conf) ? 0 : -EINVAL;
    case JOB_STOP:
        return 0;
    case JOB_NONE:
    case JOB_KIND_COUNT:
        break;
    }
    return -EINVAL;
}

int super_request(struct super *s, uint32_t index, enum job_kind kind, uint32_t *ret_serial)
{
    int r = refusal(s, index, kind);

    if (r < 0) {
        return r;
    }
    if (kind == JOB_START) {
        reach_start(s, index);
    } else if (kind == JOB_STOP) {
        reach_stop(s, index);
    } else if (kind == JOB_RESTART) {
        reach_restart(s, index);
    } else {
        jobs_give(s, index, JOB_RELOAD, false);
    }
    *ret_serial = s->service[index].serial;
    return 0;
}

void super_shutdown(struct super *s)
{
    s->closing = true;
    for (uint32_t i = 0; i < s->image->count; i++) {
        const struct super_service *e = &s->service[i];

        if (e->job != JOB_NONE || (e->svc.state != SVC_STOPPED && e->svc.state != SVC_FAILED)) {
            jobs_give(s, i, JOB_STOP, false);
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
        jobs_look_away(s);
        if (take(svc, SVC_DO_AGAIN) && !s->closing) {
            reach_restarting(s, index);
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
