/* SPDX-License-Identifier: MIT */
/* --help and --version. */
#ifndef GLUE_HELP_H
#define GLUE_HELP_H

#include <stdbool.h>

/* Prints to stdout. Returns the exit code: 0, or 125 where stdout does not take it. */
int help_print(bool help);

#endif
