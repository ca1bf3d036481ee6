/* SPDX-License-Identifier: MIT */
/* Limits of resources as units write them: "soft:hard" in the unit that each resource has. */
#ifndef CORE_RLIMIT_H
#define CORE_RLIMIT_H

#include "core/wire.h"

#define RLIMIT_COUNT 16        /* resources, as setrlimit(2) numbers them */
#define RLIMIT_NONE UINT64_MAX /* infinity */

/* 0; -EINVAL: no such value; -ERANGE: the soft limit is above the hard one. systemd.exec(5), LimitCPU=. */
int rlimit_parse(unsigned resource, struct slice s, uint64_t *ret_soft, uint64_t *ret_hard);

#endif
