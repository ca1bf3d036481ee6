/* SPDX-License-Identifier: MIT */
/* Where the numbers of a unit image lie: for what writes and what reads it, and for nobody else. */
#ifndef CORE_UNITLAYOUT_H
#define CORE_UNITLAYOUT_H

#include "core/unitimage.h"

#define UNITLAYOUT_MAGIC "porthole units 1"
#define UNITLAYOUT_MAGIC_BYTES 16

/* Where the header's numbers lie. */
enum { AT_SIZE = 16, AT_COUNT = 20, AT_ZERO = 24 };

/* Where a record's numbers lie. A list is u32 where it begins, u32 how many indexes (or bytes). */
enum {
    AT_NAME = 0,
    AT_DESCRIPTION = 4,
    AT_FLAGS = 8,
    AT_TYPE = 12,
    AT_RESTART = 13,
    AT_KILL_MODE = 14,
    AT_KILL_SIGNAL = 15,
    AT_COMMANDS = 16, // u16 each
    AT_BURST = 28,
    AT_RESTART_MS = 32,
    AT_TIMEOUT_START = 40,
    AT_TIMEOUT_STOP = 48,
    AT_INTERVAL = 56,
    AT_OK_SIGNALS = 64,
    AT_CODES = 72,
    AT_LISTS = 104, // u64 each, in the order of enum list
    AT_EXEC = 144,
    AT_END = 152 // zero from here on
};

enum unitlayout_list {
    LIST_REQUIRES,
    LIST_WANTS,
    LIST_AFTER,
    LIST_BEFORE,
    LIST_REQUIRED_BY,
    LIST_COUNT
};

/* False where an index is out of range, or the slice is no list. */
bool unitlayout_indexes_ok(struct slice list, uint32_t count);

#endif
