/* SPDX-License-Identifier: MIT */
/* What the tests of the log worker share: services that are nothing but a name, and a look at the ring. */
#ifndef SYS_LOGGING_H
#define SYS_LOGGING_H

#include "glue/init.h"
#include "glue/logfeed.h"
#include "glue/logstore.h"
#include "glue/services.h"

#include "child.h"

#include "core/logring.h"
#include "sys/clock.h"

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define SERVICES 4
#define LIMIT_MS 20000 /* ms; what takes longer hangs */

static const char *const names[SERVICES] = {"web", "db", "cron", "mail"};
static uint32_t flags_of[SERVICES];

static struct init in;
static struct services services;
static int pipes[SERVICES][2];
static int pipe_writers[SERVICES][2];
static int writers[2] = {-1, -1}; // of the service that was started last; in its child, its own

/* Services that are nothing but a name. */
static inline struct unitimage make_image(void)
{
    static const uint8_t codes[SERVICE_OK_BYTES];
    struct unitimage_source sources[SERVICES];
    struct unitimage image;
    uint8_t *bytes;
    size_t size;

    for (int i = 0; i < SERVICES; i++) {
        sources[i].conf = (struct service_conf){.name = names[i],
                                                .description = "",
                                                .flags = flags_of[i],
                                                .kill_signal = SIGTERM,
                                                .codes = codes};
    }
    size = unitimage_size(sources, SERVICES);
    bytes = calloc(1, size);
    check(size > 0 && bytes != NULL, "no memory");
    check_ok(unitimage_write(sources, SERVICES, bytes, size));
    check_ok(unitimage_open((struct slice){bytes, size}, &image));
    return image;
}

/* All that PID 1 has; stdout goes to `out` (-1: nowhere), which is taken. */
static inline void begin_with(int out, int proc)
{
    init_prepare(&in);
    services =
        (struct services){.events = -1,
                          .logger = {.sock = -1,
                                     .ring = -1,
                                     .own = -1,
                                     .out = out,
                                     .stage = {-1, -1},
                                     .again_at = MSEC_NEVER},
                          .now = {.image = make_image(), .log = pipes, .writer = pipe_writers},
                          .given = {.files = {1024, 1024}}};
    memset(pipes, -1, sizeof(pipes));
    memset(pipe_writers, -1, sizeof(pipe_writers));
    in.services = &services;
    in.proc_fd = proc;
    check_ok(logger_start(&in));
}

static inline void begin(int out)
{
    begin_with(out, check_call(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)));
}

/* The next thing that PID 1's loop would do of it. */
static inline void reap_and_renew(void)
{
    struct pollfd p = {.fd = services.logger.sock, .events = POLLIN};

    check_is(poll(&p, 1, LIMIT_MS), 1);
    logger_ready(&in, p.revents);
    if (logger_deadline(&in) != MSEC_NEVER) {
        logger_expire(&in, logger_deadline(&in)); // no pause in tests
    }
}

static inline void end_worker(void)
{
    logger_end(&in);
    while (logger_alive(&in)) {
        reap_and_renew();
    }
}

/* What a reader has seen of the ring. */
struct view {
    struct logreader reader;
    uint8_t record[LOGRING_RECORD_MAX];
    uint64_t lost;
    char *text; // of one stream, or of all
    size_t len;
    size_t cap;
};

static inline struct view *view_open(void)
{
    struct view *v = calloc(1, sizeof(*v));
    int fd = check_ok(logger_ring_readonly(&in));
    void *base = mmap(NULL, logring_bytes(LOG_RING_BYTES), PROT_READ, MAP_SHARED, fd, 0);

    check(v != NULL && base != MAP_FAILED, "no memory");
    check(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED,
          "a reader can write");
    check(logreader_open(&v->reader, base, logring_bytes(LOG_RING_BYTES)), "it is no ring");
    (void)close(fd);
    return v;
}

/* Takes what there is; the text of this service (-1: all) is collected. */
static inline void view_read(struct view *v, int service)
{
    struct logring_record rec;
    uint64_t lost;
    int r;

    while ((r = logreader_next(&v->reader, v->record, &rec, &lost)) == 1) {
        v->lost += lost;
        if (service >= 0 && rec.service != (uint32_t)service) {
            continue;
        }
        if (v->len + rec.text.len + 1 > v->cap) {
            v->cap = 2 * (v->cap + rec.text.len) + 1;
            v->text = realloc(v->text, v->cap);
            check(v->text != NULL, "no memory");
        }
        memcpy(v->text + v->len, rec.text.data, rec.text.len);
        v->len += rec.text.len;
        v->text[v->len] = 0;
    }
    check_is(r, 0);
}

/* Until the text has this length. */
static inline void view_until(struct view *v, int service, size_t len)
{
    msec_t end = clock_monotonic() + LIMIT_MS;

    for (view_read(v, service); v->len < len; view_read(v, service)) {
        check(clock_monotonic() < end, "only %zu bytes of %zu came", v->len, len);
        (void)poll(NULL, 0, 1);
    }
}

/* Until it holds. */
static inline void await(bool (*holds)(void))
{
    msec_t end = clock_monotonic() + LIMIT_MS;

    while (!holds()) {
        check(clock_monotonic() < end, "it never came to hold");
        (void)poll(NULL, 0, 1);
    }
}

/* Its pipes are there; nobody writes yet. */
static inline void open_pipes(uint32_t index)
{
    int unused[2] = {-1, -1};

    check_ok(logger_open(&in, index, false, true, unused));
    check(unused[0] >= 0 && unused[1] < 0, "one writer for one pipe");
    (void)close(unused[0]);
}

/* A service: a child whose stdout is the pipe, running this. */
static inline pid_t service(uint32_t index, void (*run)(uint32_t index))
{
    pid_t pid;

    check_ok(logger_open(&in, index, false, true, writers));
    pid = check_call(fork());
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); // of a test that has failed nothing stays
        check_ok(logstore_connect(writers, true, true));
        (void)close(writers[0]);
        run(index);
        _exit(0);
    }
    (void)close(writers[0]);
    return pid;
}

static inline void must_end(pid_t pid)
{
    int status;

    check_call(waitpid(pid, &status, 0));
    check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a service failed: %.900s",
          strdup(child_text));
}

static inline void put(const char *text, size_t len)
{
    check(write(STDOUT_FILENO, text, len) == (ssize_t)len, "write: %s", strerror(errno));
}

#define PUT(literal) put(literal, sizeof(literal) - 1)

static inline int pipe_out(int ret[2])
{
    check_call(pipe2(ret, O_CLOEXEC));
    return ret[1];
}

/* Reads stdout's pipe to its end. The write end must be nobody's but the worker's by then. */
static inline char *read_out(int fd)
{
    size_t cap = 4u << 20;
    char *text = malloc(cap);
    size_t len = 0;
    ssize_t n;

    check(text != NULL, "no memory");
    while ((n = read(fd, text + len, cap - len - 1)) > 0) {
        len += (size_t)n;
    }
    check_is(n, 0);
    text[len] = 0;
    return text;
}

static inline void close_out(void)
{
    (void)close(services.logger.out);
    services.logger.out = -1;
}

#endif
