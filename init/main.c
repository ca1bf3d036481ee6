/* SPDX-License-Identifier: MIT */
/* porthole-init: options, boot, loop. */
#include "core/options.h"
#include "core/plan.h"
#include "glue/boot.h"
#include "glue/entry.h"
#include "glue/help.h"
#include "glue/init.h"
#include "glue/loop.h"
#include "glue/say.h"
#include "sys/fd.h"

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

int main(int argc, char **argv)
{
    int flags;

    init_prepare(&state);
    sig_take_over(&state.inherited);
    flags = launch_flags(argc, argv);
    if (flags >= 0) { // the launcher leaves no gap in stdio
        _exit(boot_launched(&state, (unsigned)flags) < 0 ? CODE_FAILED : loop_run(&state));
    }
    if (fd_fill_stdio() < 0) {
        // No /dev/null: whatever lands on 0 to 2 is CLOEXEC and closed before a command sees it.
    }
    _exit(entrypoint(argc, argv));
}
