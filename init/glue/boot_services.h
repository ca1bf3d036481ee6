/* SPDX-License-Identifier: MIT */
/* The services of a launched container: what the plan says of them, for the loader. */
#ifndef GLUE_BOOT_SERVICES_H
#define GLUE_BOOT_SERVICES_H

#include "core/plan.h"
#include "glue/init.h"

/* The plan has services, with or without a command. */
bool boot_has_services(const struct plan *plan);

/*
 * Begins to load them. size: of the whole plan, in bytes; out is where their lines go (taken; -1: nowhere). 0 or
 * -errno.
 */
int boot_services(struct init *in, const struct plan *plan, size_t size, int out);

#endif
