/* SPDX-License-Identifier: MIT */
/* The lines of a unit file. */
#include "core/unitfile.h"

#include "core/value.h"
#include "core/words.h"

#include <errno.h>

void unitfile_init(struct unitfile *f, struct slice text, struct arena *arena)
{
    *f = (struct unitfile){.text = text, .arena = arena};
    if (text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0) {
        f->next = 3;
    }
}

static bool ends_line(uint8_t c)
{
    return c == '\n' || c == '\r';
}

/* The part at *at; line is that of the part before it. False at the end of the text. */
static bool next_part(struct slice text, size_t *at, uint32_t line, struct unitfile_part *ret_part)
{
    size_t start = *at;
    size_t end = start;

    if (start >= text.len) {
        return false;
    }
    while (end < text.len && !ends_line(text.data[end])) {
        end++;
    }
    ret_part->bytes = (struct slice){text.data + start, end - start};
    ret_part->line = line + 1;
    if (end < text.len) {
        end++;
        if (end < text.len && ends_line(text.data[end]) && text.data[end] != text.data[end - 1]) {
            end++;
        }
    }
    *at = end;
    return true;
}

static bool is_comment(struct slice s)
{
    s = words_strip(s);
    return s.len > 0 && (*s.data == '#' || *s.data == ';');
}

/* The next part that is no comment. */
static bool next_used_part(struct slice text, size_t *at, uint32_t line,
                           struct unitfile_part *ret_part)
{
    while (next_part(text, at, line, ret_part)) {
        if (!is_comment(ret_part->bytes)) {
            return true;
        }
        line = ret_part->line;
    }
    return false;
}

static bool goes_on(struct slice s)
{
    size_t backslashes = 0;

    while (backslashes < s.len && s.data[s.len - backslashes - 1] == '\\') {
        backslashes++;
    }
    return backslashes % 2 == 1;
}

/* Parts are as long joined as they were apart, so that a place in the line is a place in a part. */
static void put_part(struct wire_writer *w, struct slice bytes)
{
    wire_put_bytes(w, bytes.data, bytes.len - goes_on(bytes));
    if (goes_on(bytes)) {
        wire_put_bytes(w, " ", 1);
    }
}

/* 0 with the whole line, -E2BIG: it is too long (all of its parts are skipped), or -ENOMEM. */
static int join(struct unitfile *f, struct slice *ret_all)
{
    struct unitfile_part part = f->first;
    struct wire_writer w;
    size_t len = part.bytes.len;

    arena_draft(f->arena, &w);
    put_part(&w, part.bytes);
    while (goes_on(part.bytes) && next_used_part(f->text, &f->next, f->line, &part)) {
        f->line = part.line;
        len += part.bytes.len;
        if (len <= UNITFILE_LINE_MAX) {
            put_part(&w, part.bytes);
        }
    }
    if (len > UNITFILE_LINE_MAX) {
        return -E2BIG;
    }
    f->joined = w.data;
    *ret_all = (struct slice){w.data, w.len};
    return arena_keep(f->arena, &w) != NULL ? 0 : -ENOMEM;
}

static void bad(struct unitfile_line *l, const uint8_t *at, bool fatal, const char *text)
{
    l->kind = UNITFILE_BAD;
    l->at = at;
    l->fatal = fatal;
    l->text = text;
}

static void split(struct unitfile_line *l)
{
    const uint8_t *end = l->all.data + l->all.len;
    const uint8_t *equals = memchr(l->all.data, '=', l->all.len);
    const uint8_t *zero = memchr(l->all.data, 0, l->all.len);

    if (zero != NULL) {
        bad(l, zero, false, "a zero byte: the line is passed over");
    } else if (!value_utf8(l->all)) {
        bad(l, l->all.data, true, "is not UTF-8: no text, and not read further");
    } else if (*l->all.data == '[') {
        l->kind = UNITFILE_SECTION;
        l->key = (struct slice){l->all.data + 1, l->all.len - 1};
        if (end[-1] != ']' || l->all.len < 2) {
            bad(l, end, true, "the section's name lacks its \"]\"");
        } else {
            l->key.len--;
        }
    } else if (equals == NULL) {
        bad(l, end, false, "no \"=\": neither a section nor an assignment");
    } else if (equals == l->all.data) {
        bad(l, equals, false, "no key before \"=\"");
    } else {
        l->kind = UNITFILE_ASSIGNMENT;
        l->key = words_strip((struct slice){l->all.data, (size_t)(equals - l->all.data)});
        l->value = words_strip((struct slice){equals + 1, (size_t)(end - equals - 1)});
    }
}

int unitfile_next(struct unitfile *f, struct unitfile_line *ret_line)
{
    struct slice all;
    int r;

    do {
        if (!next_used_part(f->text, &f->next, f->line, &f->first)) {
            return 0;
        }
        f->line = f->first.line;
        f->behind_first = f->next;
        f->joined = NULL;
        all = f->first.bytes;
        r = goes_on(all) ? join(f, &all) : all.len > UNITFILE_LINE_MAX ? -E2BIG : 0;
        if (r == -ENOMEM) {
            return r;
        }
        all = words_strip(all);
    } while (all.len == 0);
    f->part = f->first;
    f->behind_part = f->behind_first;
    f->part_offset = 0;
    *ret_line = (struct unitfile_line){.all = all};
    if (r == -E2BIG) {
        f->joined = NULL;
        bad(ret_line, f->first.bytes.data, true, "longer than a mebibyte");
    } else {
        split(ret_line);
    }
    if (ret_line->kind == UNITFILE_BAD && ret_line->fatal && r == 0 && !value_utf8(all)) {
        f->next = f->text.len; // each of its lines would be told of
    }
    return 1;
}

void unitfile_position(struct unitfile *f, const uint8_t *at, uint32_t *ret_line,
                       uint32_t *ret_column)
{
    size_t offset = (size_t)(at - (f->joined != NULL ? f->joined : f->first.bytes.data));

    if (offset < f->part_offset) {
        f->part = f->first;
        f->behind_part = f->behind_first;
        f->part_offset = 0;
    }
    while (f->joined != NULL && offset - f->part_offset >= f->part.bytes.len) {
        struct unitfile_part next;
        size_t behind = f->behind_part;

        if (!goes_on(f->part.bytes) || !next_used_part(f->text, &behind, f->part.line, &next)) {
            break; // just behind the last
        }
        f->part_offset += f->part.bytes.len;
        f->part = next;
        f->behind_part = behind;
    }
    *ret_line = f->part.line;
    *ret_column = (uint32_t)(offset - f->part_offset) + 1;
}
