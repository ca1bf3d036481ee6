/* SPDX-License-Identifier: MIT */
/* A table from names to numbers, in an arena. */
#ifndef CORE_NAMES_H
#define CORE_NAMES_H

#include "core/arena.h"

struct names_slot {
    const char *name; // borrowed; NULL: empty
    uint32_t number;
};

/* Open addressing; grows by doubling, and leaves the old slots to the arena. */
struct names {
    struct arena *arena;
    struct names_slot *slots; // in the arena; NULL before the first name
    uint32_t cap;             // a power of two
    uint32_t used;
};

void names_init(struct names *n, struct arena *arena);

/* Adds a name, which must live as long as the table. 0, -EEXIST where it is there already, or -ENOMEM. */
int names_put(struct names *n, const char *name, uint32_t number);

/* False where there is no such name. */
bool names_get(const struct names *n, const char *name, uint32_t *ret_number);

#endif
