/* SPDX-License-Identifier: MIT */
/* PID 1's own words on stderr: one line, never blocking. */
#include "glue/say.h"

#include "sys/sig.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 512

struct line {
    char text[LINE_MAX_BYTES];
    size_t len;
};

static void put(struct line *l, const char *s)
{
    // A command's name is whoever's choice: nothing in it may drive the terminal that shows it.
    for (; *s != 0 && l->len < sizeof(l->text) - 1; s++) {
        l->text[l->len++] = (unsigned char)*s < ' ' || *s == 0x7f ? '?' : *s;
    }
}

static void put_number(struct line *l, long number)
{
    char digits[24];
    size_t at = sizeof(digits) - 1;
    unsigned long n = number < 0 ? 0UL - (unsigned long)number : (unsigned long)number;

    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    if (number < 0) {
        digits[--at] = '-';
    }
    put(l, digits + at);
}

/*
 * stderr was inherited: its file description is shared, so O_NONBLOCK is not ours to set. A pipe that
 * polls writable takes PIPE_BUF (4096) bytes without blocking: pipe(7). What does not fit is dropped.
 */
static void emit_to(int fd, const struct line *l)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int n = poll(&p, 1, 0); // EINVAL: with `ulimit -n 0` it tells nothing

    if ((n < 0 || (n == 1 && (p.revents & (POLLOUT | POLLERR)) == POLLOUT)) &&
        write(fd, l->text, l->len) < 0 && errno == EPIPE) {
        sig_forget(
            SIGPIPE); // it is blocked, waits for the loop, and would be passed on to the command
    }
}

static int out = STDERR_FILENO;

static void emit(struct line *l)
{
    l->text[l->len++] = '\n';
    emit_to(out, l);
}

void say_to(int fd)
{
    out = fd;
}

static void compose(struct line *l, const char *object, const char *reason)
{
    l->len = 0;
    put(l, "porthole-init");
    if (object != NULL) {
        put(l, ": ");
        put(l, object);
    }
    put(l, ": ");
    put(l, reason);
}

void say(const char *object, const char *reason)
{
    struct line l;

    compose(&l, object, reason);
    emit(&l);
}

void say_reason(const char *object, const char *what, const char *reason)
{
    struct line l;

    compose(&l, object, what);
    put(&l, ": ");
    put(&l, reason);
    emit(&l);
}

void say_number(const char *object, const char *reason, long number)
{
    struct line l;

    compose(&l, object, reason);
    put(&l, " ");
    put_number(&l, number);
    emit(&l);
}

void say_as(int fd, const char *format, ...)
{
    struct line l = {.len = 0};
    va_list args;

    va_start(args, format);
    for (const char *p = format; *p != 0; p++) {
        if (*p != '%') {
            l.text[l.len] = *p;
            l.len += l.len < sizeof(l.text) - 1;
            continue;
        }
        p++;
        if (*p == 's') {
            put(&l, va_arg(args, const char *));
        } else {
            put_number(&l, va_arg(args, int));
        }
    }
    va_end(args);
    emit_to(fd, &l);
}

const char *say_errno(int error)
{
    return strerror(error < 0 ? -error : error);
}
