/* SPDX-License-Identifier: MIT */
/* The caller's terminal: raw while a session uses it, restored whatever happens. */
#ifndef TOOLS_TTY_H
#define TOOLS_TTY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>

struct tty {
    int fd; // the caller's
    bool raw;
    struct termios before;
    int guard; // owned: end of the pipe to the guardian; -1: none
    pid_t guardian;
};

/* The first of stdin, stdout, stderr that is a terminal, or -1. */
int tty_find(void);

/* The size of that terminal, or 24 × 80 where there is none or it says nothing. */
void tty_size(uint16_t *ret_rows, uint16_t *ret_columns);

/*
 * Makes the terminal raw (stopped until it is in the foreground there; -EINTR where it is
 * asked to end before), and starts a guardian: a process that restores it if this one dies
 * without having done so (SIGKILL included). 0 or -errno.
 */
int tty_raw(struct tty *t, int fd);

/* Restores it and dismisses the guardian. Safe to call twice. */
void tty_restore(struct tty *t);

/* Around a stop of this process: restored before, raw again after. The guardian stays. */
void tty_suspend(struct tty *t);
void tty_resume(struct tty *t);

#endif
