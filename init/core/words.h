/* SPDX-License-Identifier: MIT */
/* Values as words: systemd's quotes and escapes. */
#ifndef CORE_WORDS_H
#define CORE_WORDS_H

#include "core/wire.h"

/*
 * systemd.syntax(7), "QUOTING", and systemd.service(5), "COMMAND LINES", as systemd 252 reads them: quotes of
 * both kinds may begin and end anywhere in a word; escapes mean the same within quotes of either kind.
 */
enum words_flag {
    WORDS_UNQUOTE = 1 << 0, /* quotes hold a word together, and go */
    WORDS_UNESCAPE =
        1
        << 1, /* \a \b \f \n \r \t \v \\ \" \' \s \xHH \NNN \uXXXX \UXXXXXXXX become their bytes */
    WORDS_RELAX = 1 << 2,  /* an escape that there is not stays as it is */
    WORDS_RETAIN = 1 << 3, /* a backslash is a character like any other */
};

struct words {
    struct slice rest; // what has not been read yet, without blanks before it
    const uint8_t *at; // where the last word begins; of an error: what is wrong
    const uint8_t
        *relaxed; // with WORDS_RELAX: the last word's first escape that there is not; NULL: none
};

void words_init(struct words *w, struct slice value);

/*
 * Appends the next word to out. 1; 0: there is no more; -EINVAL: a quote that is not closed (at: the quote);
 * -EILSEQ: no such escape (at: its backslash). Neither of all flags: a backslash goes, what it stands before
 * stays, as systemd has it. A word is never longer than what it was read from.
 */
int words_next(struct words *w, unsigned flags, struct wire_writer *out);

/* True for what separates words. */
bool words_blank(uint8_t c);

/* Without the blanks before and behind it. */
struct slice words_strip(struct slice s);

#endif
