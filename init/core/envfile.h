/* SPDX-License-Identifier: MIT */
/* Environment files: EnvironmentFile= of systemd.exec(5). */
#ifndef CORE_ENVFILE_H
#define CORE_ENVFILE_H

#include "core/wire.h"

/*
 * The rules are those of systemd 252, also where its manual is silent:
 *   - a line ends at a newline or a carriage return;
 *   - "#" and ";" begin a comment only where a line begins; a backslash at its end continues the comment;
 *   - quotes open only before the first byte of a value that is outside of quotes ("x'y'" keeps them); until then
 *     blanks count nowhere ('a' 'b' is "ab"); a quote that is never closed holds the rest of the text;
 *   - blanks at the end of a value are dropped, but for quoted ones and those before a backslash.
 * One rule is not: systemd refuses a whole file for one zero byte or for what is not UTF-8, here it is that
 * assignment alone that is passed over.
 */

/*
 * Takes the next assignment off *text: "K=V" with quotes, escapes and continuations resolved, written to buf with a
 * closing zero. Lines that are none (comments, blank ones, an invalid name) are passed over, as systemd does. Where
 * a name is there twice both are returned: the later one counts. *passed (NULL: nobody asks) grows by the assignments that
 * were passed over for their name or their bytes.
 * Returns its length, 0 at the end, or -ENAMETOOLONG where it does not fit into cap (it is taken all the same, and
 * what buf holds then is of no use).
 */
long envfile_next(struct slice *text, char *buf, size_t cap, unsigned *passed);

#endif
