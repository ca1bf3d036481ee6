/* SPDX-License-Identifier: MIT */
/* What the fuzzers share: libFuzzer's entry point, and a rule that must hold. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "core/wire.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the fuzzer, which keeps the input, where the rule is broken. */
#define must(condition, rule) \
    do { \
        if (!(condition)) { \
            (void)fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, rule); \
            abort(); \
        } \
    } while (0)

/* True where the slice lies within the whole; an empty one may be nowhere. */
static inline bool lies_within(struct slice s, struct slice whole)
{
    return s.len == 0 || (s.data >= whole.data && s.len <= whole.len &&
                          (size_t)(s.data - whole.data) <= whole.len - s.len);
}

#endif
