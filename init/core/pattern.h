/* SPDX-License-Identifier: MIT */
/* File name patterns: glob(7) for one component. */
#ifndef CORE_PATTERN_H
#define CORE_PATTERN_H

#include <stdbool.h>

/* The word has "*", "?" or "[" in it. */
bool pattern_is(const char *word);

/*
 * "*" is any run of characters, "?" any one, "[a-z]" one of a set, "[!a-z]" one that is not in it, a backslash takes the
 * next as it is. A "[" without an end is itself. A name that begins with a dot is matched by a dot only. In linear
 * space, and in time at most the product of the two lengths.
 */
bool pattern_matches(const char *pattern, const char *name);

#endif
