/* SPDX-License-Identifier: MIT */
/* porthole shutdown: an ordered stop, and the wait for its end. */
#include "args.h"
#include "client.h"
#include "commands.h"
#include "core/life.h"
#include "core/options.h"
#include "report.h"
#include "runtime.h"
#include "sys/fd.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

enum { OPT_GRACE = 1, OPT_HELP };

static const char help[] =
    "  --grace SECONDS  from SIGTERM to SIGKILL (default: the container's; 0: at once)\n";

static int parse(int argc, char **argv, const char **ret_name, msec_t *ret_grace)
{
    static const struct args_option options[] = {
        {"grace", 0, true, OPT_GRACE}, {"help", 'h', false, OPT_HELP}, {0}};
    struct args a = {.argc = argc, .argv = argv, .options = options, .mixed = true, .next = 1};
    int id;

    *ret_name = NULL;
    *ret_grace = -1;
    while ((id = args_next(&a)) != ARGS_END) {
        if (id == ARGS_ERROR) {
            return EXIT_USAGE;
        }
        if (id == OPT_HELP) {
            return client_help("[OPTION...] [NAME]", help) == 0 ? -1 : EXIT_NOT_TRUE;
        }
        if (id == OPT_GRACE) {
            *ret_grace = options_seconds(a.value);
            if (*ret_grace < 0) {
                return report_usage("--grace: \"%s\": needs seconds, or infinity", a.value);
            }
        } else if (*ret_name != NULL) {
            return report_usage("%s: one NAME is enough", a.value);
        } else {
            *ret_name = a.value;
        }
    }
    return *ret_name != NULL ? client_check_target(*ret_name) : 0;
}

static int ask(struct client *c, msec_t grace)
{
    uint8_t buf[128];
    struct wire_writer w;

    client_begin(c, &w, buf, sizeof(buf), PROTO_SHUTDOWN);
    if (grace >= 0) {
        wire_tlv_u64(&w, TAG_GRACE | WIRE_CRITICAL, (uint64_t)grace);
    }
    return client_call(c, &w, PROTO_OK);
}

/* Until PID 1 itself is gone, and with it every mount and process. */
static void wait_for_end(struct client *c, int pidfd)
{
    struct pollfd p = {.fd = pidfd, .events = POLLIN};

    c->timeout = 0;
    while (client_receive(c) > 0) {
    }
    while (pidfd >= 0 && poll(&p, 1, -1) < 0 && errno == EINTR) {
    }
}

int cmd_shutdown(const struct context *ctx, int argc, char **argv)
{
    char root[RUNTIME_PATH_MAX];
    struct client c;
    const char *name;
    msec_t grace;
    int pidfd FD_CLEANUP = -1;
    int exit_code;
    int code = parse(argc, argv, &name, &grace);

    if (code != 0) {
        return code == -1 ? 0 : code;
    }
    code = client_connect(ctx, name, &c);
    if (code != 0) {
        return code;
    }
    pidfd = client_watch(&c);
    c.quiet = pidfd >= 0; // somebody else's shutdown may be first: what was asked for comes true
    code = ask(&c, grace);
    if (code != 0 && c.quiet && c.msg.type == PROTO_ERROR) {
        c.quiet = false;
        code = client_report(&c);
    } else if (code != 0 && c.quiet) {
        code = client_has_ended(pidfd)
                   ? 0
                   : report_failure("\"%s\": its PID 1 does not answer", c.name);
    }
    if (code == 0) {
        wait_for_end(&c, pidfd);
        // Its monitor clears it away too: whoever comes first. After us the name is free.
        if (runtime_root(ctx, root, sizeof(root)) == 0) {
            (void)runtime_bury(root, c.name, &exit_code);
        }
    }
    client_close(&c);
    return code;
}
