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
 * Where a name is looked up: in the --services folders; where there is a --unit, then in /etc/porthole,
 * /etc/systemd/system, /usr/lib/systemd/system and /lib/systemd/system. The first file that has the name is the
 * unit; one that is empty, or a link to /dev/null, says that there shall be no such unit. A link to a file of
 * another name is an alias of it, as is Alias=; x@i is the template x@ where it has no file of its own. Drop-ins
 * come from all these folders. What is required or wanted is looked up in the same way, and loaded; names that
 * are no services are core/graph.h's.
 *
 * A unit that cannot be read, does not parse, requires what does not exist, or waits for itself is SERVICE_BROKEN
 * and its reason the description; what is sound goes on. Nothing at all is started where a folder cannot be read, a
 * unit of the command line does not exist, two are main, there are too many, or --strict finds anything refused.
 */

/*
 * The child's whole life: never returns. Findings go to stderr, one line each, FILE:LINE:COLUMN first. The image
 * goes into memfd, which is sealed. Exits with 0, or 125 where nothing can be started (said on stderr).
 */
_Noreturn void loader_become(const struct loader_request *request, int memfd);

/* Starts it: its pid, or -errno, and the memfd to be filled (owned by the caller). */
pid_t loader_start(const struct loader_request *request, int *ret_memfd);

#endif
