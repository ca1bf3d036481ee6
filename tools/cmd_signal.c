/* SPDX-License-Identifier: MIT */
/* porthole signal: a signal to a container's main command, or to a service's main process. */
#include "args.h"
#include "client.h"
#include "commands.h"
#include "core/signame.h"
#include "report.h"
#include "services.h"
#include "target.h"

static int parse(int argc, char **argv, int *ret_signal, struct target *ret_target)
{
    static const struct args_option options[] = {{"help", 'h', false, 'h'}, {0}};
    struct args a = {.argc = argc, .argv = argv, .options = options, .mixed = true, .next = 1};
    const char *word[2] = {NULL, NULL};
    int count = 0;
    int id;

    while ((id = args_next(&a)) != ARGS_END) {
        if (id == ARGS_ERROR) {
            return EXIT_USAGE;
        }
        if (id == 'h') {
            return client_help("SIGNAL [TARGET]",
                               "  SIGNAL  a name (TERM, SIGHUP, RTMIN+3) or a number\n") == 0
                       ? -1
                       : EXIT_NOT_TRUE;
        }
        if (count == 2) {
            return report_usage("%s: one TARGET is enough", a.value);
        }
        word[count++] = a.value;
    }
    if (count == 0) {
        return report_usage("no SIGNAL given");
    }
    *ret_signal = signame_parse(word[0]);
    if (*ret_signal < 0) {
        return report_usage("\"%s\": no such signal", word[0]);
    }
    return target_parse(word[1], ret_target);
}

static int ask(struct client *c, const struct target *t, int number)
{
    uint8_t buf[SERVICE_NAME_MAX + 64];
    struct wire_writer w;
    int r;

    client_begin(c, &w, buf, sizeof(buf), PROTO_SIGNAL);
    wire_tlv_u64(&w, TAG_SIGNAL | WIRE_CRITICAL, (uint64_t)number);
    if (!target_is_service(t)) {
        return client_call(c, &w, PROTO_OK);
    }
    r = services_offered(c);
    if (r != 0) {
        return r;
    }
    services_put_name(&w, t);
    r = client_exchange(c, &w);
    return r > 0 && c->msg.type == PROTO_OK ? 0 : services_report(c, t, r);
}

int cmd_signal(const struct context *ctx, int argc, char **argv)
{
    struct client c;
    struct target t = {0};
    int number = 0;
    int code = parse(argc, argv, &number, &t);

    if (code != 0) {
        return code == -1 ? 0 : code;
    }
    code = client_connect(ctx, target_container(&t), &c);
    if (code != 0) {
        return code;
    }
    code = ask(&c, &t, number);
    client_close(&c);
    return code;
}
