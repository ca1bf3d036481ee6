/* SPDX-License-Identifier: MIT */
/* What depends on what: names in units become indexes of services, and what cannot be ordered is found. */
#ifndef CORE_GRAPH_H
#define CORE_GRAPH_H

#include "core/names.h"
#include "core/unit.h"

/*
 * What a dependency's name means:
 *
 *   x.service, loaded       an edge to it (by any of its names)
 *   x.service, not there    Requires= breaks the unit; Wants=, After=, Before= are dropped without a word
 *   x.target, x.socket, ... always holds: dropped without a word
 *   the unit itself         dropped, with a finding
 *
 * Before=y is After= of y. WantedBy=x.service and RequiredBy=x.service are Wants= and Requires= of x.
 *
 * What always holds afterwards: no service names another twice in one list, or itself; the lists `after` have
 * no cycle; a broken unit (SERVICE_BROKEN) has no dependencies of its own, as it never starts. A unit that
 * requires a broken one is sound: it fails when it is started, with the requirement as its reason.
 */

/* Numbers of names that are no unit's; every other number is an index of `units`. */
#define GRAPH_MASKED UINT32_MAX       /* there is such a file, and it says that it shall not be */
#define GRAPH_ABSENT (UINT32_MAX - 1) /* looked for, and passed over */

/*
 * Fills requires, wants and after of each unit's conf, as service_dep() reads them; findings go to each unit's
 * say(). names: every name and alias of the units. Every unit on a cycle of After= becomes broken, with the
 * cycle as its reason. Linear in units and dependencies. 0, or -ENOMEM where the arena is full.
 */
int graph_resolve(struct arena *arena, struct unit *const *units, uint32_t count,
                  const struct names *names);

/* The unit cannot be started, for this reason (in the arena, or constant). The first reason stays. */
void graph_break(struct unit *u, const char *reason);

#endif
