/* SPDX-License-Identifier: MIT */
/* What the parts of the unit parser share: findings, words, lists. */
#include "core/unitparser.h"

#include "core/specifier.h"

#include <errno.h>

#define TEXT_BYTES 256 /* of a finding's text: a longer word is cut */
#define WORD_SHOWN 120 /* bytes of a word that a finding shows */

static void put_text(struct wire_writer *w, const char *s)
{
    wire_put_bytes(w, s, strlen(s));
}

static void put_number(struct wire_writer *w, uint32_t n)
{
    char digits[10];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    wire_put_bytes(w, digits + at, sizeof(digits) - at);
}

/* "FILE:LINE:COLUMN: KEY: TEXT", or "FILE: TEXT" of the unit as a whole: what status shows of a unit that did not load. */
static void break_unit(struct unit *u, const struct unit_finding *f)
{
    struct wire_writer w;
    const char *reason;

    if (u->broken) {
        return; // the first reason holds
    }
    u->broken = true;
    u->conf.flags |= SERVICE_BROKEN;
    arena_draft(u->arena, &w);
    if (f->path != NULL) {
        put_text(&w, f->path);
        put_text(&w, ":");
        put_number(&w, f->line);
        put_text(&w, ":");
        put_number(&w, f->column);
        put_text(&w, ": ");
    } else if (unit_parser(u)->own_path != NULL) {
        put_text(&w, unit_parser(u)->own_path);
        put_text(&w, ": ");
    }
    wire_put_bytes(&w, f->key.data, f->key.len);
    put_text(&w, f->key.len > 0 ? ": " : "");
    put_text(&w, f->text);
    reason = arena_keep(u->arena, &w);
    u->conf.description = reason != NULL ? reason : "";
}

static void tell(struct unit *u, const struct unit_finding *f)
{
    if (f->fatal || (u->strict && f->verdict == VERDICT_REFUSED)) {
        break_unit(u, f);
    }
    if (u->say != NULL) {
        u->say(u->context, f);
    }
}

/* Cuts where a character begins. */
static size_t shown(struct slice word)
{
    size_t len = word.len < WORD_SHOWN ? word.len : WORD_SHOWN;

    while (len < word.len && len > 0 && (word.data[len] & 0xc0) == 0x80) {
        len--;
    }
    return len;
}

/* Kept until the end, with its text: the file's bytes are gone by then. */
static void doubt(struct unit *u, const struct unit_finding *f)
{
    struct unit_parser *p = unit_parser(u);
    struct unit_doubt *d = arena_take(u->arena, sizeof(*d));
    const char *key = arena_string(u->arena, (const char *)f->key.data, f->key.len);
    const char *text = arena_string(u->arena, f->text, strlen(f->text));

    if (d == NULL || key == NULL || text == NULL) {
        return;
    }
    *d = (struct unit_doubt){.finding = *f, .holder = p->holder, .version = p->versions[p->holder]};
    d->finding.key.data = (const uint8_t *)key;
    d->finding.text = text;
    *p->doubts_end = d;
    p->doubts_end = &d->next;
    p->doubted = true;
}

static void say_of_line(struct unit *u, const uint8_t *at, struct unit_finding f, struct slice word,
                        const char *text)
{
    struct unit_parser *p = unit_parser(u);
    char line[TEXT_BYTES];
    struct wire_writer w;

    p->said = true;
    if (u->say == NULL && !f.fatal && !u->strict) {
        return;
    }
    f.text = text;
    if (word.len > 0) {
        wire_writer_init(&w, line, sizeof(line) - 1);
        put_text(&w, "\"");
        wire_put_bytes(&w, word.data, shown(word));
        put_text(&w, shown(word) < word.len ? "...\": " : "\": ");
        put_text(&w, text);
        line[w.len] = 0;
        f.text = line;
    }
    f.path = p->path;
    f.key = p->key;
    unitfile_position(&p->file, at, &f.line, &f.column);
    if (!f.fatal || p->holder == HOLDER_NONE) {
        tell(u, &f);
    } else if (p->doubted) {
        f.fatal = false;
        tell(u, &f);
    } else {
        doubt(u, &f);
    }
}

void unit_replace(struct unit *u)
{
    struct unit_parser *p = unit_parser(u);

    if (p->holder < HOLDER_NONE) {
        p->versions[p->holder]++;
    }
}

void unit_judge(struct unit *u)
{
    struct unit_parser *p = unit_parser(u);
    struct unit_doubt *d = p->doubts;

    p->doubts = NULL;
    p->doubts_end = &p->doubts;
    for (; d != NULL; d = d->next) {
        d->finding.fatal = d->version == p->versions[d->holder];
        tell(u, &d->finding);
    }
}

void unit_say(struct unit *u, const uint8_t *at, enum verdict verdict, struct slice word,
              const char *text)
{
    say_of_line(u, at, (struct unit_finding){.verdict = verdict}, word, text);
}

void unit_fatal(struct unit *u, const uint8_t *at, struct slice word, const char *text)
{
    if (unit_parser(u)->holder < HOLDER_GROUPS) {
        unit_replace(u); // by what is as bad
    }
    say_of_line(u, at, (struct unit_finding){.verdict = VERDICT_REFUSED, .fatal = true}, word,
                text);
}

void unit_fatal_whole(struct unit *u, const char *text)
{
    struct unit_finding f = {.verdict = VERDICT_REFUSED, .fatal = true, .text = text};

    tell(u, &f);
}

static void refuse(struct unit *u, const uint8_t *at, bool fatal, struct slice word,
                   const char *text)
{
    if (fatal) {
        unit_fatal(u, at, word, text);
    } else {
        unit_say(u, at, VERDICT_REFUSED, word, text);
    }
}

bool unit_resolve(struct unit *u, struct slice raw, const uint8_t *at, bool fatal,
                  struct slice *ret_text)
{
    struct wire_writer w;
    char letter[2] = {'%', 0};
    uint8_t *kept;

    arena_draft(u->arena, &w);
    // What systemd allows a resolved value: without it a line of %n could fill any arena.
    w.cap = w.cap > UNITFILE_LINE_MAX ? UNITFILE_LINE_MAX : w.cap;
    if (specifier_expand(raw, u->name, u->values, &w, &letter[1]) < 0) {
        refuse(u, at, fatal, (struct slice){(const uint8_t *)letter, 2},
               "this specifier is not known here");
        return false;
    }
    if (w.cap == UNITFILE_LINE_MAX && (w.overflow || w.len == w.cap)) {
        refuse(u, at, fatal, (struct slice){NULL, 0}, "too long with its specifiers resolved");
        return false;
    }
    kept = (uint8_t *)arena_keep(u->arena, &w);
    *ret_text = (struct slice){kept, kept != NULL ? w.len : 0};
    return kept != NULL;
}

bool unit_text(struct unit *u, struct slice value, bool fatal, struct slice *ret_text)
{
    return unit_resolve(u, value, value.data, fatal, ret_text);
}

int unit_word(struct unit *u, struct words *w, unsigned flags, bool fatal, struct slice *ret_word)
{
    struct slice none = {NULL, 0};
    struct slice word;
    struct wire_writer out;
    uint8_t *kept;
    int r;

    arena_draft(u->arena, &out);
    r = words_next(w, flags, &out);
    if (r == 0) {
        return 0;
    }
    if (r < 0) {
        refuse(u, w->at, fatal, none,
               r == -EINVAL ? "this quote is not closed" : "there is no such escape");
        return -EINVAL;
    }
    if (w->relaxed != NULL) {
        unit_say(u, w->relaxed, VERDICT_APPROXIMATED, none,
                 "there is no such escape: its backslash stays");
    }
    kept = (uint8_t *)arena_keep(u->arena, &out);
    if (kept == NULL) {
        return -EINVAL; // the arena is full, and says so
    }
    word = (struct slice){kept, out.len};
    if (word.len > 0 && memchr(word.data, '%', word.len) != NULL &&
        !unit_resolve(u, word, w->at, fatal, &word)) {
        return -EBADSLT;
    }
    *ret_word = word;
    return 1;
}

int unit_list_word(struct unit *u, struct words *w, unsigned flags, bool fatal,
                   struct slice *ret_word)
{
    int r;

    do {
        r = unit_word(u, w, flags, fatal, ret_word);
    } while (r == -EBADSLT && !fatal && !u->arena->full);
    return r;
}

void unit_add(struct unit *u, unsigned list, struct slice bytes)
{
    struct unit_items *l = &unit_parser(u)->lists[list];
    struct unit_item *item = arena_take(u->arena, sizeof(*item));

    if (item == NULL) {
        return;
    }
    item->bytes = bytes;
    if (l->end == NULL) {
        l->end = &l->first;
    }
    *l->end = item;
    l->end = &item->next;
}

void unit_empty(struct unit *u, unsigned list)
{
    unit_parser(u)->lists[list] = (struct unit_items){NULL};
}

struct slice unit_flagged(struct unit *u, bool flag, struct slice text)
{
    struct wire_writer w;
    uint8_t byte = flag;
    uint8_t *kept;

    arena_draft(u->arena, &w);
    wire_put_bytes(&w, &byte, 1);
    wire_put_bytes(&w, text.data, text.len);
    kept = (uint8_t *)arena_keep(u->arena, &w);
    return (struct slice){kept, kept != NULL ? w.len : 0};
}
