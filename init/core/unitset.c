/* SPDX-License-Identifier: MIT */
/* What each directive's value does to the unit: the numbers and words here, the rest by subject. */
#include "core/unitparser.h"

#include "core/exitname.h"
#include "core/value.h"

#include <errno.h>

static void refuse(struct unit *u, struct slice value, const char *why)
{
    unit_say(u, value.data, VERDICT_REFUSED, value, why);
}

static void set_description(struct unit *u, struct slice value)
{
    struct slice text;

    if (unit_text(u, value, false, &text) && !u->broken) {
        u->conf.description = (const char *)text.data;
    }
}

/* A service of another type would be told to be up when it is not: it does not load. */
static void set_type(struct unit *u, struct slice value)
{
    int type = service_type_find(value);

    if (slice_equals(value, "idle")) {
        type = TYPE_SIMPLE;
        unit_say(u, value.data, VERDICT_APPROXIMATED, value, "as simple: it waits for no other");
    }
    if (type >= 0) {
        u->conf.type = (uint8_t)type;
        unit_parser(u)->has_type = true;
        unit_replace(u);
        return;
    }
    if (slice_equals(value, "forking")) {
        unit_fatal(u, value.data, value,
                   "this type is not built yet: run it in the foreground, with Type=exec in a "
                   "drop-in");
    } else if (value_index(value, "notify\0notify-reload\0dbus\0") >= 0) {
        unit_fatal(u, value.data, value,
                   "this type is not built yet: with Type=exec in a drop-in it counts as up at "
                   "once");
    } else if (value.len == 0) {
        refuse(u, value, "no type of service"); // as systemd has it: the type stays
    } else {
        unit_fatal(u, value.data, value, "no type of service");
    }
}

static void set_restart(struct unit *u, struct slice value)
{
    int restart = service_restart_find(value);

    if (restart < 0) {
        refuse(u, value,
               "not no, on-success, on-failure, on-abnormal, on-watchdog, on-abort, always");
        return;
    }
    u->conf.restart = (uint8_t)restart;
}

static void set_kill_mode(struct unit *u, struct slice value)
{
    int mode = value.len == 0 ? KILL_CONTROL_GROUP : service_kill_mode_find(value);

    if (mode < 0) {
        refuse(u, value, "not control-group, mixed, process, none");
        return;
    }
    u->conf.kill_mode = (uint8_t)mode;
}

static void set_kill_signal(struct unit *u, struct slice value)
{
    int number = value_signal(value);

    if (number == 0) {
        refuse(u, value, "no such signal");
        return;
    }
    u->conf.kill_signal = (uint8_t)number;
}

static bool take_bool(struct unit *u, struct slice value, bool *ret_b)
{
    if (!value_bool(value, ret_b)) {
        refuse(u, value, "neither yes nor no");
        return false;
    }
    return true;
}

static void set_flag(struct unit *u, uint32_t flag, struct slice value)
{
    bool on;

    if (take_bool(u, value, &on)) {
        u->conf.flags = on ? u->conf.flags | flag : u->conf.flags & ~flag;
    }
}

/* Rounded up, so that what is not zero stays so. */
static bool take_time(struct unit *u, struct slice value, msec_t *ret_ms)
{
    uint64_t us;

    if (!value_time(value, VALUE_SECOND, &us)) {
        refuse(u, value, "no span of time");
        return false;
    }
    *ret_ms = us == VALUE_FOREVER ? MSEC_NEVER : (msec_t)(us / 1000 + (us % 1000 != 0));
    return true;
}

static void set_time(struct unit *u, msec_t *ret_ms, struct slice value)
{
    msec_t ms;

    if (take_time(u, value, &ms)) {
        *ret_ms = ms;
    }
}

static void set_timeout(struct unit *u, unsigned which, struct slice value)
{
    msec_t ms;

    if (!take_time(u, value, &ms)) {
        return;
    }
    ms = ms == 0 ? MSEC_NEVER : ms; // 0 has always stood for none
    if (which & 1) {
        u->conf.timeout_start = ms;
        unit_parser(u)->has_timeout_start = true;
    }
    if (which & 2) {
        u->conf.timeout_stop = ms;
    }
}

static void set_burst(struct unit *u, struct slice value)
{
    uint64_t n;

    if (!value_number(value, &n) || n > UINT32_MAX) {
        refuse(u, value, "no number");
        return;
    }
    u->conf.limit_burst = (uint32_t)n;
}

static void set_exit_status(struct unit *u, struct slice value)
{
    uint8_t *codes = unit_parser(u)->codes;
    struct words w;
    struct slice word;

    if (value.len == 0) {
        memset(codes, 0, SERVICE_OK_BYTES);
        u->conf.ok_signals = 0;
    }
    words_init(&w, value);
    while (unit_list_word(u, &w, WORDS_UNQUOTE | WORDS_RETAIN, false, &word) > 0) {
        int code = exitname_parse(word);
        int number = code < 0 ? value_signal(word) : 0;

        if (code >= 0) {
            codes[code / 8] |= (uint8_t)(1u << code % 8);
        } else if (number > 0) {
            u->conf.ok_signals |= UINT64_C(1) << (number - 1);
        } else {
            unit_say(u, w.at, VERDICT_REFUSED, word, "neither an exit code nor a signal");
        }
    }
}

static void set_umask(struct unit *u, struct slice value)
{
    struct unit_parser *p = unit_parser(u);

    if (!value_mode(value, &p->umask)) {
        refuse(u, value, "no octal mode");
        return;
    }
    p->has_umask = true;
}

static void set_rlimit(struct unit *u, unsigned resource, struct slice value)
{
    struct unit_parser *p = unit_parser(u);
    int r = rlimit_parse(resource, value, &p->soft[resource], &p->hard[resource]);

    if (r == -ERANGE) {
        refuse(u, value, "the soft limit is above the hard one");
    } else if (r < 0) {
        refuse(u, value, "no limit of this resource");
    } else {
        p->limits |= 1u << resource;
    }
}

static void set_no_new_privs(struct unit *u, struct slice value)
{
    struct unit_parser *p = unit_parser(u);

    if (take_bool(u, value, &p->no_new_privs)) {
        p->has_no_new_privs = true;
    }
}

static void set_note(struct unit *u, enum verdict verdict, unsigned note)
{
    unit_say(u, unit_parser(u)->line, verdict, (struct slice){NULL, 0}, directive_note(note));
}

/* Values that leave things as they are without the directive. */
static bool asks_for_nothing(const struct directive *d, struct slice value)
{
    const char *word = directive_idle_word(d->arg);
    uint64_t us;
    bool on;

    if (value.len == 0) {
        return (d->arg & ~DIRECTIVE_NOTE_MASK) != UNLESS_FALSE;
    }
    switch (d->arg & ~DIRECTIVE_NOTE_MASK) {
    case UNLESS_NO:
    case UNLESS_FALSE:
        return value_bool(value, &on) && !on;
    case UNLESS_ZERO:
        return value_time(value, VALUE_SECOND, &us) && us == 0;
    default:
        return word != NULL && slice_equals(value, word);
    }
}

static void set_refused(struct unit *u, const struct directive *d, struct slice value)
{
    if (asks_for_nothing(d, value)) {
        set_note(u, VERDICT_IGNORED, NOTE_IDLE);
    } else {
        set_note(u, VERDICT_REFUSED, d->arg);
    }
}

/* Which value the line sets, of those that may keep the unit from loading. */
static uint32_t holder_of(const struct directive *d)
{
    switch (d->set) {
    case SET_TYPE:
        return HOLDER_TYPE;
    case SET_WORKDIR:
        return HOLDER_WORKDIR;
    case SET_USER:
        return HOLDER_USER + d->arg;
    case SET_STREAM:
        return HOLDER_STREAM + d->arg;
    case SET_GROUPS:
        return HOLDER_GROUPS;
    case SET_RUN:
        return HOLDER_RUN + d->arg;
    default:
        return HOLDER_NONE;
    }
}

void unit_set(struct unit *u, const struct directive *d, struct slice value)
{
    unit_parser(u)->holder = holder_of(d);
    switch ((enum directive_set)d->set) {
    case SET_IGNORED:
        set_note(u, VERDICT_IGNORED, d->arg);
        break;
    case SET_REFUSED:
        set_refused(u, d, value);
        break;
    case SET_OTHER_DEPS:
        unit_set_other_deps(u, d->arg, value);
        break;
    case SET_DESCRIPTION:
        set_description(u, value);
        break;
    case SET_DEPS:
        unit_set_deps(u, d->arg, value);
        break;
    case SET_INSTALL:
        unit_set_install(u, d->arg, value);
        break;
    case SET_TYPE:
        set_type(u, value);
        break;
    case SET_RESTART:
        set_restart(u, value);
        break;
    case SET_KILL_MODE:
        set_kill_mode(u, value);
        break;
    case SET_KILL_SIGNAL:
        set_kill_signal(u, value);
        break;
    case SET_FLAG:
        set_flag(u, d->arg, value);
        break;
    case SET_RESTART_SEC:
        set_time(u, &u->conf.restart_ms, value);
        break;
    case SET_LIMIT_INTERVAL:
        set_time(u, &u->conf.limit_interval, value);
        break;
    case SET_LIMIT_BURST:
        set_burst(u, value);
        break;
    case SET_TIMEOUT:
        set_timeout(u, d->arg, value);
        break;
    case SET_EXIT_STATUS:
        set_exit_status(u, value);
        break;
    case SET_RUN:
        unit_set_run(u, d->arg, value);
        break;
    case SET_ENV:
        unit_set_env(u, value);
        break;
    case SET_ENV_FILE:
        unit_set_env_file(u, value);
        break;
    case SET_PASS_ENV:
        unit_set_pass_env(u, value);
        break;
    case SET_WORKDIR:
        unit_set_workdir(u, value);
        break;
    case SET_USER:
        unit_set_user(u, d->arg, value);
        break;
    case SET_GROUPS:
        unit_set_groups(u, value);
        break;
    case SET_UMASK:
        set_umask(u, value);
        break;
    case SET_RLIMIT:
        set_rlimit(u, d->arg, value);
        break;
    case SET_CAPS:
        unit_set_caps(u, d->arg, value);
        break;
    case SET_NO_NEW_PRIVS:
        set_no_new_privs(u, value);
        break;
    case SET_INHERIT_ENV:
        (void)take_bool(u, value, &unit_parser(u)->inherit_env);
        break;
    case SET_IGNORE_SIGPIPE:
        (void)take_bool(u, value, &unit_parser(u)->ignore_sigpipe);
        break;
    case SET_STREAM:
        unit_set_stream(u, d->arg, value);
        break;
    }
}
