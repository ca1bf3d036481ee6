/* SPDX-License-Identifier: MIT */
/* A table from names to numbers, in an arena. */
#include "core/names.h"

#include <errno.h>

#define FIRST_CAP 64 /* slots */

void names_init(struct names *n, struct arena *arena)
{
    *n = (struct names){.arena = arena};
}

/* FNV-1a. Names are the container's own: nobody gains by making them collide. */
static uint32_t hash(const char *name)
{
    uint32_t h = 2166136261u;

    for (; *name != 0; name++) {
        h = (h ^ (uint8_t)*name) * 16777619u;
    }
    return h ^ h >> 15;
}

/* The slot that holds the name, or the empty one where it belongs. There is always an empty one. */
static struct names_slot *slot_of(struct names_slot *slots, uint32_t cap, const char *name)
{
    uint32_t at = hash(name) & (cap - 1);

    while (slots[at].name != NULL && strcmp(slots[at].name, name) != 0) {
        at = (at + 1) & (cap - 1);
    }
    return &slots[at];
}

static int grow(struct names *n)
{
    uint32_t cap = n->cap == 0 ? FIRST_CAP : n->cap * 2;
    struct names_slot *slots = arena_take(n->arena, cap * sizeof(*slots));

    if (slots == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < n->cap; i++) {
        if (n->slots[i].name != NULL) {
            *slot_of(slots, cap, n->slots[i].name) = n->slots[i];
        }
    }
    n->slots = slots;
    n->cap = cap;
    return 0;
}

int names_put(struct names *n, const char *name, uint32_t number)
{
    struct names_slot *slot;

    if (n->used >= n->cap / 2 && grow(n) < 0) {
        return -ENOMEM;
    }
    slot = slot_of(n->slots, n->cap, name);
    if (slot->name != NULL) {
        return -EEXIST;
    }
    *slot = (struct names_slot){name, number};
    n->used++;
    return 0;
}

bool names_get(const struct names *n, const char *name, uint32_t *ret_number)
{
    const struct names_slot *slot = n->cap == 0 ? NULL : slot_of(n->slots, n->cap, name);

    if (slot == NULL || slot->name == NULL) {
        return false;
    }
    *ret_number = slot->number;
    return true;
}
