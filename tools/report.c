/* SPDX-License-Identifier: MIT */
/* What porthole says to people. */
#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 2048

const char *report_command;

size_t report_utf8(const char *text, size_t left)
{
    const unsigned char *p = (const unsigned char *)text;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : 4;
    uint32_t c;

    if (n == 1) {
        return 1;
    }
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < n) {
        return 0;
    }
    c = p[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
        c = c << 6 | (p[i] & 0x3f);
    }
    return c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : n;
}

/* C0, DEL, C1 (U+0080 to U+009F), and what changes the direction of text (Trojan Source). */
bool report_drives_terminal(const char *text, size_t n)
{
    const unsigned char *p = (const unsigned char *)text;

    if (n == 1) {
        return p[0] < ' ' || p[0] == 0x7f;
    }
    if (n == 2) {
        return p[0] == 0xc2 && p[1] < 0xa0;
    }
    return n == 3 && p[0] == 0xe2 &&
           ((p[1] == 0x80 && (p[2] == 0x8e || p[2] == 0x8f || (p[2] >= 0xa8 && p[2] <= 0xae))) ||
            (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}

const char *report_escape(char *buf, size_t cap, const char *text, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *p = (const unsigned char *)text;
    size_t at = 0;

    while (len > 0 && at + 5 < cap) {
        size_t n = report_utf8((const char *)p, len);

        if (n == 0 || report_drives_terminal((const char *)p, n)) {
            buf[at++] = '\\';
            buf[at++] = 'x';
            buf[at++] = hex[*p >> 4];
            buf[at++] = hex[*p & 15];
            n = 1;
        } else {
            memcpy(buf + at, p, n);
            at += n;
        }
        p += n;
        len -= n;
    }
    buf[at] = 0;
    return buf;
}

static void __attribute__((format(printf, 1, 0))) emit(const char *format, va_list args)
{
    char text[LINE_BYTES];
    char safe[2 * LINE_BYTES];
    char line[2 * LINE_BYTES + 128];
    int n = vsnprintf(text, sizeof(text), format, args);

    if (n < 0) {
        return;
    }
    (void)report_escape(safe, sizeof(safe), text, strnlen(text, sizeof(text)));
    n = snprintf(line, sizeof(line), "porthole: %s%s%s\n", report_command ? report_command : "",
                 report_command ? ": " : "", safe);
    if (n > 0) {
        ssize_t written = write(STDERR_FILENO, line, (size_t)n);

        (void)written; // nobody is left to be told
    }
}

void report_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    emit(format, args);
    va_end(args);
}

int report_usage(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    emit(format, args);
    va_end(args);
    return EXIT_USAGE;
}

int report_failure(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    emit(format, args);
    va_end(args);
    return EXIT_PORTHOLE;
}

int report_flush(void)
{
    // fflush(3) alone does not tell of a write that failed before, when the buffer was full.
    return fflush(stdout) == 0 && ferror(stdout) == 0 ? 0 : EXIT_NOT_TRUE;
}

const char *report_errno(int error)
{
    static char text[128];

    switch (error < 0 ? -error : error) {
    case ENOENT:
        return "no such file or directory";
    case ENOTDIR:
        return "not a directory";
    case EISDIR:
        return "is a directory";
    case EACCES:
        return "permission denied";
    case EPERM:
        return "operation not permitted";
    case EBUSY:
        return "busy";
    case ELOOP:
        return "a symbolic link stands in the way";
    case ENOSPC:
        return "no space left";
    case EROFS:
        return "read-only file system";
    case ENOEXEC:
        return "not a program that this machine runs, nor a script";
    default:
        (void)snprintf(text, sizeof(text), "%s", strerror(error < 0 ? -error : error));
        if (text[0] >= 'A' && text[0] <= 'Z' && !(text[1] >= 'A' && text[1] <= 'Z')) {
            text[0] = (char)(text[0] - 'A' + 'a');
        }
        return text;
    }
}
