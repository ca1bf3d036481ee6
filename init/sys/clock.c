/* SPDX-License-Identifier: MIT */
/* Clocks, in milliseconds. */
#include "sys/clock.h"

#include <time.h>

static msec_t read_clock(clockid_t id)
{
    struct timespec t = {0, 0};

    (void)clock_gettime(id, &t); // fails only for a clock that does not exist
    return (msec_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

msec_t clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

msec_t clock_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}
