/* SPDX-License-Identifier: MIT */
/* Holds one supervisor in namespaces of its own, and times how its services start, come back and end. */
#define _GNU_SOURCE
#include "page.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KILLS_MAX 1024
#define LINE_BYTES 128
#define FILES_MAX 20000
#define SLICE_MS 100       /* how often a wait looks whether the supervisor is still there */
#define COMEBACK_MS 8000   /* a service that is not back by then stays away */
#define BETWEEN_KILLS_MS 3 /* for the machine to be quiet again */
#define SUPERVISOR_PID 2   /* of what the tiny init forks first in a new pid namespace */
#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define EXIT_USAGE 2
#define EXIT_NO_EXEC 127

/* Kernel headers that know mount_setattr(2) are not everywhere. */
#define MOUNT_SETATTR 442
#define ATTR_RDONLY 1
struct attributes {
    uint64_t set, clear, propagation, userns;
};

/* The protocol: a line each way; times in ns, limits in ms. The end of stdin ends all.
 *
 *                            ready                  may be filled: /proc/PID/root/run
 *   start N LIMIT            up PID NS              N services ran within LIMIT, PID the namespace's init
 *   kill N AGE BUDGET        kills NS...            of the oldest services, each at least AGE old
 *   end SIGNAL LIMIT         ended NS HANDLERS      the namespace's init is gone
 *                            failed REASON          any of them */

/* What a child of the namespace reports: kills, and the time of a signal. */
struct report {
    int64_t at_ns;
    int done, next; /* kills, and the slot of the next victim */
    bool lost;      /* the last one did not come back */
    int64_t ns[KILLS_MAX];
};

struct cradle {
    char **command;
    bool tiny_init;
    pid_t init; /* 0: none (any more) */
    int status; /* its end */
    struct page *page;
    struct report *report;
};

static int64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void sleep_ns(int64_t ns)
{
    struct timespec pause = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};

    if (ns > 0)
        nanosleep(&pause, NULL);
}

/* -- the namespaces */

/* Nothing of the host can be written but /run, which is a tmpfs of this run's own. Returns what failed, or NULL. */
static const char *isolate(struct cradle *cradle)
{
    const struct attributes read_only = {.set = ATTR_RDONLY};
    int fd;

    if (unshare(CLONE_NEWNS) < 0)
        return "unshare";
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return "private mounts";
    if (syscall(MOUNT_SETATTR, -1, "/", AT_RECURSIVE, &read_only, sizeof(read_only)) < 0)
        return "read-only mounts";
    if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0)
        return "tmpfs on /run";
    fd = open(PAGE_PATH, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(*cradle->page)) < 0)
        return PAGE_PATH;
    cradle->page =
        mmap(NULL, sizeof(*cradle->page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    close(fd);
    cradle->report = mmap(NULL, sizeof(*cradle->report), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (cradle->page == MAP_FAILED || cradle->report == MAP_FAILED)
        return "mmap";
    return unshare(CLONE_NEWPID) < 0 ? "pid namespace" : NULL;
}

static void supervisor_exec(const struct cradle *cradle)
{
    setsid();
    atomic_store(&cradle->page->start_ns, clock_ns());
    execv(cradle->command[0], cradle->command);
    _exit(EXIT_NO_EXEC);
}

/* For a supervisor that does not wait for its services' end: it is over when the last process is gone. */
static void tiny_init(const struct cradle *cradle)
{
    pid_t pid = fork();

    if (pid == 0)
        supervisor_exec(cradle);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {
    }
    _exit(pid < 0 ? EXIT_NO_EXEC : 0);
}

/* Enough descriptors for 1,000 services of those that do not raise the limit themselves. */
static void raise_limit(void)
{
    struct rlimit files;

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max < FILES_MAX ? files.rlim_max : FILES_MAX;
    setrlimit(RLIMIT_NOFILE, &files);
}

static void namespace_init(const struct cradle *cradle)
{
    int null_fd;

    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (unshare(CLONE_NEWNS) < 0 || mount("proc", "/proc", "proc", 0, NULL) < 0 ||
        dup2(null_fd, STDIN_FILENO) < 0 || dup2(null_fd, STDOUT_FILENO) < 0 || chdir("/") < 0)
        _exit(EXIT_NO_EXEC);
    raise_limit();
    if (cradle->tiny_init)
        tiny_init(cradle);
    supervisor_exec(cradle);
}

/* -- waiting */

/* Until `count` instances have run: 0, -ETIMEDOUT, or -ESRCH if the namespace's init has ended. */
static int wait_for_count(struct cradle *cradle, uint32_t count, int64_t until_ns)
{
    const struct timespec slice = {.tv_nsec = SLICE_MS * NS_PER_MS};
    uint32_t now;

    atomic_store(&cradle->page->wanted, count);
    while ((now = atomic_load(&cradle->page->count)) < count) {
        if (cradle->init > 0 && waitpid(cradle->init, &cradle->status, WNOHANG) == cradle->init) {
            cradle->init = 0;
            return -ESRCH;
        }
        if (clock_ns() > until_ns)
            return -ETIMEDOUT;
        syscall(SYS_futex, &cradle->page->count, FUTEX_WAIT, now, &slice, NULL, 0);
    }
    return 0;
}

/* The handler only has to exist: it makes waitpid return EINTR. */
static void on_alarm(int number)
{
    (void)number;
}

/* 0, or -ETIMEDOUT: it still runs. */
static int wait_for_end(pid_t pid, int *ret_status, int limit_ms)
{
    pid_t ended;

    alarm((unsigned)(limit_ms + 999) / 1000);
    ended = waitpid(pid, ret_status, 0);
    alarm(0);
    return ended == pid ? 0 : -ETIMEDOUT;
}

static void say_end(const struct cradle *cradle)
{
    uint32_t count = atomic_load(&cradle->page->count);

    if (WIFEXITED(cradle->status))
        printf("failed it ended with exit code %d, after %u services\n",
               WEXITSTATUS(cradle->status), count);
    else
        printf("failed it ended by signal %d, after %u services\n", WTERMSIG(cradle->status),
               count);
}

/* -- commands */

static void do_start(struct cradle *cradle, int count, int limit_ms)
{
    int64_t last_ns = 0;
    pid_t pid;
    int ret;

    fflush(stdout);
    pid = fork();
    if (pid == 0)
        namespace_init(cradle);
    if (pid < 0) {
        printf("failed fork: %s\n", strerror(errno));
        return;
    }
    cradle->init = pid;
    ret = wait_for_count(cradle, (uint32_t)count, clock_ns() + limit_ms * NS_PER_MS);
    if (ret == -ESRCH) {
        say_end(cradle);
    } else if (ret < 0) {
        printf("failed %u of %d services ran within %d s\n", atomic_load(&cradle->page->count),
               count, limit_ms / 1000);
    } else {
        for (int i = 0; i < count; i++)
            if (cradle->page->slots[i].first_ns > last_ns)
                last_ns = cradle->page->slots[i].first_ns;
        printf("up %d %" PRId64 "\n", pid, last_ns - atomic_load(&cradle->page->start_ns));
    }
}

/* Runs in the namespace, where the pids in the page mean something. */
static void kill_services(struct cradle *cradle, int kills, int64_t age_ns, int64_t until_ns)
{
    struct page *page = cradle->page;
    struct report *report = cradle->report;

    cradle->init = 0; /* not this process's child */
    for (report->done = 0; report->done < kills && clock_ns() < until_ns; report->done++) {
        uint32_t count = atomic_load(&page->count);
        int victim = report->next;
        int64_t at;

        if ((uint32_t)victim >= count || count >= PAGE_SLOTS)
            break;
        report->next++;
        sleep_ns(BETWEEN_KILLS_MS * NS_PER_MS);
        sleep_ns(page->slots[victim].first_ns + age_ns - clock_ns());
        atomic_store(&page->wanted, count + 1);
        at = clock_ns();
        if (kill(page->slots[victim].pid, SIGKILL) < 0 ||
            wait_for_count(cradle, count + 1, at + COMEBACK_MS * NS_PER_MS) < 0) {
            report->lost = true;
            break;
        }
        report->ns[report->done] = page->slots[count].first_ns - at;
    }
    _exit(0);
}

static void do_kill(struct cradle *cradle, int kills, int age_ms, int budget_ms)
{
    struct report *report = cradle->report;
    pid_t pid;
    int status;

    fflush(stdout);
    pid = fork();
    if (pid == 0)
        kill_services(cradle, kills > KILLS_MAX ? KILLS_MAX : kills, age_ms * NS_PER_MS,
                      clock_ns() + (age_ms + budget_ms) * NS_PER_MS);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0 || report->lost) {
        printf("failed kill %d did not come back within %d s\n", report->done + 1,
               COMEBACK_MS / 1000);
        return;
    }
    printf("kills");
    for (int i = 0; i < report->done; i++)
        printf(" %" PRId64, report->ns[i]);
    printf("\n");
}

/* Signals the supervisor: the namespace's init, or the tiny init's child. */
static void signal_supervisor(struct cradle *cradle, int number)
{
    pid_t pid;

    if (!cradle->tiny_init) {
        cradle->report->at_ns = clock_ns();
        kill(cradle->init, number);
        return;
    }
    pid = fork();
    if (pid == 0) {
        cradle->report->at_ns = clock_ns();
        kill(SUPERVISOR_PID, number);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

static void do_end(struct cradle *cradle, int number, int limit_ms)
{
    int64_t end;
    int ret;

    fflush(stdout);
    atomic_store(&cradle->page->ended, 0);
    signal_supervisor(cradle, number);
    ret = wait_for_end(cradle->init, &cradle->status, limit_ms);
    end = clock_ns();
    if (ret < 0) {
        printf("failed it had not ended after %d s, with %u handlers run\n", limit_ms / 1000,
               atomic_load(&cradle->page->ended));
        return;
    }
    cradle->init = 0;
    printf("ended %" PRId64 " %u\n", end - cradle->report->at_ns,
           atomic_load(&cradle->page->ended));
}

/* With its init all processes of the namespace are gone. */
static void destroy(struct cradle *cradle)
{
    if (cradle->init > 0) {
        kill(cradle->init, SIGKILL);
        waitpid(cradle->init, NULL, 0);
    }
}

static void obey(struct cradle *cradle, const char *line)
{
    int a, b, c;

    if (cradle->init == 0 && sscanf(line, "start %d %d", &a, &b) == 2)
        do_start(cradle, a, b);
    else if (cradle->init > 0 && sscanf(line, "kill %d %d %d", &a, &b, &c) == 3)
        do_kill(cradle, a, b, c);
    else if (cradle->init > 0 && sscanf(line, "end %d %d", &a, &b) == 2)
        do_end(cradle, a, b);
    else
        printf("failed not now, or not known: %s\n", line);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static struct cradle cradle;
    const struct sigaction alarmed = {.sa_handler = on_alarm};
    char line[LINE_BYTES];
    const char *failed;

    cradle.tiny_init = argc > 1 && strcmp(argv[1], "--tiny-init") == 0;
    cradle.command = argv + 1 + cradle.tiny_init;
    if (!*cradle.command) {
        fputs("usage: cradle [--tiny-init] COMMAND [ARG...]\n", stderr);
        return EXIT_USAGE;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* and the namespaces' processes with it */
    sigaction(SIGALRM, &alarmed, NULL);
    failed = isolate(&cradle);
    if (failed) {
        printf("failed %s: %s\n", failed, strerror(errno));
        return EXIT_FAILURE;
    }
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        obey(&cradle, line);
    }
    destroy(&cradle);
    return EXIT_SUCCESS;
}
