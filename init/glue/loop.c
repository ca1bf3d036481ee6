/* SPDX-License-Identifier: MIT */
/* PID 1's loop: one wait point, one computed deadline, no idle wake-ups. */
#include "glue/loop.h"

#include "core/signame.h"
#include "glue/audit.h"
#include "glue/control.h"
#include "glue/ending.h"
#include "glue/farewell.h"
#include "glue/job.h"
#include "glue/logger.h"
#include "glue/passing.h"
#include "glue/request_services.h"
#include "glue/say.h"
#include "glue/service_run.h"
#include "glue/services.h"
#include "glue/session.h"
#include "glue/telling.h"
#include "sys/clock.h"
#include "sys/mem.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Places in the array for poll(2). */
enum {
    POLL_SIGNALS,
    POLL_EXECS,
    POLL_LOGGER,
    POLL_LISTENERS,
    POLL_SLOTS = POLL_LISTENERS + LISTENER_COUNT
};
#define POLL_COUNT (POLL_SLOTS + SLOTS_MAX)

#define DEGRADED_MS 100 /* ms between looks where poll(2) itself fails */

/* What a signal handler may see. */
static volatile unsigned faults; // bits: those that somebody has sent, for the loop
static const struct init *main_in;

/* tini and catatonit die of those. */
static bool dies_of(const struct rules *r, int number)
{
    return (r->manner == MANNER_TINI || r->manner == MANNER_CATATONIT) &&
           rules_pass(r, number) == 0;
}

static void on_crash(int number, bool sent)
{
    char name[SIGNAME_MAX];

    if (sent && dies_of(&main_in->rules, number)) {
        (void)signal(number, SIG_DFL);
        (void)kill(getpid(), number);
        return;
    }
    if (sent) {
        (void)__atomic_fetch_or(&faults, 1u << number, __ATOMIC_RELAXED);
        (void)kill(getpid(), SIGCHLD); // blocked, so it wakes the loop, whenever this comes
        return;
    }
    say_reason(NULL, "crashed", signame_format(number, name));
    _exit(128 + number);
}

void loop_catch_crashes(struct init *in)
{
    main_in = in;
    sig_catch_crashes(&in->inherited, on_crash);
}

static void tell_monitor_up(struct init *in)
{
    uint8_t buf[64];
    struct wire_writer w;

    if (in->monitor < 0) {
        return;
    }
    proto_begin(&w, buf, sizeof(buf), PROTO_UP, 0);
    wire_tlv_u64(&w, TAG_PID, (uint64_t)in->main_pid);
    control_send(in, in->monitor, &w, NULL, 0);
}

static void perform(struct init *in, unsigned actions, int number)
{
    if ((actions & ACT_FORWARD) != 0) {
        pass_on(in, number);
    }
    if ((actions & ACT_FORWARD_ALL) != 0) {
        pass_to_all(in, number);
        if ((actions & ACT_ANNOUNCE) != 0) { // it is to end, which a stopped process does not see
            pass_bare(in, SIGCONT);
        }
    }
    if ((actions & ACT_TERM_MAIN) != 0 && in->services != NULL) {
        services_shutdown(in);
    } else if ((actions & ACT_TERM_MAIN) != 0) {
        pass_to_main(in, SIGTERM);
        pass_to_main(in, SIGCONT); // a stopped process does not see SIGTERM
    }
    if ((actions & ACT_TERM_ALL) != 0) {
        pass_bare(in, SIGTERM);
        pass_bare(in, SIGCONT);
    }
    if ((actions & ACT_KILL_ALL) != 0) {
        pass_bare(in, SIGKILL);
    }
    if ((actions & ACT_ANNOUNCE) != 0) {
        if (in->life.state == LIFE_UP && in->tell_up) {
            tell_monitor_up(in);
            if (in->services != NULL) { // the launcher hears no more
                (void)logger_take_stderr(in);
            }
        }
        services_event_life(in);
        control_announce(in);
    }
}

void loop_life(struct init *in, enum life_event event, int64_t value, msec_t now)
{
    in->asked = in->asked || event == LIFE_EV_STOP;
    perform(in, life_step(&in->life, event, value, now), (int)value);
}

/* The pause process has no command: its end is a signal. */
static bool ends_pause(const struct init *in, int number)
{
    return in->rules.pause && (number == SIGTERM || number == SIGINT);
}

static void deliver(struct init *in, int number, msec_t now)
{
    bool told = !in->launched && rules_asks_end(&in->rules, number);

    loop_life(in, told ? LIFE_EV_TOLD : LIFE_EV_SIGNAL, number, now);
}

static void take_signal(struct init *in, int number, msec_t now)
{
    if (in->services != NULL) {
        if (number != SIGCHLD) {
            services_signal(in, number, now);
        }
        return;
    }
    tell_received(in, number);
    if (number < 32 && (in->handed & 1u << number) != 0) {
        in->handed &= ~(1u << number);
        tell_handed(in, number);
    } else if (ends_pause(in, number)) {
        loop_life(in, LIFE_EV_MAIN_EXITED, 0, now);
    } else if (number != SIGCHLD && !in->rules.pause && !pass_drains(in, number, now)) {
        deliver(in, number, now);
    }
}

/* Signals of a fault that came from a process: they mean the command, as others do. A SIGCHLD comes with each. */
static void take_faults(struct init *in, msec_t now)
{
    unsigned taken = __atomic_exchange_n(&faults, 0, __ATOMIC_RELAXED);

    for (int number = 1; number < 32; number++) {
        if ((taken >> number & 1) != 0) {
            take_signal(in, number, now);
        }
    }
}

static void read_signals(struct init *in, msec_t now)
{
    int numbers[SIG_BATCH];
    int taken = 0;
    int count;

    do {
        count = sig_read(in->signal_fd, numbers);
        taken += count;
        for (int i = 0; i < count; i++) {
            take_signal(in, numbers[i], now);
        }
        if (faults != 0) {
            take_faults(in, now);
        }
    } while (count == SIG_BATCH && taken < SIGNALS_PER_TURN); // the rest wakes poll(2) at once
}

/* The command, or the service that is the main one: what may be in the terminal's foreground. */
static bool is_command(const struct init *in, pid_t pid)
{
    const struct services *s = in->services;

    return s == NULL ? pid == in->main_pid
                     : s->main != SUPER_NONE && pid == s->now.pid[s->main][PROCESS_MAIN];
}

/* Returns what is to be done. */
static unsigned end_main(struct init *in, int status, msec_t now)
{
    int code = rules_code(&in->rules, life_exit_code(status));

    now = now > 0 ? now : clock_monotonic(); // most that are reaped need none
    if (in->rules.part) {
        pass_parting(in);
    }
    if (code != 0 && in->argv != NULL) {
        ending_tell(in, status);
    }
    if (in->rules.at_once) {
        tell_ending(in, code);
    }
    in->main_pid = -1; // its number may be somebody else's from now on
    return life_step(&in->life, LIFE_EV_MAIN_EXITED, code, now);
}

/*
 * SIGCHLD coalesces: everything that has ended is reaped. Where that is much, over several turns: where processes end
 * as fast as they are reaped, there would be no end.
 */
static void reap(struct init *in, msec_t now)
{
    bool main_ended = false;
    int main_status = 0;
    unsigned actions = 0;
    int stops = in->launched ? 0 : WUNTRACED;
    bool empty;
    pid_t pid = 0;
    int status;
    int count = 0;

    while (count < REAPS_PER_TURN && (pid = waitpid(-1, &status, WNOHANG | stops)) > 0) {
        count++;
        if (WIFSTOPPED(status)) {
            if (is_command(in, pid)) {
                job_stopped(in, pid, WSTOPSIG(status));
            }
            continue;
        }
        if (pass_reaped(in, pid)) {
            continue;
        }
        in->walk_again = true;
        tell_reaped(in, pid, status);
        if (pid == in->main_pid) {
            main_ended = true;
            main_status = status;
        } else if (!session_reaped(in, pid, status) &&
                   (in->services == NULL || !services_reaped(in, pid, status, now))) {
            in->reaped++;
            services_event_reap(in, pid, status);
        }
    }
    empty = in->empty = pid < 0 && errno == ECHILD;
    in->more_to_reap = pid > 0;
    if (pid <= 0) {
        tell_all_reaped(in, empty);
    }
    if (in->services != NULL) {
        services_settle(in, now);
        services_pump(in, now);
    }
    if (main_ended) {
        actions = end_main(in, main_status, now);
    }
    if (empty) { // nobody is left to be signalled
        actions &= ~(unsigned)(ACT_TERM_ALL | ACT_KILL_ALL);
        actions |= life_step(&in->life, LIFE_EV_EMPTY, 0, now);
    }
    perform(in, actions, 0);
    pass_kill_late(in);
    in->empty = false;
}

/* ms for poll(2): -1 where nothing is due, ever. */
static int timeout(const struct init *in, msec_t now)
{
    msec_t due =
        msec_earlier(in->life.deadline, msec_earlier(control_deadline(in), session_deadline(in)));

    due = msec_earlier(due, pass_deadline(in));

    if (in->more_to_reap) {
        return 0;
    }
    if (in->services != NULL) {
        due = msec_earlier(due, msec_earlier(services_deadline(in), logger_deadline(in)));
    }
    if (due == MSEC_NEVER) {
        return -1;
    }
    if (due <= now) {
        return 0;
    }
    return due - now > 1000000 ? 1000000 : (int)(due - now);
}

/* Returns how many there are: no more than that are given to poll(2), which has a limit. */
static nfds_t fill(const struct init *in, struct pollfd *p)
{
    p[POLL_SIGNALS] = (struct pollfd){.fd = in->signal_fd, .events = POLLIN};
    p[POLL_EXECS] = (struct pollfd){.fd = in->services != NULL ? in->services->exec_poll : -1,
                                    .events = POLLIN};
    p[POLL_LOGGER] = (struct pollfd){.fd = in->services != NULL ? in->services->logger.sock : -1,
                                     .events = in->services != NULL ? logger_events(in) : 0};
    for (int i = 0; i < LISTENER_COUNT; i++) {
        p[POLL_LISTENERS + i] =
            (struct pollfd){.fd = in->accept_at == 0 ? in->listener[i] : -1, .events = POLLIN};
    }
    for (int i = 0; i < in->slot_end; i++) {
        bool used = in->slots[i].phase != SLOT_FREE;

        p[POLL_SLOTS + i] = (struct pollfd){.fd = used ? in->slots[i].fd : -1,
                                            .events = control_events(&in->slots[i])};
    }
    return POLL_SLOTS + (nfds_t)in->slot_end;
}

/*
 * The one wait point. EINVAL (somebody has set our limit of descriptors below what we have open) and
 * ENOMEM must not make us spin: then the signals alone are waited for, which reaping hangs on.
 */
static int wait_for_events(const struct init *in, struct pollfd *p, msec_t now)
{
    nfds_t count = fill(in, p);
    int ms = timeout(in, now);
    int n = poll(p, count, ms);

    if (n < 0 && errno != EINTR) {
        int most = ms < 0 || ms > DEGRADED_MS ? DEGRADED_MS : ms;

        for (nfds_t i = 1; i < count; i++) {
            p[i].revents = 0;
        }
        n = poll(p, 1, most);
        if (n < 0 && errno != EINTR) {
            (void)poll(NULL, 0, most);
            p[POLL_SIGNALS].revents = POLLIN; // reading it never blocks
            n = 1;
        }
    }
    return n;
}

static void serve(struct init *in, const struct pollfd *p, int slots, msec_t now)
{
    for (int i = 0; i < slots; i++) {
        if (p[POLL_SLOTS + i].revents != 0) {
            bool monitor = in->monitor == i;

            control_ready(in, i, p[POLL_SLOTS + i].revents, now);
            // A launcher that dies before it could say "up" leaves nothing behind.
            if (monitor && in->monitor < 0 && in->life.state == LIFE_STARTING) {
                loop_life(in, LIFE_EV_STOP, 0, now);
            }
        }
    }
    for (int i = 0; i < LISTENER_COUNT; i++) {
        if (p[POLL_LISTENERS + i].revents != 0) {
            control_accept(in, (enum listener)i, now);
        }
    }
}

static void serve_services(struct init *in, const struct pollfd *p, msec_t now)
{
    if (p[POLL_EXECS].revents != 0) {
        service_execs(in, now);
        services_pump(in, now);
    }
    if (p[POLL_LOGGER].revents != 0) {
        logger_ready(in, p[POLL_LOGGER].revents);
    }
}

static void expire(struct init *in, msec_t now)
{
    int drained;

    control_expire(in, now);
    session_expire(in, now);
    drained = pass_drained(in, now);
    if (drained > 0) {
        deliver(in, drained, now);
    }
    if (in->services != NULL) {
        logger_expire(in, now);
        services_expire(in, now);
        services_pump(in, now);
    }
    if (in->life.deadline <= now) {
        loop_life(in, LIFE_EV_DEADLINE, 0, now);
    }
    // The last service may have gone without a process that ended just now: nobody is left to wake us.
    if (in->services != NULL && in->services->gone && in->life.state < LIFE_GONE) {
        reap(in, now);
    }
}

static bool launcher_died(const struct init *in)
{
    struct pollfd p = {.fd = in->monitor >= 0 ? in->slots[in->monitor].fd : -1};

    return in->launched && poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

/* Everything there is to wait for. */
static void run_on_events(struct init *in)
{
    struct pollfd p[POLL_COUNT];

    while (in->life.state != LIFE_GONE) {
        msec_t now = clock_monotonic();
        int slots = in->slot_end; // those that are waited for: it changes while they are served
        int n;

        n = wait_for_events(in, p, now);
        now = clock_monotonic();
        if ((n > 0 && p[POLL_SIGNALS].revents != 0) || in->more_to_reap) {
            read_signals(in, now);
            reap(in, now);
        }
        if (in->life.state == LIFE_GONE) {
            break; // nobody is left to be served
        }
        if (n > 0) {
            serve_services(in, p, now);
            serve(in, p, slots, now);
        }
        audit_flush(in);
        expire(in, now);
    }
}

/* Until the next deadline: ms, -1: there is none. */
static int64_t signal_timeout(const struct init *in)
{
    msec_t due = msec_earlier(in->life.deadline, pass_deadline(in));
    msec_t now;

    if (in->more_to_reap) {
        return 0;
    }
    if (due == MSEC_NEVER) {
        return -1;
    }
    now = clock_monotonic();
    return due > now ? due - now : 0;
}

/* A signal that is passed on at once needs no clock: that is a tenth of what it takes. */
static bool needs_time(const struct init *in)
{
    return in->life.state != LIFE_UP || !in->life.main_alive || in->rules.drain > 0;
}

/*
 * An entrypoint without a channel waits for signals alone, and takes one at a time. Those with lower numbers come first,
 * and may come for ever: so it looks for children that have ended now and then even where no SIGCHLD gets through.
 */
static void run_on_signals(struct init *in)
{
    unsigned since = 0;

    while (in->life.state != LIFE_GONE) {
        int64_t ms = signal_timeout(in);
        int number = sig_wait(ms);

        if (number > 0 && (number != SIGCHLD || faults == 0)) { // that one may be our own
            take_signal(in, number, needs_time(in) ? clock_monotonic() : 0);
        }
        if (faults != 0) {
            take_faults(in, clock_monotonic());
        }
        if (number == SIGCHLD || in->more_to_reap || ++since == SIGNALS_PER_TURN ||
            in->life.state >= LIFE_ENDING) {
            since = 0;
            reap(in, 0);
        }
        if (ms >= 0) {
            expire(in, clock_monotonic());
        }
    }
}

int loop_run(struct init *in)
{
    if (launcher_died(in)) { // before it could see the container up: it leaves nothing behind
        loop_life(in, LIFE_EV_STOP, 0, clock_monotonic());
    } else if (in->main_runs) {
        loop_life(in, LIFE_EV_EXECED, 0, in->main_started);
    }
    mem_trim_stack();
    if (in->signal_fd < 0) {
        run_on_signals(in);
    } else {
        run_on_events(in);
    }
    farewell(in);
    return in->life.code;
}
