/* SPDX-License-Identifier: MIT */
/* Capabilities of this process, through libcap. */
#include "sys/caps.h"

#include <errno.h>
#include <stddef.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* More than the kernel will have for years; bits above CAP_LAST_CAP are refused by it or ignored. */
#define CAP_BITS 64

static int last_cap(void)
{
    int bits = (int)cap_max_bits();

    return bits < CAP_BITS ? bits : CAP_BITS;
}

/* Both halves of the sets of this process, as capget(2) has them. */
static int read_sets(struct __user_cap_data_struct *ret_sets)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

    return syscall(SYS_capget, &header, ret_sets) < 0 ? -errno : 0;
}

/*
 * capset(2) itself: libcap's cap_set_proc() takes its sets from the heap, and PID 1, which calls this
 * for itself, has none: it would cost two pages for good.
 */
static int write_sets(uint64_t permitted, uint64_t inheritable)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

    for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        sets[i].permitted = sets[i].effective = (uint32_t)(permitted >> (32 * i));
        sets[i].inheritable = (uint32_t)(inheritable >> (32 * i));
    }
    return syscall(SYS_capset, &header, sets) < 0 ? -errno : 0;
}

uint64_t caps_effective(void)
{
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

    if (read_sets(sets) < 0) {
        return 0;
    }
    return sets[0].effective | (uint64_t)sets[1].effective << 32;
}

int caps_raise_ambient(void)
{
    uint64_t have = caps_effective();
    int r = write_sets(have, have);

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
    int r = write_sets(keep, 0);

    // libcap's cap_reset_ambient() asks for each of the 41 first. EINVAL: a kernel without the set.
    if (r == 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL) {
        r = -errno;
    }
    return r;
}

int caps_set_ambient(uint64_t keep, uint64_t ambient)
{
    int r;

    if (ambient == 0) {
        return caps_set(keep);
    }
    r = write_sets(keep | ambient, ambient);
    for (int cap = 0; r == 0 && cap < last_cap(); cap++) {
        if ((ambient >> cap & 1) != 0 && cap_set_ambient(cap, CAP_SET) < 0) {
            r = -errno;
        }
    }
    return r;
}
