/* SPDX-License-Identifier: MIT */
/* porthole-init: options, boot, loop. */
#include "core/options.h"
#include "core/peer.h"
#include "core/plan.h"
#include "glue/boot.h"
#include "glue/entry.h"
#include "glue/help.h"
#include "glue/init.h"
#include "glue/loop.h"
#include "glue/peer_usage.h"
#include "glue/say.h"
#include "glue/telling.h"
#include "sys/fd.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CODE_FAILED 125

/* With all that is static it fits into the one page that .data has: no memory for .bss is mapped at the start. */
static struct init state;

/* The launcher's way in: no word of a person's, so it is no option. Its enum launch_flag, or -1. */
static int launch_flags(int argc, char **argv)
{
    if (argc != 3 || strcmp(argv[1], "--launched") != 0 || argv[2][0] < '0' ||
        argv[2][0] > '0' + LAUNCH_FLAGS || argv[2][1] != 0) {
        return -1;
    }
    return argv[2][0] - '0';
}

static int entrypoint(int argc, char **argv)
{
    struct options o;
    const char *bad;
    const char *reason;

    if (options_parse(argc, argv, &o, &bad, &reason) < 0) {
        say(bad, reason);
        return CODE_FAILED;
    }
    if (o.help || o.version) {
        return help_print(o.help);
    }
    if (o.command >= argc && !options_have_services(&o)) {
        say(NULL, "no COMMAND given; see porthole-init --help");
        return CODE_FAILED;
    }
    state.argc = argc - o.command;
    state.argv = argv + o.command;
    return entry_start(&state, &o) < 0 ? CODE_FAILED : loop_run(&state);
}

/* By another init's name: it ends as that does where it fails itself. */
static int as_peer(int argc, char **argv)
{
    struct options o = {.grace = 0};
    struct peer p;

    o.rules.manner = (uint8_t)peer_manner(argv[0]);
    peer_parse(argc, argv, getenv, &o.rules, &p);
    if (p.answer != PEER_RUN) {
        return peer_usage((enum manner)o.rules.manner, &p, argv[0]);
    }
    for (int i = p.dashes; i > p.command; i--) {
        argv[i] = argv[i - 1];
    }
    p.command += p.dashes > 0;
    state.argc = argc - p.command;
    state.argv = argv + p.command;
    tell_called(&o.rules, &p);
    return entry_start(&state, &o) < 0 ? 1 : loop_run(&state);
}

int main(int argc, char **argv)
{
    int flags;

    init_prepare(&state);
    rules_init(&state.rules);
    sig_take_over(&state.inherited);
    flags = launch_flags(argc, argv);
    if (flags >= 0) { // the launcher leaves no gap in stdio
        _exit(boot_launched(&state, (unsigned)flags) < 0 ? CODE_FAILED : loop_run(&state));
    }
    if (fd_fill_stdio() < 0) {
        // No /dev/null: whatever lands on 0 to 2 is CLOEXEC and closed before a command sees it.
    }
    _exit(peer_manner(argc > 0 ? argv[0] : "") == MANNER_OWN ? entrypoint(argc, argv)
                                                             : as_peer(argc, argv));
}
