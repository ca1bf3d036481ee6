/* SPDX-License-Identifier: MIT */
/* Which units are loaded: those of the folders, those that were named, COMMAND, and what they need. */
#include "glue/unitroots.h"

#include "glue/loader.h"

#include <errno.h>
#include <signal.h>

#define COMMAND_UNIT "main.service"

struct roots {
    struct unitload *load;
    const struct loader_request *request;
    uint32_t own_folders; // the first of load->folders: --services
};

/* COMMAND as a service: a simple one, which nothing restarts, and which ends as the container does. */
static void add_command(struct roots *self)
{
    struct unitload *l = self->load;
    struct service_conf *conf = &l->units[unitload_add(l, COMMAND_UNIT)]->conf;

    conf->flags = SERVICE_COMMAND | SERVICE_BOOT | SERVICE_SEND_SIGKILL;
    conf->description = "";
    conf->type = TYPE_SIMPLE;
    conf->restart = RESTART_NO;
    conf->kill_mode = KILL_CONTROL_GROUP;
    conf->kill_signal = SIGTERM;
    conf->timeout_start = MSEC_NEVER;
    conf->timeout_stop = MSEC_NEVER;
    conf->limit_interval = 0;
    conf->exec = (struct slice){NULL, 0};
}

/* The same name in a --services folder before this one, or NULL. */
static const struct find_folder *earlier(const struct roots *self, uint32_t folder,
                                         const char *name)
{
    for (uint32_t i = 0; i < folder; i++) {
        if (find_has(&self->load->folders[i], name)) {
            return &self->load->folders[i];
        }
    }
    return NULL;
}

static void say_hidden(struct roots *self, const char *path, const struct find_folder *by,
                       const char *name)
{
    struct unitload *l = self->load;
    const char *other = unitload_join(l, by->path, name);
    uint32_t number;

    if (!names_get(&l->names, name, &number) || number != GRAPH_MASKED) {
        findings_warning(&l->findings, path, unitload_text(l, "passed over: there is ", other, ""));
    }
}

static void boot(struct roots *self, long index)
{
    if (index >= 0) {
        self->load->units[index]->conf.flags |= SERVICE_BOOT;
    }
}

static void load_entry(struct roots *self, uint32_t folder, const char *name)
{
    struct unitload *l = self->load;
    const char *path = unitload_join(l, l->folders[folder].path, name);
    const struct find_folder *by = earlier(self, folder, name);
    char full[FIND_TARGET_MAX];

    if (!unit_full_name(name, full, sizeof(full)) || strcmp(full, name) != 0) {
        findings_error(&l->findings, path, "passed over: it is no valid unit name");
    } else if (by != NULL) {
        say_hidden(self, path, by, name);
    } else if (self->request->command && strcmp(name, COMMAND_UNIT) == 0) {
        findings_end(&l->findings, path, "COMMAND is the service \"main\" already");
    } else {
        boot(self, unitload_get(l, name));
    }
}

static void load_folders(struct roots *self)
{
    for (uint32_t f = 0; f < self->own_folders; f++) {
        const struct find_names *list = &self->load->folders[f].entries;

        for (uint32_t i = 0; i < list->count; i++) {
            const char *name = list->names[i];

            if (find_suffix(name, ".service") && !find_suffix(name, "@.service")) {
                load_entry(self, f, name);
            }
        }
    }
}

static const char *no_unit(long index)
{
    return index == -EPERM ? "the unit is masked" : "no such unit";
}

/* A name of the command line; buf gets it whole. */
static const char *full_name(struct roots *self, const char *word, char buf[FIND_TARGET_MAX])
{
    if (find_suffix(word, "@") || find_suffix(word, "@.service")) {
        findings_end(&self->load->findings, word, "a template needs an instance: NAME@INSTANCE");
    }
    if (!unit_full_name(word, buf, FIND_TARGET_MAX)) {
        findings_end(&self->load->findings, word, "no valid unit name");
    }
    return buf;
}

/* A unit that was asked for by name must be there, and starts. */
static uint32_t take_named(struct roots *self, const char *word)
{
    char full[FIND_TARGET_MAX];
    long index = unitload_get(self->load, full_name(self, word, full));

    if (index < 0) {
        findings_end(&self->load->findings, full, no_unit(index));
    }
    boot(self, index);
    return (uint32_t)index;
}

/*
 * Names of the command line are files' names first: so the files are read, then all aliases are known, and then
 * the names are looked up for good.
 */
static void load_units(struct roots *self)
{
    const char *const *units = self->request->units;
    char full[FIND_TARGET_MAX];

    for (size_t i = 0; units != NULL && units[i] != NULL; i++) {
        (void)unitload_get(self->load, full_name(self, units[i], full));
    }
    if (self->request->main != NULL) {
        (void)unitload_get(self->load, full_name(self, self->request->main, full));
    }
    for (uint32_t i = 0; i < self->load->count; i++) {
        unitload_aliases(self->load, i);
    }
    for (size_t i = 0; units != NULL && units[i] != NULL; i++) {
        (void)take_named(self, units[i]);
    }
}

/* What the units require and want, and what that requires and wants. */
static void load_needed(struct roots *self)
{
    struct unitload *l = self->load;

    for (uint32_t i = 0; i < l->count; i++) {
        const struct unit *u = l->units[i];

        for (const struct unit_dep *d = u->deps; d != NULL && !u->broken; d = d->next) {
            uint32_t before = l->count;

            if ((d->kind == DEP_REQUIRES || d->kind == DEP_WANTS) &&
                find_suffix(d->name, ".service")) {
                (void)unitload_get(l, d->name);
            }
            for (uint32_t k = before; k < l->count; k++) {
                unitload_aliases(l, k);
            }
        }
    }
}

static void set_main(struct roots *self, uint32_t index)
{
    for (uint32_t i = 0; i < self->load->count; i++) {
        self->load->units[i]->conf.flags &= ~(uint32_t)SERVICE_MAIN;
    }
    self->load->units[index]->conf.flags |= SERVICE_MAIN | SERVICE_BOOT;
}

/* --main, or the unit that says so, or COMMAND, or none. */
static void choose_main(struct roots *self)
{
    struct unitload *l = self->load;
    uint32_t chosen = l->count;

    if (self->request->main != NULL) {
        set_main(self, take_named(self, self->request->main));
        return;
    }
    for (uint32_t i = 0; i < l->count; i++) {
        if ((l->units[i]->conf.flags & SERVICE_MAIN) == 0) {
            continue;
        }
        if (chosen < l->count) {
            const char *other = unitload_text(l, "Main=yes, as in ", l->units[chosen]->name, "");

            findings_end(&l->findings, l->units[i]->name,
                         unitload_text(l, other, ": one unit can be it, --main says which", ""));
        }
        chosen = i;
    }
    if (chosen < l->count) {
        set_main(self, chosen);
    } else if (self->request->command) {
        set_main(self, 0);
    }
}

static bool starts_something(const struct unitload *l)
{
    bool any = false;

    for (uint32_t i = 0; i < l->count; i++) {
        any = any || (l->units[i]->conf.flags & SERVICE_BOOT) != 0;
    }
    return any;
}

void unitroots_load(struct unitload *l, const struct loader_request *request, uint32_t own_folders)
{
    struct roots self = {l, request, own_folders};

    if (request->command) {
        add_command(&self);
    }
    load_folders(&self);
    load_units(&self);
    load_needed(&self);
    choose_main(&self);
    if (!starts_something(l)) {
        findings_end(&l->findings, own_folders > 0 ? l->folders[0].path : NULL, "no unit to start");
    }
}
