/* SPDX-License-Identifier: MIT */
/* Clocks, in milliseconds. */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include "core/limits.h"

msec_t clock_monotonic(void); /* CLOCK_MONOTONIC */
msec_t clock_wall(void);      /* CLOCK_REALTIME, since 1970 */

#endif
