/* SPDX-License-Identifier: MIT */
/* The service of every supervisor: notes its start in the shared page, and waits for SIGTERM, which it counts. */
#define _GNU_SOURCE
#include "page.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define FAILED 111

static struct page *page;

static void on_term(int number)
{
    (void)number;
    atomic_fetch_add(&page->ended, 1);
    _exit(0);
}

/* Takes no argument and reads no environment: so that each supervisor can start it without a shell. */
int main(void)
{
    const struct sigaction term = {.sa_handler = on_term};
    struct timespec now;
    uint32_t slot;
    int fd;

    clock_gettime(CLOCK_MONOTONIC, &now);
    fd = open(PAGE_PATH, O_RDWR | O_CLOEXEC);
    page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd < 0 || page == MAP_FAILED)
        return FAILED;
    close(fd);
    sigaction(SIGTERM, &term, NULL);
    slot = atomic_fetch_add(&page->taken, 1);
    if (slot >= PAGE_SLOTS)
        return FAILED;
    page->slots[slot].first_ns = now.tv_sec * NS_PER_S + now.tv_nsec;
    page->slots[slot].pid = getpid();
    if (atomic_fetch_add(&page->count, 1) + 1 == atomic_load(&page->wanted))
        syscall(SYS_futex, &page->count, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    for (;;)
        pause();
}
