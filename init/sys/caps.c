/* SPDX-License-Identifier: MIT */
/* Capabilities of this process, through libcap. */
#include "sys/caps.h"

#include <errno.h>
#include <stddef.h>
#include <sys/capability.h>

/* More than the kernel will have for years; bits above CAP_LAST_CAP are refused by it or ignored. */
#define CAP_BITS 64

static int last_cap(void)
{
    int bits = (int)cap_max_bits();

    return bits < CAP_BITS ? bits : CAP_BITS;
}

uint64_t caps_effective(void)
{
    cap_t caps = cap_get_proc();
    uint64_t set = 0;

    if (caps == NULL) {
        return 0;
    }
    for (int cap = 0; cap < last_cap(); cap++) {
        cap_flag_value_t value = CAP_CLEAR;

        if (cap_get_flag(caps, cap, CAP_EFFECTIVE, &value) == 0 && value == CAP_SET) {
            set |= UINT64_C(1) << cap;
        }
    }
    (void)cap_free(caps);
    return set;
}

static int set_flags(cap_t caps, const cap_flag_t *flags, size_t count, uint64_t set)
{
    for (int cap = 0; cap < last_cap(); cap++) {
        cap_value_t value = cap;

        if ((set >> cap & 1) == 0) {
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            if (cap_set_flag(caps, flags[i], 1, &value, CAP_SET) < 0) {
                return -errno;
            }
        }
    }
    return 0;
}

int caps_raise_ambient(void)
{
    static const cap_flag_t flags[] = {CAP_INHERITABLE};
    uint64_t have = caps_effective();
    cap_t caps = cap_get_proc();
    int r;

    if (caps == NULL) {
        return -errno;
    }
    r = set_flags(caps, flags, 1, have);
    if (r == 0 && cap_set_proc(caps) < 0) {
        r = -errno;
    }
    (void)cap_free(caps);
    for (int cap = 0; r == 0 && cap < last_cap(); cap++) {
        if ((have >> cap & 1) != 0 && cap_set_ambient(cap, CAP_SET) < 0) {
            r = -errno;
        }
    }
    return r;
}

int caps_bound(uint64_t have, uint64_t keep)
{
    for (int cap = 0; cap < last_cap(); cap++) {
        if ((have & ~keep) >> cap & 1 && cap_drop_bound(cap) < 0) {
            return -errno;
        }
    }
    return 0;
}

int caps_set(uint64_t keep)
{
    static const cap_flag_t flags[] = {CAP_PERMITTED, CAP_EFFECTIVE};
    cap_t caps = cap_init();
    int r;

    if (caps == NULL) {
        return -errno;
    }
    r = set_flags(caps, flags, 2, keep);
    if (r == 0 && cap_set_proc(caps) < 0) {
        r = -errno;
    }
    (void)cap_free(caps);
    if (r == 0 && cap_reset_ambient() < 0 && errno != EINVAL) {
        r = -errno;
    }
    return r;
}
