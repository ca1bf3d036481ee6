/* SPDX-License-Identifier: MIT */
/* porthole logs: what services have written, from the memory in which the log worker keeps it. */
#include "args.h"
#include "client.h"
#include "commands.h"
#include "logview.h"
#include "report.h"
#include "services.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "target.h"
#include "timeword.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define AGAIN_MS 100 /* ms between questions while the container has no log worker */

enum { OPT_FOLLOW = 1, OPT_SINCE, OPT_TAIL, OPT_RAW, OPT_TIMES, OPT_HELP };

static const char help[] =
    "  -f, --follow      go on until the container ends\n"
    "  --since TIME      only what was written since: 10s (or \"10s ago\"), 5min, 2h, 1d, today,\n"
    "                    2026-01-31T12:00:00Z, @SECONDS since 1970\n"
    "  -n N, --tail N    only the last N lines of what there is now (default all)\n"
    "  -t, --timestamps  before each line when it was written, in UTC\n"
    "  --raw             exact bytes, without names\n";

struct logs {
    const struct context *ctx;
    struct target target;
    bool follow;
    uint64_t tail; // UINT64_MAX: all
    struct logview view;
    uint8_t instance[16]; // of the container: another one of its name is not it
    int wake;             // owned; -1
    int pidfd;            // owned; of PID 1; -1: it cannot be seen
};

static int take_option(struct logs *l, int id, const char *value)
{
    switch (id) {
    case OPT_FOLLOW:
        l->follow = true;
        return 0;
    case OPT_SINCE:
        l->view.since = timeword_parse(value, clock_wall());
        return l->view.since >= 0 ? 0 : report_usage("--since: \"%s\": " TIMEWORD_NEEDS, value);
    case OPT_TAIL:
        return args_tail(value, "lines", &l->tail);
    case OPT_RAW:
        l->view.raw = true;
        return 0;
    case OPT_TIMES:
        l->view.times = true;
        return 0;
    default:
        return EXIT_USAGE;
    }
}

static int parse(int argc, char **argv, struct logs *l)
{
    static const struct args_option options[] = {{"follow", 'f', false, OPT_FOLLOW},
                                                 {"since", 0, true, OPT_SINCE},
                                                 {"tail", 'n', true, OPT_TAIL},
                                                 {"raw", 0, false, OPT_RAW},
                                                 {"timestamps", 't', false, OPT_TIMES},
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
            code = take_option(l, id, a.value);
        } else if (word != NULL) {
            code = report_usage("%s: one TARGET is enough", a.value);
        } else {
            word = a.value;
        }
        if (code != 0) {
            return code;
        }
    }
    if (l->view.raw && l->ctx->json) {
        return report_usage("--raw: exact bytes are not JSON");
    }
    if (l->view.raw && l->view.times) {
        return report_usage("--raw: exact bytes have no times before them");
    }
    return target_parse(word, &l->target);
}

/* LOGS: the ring (taken where ret_ring is not NULL) and the wake pipe. What client_receive() says. */
static int ask(struct client *c, struct logs *l, int *ret_ring)
{
    uint8_t buf[64];
    struct wire_writer w;
    int r;

    client_begin(c, &w, buf, sizeof(buf), PROTO_LOGS);
    if (l->follow) {
        wire_tlv_u64(&w, TAG_FLAGS | WIRE_CRITICAL, REQUEST_FOLLOW);
    }
    r = client_exchange(c, &w);
    if (r <= 0 || c->msg.type != PROTO_LOGS_OK) {
        return r;
    }
    if (c->fds.count != (l->follow ? 2 : 1) || (l->follow && !fd_is_anonymous_pipe(c->fds.fd[1]))) {
        return -EBADMSG;
    }
    if (l->follow) {
        fd_close(&l->wake);
        l->wake = TAKE_FD(c->fds.fd[1]);
    }
    if (ret_ring != NULL) {
        *ret_ring = TAKE_FD(c->fds.fd[0]);
    }
    sock_fds_close(&c->fds);
    return r;
}

static int report_no_log(const struct client *c, const struct logs *l, int r)
{
    if (r > 0 && c->msg.type == PROTO_ERROR && c->msg.num[TAG_ERRNO] == ENOENT) {
        report_error("\"%s\": there is no log: it has no services, or no room for one", c->name);
        return EXIT_NOT_TRUE;
    }
    if (r == -EBADMSG) {
        return report_failure("\"%s\": what it hands out is no log", c->name);
    }
    return services_report(c, &l->target, r);
}

static int open_log(struct client *c, struct logs *l)
{
    int ring FD_CLEANUP = -1;
    struct service s;
    int code = services_offered(c);
    int r;

    if (code == 0 && target_is_service(&l->target)) {
        code = services_get_one(c, &l->target, &s);
    }
    if (code != 0) {
        return code;
    }
    if (target_is_service(&l->target)) {
        memcpy(l->target.service, s.name, sizeof(s.name)); // where that was an alias
    }
    r = ask(c, l, &ring);
    if (r <= 0 || c->msg.type != PROTO_LOGS_OK) {
        return report_no_log(c, l, r);
    }
    r = logview_map(&l->view, ring);
    if (r == 0 && l->tail != UINT64_MAX) {
        r = logview_tail(&l->view, l->tail);
    } else if (r == 0 && l->view.since == 0) {
        logview_from_first(&l->view);
    }
    return r < 0 ? report_no_log(c, l, r) : 0;
}

static void remember(const struct client *c, uint8_t instance[16])
{
    struct slice s = c->msg.text[TAG_INSTANCE];

    memset(instance, 0, 16);
    memcpy(instance, s.data, s.len < 16 ? s.len : 16);
}

/*
 * The log worker has ended: the container is ending, or there will be another one. True where the container has told us
 * that there is, on a new connection, as the first was given back for others to use.
 */
static bool ask_again(struct logs *l)
{
    struct pollfd p = {.fd = l->pidfd, .events = POLLIN};
    uint8_t instance[16];
    struct client c;
    bool found = false;

    (void)poll(&p, 1, AGAIN_MS);
    if (client_open(l->ctx, target_container(&l->target), true, &c) != 0) {
        return false;
    }
    if (client_greet(&c) == 0) {
        remember(&c, instance);
        if (memcmp(instance, l->instance, sizeof(instance)) == 0) {
            found = true;
            (void)ask(&c, l, NULL); // in vain: the old pipe's end is still there, and we come again
        }
    }
    client_close(&c);
    return found;
}

/* Sleeps until there may be more. False where nobody reads what is shown. */
static bool sleep_on(const struct logs *l, bool *ret_ended)
{
    struct pollfd p[] = {{.fd = l->wake, .events = POLLIN}, {.fd = STDOUT_FILENO, .events = 0}};
    char bytes[512];

    while (poll(p, 2, -1) < 0 && errno == EINTR) {
    }
    *ret_ended = p[0].revents != 0 && read(l->wake, bytes, sizeof(bytes)) <= 0;
    return (p[1].revents & (POLLERR | POLLNVAL)) == 0;
}

static int show(struct logs *l, const char *name)
{
    int r = logview_show(&l->view);

    if (r == -EPIPE) {
        return errno == EPIPE ? -1 : EXIT_NOT_TRUE;
    }
    return r < 0 ? report_failure("\"%s\": its log makes no sense", name) : 0;
}

static int follow(struct logs *l, const char *name)
{
    bool ended = false;
    int code;

    for (;;) {
        code = show(l, name);
        if (code != 0) {
            return code;
        }
        if (ended && !ask_again(l)) {
            break;
        }
        if (!sleep_on(l, &ended)) {
            return -1;
        }
    }
    return show(l, name); // what came before the end
}

static int run(const struct context *ctx, struct logs *l)
{
    struct client c;
    int code = client_connect(ctx, target_container(&l->target), &c);

    if (code != 0) {
        return code;
    }
    remember(&c, l->instance);
    code = open_log(&c, l);
    if (code == 0 && l->follow) {
        l->pidfd = client_watch(&c);
    }
    client_close(&c);
    if (code == 0) {
        code = l->follow ? follow(l, c.name) : show(l, c.name);
    }
    if (code == 0) {
        logview_end(&l->view);
        code = report_flush();
    }
    return code == -1 ? 0 : code; // nobody reads any more: that is their right
}

int cmd_logs(const struct context *ctx, int argc, char **argv)
{
    struct logs l = {.ctx = ctx, .tail = UINT64_MAX, .wake = -1, .pidfd = -1};
    int code = parse(argc, argv, &l);

    if (code != 0) {
        return code == -1 ? 0 : code;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    l.view.json = ctx->json;
    l.view.escape = isatty(STDOUT_FILENO) == 1 && !l.view.raw;
    l.view.service = target_is_service(&l.target) ? l.target.service : NULL;
    code = run(ctx, &l);
    logview_finish(&l.view);
    fd_close(&l.wake);
    fd_close(&l.pidfd);
    return code;
}
