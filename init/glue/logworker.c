/* SPDX-License-Identifier: MIT */
/* The log worker itself: the child that reads the pipes. */
#include "glue/logworker.h"

#include "glue/init.h"
#include "glue/logfeed.h"
#include "glue/logout.h"
#include "glue/services.h"
#include "sys/caps.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/mem.h"
#include "sys/sig.h"
#include "sys/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define READY_MAX 32     /* events of one wait */
#define MESSAGES 64      /* messages of one turn */
#define OOM_SCORE "-250" /* as journald has it; only where that is allowed */
#define EXIT_AGAIN 1     /* PID 1 is to start another one */

/* data.u32 of events: below LOGFEED_MAX a feed. */
enum { TOKEN_SOCK = LOGFEED_MAX, TOKEN_OUT, TOKEN_FOLLOWER };

struct worker {
    int sock;
    int epoll;
    bool end; // PID 1 has said so, or is gone
    int64_t
        held_until; // us; nothing is taken until then: the ring is full of what stdout is about to have; 0
    struct logring ring;
    struct logfeeds feeds;
    struct logout out;
};

static void set_oom_score(int proc)
{
    int fd FD_CLEANUP = proc >= 0 ? openat(proc, "self/oom_score_adj", O_WRONLY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        (void)fd_write_all(fd, OOM_SCORE, sizeof(OOM_SCORE) - 1);
    }
}

/* Everything of PID 1's is closed but the pipes, the ring, stdout and the procfs, which set-up needs. */
static void keep_own(const struct init *in, int sock)
{
    uint32_t count = in->services->now.image.count;
    size_t size = ((size_t)count * 2 + 7) * sizeof(int);
    int *keep = mem_map(size);
    size_t n = 0;

    if (keep == NULL) {
        _exit(EXIT_AGAIN);
    }
    keep[n++] = sock;
    keep[n++] = in->proc_fd;
    keep[n++] = in->services->logger.ring;
    keep[n++] = in->services->logger.out;
    keep[n++] = in->services->logger.own;
    keep[n++] = in->services->logger.stage[0];
    keep[n++] = in->services->logger.stage[1];
    for (uint32_t i = 0; i < count; i++) {
        keep[n++] = in->services->now.log[i][0];
        keep[n++] = in->services->now.log[i][1];
    }
    fd_close_all_but(keep, n);
    (void)munmap(keep, size);
}

static void attach_ring(struct worker *w, int fd)
{
    uint64_t bytes = logring_bytes(LOG_RING_BYTES);
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (base == MAP_FAILED) {
        _exit(EXIT_AGAIN);
    }
    if (!logring_attach(&w->ring, base, bytes)) { // nobody else writes to it: a bit has tipped
        logring_format(base, LOG_RING_BYTES);
        (void)logring_attach(&w->ring, base, bytes);
    }
    (void)close(fd);
}

static void add_feeds(struct worker *w, const struct init *in)
{
    const struct services *s = in->services;

    for (uint32_t i = 0; i < s->now.image.count; i++) {
        struct service_conf conf;

        if (s->now.log[i][0] < 0 && s->now.log[i][1] < 0) {
            continue;
        }
        unitimage_get(&s->now.image, i, &conf);
        for (unsigned k = 0; k < 2; k++) {
            unsigned bits =
                (LOG_STDOUT + k) | ((conf.flags & SERVICE_PREFIX) != 0 ? LOGRING_PREFIX : 0);
            struct slice name = {(const uint8_t *)conf.name, strlen(conf.name)};

            if (s->now.log[i][k] >= 0 &&
                logfeed_add(&w->feeds, i, bits, name, s->now.log[i][k]) < 0) {
                _exit(EXIT_AGAIN);
            }
        }
    }
    if (s->logger.own >= 0 &&
        logfeed_add(&w->feeds, LOGGER_OWN, LOG_STDERR,
                    (struct slice){(const uint8_t *)LOGRING_INIT, sizeof(LOGRING_INIT) - 1},
                    s->logger.own) < 0) {
        _exit(EXIT_AGAIN);
    }
    w->feeds.shown = s->logger.shown;
    logfeed_resume(&w->feeds);
}

static void set_up(struct worker *w, const struct init *in, int sock)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.u32 = TOKEN_SOCK};

    // Whoever signals all of the container's processes does not mean us. Not PR_SET_PDEATHSIG either: the socket
    // tells of PID 1's end, and then there is something left to be written.
    sig_block();
    (void)setsid();
    (void)prctl(PR_SET_NAME, "porthole-log", 0, 0, 0);
    set_oom_score(in->proc_fd);
    raise_undo(&in->services->given,
               1u << RLIMIT_NOFILE); // of what goes to stdout, the size is limited
    keep_own(in, sock);
    *w = (struct worker){.sock = sock, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    attach_ring(w, in->services->logger.ring);
    if (w->epoll < 0 || epoll_ctl(w->epoll, EPOLL_CTL_ADD, sock, &ev) < 0 ||
        logfeed_init(&w->feeds, &w->ring, w->epoll) < 0) {
        _exit(EXIT_AGAIN);
    }
    logout_init(&w->out, &w->ring, in->services->logger.out, in->services->logger.stage,
                in->proc_fd, w->epoll, TOKEN_OUT);
    add_feeds(w, in);
    if (in->services->now.bytes.len > 0) {
        (void)munmap((void *)(uintptr_t)in->services->now.bytes.data, in->services->now.bytes.len);
    }
    if (in->proc_fd >= 0) {
        (void)close(in->proc_fd);
    }
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)caps_set(0);
    mem_trim_stack();
}

static int take_fd(struct sock_fds *fds)
{
    int fd = fds->count == 1 ? fds->fd[0] : -1;

    if (fds->count > 1) {
        sock_fds_close(fds);
    }
    fds->count = 0;
    return fd;
}

static void obey(struct worker *w, struct slice message, struct sock_fds *fds)
{
    uint32_t kind;
    uint32_t service;
    uint32_t bits;
    int fd = take_fd(fds);

    if (!wire_get_u32(&message, &kind) || !wire_get_u32(&message, &service) ||
        !wire_get_u32(&message, &bits)) {
        fd_close(&fd);
        return;
    }
    if (kind == LOGWORKER_PIPE && fd >= 0) {
        if (logfeed_add(&w->feeds, service, bits, message, fd) < 0) {
            _exit(EXIT_AGAIN); // its successor takes the pipe over by fork
        }
    } else if (kind == LOGWORKER_FOLLOW && fd >= 0) {
        logout_follow(&w->out, fd, TOKEN_FOLLOWER);
    } else {
        fd_close(&fd);
        if (kind == LOGWORKER_CLOSED) {
            logfeed_closed(&w->feeds, service);
        } else if (kind == LOGWORKER_ENDED || kind == LOGWORKER_FORGET) {
            logfeed_ended(&w->feeds, service, kind == LOGWORKER_FORGET);
        }
    }
}

static void read_messages(struct worker *w)
{
    uint8_t buf[LOGWORKER_BYTES];

    for (int i = 0; i < MESSAGES; i++) {
        struct sock_fds fds;
        ssize_t n = sock_recv(w->sock, buf, sizeof(buf), &fds);

        if (n == -EMFILE) { // a pipe that nobody would read: whoever is forked has it already
            _exit(EXIT_AGAIN);
        }
        if (n == -EAGAIN) {
            return;
        }
        if (n <= 0 && n != -EMSGSIZE) {
            w->end = true;
            return;
        }
        if (n > 0) {
            obey(w, (struct slice){buf, (size_t)n}, &fds);
        }
    }
}

/* us until something is due; -1: nothing is. */
static int64_t timeout(const struct worker *w)
{
    int64_t due = logfeed_due(&w->feeds);
    int64_t now;

    if (w->out.more || (w->feeds.queue_count > 0 && w->held_until == 0)) {
        return 0;
    }
    due = due < w->out.retry_at ? due : w->out.retry_at;
    due = w->held_until > 0 && w->held_until < due ? w->held_until : due;
    if (due == INT64_MAX) {
        return -1;
    }
    now = clock_micro();
    return due > now ? due - now : 0;
}

/* epoll_wait(2) knows milliseconds: shorter waits are poll(2)'s, on the epoll itself. */
static int wait_for_events(const struct worker *w, struct epoll_event *events)
{
    int64_t us = timeout(w);

    if (us > 0) {
        struct pollfd p = {.fd = w->epoll, .events = POLLIN};
        struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

        (void)ppoll(&p, 1, &t, NULL);
        us = 0;
    }
    return epoll_wait(w->epoll, events, READY_MAX, us < 0 ? -1 : 0);
}

static void dispatch(struct worker *w, const struct epoll_event *ev)
{
    uint32_t token = ev->data.u32;

    if (token < LOGFEED_MAX) {
        logfeed_ready(&w->feeds, token);
    } else if (token == TOKEN_SOCK) {
        read_messages(w);
    } else if (token == TOKEN_OUT) {
        w->out.writable = true;
    } else {
        logout_unfollow(&w->out, token - TOKEN_FOLLOWER);
    }
}

static void expire(struct worker *w)
{
    int64_t now = clock_micro();

    logfeed_expire(&w->feeds, now);
    if (w->out.retry_at <= now) {
        w->out.retry_at = INT64_MAX;
        w->out.writable = true;
    }
}

/* Everybody who has something has one turn, and what it took is on its way out before the next takes more. */
static void round_of_turns(struct worker *w)
{
    (void)logout_step(&w->out, TOKEN_OUT);
    w->held_until = 0;
    for (uint32_t n = w->feeds.queue_count; n > 0; n--) {
        w->held_until = logout_hold(&w->out, LOGFEED_TURN);
        if (w->held_until > 0 || !logfeed_turn(&w->feeds)) {
            break;
        }
        (void)logout_step(&w->out, TOKEN_OUT);
    }
    logout_tell(&w->out);
}

_Noreturn static void finish(struct worker *w)
{
    w->out.progress =
        clock_micro(); // whoever reads stdout has his time; how long in all is PID 1's to say
    for (uint32_t i = 0; i < w->feeds.limit; i++) {
        for (size_t taken = 0; taken < LOG_DRAIN_BYTES; taken += LOG_TURN_BYTES) {
            logout_flush(&w->out, TOKEN_OUT, LOGFEED_TURN);
            if (!logfeed_drain(&w->feeds, i)) {
                break;
            }
        }
    }
    logout_tell(&w->out);
    logout_flush(&w->out, TOKEN_OUT, LOGOUT_ALL);
    logout_end(&w->out);
    _exit(0);
}

_Noreturn void logworker_run(const struct init *in, int sock)
{
    struct epoll_event events[READY_MAX];
    struct worker w;

    set_up(&w, in, sock);
    while (!w.end) {
        int n = wait_for_events(&w, events);

        for (int i = 0; i < n; i++) {
            dispatch(&w, &events[i]);
        }
        expire(&w);
        round_of_turns(&w);
    }
    finish(&w);
}
