/* SPDX-License-Identifier: MIT */
/* porthole start, stop, restart, reload: asks for it, and waits until it has come true. */
#include "args.h"
#include "client.h"
#include "commands.h"
#include "report.h"
#include "services.h"
#include "sys/fd.h"
#include "target.h"

#include <stdio.h>

enum { OPT_NO_WAIT = 1, OPT_HELP };

static const char help[] =
    "  --no-wait  return once it is noted; without it: once it has come true, or cannot\n";

struct job {
    enum proto_type type;
    const char *usage;
    bool whole; // it may be asked of a whole container
    bool no_wait;
    struct target target;
};

/* 0, -1 after --help, or an exit code. */
static int parse(int argc, char **argv, struct job *job)
{
    static const struct args_option options[] = {
        {"no-wait", 0, false, OPT_NO_WAIT}, {"help", 'h', false, OPT_HELP}, {0}};
    struct args a = {.argc = argc, .argv = argv, .options = options, .mixed = true, .next = 1};
    const char *word = NULL;
    int code;
    int id;

    while ((id = args_next(&a)) != ARGS_END) {
        if (id == ARGS_ERROR) {
            return EXIT_USAGE;
        }
        if (id == OPT_HELP) {
            return client_help(job->usage, help) == 0 ? -1 : EXIT_NOT_TRUE;
        }
        if (id == OPT_NO_WAIT) {
            job->no_wait = true;
        } else if (word != NULL) {
            return report_usage("%s: one TARGET is enough", a.value);
        } else {
            word = a.value;
        }
    }
    code = target_parse(word, &job->target);
    return code == 0 && !job->whole ? target_need_service(&job->target) : code;
}

/* What client_receive() returns: there is no limit to how long a service may take. */
static int ask(struct client *c, const struct job *job)
{
    uint8_t buf[SERVICE_NAME_MAX + 64];
    struct wire_writer w;

    c->timeout = job->no_wait ? CLIENT_ANSWER_MS : 0;
    client_begin(c, &w, buf, sizeof(buf), job->type);
    services_put_name(&w, &job->target);
    if (job->no_wait) {
        wire_tlv_u64(&w, TAG_FLAGS | WIRE_CRITICAL, REQUEST_NO_WAIT);
    }
    return client_exchange(c, &w);
}

static int run(struct client *c, const struct job *job)
{
    int pidfd FD_CLEANUP = client_watch(c);
    int r = ask(c, job);

    if (r > 0 && c->msg.type == PROTO_OK) {
        return 0;
    }
    // The main service's end is the container's: then what was asked for has come true, without an answer.
    if (r == 0 && job->type == PROTO_STOP && pidfd >= 0 && client_has_ended(pidfd)) {
        return 0;
    }
    return services_report(c, &job->target, r);
}

static int carry_out(const struct context *ctx, int argc, char **argv, struct job *job)
{
    struct client c;
    int code = parse(argc, argv, job);

    if (code != 0) {
        return code == -1 ? 0 : code;
    }
    code = client_connect(ctx, target_container(&job->target), &c);
    if (code != 0) {
        return code;
    }
    code = services_offered(&c);
    if (code == 0) {
        code = run(&c, job);
    }
    client_close(&c);
    return code;
}

#define SERVICE_USAGE "[--no-wait] NAME/SERVICE"

int cmd_start(const struct context *ctx, int argc, char **argv)
{
    struct job job = {.type = PROTO_START, .usage = SERVICE_USAGE};

    return carry_out(ctx, argc, argv, &job);
}

int cmd_stop(const struct context *ctx, int argc, char **argv)
{
    struct job job = {.type = PROTO_STOP, .usage = SERVICE_USAGE};

    return carry_out(ctx, argc, argv, &job);
}

int cmd_restart(const struct context *ctx, int argc, char **argv)
{
    struct job job = {.type = PROTO_RESTART, .usage = SERVICE_USAGE};

    return carry_out(ctx, argc, argv, &job);
}

int cmd_reload(const struct context *ctx, int argc, char **argv)
{
    struct job job = {.type = PROTO_RELOAD, .usage = "[--no-wait] [TARGET]", .whole = true};

    return carry_out(ctx, argc, argv, &job);
}
