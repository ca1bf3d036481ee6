/* SPDX-License-Identifier: MIT */
/* A bump allocator over the caller's memory, for what parses and then ends. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include "core/wire.h"

struct arena {
    uint8_t *data; // the caller's
    size_t cap;
    size_t used;
    bool full; // something did not fit: whatever was being built is incomplete
};

void arena_init(struct arena *a, void *data, size_t cap);

/* Zeroed, aligned for any type; NULL where it does not fit (and `full` is set). */
void *arena_take(struct arena *a, size_t len);

/* A copy with a closing zero. NULL as above. */
char *arena_string(struct arena *a, const void *data, size_t len);

/*
 * Building what has no known length: a writer over all that is left, of which nothing is taken yet;
 * then either nothing, or arena_keep() takes what was written, with a closing zero behind it. NULL as above.
 */
void arena_draft(const struct arena *a, struct wire_writer *w);
char *arena_keep(struct arena *a, const struct wire_writer *w);

#endif
