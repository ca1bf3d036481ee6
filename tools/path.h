/* SPDX-License-Identifier: MIT */
/* Paths put together from their parts. */
#ifndef TOOLS_PATH_H
#define TOOLS_PATH_H

#include <stddef.h>

#define PATH_NUMBER 12 /* bytes that path_number() needs */

/*
 * One string after the other, up to NULL. 0, or -ENAMETOOLONG with as much in buf (zero-terminated) as fits.
 * A launch does this six times: printf(3) would be most of what it computes.
 */
int path_join(char *buf, size_t cap, const char *const *parts);
#define PATH_JOIN(buf, cap, ...) path_join((buf), (cap), (const char *const[]){__VA_ARGS__, NULL})

/* A number in decimal, written from the end of the buffer. Returns where it begins. */
const char *path_number(char buf[PATH_NUMBER], unsigned number);

#endif
