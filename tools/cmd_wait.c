/* SPDX-License-Identifier: MIT */
/* porthole wait: until a container is up, or has ended. */
#include "args.h"
#include "client.h"
#include "commands.h"
#include "core/life.h"
#include "core/options.h"
#include "report.h"
#include "sys/clock.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

struct wait {
    enum life_state state;
    const char *word; // of the state
    msec_t timeout;   // ms; MSEC_NEVER
    const char *name;
};

enum { OPT_STATE = 1, OPT_TIMEOUT, OPT_HELP };

static const char help[] =
    "  --state up|stopped  what to wait for (default stopped: prints the exit code)\n"
    "  --timeout SECONDS   give up after that, with exit code 1\n";

static int take_option(struct wait *w, int id, const char *value)
{
    switch (id) {
    case OPT_STATE:
        w->word = value;
        w->state = strcmp(value, "up") == 0 ? LIFE_UP : LIFE_GONE;
        if (w->state == LIFE_GONE && strcmp(value, "stopped") != 0) {
            return report_usage("--state: \"%s\": needs up or stopped", value);
        }
        return 0;
    case OPT_TIMEOUT:
        w->timeout = options_seconds(value);
        return w->timeout >= 0 ? 0 : report_usage("--timeout: \"%s\": needs seconds", value);
    case ARGS_OPERAND:
        if (w->name != NULL) {
            return report_usage("%s: one NAME is enough", value);
        }
        w->name = value;
        return client_check_target(value);
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
    int id;

    *w = (struct wait){.state = LIFE_GONE, .word = "stopped", .timeout = MSEC_NEVER};
    while ((id = args_next(&a)) != ARGS_END) {
        int code;

        if (id == OPT_HELP) {
            return client_help("[OPTION...] [NAME]", help) == 0 ? -1 : EXIT_NOT_TRUE;
        }
        code = take_option(w, id, a.value);
        if (code != 0) {
            return code;
        }
    }
    return 0;
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

    if (strcmp(state, w->word) != 0) {
        report_error("\"%s\": it is %s", c->name, state);
        return EXIT_NOT_TRUE;
    }
    if (w->state == LIFE_GONE) {
        (void)printf("%d\n", (int)c->msg.num[TAG_CODE]);
    }
    return report_flush();
}

int cmd_wait(const struct context *ctx, int argc, char **argv)
{
    struct client c;
    struct wait w;
    uint8_t buf[128];
    struct wire_writer writer;
    int code = parse(argc, argv, &w);

    if (code != 0) {
        return code == -1 ? 0 : code;
    }
    code = client_connect(ctx, w.name, &c);
    if (code != 0) {
        return code;
    }
    c.timeout = 0; // answered() has its own
    client_begin(&c, &writer, buf, sizeof(buf), PROTO_WAIT);
    wire_tlv_u64(&writer, TAG_STATE | WIRE_CRITICAL, w.state);
    if (client_send(&c, &writer, NULL, 0) < 0) {
        code = report_failure("\"%s\": the connection was lost", c.name);
    } else if (!answered(&c, w.timeout)) {
        report_error("\"%s\": not %s in time", c.name, w.word);
        code = EXIT_NOT_TRUE;
    } else if (client_receive(&c) <= 0) {
        code = report_failure("\"%s\": it was killed", c.name);
    } else {
        code = c.msg.type == PROTO_STATE ? finish(&c, &w) : client_report(&c);
    }
    client_close(&c);
    return code;
}
