/* SPDX-License-Identifier: MIT */
/* Limits that PID 1 raises for itself, and that its children get back. */
#include "sys/raise.h"

static void raise_one(int resource, struct rlimit *ret)
{
    struct rlimit limit;

    if (getrlimit(resource, ret) < 0) {
        *ret = (struct rlimit){0, 0};
        return;
    }
    limit = *ret;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(resource, &limit);
}

void raise_limits(struct raised *ret)
{
    raise_one(RLIMIT_NOFILE, &ret->files);
    raise_one(RLIMIT_FSIZE, &ret->file_size);
}

static void undo_one(int resource, struct rlimit limit, uint32_t except)
{
    if (limit.rlim_cur != limit.rlim_max && (except & 1u << resource) == 0) {
        (void)setrlimit(resource, &limit);
    }
}

void raise_undo(const struct raised *raised, uint32_t except)
{
    undo_one(RLIMIT_NOFILE, raised->files, except);
    undo_one(RLIMIT_FSIZE, raised->file_size, except);
}
