/* SPDX-License-Identifier: MIT */
/* Fuzzes core/unit.h: any bytes as a unit's file, and what came of them as an image. */
#include "core/unit.h"

#include "core/unitname.h"
#include "fuzz.h"

#include <errno.h>
#include <string.h>

/* Of no allocation a time: clearing its shadow would take longer than the parser. */
static uint8_t memory[1 << 18];

static const struct unit_values values = {
    .hostname = "a.b",
    .runtime = "/run",
    .state = "/s",
    .cache = "/c",
    .logs = "/l",
    .config = "/e",
    .tmp = "/tmp",
    .machine_id = "m",
    .boot_id = "b",
    .release = "1",
    .arch = "a",
};

struct check {
    struct slice text;
    bool fatal;
};

/* Length of a line of the text, from 1; SIZE_MAX where there is none such. */
static size_t line_length(struct slice text, uint32_t line)
{
    size_t at = text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    size_t start = at;

    for (; line > 0 && at < text.len; line--) {
        start = at;
        while (at < text.len && text.data[at] != '\n' && text.data[at] != '\r') {
            at++;
        }
        if (line == 1) {
            return at - start;
        }
        at++;
        if (at < text.len && (text.data[at] == '\n' || text.data[at] == '\r') &&
            text.data[at] != text.data[at - 1]) {
            at++;
        }
    }
    return SIZE_MAX;
}

static void say(void *context, const struct unit_finding *f)
{
    struct check *c = context;
    size_t len;

    must(verdict_name(f->verdict) != NULL && f->text != NULL, "a finding says what it is");
    must((f->verdict == VERDICT_HONOURED) == (f->text[0] == 0),
         "what is not honoured has a reason");
    must(!f->fatal || f->verdict == VERDICT_REFUSED, "what is fatal is refused");
    must(strlen(f->text) < 256, "a reason is short");
    c->fatal |= f->fatal;
    if (f->path == NULL) {
        must(f->line == 0, "the unit as a whole has no line");
        return;
    }
    must(f->line >= 1 && f->column >= 1, "lines and columns are from 1");
    if (c->text.len < 4096) { // it takes quadratic time
        len = line_length(c->text, f->line);
        must(len != SIZE_MAX && f->column - 1 <= len, "the column is in its line");
    }
}

static void check_names(const struct unit_dep *d, struct slice text)
{
    struct unitname n;

    for (; d != NULL; d = d->next) {
        must(unitname_parse((struct slice){(const uint8_t *)d->name, strlen(d->name)}, &n),
             "a dependency is a unit");
        must(d->line >= 1 && d->line <= text.len + 1 && d->column >= 1, "it has a place");
    }
}

/* The image of the unit, and what it gives again. */
static void check_image(const struct unit *u)
{
    struct unitimage_source source = {.conf = u->conf};
    size_t size = unitimage_size(&source, 1);
    uint8_t *buf = malloc(size > 0 ? size : 1);
    struct unitimage image;
    struct service_conf c;

    if (buf == NULL) {
        return;
    }
    must(size > 0 && unitimage_write(&source, 1, buf, size) == 0, "every unit can be written");
    must(unitimage_open((struct slice){buf, size}, &image) == 0, "what was written opens");
    unitimage_get(&image, 0, &c);
    must(strcmp(c.name, u->conf.name) == 0 && strcmp(c.description, u->conf.description) == 0,
         "its strings come back");
    must(c.exec.len == u->conf.exec.len && memcmp(c.exec.data, u->conf.exec.data, c.exec.len) == 0,
         "its exec list comes back");
    must(memcmp(c.commands, u->conf.commands, sizeof(c.commands)) == 0, "its commands are counted");
    must(memcmp(c.codes, u->conf.codes, SERVICE_OK_BYTES) == 0 &&
             c.ok_signals == u->conf.ok_signals && c.flags == u->conf.flags &&
             c.type == u->conf.type && c.restart == u->conf.restart &&
             c.restart_ms == u->conf.restart_ms && c.timeout_stop == u->conf.timeout_stop,
         "its numbers come back");
    free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct check c = {.text = {data, size}};
    struct arena arena;
    struct unit u;
    int r;

    arena_init(&arena, memory, sizeof(memory));
    unit_init(&u, &arena, size % 2 == 0 ? "x.service" : "x-y@a-\\x2d.b.service", &values);
    u.say = say;
    u.context = &c;
    r = unit_read(&u, c.text, "x");
    if (r == 0) {
        r = unit_finish(&u);
    }
    must(r == 0 || (r == -ENOMEM && arena.full), "it is read, or the arena is full");
    must(u.broken == c.fatal, "what is fatal breaks it, and nothing else");
    must(((u.conf.flags & SERVICE_BROKEN) != 0) == u.broken, "the flag says so");
    if (r == 0) {
        check_names(u.deps, c.text);
        check_names(u.wanted_by, c.text);
        check_names(u.aliases, c.text);
        check_image(&u);
    }
    return 0;
}
