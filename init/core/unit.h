/* SPDX-License-Identifier: MIT */
/* One service unit: systemd's directives, from the lines of its files to what supervision and exec need. */
#ifndef CORE_UNIT_H
#define CORE_UNIT_H

#include "core/arena.h"
#include "core/unitimage.h"

/*
 * The flow: unit_init() → unit_read() for the unit's file and then each drop-in, in their order →
 * unit_finish(), which tells what of the values that hold in the end is fatal. The loader does it for every unit; `porthole check` does it to report each line.
 */

/* What is said of a line. */
#define VERDICTS(X) \
    X(HONOURED, "honoured")         /* it means here what it means to systemd */ \
    X(APPROXIMATED, "approximated") /* nearly: the message says how not */ \
    X(IGNORED, "ignored") /* it changes nothing that a container would miss: Documentation= */ \
    X(REFUSED, "refused") /* not built, unknown, or malformed: what the line says does not happen */

enum verdict {
#define X(name, text) VERDICT_##name,
    VERDICTS(X)
#undef X
        VERDICT_COUNT
};

const char *verdict_name(unsigned verdict);

/* One finding. A line may have several (a list with one bad word). */
struct unit_finding {
    enum verdict verdict;
    bool fatal;       // the unit cannot be what it says without this: it does not load
    const char *path; // of the file; NULL: of the unit as a whole
    uint32_t line;    // from 1; 0: of the file as a whole
    uint32_t column;  // from 1, in bytes
    struct slice key; // "Restart", "[Service]"; empty for a syntax error and the unit as a whole
    const char *text; // why, valid during the call; "" for HONOURED
};

/* Values of the specifiers: systemd.unit(5), "SPECIFIERS". "" where not known. */
struct unit_values {
    const char *hostname;   // %H, %l (short)
    const char *runtime;    // %t: "/run"
    const char *state;      // %S: "/var/lib"
    const char *cache;      // %C: "/var/cache"
    const char *logs;       // %L: "/var/log"
    const char *config;     // %E: "/etc"
    const char *tmp;        // %T: "/tmp", %V: "/var/tmp"
    const char *machine_id; // %m
    const char *boot_id;    // %b
    const char *release;    // %v
    const char *arch;       // %a
    // %u, %U, %h, %s, %g, %G: as systemd resolves them for the system manager: root's
};

/* A dependency: names are complete ("x.service", "y.target"), in the order in which they were written. */
enum unit_dep_kind { DEP_REQUIRES, DEP_WANTS, DEP_AFTER, DEP_BEFORE, DEP_KIND_COUNT };

struct unit_dep {
    struct unit_dep *next;
    const char *name; // in the arena
    uint8_t kind;
    const char *path; // where it was said, for messages
    uint32_t line;
    uint32_t column;
};

struct unit {
    struct arena *arena;
    const char *name; // "x@y.service": the caller's, or in the arena
    const struct unit_values *values;
    void (*say)(void *context, const struct unit_finding *finding); // every line once; may be NULL
    void *context;
    struct service_conf conf; // name without ".service", description, numbers, exec; no indexes
    struct unit_dep *deps;
    // [Install], from unit_finish() on: RequiredBy= (DEP_REQUIRES), then WantedBy= (DEP_WANTS); Alias=
    struct unit_dep *wanted_by;
    struct unit_dep *aliases;
    // a fatal finding: conf.flags has SERVICE_BROKEN, conf.description is "FILE:LINE:COLUMN: KEY: WHY" of the first, or "FILE: WHY"
    bool broken;
    bool strict;  // a REFUSED finding makes it broken
    void *parser; // unit.c's own, in the arena
};

/* name as "x.service" or "x@i.service"; everything that is kept goes to the arena. */
void unit_init(struct unit *u, struct arena *arena, const char *name,
               const struct unit_values *values);

/*
 * Reads one file's text: the unit's own, or a drop-in's. Bad lines are told by say() and passed over. 0, or
 * -ENOMEM where the arena is full.
 */
int unit_read(struct unit *u, struct slice text, const char *path);

/*
 * Tells what was kept until it was known which values hold: a refusal is not fatal where a later line replaces the
 * value. unit_finish() does it; for a drop-in that is read alone.
 */
void unit_judge(struct unit *u);

/* What can only be known at the end: no ExecStart=, Restart=always of a oneshot. 0 or -ENOMEM. */
int unit_finish(struct unit *u);

/* "x", "x.service", "x@i" → "x.service", "x@i.service". False where it is no valid service name. */
bool unit_full_name(const char *word, char *buf, size_t cap);

/* "x@i.service" → "x@.service" (the template's file). False where the name has no instance. */
bool unit_template_name(const char *name, char *buf, size_t cap);

#endif
