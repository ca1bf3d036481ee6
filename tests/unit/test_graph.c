/* SPDX-License-Identifier: MIT */
/* Tests of core/graph.h: names become indexes, and every cycle is found, whatever its length. */
#include "core/graph.h"

#include "check.h"

#include <errno.h>
#include <stdio.h>

#define UNITS_MAX 4096
#define ARENA_BYTES (16u << 20)

static struct {
    void *room;
    struct arena arena;
    struct names names;
    struct unit *units[UNITS_MAX];
    uint32_t count;
    char said[4096]; // every finding, a line each
} world;

static int setup(void **state)
{
    (void)state;
    world.room = malloc(ARENA_BYTES);
    world.count = 0;
    world.said[0] = 0;
    arena_init(&world.arena, world.room, ARENA_BYTES);
    names_init(&world.names, &world.arena);
    return world.room == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    free(world.room);
    return 0;
}

#define graph_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static void note(void *context, const struct unit_finding *f)
{
    size_t len = strlen(world.said);

    (void)context;
    (void)snprintf(world.said + len, sizeof(world.said) - len, "%s:%u:%u: %.*s%s%s%s\n",
                   f->path != NULL ? f->path : "-", f->line, f->column, SHOW(f->key),
                   f->key.len > 0 ? "=: " : "", f->text, f->fatal ? " (fatal)" : "");
}

static void expect_said(const char *text)
{
    expect(strcmp(world.said, text) == 0, "expected:\n%sgot:\n%s", text, world.said);
}

/* A unit "NAME.service"; names without a dot get ".service" everywhere here. */
static const char *full(const char *name)
{
    char buf[64];

    (void)snprintf(buf, sizeof(buf), "%s%s", name, strchr(name, '.') == NULL ? ".service" : "");
    return arena_string(&world.arena, buf, strlen(buf));
}

static uint32_t add(const char *name)
{
    struct unit *u = arena_take(&world.arena, sizeof(*u));

    assert_non_null(u);
    u->arena = &world.arena;
    u->name = full(name);
    u->conf.name = name;
    u->conf.description = "";
    u->say = note;
    world.units[world.count] = u;
    assert_int_equal(names_put(&world.names, u->name, world.count), 0);
    return world.count++;
}

static void append(struct unit_dep **list, const char *path, const char *name,
                   enum unit_dep_kind kind)
{
    struct unit_dep *d = arena_take(&world.arena, sizeof(*d));
    uint32_t line = 1;

    assert_non_null(d);
    for (; *list != NULL; list = &(*list)->next) {
        line++;
    }
    *d = (struct unit_dep){
        .name = full(name), .kind = (uint8_t)kind, .path = path, .line = line, .column = 7};
    *list = d;
}

static void dep(uint32_t from, enum unit_dep_kind kind, const char *name)
{
    append(&world.units[from]->deps, world.units[from]->name, name, kind);
}

static void dep_on(uint32_t from, enum unit_dep_kind kind, uint32_t to)
{
    struct unit *u = world.units[from];
    struct unit_dep *d = arena_take(&world.arena, sizeof(*d));

    assert_non_null(d);
    *d = (struct unit_dep){u->deps, world.units[to]->name, (uint8_t)kind, u->name, 1, 7};
    u->deps = d;
}

static void resolve(void)
{
    assert_int_equal(graph_resolve(&world.arena, world.units, world.count, &world.names), 0);
}

static void expect_list(const char *what, struct slice list, const char *want)
{
    char got[256] = "";

    for (uint32_t i = 0; i < service_dep_count(list); i++) {
        size_t len = strlen(got);

        (void)snprintf(got + len, sizeof(got) - len, "%s%s", len > 0 ? " " : "",
                       world.units[service_dep(list, i)]->conf.name);
    }
    expect(strcmp(got, want) == 0, "%s: expected \"%s\", got \"%s\"", what, want, got);
}

static void expect_conf(uint32_t i, const char *requires, const char *wants, const char *after)
{
    const struct service_conf *c = &world.units[i]->conf;

    expect_list("requires", c->requires, requires);
    expect_list("wants", c->wants, wants);
    expect_list("after", c->after, after);
}

static void expect_broken(uint32_t i, const char *reason)
{
    const struct unit *u = world.units[i];

    expect(u->broken && (u->conf.flags & SERVICE_BROKEN) != 0, "%s is not broken", u->name);
    expect(strcmp(u->conf.description, reason) == 0, "%s: expected \"%s\", got \"%s\"", u->name,
           reason, u->conf.description);
    expect_conf(i, "", "", "");
}

static void test_nothing(void **state)
{
    (void)state;
    resolve();
    expect_said("");
}

static void test_kinds_go_to_their_lists_in_order(void **state)
{
    uint32_t a = add("a");
    uint32_t b = add("b");
    uint32_t c = add("c");
    uint32_t d = add("d");

    (void)state;
    dep(a, DEP_REQUIRES, "c");
    dep(a, DEP_REQUIRES, "b");
    dep(a, DEP_WANTS, "d");
    dep(a, DEP_AFTER, "d");
    dep(a, DEP_AFTER, "b");
    dep(c, DEP_BEFORE, "a");
    resolve();
    expect_conf(a, "c b", "d", "d b c");
    expect_conf(b, "", "", "");
    expect_conf(c, "", "", "");
    expect_conf(d, "", "", "");
    expect_said("");
}

static void test_duplicates_are_one(void **state)
{
    uint32_t a = add("a");
    uint32_t b = add("b");

    (void)state;
    assert_int_equal(names_put(&world.names, "alias.service", b), 0);
    for (int i = 0; i < 3; i++) {
        dep(a, DEP_REQUIRES, "b");
        dep(a, DEP_WANTS, i == 1 ? "alias" : "b");
        dep(a, DEP_AFTER, "b");
        dep(b, DEP_BEFORE, "a");
    }
    append(&world.units[b]->wanted_by, "b", "a", DEP_WANTS);
    append(&world.units[b]->wanted_by, "b", "a", DEP_REQUIRES);
    resolve();
    expect_conf(a, "b", "b", "b");
    expect_conf(b, "", "", "");
    expect_said("");
}

static void test_wanted_by_and_required_by(void **state)
{
    uint32_t a = add("a");
    uint32_t b = add("b");

    (void)state;
    append(&world.units[a]->wanted_by, "a", "b", DEP_WANTS);
    append(&world.units[a]->wanted_by, "a", "multi-user.target", DEP_WANTS);
    append(&world.units[a]->wanted_by, "a", "nobody", DEP_REQUIRES);
    append(&world.units[a]->wanted_by, "a", "a", DEP_REQUIRES);
    resolve();
    expect_conf(a, "", "", "");
    expect_conf(b, "", "a", "");
    expect_said("");
}

static void test_missing_names(void **state)
{
    uint32_t a = add("a");
    uint32_t b = add("b");

    (void)state;
    dep(a, DEP_WANTS, "nobody");
    dep(a, DEP_AFTER, "nobody");
    dep(a, DEP_BEFORE, "nobody");
    dep(a, DEP_REQUIRES, "b");
    dep(b, DEP_WANTS, "a");
    dep(b, DEP_REQUIRES, "nobody");
    resolve();
    expect_conf(a, "b", "", "");
    expect_broken(b, "requires \"nobody.service\", which does not exist");
    expect_said(
        "b.service:2:7: Requires=: requires \"nobody.service\", which does not exist (fatal)\n");
}

static void test_masked_names(void **state)
{
    uint32_t a = add("a");
    uint32_t b = add("b");

    (void)state;
    assert_int_equal(names_put(&world.names, "off.service", GRAPH_MASKED), 0);
    assert_int_equal(names_put(&world.names, "pipe.service", GRAPH_ABSENT), 0);
    dep(a, DEP_WANTS, "off");
    dep(a, DEP_REQUIRES, "off");
    dep(b, DEP_REQUIRES, "pipe");
    resolve();
    expect_broken(a, "requires \"off.service\", which is masked");
    expect_broken(b, "requires \"pipe.service\", which does not exist");
}

static void test_targets_hold_and_others_are_told(void **state)
{
    uint32_t a = add("a");

    (void)state;
    dep(a, DEP_REQUIRES, "network.target");
    dep(a, DEP_REQUIRES, "system.slice");
    dep(a, DEP_WANTS, "dbus.socket");
    dep(a, DEP_AFTER, "srv.mount");
    dep(a, DEP_BEFORE, "x.timer");
    dep(a, DEP_REQUIRES, "dbus.socket");
    resolve();
    assert_false(world.units[a]->broken);
    expect_conf(a, "", "", "");
    expect_said("");
}

static void test_self(void **state)
{
    uint32_t a = add("a");

    (void)state;
    assert_int_equal(names_put(&world.names, "alias.service", a), 0);
    dep(a, DEP_AFTER, "a");
    dep(a, DEP_REQUIRES, "alias");
    resolve();
    expect_conf(a, "", "", "");
    assert_false(world.units[a]->broken);
    expect_said("a.service:1:7: After=: a unit cannot depend on itself\n"
                "a.service:2:7: Requires=: a unit cannot depend on itself\n");
}

static void test_broken_has_no_dependencies(void **state)
{
    uint32_t a = add("a");
    uint32_t b = add("b");

    (void)state;
    dep(a, DEP_AFTER, "b");
    dep(a, DEP_REQUIRES, "b");
    dep(b, DEP_AFTER, "a");
    dep(b, DEP_REQUIRES, "a");
    graph_break(world.units[a], "no ExecStart=");
    graph_break(world.units[a], "and more");
    resolve();
    expect_broken(a, "no ExecStart=");
    assert_false(world.units[b]->broken);
    expect_conf(b, "a", "", "a");
    expect_said("");
}

static void test_cycle_of_two(void **state)
{
    uint32_t a = add("a");
    uint32_t b = add("b");
    uint32_t c = add("c");

    (void)state;
    dep(a, DEP_WANTS, "c");
    dep(a, DEP_AFTER, "b");
    dep(b, DEP_AFTER, "a");
    dep(c, DEP_AFTER, "a");
    resolve();
    expect_broken(a, "ordering cycle: a.service after b.service after a.service");
    expect_broken(b, "ordering cycle: a.service after b.service after a.service");
    assert_false(world.units[c]->broken);
    expect_conf(c, "", "", "a");
    expect_said("a.service:2:7: After=: ordering cycle: a.service after b.service after a.service "
                "(fatal)\n");
}

static void test_cycle_by_before(void **state)
{
    uint32_t a = add("a");
    uint32_t b = add("b");

    (void)state;
    dep(b, DEP_BEFORE, "a");
    dep(b, DEP_AFTER, "a");
    resolve();
    expect_broken(a, "ordering cycle: a.service after b.service after a.service");
    expect_broken(b, "ordering cycle: a.service after b.service after a.service");
    expect_said("b.service:1:7: Before=: ordering cycle: a.service after b.service after a.service "
                "(fatal)\n");
}

static void test_knot(void **state)
{
    uint32_t a = add("a");
    uint32_t b = add("b");
    uint32_t c = add("c");

    (void)state;
    dep(a, DEP_AFTER, "b");
    dep(b, DEP_AFTER, "a");
    dep(b, DEP_AFTER, "c");
    dep(c, DEP_AFTER, "b");
    resolve();
    expect_broken(a, "ordering cycle: a.service after b.service after a.service");
    expect_broken(b, "ordering cycle: a.service after b.service after a.service");
    expect_broken(c, "in an ordering cycle with \"a.service\"");
}

static void test_two_cycles_are_two(void **state)
{
    const char *names[] = {"a", "b", "c", "d"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        (void)add(names[i]);
    }
    dep(0, DEP_AFTER, "b");
    dep(1, DEP_AFTER, "a");
    dep(1, DEP_AFTER, "c"); // from the one to the other
    dep(2, DEP_AFTER, "d");
    dep(3, DEP_AFTER, "c");
    resolve();
    expect_broken(0, "ordering cycle: a.service after b.service after a.service");
    expect_broken(1, "ordering cycle: a.service after b.service after a.service");
    expect_broken(2, "ordering cycle: c.service after d.service after c.service");
    expect_broken(3, "ordering cycle: c.service after d.service after c.service");
}

static void add_many(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "s%04u", i);
        (void)add(arena_string(&world.arena, name, strlen(name)));
    }
}

static void test_cycle_of_a_thousand(void **state)
{
    (void)state;
    add_many(1001);
    for (uint32_t i = 0; i < 1000; i++) {
        dep_on(i, DEP_AFTER, (i + 1) % 1000);
    }
    dep_on(1000, DEP_AFTER, 0);
    resolve();
    for (uint32_t i = 0; i < 1000; i++) {
        expect_broken(i,
                      "ordering cycle: s0000.service after s0001.service after s0002.service after "
                      "s0003.service after s0004.service after ... 993 more ... after "
                      "s0998.service after s0999.service after s0000.service");
    }
    assert_false(world.units[1000]->broken);
}

static void test_chain_of_all(void **state)
{
    (void)state;
    add_many(UNITS_MAX);
    for (uint32_t i = 0; i + 1 < UNITS_MAX; i++) {
        dep_on(i, DEP_AFTER, i + 1);
        dep_on(i, DEP_REQUIRES, i + 1);
    }
    resolve();
    for (uint32_t i = 0; i + 1 < UNITS_MAX; i++) {
        assert_false(world.units[i]->broken);
        assert_int_equal(service_dep(world.units[i]->conf.after, 0), i + 1);
    }
    expect_said("");
}

static void test_diamond(void **state)
{
    uint32_t a = add("a");
    uint32_t b = add("b");
    uint32_t c = add("c");
    uint32_t d = add("d");

    (void)state;
    dep(a, DEP_AFTER, "b");
    dep(a, DEP_AFTER, "c");
    dep(b, DEP_AFTER, "d");
    dep(c, DEP_AFTER, "d");
    resolve();
    expect_conf(a, "", "", "b c");
    expect_conf(b, "", "", "d");
    expect_conf(c, "", "", "d");
    expect_conf(d, "", "", "");
    expect_said("");
}

/* The naive check: i is on a cycle where it reaches itself. */
#define SMALL 9

static void close_over(bool reach[SMALL][SMALL])
{
    for (int k = 0; k < SMALL; k++) {
        for (int i = 0; i < SMALL; i++) {
            for (int j = 0; j < SMALL; j++) {
                reach[i][j] = reach[i][j] || (reach[i][k] && reach[k][j]);
            }
        }
    }
}

static void one_random_graph(unsigned seed)
{
    bool reach[SMALL][SMALL] = {{false}};
    uint64_t random = seed * 2654435761u + 1;
    unsigned edges = seed % 20;

    add_many(SMALL);
    for (unsigned e = 0; e < edges; e++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint32_t from = (uint32_t)(random >> 33) % SMALL;
        uint32_t to = (uint32_t)(random >> 43) % SMALL;
        bool before = (random >> 60 & 1) != 0;

        dep_on(before ? to : from, before ? DEP_BEFORE : DEP_AFTER, before ? from : to);
        reach[from][to] = from != to || reach[from][to];
    }
    close_over(reach);
    resolve();
    for (uint32_t i = 0; i < SMALL; i++) {
        expect(world.units[i]->broken == reach[i][i], "graph %u: unit %u is %s", seed, i,
               reach[i][i] ? "on a cycle, and not broken" : "broken, and on no cycle");
    }
}

static void test_random_graphs(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 4000; seed++) {
        arena_init(&world.arena, world.room, ARENA_BYTES);
        names_init(&world.names, &world.arena);
        world.count = 0;
        world.said[0] = 0;
        one_random_graph(seed);
    }
}

static void test_full_arena(void **state)
{
    (void)state;
    add_many(20);
    for (uint32_t i = 0; i < 20; i++) {
        dep_on(i, DEP_AFTER, (i + 1) % 20);
    }
    for (size_t cap = 0; cap < 8192; cap += 24) {
        struct arena small = {.data = world.arena.data + world.arena.used, .cap = cap};
        int r = graph_resolve(&small, world.units, world.count, &world.names);

        expect(r == 0 || (r == -ENOMEM && small.full), "%zu bytes: %d", cap, r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        graph_test(test_nothing),
        graph_test(test_kinds_go_to_their_lists_in_order),
        graph_test(test_duplicates_are_one),
        graph_test(test_wanted_by_and_required_by),
        graph_test(test_missing_names),
        graph_test(test_masked_names),
        graph_test(test_targets_hold_and_others_are_told),
        graph_test(test_self),
        graph_test(test_broken_has_no_dependencies),
        graph_test(test_cycle_of_two),
        graph_test(test_cycle_by_before),
        graph_test(test_knot),
        graph_test(test_two_cycles_are_two),
        graph_test(test_cycle_of_a_thousand),
        graph_test(test_chain_of_all),
        graph_test(test_diamond),
        graph_test(test_random_graphs),
        graph_test(test_full_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
