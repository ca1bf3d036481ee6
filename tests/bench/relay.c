/* SPDX-License-Identifier: MIT */
/*
 * What an entrypoint does while it runs: passing signals on, and reaping. relay signals|orphans COUNT INIT [ARG...]
 * starts INIT as PID 1 of a pid namespace with this program as its command, and prints one line:
 *
 *   signals: median and 99th percentile in ns, from kill(2) of INIT to the first instruction of the command's handler
 *   orphans: ns of INIT's own CPU for COUNT orphans that end while it lives, and the zombies that are left
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define LIMIT_NS (10 * NS_PER_S)
#define PAUSE_NS 200000 /* between two signals: everybody sleeps again */
#define PAGE_FD 200     /* the shared page, in the command */
#define COUNT_MAX 1000000
#define FAILED 111

struct page {
    _Atomic uint32_t up;
    _Atomic uint32_t count; /* handlers run */
    _Atomic int64_t handled_ns;
    _Atomic uint32_t made; /* orphans that have been made */
};

static struct page *page;

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void nap(int64_t ns)
{
    struct timespec t = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};

    (void)nanosleep(&t, NULL);
}

static void fail(const char *what)
{
    fprintf(stderr, "relay: %s\n", what);
    exit(FAILED);
}

/* ---- the command ---- */

static void on_signal(int number)
{
    (void)number;
    atomic_store(&page->handled_ns, now_ns());
    atomic_fetch_add(&page->count, 1);
}

static void take_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGUSR1, &action, NULL);
    atomic_store(&page->up, 1);
    for (;;)
        pause();
}

/* Each is the child of a child that ends at once: PID 1 inherits it, and it ends. */
static void make_orphans(long count)
{
    for (long i = 0; i < count; i++) {
        pid_t pid = vfork();

        if (pid == 0) {
            if (vfork() == 0)
                _exit(0);
            _exit(0);
        }
        if (pid < 0)
            _exit(FAILED);
        (void)waitpid(pid, NULL, 0);
        atomic_fetch_add(&page->made, 1);
    }
    atomic_store(&page->up, 1);
    for (;;)
        pause();
}

static int command(const char *what, long count)
{
    page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, PAGE_FD, 0);
    if (page == MAP_FAILED)
        return FAILED;
    if (strcmp(what, "signals") == 0)
        take_signals();
    make_orphans(count);
    return 0;
}

/* ---- the harness ---- */

static void await(_Atomic uint32_t *cell, uint32_t least)
{
    int64_t end = now_ns() + LIMIT_NS;

    while (atomic_load(cell) < least) {
        if (now_ns() > end)
            fail("it takes too long");
        nap(20000);
    }
}

static int order(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void time_signals(pid_t init, long count)
{
    int64_t *ns = calloc((size_t)count, sizeof(*ns));

    if (ns == NULL)
        fail("no memory");
    for (long i = 0; i < count; i++) {
        int64_t begin;

        nap(PAUSE_NS);
        begin = now_ns();
        if (kill(init, SIGUSR1) < 0)
            fail("the init is gone");
        await(&page->count, (uint32_t)i + 1);
        ns[i] = atomic_load(&page->handled_ns) - begin;
    }
    qsort(ns, (size_t)count, sizeof(*ns), order);
    printf("%lld %lld\n", (long long)ns[count / 2], (long long)ns[count * 99 / 100]);
}

/* ns on a processor, by the scheduler's own count. */
static int64_t cpu_of(pid_t pid)
{
    char path[64];
    long long ns = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
    f = fopen(path, "r");
    if (f == NULL || fscanf(f, "%lld", &ns) != 1)
        fail("no schedstat");
    fclose(f);
    return ns;
}

/* Children of init, and how many of them are zombies. */
static long zombies_of(pid_t init)
{
    char path[64];
    char child[32];
    long count = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", init, init);
    f = fopen(path, "r");
    if (f == NULL)
        fail("no children file");
    while (fscanf(f, "%31s", child) == 1) {
        char state = 0;
        FILE *g;

        snprintf(path, sizeof(path), "/proc/%s/stat", child);
        g = fopen(path, "r");
        if (g == NULL)
            continue;
        if (fscanf(g, "%*d (%*[^)]) %c", &state) == 1)
            count += state == 'Z';
        fclose(g);
    }
    fclose(f);
    return count;
}

static void count_reaping(pid_t init, long count)
{
    int64_t before =
        cpu_of(init); /* it has started its command, or is about to: the same for all */
    int64_t end = now_ns() + LIMIT_NS;

    await(&page->up, 1);
    if (atomic_load(&page->made) != (uint32_t)count)
        fail("not every orphan was made");
    while (zombies_of(init) > 0 && now_ns() < end)
        nap(1000000);
    printf("%lld %ld\n", (long long)(cpu_of(init) - before), zombies_of(init));
}

int main(int argc, char **argv)
{
    long count = argc > 3 ? strtol(argv[2], NULL, 10) : 0;
    char *inner[64];
    int words = 0;
    int status;
    pid_t init;
    int fd;

    if (argc > 3 && strcmp(argv[3], "--command") == 0)
        return command(argv[1], count);
    if (count < 1 || count > COUNT_MAX || argc > 56)
        fail("signals|orphans COUNT INIT [ARG...]");
    fd = memfd_create("relay", 0);
    if (fd < 0 || ftruncate(fd, sizeof(*page)) < 0 || dup2(fd, PAGE_FD) < 0)
        fail("no shared page");
    page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED || unshare(CLONE_NEWPID) < 0)
        fail("no pid namespace");
    for (int i = 3; i < argc; i++)
        inner[words++] = argv[i];
    inner[words++] = argv[0];
    inner[words++] = argv[1];
    inner[words++] = argv[2];
    inner[words++] = (char *)"--command";
    inner[words] = NULL;
    init = fork();
    if (init == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execvp(inner[0], inner);
        _exit(FAILED);
    }
    if (init < 0)
        fail("no process");
    if (strcmp(argv[1], "signals") == 0) {
        await(&page->up, 1);
        time_signals(init, count);
    } else {
        count_reaping(init, count);
    }
    kill(init, SIGKILL); /* and with it all of its namespace */
    waitpid(init, &status, 0);
    return 0;
}
