/* SPDX-License-Identifier: MIT */
/* Dependencies of a unit, and its [Install] section: lists of names of units. */
#include "core/unitparser.h"

/* The name of a template stands for its instance that is called as this unit's is: systemd.unit(5). */
static bool complete(struct unit *u, struct slice word, const char **ret_name)
{
    struct slice own_name = {(const uint8_t *)u->name, strlen(u->name)};
    struct unitname name;
    struct unitname own;
    struct wire_writer w;

    if (!unitname_parse(word, &name)) {
        return false;
    }
    *ret_name = (const char *)word.data;
    if (!name.has_at || name.instance.len > 0) {
        return true;
    }
    if (!unitname_parse(own_name, &own)) {
        return false;
    }
    arena_draft(u->arena, &w);
    wire_put_bytes(&w, name.prefix.data, name.prefix.len);
    wire_put_bytes(&w, "@", 1);
    if (own.instance.len > 0) {
        wire_put_bytes(&w, own.instance.data, own.instance.len);
    } else {
        wire_put_bytes(&w, own.prefix.data, own.prefix.len);
    }
    wire_put_bytes(&w, name.suffix.data - 1, name.suffix.len + 1);
    *ret_name = arena_keep(u->arena, &w);
    return *ret_name != NULL && strlen(*ret_name) < UNITNAME_MAX;
}

/* Targets and slices: nothing is lost where they are not. */
static bool is_always_there(const struct unitname *name)
{
    return slice_equals(name->suffix, "target") || slice_equals(name->suffix, "slice");
}

/* Sockets, mounts, timers and their kind: what is to wait for one, or to have one, does not. */
static void say_unbuilt(struct unit *u, const uint8_t *at, unsigned kind, struct slice word)
{
    struct unitname name;

    if (kind != DEP_BEFORE && unitname_parse(word, &name) && !is_always_there(&name) &&
        !slice_equals(name.suffix, "service")) {
        unit_say(u, at, VERDICT_APPROXIMATED, word, "counts as fulfilled: only services are built");
    }
}

/* Every name of the value to the end of the list. flags: systemd takes quotes off in [Install] alone. */
static void add_names(struct unit *u, struct unit_dep ***end, unsigned kind, unsigned flags,
                      struct slice value)
{
    struct unit_parser *p = unit_parser(u);
    struct words w;
    struct slice word;

    words_init(&w, value);
    while (unit_list_word(u, &w, flags | WORDS_RETAIN, false, &word) > 0) {
        struct unit_dep *dep;
        const char *name;

        if (!complete(u, word, &name)) {
            unit_say(u, w.at, VERDICT_REFUSED, word, "no name of a unit");
            continue;
        }
        if (end == &p->deps_end) {
            say_unbuilt(u, w.at, kind, word);
        }
        dep = arena_take(u->arena, sizeof(*dep));
        if (dep == NULL) {
            return;
        }
        *dep = (struct unit_dep){.name = name, .kind = (uint8_t)kind, .path = p->path};
        unitfile_position(&p->file, w.at, &dep->line, &dep->column);
        **end = dep;
        *end = &dep->next;
    }
}

void unit_set_deps(struct unit *u, unsigned kind, struct slice value)
{
    if (value.len == 0) {
        unit_say(u, value.data, VERDICT_IGNORED, value,
                 "dependencies can only be added, not taken back");
        return;
    }
    add_names(u, &unit_parser(u)->deps_end, kind, 0, value);
}

/* Of a kind that is not built: which makes no difference with units that are always fulfilled and never stop. */
void unit_set_other_deps(struct unit *u, unsigned note, struct slice value)
{
    struct words w;
    struct slice word;
    struct slice none = {NULL, 0};
    struct unitname name;

    if (value.len == 0) {
        unit_say(u, unit_parser(u)->line, VERDICT_IGNORED, none, directive_note(NOTE_IDLE));
        return;
    }
    words_init(&w, value);
    while (unit_list_word(u, &w, WORDS_RETAIN, false, &word) > 0) {
        if (!unitname_parse(word, &name)) {
            unit_say(u, w.at, VERDICT_REFUSED, word, "no name of a unit");
        } else if (!is_always_there(&name)) {
            unit_say(u, w.at, VERDICT_REFUSED, word, directive_note(note));
        }
    }
    if (!unit_parser(u)->said) {
        unit_say(u, unit_parser(u)->line, VERDICT_IGNORED, none, directive_note(NOTE_TARGETS));
    }
}

/* Which of the parser's lists a directive adds to. */
static size_t list_of(unsigned kind)
{
    return kind == DEP_REQUIRES ? 0 : kind == DEP_WANTS ? 1 : 2;
}

void unit_set_install(struct unit *u, unsigned kind, struct slice value)
{
    struct unit_parser *p = unit_parser(u);
    size_t list = list_of(kind);

    if (value.len == 0 || p->installs_end[list] == NULL) {
        p->installs[list] = NULL;
        p->installs_end[list] = &p->installs[list];
    }
    add_names(u, &p->installs_end[list], kind < DEP_KIND_COUNT ? kind : 0, WORDS_UNQUOTE, value);
}

void unit_take_install(struct unit *u)
{
    struct unit_parser *p = unit_parser(u);

    u->wanted_by = p->installs[0];
    if (u->wanted_by != NULL) {
        *p->installs_end[0] = p->installs[1];
    } else {
        u->wanted_by = p->installs[1];
    }
    u->aliases = p->installs[2];
}
