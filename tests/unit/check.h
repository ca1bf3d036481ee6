/* SPDX-License-Identifier: MIT */
/* What the unit tests share: cmocka with what it needs before it, and slices of strings. */
#ifndef UNIT_CHECK_H
#define UNIT_CHECK_H

#include "core/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Fails with a message that says what was expected, in the words of the test. */
#define expect(condition, ...) \
    do { \
        if (!(condition)) { \
            fail_msg(__VA_ARGS__); \
        } \
    } while (0)

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The bytes of a string literal, without its closing zero; zeros inside count. */
#define SLICE(literal) ((struct slice){(const uint8_t *)(literal), sizeof(literal) - 1})

/* "%.*s" of a slice. */
#define SHOW(s) (int)(s).len, (s).len > 0 ? (const char *)(s).data : ""

static inline struct slice slice_of(const char *string)
{
    return (struct slice){(const uint8_t *)string, strlen(string)};
}

/* A copy of exactly this size, so that the address sanitizer sees the first byte read too far. */
static inline struct slice exact_copy(const void *data, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);

    assert_non_null(copy);
    if (len > 0) {
        memcpy(copy, data, len);
    }
    return (struct slice){copy, len};
}

static inline void exact_free(struct slice s)
{
    free((void *)(uintptr_t)s.data);
}

#endif
