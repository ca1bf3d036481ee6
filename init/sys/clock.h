/* SPDX-License-Identifier: MIT */
/* Clocks, in milliseconds. */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include "core/limits.h"

msec_t clock_monotonic(void); /* CLOCK_MONOTONIC */
int64_t clock_micro(void);    /* the same in microseconds */
msec_t clock_wall(void);      /* CLOCK_REALTIME, since 1970 */

#endif
