/* SPDX-License-Identifier: MIT */
/* Names in units become indexes of services; what requires the missing, or waits for itself, is broken. */
#include "core/graph.h"

#include "core/cycle.h"

#include <errno.h>

#define TEXT_MAX 4096 /* bytes of a reason */
#define PATH_NAMES_MAX \
    8 /* names of a cycle that are printed: the reason is kept for each unit on it */
#define PATH_NAMES_HEAD 5 /* of a longer one: so many of its beginning */
#define PATH_NAMES_TAIL 2 /* and of its end */

enum edge_list { LIST_REQUIRES, LIST_WANTS, LIST_AFTER, LIST_COUNT };

struct edge {
    struct edge *next; // in the arena
    uint32_t to;
};

struct node {
    struct edge *first[LIST_COUNT]; // in the arena, in the order in which they were said
    struct edge *last[LIST_COUNT];
};

struct graph {
    struct arena *arena;
    struct unit *const *units;
    const struct names *names;
    struct node *nodes;
    uint32_t count;
};

void graph_break(struct unit *u, const char *reason)
{
    u->conf.flags |= SERVICE_BROKEN;
    if (!u->broken) {
        u->broken = true;
        u->conf.description = reason;
    }
}

static void put(struct wire_writer *w, const char *s)
{
    wire_put_bytes(w, s, strlen(s));
}

static void put_number(struct wire_writer *w, uint32_t n)
{
    char digits[11];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    wire_put_bytes(w, digits + at, sizeof(digits) - at);
}

static const char *const dep_keys[DEP_KIND_COUNT] = {
    [DEP_REQUIRES] = "Requires",
    [DEP_WANTS] = "Wants",
    [DEP_AFTER] = "After",
    [DEP_BEFORE] = "Before",
};

static void tell(const struct unit *u, const struct unit_dep *d, bool fatal, const char *text)
{
    struct unit_finding f = {.verdict = VERDICT_REFUSED, .fatal = fatal, .text = text};

    if (d != NULL) {
        const char *key = d->line == 0 ? "" : dep_keys[d->kind];

        f.path = d->path;
        f.line = d->line;
        f.column = d->column;
        f.key = (struct slice){(const uint8_t *)key, strlen(key)};
    }
    if (u->say != NULL) {
        u->say(u->context, &f);
    }
}

/* before "name" after: kept in the arena. NULL where it is full. */
static const char *quoted(struct arena *arena, const char *before, const char *name,
                          const char *after)
{
    struct wire_writer w;

    arena_draft(arena, &w);
    put(&w, before);
    put(&w, "\"");
    put(&w, name);
    put(&w, "\"");
    put(&w, after);
    return arena_keep(arena, &w);
}

static bool has_suffix(const char *name, const char *suffix)
{
    size_t len = strlen(name);
    size_t end = strlen(suffix);

    return len > end && memcmp(name + len - end, suffix, end) == 0;
}

static int add_edge(struct graph *g, uint32_t from, uint32_t to, enum edge_list list)
{
    struct node *n = &g->nodes[from];
    struct edge *e = arena_take(g->arena, sizeof(*e));

    if (e == NULL) {
        return -ENOMEM;
    }
    e->to = to;
    if (n->last[list] != NULL) {
        n->last[list]->next = e;
    } else {
        n->first[list] = e;
    }
    n->last[list] = e;
    return 0;
}

static int require_missing(struct graph *g, struct unit *u, const struct unit_dep *d, bool masked)
{
    const char *text = quoted(g->arena, "requires ", d->name,
                              masked ? ", which is masked" : ", which does not exist");

    if (text == NULL) {
        return -ENOMEM;
    }
    tell(u, d, true, text);
    graph_break(u, text);
    return 0;
}

static int add_dep(struct graph *g, uint32_t from, const struct unit_dep *d)
{
    struct unit *u = g->units[from];
    uint32_t to = GRAPH_ABSENT;

    if (!has_suffix(d->name, ".service")) {
        return 0; // always fulfilled: the parser has said so where more is expected of it
    }
    if (!names_get(g->names, d->name, &to) || to >= g->count) {
        return d->kind == DEP_REQUIRES ? require_missing(g, u, d, to == GRAPH_MASKED) : 0;
    }
    if (to == from) {
        tell(u, d, false, "a unit cannot depend on itself");
        return 0;
    }
    switch ((enum unit_dep_kind)d->kind) {
    case DEP_REQUIRES:
        return add_edge(g, from, to, LIST_REQUIRES);
    case DEP_WANTS:
        return add_edge(g, from, to, LIST_WANTS);
    case DEP_AFTER:
        return add_edge(g, from, to, LIST_AFTER);
    case DEP_BEFORE:
        return add_edge(g, to, from, LIST_AFTER);
    case DEP_KIND_COUNT:
        break;
    }
    return 0;
}

/* WantedBy=, RequiredBy=: said here, of another unit. */
static int add_wanted(struct graph *g, uint32_t self, const struct unit_dep *d)
{
    uint32_t by;

    if (!names_get(g->names, d->name, &by) || by >= g->count || by == self) {
        return 0;
    }
    return add_edge(g, by, self, d->kind == DEP_REQUIRES ? LIST_REQUIRES : LIST_WANTS);
}

static int add_unit(struct graph *g, uint32_t i)
{
    int r = 0;

    for (const struct unit_dep *d = g->units[i]->deps; d != NULL && r == 0; d = d->next) {
        r = add_dep(g, i, d);
    }
    for (const struct unit_dep *d = g->units[i]->wanted_by; d != NULL && r == 0; d = d->next) {
        r = add_wanted(g, i, d);
    }
    return r;
}

/* The edges as a list of indexes, each once. seen: a mark a unit, which no list before had. */
static int write_list(struct graph *g, const struct edge *first, uint32_t *seen, uint32_t mark,
                      struct slice *ret_list)
{
    struct wire_writer w;
    size_t count = 0;
    uint8_t *data;

    for (const struct edge *e = first; e != NULL; e = e->next) {
        count++;
    }
    data = count == 0 ? NULL : arena_take(g->arena, count * 4);
    if (data == NULL) {
        *ret_list = (struct slice){NULL, 0};
        return count == 0 ? 0 : -ENOMEM;
    }
    wire_writer_init(&w, data, count * 4);
    for (const struct edge *e = first; e != NULL; e = e->next) {
        if (seen[e->to] != mark) {
            seen[e->to] = mark;
            wire_put_u32(&w, e->to);
        }
    }
    *ret_list = (struct slice){data, w.len};
    return 0;
}

static void clear_lists(struct service_conf *conf)
{
    conf->requires = conf->wants = conf->after = (struct slice){NULL, 0};
}

static int write_lists(struct graph *g)
{
    uint32_t *seen = arena_take(g->arena, g->count * sizeof(*seen));

    if (seen == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < g->count; i++) {
        const struct node *n = &g->nodes[i];
        struct service_conf *conf = &g->units[i]->conf;
        uint32_t mark = i * LIST_COUNT + 1;

        clear_lists(conf);
        if (g->units[i]->broken) {
            continue;
        }
        if (write_list(g, n->first[LIST_REQUIRES], seen, mark, &conf->requires) < 0 ||
            write_list(g, n->first[LIST_WANTS], seen, mark + 1, &conf->wants) < 0 ||
            write_list(g, n->first[LIST_AFTER], seen, mark + 2, &conf->after) < 0) {
            return -ENOMEM;
        }
    }
    return 0;
}

static const char *cycle_text(const struct graph *g, const uint32_t *path, uint32_t len)
{
    struct wire_writer w;

    arena_draft(g->arena, &w);
    put(&w, "ordering cycle: ");
    for (uint32_t k = 0; k < len; k++) {
        if (len > PATH_NAMES_MAX && k == PATH_NAMES_HEAD) {
            k = len - PATH_NAMES_TAIL;
            put(&w, "... ");
            put_number(&w, k - PATH_NAMES_HEAD);
            put(&w, " more ... after ");
        }
        put(&w, g->units[path[k]]->name);
        put(&w, " after ");
    }
    put(&w, g->units[path[0]]->name);
    return arena_keep(g->arena, &w);
}

/* The line that says that `from` comes after `to`: After= of the one, or Before= of the other. */
static const struct unit_dep *find_line(const struct graph *g, uint32_t from, uint32_t to)
{
    const struct {
        uint32_t of, names;
        uint8_t kind;
    } sides[] = {{from, to, DEP_AFTER}, {to, from, DEP_BEFORE}};

    for (size_t s = 0; s < sizeof(sides) / sizeof(sides[0]); s++) {
        for (const struct unit_dep *d = g->units[sides[s].of]->deps; d != NULL; d = d->next) {
            uint32_t number;

            if (d->kind == sides[s].kind && names_get(g->names, d->name, &number) &&
                number == sides[s].names) {
                return d;
            }
        }
    }
    return NULL;
}

static int break_cycle(struct graph *g, struct cycles *c, uint32_t first)
{
    uint32_t len = cycles_path(c, first);
    const char *text = cycle_text(g, c->queue, len);

    if (text == NULL) {
        return -ENOMEM;
    }
    tell(g->units[first], find_line(g, first, c->queue[1 % len]), true, text);
    for (uint32_t k = 0; k < len; k++) {
        graph_break(g->units[c->queue[k]], text);
    }
    return 0;
}

/* A unit on a cycle: of a knot of several it may be on another one than the one that was printed. */
static int break_member(struct graph *g, uint32_t i, uint32_t first)
{
    const char *text;

    if (!g->units[i]->broken) {
        text = quoted(g->arena, "in an ordering cycle with ", g->units[first]->name, "");
        if (text == NULL) {
            return -ENOMEM;
        }
        graph_break(g->units[i], text);
    }
    clear_lists(&g->units[i]->conf);
    return 0;
}

static int break_cycles(struct graph *g)
{
    struct slice *after = arena_take(g->arena, g->count * sizeof(*after));
    struct cycles c;
    int r = 0;

    for (uint32_t i = 0; i < g->count && after != NULL; i++) {
        after[i] = g->units[i]->conf.after;
    }
    if (after == NULL || cycles_find(&c, g->arena, after, g->count) < 0) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < g->count && r == 0; i++) {
        r = c.nodes[i].group == i ? break_cycle(g, &c, i) : 0;
    }
    for (uint32_t i = 0; i < g->count && r == 0; i++) {
        r = c.nodes[i].group != CYCLE_NONE ? break_member(g, i, c.nodes[i].group) : 0;
    }
    return r;
}

int graph_resolve(struct arena *arena, struct unit *const *units, uint32_t count,
                  const struct names *names)
{
    struct graph g = {.arena = arena, .units = units, .names = names, .count = count};
    int r = 0;

    if (count == 0) {
        return 0;
    }
    g.nodes = arena_take(arena, count * sizeof(*g.nodes));
    if (g.nodes == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < count && r == 0; i++) {
        r = add_unit(&g, i);
    }
    r = r == 0 ? write_lists(&g) : r;
    return r == 0 ? break_cycles(&g) : r;
}
