/* SPDX-License-Identifier: MIT */
/* Paths put together from their parts. */
#include "path.h"

#include <errno.h>
#include <string.h>

int path_join(char *buf, size_t cap, const char *const *parts)
{
    size_t used = 0;

    buf[0] = 0;
    for (; *parts != NULL; parts++) {
        size_t len = strlen(*parts);
        size_t room = cap - 1 - used;

        memcpy(buf + used, *parts, len < room ? len : room);
        used += len < room ? len : room;
        buf[used] = 0;
        if (len > room) {
            return -ENAMETOOLONG;
        }
    }
    return 0;
}

const char *path_number(char buf[PATH_NUMBER], unsigned number)
{
    size_t at = PATH_NUMBER - 1;

    buf[at] = 0;
    do {
        buf[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return buf + at;
}
