/* SPDX-License-Identifier: MIT */
/* Passing signals on: to the command, its group or everybody, as the rules have it. */
#include "glue/passing.h"

#include "core/signame.h"
#include "glue/descendants.h"
#include "glue/say.h"
#include "glue/telling.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

void pass_bare(struct init *in, int number)
{
    if (in->empty) {
        return;
    }
    if (in->pid1) {
        (void)kill(-1, number); // all but this process: kill(2); nobody else's are in our namespace
    } else {
        in->walkers[number == SIGCONT] = descendants_signal(number);
    }
}

bool pass_reaped(struct init *in, pid_t pid)
{
    for (int i = 0; i < 2; i++) {
        if (in->walkers[i] == pid) {
            in->walkers[i] = 0;
            return true;
        }
    }
    return false;
}

void pass_kill_late(struct init *in)
{
    if (!in->pid1 && in->life.state == LIFE_KILLING && in->walk_again && in->walkers[0] <= 0) {
        in->walk_again = false;
        pass_bare(in, SIGKILL);
    }
}

void pass_to_main(const struct init *in, int number)
{
    if (in->life.main_alive && in->main_pid > 0) {
        (void)kill(in->main_pid, number);
    }
}

/* A group of that number is there from the command's first instruction on: it makes it before its exec. */
static int to_group(pid_t pid, int number)
{
    int r = kill(-pid, number) < 0 ? -errno : 0;

    if (r == -ESRCH && kill(pid, number) == 0) { // it has gone to another group
        r = 0;
    }
    return r;
}

static int send(struct init *in, int number)
{
    if (in->rules.to == FORWARD_ALL) {
        pass_bare(in, number);
        return 0;
    }
    if (in->main_pid <= 0) {
        return -ESRCH;
    }
    if (in->rules.to == FORWARD_GROUP) {
        return to_group(in->main_pid, number);
    }
    return kill(in->main_pid, number) < 0 ? -errno : 0;
}

static bool of_terminal(int number)
{
    return number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

void pass_on(struct init *in, int number)
{
    int as = rules_pass(&in->rules, number);
    int r = as > 0 ? send(in, as) : 0;

    tell_passed(in, number, as, r);
    if (in->rules.suspend && of_terminal(number)) {
        tell_suspended(in);
        if (!in->pid1) { // there it stops nobody, but takes a SIGCONT with it that waits
            (void)kill(getpid(), SIGSTOP);
        }
    }
}

bool pass_drains(struct init *in, int number, msec_t now)
{
    char name[SIGNAME_MAX];

    if (!rules_drains(&in->rules, number)) {
        return false;
    }
    if (in->drains != 0 ||
        in->life.state >=
            LIFE_STOPPING) { // a second one does not wait, nor does the first any more
        in->drain_at = MSEC_NEVER;
        return false;
    }
    in->drains = (uint8_t)number;
    in->drain_at = in->rules.drain >= MSEC_NEVER - now ? MSEC_NEVER : now + in->rules.drain;
    if (in->verbose) {
        say(signame_format(number, name), "waits for the time of --drain");
    }
    return true;
}

void pass_to_all(struct init *in, int number)
{
    int as = rules_pass(&in->rules, number);

    if (as > 0) {
        pass_bare(in, as);
    }
}

void pass_parting(const struct init *in)
{
    int as = rules_pass(&in->rules, SIGTERM);
    int r = 0;

    if (as > 0 && in->rules.to == FORWARD_GROUP) { // not to a process that was just reaped
        r = kill(-in->main_pid, as) < 0 ? -errno : 0;
    }
    tell_passed(in, SIGTERM, as, r);
}

msec_t pass_deadline(const struct init *in)
{
    return in->drains != 0 ? in->drain_at : MSEC_NEVER;
}

int pass_drained(struct init *in, msec_t now)
{
    if (pass_deadline(in) > now || in->life.state >= LIFE_ENDING) {
        return 0;
    }
    in->drain_at = MSEC_NEVER;
    return in->drains;
}
