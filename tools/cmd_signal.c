/* SPDX-License-Identifier: MIT */
/* porthole signal: a signal to a container's main command. */
#include "args.h"
#include "client.h"
#include "commands.h"
#include "core/signame.h"
#include "report.h"

#include <errno.h>
#include <string.h>

static int parse(int argc, char **argv, int *ret_signal, const char **ret_name)
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
            return client_help("SIGNAL [NAME]",
                               "  SIGNAL  a name (TERM, SIGHUP, RTMIN+3) or a number\n") == 0
                       ? -1
                       : EXIT_NOT_TRUE;
        }
        if (count == 2) {
            return report_usage("%s: one NAME is enough", a.value);
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
    *ret_name = word[1];
    return word[1] != NULL ? client_check_target(word[1]) : 0;
}

int cmd_signal(const struct context *ctx, int argc, char **argv)
{
    struct client c;
    uint8_t buf[128];
    struct wire_writer w;
    const char *name = NULL;
    int number = 0;
    int code = parse(argc, argv, &number, &name);

    if (code != 0) {
        return code == -1 ? 0 : code;
    }
    code = client_connect(ctx, name, &c);
    if (code != 0) {
        return code;
    }
    client_begin(&c, &w, buf, sizeof(buf), PROTO_SIGNAL);
    wire_tlv_u64(&w, TAG_SIGNAL | WIRE_CRITICAL, (uint64_t)number);
    code = client_call(&c, &w, PROTO_OK);
    client_close(&c);
    return code;
}
