/* SPDX-License-Identifier: MIT */
/* A bump allocator over the caller's memory. */
#include "core/arena.h"

#include <stddef.h>

#define ALIGNMENT _Alignof(max_align_t)

void arena_init(struct arena *a, void *data, size_t cap)
{
    *a = (struct arena){.data = data, .cap = cap};
}

/* Takes len bytes after skip, or nothing. */
static uint8_t *take(struct arena *a, size_t skip, size_t len)
{
    uint8_t *taken;

    if (skip > a->cap - a->used || len > a->cap - a->used - skip) {
        a->full = true;
        return NULL;
    }
    taken = a->data + a->used + skip;
    a->used += skip + len;
    return taken;
}

void *arena_take(struct arena *a, size_t len)
{
    // By the address: the caller's memory may begin anywhere.
    size_t skip = (ALIGNMENT - ((uintptr_t)a->data + a->used) % ALIGNMENT) % ALIGNMENT;
    uint8_t *taken = take(a, skip, len);

    if (taken != NULL) {
        memset(taken, 0, len);
    }
    return taken;
}

char *arena_string(struct arena *a, const void *data, size_t len)
{
    uint8_t *taken = len < SIZE_MAX ? take(a, 0, len + 1) : NULL;

    if (taken != NULL) {
        if (len > 0) {
            memcpy(taken, data, len);
        }
        taken[len] = 0;
    }
    return (char *)taken;
}
