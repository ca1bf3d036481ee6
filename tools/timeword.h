/* SPDX-License-Identifier: MIT */
/* Points in time as people write them: "10s" ago, an RFC 3339 time, "@SECONDS". */
#ifndef TOOLS_TIMEWORD_H
#define TOOLS_TIMEWORD_H

#include "core/limits.h"

/*
 * "10s", "5min", "2h", "1d", "500ms" (before now), "2026-01-31T12:00:00Z" (fraction and offset as RFC 3339 has
 * them), "@SECONDS" since 1970 (with a fraction). Wall clock in ms, or -EINVAL.
 */
msec_t timeword_parse(const char *word, msec_t now);

#endif
