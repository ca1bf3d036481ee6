/* SPDX-License-Identifier: MIT */
/* Points in time as people write them: "10s" ago, "today", an RFC 3339 time, "@SECONDS". */
#ifndef TOOLS_TIMEWORD_H
#define TOOLS_TIMEWORD_H

#include "core/limits.h"

/*
 * "10s", "5min", "2h", "1d", "500ms", also with " ago" behind it (before now); "today" (since midnight, local time);
 * "2026-01-31T12:00:00Z" (fraction and offset as RFC 3339 has them), "@SECONDS" since 1970 (with a fraction). Wall clock in ms, or -EINVAL.
 */
msec_t timeword_parse(const char *word, msec_t now);

/* What to say of a word that is none of these, behind the word: "needs …". */
#define TIMEWORD_NEEDS \
    "needs 10s, 5min, \"2h ago\", 1d, today, a time like 2026-01-31T12:00:00Z, or @SECONDS"

#endif
