/* SPDX-License-Identifier: MIT */
/* porthole events: what has happened to services, from the memory in which PID 1 keeps it. */
#include "args.h"
#include "client.h"
#include "commands.h"
#include "core/event.h"
#include "core/life.h"
#include "core/super.h"
#include "core/svc.h"
#include "json.h"
#include "report.h"
#include "services.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "target.h"
#include "timeword.h"
#include "wording.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { OPT_FOLLOW = 1, OPT_SINCE, OPT_TAIL, OPT_HELP };

static const char help[] =
    "  -f, --follow    go on until the container ends\n"
    "  --since TIME    only what has happened since: 10s (or \"10s ago\"), 5min, 2h, 1d, today,\n"
    "                  2026-01-31T12:00:00Z, @SECONDS since 1970\n"
    "  -n N, --tail N  only the last N events of what is kept now (default all)\n";

struct events {
    const struct client *client;
    struct target target; // a service: only its events
    bool follow;
    bool json;
    int fd;        // owned: the events
    uint64_t next; // number of the event to read next
    msec_t since;  // only what is not older: wall clock
    uint64_t tail; // so many of what is kept; UINT64_MAX: all
    uint64_t skip; // events that are not told: --tail
};

static int take_option(struct events *e, int id, const char *value)
{
    switch (id) {
    case OPT_FOLLOW:
        e->follow = true;
        return 0;
    case OPT_SINCE:
        e->since = timeword_parse(value, clock_wall());
        return e->since >= 0 ? 0 : report_usage("--since: \"%s\": " TIMEWORD_NEEDS, value);
    case OPT_TAIL:
        return args_tail(value, "events", &e->tail);
    default:
        return EXIT_USAGE;
    }
}

static int parse(int argc, char **argv, struct events *e)
{
    static const struct args_option options[] = {{"follow", 'f', false, OPT_FOLLOW},
                                                 {"since", 0, true, OPT_SINCE},
                                                 {"tail", 'n', true, OPT_TAIL},
                                                 {"help", 'h', false, OPT_HELP},
                                                 {0}};
    struct args a = {.argc = argc, .argv = argv, .options = options, .mixed = true, .next = 1};
    const char *word = NULL;
    int id;

    while ((id = args_next(&a)) != ARGS_END) {
        int code = 0;

        if (id == OPT_HELP) {
            return client_help("[OPTION...] [TARGET]", help) == 0 ? -1 : EXIT_NOT_TRUE;
        }
        if (id != ARGS_OPERAND) {
            code = take_option(e, id, a.value);
        } else if (word != NULL) {
            code = report_usage("%s: one TARGET is enough", a.value);
        } else {
            word = a.value;
        }
        if (code != 0) {
            return code;
        }
    }
    return target_parse(word, &e->target);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* PID 1 may be writing the place meanwhile: only what two reads say alike counts. */
static bool read_place(int fd, uint64_t place, uint8_t buf[EVENT_BYTES], struct event *ret)
{
    uint8_t again[EVENT_BYTES];
    off_t at = (off_t)(place * EVENT_BYTES);

    for (int tries = 0; tries < 8; tries++) {
        if (pread(fd, buf, EVENT_BYTES, at) != EVENT_BYTES ||
            pread(fd, again, EVENT_BYTES, at) != EVENT_BYTES) {
            return false;
        }
        if (memcmp(buf, again, EVENT_BYTES) == 0) {
            return event_decode(buf, ret);
        }
    }
    return false;
}

/* The lowest number kept, and one more than the highest; both 0 where there is none. */
static void find_kept(int fd, uint64_t *ret_first, uint64_t *ret_end)
{
    *ret_first = UINT64_MAX;
    *ret_end = 0;
    for (uint64_t place = 0; place < EVENT_KEEP; place++) {
        uint8_t buf[EVENT_BYTES];
        struct event e;

        if (!read_place(fd, place, buf, &e)) {
            continue;
        }
        *ret_first = e.number < *ret_first ? e.number : *ret_first;
        *ret_end = e.number + 1 > *ret_end ? e.number + 1 : *ret_end;
    }
    *ret_first = *ret_end == 0 ? 0 : *ret_first;
}

/*
 * The next event: 1, or 0 where there is none yet. Where it was overwritten, *ret_lost is how many were,
 * and the event is the first of those left.
 */
static int take_next(struct events *e, uint8_t buf[EVENT_BYTES], struct event *ret,
                     uint64_t *ret_lost)
{
    *ret_lost = 0;
    for (;;) {
        uint64_t first;
        uint64_t end;

        if (!read_place(e->fd, e->next % EVENT_KEEP, buf, ret) || ret->number < e->next) {
            return 0;
        }
        if (ret->number == e->next) {
            e->next++;
            return 1;
        }
        find_kept(e->fd, &first, &end);
        if (first <= e->next) { // it changed between two looks: PID 1 is just writing
            first = e->next + 1;
        }
        *ret_lost += first - e->next;
        e->next = first;
    }
}

/* ---- telling -------------------------------------------------------------------------------- */

static bool concerns(const struct events *e, const struct event *event)
{
    size_t len = strlen(e->target.service);

    if (event->time < e->since) {
        return false;
    }
    if (!target_is_service(&e->target)) {
        return true;
    }
    len = len < EVENT_NAME_MAX ? len : EVENT_NAME_MAX;
    return event->name.len == len && memcmp(event->name.data, e->target.service, len) == 0;
}

/* What has happened, behind the time and the name. */
static void print_what(const struct event *e)
{
    char ending[WORDING_ENDING];
    const char *word;

    switch ((enum event_kind)e->kind) {
    case EVENT_CONTAINER:
        (void)printf("container %s", life_public_name(e->state));
        if (e->state == LIFE_GONE) {
            (void)printf(", exit code %u", e->value);
        }
        return;
    case EVENT_STATE:
        word = wording_exact_state(e->state);
        (void)printf("%s", wording_state(e->state));
        if (strcmp(word, wording_state(e->state)) != 0) {
            (void)printf(" (%s)", word);
        }
        if (e->pid != 0) {
            (void)printf(", pid %u", e->pid);
        }
        if (e->result != RESULT_SUCCESS) {
            (void)printf(", %s", wording_result(e->result));
        }
        return;
    case EVENT_EXIT:
        (void)printf("process %u ended: %s", e->pid, wording_ending((int)e->value, ending));
        return;
    case EVENT_RESTART:
        (void)printf("restart %u", e->value);
        return;
    case EVENT_JOB:
        (void)printf("%s: %s", wording_job(e->state), wording_job_result(e->result));
        return;
    case EVENT_REAP:
        (void)printf("orphan %u reaped: %s", e->pid, wording_ending((int)e->value, ending));
        return;
    case EVENT_UNITS:
        (void)printf("units read: %u services", e->value);
        return;
    case EVENT_LOGGER:
        (void)printf("log worker started anew, restart %u", e->value);
        return;
    case EVENT_COUNT:
        break;
    }
    (void)printf("event of kind %u, which this version does not know", e->kind);
}

static void print_event(const struct event *e)
{
    char name[4 * EVENT_NAME_MAX + 8];
    char when[WORDING_TIME];

    (void)printf("%s %s ", wording_time_utc(e->time, when),
                 e->name.len == 0
                     ? "-"
                     : report_escape(name, sizeof(name), (const char *)e->name.data, e->name.len));
    print_what(e);
    (void)putchar('\n');
}

static void json_what(struct json *j, const struct event *e)
{
    switch ((enum event_kind)e->kind) {
    case EVENT_CONTAINER:
        json_text(j, "state", life_public_name(e->state));
        if (e->state == LIFE_GONE) {
            json_number(j, "exit_code", e->value);
        } else {
            json_null(j, "exit_code");
        }
        return;
    case EVENT_STATE:
        json_text(j, "state", wording_state(e->state));
        json_text(j, "exact_state", wording_exact_state(e->state));
        json_text(j, "result", wording_result(e->result));
        json_number(j, "restarts", e->value);
        if (e->pid != 0) {
            json_number(j, "pid", e->pid);
        } else {
            json_null(j, "pid");
        }
        return;
    case EVENT_EXIT:
    case EVENT_REAP:
        json_number(j, "pid", e->pid);
        ending_to_json(j, "exit", (int)e->value);
        return;
    case EVENT_RESTART:
        json_number(j, "restarts", e->value);
        return;
    case EVENT_JOB:
        json_text(j, "job", wording_job(e->state));
        json_text(j, "job_result", wording_job_result(e->result));
        return;
    case EVENT_UNITS:
        json_number(j, "services_all", e->value);
        return;
    case EVENT_LOGGER:
        json_number(j, "log_worker_restarts", e->value);
        return;
    case EVENT_COUNT:
        return;
    }
}

static void json_head(struct json *j, const struct events *e)
{
    json_to_stdout(j);
    json_open(j, NULL, '{');
    json_number(j, "schema", 1);
    json_text(j, "container", e->client->name);
}

static void json_event(const struct events *events, const struct event *e)
{
    const char *kind = event_kind_name(e->kind);
    char when[WORDING_TIME];
    struct json j;

    json_head(&j, events);
    json_number(&j, "number", (long long)e->number);
    json_text(&j, "time", wording_time_utc(e->time, when));
    json_text(&j, "event", kind != NULL ? kind : "unknown");
    if (e->name.len > 0) {
        json_string(&j, "service", (const char *)e->name.data, e->name.len);
    } else {
        json_null(&j, "service");
    }
    json_what(&j, e);
    json_close(&j, '}');
    (void)putchar('\n');
}

static void tell_lost(const struct events *e, uint64_t lost, msec_t time)
{
    char when[WORDING_TIME];
    struct json j;

    if (!e->json) {
        (void)printf("%s - lost=%llu\n", wording_time_utc(time, when), (unsigned long long)lost);
        return;
    }
    json_head(&j, e);
    json_text(&j, "event", "lost");
    json_number(&j, "lost", (long long)lost);
    json_close(&j, '}');
    (void)putchar('\n');
}

/* How many of those kept now are not among the last e->tail. */
static uint64_t count_skipped(const struct events *e, uint64_t end)
{
    struct events look = *e; // its place in what is read is its own
    uint8_t buf[EVENT_BYTES];
    struct event event;
    uint64_t lost;
    uint64_t all = 0;

    while (look.next < end && take_next(&look, buf, &event, &lost) > 0) {
        all += concerns(e, &event) ? 1 : 0;
    }
    return all > e->tail ? all - e->tail : 0;
}

/* All that there is now, up to `end`. Returns the exit code: 0, or 1 where stdout is gone. */
static int tell(struct events *e, uint64_t end)
{
    uint8_t buf[EVENT_BYTES];
    struct event event;
    uint64_t lost;

    while (e->next < end && take_next(e, buf, &event, &lost) > 0) {
        if (lost > 0 && e->skip > 0) { // they were among the first, or we are late
            e->skip = lost < e->skip ? e->skip - lost : 0;
        } else if (lost > 0) {
            tell_lost(e, lost, event.time);
        }
        if (!concerns(e, &event)) {
            continue;
        }
        if (e->skip > 0) {
            e->skip--;
            continue;
        }
        if (e->json) {
            json_event(e, &event);
        } else {
            print_event(&event);
        }
    }
    return report_flush();
}

/* ---- following ------------------------------------------------------------------------------ */

static bool reader_is_gone(void)
{
    struct pollfd p = {.fd = STDOUT_FILENO, .events = 0};

    return poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLNVAL)) != 0;
}

/* Sleeps until PID 1 says that there are more, or nobody reads what is told. */
static bool sleep_on(const struct client *c)
{
    struct pollfd p[] = {{.fd = c->fd, .events = POLLIN}, {.fd = STDOUT_FILENO, .events = 0}};

    while (poll(p, 2, -1) < 0 && errno == EINTR) {
    }
    return p[0].revents != 0;
}

static int follow(struct client *c, struct events *e)
{
    int pidfd FD_CLEANUP = client_watch(c);
    int code;
    int r = 1;

    c->timeout = 0;
    do {
        code = tell(e, UINT64_MAX);
        if (code != 0 || !sleep_on(c)) {
            return reader_is_gone() ? EXIT_NOT_TRUE : code;
        }
        r = client_receive(c);
    } while (r > 0);
    code = tell(e, UINT64_MAX);
    if (code == 0 && (r < 0 || (pidfd >= 0 && !client_has_ended(pidfd)))) {
        return client_report_lost(c, r);
    }
    return code;
}

static int ask(struct client *c, struct events *e)
{
    uint8_t buf[64];
    struct wire_writer w;
    int r;

    client_begin(c, &w, buf, sizeof(buf), PROTO_EVENTS);
    if (e->follow) {
        wire_tlv_u64(&w, TAG_FLAGS | WIRE_CRITICAL, REQUEST_FOLLOW);
    }
    r = client_exchange(c, &w);
    if (r > 0 && c->msg.type == PROTO_ERROR && c->msg.num[TAG_ERRNO] == EUSERS) {
        return report_failure("\"%s\": as many follow its events as it takes", c->name);
    }
    if (r <= 0 || c->msg.type != PROTO_EVENTS_OK) {
        return services_report(c, &e->target, r);
    }
    if (c->fds.count != 1) {
        return report_failure("\"%s\": it has no events", c->name);
    }
    e->fd = c->fds.fd[0];
    c->fds.count = 0;
    return 0;
}

static int run(struct client *c, struct events *e)
{
    struct service s;
    uint64_t end;
    int code = services_offered(c);

    if (code == 0 && target_is_service(&e->target)) {
        code = services_get_one(c, &e->target,
                                &s); // a name with a slip of the pen has no events either
        if (code == 0) {
            memcpy(e->target.service, s.name, sizeof(s.name)); // where that was an alias
        }
    }
    if (code == 0) {
        code = ask(c, e);
    }
    if (code != 0) {
        return code;
    }
    find_kept(e->fd, &e->next, &end);
    e->skip = count_skipped(e, end);
    code = e->follow ? follow(c, e) : tell(e, end);
    fd_close(&e->fd);
    return code;
}

int cmd_events(const struct context *ctx, int argc, char **argv)
{
    struct client c;
    struct events e = {.json = ctx->json, .fd = -1, .tail = UINT64_MAX};
    int code = parse(argc, argv, &e);

    if (code != 0) {
        return code == -1 ? 0 : code;
    }
    code = client_connect(ctx, target_container(&e.target), &c);
    if (code != 0) {
        return code;
    }
    e.client = &c;
    code = run(&c, &e);
    client_close(&c);
    return code;
}
