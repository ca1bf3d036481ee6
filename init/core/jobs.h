/* SPDX-License-Identifier: MIT */
/* One job a service: giving it, ending it, and the queue of those to look at. For super.c and reach.c. */
#ifndef CORE_JOBS_H
#define CORE_JOBS_H

#include "core/super.h"

struct service_conf jobs_conf(const struct super *s, uint32_t index);

/* Queues a service, once; takes away the first of the queue, which must not be empty. */
void jobs_look_at(struct super *s, uint32_t index);
void jobs_look_away(struct super *s);

/* Queues all that are ordered around a service and have a job: what they wait for may have changed. */
void jobs_look_at_neighbours(struct super *s, uint32_t index);

/* What is asked for last holds; what was asked for already, goes on. again: Restart= asks, not somebody. */
void jobs_give(struct super *s, uint32_t index, enum job_kind kind, bool again);

/* culprit: whose failure it is, or SUPER_NONE. */
void jobs_end(struct super *s, uint32_t index, enum job_result result, uint32_t culprit);

#endif
