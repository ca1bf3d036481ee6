/* SPDX-License-Identifier: MIT */
/* The page that all services of a measured supervisor share with the harness. */
#ifndef BENCH_PAGE_H
#define BENCH_PAGE_H

#include <stdatomic.h>
#include <stdint.h>

#define PAGE_PATH "/run/bench-page" /* on the tmpfs that the cradle mounts there */
#define PAGE_SLOTS 8192             /* instances of services in one run */

struct page {
    _Atomic uint32_t taken;   /* slots given out */
    _Atomic uint32_t count;   /* slots written; a futex */
    _Atomic uint32_t wanted;  /* the instance that makes `count` this wakes the harness */
    _Atomic uint32_t ended;   /* SIGTERM handlers run */
    _Atomic int64_t start_ns; /* CLOCK_MONOTONIC, right before the supervisor's execve */
    struct {
        int64_t first_ns; /* CLOCK_MONOTONIC, at the instance's first instruction of its own */
        int32_t pid;      /* in the supervisor's pid namespace */
    } slots[PAGE_SLOTS];
};

#endif
