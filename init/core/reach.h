/* SPDX-License-Identifier: MIT */
/* Whom a request is for besides the service that it names: systemd.unit(5), Requires= and Wants=. */
#ifndef CORE_REACH_H
#define CORE_REACH_H

#include "core/super.h"

/* A start, and of all that it requires or wants and that is not up. reach_boot: of every SERVICE_BOOT. */
void reach_start(struct super *s, uint32_t index);
void reach_boot(struct super *s);

/* The same where nobody asks: for Restart=, or for the second half of a restart. Cancels no stop. */
void reach_restarting(struct super *s, uint32_t index);

/* A stop, and of all that require it. */
void reach_stop(struct super *s, uint32_t index);

/* A restart, and of all that require it, run, and are not to stop. */
void reach_restart(struct super *s, uint32_t index);

#endif
