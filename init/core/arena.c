/* SPDX-License-Identifier: MIT */
/* A bump allocator over the caller's memory. */
#include "core/arena.h"

#include <stddef.h>

#define ALIGNMENT _Alignof(max_align_t)

void arena_init(struct arena *a, void *data, size_t cap)
{
    *a = (struct arena){.data = data, .cap = cap};
}

/* By the address: the caller's memory may begin anywhere. */
static size_t padding(const struct arena *a)
{
    return (ALIGNMENT - ((uintptr_t)a->data + a->used) % ALIGNMENT) % ALIGNMENT;
}

void *arena_take(struct arena *a, size_t len)
{
    size_t skip = padding(a);
    size_t left = a->cap - a->used;
    uint8_t *taken;

    if (skip > left || len > left - skip) {
        a->full = true;
        return NULL;
    }
    taken = a->data + a->used + skip;
    a->used += skip + len;
    memset(taken, 0, len);
    return taken;
}

char *arena_string(struct arena *a, const void *data, size_t len)
{
    struct wire_writer w;

    arena_draft(a, &w);
    wire_put_bytes(&w, data, len);
    return arena_keep(a, &w);
}

void arena_draft(const struct arena *a, struct wire_writer *w)
{
    wire_writer_init(w, a->data + a->used, a->cap - a->used);
}

char *arena_keep(struct arena *a, const struct wire_writer *w)
{
    if (w->overflow || w->len >= w->cap) {
        a->full = true;
        return NULL;
    }
    w->data[w->len] = 0;
    a->used += w->len + 1;
    return (char *)w->data;
}
