/* SPDX-License-Identifier: MIT */
/* porthole-init's own command line. */
#ifndef CORE_OPTIONS_H
#define CORE_OPTIONS_H

#include "core/limits.h"

#include <stdbool.h>

struct options {
    bool help;
    bool version;
    bool verbose;
    bool quiet;
    msec_t grace;
    const char *control; // folder of the sockets; NULL: no channel
    int command;         // index in argv of COMMAND; argc where there is none
};

/*
 * Parses argv up to the first operand or "--". Returns 0, or -EINVAL with *ret_bad the word and
 * *ret_reason what is wrong with it (a constant).
 */
int options_parse(int argc, char *const *argv, struct options *ret_options, const char **ret_bad,
                  const char **ret_reason);

/* "10", "2.5", "0", "infinity": ms, or -EINVAL. At most three digits after the point count. */
msec_t options_seconds(const char *word);

#endif
