/* SPDX-License-Identifier: MIT */
/* Values as words: systemd's quotes and escapes. */
#include "core/words.h"

#include <errno.h>

bool words_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct slice *s)
{
    while (s->len > 0 && words_blank(*s->data)) {
        s->data++;
        s->len--;
    }
}

struct slice words_strip(struct slice s)
{
    skip_blanks(&s);
    while (s.len > 0 && words_blank(s.data[s.len - 1])) {
        s.len--;
    }
    return s;
}

void words_init(struct words *w, struct slice value)
{
    *w = (struct words){.rest = value, .at = value.data};
    skip_blanks(&w->rest);
}

static void put(struct wire_writer *out, unsigned c)
{
    uint8_t byte = (uint8_t)c;

    wire_put_bytes(out, &byte, 1);
}

static void put_utf8(struct wire_writer *out, uint32_t c)
{
    if (c < 0x80) {
        put(out, c);
    } else if (c < 0x800) {
        put(out, 0xc0 | c >> 6);
        put(out, 0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        put(out, 0xe0 | c >> 12);
        put(out, 0x80 | (c >> 6 & 0x3f));
        put(out, 0x80 | (c & 0x3f));
    } else {
        put(out, 0xf0 | c >> 18);
        put(out, 0x80 | (c >> 12 & 0x3f));
        put(out, 0x80 | (c >> 6 & 0x3f));
        put(out, 0x80 | (c & 0x3f));
    }
}

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* Exactly count digits of this base. False where they are not there. */
static bool digits(struct slice s, size_t count, uint32_t base, uint32_t *ret_v)
{
    uint32_t v = 0;

    if (s.len < count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t digit = (uint32_t)digit_of(s.data[i]);

        if (digit >= base) {
            return false;
        }
        v = v * base + digit;
    }
    *ret_v = v;
    return true;
}

/* Neither a surrogate nor a code point that is none for interchange (Unicode, 23.7). */
static bool is_character(uint32_t c)
{
    return c != 0 && c < 0x110000 && (c & 0xfffff800) != 0xd800 && (c < 0xfdd0 || c > 0xfdef) &&
           (c & 0xfffe) != 0xfffe;
}

/* The escapes of one letter; 0 where it is none. */
static uint8_t simple_escape(uint8_t c)
{
    static const char from[] = "abfnrtv\\\"'s";
    static const char to[] = "\a\b\f\n\r\t\v\\\"' ";
    const char *at = c != 0 ? strchr(from, c) : NULL;

    return at != NULL ? (uint8_t)to[at - from] : 0;
}

/* s begins behind the backslash. Returns how many bytes the escape has, or 0 where there is none such. */
static size_t escape(struct slice s, struct wire_writer *out)
{
    struct slice behind = {s.data + 1, s.len - 1};
    uint32_t v;

    if (simple_escape(*s.data) != 0) {
        put(out, simple_escape(*s.data));
        return 1;
    }
    if (*s.data == 'x' && digits(behind, 2, 16, &v) && v != 0) {
        put(out, v);
        return 3;
    }
    if (digits(s, 3, 8, &v) && v != 0 && v < 256) {
        put(out, v);
        return 3;
    }
    if ((*s.data == 'u' && digits(behind, 4, 16, &v)) ||
        (*s.data == 'U' && digits(behind, 8, 16, &v))) {
        if (is_character(v)) {
            put_utf8(out, v);
            return *s.data == 'u' ? 5 : 9;
        }
    }
    return 0;
}

/* s begins with the backslash; takes it, and what it stands before, off. */
static int backslash(struct words *w, struct slice *s, unsigned flags, struct wire_writer *out)
{
    const uint8_t *at = s->data;
    size_t len;

    s->data++;
    s->len--;
    if (s->len == 0 && !(flags & WORDS_RELAX)) {
        w->at = at;
        return -EILSEQ;
    }
    len = flags & WORDS_UNESCAPE && s->len > 0 ? escape(*s, out) : 0;
    if (len == 0) {
        if (flags & WORDS_UNESCAPE) {
            if (!(flags & WORDS_RELAX)) {
                w->at = at;
                return -EILSEQ;
            }
            w->relaxed = w->relaxed != NULL ? w->relaxed : at;
            put(out, '\\');
        }
        len = s->len > 0;
        wire_put_bytes(out, s->data, len);
    }
    s->data += len;
    s->len -= len;
    return 0;
}

int words_next(struct words *w, unsigned flags, struct wire_writer *out)
{
    struct slice s = w->rest;
    const uint8_t *quote = NULL;

    if (s.len == 0) {
        return 0;
    }
    w->at = s.data;
    w->relaxed = NULL;
    while (s.len > 0 && (quote != NULL || !words_blank(*s.data))) {
        uint8_t c = *s.data;

        if (c == '\\' && !(flags & WORDS_RETAIN)) {
            int r = backslash(w, &s, flags, out);

            if (r < 0) {
                return r;
            }
            continue;
        }
        if (flags & WORDS_UNQUOTE && quote == NULL && (c == '"' || c == '\'')) {
            quote = s.data;
        } else if (quote != NULL && c == *quote) {
            quote = NULL;
        } else {
            put(out, c);
        }
        s.data++;
        s.len--;
    }
    if (quote != NULL) {
        w->at = quote;
        return -EINVAL;
    }
    skip_blanks(&s);
    w->rest = s;
    return 1;
}
