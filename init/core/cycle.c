/* SPDX-License-Identifier: MIT */
/* Cycles in an order: who waits for whom, and so for itself. */
#include "core/cycle.h"

#include "core/service.h"

#include <errno.h>

/*
 * Tarjan's strongly connected components over `after`, without recursion: a chain of thousands must not
 * overflow a stack. A group of one is sound, as nothing is after itself.
 */
static void close_group(struct cycles *c, uint32_t root, uint32_t *depth)
{
    uint32_t bottom = *depth;
    uint32_t first = CYCLE_NONE;

    do {
        uint32_t i = c->queue[--bottom];

        c->nodes[i].marked = false;
        first = i < first ? i : first;
    } while (c->queue[bottom] != root);
    for (uint32_t k = bottom; *depth - bottom > 1 && k < *depth; k++) {
        c->nodes[c->queue[k]].group = first;
    }
    *depth = bottom;
}

static void search(struct cycles *c, uint32_t start, uint32_t *number)
{
    uint32_t depth = 0;
    uint32_t i = start;

    while (i != CYCLE_NONE) {
        struct cycle_node *n = &c->nodes[i];
        struct slice after = c->after[i];

        if (n->number == 0) {
            n->number = n->low = ++*number;
            n->marked = true;
            c->queue[depth++] = i;
        }
        if (n->at < service_dep_count(after)) {
            uint32_t to = service_dep(after, n->at++);
            struct cycle_node *t = &c->nodes[to];

            if (t->number == 0) {
                t->parent = i;
                i = to;
            } else if (t->marked && t->number < n->low) {
                n->low = t->number;
            }
            continue;
        }
        if (n->low == n->number) {
            close_group(c, i, &depth);
        }
        i = n->parent;
        if (i != CYCLE_NONE && n->low < c->nodes[i].low) {
            c->nodes[i].low = n->low;
        }
    }
}

/*
 * A shortest cycle through `first`, breadth first: each parent is the service that is after it. Returns the one
 * that is after `first`; in a group there is one.
 */
static uint32_t find_cycle(struct cycles *c, uint32_t first)
{
    uint32_t head = 0;
    uint32_t tail = 0;

    c->queue[tail++] = first;
    c->nodes[first].parent = CYCLE_NONE;
    while (head < tail) {
        uint32_t i = c->queue[head++];
        struct slice after = c->after[i];

        for (uint32_t k = 0; k < service_dep_count(after); k++) {
            uint32_t to = service_dep(after, k);
            struct cycle_node *t = &c->nodes[to];

            if (to == first) {
                return i;
            }
            if (t->group == first && !t->marked) {
                t->marked = true;
                t->parent = i;
                c->queue[tail++] = to;
            }
        }
    }
    return CYCLE_NONE;
}

uint32_t cycles_path(struct cycles *c, uint32_t first)
{
    uint32_t last = find_cycle(c, first);
    uint32_t len = 0;

    for (uint32_t i = last; i != CYCLE_NONE; i = c->nodes[i].parent) {
        c->queue[len++] = i;
    }
    for (uint32_t k = 0; k < len / 2; k++) {
        uint32_t swap = c->queue[k];

        c->queue[k] = c->queue[len - 1 - k];
        c->queue[len - 1 - k] = swap;
    }
    return len;
}

int cycles_find(struct cycles *c, struct arena *arena, const struct slice *after, uint32_t count)
{
    uint32_t number = 0;

    *c = (struct cycles){.after = after, .count = count};
    c->nodes = arena_take(arena, count * sizeof(*c->nodes));
    c->queue = arena_take(arena, count * sizeof(*c->queue));
    if (c->nodes == NULL || c->queue == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++) {
        c->nodes[i].group = c->nodes[i].parent = CYCLE_NONE;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (c->nodes[i].number == 0) {
            search(c, i, &number);
        }
    }
    return 0;
}
