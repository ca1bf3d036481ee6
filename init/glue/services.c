/* SPDX-License-Identifier: MIT */
/* The services of a container: carrying out what the core decides, and telling it what happens. */
#include "glue/services.h"

#include "core/signame.h"
#include "glue/command.h"
#include "glue/control.h"
#include "glue/ending.h"
#include "glue/lean.h"
#include "glue/logger.h"
#include "glue/loop.h"
#include "glue/request_feeds.h"
#include "glue/request_services.h"
#include "glue/say.h"
#include "glue/service_failed.h"
#include "glue/service_run.h"
#include "glue/strays.h"
#include "glue/units.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/spawn.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#define SETTLE_MS 10       /* after the last end of a process until its cgroup is looked at again */
#define SIGRTMIN_PLUS_3 37 /* the kernel's SIGRTMIN is 34 to most; systemd's "halt" */

/* ---- events ---- */

void services_event(struct init *in, const struct event *e)
{
    struct services *s = in->services;
    struct event whole = *e;
    uint8_t buf[EVENT_BYTES];

    if (s->events < 0) {
        return;
    }
    whole.number = s->event_count;
    whole.time = clock_wall();
    event_encode(&whole, buf);
    if (pwrite(s->events, buf, sizeof(buf), (off_t)(s->event_count % EVENT_KEEP * EVENT_BYTES)) >
        0) {
        s->event_count++;
        request_tell_followers(in);
    }
}

static struct service_conf conf_of(const struct init *in, uint32_t index)
{
    struct service_conf conf;

    unitimage_get(&in->services->now.image, index, &conf);
    return conf;
}

static void event_of(struct init *in, enum event_kind kind, uint32_t index, uint32_t pid,
                     uint32_t value)
{
    const struct super_service *e = &in->services->now.service[index];
    const char *name = conf_of(in, index).name;
    struct event event = {
        .kind = (uint16_t)kind,
        .state = kind == EVENT_JOB ? e->ended_job : e->svc.state,
        .result = kind == EVENT_JOB ? e->result : e->svc.result,
        .pid = pid,
        .value = value,
        .name = {(const uint8_t *)name, strlen(name)},
    };

    services_event(in, &event);
}

void services_event_life(struct init *in)
{
    struct event e = {.kind = EVENT_CONTAINER, .state = (uint16_t)in->life.state};

    // One that people are told of under one word is told once: "stopping" is three states.
    if (in->services != NULL &&
        strcmp(life_public_name(in->life.state), life_public_name(in->services->shown_life)) != 0) {
        in->services->shown_life = in->life.state;
        e.value = in->life.finished || !in->life.main_alive ? (uint32_t)in->life.code : 0;
        services_event(in, &e);
    }
}

void services_event_reap(struct init *in, pid_t pid, int status)
{
    if (in->services != NULL) {
        services_event(
            in,
            &(struct event){.kind = EVENT_REAP, .pid = (uint32_t)pid, .value = (uint32_t)status});
    }
}

/* ---- what it means for the container ---- */

static bool is_over(const struct super_service *e)
{
    return e->job == JOB_NONE && e->serial > 0 &&
           (e->svc.state == SVC_STOPPED || e->svc.state == SVC_FAILED || e->svc.state == SVC_DONE);
}

static int main_code(const struct super_service *e)
{
    if (e->svc.has_ended) {
        int code = life_exit_code(e->svc.main_status);

        return code == 0 && e->svc.state == SVC_FAILED ? 1 : code;
    }
    return e->svc.state == SVC_FAILED ? 1 : 0;
}

static int end_code(const struct services *s)
{
    if (s->main != SUPER_NONE) {
        return main_code(&s->now.service[s->main]);
    }
    return s->loaded && super_count(&s->now.super).failed > 0 ? 1 : 0;
}

static void end_with(struct init *in, enum life_event how, int code, msec_t now)
{
    if (code != 0) {
        ending_tell_services(in);
    }
    loop_life(in, how, code, now);
}

static bool end_has_come(const struct services *s, struct super_count count)
{
    bool main = s->main != SUPER_NONE;

    switch (s->exit_when == EXIT_WHEN_DEFAULT ? (main ? EXIT_WHEN_MAIN : EXIT_WHEN_IDLE)
                                              : s->exit_when) {
    case EXIT_WHEN_MAIN:
        return main && is_over(&s->now.service[s->main]);
    case EXIT_WHEN_IDLE:
        return count.busy == 0;
    case EXIT_WHEN_FAILURE:
        return count.failed > 0;
    case EXIT_WHEN_DEFAULT:
    case EXIT_WHEN_NEVER:
    case EXIT_WHEN_COUNT:
        break;
    }
    return false;
}

/* True where that was news to the container's life, which may have asked for something in turn. */
static bool judge(struct init *in, msec_t now)
{
    struct services *s = in->services;
    struct super_count count;

    if (!s->loaded || s->gone) {
        return false;
    }
    count = super_count(&s->now.super);
    if (!s->booted && count.jobs == 0) {
        s->booted = true;
        if (s->ended || !end_has_come(s, count)) { // one that is over already was never up
            loop_life(in, LIFE_EV_EXECED, 0, now);
            return true;
        }
    }
    if (s->now.super.closing && count.busy == 0) {
        s->gone = true;
        end_with(in, LIFE_EV_MAIN_EXITED, end_code(s), now);
        return true;
    }
    if (!s->ended && !s->now.super.closing && end_has_come(s, count)) {
        s->ended = true;
        end_with(in, LIFE_EV_FINISHED, s->exit_when == EXIT_WHEN_FAILURE ? 1 : end_code(s), now);
        return true;
    }
    return false;
}

/* ---- the pump ---- */

/* Whatever has changed about it: who waits is answered, who follows is told. */
static void tell(struct init *in, uint32_t index)
{
    const struct super_service *e = &in->services->now.service[index];
    struct service_process *p = &in->services->now.process[index];

    if (p->shown_state != e->svc.state || p->shown_result != e->svc.result) {
        p->shown_state = e->svc.state;
        p->shown_result = e->svc.result;
        event_of(in, EVENT_STATE, index, (uint32_t)in->services->now.pid[index][PROCESS_MAIN],
                 e->svc.restarts);
        if (e->svc.state == SVC_BACKOFF) {
            event_of(in, EVENT_RESTART, index, 0, e->svc.restarts + 1);
        } else if (e->svc.state == SVC_FAILED) {
            service_say_failed(in, index);
        }
    }
    if (p->shown_ended != e->ended) {
        p->shown_ended = e->ended;
        event_of(in, EVENT_JOB, index, 0, 0);
    }
    request_answer_services(in, index);
}

static void drain(struct init *in, msec_t now)
{
    struct super_action action;

    while (super_next(&in->services->now.super, now, &action)) {
        switch (action.what) {
        case SUPER_RUN:
            service_run(in, action.index, now);
            break;
        case SUPER_KILL:
            service_signal(in, action.index);
            break;
        case SUPER_TELL:
            tell(in, action.index);
            break;
        }
    }
}

void services_pump(struct init *in, msec_t now)
{
    if (in->services == NULL) {
        return;
    }
    do {
        if (in->services->loaded) {
            lean_sweep(&in->services->lean);
            drain(in, now);
            units_swap(in, now);
        }
    } while (judge(in, now));
}

void services_shutdown(struct init *in)
{
    struct services *s = in->services;

    if (s->loaded) {
        super_shutdown(&s->now.super);
    } else if (s->loader >
               0) { // nothing was started yet, and with the loader's end nothing will be
        (void)kill(s->loader, SIGKILL);
    }
}

/* ---- what happens to processes ---- */

static bool find_pid(const struct services *s, pid_t pid, uint32_t *ret_index, int *ret_which)
{
    for (uint32_t i = 0; i < s->now.image.count; i++) {
        for (int which = 0; which < PROCESS_COUNT; which++) {
            if (s->now.pid[i][which] == pid) {
                *ret_index = i;
                *ret_which = which;
                return true;
            }
        }
    }
    return false;
}

/* True where it waits for somebody in its cgroup. */
static bool settle(struct init *in, uint32_t index, struct strays *strays, msec_t now)
{
    struct service_table *t = &in->services->now;

    if (!t->service[index].svc.occupied || t->pid[index][PROCESS_MAIN] > 0 ||
        t->pid[index][PROCESS_COMMAND] > 0) {
        return false;
    }
    return !service_settle(in, index, strays, now) && t->process[index].in_cgroup &&
           svc_is_stopping(&t->service[index].svc);
}

static bool settle_all(struct init *in, msec_t now)
{
    struct strays strays;
    bool waits = false;

    strays.read = false; // they are looked for where something has ended for good, and once then
    for (uint32_t i = 0; i < in->services->now.image.count; i++) {
        waits |= settle(in, i, &strays, now);
    }
    return waits;
}

/*
 * Since Linux 6.19 one that was reaped may count as living in its cgroup for some microseconds more. If it was the
 * last one nobody will wake us: we look again, once.
 */
void services_settle(struct init *in, msec_t now)
{
    in->services->settle_at = settle_all(in, now) ? now + SETTLE_MS : MSEC_NEVER;
}

bool services_own(const struct init *in, pid_t pid)
{
    uint32_t index;
    int which;

    return pid == in->services->loader || find_pid(in->services, pid, &index, &which);
}

bool services_reaped(struct init *in, pid_t pid, int status, msec_t now)
{
    struct services *s = in->services;
    uint32_t index;
    int which;

    if (pid == s->loader) {
        s->loader = 0;
        units_ended(in, status, now);
        return true;
    }
    if (!find_pid(s, pid, &index, &which)) {
        return service_swept(in, pid);
    }
    lean_reaped(&s->lean, pid);
    s->now.pid[index][which] = 0;
    event_of(in, EVENT_EXIT, index, (uint32_t)pid, (uint32_t)status);
    if (which == PROCESS_MAIN) {
        service_execed(in, index, true, now);
    }
    super_event(&s->now.super, index,
                which == PROCESS_MAIN ? SVC_EV_MAIN_ENDED : SVC_EV_COMMAND_ENDED, status, now);
    return true;
}

void services_signal(struct init *in, int number, msec_t now)
{
    char name[SIGNAME_MAX];

    if (number == SIGTERM || number == SIGINT || number == SIGPWR || number == SIGRTMIN_PLUS_3) {
        // The first may come while the container ends by itself: that goes on as it would have.
        loop_life(in, LIFE_EV_STOP, in->services->told_to_end ? 0 : in->life.grace, now);
        in->services->told_to_end = true;
    } else if (number == SIGHUP) {
        services_reload(in);
    } else if (in->verbose) {
        say(signame_format(number, name), "passed over: there are services");
    }
}

msec_t services_deadline(const struct init *in)
{
    const struct services *s = in->services;
    msec_t due = s != NULL ? s->loader_due : MSEC_NEVER;
    msec_t first;

    if (s == NULL || !s->loaded) {
        return due;
    }
    due = s->settle_at < due ? s->settle_at : due;
    first = super_deadline(&s->now.super);
    return first < due ? first : due;
}

void services_expire(struct init *in, msec_t now)
{
    if (in->services != NULL && in->services->loader_due <= now) {
        units_too_slow(in);
    }
    if (in->services != NULL && in->services->loaded) {
        if (in->services->settle_at <= now) {
            in->services->settle_at = MSEC_NEVER;
            (void)settle_all(in, now);
        }
        super_expire(&in->services->now.super, now);
    }
}
