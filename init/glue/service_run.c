/* SPDX-License-Identifier: MIT */
/* One service's processes: starting, signalling, and knowing when none is left. */
#include "glue/service_run.h"

#include "glue/command.h"
#include "glue/descendants.h"
#include "glue/say.h"
#include "glue/service_cgroup.h"
#include "glue/service_child.h"
#include "glue/strays.h"
#include "sys/fd.h"
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#define EXECS_PER_TURN 8

/* COMMAND: as it is started where it is alone, with PID 1's own streams. */
_Noreturn static void command_child(struct init *in)
{
    struct plan plan;
    // Of a detached container PID 1's stderr is for its own words: who reads them goes once it is up.
    struct command c = {
        .init = in, .conn = -1, .stdio = {0, 1, in->tell_up ? -1 : 2}, .pty = in->services->pty};

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

/*
 * A pipe whose end of file says that the exec has happened. Our end to write closes once the child has its own, which
 * it says (enum exec_byte); others that are forked meanwhile close their copies before they look at any path.
 */
static int watch_exec(struct init *in, uint32_t index, int ret_pipe[2])
{
    struct services *s = in->services;
    struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = index}};
    int r = fd_pipe(ret_pipe);

    if (r == 0 && s->exec_poll < 0) {
        s->exec_poll = epoll_create1(EPOLL_CLOEXEC);
        r = s->exec_poll < 0 ? -errno : 0;
    }
    if (r == 0) {
        ret_pipe[0] = lean_move_up(ret_pipe[0], LEAN_FDS);
        r = fcntl(ret_pipe[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
    }
    if (r == 0 && epoll_ctl(s->exec_poll, EPOLL_CTL_ADD, ret_pipe[0], &event) < 0) {
        r = -errno;
    }
    return r;
}

/* It is the first command of a start; what comes before it in the life of a service may be empty. */
static bool begins(const struct service_conf *conf, const struct svc *svc)
{
    for (unsigned run = 0; run < svc->running; run++) {
        if (run != RUN_RELOAD && conf->commands[run] > 0) {
            return false;
        }
    }
    return svc->index == 0;
}

/* Forks what the machine wants run. A fork, as what happens before an exec may block, and PID 1 must not. */
static pid_t spawn(struct init *in, uint32_t index, const struct service_conf *conf)
{
    struct service_table *t = &in->services->now;
    struct service_process *p = &t->process[index];
    bool main = t->service[index].svc.running == RUN_START;
    bool watched = main && conf->type == TYPE_EXEC;
    struct service_start start;
    int execed[2] = {-1, -1};
    int takes[LEAN_TAKES] = {-1, -1, -1}; // its ends of the log pipes, and of that one
    int cgroup FD_CLEANUP = -1;
    bool inside = false; // not in the table itself, which a child may not have
    pid_t pid;
    int r = 0;

    if (begins(conf, &t->service[index].svc)) {
        (void)!getrandom(p->invocation, sizeof(p->invocation), GRND_NONBLOCK);
    }
    if (watched) {
        r = watch_exec(in, index, execed);
    }
    if (r == 0 && (conf->flags & (SERVICE_OUTPUT_LOG | SERVICE_ERROR_LOG)) != 0) {
        bool error = (conf->flags & SERVICE_ERROR_LOG) != 0;

        r = logger_open(in, index, error, main, takes);
        if (r == -EMFILE) { // children on their way hold some
            lean_settle(&in->services->lean);
            r = logger_open(in, index, error, main, takes);
        }
    }
    start = (struct service_start){.conf = conf,
                                   .svc = t->service[index].svc,
                                   .main = t->pid[index][PROCESS_MAIN],
                                   .writers = {takes[0], takes[1]},
                                   .execed = execed[1]};
    memcpy(start.invocation, p->invocation, sizeof(start.invocation));
    cgroup = service_cgroup_open(in, index);
    takes[2] = execed[1];
    if (r < 0) {
        fd_close(&execed[0]);
        fd_close(&execed[1]);
        return r;
    }
    pid = lean_fork(&in->services->lean, takes, cgroup, &inside);
    if (pid == 0) {
        if ((conf->flags & SERVICE_COMMAND) != 0) {
            command_child(in);
        }
        service_child(in, &start);
    }
    if (pid < 0) {
        fd_close(&execed[0]);
        return pid;
    }
    p->in_cgroup = inside;
    if (main) {
        p->execed = execed[0];
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

void service_run(struct init *in, uint32_t index, msec_t now)
{
    struct services *s = in->services;
    struct service_conf conf;
    int which = s->now.service[index].svc.running == RUN_START ? PROCESS_MAIN : PROCESS_COMMAND;
    pid_t pid;

    unitimage_get(&s->now.image, index, &conf);
    pid = in->life.state >= LIFE_KILLING ? -ESHUTDOWN : spawn(in, index, &conf);
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
    s->now.process[index].signal_groups = false; // what that was for is gone
    super_event(&s->now.super, index, SVC_EV_RAN, 0, now);
}

/* ---- signalling them ---- */

/* A child that has not made its group yet is signalled itself: the signal waits until it takes any. */
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

static void signal_each(struct init *in, uint32_t index, enum svc_whom whom, int number)
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

static void signal_now(struct init *in, uint32_t index)
{
    const struct svc *svc = &in->services->now.service[index].svc;

    signal_each(in, index, (enum svc_whom)svc->whom, svc->signal);
    if (svc->signal != SIGKILL) { // one that is stopped does not see it
        signal_each(in, index, (enum svc_whom)svc->whom, SIGCONT);
    }
}

/*
 * Without a cgroup a child looks for who has left the process groups, but not when the whole container ends: then
 * everybody is reached. Another is not begun before the last has ended.
 */
static bool find_strays(struct init *in, uint32_t index)
{
    struct services *s = in->services;
    struct service_process *p = &s->now.process[index];
    pid_t pid;

    if (in->proc_fd < 0 || s->now.super.closing || p->sweep > 0) {
        return false;
    }
    pid = descendants_signal_strays(in->proc_fd, p->group, PROCESS_COUNT,
                                    s->now.service[index].svc.signal);
    if (pid < 0) {
        return false;
    }
    p->sweep = pid;
    s->sweeps++;
    return true;
}

void service_signal(struct init *in, uint32_t index)
{
    struct service_table *t = &in->services->now;
    struct service_process *p = &t->process[index];
    const pid_t *pid = t->pid[index];

    p->signal_groups = false;
    if (t->service[index].svc.whom != WHOM_ALL) {
        signal_now(in, index);
    } else if (p->in_cgroup) {
        service_cgroup_signal(in, index, t->service[index].svc.signal);
    } else if (find_strays(in, index) && (pid[PROCESS_MAIN] > 0 || pid[PROCESS_COMMAND] > 0)) {
        p->signal_groups = true; // who descends from them is known as long as they are there
    } else {
        signal_now(in, index);
    }
}

bool service_swept(struct init *in, pid_t pid)
{
    struct services *s = in->services;

    for (uint32_t i = 0; s->sweeps > 0 && i < s->now.image.count; i++) {
        struct service_process *p = &s->now.process[i];

        if (p->sweep == pid) {
            p->sweep = 0;
            s->sweeps--;
            if (p->signal_groups) {
                p->signal_groups = false;
                signal_now(in, i);
            }
            return true;
        }
    }
    return false;
}

/* ---- what happens to them ---- */

void service_rewatch(struct init *in, uint32_t index)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = index}};
    int fd = in->services->now.process[index].execed;

    if (fd >= 0) {
        (void)epoll_ctl(in->services->exec_poll, EPOLL_CTL_MOD, fd, &event);
    }
}

/* A child that has told nothing more and is gone was executed: it would have said that it was not. */
void service_execed(struct init *in, uint32_t index, bool gone, msec_t now)
{
    struct service_process *p = &in->services->now.process[index];
    uint8_t byte;
    ssize_t n;

    if (p->execed < 0) {
        return;
    }
    do {
        n = read(p->execed, &byte, 1);
    } while (n == 1 && byte == EXEC_BYTE_APART);
    if (n < 0 && !gone) {
        return; // services_pump() closes our end
    }
    if (n != 1) { // else the exec has failed: then the end of the process is what counts
        super_event(&in->services->now.super, index, SVC_EV_EXECED, 0, now);
    }
    (void)epoll_ctl(in->services->exec_poll, EPOLL_CTL_DEL, p->execed,
                    NULL); // a child may have a copy of it
    fd_close(&p->execed);
}

void service_execs(struct init *in, msec_t now)
{
    struct epoll_event events[EXECS_PER_TURN];
    int count = epoll_wait(in->services->exec_poll, events, EXECS_PER_TURN, 0);

    for (int i = 0; i < count; i++) {
        service_execed(in, events[i].data.u32, false, now);
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
    struct service_process *p = &in->services->now.process[index];

    for (int i = 0; i < GROUP_COUNT; i++) {
        pid_t group = strays_group(strays, p->session[i]);

        if (group > 0) {
            p->group[i] = group;
            if (ends_strays(&in->services->now.service[index].svc)) {
                service_signal(in, index);
            }
            return true;
        }
    }
    return false;
}

/* By its groups and sessions: what is known of it without a cgroup. */
static bool is_empty_of_orphans(struct init *in, uint32_t index, struct strays *strays)
{
    // In a shutdown whoever is left is reached with all the others, once the services are gone.
    if (!strays->read && !in->services->now.super.closing) {
        strays_read(in, strays);
    }
    return !strays->read || !adopt_group(in, index, strays);
}

bool service_settle(struct init *in, uint32_t index, struct strays *strays, msec_t now)
{
    struct services *s = in->services;
    struct service_process *p = &s->now.process[index];
    bool empty = true;

    for (int i = 0; i < GROUP_COUNT; i++) {
        empty = !group_lives(&p->group[i]) && empty; // their numbers are not to outlive them
    }
    if (p->in_cgroup) {
        empty = service_cgroup_is_empty(in, index);
    } else {
        empty = empty && is_empty_of_orphans(in, index, strays);
    }
    if (empty) {
        memset(p->session, 0, sizeof(p->session));
        logger_ended(in, index, false);
        super_event(&s->now.super, index, SVC_EV_EMPTY, 0, now);
    }
    return empty;
}
