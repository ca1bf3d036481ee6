/* SPDX-License-Identifier: MIT */
/* Reading environment files, assignment by assignment. */
#include "core/envfile.h"

#include <errno.h>

/* A carriage return alone ends a line too: with CRLF the newline then ends an empty one. */
#define NEWLINES "\n\r"
#define BLANKS " \t" NEWLINES

/* An assignment as it grows: bytes that do not fit are counted, not kept. */
struct draft {
    char *buf; // the caller's
    size_t cap;
    size_t len;
    size_t kept;     // len without the blanks that end an unquoted value
    uint32_t scalar; // of the UTF-8 sequence that is open
    uint32_t least;  // below it the sequence would be longer than it need be
    unsigned missing;
    bool bad;
};

static bool is_in(uint8_t c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

static bool next_byte(struct slice *text, uint8_t *ret_c)
{
    if (text->len == 0) {
        return false;
    }
    *ret_c = *text->data++;
    text->len--;
    return true;
}

static bool is_name(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.data[i];

        if (c != '_' && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
            !(i > 0 && c >= '0' && c <= '9')) {
            return false;
        }
    }
    return s.len > 0;
}

/* The first byte of a sequence, which says how many follow. */
static void begin_scalar(struct draft *d, uint8_t c)
{
    if (c >= 0xc0 && c < 0xe0) {
        d->missing = 1;
        d->scalar = c & 0x1fu;
        d->least = 0x80;
    } else if (c >= 0xe0 && c < 0xf0) {
        d->missing = 2;
        d->scalar = c & 0x0fu;
        d->least = 0x800;
    } else if (c >= 0xf0 && c < 0xf8) {
        d->missing = 3;
        d->scalar = c & 0x07u;
        d->least = 0x10000;
    } else {
        d->bad = d->bad || c == 0 || c >= 0x80;
    }
}

/* What systemd takes for text: scalar values that are characters (U+FDD0 to U+FDEF and U+xxFFFE, U+xxFFFF are none). */
static bool is_character(uint32_t scalar)
{
    return scalar <= 0x10ffff && !(scalar >= 0xd800 && scalar <= 0xdfff) &&
           !(scalar >= 0xfdd0 && scalar <= 0xfdef) && (scalar & 0xfffe) != 0xfffe;
}

static void check_byte(struct draft *d, uint8_t c)
{
    if (d->missing == 0) {
        begin_scalar(d, c);
        return;
    }
    if ((c & 0xc0) != 0x80) {
        d->bad = true;
        return;
    }
    d->scalar = d->scalar << 6 | (c & 0x3fu);
    if (--d->missing == 0 && (d->scalar < d->least || !is_character(d->scalar))) {
        d->bad = true;
    }
}

/* A byte that may turn out to be a blank at the end. */
static void put_blank(struct draft *d, uint8_t c)
{
    if (d->len < d->cap) {
        d->buf[d->len] = (char)c;
    }
    d->len++;
    check_byte(d, c);
}

static void put(struct draft *d, uint8_t c)
{
    put_blank(d, c);
    d->kept = d->len;
}

/* A comment goes on in the next line where a backslash ends the first: systemd 252 has it so. */
static void skip_comment(struct slice *text)
{
    uint8_t c;

    while (next_byte(text, &c) && !is_in(c, NEWLINES)) {
        if (c == '\\') {
            (void)next_byte(text, &c);
        }
    }
}

/* Takes "KEY =" off the text. False where the line or the text ends first; no backslash continues a key. */
static bool take_key(struct slice *text, struct slice *ret_key)
{
    struct slice key = {text->data, 0};
    uint8_t c;

    while (next_byte(text, &c) && !is_in(c, NEWLINES)) {
        // A line's first byte belongs to the key, whatever it is: "=K=V" is no assignment.
        if (c == '=' && text->data - 1 > key.data) {
            key.len = (size_t)(text->data - 1 - key.data);
            while (is_in(key.data[key.len - 1], BLANKS)) {
                key.len--;
            }
            *ret_key = key;
            return true;
        }
    }
    return false;
}

static void take_single_quoted(struct slice *text, struct draft *d)
{
    uint8_t c;

    while (next_byte(text, &c) && c != '\'') {
        put(d, c);
    }
}

static void take_double_quoted(struct slice *text, struct draft *d)
{
    uint8_t c;

    while (next_byte(text, &c) && c != '"') {
        if (c != '\\') {
            put(d, c);
            continue;
        }
        if (!next_byte(text, &c)) {
            return;
        }
        if (c != '\n') {
            if (!is_in(c, "\"\\`$")) {
                put(d, '\\');
            }
            put(d, c);
        }
    }
}

/*
 * The value, to the end of its line. Quotes open only before the first byte outside of quotes: after that they are
 * bytes like others, and blanks count. Until then blanks count nowhere: 'a' 'b' is "ab".
 */
static void take_value(struct slice *text, struct draft *d)
{
    bool plain = false;
    uint8_t c;

    while (next_byte(text, &c) && !is_in(c, NEWLINES)) {
        if (c == '\\') {
            plain = true;
            d->kept =
                d->len; // blanks before a backslash stay, also where a line or the text ends at it
            if (next_byte(text, &c) && !is_in(c, NEWLINES)) {
                put(d, c);
            }
        } else if (!plain && c == '\'') {
            take_single_quoted(text, d);
        } else if (!plain && c == '"') {
            take_double_quoted(text, d);
        } else if (!is_in(c, BLANKS)) {
            plain = true;
            put(d, c);
        } else if (plain) {
            put_blank(d, c);
        }
    }
}

long envfile_next(struct slice *text, char *buf, size_t cap, unsigned *passed)
{
    while (text->len > 0) {
        struct draft d = {.buf = buf, .cap = cap};
        struct slice key;

        if (is_in(*text->data, "#;")) {
            skip_comment(text);
            continue;
        }
        if (is_in(*text->data, BLANKS)) {
            text->data++;
            text->len--;
            continue;
        }
        if (!take_key(text, &key)) {
            continue;
        }
        for (size_t i = 0; i < key.len; i++) {
            put(&d, key.data[i]);
        }
        put(&d, '=');
        take_value(text, &d);
        if (!is_name(key) || d.bad || d.missing > 0) {
            if (passed != NULL) {
                ++*passed;
            }
            continue;
        }
        if (d.kept >= cap) {
            return -ENAMETOOLONG;
        }
        buf[d.kept] = 0;
        return (long)d.kept;
    }
    return 0;
}
