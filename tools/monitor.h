/* SPDX-License-Identifier: MIT */
/* The monitor: watches a container from the host, writes its audit trail, clears up after it. */
#ifndef TOOLS_MONITOR_H
#define TOOLS_MONITOR_H

#include "commands.h"
#include "core/proto.h"

/* Appends an AUDIT datagram to ROOT/audit.log as a JSON line. What cannot be written is dropped. */
void monitor_audit(const char *root, const char *name, const struct proto_msg *m);

/*
 * Starts a monitor for a detached container whose own was killed: a process of its own, which ends
 * with the container. Returns at once; where another client was first, nothing happens.
 */
void monitor_replace(const struct context *ctx, const char *name);

/* Gives up what ties a process to its caller: session, directory, streams. */
void monitor_detach_self(void);

#endif
