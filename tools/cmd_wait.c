/* SPDX-License-Identifier: MIT */
/* porthole wait: until a container or a service is up, has ended, or has failed. */
#include "args.h"
#include "client.h"
#include "commands.h"
#include "core/life.h"
#include "core/options.h"
#include "core/svc.h"
#include "report.h"
#include "services.h"
#include "sys/clock.h"
#include "target.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

/* One thing to wait for: of a container, of a service, or of both. */
struct goal {
    const char *word;
    int container; // enum life_state; -1: nothing of a container
    int service;   // enum svc_state
};

static const struct goal goals[] = {
    {"up", LIFE_UP, SVC_UP},
    {"stopped", LIFE_GONE, SVC_STOPPED},
    {"failed", -1, SVC_FAILED},
};
#define GOALS (sizeof(goals) / sizeof(goals[0]))

struct wait {
    const struct goal *goal;
    msec_t timeout;   // ms; MSEC_NEVER
    const char *word; // TARGET as given
    struct target target;
};

enum { OPT_STATE = 1, OPT_TIMEOUT, OPT_HELP };

static const char help[] = "  --state up|stopped|failed  what to wait for; failed: of services "
                           "only (default stopped: prints\n"
                           "                             the exit code)\n"
                           "                             up: gives up, with 1, on a service "
                           "that has failed for good\n"
                           "  --timeout SECONDS          give up after that, with exit code 1\n";

static int take_option(struct wait *w, int id, const char *value)
{
    switch (id) {
    case OPT_STATE:
        for (size_t i = 0; i < GOALS; i++) {
            if (strcmp(value, goals[i].word) == 0) {
                w->goal = &goals[i];
                return 0;
            }
        }
        return report_usage("--state: \"%s\": needs up, stopped or failed", value);
    case OPT_TIMEOUT:
        w->timeout = options_seconds(value);
        return w->timeout >= 0 ? 0 : report_usage("--timeout: \"%s\": needs seconds", value);
    case ARGS_OPERAND:
        if (w->word != NULL) {
            return report_usage("%s: one TARGET is enough", value);
        }
        w->word = value;
        return 0;
    default:
        return EXIT_USAGE;
    }
}

static int parse(int argc, char **argv, struct wait *w)
{
    static const struct args_option options[] = {{"state", 0, true, OPT_STATE},
                                                 {"timeout", 0, true, OPT_TIMEOUT},
                                                 {"help", 'h', false, OPT_HELP},
                                                 {0}};
    struct args a = {.argc = argc, .argv = argv, .options = options, .mixed = true, .next = 1};
    int code;
    int id;

    *w = (struct wait){.goal = &goals[1], .timeout = MSEC_NEVER};
    while ((id = args_next(&a)) != ARGS_END) {
        if (id == OPT_HELP) {
            return client_help("[OPTION...] [TARGET]", help) == 0 ? -1 : EXIT_NOT_TRUE;
        }
        code = take_option(w, id, a.value);
        if (code != 0) {
            return code;
        }
    }
    code = target_parse(w->word, &w->target);
    if (code == 0 && !target_is_service(&w->target) && w->goal->container < 0) {
        return report_usage("--state: \"%s\": is a state of services; a container is up or stopped",
                            w->goal->word);
    }
    return code;
}

/* True where the answer came in time. */
static bool answered(const struct client *c, msec_t timeout)
{
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    msec_t end = timeout == MSEC_NEVER ? MSEC_NEVER : clock_monotonic() + timeout;

    for (;;) {
        msec_t left = end == MSEC_NEVER ? MSEC_NEVER : end - clock_monotonic();
        int ms = left == MSEC_NEVER ? -1 : left > 1000000 ? 1000000 : left < 0 ? 0 : (int)left;

        if (poll(&p, 1, ms) > 0) {
            return true;
        }
        if (left <= 0) {
            return false;
        }
    }
}

static int finish(const struct client *c, const struct wait *w)
{
    const char *state = life_public_name(c->msg.num[TAG_STATE]);

    if (strcmp(state, w->goal->word) != 0) {
        report_error("\"%s\": it is %s", c->name, state);
        return EXIT_NOT_TRUE;
    }
    if (w->goal->container == LIFE_GONE) {
        (void)printf("%d\n", (int)c->msg.num[TAG_CODE]);
    }
    return report_flush();
}

/* The exit code is the main process's; one that never ran has none. */
static int finish_service(const struct client *c, const struct wait *w)
{
    if (w->goal->service == SVC_UP && c->msg.num[TAG_SERVICE_STATE] == SVC_FAILED) {
        return services_report_failed(c, &w->target);
    }
    if (w->goal->service != SVC_UP && proto_has(&c->msg, TAG_STATUS)) {
        (void)printf("%d\n", life_exit_code((int)c->msg.num[TAG_STATUS]));
    }
    return report_flush();
}

static int lost(const struct client *c, const struct wait *w, int received)
{
    char text[TARGET_TEXT];

    if (!target_is_service(&w->target)) {
        return report_failure("\"%s\": it was killed", c->name);
    }
    if (received < 0) {
        return client_report_lost(c, received);
    }
    report_error("\"%s\": the container ended before it was %s", target_text(c, &w->target, text),
                 w->goal->word);
    return EXIT_NOT_TRUE;
}

static int ask(struct client *c, const struct wait *w)
{
    uint8_t buf[SERVICE_NAME_MAX + 64];
    struct wire_writer writer;

    client_begin(c, &writer, buf, sizeof(buf), PROTO_WAIT);
    if (target_is_service(&w->target)) {
        services_put_name(&writer, &w->target);
        wire_tlv_u64(&writer, TAG_SERVICE_STATE | WIRE_CRITICAL, (uint64_t)w->goal->service);
    } else {
        wire_tlv_u64(&writer, TAG_STATE | WIRE_CRITICAL, (uint64_t)w->goal->container);
    }
    return client_send(c, &writer, NULL, 0);
}

static int run(struct client *c, const struct wait *w)
{
    bool service = target_is_service(&w->target);
    char text[TARGET_TEXT];
    int code = service ? services_offered(c) : 0;
    int r;

    if (code != 0) {
        return code;
    }
    c->timeout = 0; // answered() has its own
    if (ask(c, w) < 0) {
        return report_failure("\"%s\": the connection was lost", c->name);
    }
    if (!answered(c, w->timeout)) {
        report_error("\"%s\": not %s in time", target_text(c, &w->target, text), w->goal->word);
        return EXIT_NOT_TRUE;
    }
    r = client_receive(c);
    if (r <= 0) {
        return lost(c, w, r);
    }
    if (c->msg.type == PROTO_STATE) {
        return service ? finish_service(c, w) : finish(c, w);
    }
    return service ? services_report(c, &w->target, r) : client_report(c);
}

int cmd_wait(const struct context *ctx, int argc, char **argv)
{
    struct client c;
    struct wait w = {0};
    int code = parse(argc, argv, &w);

    if (code != 0) {
        return code == -1 ? 0 : code;
    }
    code = client_connect(ctx, target_container(&w.target), &c);
    if (code != 0) {
        return code;
    }
    code = run(&c, &w);
    client_close(&c);
    return code;
}
