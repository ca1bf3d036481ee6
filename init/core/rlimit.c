/* SPDX-License-Identifier: MIT */
/* Limits of resources as units write them. */
#include "core/rlimit.h"

#include "core/value.h"
#include "core/words.h"

#include <errno.h>
#include <sys/resource.h>

_Static_assert(RLIMIT_COUNT == RLIM_NLIMITS, "the resources are the kernel's");

#define NICE_LIMIT 20 /* RLIMIT_NICE is 20 less the nice value: setrlimit(2) */

static bool parse_nice(struct slice s, uint64_t *ret_v)
{
    bool lower = s.len > 0 && *s.data == '-';
    bool higher = s.len > 0 && *s.data == '+';
    uint64_t v;

    if (lower || higher) {
        s.data++;
        s.len--;
    }
    if (!value_number(s, &v) || v > (lower ? 20 : higher ? 19 : 40)) {
        return false;
    }
    *ret_v = lower ? NICE_LIMIT + v : higher ? NICE_LIMIT - v : v;
    return true;
}

static bool parse_one(unsigned resource, struct slice s, uint64_t *ret_v)
{
    uint64_t us;

    s = words_strip(s);
    if (slice_equals(s, "infinity")) {
        *ret_v = RLIMIT_NONE;
        return true;
    }
    switch (resource) {
    case RLIMIT_CPU:
        if (!value_time(s, VALUE_SECOND, &us)) {
            return false;
        }
        *ret_v = us / VALUE_SECOND + (us % VALUE_SECOND != 0);
        return true;
    case RLIMIT_RTTIME:
        return value_time(s, 1, ret_v);
    case RLIMIT_NICE:
        return parse_nice(s, ret_v);
    case RLIMIT_NOFILE:
    case RLIMIT_NPROC:
    case RLIMIT_LOCKS:
    case RLIMIT_SIGPENDING:
    case RLIMIT_RTPRIO:
        return value_number(s, ret_v) && *ret_v != RLIMIT_NONE;
    default:
        return value_size(s, ret_v);
    }
}

int rlimit_parse(unsigned resource, struct slice s, uint64_t *ret_soft, uint64_t *ret_hard)
{
    const uint8_t *colon = s.len > 0 ? memchr(s.data, ':', s.len) : NULL;
    size_t first = colon != NULL ? (size_t)(colon - s.data) : s.len;
    struct slice rest = {s.data + first + 1, s.len - first - (colon != NULL)};
    uint64_t soft;
    uint64_t hard;

    if (!parse_one(resource, (struct slice){s.data, first}, &soft)) {
        return -EINVAL;
    }
    hard = soft;
    if (colon != NULL && !parse_one(resource, rest, &hard)) {
        return -EINVAL;
    }
    if (soft > hard) {
        return -ERANGE;
    }
    *ret_soft = soft;
    *ret_hard = hard;
    return 0;
}
