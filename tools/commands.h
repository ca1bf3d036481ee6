/* SPDX-License-Identifier: MIT */
/* porthole's commands: one function each, one table. */
#ifndef TOOLS_COMMANDS_H
#define TOOLS_COMMANDS_H

#include <stdbool.h>

/* What stands before the command. */
struct context {
    const char *root; // --root, or NULL: the default
    bool json;
};

/* argv[0] is the command's name. Each returns the exit code. */
int cmd_run(const struct context *ctx, int argc, char **argv);
int cmd_exec(const struct context *ctx, int argc, char **argv);
int cmd_shell(const struct context *ctx, int argc, char **argv);
int cmd_list(const struct context *ctx, int argc, char **argv);
int cmd_status(const struct context *ctx, int argc, char **argv);
int cmd_ps(const struct context *ctx, int argc, char **argv);
int cmd_inspect(const struct context *ctx, int argc, char **argv);
int cmd_signal(const struct context *ctx, int argc, char **argv);
int cmd_start(const struct context *ctx, int argc, char **argv);
int cmd_stop(const struct context *ctx, int argc, char **argv);
int cmd_restart(const struct context *ctx, int argc, char **argv);
int cmd_reload(const struct context *ctx, int argc, char **argv);
int cmd_events(const struct context *ctx, int argc, char **argv);
int cmd_wait(const struct context *ctx, int argc, char **argv);
int cmd_check(const struct context *ctx, int argc, char **argv);
int cmd_shutdown(const struct context *ctx, int argc, char **argv);

#endif
