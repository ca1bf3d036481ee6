/* SPDX-License-Identifier: MIT */
/* The loader's table of units: found by name, read with their drop-ins, known by their aliases. */
#ifndef GLUE_UNITLOAD_H
#define GLUE_UNITLOAD_H

#include "core/graph.h"
#include "glue/findings.h"
#include "glue/unitfind.h"

/* Another name of a unit. */
struct unitload_alias {
    struct unitload_alias *next; // in the arena
    const char *name;            // "x.service", in the arena
};

struct unitload {
    struct arena arena;
    struct find_folder *folders; // in the arena; in the order in which names are looked up
    uint32_t folder_count;
    struct unit **units;             // in the arena, UNITIMAGE_SERVICES_MAX of them
    struct unitload_alias **aliases; // in the arena: a list a unit
    uint32_t count;
    struct names names; // of units and aliases; GRAPH_MASKED, GRAPH_ABSENT
    struct unit_values values;
    uint8_t *text; // UNIT_FILE_MAX bytes, for the file that is being read
    struct findings findings;
};

/* The arena is full: says so, and ends the process. */
_Noreturn void unitload_memory(struct unitload *l);

/* What the arena gives, or the end of the process: zeroed memory, three texts as one, folder/name. */
void *unitload_take(struct unitload *l, size_t len);
const char *unitload_join(struct unitload *l, const char *folder, const char *name);
const char *unitload_text(struct unitload *l, const char *before, const char *name,
                          const char *after);

/* What an error of find_look() or find_read() means. */
const char *unitload_why(int error);

/* One of the unit's files cannot be read: says so, and breaks the unit. */
void unitload_unreadable(struct unitload *l, struct unit *u, const char *path, const char *reason);

/* A unit of this name (borrowed), without a file. Its index; ends the process where there are too many. */
uint32_t unitload_add(struct unitload *l, const char *name);

/*
 * The index of the unit that has this complete name or alias; its file is found and read where it is not yet.
 * A unit that cannot be read or does not load is one too, and broken. -ENOENT where there is none, -EPERM where
 * it is masked. Bad files are said once.
 */
long unitload_get(struct unitload *l, const char *name);

/* Takes a unit's Alias= names; says which are taken already. */
void unitload_aliases(struct unitload *l, uint32_t index);

#endif
