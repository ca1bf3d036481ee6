/* SPDX-License-Identifier: MIT */
/* porthole: a table of commands. */
#include "commands.h"
#include "report.h"
#include "sys/fd.h"

#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

static const struct {
    const char *name;
    int (*run)(const struct context *ctx, int argc, char **argv);
    const char *usage;
    const char *what;
    bool json; // it prints what --json makes a document
} commands[] = {
    {"run", cmd_run, "[OPTION...] --rootfs DIR NAME [[--] COMMAND [ARG...]]", "launch a container"},
    {"list", cmd_list, "", "the containers of this host", true},
    {"status", cmd_status, "[TARGET]", "a container and its services, or one service", true},
    {"ps", cmd_ps, "[NAME]", "its processes", true},
    {"inspect", cmd_inspect, "[NAME] [namespaces|mounts|capabilities]", "what it really has", true},
    {"exec", cmd_exec, "[-i] [-t] [-u USER] [-w DIR] [-e K=V] [NAME] [--] COMMAND [ARG...]",
     "run a command inside"},
    {"shell", cmd_shell, "[-u USER] [-w DIR] [-e K=V] [NAME]",
     "the user's shell inside, on a terminal"},
    {"start", cmd_start, "[--no-wait] NAME/SERVICE", "start a service and what it requires"},
    {"stop", cmd_stop, "[--no-wait] NAME/SERVICE", "stop a service and what requires it"},
    {"restart", cmd_restart, "[--no-wait] NAME/SERVICE", "stop a service and start it"},
    {"reload", cmd_reload, "[--no-wait] [TARGET]",
     "have a service reload, or a container read its units again"},
    {"events", cmd_events, "[-f] [TARGET]", "what has happened to services", true},
    {"signal", cmd_signal, "SIGNAL [TARGET]", "send a signal to a main process"},
    {"wait", cmd_wait, "[--state up|stopped|failed] [--timeout SECONDS] [TARGET]",
     "wait for a state"},
    {"shutdown", cmd_shutdown, "[--grace SECONDS] [NAME]", "end it in order, and wait for that"},
    {"check", cmd_check, "FILE...", "what each line of a unit file means here", true},
};

static int help(void)
{
    (void)printf("Usage: porthole [--root DIR] [--json] COMMAND ...\n"
                 "Launches containers and looks into them.\n\n");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        (void)printf("  %s %s\n      %s\n", commands[i].name, commands[i].usage, commands[i].what);
    }
    (void)printf("\n`porthole COMMAND --help` lists a command's options; porthole(1) tells all.\n"
                 "Exit codes: 0; 1 the asked thing did not come true; 2 usage; 125 the container\n"
                 "could not be reached or launched; `run` and `exec` return their command's.\n");
    return report_flush();
}

/* Options before the command. Returns the index of the command, or -1 with *ret_code set. */
static int parse_globals(int argc, char **argv, struct context *ctx, int *ret_code)
{
    int i;

    *ret_code = EXIT_USAGE;
    for (i = 1; i < argc && argv[i][0] == '-'; i++) {
        const char *word = argv[i];

        if (strcmp(word, "--json") == 0) {
            ctx->json = true;
        } else if (strncmp(word, "--root=", 7) == 0) {
            ctx->root = word + 7;
        } else if (strcmp(word, "--root") == 0 && i + 1 < argc) {
            ctx->root = argv[++i];
        } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            *ret_code = help();
            return -1;
        } else if (strcmp(word, "--version") == 0) {
            (void)printf("porthole %s\n", PORTHOLE_VERSION);
            *ret_code = report_flush();
            return -1;
        } else {
            (void)report_usage("%s: %s", word,
                               strcmp(word, "--root") == 0 ? "needs a value" : "unknown option");
            return -1;
        }
    }
    if (i >= argc) {
        (void)report_usage("no command given; `porthole --help` lists them");
        return -1;
    }
    if (ctx->root != NULL && ctx->root[0] == 0) {
        (void)report_usage("--root: needs a value");
        return -1;
    }
    return i;
}

int main(int argc, char **argv)
{
    struct context ctx = {0};
    int code;
    int at;

    if (getauxval(AT_SECURE) != 0) { // setuid, or capabilities on the file: never meant for that
        return report_failure("refuses to run set-user-id");
    }
    (void)fd_fill_stdio(); // without a /dev/null there is nothing better
    (void)umask(022);      // the modes of what we make are access lists
    at = parse_globals(argc, argv, &ctx, &code);
    if (at < 0) {
        return code;
    }
    if (strcmp(argv[at], "help") == 0) {
        return help();
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[at], commands[i].name) == 0) {
            report_command = commands[i].name;
            if (ctx.json && !commands[i].json) {
                return report_usage("--json: there is nothing to print as JSON");
            }
            return commands[i].run(&ctx, argc - at, argv + at);
        }
    }
    return report_usage("%s: unknown command; `porthole --help` lists them", argv[at]);
}
