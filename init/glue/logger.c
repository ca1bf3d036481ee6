/* SPDX-License-Identifier: MIT */
/* PID 1's side of the log worker: what it is told, and a new one for one that has died. */
#include "glue/logger.h"

#include "core/logring.h"
#include "glue/init.h"
#include "glue/logfeed.h"
#include "glue/logstore.h"
#include "glue/logworker.h"
#include "glue/services.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/mem.h"
#include "sys/sock.h"
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The end of its socket, for the worker: also where a child that was just forked has a copy of ours. Ours stays open,
 * as it tells of the worker's end.
 */
static void hang_up(struct logger *l)
{
    if (l->sock >= 0) {
        (void)shutdown(l->sock, SHUT_WR);
    }
}

/* Until the next worker knows. */
static void forget_shown(struct logger *l)
{
    if (l->shown != NULL) {
        l->shown[LOGFEED_MAX] = false;
    }
}

static int fork_worker(struct init *in)
{
    struct logger *l = &in->services->logger;
    int ends[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) {
        return -errno;
    }
    forget_shown(l);
    pid = spawn_helper();
    if (pid == 0) {
        (void)close(ends[0]);
        logworker_run(in, ends[1]);
    }
    (void)close(ends[1]);
    if (pid < 0) {
        (void)close(ends[0]);
        return pid;
    }
    l->pid = pid;
    l->sock = ends[0];
    l->started = clock_monotonic();
    l->again_at = MSEC_NEVER;
    l->starts += !l->renewed;
    if (l->untold) { // it was born knowing
        l->untold = false;
        memset(l->pipes, 0, sizeof(l->pipes));
        memset(l->ended, 0, sizeof(l->ended));
    }
    if (l->ending) {
        hang_up(l);
    }
    if (l->starts > 1 && !l->renewed) {
        services_event(in, &(struct event){.kind = EVENT_LOGGER, .value = l->starts - 1});
    }
    l->renewed = false;
    return 0;
}

static void fork_or_wait(struct init *in)
{
    struct logger *l = &in->services->logger;

    if (fork_worker(in) < 0) {
        l->pause = l->pause < LOG_PAUSE_MAX_MS / 2 ? l->pause * 2 : LOG_PAUSE_MAX_MS;
        l->pause = l->pause < LOG_PAUSE_MS ? LOG_PAUSE_MS : l->pause;
        l->again_at = clock_monotonic() + l->pause;
    }
}

/* No worker will come to read the pipes: whoever wrote to them would wait for ever. */
static void go_straight(struct services *s)
{
    s->logger.straight = true;
    for (uint32_t i = 0; i < s->now.image.count; i++) {
        for (int k = 0; k < 2; k++) {
            fd_close(&s->now.log[i][k]);
            fd_close(&s->now.writer[i][k]);
        }
    }
}

int logger_start(struct init *in)
{
    int r;

    if (in->services->logger.ring < 0) {
        r = logstore_ring();
        if (r < 0) {
            go_straight(in->services);
            return r;
        }
        in->services->logger.ring = r;
        in->services->logger.shown = mem_shared(LOGFEED_SHOWN);
        logstore_stage(in->services);
    }
    r = fork_worker(in);
    if (r < 0) {
        fork_or_wait(in);
    }
    return in->services->logger.pid > 0 ? 0 : r;
}

static int send_message(const struct init *in, enum logworker_message kind, uint32_t service,
                        uint32_t bits, int fd)
{
    uint8_t buf[LOGWORKER_BYTES];
    struct wire_writer w;
    struct service_conf conf;

    wire_writer_init(&w, buf, sizeof(buf));
    wire_put_u32(&w, kind);
    wire_put_u32(&w, service);
    if (kind == LOGWORKER_PIPE) {
        size_t len;

        unitimage_get(&in->services->now.image, service, &conf);
        bits |= (conf.flags & SERVICE_PREFIX) != 0 ? LOGRING_PREFIX : 0;
        len = strnlen(conf.name, LOGRING_NAME_MAX);
        wire_put_u32(&w, bits);
        wire_put_bytes(&w, conf.name, len);
    } else {
        wire_put_u32(&w, bits);
    }
    return sock_send(in->services->logger.sock, buf, w.len, &fd, fd >= 0 ? 1 : 0);
}

/* PID 1's own words, where nobody hears its stderr any more: as those of a service by its name. */
static int tell_own(const struct init *in)
{
    static const char name[] = LOGRING_INIT;
    uint8_t buf[LOGWORKER_BYTES];
    struct wire_writer w;

    wire_writer_init(&w, buf, sizeof(buf));
    wire_put_u32(&w, LOGWORKER_PIPE);
    wire_put_u32(&w, LOGGER_OWN);
    wire_put_u32(&w, LOG_STDERR);
    wire_put_bytes(&w, name, sizeof(name) - 1);
    return sock_send(in->services->logger.sock, buf, w.len, &in->services->logger.own, 1);
}

int logger_take_stderr(struct init *in)
{
    struct logger *l = &in->services->logger;
    int writer = -1;
    int r = l->straight ? -ENOENT : logstore_pipe(in, &l->own, &writer);

    if (r == 0 && writer < 0) {
        writer = fd_reopen(in->proc_fd, l->own, O_WRONLY);
        r = writer < 0 ? writer : 0;
    }
    if (r == 0 && dup2(writer, STDERR_FILENO) < 0) {
        r = -errno;
    }
    fd_close(&writer);
    if (r == 0 && l->sock >= 0 && tell_own(in) < 0) {
        logger_renew(in); // its successor is born knowing
    }
    return r;
}

static void note(struct logger *l, uint32_t *bits, uint32_t service)
{
    bits[service / 32] |= 1u << service % 32;
    l->untold = true;
}

/* False where there was no room: it is told later. Without a worker there is nobody to be told. */
static bool tell_pipes(struct init *in, uint32_t service)
{
    struct logger *l = &in->services->logger;

    for (uint32_t i = 0; i < 2 && l->sock >= 0; i++) {
        int fd = in->services->now.log[service][i];

        if (fd >= 0 && send_message(in, LOGWORKER_PIPE, service, LOG_STDOUT + i, fd) < 0) {
            note(l, l->pipes, service);
            return false;
        }
    }
    return true;
}

static bool tell(struct init *in, enum logworker_message kind, uint32_t service)
{
    struct logger *l = &in->services->logger;

    if (l->sock >= 0 && send_message(in, kind, service, 0, -1) < 0) {
        note(l, l->ended, service);
        return false;
    }
    return true;
}

/* What was put off, or found no room. */
static bool tell_ended(struct init *in, uint32_t service)
{
    const int *log = in->services->now.log[service];

    return tell(in, log[0] < 0 && log[1] < 0 ? LOGWORKER_FORGET : LOGWORKER_CLOSED, service);
}

int logger_make(struct init *in, uint32_t service, bool want_error)
{
    struct service_table *t = &in->services->now;
    bool made = false;
    int r = 0;

    for (int i = 0; r == 0 && i < (want_error ? 2 : 1); i++) {
        if (t->log[service][i] < 0) {
            r = logstore_pipe(in, &t->log[service][i], &t->writer[service][i]);
            made = made || r == 0;
        }
        if (i == 1 && r == -EMFILE) {
            r = 0; // both streams share the one that there is
        }
    }
    if (made) {
        (void)tell_pipes(in, service);
    }
    return r;
}

int logger_open(struct init *in, uint32_t service, bool want_error, bool main, int ret_writers[2])
{
    const struct service_table *t = &in->services->now;
    int r;

    ret_writers[0] = ret_writers[1] = -1;
    if (in->services->logger.straight) {
        ret_writers[0] = logstore_stdout(&in->services->logger);
        return ret_writers[0] < 0 ? ret_writers[0] : 0;
    }
    r = logger_make(in, service, want_error);
    for (int i = 0; r == 0 && i < (want_error ? 2 : 1) && t->log[service][i] >= 0; i++) {
        ret_writers[i] = logstore_writer(in, t->log[service][i], t->writer[service][i], main);
        r = ret_writers[i] < 0 ? ret_writers[i] : 0;
    }
    if (r < 0) {
        fd_close(&ret_writers[0]);
        fd_close(&ret_writers[1]);
    }
    return r;
}

/* Has a worker, for certain, no line of it whose end is missing? It says so before it empties a pipe. */
static bool is_whole(const struct logger *l, uint32_t service)
{
    return l->shown != NULL && l->shown[LOGFEED_MAX] && !l->shown[2 * service] &&
           !l->shown[2 * service + 1];
}

/* Something is in a pipe of it that may be a line without its end. */
static bool has_rest(const int log[2])
{
    for (int i = 0; i < 2; i++) {
        int n = 0;

        if (log[i] >= 0 && ioctl(log[i], FIONREAD, &n) == 0 && n > 0) {
            return true;
        }
    }
    return false;
}

void logger_ended(struct init *in, uint32_t service, bool forget)
{
    struct logger *l = &in->services->logger;
    int *log = in->services->now.log[service];

    if (log[0] < 0 && log[1] < 0) {
        return;
    }
    if (!forget && !has_rest(log)) {
        if (!is_whole(l,
                      service)) { // in the next turn: a service that is to start again comes first
            note(l, l->ended, service);
        }
        return;
    }
    for (int i = 0; forget && i < 2; i++) {
        fd_close(&log[i]);
        fd_close(&in->services->now.writer[service][i]);
    }
    (void)tell(in, forget ? LOGWORKER_FORGET : LOGWORKER_ENDED, service);
}

void logger_renew(struct init *in)
{
    if (in->services->logger.pid > 0) {
        in->services->logger.renewed = true;
        forget_shown(&in->services->logger);
        (void)kill(in->services->logger.pid, SIGKILL);
    }
}

void logger_follow(struct init *in, int wake)
{
    if (in->services->logger.sock >= 0) {
        (void)send_message(in, LOGWORKER_FOLLOW, 0, 0,
                           wake); // where there is no room it asks again
    }
    (void)close(wake);
}

int logger_ring_readonly(const struct init *in)
{
    return in->services->logger.ring < 0
               ? -ENOENT
               : fd_reopen(in->proc_fd, in->services->logger.ring, O_RDONLY);
}

static bool any_bit(const uint32_t *bits)
{
    for (size_t i = 0; i < LOGGER_WORDS; i++) {
        if (bits[i] != 0) {
            return true;
        }
    }
    return false;
}

/* A worker that was not told of every pipe would not write everything: its successor knows. */
void logger_end(struct init *in)
{
    struct logger *l = &in->services->logger;

    if (l->ending) {
        return;
    }
    l->ending = true;
    if (l->untold && any_bit(l->pipes)) {
        logger_renew(in);
    }
    if (l->pid == 0 && l->again_at != MSEC_NEVER) {
        l->again_at = 0;
    }
    hang_up(l);
}

uint64_t logger_left(const struct init *in)
{
    uint8_t cell[8];

    return in->services->logger.ring >= 0 && pread(in->services->logger.ring, cell, sizeof(cell),
                                                   LOGRING_AT_LEFT) == (ssize_t)sizeof(cell)
               ? wire_load_u64(cell)
               : 0;
}

bool logger_alive(const struct init *in)
{
    return in->services->logger.pid > 0 || in->services->logger.again_at != MSEC_NEVER;
}

msec_t logger_deadline(const struct init *in)
{
    return in->services->logger.again_at;
}

void logger_expire(struct init *in, msec_t now)
{
    struct logger *l = &in->services->logger;

    if (l->again_at > now || l->pid > 0) {
        return;
    }
    l->again_at = MSEC_NEVER;
    if (l->ending && l->ends++ >= LOG_ENDS_MAX) {
        return;
    }
    fork_or_wait(in);
}

short logger_events(const struct init *in)
{
    const struct logger *l = &in->services->logger;

    return l->sock >= 0 && l->untold && !l->ending ? POLLOUT : 0;
}

static bool tell_again(struct init *in, uint32_t *bits,
                       bool (*tell_one)(struct init *in, uint32_t service))
{
    for (uint32_t i = 0; i < LOGGER_WORDS; i++) {
        while (bits[i] != 0) {
            uint32_t service = i * 32 + (uint32_t)__builtin_ctz(bits[i]);

            bits[i] &= bits[i] - 1;
            if (service < in->services->now.image.count && !tell_one(in, service)) {
                return false;
            }
        }
    }
    return true;
}

/*
 * Its socket is closed: it has ended, but for its last few instructions, which the kill makes sure of. It is waited for
 * by itself (spawn_helper()). Then a new one comes, at once or after a pause where they die fast.
 */
static void reap_worker(struct init *in)
{
    struct logger *l = &in->services->logger;
    msec_t now = clock_monotonic();
    int status = 0;

    (void)kill(l->pid, SIGKILL);
    while (waitpid(l->pid, &status, __WCLONE) < 0 && errno == EINTR) {
    }
    l->pid = 0;
    fd_close(&l->sock);
    if (l->ending) {
        if ((!WIFEXITED(status) || WEXITSTATUS(status) != 0) && l->ends++ < LOG_ENDS_MAX) {
            fork_or_wait(in);
        }
        return;
    }
    if (l->renewed || now - l->started >= LOG_FAST_MS) {
        l->pause = 0;
        fork_or_wait(in);
    } else {
        l->pause = l->pause == 0 ? LOG_PAUSE_MS : l->pause * 2;
        l->pause = l->pause < LOG_PAUSE_MAX_MS ? l->pause : LOG_PAUSE_MAX_MS;
        l->again_at = now + l->pause;
    }
}

void logger_ready(struct init *in, short revents)
{
    struct logger *l = &in->services->logger;

    if ((revents & (POLLHUP | POLLERR)) != 0 && l->pid > 0) {
        reap_worker(in);
        return;
    }
    if ((revents & POLLOUT) == 0 || l->sock < 0) {
        return;
    }
    // Ends first: where a service was forgotten and made anew, its new pipe comes after the end of the old.
    l->untold = !tell_again(in, l->ended, tell_ended) || !tell_again(in, l->pipes, tell_pipes);
}
