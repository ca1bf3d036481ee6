/* SPDX-License-Identifier: MIT */
/* What PID 1 still does when the life is over: the last lines, the exit code for whoever asks, sockets that go. */
#ifndef GLUE_FAREWELL_H
#define GLUE_FAREWELL_H

#include "glue/init.h"

/*
 * Waits until the log worker has written what services wrote (LOG_END_MS at most, LOG_END_ASKED_MS where somebody wants
 * the end), removes cgroups and the entrypoint's sockets, and tells the monitor last: from then on nobody can reach the
 * container.
 */
void farewell(struct init *in);

#endif
