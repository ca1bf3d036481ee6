/* SPDX-License-Identifier: MIT */
/* One service's processes: starting, signalling, and knowing when none is left. */
#ifndef GLUE_SERVICE_RUN_H
#define GLUE_SERVICE_RUN_H

#include "glue/services.h"

struct strays;

/* Forks the command that the service's machine wants run, and tells it how that went. */
void service_run(struct init *in, uint32_t index, msec_t now);

/* Sends what the machine wants sent, to whom it says. */
void service_signal(struct init *in, uint32_t index);

/* The machine is told of an exec that has happened, where somebody waits for that (Type=exec). gone: it was reaped. */
void service_execed(struct init *in, uint32_t index, bool gone, msec_t now);

/* The same for all of which poll(2) says so. */
void service_execs(struct init *in, msec_t now);

/* After a swap of units: the service has another index now. */
void service_rewatch(struct init *in, uint32_t index);

/* Was it a child that signalled a service's strays? Then it is the others' turn. */
bool service_swept(struct init *in, pid_t pid);

/*
 * Both of its processes have ended: the machine is told if nobody else of it is left, in its leaf of the cgroup, or
 * without one in its groups, nor, as far as strays go, in its sessions. False where somebody is.
 */
bool service_settle(struct init *in, uint32_t index, struct strays *strays, msec_t now);

#endif
