/* SPDX-License-Identifier: MIT */
/* What the launcher does for PID 1 while that isolates itself: on another processor it costs no time. */
#ifndef TOOLS_ASSIST_H
#define TOOLS_ASSIST_H

#include "spec.h"

/*
 * For a PID 1 that is in a mount namespace of its own: makes the trees of the plan (enum plan_tree) and
 * hands them over on sync, then brings up loopback through the socket that PID 1 has sent (-1: none).
 * What fails is told to PID 1, which reports it as the step that waits for it. Not where the container
 * has a user namespace of its own: there PID 1 does all of it.
 */
void assist(const struct spec *s, int sync, int net);

#endif
