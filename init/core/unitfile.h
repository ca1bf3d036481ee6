/* SPDX-License-Identifier: MIT */
/* The lines of a unit file: sections and assignments, with the place where each byte of them was written. */
#ifndef CORE_UNITFILE_H
#define CORE_UNITFILE_H

#include "core/arena.h"

#define UNITFILE_LINE_MAX \
    (1u << 20) /* bytes, also of a line that goes on over several: systemd's limit */

/*
 * systemd.syntax(7), as systemd 252 reads it: a line ends with \n, \r, or both; it goes on in the next one where
 * it ends with an odd number of backslashes, the last of which stands for a blank; lines that begin with # or ;
 * are comments, and are skipped between the parts of a line too. A byte order mark before all is skipped.
 */
enum unitfile_kind {
    UNITFILE_SECTION, /* key: what stands between the brackets */
    UNITFILE_ASSIGNMENT,
    UNITFILE_BAD, /* text: why; no line of it is used */
};

struct unitfile_line {
    enum unitfile_kind kind;
    struct slice all; // without the blanks around it; key and value lie within it
    struct slice key;
    struct slice value;
    const char *text;  // of UNITFILE_BAD
    const uint8_t *at; // of UNITFILE_BAD: what is wrong
    bool fatal;        // of UNITFILE_BAD: systemd does not load such a file
};

/* A line as it lies in the file. */
struct unitfile_part {
    struct slice bytes;
    uint32_t line;
};

struct unitfile {
    struct slice text; // borrowed
    struct arena *arena;
    size_t next; // where the next line begins
    uint32_t line;
    // of the line that was read last:
    struct unitfile_part first;
    size_t behind_first;
    const uint8_t *joined; // in the arena; NULL: it is not of several parts
    // where the last position was: they mostly come in order
    struct unitfile_part part;
    size_t behind_part;
    size_t part_offset;
};

void unitfile_init(struct unitfile *f, struct slice text, struct arena *arena);

/* The next line that is neither blank nor a comment. 1; 0: there is none; -ENOMEM. */
int unitfile_next(struct unitfile *f, struct unitfile_line *ret_line);

/* Where a byte of the last line is in the file: both from 1. `at` may be just behind the line's end. */
void unitfile_position(struct unitfile *f, const uint8_t *at, uint32_t *ret_line,
                       uint32_t *ret_column);

#endif
