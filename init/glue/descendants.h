/* SPDX-License-Identifier: MIT */
/* Signalling every descendant, for an init that is not PID 1 and must not touch anybody else's. */
#ifndef GLUE_DESCENDANTS_H
#define GLUE_DESCENDANTS_H

#include <sys/types.h>

/*
 * Sends number to all descendants of the calling process, from a child of it: reading /proc is not
 * for the loop. That child's pid, to be waited for, or -errno. Processes that are forked meanwhile may be missed; what they leave is adopted by the
 * caller, a subreaper, and found the next time.
 */
pid_t descendants_signal(int number);

#endif
