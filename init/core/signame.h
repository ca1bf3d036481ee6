/* SPDX-License-Identifier: MIT */
/* Signal names and numbers of Linux, as people write them. */
#ifndef CORE_SIGNAME_H
#define CORE_SIGNAME_H

#include <stdbool.h>
#include <stddef.h>

#define SIGNAME_MAX 12 /* bytes, "RTMIN+30" and its zero fit */

/*
 * "TERM", "SIGTERM", "sigterm", "15", "RTMIN+3", "SIGRTMAX-1": returns the number (1 to 64),
 * or -EINVAL. RTMIN is 34 and RTMAX 64, as every Linux C library has them: this is what a
 * container's manual means, whatever library it was built with (signal(7)).
 */
int signame_parse(const char *word);

/*
 * "TERM" for 15, "RTMIN+3" for 37; "?" for a number that has no name (32 and 33 are the C libraries'
 * own). buf holds SIGNAME_MAX.
 */
const char *signame_format(int number, char *buf);

#endif
