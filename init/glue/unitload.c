/* SPDX-License-Identifier: MIT */
/* The loader's table of units: found by name, read with their drop-ins, known by their aliases. */
#include "glue/unitload.h"

#include "glue/say.h"
#include "glue/unitdrop.h"

#include <errno.h>

/* Where a name was found: the entry may be its template's. */
struct hit {
    const struct find_folder *folder;
    const char *entry;
};

void unitload_memory(struct unitload *l)
{
    findings_end(&l->findings, NULL, "the units take more memory than there is");
}

void *unitload_take(struct unitload *l, size_t len)
{
    void *taken = arena_take(&l->arena, len);

    if (taken == NULL) {
        unitload_memory(l);
    }
    return taken;
}

const char *unitload_join(struct unitload *l, const char *folder, const char *name)
{
    const char *path = find_join(&l->arena, folder, name);

    if (path == NULL) {
        unitload_memory(l);
    }
    return path;
}

const char *unitload_text(struct unitload *l, const char *before, const char *name,
                          const char *after)
{
    struct wire_writer w;
    const char *text;

    arena_draft(&l->arena, &w);
    wire_put_bytes(&w, before, strlen(before));
    wire_put_bytes(&w, name, strlen(name));
    wire_put_bytes(&w, after, strlen(after));
    text = arena_keep(&l->arena, &w);
    if (text == NULL) {
        unitload_memory(l);
    }
    return text;
}

static const char *keep(struct unitload *l, const char *name)
{
    return unitload_text(l, "", name, "");
}

static void put_name(struct unitload *l, const char *name, uint32_t number)
{
    if (names_put(&l->names, name, number) == -ENOMEM) {
        unitload_memory(l);
    }
}

uint32_t unitload_add(struct unitload *l, const char *name)
{
    struct unit *u = unitload_take(l, sizeof(*u));
    struct findings_unit *said = unitload_take(l, sizeof(*said));

    if (l->count == UNITIMAGE_SERVICES_MAX) {
        findings_end(&l->findings, name, "there are more than 4095 units");
    }
    *said = (struct findings_unit){.all = &l->findings, .path = name};
    unit_init(u, &l->arena, name, &l->values);
    u->say = findings_say;
    u->context = said;
    u->strict = l->findings.strict;
    put_name(l, name, l->count);
    l->units[l->count] = u;
    return l->count++;
}

static bool find_in(struct unitload *l, const char *entry, struct hit *ret_hit)
{
    for (uint32_t i = 0; i < l->folder_count; i++) {
        if (find_has(&l->folders[i], entry)) {
            *ret_hit = (struct hit){&l->folders[i], entry};
            return true;
        }
    }
    return false;
}

static bool find_name(struct unitload *l, const char *name, struct hit *ret_hit)
{
    char template[FIND_TARGET_MAX];

    if (find_in(l, name, ret_hit)) {
        return true;
    }
    if (!unit_template_name(name, template, sizeof(template)) || !find_in(l, template, ret_hit)) {
        return false;
    }
    ret_hit->entry = keep(l, template);
    return true;
}

void unitload_unreadable(struct unitload *l, struct unit *u, const char *path, const char *reason)
{
    findings_error(&l->findings, path, unitload_text(l, reason, FINDINGS_NOT_LOADED, ""));
    graph_break(u, unitload_text(l, path, ": ", reason));
}

/* The unit is there, and cannot be read: it is shown as broken. */
static uint32_t add_broken(struct unitload *l, const char *name, const char *path,
                           const char *reason)
{
    uint32_t index = unitload_add(l, name);

    unitload_unreadable(l, l->units[index], path, reason);
    return index;
}

const char *unitload_why(int error)
{
    return error == -EFBIG ? "larger than 1 MiB" : say_errno(error);
}

static uint32_t add_file(struct unitload *l, const char *name, const struct hit *hit,
                         const char *path)
{
    struct slice text;
    int r = find_read(hit->folder->fd, hit->entry, l->text, UNIT_FILE_MAX, &text);
    struct unit *u;
    uint32_t index;

    if (r < 0) {
        return add_broken(l, name, path, unitload_why(r));
    }
    index = unitload_add(l, name);
    u = l->units[index];
    ((struct findings_unit *)u->context)->path = path;
    if (unit_read(u, text, path) < 0) {
        unitload_memory(l);
    }
    unitdrop_read(l, u);
    unitdrop_links(l, u);
    if (unit_finish(u) < 0) {
        unitload_memory(l);
    }
    findings_rest(u->context);
    return index;
}

static bool is_template(const char *name)
{
    return find_suffix(name, "@.service");
}

/*
 * The name that a link gives another unit, as it is for this name: x@a.service by x@.service -> y@.service is
 * y@a.service. False where it is the same unit's: another place for the file, or an instance of a template.
 */
static bool real_name(const char *name, const struct hit *hit, const char *target, char *buf,
                      size_t cap)
{
    char template[FIND_TARGET_MAX];
    const char *instance = strchr(name, '@');
    struct wire_writer w;

    if (!find_suffix(target, ".service") || strcmp(target, hit->entry) == 0) {
        return false;
    }
    if (unit_template_name(name, template, sizeof(template)) && strcmp(template, target) == 0) {
        return false;
    }
    wire_writer_init(&w, template, sizeof(template) - 1);
    if (is_template(target) && is_template(hit->entry) && instance != NULL) {
        wire_put_bytes(&w, target, strlen(target) - strlen("@.service"));
        wire_put_bytes(&w, instance, strlen(instance));
    } else {
        wire_put_bytes(&w, target, strlen(target));
    }
    template[w.len] = 0;
    return !w.overflow && unit_full_name(template, buf, cap);
}

/* systemd would read them too; here a unit has one folder of each kind, under its own name. */
static void warn_beside(struct unitload *l, const char *alias, uint32_t index)
{
    static const char *const suffixes[] = {".d", ".wants", ".requires"};

    for (size_t s = 0; s < sizeof(suffixes) / sizeof(suffixes[0]); s++) {
        const char *entry = unitload_text(l, alias, suffixes[s], "");
        struct hit hit;

        if (find_in(l, entry, &hit)) {
            findings_warning(&l->findings, unitload_join(l, hit.folder->path, entry),
                             unitload_text(l, "passed over: an alias, name it ",
                                           l->units[index]->name, suffixes[s]));
        }
    }
}

static void put_alias(struct unitload *l, const char *alias, uint32_t index)
{
    struct unitload_alias *a = unitload_take(l, sizeof(*a));

    *a = (struct unitload_alias){l->aliases[index], alias};
    l->aliases[index] = a;
    put_name(l, alias, index);
    warn_beside(l, alias, index);
}

static long get(struct unitload *l, const char *name, unsigned links);

/* name is a link to the file of another unit, whose alias it is. */
static long add_alias(struct unitload *l, const char *name, const struct hit *hit, const char *path,
                      const char *real, unsigned links)
{
    long index = links < UNIT_LINKS_MAX ? get(l, real, links + 1) : -ELOOP;

    if (index == -ENOENT) { // its file is in none of the folders
        struct slice text;
        int r = find_read(hit->folder->fd, hit->entry, l->text, UNIT_FILE_MAX, &text);

        index = r == -ENOENT || r == -ELOOP ? r : (long)add_file(l, keep(l, real), hit, path);
    }
    if (index == -ENOENT) {
        index = add_broken(l, name, path, "a link to a file that does not exist");
    } else if (index == -ELOOP) {
        index = add_broken(l, name, path, "too many links");
    } else if (index < 0) {
        put_name(l, name, GRAPH_MASKED);
    } else {
        put_alias(l, name, (uint32_t)index);
    }
    return index;
}

/* The file that name stands for is found: what is it? */
static long add_found(struct unitload *l, const char *name, const struct hit *hit, unsigned links)
{
    const char *path = unitload_join(l, hit->folder->path, hit->entry);
    enum find_kind kind = FIND_FILE;
    char target[FIND_TARGET_MAX];
    char real[FIND_TARGET_MAX];
    int r = find_look(hit->folder->fd, hit->entry, &kind, target);

    if (r < 0) {
        return add_broken(l, name, path, unitload_why(r));
    }
    switch (kind) {
    case FIND_LINK:
        if (real_name(name, hit, target, real, sizeof(real))) {
            return add_alias(l, name, hit, path, real, links);
        }
        return add_file(l, name, hit, path);
    case FIND_MASK:
        put_name(l, name, GRAPH_MASKED);
        return -EPERM;
    case FIND_OTHER:
        findings_error(&l->findings, path, "passed over: it is no regular file");
        put_name(l, name, GRAPH_ABSENT);
        return -ENOENT;
    case FIND_FILE:
        break;
    }
    return add_file(l, name, hit, path);
}

static long get(struct unitload *l, const char *name, unsigned links)
{
    uint32_t number;
    struct hit hit;

    if (names_get(&l->names, name, &number)) {
        return number == GRAPH_MASKED ? -EPERM : number == GRAPH_ABSENT ? -ENOENT : (long)number;
    }
    if (is_template(name) || !find_name(l, name, &hit)) {
        return -ENOENT;
    }
    return add_found(l, keep(l, name), &hit, links);
}

long unitload_get(struct unitload *l, const char *name)
{
    return get(l, name, 0);
}

static const char *taken_text(struct unitload *l, const char *name, uint32_t number)
{
    const char *owner = number < l->count ? l->units[number]->name : NULL;

    if (owner == NULL) {
        return unitload_text(l, "\"", name,
                             number == GRAPH_MASKED ? "\" is masked" : "\" is no unit");
    }
    if (strcmp(owner, name) == 0) {
        return unitload_text(l, "\"", name, "\" is another unit's name");
    }
    return unitload_text(l, unitload_text(l, "\"", name, "\" is an alias of \""), owner,
                         "\" already");
}

void unitload_aliases(struct unitload *l, uint32_t index)
{
    struct unit *u = l->units[index];

    for (const struct unit_dep *d = u->aliases; d != NULL; d = d->next) {
        static const uint8_t key[] = "Alias";
        struct unit_finding f = {.verdict = VERDICT_REFUSED,
                                 .path = d->path,
                                 .line = d->line,
                                 .column = d->column,
                                 .key = {key, sizeof(key) - 1}};
        uint32_t number = index;

        if (!names_get(&l->names, d->name, &number)) {
            put_alias(l, d->name, index);
        }
        if (number != index) {
            f.text = taken_text(l, d->name, number);
            u->say(u->context, &f);
        }
    }
}
