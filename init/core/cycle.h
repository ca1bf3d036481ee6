/* SPDX-License-Identifier: MIT */
/* Cycles in an order: who waits for whom, and so for itself. */
#ifndef CORE_CYCLE_H
#define CORE_CYCLE_H

#include "core/arena.h"

#define CYCLE_NONE UINT32_MAX

struct cycle_node {
    uint32_t number; // of the depth-first search, from 1; 0: not visited
    uint32_t low;    // the lowest number that can be reached
    uint32_t at;     // the next edge to follow
    uint32_t parent; // on the way here
    uint32_t
        group; // the lowest of the services that all wait for each other; CYCLE_NONE: it is on no cycle
    bool marked;
};

struct cycles {
    const struct slice *after; // borrowed: a list for each, as service_dep() reads them
    uint32_t count;
    struct cycle_node *nodes; // in the arena
    uint32_t *queue;          // in the arena, `count` of them
};

/*
 * Finds the group of each, in linear time and without recursion: chains are as long as there are services. No
 * service may be in its own list. 0, or -ENOMEM.
 */
int cycles_find(struct cycles *c, struct arena *arena, const struct slice *after, uint32_t count);

/*
 * A shortest cycle through the first of a group: in c->queue, each after the next, the last after the first.
 * Once a group; returns its length.
 */
uint32_t cycles_path(struct cycles *c, uint32_t first);

#endif
