/* SPDX-License-Identifier: MIT */
/* The log ring: what services wrote, in shared memory that outlives whoever writes it. */
#ifndef CORE_LOGRING_H
#define CORE_LOGRING_H

#include "core/limits.h"
#include "core/wire.h"

#include <stdbool.h>

/*
 * A memfd of LOGRING_HEADER + size bytes that PID 1 makes and never maps. The log worker maps it to write, a
 * client (`porthole logs`) to read, at the same time and without a lock: see logring.c for the order of stores.
 */
#define LOGRING_HEADER 4096

enum log_stream { LOG_STDOUT = 1, LOG_STDERR = 2 };

#endif
