/* SPDX-License-Identifier: MIT */
/* Signals: what the caller had, blocking all, a descriptor to read them from, giving them back. */
#include "sys/sig.h"

#include <errno.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SIGNAL_LAST 64
#define BIT(n) (UINT64_C(1) << ((n)-1))

/*
 * The system calls themselves: the C libraries' sigfillset() and sigaction() leave out 32 to 34, which
 * they use for threads, but 34 is SIGRTMIN to every program built with another library, and glibc's
 * posix_spawn() leaves 32 and 33 ignored in what it starts.
 */
static void set_mask(uint64_t mask, uint64_t *ret_before)
{
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, ret_before, sizeof(mask));
}

/* As rt_sigaction(2) takes it: the handler comes first everywhere; what follows stays zero. */
struct kernel_action {
    void (*handler)(int);
    unsigned long rest[7];
};

static void set_disposition(int n, void (*handler)(int))
{
    struct kernel_action action = {.handler = handler};

    // EINVAL for KILL and STOP: nothing to do.
    (void)syscall(SYS_rt_sigaction, n, &action, NULL, sizeof(uint64_t));
}

static const int crashes[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};

static void (*crash_handler)(int number, bool sent);

static void on_crash(int number, siginfo_t *info, void *context)
{
    (void)context;
    crash_handler(number, info->si_code <= 0); // SI_USER, SI_QUEUE, SI_TKILL: sigaction(2)
}

static void on_nothing(int number)
{
    (void)number;
}

/*
 * musl's sigaction() unblocks 32 to 34 when it sets a handler for the first time: this is that time, before anybody
 * knows of us. Later one of them would be our own end, or lost where we are PID 1.
 */
void sig_take_over(struct sig_inherited *ret_inherited)
{
    const struct sigaction nothing = {.sa_handler = on_nothing};
    struct sigaction before;

    ret_inherited->ignored = 0;
    set_mask(~UINT64_C(0), &ret_inherited->mask);
    if (sigaction(SIGCHLD, &nothing, &before) == 0 && before.sa_handler == SIG_IGN) {
        ret_inherited->ignored = BIT(SIGCHLD);
    }
    set_disposition(SIGCHLD, SIG_DFL);
    set_mask(~UINT64_C(0), NULL);
}

void sig_catch_crashes(struct sig_inherited *inherited, void (*handler)(int number, bool sent))
{
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_RESTART};
    uint64_t mask = ~UINT64_C(0);

    crash_handler = handler;
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
        struct sigaction before;

        if (sigaction(crashes[i], &action, &before) == 0 && before.sa_handler == SIG_IGN) {
            inherited->ignored |= BIT(crashes[i]);
        }
        mask &= ~BIT(crashes[i]);
    }
    set_mask(mask, NULL);
}

void sig_block(void)
{
    set_mask(~UINT64_C(0), NULL);
}

void sig_give_back(const struct sig_inherited *inherited)
{
    // Handlers go with the exec, what is ignored stays.
    for (int n = 1; n <= SIGNAL_LAST && inherited->ignored != 0; n++) {
        if ((inherited->ignored & BIT(n)) != 0) {
            set_disposition(n, SIG_IGN);
        }
    }
    set_mask(inherited->mask, NULL);
}

void sig_reset(struct sig_inherited *inherited)
{
    for (int n = 1; n <= SIGNAL_LAST; n++) {
        set_disposition(n, SIG_DFL);
    }
    *inherited = (struct sig_inherited){0};
}

void sig_set_aside(struct sig_inherited *inherited)
{
    for (int n = 1; n <= SIGNAL_LAST; n++) {
        struct kernel_action action;

        if (syscall(SYS_rt_sigaction, n, NULL, &action, sizeof(uint64_t)) == 0 &&
            action.handler == SIG_IGN) {
            inherited->ignored |= BIT(n);
            set_disposition(n, SIG_DFL);
        }
    }
}

/* As the kernel takes it on every machine: its seconds and nanoseconds are longs. */
int sig_wait(int64_t ms)
{
    const struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    uint64_t set = ~UINT64_C(0);
    long n;

    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
        set &= ~BIT(crashes[i]);
    }
    n = syscall(SYS_rt_sigtimedwait, &set, NULL, ms < 0 ? NULL : &limit, sizeof(set));
    return n > 0 ? (int)n : 0;
}

void sig_forget(int number)
{
    const struct timespec now = {0, 0};
    const uint64_t set = BIT(number);

    (void)syscall(SYS_rt_sigtimedwait, &set, NULL, &now, sizeof(set));
}

int sig_open(void)
{
    uint64_t all = ~UINT64_C(0);
    long fd = syscall(SYS_signalfd4, -1, &all, sizeof(all), SFD_CLOEXEC | SFD_NONBLOCK);

    return fd < 0 ? -errno : (int)fd;
}

int sig_read(int fd, int ret_numbers[SIG_BATCH])
{
    struct signalfd_siginfo info[SIG_BATCH];
    ssize_t n;
    int count;

    do {
        n = read(fd, info, sizeof(info));
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return errno == EAGAIN ? 0 : -errno;
    }
    if (n == 0 || n % (ssize_t)sizeof(info[0]) != 0) {
        return -EIO;
    }
    count = (int)(n / (ssize_t)sizeof(info[0]));
    for (int i = 0; i < count; i++) {
        ret_numbers[i] = (int)info[i].ssi_signo;
    }
    return count;
}
