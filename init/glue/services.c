/* SPDX-License-Identifier: MIT */
/* The services of a container: carrying out what the core decides, and telling it what happens. */
#include "glue/services.h"

#include "core/signame.h"
#include "glue/command.h"
#include "glue/control.h"
#include "glue/logger.h"
#include "glue/loop.h"
#include "glue/request_services.h"
#include "glue/say.h"
#include "glue/service_child.h"
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

#define EXECS_PER_TURN 8
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

    if (in->services != NULL) {
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

/* ---- starting processes ---- */

/* COMMAND: as it is started where it is alone, with PID 1's own streams. */
_Noreturn static void command_child(const struct init *in)
{
    struct plan plan;
    struct command c = {.init = in, .conn = -1, .stdio = {0, 1, 2}, .pty = in->services->pty};

    if (!in->launched) {
        command_become_plain(in);
    }
    c.own = c.base = command_plan_fields(in, &plan);
    if (c.own == NULL) {
        say("plan", say_errno(EIO));
        _exit(125);
    }
    c.args = c.own->body;
    c.conn = in->monitor >= 0 && (c.own->num[TAG_FLAGS] & COMMAND_TTY) != 0
                 ? in->slots[in->monitor].fd
                 : -1;
    command_become(&c);
}

_Noreturn static void child(const struct init *in, uint32_t index, uint32_t flags, int execed)
{
    if ((flags & SERVICE_COMMAND) != 0) {
        command_child(in);
    }
    service_child(in, index, execed);
}

/* A pipe whose end of file says that the exec has happened. */
static int watch_exec(struct init *in, uint32_t index, int ret_pipe[2])
{
    struct services *s = in->services;
    struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = index}};
    int r = fd_pipe(ret_pipe);

    if (r == 0 && s->exec_poll < 0) {
        s->exec_poll = epoll_create1(EPOLL_CLOEXEC);
        r = s->exec_poll < 0 ? -errno : 0;
    }
    if (r == 0 && epoll_ctl(s->exec_poll, EPOLL_CTL_ADD, ret_pipe[0], &event) < 0) {
        r = -errno;
    }
    return r;
}

static void unwatch_exec(struct service_process *p)
{
    fd_close(&p->execed); // with its last descriptor it leaves the epoll set
}

/* Forks what the machine wants run. A fork, as what happens before an exec may block, and PID 1 must not. */
static pid_t spawn(struct init *in, uint32_t index, const struct service_conf *conf, bool main)
{
    struct service_process *p = &in->services->now.process[index];
    int pipe[2] = {-1, -1};
    pid_t pid;
    int r = 0;

    if ((conf->flags & (SERVICE_OUTPUT_LOG | SERVICE_ERROR_LOG)) != 0) {
        r = logger_open(in, index, (conf->flags & SERVICE_ERROR_LOG) != 0);
    }
    if (r == 0 && main && conf->type == TYPE_EXEC) {
        r = watch_exec(in, index, pipe);
    }
    if (r == 0 && main) {
        (void)getrandom(p->invocation, sizeof(p->invocation), GRND_NONBLOCK);
    }
    pid = r < 0 ? r : spawn_copy();
    if (pid == 0) {
        child(in, index, conf->flags, pipe[1]);
    }
    fd_close(&pipe[1]);
    if (pid < 0) {
        fd_close(&pipe[0]);
    } else if (main) {
        p->execed = pipe[0];
    }
    return pid;
}

static bool group_lives(pid_t *group)
{
    if (*group > 0 && kill(-*group, 0) < 0 && errno == ESRCH) {
        *group = 0;
    }
    return *group > 0;
}

/* A process of a service has a group of its own. What the one before in its place has left is kept in mind. */
static void take_group(struct service_process *p, int which, pid_t pid)
{
    for (int i = PROCESS_COUNT; group_lives(&p->group[which]) && i < GROUP_COUNT; i++) {
        if (!group_lives(&p->group[i])) {
            p->group[i] = p->group[which];
            p->session[i] = p->session[which];
            break;
        }
    }
    p->group[which] = p->session[which] = pid;
}

static void run(struct init *in, uint32_t index, msec_t now)
{
    struct services *s = in->services;
    struct service_conf conf = conf_of(in, index);
    bool main = s->now.service[index].svc.running == RUN_START;
    int which = main ? PROCESS_MAIN : PROCESS_COMMAND;
    pid_t pid = in->life.state >= LIFE_KILLING ? -ESHUTDOWN : spawn(in, index, &conf, main);

    if (pid < 0) {
        if (pid != -ESHUTDOWN) {
            say_reason(conf.name, "cannot be started", say_errno(pid));
        }
        super_event(&s->now.super, index, SVC_EV_NOT_RUN, -pid, now);
        return;
    }
    if ((conf.flags & SERVICE_COMMAND) != 0) {
        pty_finish(
            &s->pty); // the terminal is its own now: once it closes it, whoever reads it sees the end
    }
    s->now.pid[index][which] = pid;
    take_group(&s->now.process[index], which, pid);
    super_event(&s->now.super, index, SVC_EV_RAN, 0, now);
}

/* ---- signalling them ---- */

/* A child that has not made its group yet is signalled itself: the signal waits until its exec. */
static void signal_group(pid_t *group, pid_t pid, int number)
{
    if (*group > 0 && kill(-*group, number) == 0) {
        return;
    }
    if (pid > 0) {
        (void)kill(pid, number);
    } else {
        *group = 0;
    }
}

static void signal_both(struct init *in, uint32_t index, enum svc_whom whom, int number)
{
    struct service_process *p = &in->services->now.process[index];
    const pid_t *pid = in->services->now.pid[index];

    if (whom == WHOM_ALL) {
        for (int i = 0; i < GROUP_COUNT; i++) {
            signal_group(&p->group[i], i < PROCESS_COUNT ? pid[i] : 0, number);
        }
        return;
    }
    for (int i = whom == WHOM_COMMAND ? PROCESS_COMMAND : PROCESS_MAIN; i < PROCESS_COUNT; i++) {
        if (pid[i] > 0) {
            (void)kill(pid[i], number);
        }
    }
}

static void signal_service(struct init *in, uint32_t index)
{
    const struct svc *svc = &in->services->now.service[index].svc;

    signal_both(in, index, (enum svc_whom)svc->whom, svc->signal);
    if (svc->signal != SIGKILL) { // one that is stopped does not see it
        signal_both(in, index, (enum svc_whom)svc->whom, SIGCONT);
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

int services_code(const struct init *in)
{
    const struct services *s = in->services;

    if (s->main != SUPER_NONE) {
        return main_code(&s->now.service[s->main]);
    }
    return s->loaded && super_count(&s->now.super).failed > 0 ? 1 : 0;
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
        loop_life(in, LIFE_EV_EXECED, 0, now);
        return true;
    }
    if (s->now.super.closing && count.busy == 0) {
        s->gone = true;
        loop_life(in, LIFE_EV_MAIN_EXITED, services_code(in), now);
        return true;
    }
    if (!s->ended && !s->now.super.closing && end_has_come(s, count)) {
        s->ended = true;
        loop_life(in, LIFE_EV_FINISHED, s->exit_when == EXIT_WHEN_FAILURE ? 1 : services_code(in),
                  now);
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
            run(in, action.index, now);
            break;
        case SUPER_KILL:
            signal_service(in, action.index);
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
    } else { // nothing was started yet, and nothing will be
        if (s->loader > 0) {
            (void)kill(s->loader, SIGKILL);
        }
        s->gone = true;
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

static void tell_execed(struct init *in, uint32_t index, msec_t now)
{
    struct service_process *p = &in->services->now.process[index];
    uint8_t byte;

    if (p->execed < 0) {
        return;
    }
    // A byte says that the exec has failed: then the end of the process is what counts.
    if (read(p->execed, &byte, 1) == 0) {
        super_event(&in->services->now.super, index, SVC_EV_EXECED, 0, now);
    }
    unwatch_exec(p);
}

void services_execed(struct init *in, msec_t now)
{
    struct epoll_event events[EXECS_PER_TURN];
    int count = epoll_wait(in->services->exec_poll, events, EXECS_PER_TURN, 0);

    for (int i = 0; i < count; i++) {
        tell_execed(in, events[i].data.u32, now);
    }
}

/* Is what it left to get the signal that the others have had? */
static bool ends_strays(const struct svc *svc)
{
    return svc_is_stopping(svc) && svc->state != SVC_STOP && svc->state != SVC_STOP_POST &&
           svc->whom == WHOM_ALL && (svc->todo & SVC_DO_KILL) == 0;
}

/* A process may have made a group of its own: an orphan now, but still of the service's session. */
static bool adopt_group(struct init *in, uint32_t index, const struct strays *strays)
{
    const struct svc *svc = &in->services->now.service[index].svc;
    struct service_process *p = &in->services->now.process[index];

    for (int i = 0; i < GROUP_COUNT; i++) {
        pid_t group = strays_group(strays, p->session[i]);

        if (group > 0) {
            p->group[i] = group;
            if (ends_strays(svc)) {
                signal_service(in, index);
            }
            return true;
        }
    }
    return false;
}

static bool has_group(struct service_process *p)
{
    bool any = false;

    for (int i = 0; i < GROUP_COUNT; i++) {
        any = group_lives(&p->group[i]) || any;
    }
    return any;
}

/* Who of it is left, now that both of its processes have ended? */
void services_settle(struct init *in, msec_t now)
{
    struct services *s = in->services;
    struct strays strays;
    bool read = false;

    for (uint32_t i = 0; i < s->now.image.count; i++) {
        if (!s->now.service[i].svc.occupied || s->now.pid[i][PROCESS_MAIN] != 0 ||
            s->now.pid[i][PROCESS_COMMAND] != 0 || has_group(&s->now.process[i])) {
            continue;
        }
        if (!read) {
            strays_read(in, &strays);
            read = true;
        }
        if (!adopt_group(in, i, &strays)) {
            memset(s->now.process[i].session, 0, sizeof(s->now.process[i].session));
            logger_ended(in, i, false);
            super_event(&s->now.super, i, SVC_EV_EMPTY, 0, now);
        }
    }
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
        return false;
    }
    s->now.pid[index][which] = 0;
    event_of(in, EVENT_EXIT, index, (uint32_t)pid, (uint32_t)status);
    if (which == PROCESS_MAIN) {
        tell_execed(in, index, now);
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
    return in->services != NULL && in->services->loaded ? super_deadline(&in->services->now.super)
                                                        : MSEC_NEVER;
}

void services_expire(struct init *in, msec_t now)
{
    if (in->services != NULL && in->services->loaded) {
        super_expire(&in->services->now.super, now);
    }
}
