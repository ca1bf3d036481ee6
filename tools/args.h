/* SPDX-License-Identifier: MIT */
/* Walking a command's options and operands as CLI.md has them. */
#ifndef TOOLS_ARGS_H
#define TOOLS_ARGS_H

#include <stdbool.h>
#include <stdint.h>

/* One option: "--name" or "-c"; id is the caller's. A table ends with a zero entry. */
struct args_option {
    const char *name; // without the dashes; NULL: only the short form
    char letter;      // 0: only the long form
    bool has_value;
    int id; // > 0
};

#define ARGS_END 0        /* no more options (and no more operands, where they mix) */
#define ARGS_OPERAND (-1) /* value is an operand; only where they mix */
#define ARGS_ERROR (-2)   /* a usage error was reported */

struct args {
    int argc;
    char **argv; // argv[0] is the command's name
    const struct args_option *options;
    bool mixed;          // operands stand between options; else options end at the first operand
    int next;            // index of the next word; after ARGS_END that of the first operand
    bool saw_dashes;     // "--" ended the options
    const char *value;   // of the option just returned, or the operand
    const char *cluster; // rest of "-it"
};

/* Returns an option's id, ARGS_OPERAND, ARGS_END or ARGS_ERROR. */
int args_next(struct args *a);

/* The value of --tail: a number of "lines", "events", …, or all (UINT64_MAX). 0, or a usage error was reported. */
int args_tail(const char *value, const char *what, uint64_t *ret_tail);

#endif
