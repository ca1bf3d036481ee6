/* SPDX-License-Identifier: MIT */
/* The caller's terminal: raw while a session uses it, restored whatever happens. */
#include "tty.h"

#include "sys/fd.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROWS_DEFAULT 24
#define COLUMNS_DEFAULT 80

int tty_find(void)
{
    for (int fd = 0; fd < 3; fd++) {
        if (isatty(fd)) {
            return fd;
        }
    }
    return -1;
}

void tty_size(uint16_t *ret_rows, uint16_t *ret_columns)
{
    struct winsize size;
    int fd = tty_find();

    *ret_rows = ROWS_DEFAULT;
    *ret_columns = COLUMNS_DEFAULT;
    if (fd >= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        *ret_rows = size.ws_row;
        *ret_columns = size.ws_col;
    }
}

/* Waits for the end of whom it guards: a byte says that all is well, end of file that it is not. */
_Noreturn static void guard(const struct tty *t, int end)
{
    char byte;
    ssize_t n;

    int keep[] = {t->fd, end};

    (void)setpgid(0, 0);       // a kill of the job must not take the guardian along
    fd_close_all_but(keep, 2); // or the session would outlive us for as long as the guardian
    do {
        n = read(end, &byte, 1);
    } while (n < 0 && errno == EINTR);
    if (n == 0) { // SIGTTOU is blocked, as all signals are
        (void)tcsetattr(t->fd, TCSADRAIN, &t->before);
    }
    _exit(0);
}

static bool end_is_pending(void)
{
    sigset_t set;

    return sigpending(&set) == 0 &&
           (sigismember(&set, SIGTERM) == 1 || sigismember(&set, SIGINT) == 1 ||
            sigismember(&set, SIGHUP) == 1 || sigismember(&set, SIGQUIT) == 1);
}

/*
 * A job in the background has no business with the terminal: it stops until it is brought back. False
 * where it is asked to end meanwhile.
 */
static bool wait_for_foreground(int fd)
{
    pid_t front = tcgetpgrp(fd);

    while (front > 0 && front != getpgrp()) {
        if (end_is_pending()) {
            return false;
        }
        (void)raise(SIGSTOP);
        front = tcgetpgrp(fd);
    }
    return true;
}

int tty_raw(struct tty *t, int fd)
{
    struct termios raw;
    int ends[2] = {-1, -1};

    t->fd = fd;
    t->raw = false;
    t->guard = -1;
    if (!wait_for_foreground(fd)) {
        return -EINTR;
    }
    if (tcgetattr(fd, &t->before) < 0) {
        return -errno;
    }
    if (fd_pipe(ends) == 0) {
        t->guardian = fork();
        if (t->guardian == 0) {
            (void)close(ends[1]);
            guard(t, ends[0]);
        }
        (void)close(ends[0]);
        t->guard = ends[1];
    }
    raw = t->before;
    cfmakeraw(&raw);
    if (tcsetattr(fd, TCSADRAIN, &raw) < 0) {
        int r = -errno;

        tty_restore(t);
        return r;
    }
    t->raw = true;
    return 0;
}

void tty_suspend(struct tty *t)
{
    if (t->raw) {
        (void)tcsetattr(t->fd, TCSADRAIN, &t->before);
    }
}

void tty_resume(struct tty *t)
{
    struct termios raw = t->before;

    if (t->raw && wait_for_foreground(t->fd)) {
        cfmakeraw(&raw);
        (void)tcsetattr(t->fd, TCSADRAIN, &raw);
    }
}

void tty_restore(struct tty *t)
{
    tty_suspend(t);
    t->raw = false;
    if (t->guard >= 0) {
        (void)fd_write_all(t->guard, "", 1);
        fd_close(&t->guard);
        (void)waitpid(t->guardian, NULL, 0);
    }
}
