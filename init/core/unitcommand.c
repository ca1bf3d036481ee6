/* SPDX-License-Identifier: MIT */
/* Exec lines: prefixes, words, and several commands in one line. */
#include "core/unitparser.h"

#include "core/value.h"

#include <errno.h>

#define COMMANDS_MAX UINT16_MAX /* of one kind: what service_conf counts with */

/* One command while it is read. */
struct command {
    unsigned run;
    unsigned bits;        // enum run_bit
    struct slice program; // without its prefixes
    const uint8_t *at;    // where it stands
    struct wire_writer w; // its element's value
};

/* What is wrong with a command is not fatal where its failure would not be: as systemd 252 has it. */
static void refuse(struct unit *u, const struct command *c, const uint8_t *at, struct slice word,
                   const char *text)
{
    if (c->bits & RUN_IGNORE) {
        unit_say(u, at, VERDICT_REFUSED, word, text);
    } else {
        unit_fatal(u, at, word, text);
    }
}

/* Takes the prefixes off: each at most once, and of "+", "!" and "!!" only one. */
static void take_prefixes(struct unit *u, struct command *c)
{
    bool privileged = false;
    bool once = false; // the one "!" that a second may follow

    for (; c->program.len > 0; c->program.data++, c->program.len--) {
        uint8_t prefix = *c->program.data;

        if (prefix == '-' && !(c->bits & RUN_IGNORE)) {
            c->bits |= RUN_IGNORE;
        } else if (prefix == '@' && !(c->bits & RUN_ARGV0)) {
            c->bits |= RUN_ARGV0;
        } else if (prefix == ':' && !(c->bits & RUN_NO_EXPAND)) {
            c->bits |= RUN_NO_EXPAND;
        } else if (prefix == '!' && once) {
            c->bits &= ~(unsigned)RUN_PRIVILEGED;
            once = false;
        } else if ((prefix == '+' || prefix == '!') && !privileged) {
            c->bits |= RUN_PRIVILEGED;
            privileged = true;
            once = prefix == '!';
        } else {
            break;
        }
    }
    if (once) {
        unit_say(u, c->at, VERDICT_APPROXIMATED, (struct slice){(const uint8_t *)"!", 1},
                 "capabilities are left as they are too");
    }
}

/* True where the rest begins with this word, unquoted; then it is skipped. */
static bool take_separator(struct words *w, const char *word)
{
    size_t len = strlen(word);
    struct words behind;

    if (w->rest.len < len || memcmp(w->rest.data, word, len) != 0 ||
        (w->rest.len > len && !words_blank(w->rest.data[len]))) {
        return false;
    }
    words_init(&behind, (struct slice){w->rest.data + len, w->rest.len - len});
    w->rest = behind.rest;
    return true;
}

static void put_word(struct command *c, struct slice word)
{
    wire_put_bytes(&c->w, word.data, word.len);
    wire_put_bytes(&c->w, "", 1);
}

/* Words lie in the arena one by one; the command is put together behind them. */
struct word {
    struct word *next;
    struct slice bytes;
};

static void keep_command(struct unit *u, struct command *c, const struct word *words)
{
    uint8_t head[2] = {(uint8_t)c->run, (uint8_t)c->bits};
    struct slice none = {NULL, 0};
    const uint8_t *kept;

    if (c->bits & RUN_ARGV0 && words == NULL) {
        refuse(u, c, c->at, none, "\"@\" wants a second word: argv[0]");
        return;
    }
    if (u->conf.commands[c->run] == COMMANDS_MAX) {
        refuse(u, c, c->at, none, "too many commands");
        return;
    }
    arena_draft(u->arena, &c->w);
    wire_put_bytes(&c->w, head, sizeof(head));
    put_word(c, c->program);
    for (; words != NULL; words = words->next) {
        put_word(c, words->bytes);
    }
    kept = (const uint8_t *)arena_keep(u->arena, &c->w);
    if (kept == NULL) {
        return;
    }
    u->conf.commands[c->run]++;
    unit_add(u, LIST_RUN + c->run, (struct slice){kept, c->w.len});
}

/* The arguments up to the line's end or a ";". 1: another command follows, 0: none, -EINVAL. */
static int read_arguments(struct unit *u, struct command *c, struct words *w,
                          struct word **ret_words)
{
    struct word **end = ret_words;

    *ret_words = NULL;
    while (w->rest.len > 0) {
        struct word *word;
        struct slice bytes = {(const uint8_t *)";", 1};

        if (take_separator(w, ";")) {
            return w->rest.len > 0;
        }
        if (!take_separator(w, "\\;")) {
            int r = unit_word(u, w, WORDS_UNQUOTE | WORDS_UNESCAPE | WORDS_RELAX,
                              !(c->bits & RUN_IGNORE), &bytes);

            if (r <= 0) {
                return r;
            }
        }
        word = arena_take(u->arena, sizeof(*word));
        if (word == NULL) {
            return -EINVAL;
        }
        word->bytes = bytes;
        *end = word;
        end = &word->next;
    }
    return 0;
}

/* The program, without specifiers resolved: its prefixes stand before them. */
static int read_program(struct unit *u, struct command *c, struct words *w)
{
    struct wire_writer out;
    struct slice word;
    uint8_t *kept;
    int r;

    arena_draft(u->arena, &out);
    r = words_next(w, WORDS_UNQUOTE | WORDS_UNESCAPE | WORDS_RELAX, &out);
    c->at = w->at;
    if (r < 0) {
        unit_fatal(u, w->at, (struct slice){NULL, 0}, "this quote is not closed");
        return -EINVAL;
    }
    kept = (uint8_t *)arena_keep(u->arena, &out);
    if (kept == NULL) {
        return -EINVAL;
    }
    if (w->relaxed != NULL) {
        unit_say(u, w->relaxed, VERDICT_APPROXIMATED, (struct slice){NULL, 0},
                 "there is no such escape: its backslash stays");
    }
    c->program = (struct slice){kept, out.len};
    take_prefixes(u, c);
    if (!unit_resolve(u, c->program, c->at, !(c->bits & RUN_IGNORE), &word)) {
        return -EINVAL;
    }
    c->program = word;
    if (!value_program(word)) {
        refuse(u, c, c->at, word,
               word.len == 0 ? "no program is named"
                             : "neither an absolute path nor a name to look up in PATH");
        return -EINVAL;
    }
    return 0;
}

void unit_set_run(struct unit *u, unsigned run, struct slice value)
{
    struct words w;
    int more;

    if (value.len == 0) {
        unit_empty(u, LIST_RUN + run);
        unit_replace(u);
        u->conf.commands[run] = 0;
        return;
    }
    words_init(&w, value);
    do {
        struct command c = {.run = run};
        struct word *arguments;

        if (take_separator(&w, ";")) {
            more = w.rest.len > 0;
            continue;
        }
        if (read_program(u, &c, &w) < 0) {
            return;
        }
        more = read_arguments(u, &c, &w, &arguments);
        if (more >= 0) {
            keep_command(u, &c, arguments);
        }
    } while (more > 0);
}
