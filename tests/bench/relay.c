/* SPDX-License-Identifier: MIT */
/*
 * What an entrypoint does while it runs: passing signals on, and reaping. Starts each INIT as PID 1 of a pid namespace
 * with this program as its command.
 *
 *   relay signals COUNT INIT [ARG...] [+ INIT [ARG...]]...
 *       COUNT signals to each, now to one and now to another, so that whatever else the machine does meets them all alike.
 *       A line for each INIT: the ns of each of its signals, from kill(2) of INIT to the first instruction of the
 *       command's handler
 *   relay orphans COUNT INIT [ARG...]
 *       ns of INIT's own CPU for COUNT orphans that end while it lives, and the zombies that are left
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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define LIMIT_NS (10 * NS_PER_S)
#define PAUSE_NS 200000 /* between two signals: everybody sleeps again */
#define PAGE_FD 200     /* the shared page, in the command */
#define COUNT_MAX 1000000
#define FAILED 111
#define SUBJECTS_MAX 16
#define WORDS_MAX 64

struct page {
    _Atomic uint32_t up;
    _Atomic uint32_t count; /* handlers run */
    _Atomic int64_t handled_ns;
    _Atomic uint32_t made; /* orphans that have been made */
};

/* An init under test. */
struct subject {
    pid_t pid;
    struct page *page;
    int64_t *ns;
};

static struct page *page; /* the command's */

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

/* Each once, in a new order: none is always measured behind the same other one. */
static void shuffle(int *order, int count)
{
    for (int i = 0; i < count; i++) {
        int k = (int)(random() % (i + 1));

        order[i] = order[k];
        order[k] = i;
    }
}

static void time_signal(struct subject *s, long i)
{
    int64_t begin;

    nap(PAUSE_NS);
    begin = now_ns();
    if (kill(s->pid, SIGUSR1) < 0)
        fail("the init is gone");
    await(&s->page->count, (uint32_t)i + 1);
    s->ns[i] = atomic_load(&s->page->handled_ns) - begin;
}

static void time_signals(struct subject *subjects, int number, long count)
{
    int order[SUBJECTS_MAX];

    for (int k = 0; k < number; k++) {
        subjects[k].ns = calloc((size_t)count, sizeof(*subjects[k].ns));
        if (subjects[k].ns == NULL)
            fail("no memory");
        await(&subjects[k].page->up, 1);
    }
    for (long i = 0; i < count; i++) {
        shuffle(order, number);
        for (int k = 0; k < number; k++)
            time_signal(&subjects[order[k]], i);
    }
    for (int k = 0; k < number; k++) {
        for (long i = 0; i < count; i++)
            printf("%lld ", (long long)subjects[k].ns[i]);
        printf("\n");
    }
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

static void count_reaping(const struct subject *s, long count)
{
    pid_t init = s->pid;
    int64_t before =
        cpu_of(init); /* it has started its command, or is about to: the same for all */
    int64_t end = now_ns() + LIMIT_NS;

    await(&s->page->up, 1);
    if (atomic_load(&s->page->made) != (uint32_t)count)
        fail("not every orphan was made");
    while (zombies_of(init) > 0 && now_ns() < end)
        nap(1000000);
    printf("%lld %ld\n", (long long)(cpu_of(init) - before), zombies_of(init));
}

static void start(struct subject *s, char **inner)
{
    int fd = memfd_create("relay", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, sizeof(*s->page)) < 0)
        fail("no shared page");
    s->page = mmap(NULL, sizeof(*s->page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    s->pid =
        s->page == MAP_FAILED ? -1 : (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    if (s->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (dup2(fd, PAGE_FD) < 0)
            _exit(FAILED);
        execvp(inner[0], inner);
        _exit(FAILED);
    }
    if (s->pid < 0)
        fail("no process in a pid namespace");
    close(fd);
}

/* Starts every INIT of the words, with ourselves as its command. Returns how many. */
static int start_all(struct subject *subjects, char **argv, int argc)
{
    char *inner[WORDS_MAX];
    int number = 0;

    for (int i = 3; i < argc; i++) {
        int words = 0;

        for (; i < argc && strcmp(argv[i], "+") != 0 && words < WORDS_MAX - 5; i++)
            inner[words++] = argv[i];
        if (words == 0 || number == SUBJECTS_MAX)
            fail("too many, or an INIT without a word");
        inner[words++] = argv[0];
        inner[words++] = argv[1];
        inner[words++] = argv[2];
        inner[words++] = (char *)"--command";
        inner[words] = NULL;
        start(&subjects[number++], inner);
    }
    return number;
}

int main(int argc, char **argv)
{
    static struct subject subjects[SUBJECTS_MAX];
    long count = argc > 3 ? strtol(argv[2], NULL, 10) : 0;
    int number;

    if (argc > 3 && strcmp(argv[3], "--command") == 0)
        return command(argv[1], count);
    if (count < 1 || count > COUNT_MAX)
        fail("signals|orphans COUNT INIT [ARG...]");
    number = start_all(subjects, argv, argc);
    if (strcmp(argv[1], "signals") == 0)
        time_signals(subjects, number, count);
    else
        count_reaping(&subjects[0], count);
    for (int k = 0; k < number; k++) {
        kill(subjects[k].pid, SIGKILL); /* and with it all of its namespace */
        waitpid(subjects[k].pid, NULL, 0);
    }
    return 0;
}
