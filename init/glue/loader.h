/* SPDX-License-Identifier: MIT */
/* The loader: a child that finds unit files, parses them and writes the unit image. */
#ifndef GLUE_LOADER_H
#define GLUE_LOADER_H

#include "core/wire.h"

#include <stdbool.h>
#include <sys/types.h>

/* What the command line or the plan asks for; all of it borrowed. */
struct loader_request {
    const char *const *folders; // --services, NULL at the end: every *.service in them is started
    const char *const *units;   // --unit, NULL at the end: looked up by name, and started
    const char *main;           // --main; NULL: none, or the unit that says Main=yes, or COMMAND
    bool command; // there is a COMMAND: a service "main" is added for it, with SERVICE_COMMAND
    bool strict;
    bool quiet; // no warnings, errors only
};

/*
 * The child's whole life: never returns. Findings go to stderr, one line each, FILE:LINE:COLUMN first. The image
 * goes into memfd, which is sealed. Exits with 0, or 125 where nothing can be started (said on stderr).
 */
_Noreturn void loader_become(const struct loader_request *request, int memfd);

/* Starts it: its pid, or -errno, and the memfd to be filled (owned by the caller). */
pid_t loader_start(const struct loader_request *request, int *ret_memfd);

#endif
