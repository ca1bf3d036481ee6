/* SPDX-License-Identifier: MIT */
/* One job a service: giving it, ending it, and the queue of those to look at. */
#include "core/jobs.h"

struct service_conf jobs_conf(const struct super *s, uint32_t index)
{
    struct service_conf conf;

    unitimage_get(s->image, index, &conf);
    return conf;
}

void jobs_look_at(struct super *s, uint32_t index)
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

void jobs_look_away(struct super *s)
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
            jobs_look_at(s, other);
        }
    }
}

void jobs_look_at_neighbours(struct super *s, uint32_t index)
{
    struct service_conf conf = jobs_conf(s, index);

    look_at_jobs(s, conf.after);
    look_at_jobs(s, conf.before);
}

void jobs_end(struct super *s, uint32_t index, enum job_result result, uint32_t culprit)
{
    struct super_service *e = &s->service[index];

    e->ended_job = e->job;
    e->job = JOB_NONE;
    e->told = e->again = false;
    e->result = (uint8_t)result;
    e->ended = e->serial;
    e->culprit = culprit;
    e->svc.todo |= SVC_DO_TELL;
    jobs_look_at(s, index);
    jobs_look_at_neighbours(s, index);
}

void jobs_give(struct super *s, uint32_t index, enum job_kind kind, bool again)
{
    struct super_service *e = &s->service[index];
    bool same = e->job == (uint8_t)kind || (kind == JOB_START && e->job == JOB_RESTART) ||
                (kind == JOB_START && e->job == JOB_RELOAD && svc_is_up(&e->svc));

    if (same) {
        e->again = e->again && again;
        e->told = e->told && kind != JOB_RELOAD; // which may have read its files already
        jobs_look_at(s, index);
        return;
    }
    if (e->job != JOB_NONE) {
        jobs_look_at_neighbours(s, index); // who waited for that job may wait for this no longer
    }
    if (kind != JOB_RESTART || (e->job != JOB_START && e->job != JOB_RELOAD)) {
        e->serial++; // who waits for a start or a reload is content with a restart
    }
    e->job = (uint8_t)kind;
    e->told = false;
    e->again = again;
    e->svc.todo |= SVC_DO_TELL;
    jobs_look_at(s, index);
}
