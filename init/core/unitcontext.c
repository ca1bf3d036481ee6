/* SPDX-License-Identifier: MIT */
/* What a unit's commands run in: environment, folder, user, capabilities, streams. */
#include "core/unitparser.h"

#include "core/capname.h"
#include "core/value.h"

static const struct slice none = {NULL, 0};

void unit_set_env(struct unit *u, struct slice value)
{
    struct words w;
    struct slice word;

    if (value.len == 0) {
        unit_empty(u, LIST_ENV);
    }
    words_init(&w, value);
    while (unit_list_word(u, &w, WORDS_UNQUOTE | WORDS_UNESCAPE, false, &word) > 0) {
        if (value_env(word)) {
            unit_add(u, LIST_ENV, word);
        } else {
            unit_say(u, w.at, VERDICT_REFUSED, word, "not NAME=VALUE");
        }
    }
}

void unit_set_pass_env(struct unit *u, struct slice value)
{
    struct words w;
    struct slice word;

    if (value.len == 0) {
        unit_empty(u, LIST_PASS_ENV);
    }
    words_init(&w, value);
    while (unit_list_word(u, &w, WORDS_UNQUOTE, false, &word) > 0) {
        if (value_env_name(word)) {
            unit_add(u, LIST_PASS_ENV, word);
        } else {
            unit_say(u, w.at, VERDICT_REFUSED, word, "no name of a variable");
        }
    }
}

/* Takes "-" off. */
static bool take_dash(struct slice *value)
{
    if (value->len == 0 || *value->data != '-') {
        return false;
    }
    value->data++;
    value->len--;
    return true;
}

/* A path's specifiers resolved; false where it is none: that has been said. */
static bool take_path(struct unit *u, struct slice value, bool fatal, struct slice *ret_path)
{
    if (!unit_text(u, value, fatal, ret_path)) {
        return false;
    }
    if (value_path(*ret_path)) {
        return true;
    }
    if (fatal) {
        unit_fatal(u, value.data, *ret_path, "not an absolute path");
    } else {
        unit_say(u, value.data, VERDICT_REFUSED, *ret_path, "not an absolute path");
    }
    return false;
}

void unit_set_env_file(struct unit *u, struct slice value)
{
    bool optional;
    struct slice path;

    if (value.len == 0) {
        unit_empty(u, LIST_ENV_FILE);
        return;
    }
    optional = take_dash(&value);
    if (take_path(u, value, false, &path)) {
        unit_add(u, LIST_ENV_FILE, unit_flagged(u, optional, path));
    }
}

void unit_set_workdir(struct unit *u, struct slice value)
{
    struct unit_parser *p = unit_parser(u);
    struct slice path = value;
    bool optional;

    if (value.len == 0) {
        p->workdir = NULL;
        p->workdir_optional = false;
        unit_replace(u);
        return;
    }
    optional = take_dash(&value);
    if (slice_equals(value, "~")) {
        p->workdir = "~";
    } else if (take_path(u, value, !optional, &path)) {
        p->workdir = (const char *)path.data;
    } else {
        return;
    }
    p->workdir_optional = optional;
    unit_replace(u);
}

void unit_set_user(struct unit *u, unsigned which, struct slice value)
{
    struct unit_parser *p = unit_parser(u);
    struct slice name;

    if (value.len == 0) {
        p->user[which] = NULL;
        unit_replace(u);
        return;
    }
    if (!unit_text(u, value, true, &name)) {
        return;
    }
    if (!value_user(name)) {
        unit_fatal(u, value.data, name,
                   which == 0 ? "no name or number of a user" : "no name or number of a group");
        return;
    }
    p->user[which] = (const char *)name.data;
    unit_replace(u);
}

void unit_set_groups(struct unit *u, struct slice value)
{
    struct words w;
    struct slice word;

    if (value.len == 0) {
        unit_empty(u, LIST_SUPP_GROUP);
        unit_replace(u);
    }
    words_init(&w, value);
    while (unit_list_word(u, &w, WORDS_RETAIN, true, &word) > 0) {
        if (value_user(word)) {
            unit_add(u, LIST_SUPP_GROUP, word);
        } else {
            unit_fatal(u, w.at, word, "no name or number of a group");
        }
    }
}

/*
 * systemd.exec(5), CapabilityBoundingSet=: "~" takes away from what is set; the first line, and one after an
 * empty one, replaces. An empty value is the empty set, "~" alone is all.
 */
void unit_set_caps(struct unit *u, unsigned which, struct slice value)
{
    uint64_t *set = &unit_parser(u)->caps[which];
    uint64_t initial = which == 0 ? UINT64_MAX : 0;
    bool invert = value.len > 0 && *value.data == '~';
    uint64_t sum = 0;
    struct words w;
    struct slice word;
    int r;

    words_init(&w, (struct slice){value.data + invert, value.len - invert});
    while ((r = unit_list_word(u, &w, WORDS_UNQUOTE, false, &word)) > 0) {
        int cap = capname_parse(word);

        if (cap < 0) {
            unit_say(u, w.at, VERDICT_REFUSED, word, "no such capability");
        } else {
            sum |= UINT64_C(1) << cap;
        }
    }
    if (r < 0) {
        return;
    }
    if (sum == 0 || *set == initial) {
        *set = invert ? ~sum : sum;
    } else if (invert) {
        *set &= ~sum;
    } else {
        *set |= sum;
    }
}

/* --- streams --- */

struct stream_word {
    char name[16];
    uint8_t kind;
    uint8_t verdict;
};

static const struct stream_word outputs[] = {
    {"inherit", STREAM_INHERIT, VERDICT_HONOURED},
    {"null", STREAM_NULL, VERDICT_HONOURED},
    {"journal", STREAM_LOG, VERDICT_HONOURED},
    {"syslog", STREAM_LOG, VERDICT_APPROXIMATED},
    {"kmsg", STREAM_LOG, VERDICT_APPROXIMATED},
    {"journal+console", STREAM_LOG, VERDICT_APPROXIMATED},
    {"syslog+console", STREAM_LOG, VERDICT_APPROXIMATED},
    {"kmsg+console", STREAM_LOG, VERDICT_APPROXIMATED},
};

static const struct stream_word inputs[] = {
    {"null", STREAM_NULL, VERDICT_HONOURED},
    {"inherit", STREAM_INHERIT, VERDICT_APPROXIMATED},
};

static const struct stream_word files[] = {
    {"file:", STREAM_FILE, VERDICT_HONOURED},
    {"append:", STREAM_APPEND, VERDICT_HONOURED},
    {"truncate:", STREAM_TRUNCATE, VERDICT_HONOURED},
};

/* What systemd has and a service here cannot: it would have to be something else. */
static bool is_unbuilt(struct slice value)
{
    return value_index(value, "tty\0tty-force\0tty-fail\0socket\0fd\0data\0") >= 0 ||
           (value.len > 3 && memcmp(value.data, "fd:", 3) == 0);
}

static bool set_file(struct unit *u, unsigned which, struct slice value)
{
    size_t count = which == 0 ? 1 : sizeof(files) / sizeof(files[0]);

    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(files[i].name);
        struct slice path;

        if (value.len < len || memcmp(value.data, files[i].name, len) != 0) {
            continue;
        }
        if (take_path(u, (struct slice){value.data + len, value.len - len}, false, &path)) {
            unit_parser(u)->stream[which] = (struct unit_stream){
                .kind = files[i].kind, .set = true, .path = (const char *)path.data};
            unit_replace(u);
        }
        return true;
    }
    return false;
}

static bool set_word(struct unit *u, unsigned which, struct slice value)
{
    const struct stream_word *words = which == 0 ? inputs : outputs;
    size_t count =
        which == 0 ? sizeof(inputs) / sizeof(inputs[0]) : sizeof(outputs) / sizeof(outputs[0]);

    for (size_t i = 0; i < count; i++) {
        if (!slice_equals(value, words[i].name)) {
            continue;
        }
        unit_parser(u)->stream[which] = (struct unit_stream){.kind = words[i].kind, .set = true};
        unit_replace(u);
        if (words[i].verdict == VERDICT_APPROXIMATED) {
            unit_say(u, value.data, VERDICT_APPROXIMATED, none,
                     which == 0 ? "the container's own stdin; systemd does not know this value"
                                : "goes to the container's log");
        }
        return true;
    }
    return false;
}

void unit_set_stream(struct unit *u, unsigned which, struct slice value)
{
    if (set_file(u, which, value) || set_word(u, which, value)) {
        return;
    }
    if (is_unbuilt(value)) {
        unit_fatal(u, value.data, value, "not built yet");
    } else {
        unit_say(u, value.data, VERDICT_REFUSED, value,
                 which == 0 ? "no such input" : "no such output");
    }
}
