/* SPDX-License-Identifier: MIT */
/* What PID 1 still does when the life is over: the last lines, the exit code for whoever asks, sockets that go. */
#include "glue/farewell.h"

#include "glue/audit.h"
#include "glue/control.h"
#include "glue/logger.h"
#include "glue/say.h"
#include "glue/service_cgroup.h"
#include "sys/clock.h"
#include "sys/fd.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

/* For whoever comes after a monitor that was killed. The descriptor is a file in NAME's folder. */
static void write_exit_status(const struct init *in)
{
    char text[4];
    int code = in->life.code;
    size_t len = 0;

    if (code >= 100) {
        text[len++] = (char)('0' + code / 100 % 10);
    }
    if (code >= 10) {
        text[len++] = (char)('0' + code / 10 % 10);
    }
    text[len++] = (char)('0' + code % 10);
    text[len++] = '\n';
    if (in->exit_fd >= 0) {
        (void)fd_write_all(in->exit_fd, text, len);
    }
}

/* Its last word: from here on nobody can reach the container, and its folder may be cleared away. */
static void tell_monitor_gone(struct init *in)
{
    uint8_t buf[64];
    struct wire_writer w;

    if (in->monitor < 0) {
        return;
    }
    proto_begin(&w, buf, sizeof(buf), PROTO_STATE, 0);
    wire_tlv_u64(&w, TAG_STATE, LIFE_GONE);
    wire_tlv_u64(&w, TAG_CODE, (uint64_t)in->life.code);
    control_send(in, in->monitor, &w, NULL, 0);
}

/* Signals that come while the last lines are being written; true where one of them wants the end. */
static bool wants_end(const struct init *in)
{
    int numbers[SIG_BATCH];
    bool wants = false;
    int count;

    do {
        count = sig_read(in->signal_fd, numbers);
        for (int i = 0; i < count; i++) {
            wants = wants || numbers[i] == SIGTERM || numbers[i] == SIGINT ||
                    numbers[i] == SIGPWR || numbers[i] == SIGRTMIN + 3;
        }
    } while (count == SIG_BATCH);
    return wants;
}

/*
 * The log worker ends last: what services have written is still to be carried. How fast is up to whoever reads stdout;
 * he has less time where somebody wants the end.
 */
static __attribute__((noinline)) void finish_log(struct init *in)
{
    msec_t now = clock_monotonic();
    msec_t until = now + (in->asked ? LOG_END_ASKED_MS : LOG_END_MS);
    uint64_t left;

    logger_end(in);
    while (logger_alive(in) && now < until) {
        struct pollfd p[] = {
            {.fd = in->services->logger.sock, .events = (short)(logger_events(in) | POLLIN)},
            {.fd = in->signal_fd, .events = POLLIN}};
        msec_t due = msec_earlier(until, logger_deadline(in));

        if (poll(p, 2, due > now ? (int)(due - now) : 0) > 0) {
            if (p[0].revents != 0) {
                logger_ready(in, p[0].revents);
            }
            if (p[1].revents != 0 && wants_end(in)) {
                until = msec_earlier(until, clock_monotonic() + LOG_END_ASKED_MS);
            }
        }
        now = clock_monotonic();
        logger_expire(in, now);
    }
    left = logger_left(in);
    if (left > 0) {
        say_number("stdout",
                   "nobody takes it, and this many lines of services are lost:", (long)left);
    }
}

void farewell(struct init *in)
{
    static const char *const names[] = {
        [LISTEN_OPERATOR] = "control.sock", [LISTEN_INSIDE] = "inside.sock"};

    if (in->services != NULL) {
        finish_log(in);
        service_cgroup_remove_all(in);
    }
    write_exit_status(in);
    audit_flush(in);
    tell_monitor_gone(in);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i] != NULL && in->control_dirs[i] >= 0 && in->listener[i] >= 0) {
            (void)unlinkat(in->control_dirs[i], names[i], 0);
        }
    }
    if (in->control_dirs[LISTEN_INSIDE] >= 0) { // where nobody else has put something there
        (void)unlinkat(in->control_dirs[LISTEN_INSIDE], "op", AT_REMOVEDIR);
    }
}
