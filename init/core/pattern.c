/* SPDX-License-Identifier: MIT */
/* File name patterns: glob(7) for one component. */
#include "core/pattern.h"

#include <stddef.h>
#include <string.h>

bool pattern_is(const char *word)
{
    return word[strcspn(word, "*?[")] != 0;
}

/* Behind the "]" of the set that begins at p, or NULL where it has none; *ret_in says whether c is one of it. */
static const char *match_set(const char *p, char c, bool *ret_in)
{
    const unsigned char byte = (unsigned char)c;
    bool inverted = *++p == '!' || *p == '^';
    bool in = false;

    p += inverted;
    for (const char *first = p; *p != ']' || p == first;
         p++) { // a "]" that comes first is one of the set
        if (*p == 0) {
            return NULL;
        }
        if (p[1] == '-' && p[2] != ']' && p[2] != 0) {
            in |= (unsigned char)p[0] <= byte && byte <= (unsigned char)p[2];
            p += 2;
        } else {
            in |= *p == c;
        }
    }
    *ret_in = in != inverted;
    return p + 1;
}

/* One character of the name against what the pattern begins with, which is no "*". NULL where they differ. */
static const char *match_one(const char *p, char c)
{
    bool in;

    if (*p == '?') {
        return p + 1;
    }
    if (*p == '[') {
        const char *end = match_set(p, c, &in);

        if (end != NULL) {
            return in ? end : NULL;
        }
    }
    p += *p == '\\' && p[1] != 0;
    return *p == c ? p + 1 : NULL;
}

bool pattern_matches(const char *pattern, const char *name)
{
    const char *star = NULL; // behind the last "*": what it stands for may be made longer
    const char *from = NULL; // of the name, where that begins to match again

    if (name[0] == '.' && pattern[0] != '.') {
        return false;
    }
    while (*name != 0) {
        const char *next = *pattern != 0 && *pattern != '*' ? match_one(pattern, *name) : NULL;

        if (*pattern == '*') {
            star = ++pattern;
            from = name;
        } else if (next != NULL) {
            pattern = next;
            name++;
        } else if (star != NULL) {
            pattern = star;
            name = ++from;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == 0;
}
