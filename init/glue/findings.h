/* SPDX-License-Identifier: MIT */
/* What the loader says on stderr: its own sentences, and what is found in units. */
#ifndef GLUE_FINDINGS_H
#define GLUE_FINDINGS_H

#include "core/unit.h"

/* Behind what keeps a unit from loading. */
#define FINDINGS_NOT_LOADED " (the unit does not load)"

struct findings {
    bool quiet;   // warnings are left out
    bool strict;  // a refused line is an error
    bool refused; // there was one
    int wait_ms;  // left to wait for a reader who is slow
};

/* Context of struct unit's say(). */
struct findings_unit {
    struct findings *all; // borrowed
    const char *path;     // borrowed; the unit's file, or its name where it has none
    uint32_t warnings;    // since the last findings_rest()
    uint32_t errors;
};

void findings_init(struct findings *f, bool quiet, bool strict);

/* "porthole-init: OBJECT: REASON"; OBJECT may be NULL. A warning is left out where quiet is set. */
void findings_error(struct findings *f, const char *object, const char *reason);
void findings_warning(struct findings *f, const char *object, const char *reason);

/* The same, and the end of the process: nothing can be started. */
_Noreturn void findings_end(struct findings *f, const char *object, const char *reason);

/*
 * struct unit's say(): "porthole-init: FILE:LINE:COLUMN: KEY=: TEXT" for what is refused, and FINDINGS_NOT_LOADED
 * where that is fatal. What is said of
 * the unit as a whole is left out after an error in a line: most often it follows from that.
 */
void findings_say(void *context, const struct unit_finding *finding);

/* Says how many there were above UNIT_FINDINGS_MAX, and counts anew. */
void findings_rest(struct findings_unit *u);

#endif
