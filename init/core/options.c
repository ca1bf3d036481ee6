/* SPDX-License-Identifier: MIT */
/* porthole-init's own command line. */
#include "core/options.h"

#include "core/signame.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define SECONDS_MAX 1000000000 /* some thirty years: more is a mistake */

msec_t options_seconds(const char *word)
{
    msec_t ms = 0;
    msec_t unit = 1000;
    bool point = false;
    bool digit = false;

    if (strcmp(word, "infinity") == 0) {
        return MSEC_NEVER;
    }
    for (; *word != 0; word++) {
        if (*word == '.' && !point) {
            point = true;
            continue;
        }
        if (*word < '0' || *word > '9') {
            return -EINVAL;
        }
        digit = true;
        if (!point) {
            ms = ms * 10 + (*word - '0') * (msec_t)1000;
        } else {
            unit /= 10;
            ms += (*word - '0') * unit;
        }
        if (ms > (msec_t)SECONDS_MAX * 1000) {
            return -EINVAL;
        }
    }
    return digit ? ms : -EINVAL;
}

struct parser {
    int argc;
    char *const *argv;
    int next;
    const char *bad;
    const char *reason;
    bool no_control;
    const char *single; // the first option that is about a single command
};

/*
 * True where word is the long option name; *ret_value is its value: behind "=", else the next word.
 */
static bool takes_value(struct parser *p, const char *word, const char *name,
                        const char **ret_value)
{
    size_t len = strlen(name);

    if (strncmp(word, name, len) != 0 || (word[len] != 0 && word[len] != '=')) {
        return false;
    }
    *ret_value = NULL;
    if (word[len] == '=') {
        *ret_value = word + len + 1;
    } else if (p->next < p->argc) {
        *ret_value = p->argv[p->next++];
    } else {
        p->reason = "needs a value";
    }
    return true;
}

/* The last of -v and -q holds. */
static void set_voice(struct options *o, bool verbose)
{
    o->verbose = verbose;
    o->quiet = !verbose;
}

static void add_word(struct parser *p, const char **list, const char *value)
{
    size_t n = 0;

    while (n < OPTION_WORDS_MAX && list[n] != NULL) {
        n++;
    }
    if (value == NULL) {
        return; // said already
    }
    if (value[0] == 0) {
        p->reason = "needs a value";
    } else if (n == OPTION_WORDS_MAX) {
        p->reason = "comes too often: 32 times at most";
    } else {
        list[n] = value;
    }
}

int options_exit_when(const char *word)
{
    static const char *const words[] = {
#define X(name, text) [EXIT_WHEN_##name] = (text),
        EXIT_WHENS(X)
#undef X
    };

    for (int i = EXIT_WHEN_DEFAULT + 1; i < EXIT_WHEN_COUNT; i++) {
        if (strcmp(word, words[i]) == 0) {
            return i;
        }
    }
    return -EINVAL;
}

/* Those about services. True where it was one. */
static bool parse_services(struct parser *p, const char *word, struct options *o)
{
    const char *value;

    if (strcmp(word, "--strict") == 0) {
        o->strict = true;
    } else if (takes_value(p, word, "--services", &value)) {
        add_word(p, o->folders, value);
    } else if (takes_value(p, word, "--unit", &value)) {
        add_word(p, o->units, value);
    } else if (takes_value(p, word, "--main", &value)) {
        o->main = value;
        if (value != NULL && value[0] == 0) {
            p->reason = "needs a value";
        }
    } else if (takes_value(p, word, "--exit-when", &value)) {
        int when = value != NULL ? options_exit_when(value) : EXIT_WHEN_DEFAULT;

        if (when < 0) {
            p->reason = "needs one of main, idle, failure, never";
        } else {
            o->exit_when = (enum exit_when)when;
        }
    } else {
        return false;
    }
    return true;
}

static bool take_forward(struct rules *r, const char *word)
{
    static const char *const words[] = {
        [FORWARD_MAIN] = "main", [FORWARD_GROUP] = "group", [FORWARD_ALL] = "all"};

    for (int i = 0; i < FORWARD_COUNT; i++) {
        if (strcmp(word, words[i]) == 0) {
            r->to = (uint8_t)i;
            return true;
        }
    }
    return false;
}

static bool take_parent_death(struct rules *r, const char *word)
{
    int n = signame_parse(word);

    r->parent_death = (uint8_t)(n > 0 ? n : 0);
    return n > 0;
}

/* Those about a single command. True where it was one. */
static bool parse_single(struct parser *p, const char *word, struct rules *r)
{
    const char *reason = NULL;
    const char *value = "";
    bool good = true;

    if (strcmp(word, "--warn-reap") == 0) {
        r->warn_reap = true;
    } else if (takes_value(p, word, "--forward", &value)) {
        good = value != NULL && take_forward(r, value);
        reason = "needs one of main, group, all";
    } else if (takes_value(p, word, "--rewrite", &value)) {
        good = value != NULL && rules_rewrite(r, value) == 0;
        reason = "needs FROM:TO, two signals; TO may be none";
    } else if (takes_value(p, word, "--drain", &value)) {
        r->drain = value != NULL ? options_seconds(value) : 0;
        good = r->drain >= 0;
        reason = "needs a number of seconds, or infinity";
    } else if (takes_value(p, word, "--ok-exit", &value)) {
        good = value != NULL && rules_ok_exit(r, value) == 0;
        reason = "needs exit codes or signals, as in 3,SIGTERM";
    } else if (takes_value(p, word, "--parent-death", &value)) {
        good = value != NULL && take_parent_death(r, value);
        reason = "needs a signal";
    } else {
        return false;
    }
    p->single = p->single != NULL ? p->single : word;
    if (!good && value != NULL) {
        p->reason = reason;
    }
    return true;
}

bool options_have_services(const struct options *o)
{
    return o->folders[0] != NULL || o->units[0] != NULL;
}

static void parse_long(struct parser *p, const char *word, struct options *o)
{
    const char *value;

    if (strcmp(word, "--help") == 0) {
        o->help = true;
    } else if (strcmp(word, "--version") == 0) {
        o->version = true;
    } else if (strcmp(word, "--verbose") == 0) {
        set_voice(o, true);
    } else if (strcmp(word, "--quiet") == 0) {
        set_voice(o, false);
    } else if (strcmp(word, "--no-control") == 0) {
        o->control = NULL;
        p->no_control = true;
    } else if (takes_value(p, word, "--grace", &value)) {
        o->grace = value != NULL ? options_seconds(value) : 0;
        if (o->grace < 0) {
            p->reason = "needs a number of seconds, or infinity";
        }
    } else if (takes_value(p, word, "--control", &value)) {
        o->control = value;
        p->no_control = false;
        if (value != NULL && value[0] != '/') {
            p->reason = "needs an absolute path";
        }
    } else if (!parse_services(p, word, o) && !parse_single(p, word, &o->rules)) {
        p->reason = "unknown option";
    }
}

static void parse_short(struct parser *p, const char *word, struct options *o)
{
    for (const char *c = word + 1; *c != 0 && p->reason == NULL; c++) {
        switch (*c) {
        case 'v':
            set_voice(o, true);
            break;
        case 'q':
            set_voice(o, false);
            break;
        case 'h':
            o->help = true;
            break;
        default:
            p->reason = "unknown option";
            break;
        }
    }
}

int options_parse(int argc, char *const *argv, struct options *ret_options, const char **ret_bad,
                  const char **ret_reason)
{
    struct options o = {.grace = GRACE_DEFAULT_MS};
    struct parser p = {.argc = argc, .argv = argv, .next = 1};

    rules_init(&o.rules);
    while (p.next < argc && p.reason == NULL) {
        const char *word = argv[p.next];

        if (word[0] != '-' || word[1] == 0) {
            break;
        }
        p.bad = word;
        p.next++;
        if (strcmp(word, "--") == 0) {
            break;
        }
        if (word[1] == '-') {
            parse_long(&p, word, &o);
        } else {
            parse_short(&p, word, &o);
        }
    }
    if (p.reason == NULL && !options_have_services(&o) && (o.main != NULL || o.strict)) {
        p.bad = o.main != NULL ? "--main" : "--strict";
        p.reason = "is about services; there are neither --services nor --unit";
    }
    if (p.reason == NULL && options_have_services(&o) && p.single != NULL) {
        p.bad = p.single;
        p.reason = "is about a single command; there are services";
    }
    if (p.reason != NULL) {
        *ret_bad = p.bad;
        *ret_reason = p.reason;
        return -EINVAL;
    }
    o.command = p.next;
    if (options_have_services(&o) && o.control == NULL && !p.no_control) {
        o.control = CONTROL_DEFAULT;
    }
    *ret_options = o;
    return 0;
}
