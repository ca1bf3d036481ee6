/* SPDX-License-Identifier: MIT */
/* porthole-init's own command line. */
#ifndef CORE_OPTIONS_H
#define CORE_OPTIONS_H

#include "core/rules.h"
#include "core/service.h"

#include <stdbool.h>

#define OPTION_WORDS_MAX 32 /* of --services, and of --unit */
#define CONTROL_DEFAULT "/run/porthole/self"

struct options {
    bool help;
    bool version;
    bool verbose;
    bool quiet;
    bool strict;
    msec_t grace;
    const char *control; // folder of the sockets; NULL: no channel
    int command;         // index in argv of COMMAND; argc where there is none
    // services; the lists end with NULL
    const char *folders[OPTION_WORDS_MAX + 1];
    const char *units[OPTION_WORDS_MAX + 1];
    const char *main;
    enum exit_when exit_when;
    struct rules rules; // of a single command
};

/* There is anything to supervise. */
bool options_have_services(const struct options *o);

/* "main", "idle", "failure", "never": enum exit_when, or -EINVAL. */
int options_exit_when(const char *word);

/*
 * Parses argv up to the first operand or "--". Returns 0, or -EINVAL with *ret_bad the word and
 * *ret_reason what is wrong with it (a constant).
 */
int options_parse(int argc, char *const *argv, struct options *ret_options, const char **ret_bad,
                  const char **ret_reason);

/* "10", "2.5", "0", "infinity": ms, or -EINVAL. At most three digits after the point count. */
msec_t options_seconds(const char *word);

#endif
