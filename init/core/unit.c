/* SPDX-License-Identifier: MIT */
/* One service unit: its files line by line, and what can only be known at the end. */
#include "core/unit.h"

#include "core/unitparser.h"
#include "core/value.h"

#include <errno.h>
#include <signal.h>

#define RESTART_DEFAULT_MS 100    /* ms: systemd's DefaultRestartSec= */
#define TIMEOUT_DEFAULT_MS 90000  /* ms: DefaultTimeoutStartSec=, DefaultTimeoutStopSec= */
#define INTERVAL_DEFAULT_MS 10000 /* ms: DefaultStartLimitIntervalSec= */
#define BURST_DEFAULT 5           /* starts: DefaultStartLimitBurst= */

const char *verdict_name(unsigned verdict)
{
    static const char *const names[] = {
#define X(name, text) [VERDICT_##name] = (text),
        VERDICTS(X)
#undef X
    };

    return verdict < VERDICT_COUNT ? names[verdict] : NULL;
}

/* --- names --- */

static struct slice slice_of(const char *s)
{
    return (struct slice){(const uint8_t *)s, strlen(s)};
}

static bool is_service(const char *name, struct unitname *ret_name)
{
    return unitname_parse(slice_of(name), ret_name) && slice_equals(ret_name->suffix, "service");
}

bool unit_full_name(const char *word, char *buf, size_t cap)
{
    static const char suffix[] = ".service";
    struct unitname name;
    size_t len = strlen(word);
    size_t more = unitname_parse(slice_of(word), &name) ? 0 : sizeof(suffix) - 1;

    if (len + more >= cap) {
        return false;
    }
    memcpy(buf, word, len);
    memcpy(buf + len, suffix, more);
    buf[len + more] = 0;
    return is_service(buf, &name) && (!name.has_at || name.instance.len > 0);
}

bool unit_template_name(const char *name, char *buf, size_t cap)
{
    struct unitname n;
    size_t behind;

    if (!is_service(name, &n) || n.instance.len == 0 || strlen(name) - n.instance.len >= cap) {
        return false;
    }
    behind = (size_t)(n.instance.data - (const uint8_t *)name);
    memcpy(buf, name, behind);
    memcpy(buf + behind, n.suffix.data - 1, n.suffix.len + 2);
    return true;
}

/* --- the flow --- */

void unit_init(struct unit *u, struct arena *arena, const char *name,
               const struct unit_values *values)
{
    struct unit_parser *p = arena_take(arena, sizeof(*p));
    struct unitname n;
    size_t len = strlen(name);

    *u = (struct unit){.arena = arena, .name = name, .values = values, .parser = p};
    if (is_service(name, &n)) {
        len -= n.suffix.len + 1;
    }
    u->conf = (struct service_conf){
        .name = arena_string(arena, name, len),
        .description = "",
        .flags = SERVICE_SEND_SIGKILL,
        .kill_signal = SIGTERM,
        .restart_ms = RESTART_DEFAULT_MS,
        .timeout_start = TIMEOUT_DEFAULT_MS,
        .timeout_stop = TIMEOUT_DEFAULT_MS,
        .limit_interval = INTERVAL_DEFAULT_MS,
        .limit_burst = BURST_DEFAULT,
    };
    if (p == NULL) {
        return; // the arena is full: unit_read() says so
    }
    u->conf.codes = p->codes;
    p->caps[0] = UINT64_MAX;
    p->inherit_env = true;
    p->ignore_sigpipe = true;
    p->stream[0].kind = STREAM_NULL;
    p->deps_end = &u->deps;
    p->doubts_end = &p->doubts;
}

static void read_section(struct unit *u, const struct unitfile_line *l)
{
    struct unit_parser *p = unit_parser(u);
    struct slice none = {NULL, 0};
    int index =
        value_index(l->key, "Unit\0Service\0Install\0X-Porthole\0"); // enum directive_section

    p->any_section = true;
    p->section = index >= 0 ? (uint8_t)(1u << index) : 0;
    p->private_section = index < 0 && l->key.len >= 2 && memcmp(l->key.data, "X-", 2) == 0;
    if (index >= 0) {
        return;
    }
    if (p->private_section) {
        unit_say(u, p->line, VERDICT_IGNORED, none, "a section of other programs");
    } else {
        unit_say(u, p->line, VERDICT_REFUSED, none, "unknown section: its lines are passed over");
    }
}

/* A line outside of the sections that are read. */
static void pass_over(struct unit *u)
{
    struct unit_parser *p = unit_parser(u);
    struct slice none = {NULL, 0};

    if (p->private_section) {
        unit_say(u, p->line, VERDICT_IGNORED, none, "in a section of other programs");
    } else {
        unit_say(u, p->line, VERDICT_REFUSED, none,
                 p->any_section ? "in an unknown section" : "before any section");
    }
}

static void read_assignment(struct unit *u, const struct unitfile_line *l)
{
    struct unit_parser *p = unit_parser(u);
    const struct directive *d = directive_find(l->key);
    struct slice none = {NULL, 0};

    if (p->section == 0) {
        pass_over(u);
    } else if (d != NULL && d->sections & p->section) {
        unit_set(u, d, l->value);
    } else if (p->section != SECTION_PORTHOLE && l->key.len >= 2 &&
               memcmp(l->key.data, "X-", 2) == 0) {
        unit_say(u, p->line, VERDICT_IGNORED, none, "a key of other programs");
    } else if (d != NULL) {
        unit_say(u, p->line, VERDICT_REFUSED, none, "unknown key in this section");
    } else {
        unit_say(u, p->line, VERDICT_REFUSED, none, "unknown key");
    }
}

static void read_line(struct unit *u, const struct unitfile_line *l)
{
    struct unit_parser *p = unit_parser(u);
    struct slice none = {NULL, 0};

    p->said = false;
    p->doubted = false;
    p->holder = HOLDER_NONE;
    p->line = l->all.data;
    p->key = none;
    switch (l->kind) {
    case UNITFILE_BAD:
        p->line = l->at;
        if (l->fatal) {
            unit_fatal(u, l->at, none, l->text);
        } else {
            unit_say(u, l->at, VERDICT_REFUSED, none, l->text);
        }
        break;
    case UNITFILE_SECTION:
        p->key = l->all;
        read_section(u, l);
        break;
    case UNITFILE_ASSIGNMENT:
        p->key = l->key;
        read_assignment(u, l);
        break;
    }
    if (!p->said) {
        unit_say(u, p->line, VERDICT_HONOURED, none, "");
    }
}

int unit_read(struct unit *u, struct slice text, const char *path)
{
    struct unit_parser *p = unit_parser(u);
    struct unitfile_line line;
    int r;

    if (p == NULL || u->arena->full) {
        return -ENOMEM;
    }
    p->path = arena_string(u->arena, path, strlen(path));
    p->own_path = p->own_path == NULL ? p->path : p->own_path;
    p->section = 0;
    p->private_section = false;
    p->any_section = false;
    unitfile_init(&p->file, text, u->arena);
    while ((r = unitfile_next(&p->file, &line)) > 0 && !u->arena->full) {
        read_line(u, &line);
    }
    return r < 0 || u->arena->full ? -ENOMEM : 0;
}

/* The rules of systemd.service(5) for what may stand together. */
static void check_whole(struct unit *u)
{
    const struct service_conf *c = &u->conf;

    if (c->commands[RUN_START] == 0 && c->type != TYPE_ONESHOT) {
        unit_fatal_whole(u, "there is no ExecStart=, which only Type=oneshot may lack");
    } else if (c->commands[RUN_START] == 0 && c->commands[RUN_STOP] == 0) {
        unit_fatal_whole(u, "there is neither ExecStart= nor ExecStop=");
    } else if (c->commands[RUN_START] == 0 && !(c->flags & SERVICE_REMAIN)) {
        unit_fatal_whole(u, "there is no ExecStart=, which needs RemainAfterExit=yes");
    }
    if (c->commands[RUN_START] > 1 && c->type != TYPE_ONESHOT) {
        unit_fatal_whole(u, "several ExecStart= are for Type=oneshot only");
    }
    if (c->type == TYPE_ONESHOT &&
        (c->restart == RESTART_ALWAYS || c->restart == RESTART_ON_SUCCESS)) {
        unit_fatal_whole(u, "Restart=always and on-success are not for Type=oneshot");
    }
}

int unit_finish(struct unit *u)
{
    struct unit_parser *p = unit_parser(u);

    if (p == NULL || u->arena->full) {
        return -ENOMEM;
    }
    p->key = (struct slice){NULL, 0};
    unit_judge(u);
    if (!p->has_type && u->conf.commands[RUN_START] == 0) {
        u->conf.type = TYPE_ONESHOT; // as systemd has it where neither is there
    }
    if (u->conf.type == TYPE_ONESHOT && !p->has_timeout_start) {
        u->conf.timeout_start = MSEC_NEVER;
    }
    if (u->conf.limit_burst == 0) {
        u->conf.limit_interval = 0;
    }
    if (!u->broken) { // what is missing may be on a line that was refused
        check_whole(u);
    }
    unit_take_install(u);
    unit_write_exec(u);
    return u->arena->full ? -ENOMEM : 0;
}
