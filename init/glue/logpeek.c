/* SPDX-License-Identifier: MIT */
/* What a pipe holds, without taking it. */
#include "glue/logpeek.h"

#include "core/logring.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

uint32_t logpeek_held(int fd)
{
    int n = 0;

    return ioctl(fd, FIONREAD, &n) < 0 || n < 0 ? 0 : (uint32_t)n;
}

/*
 * A writer may sleep, or be told EAGAIN. What is full are slots, not bytes, and a reading end does not tell; but two
 * slots side by side hold more than one has room for, else the kernel had put both writes into one: pipe(7). A writer
 * with O_DIRECT, whose slots are as short as its packets, waits for the next look.
 */
bool logpeek_is_full(int fd)
{
    int size = fcntl(fd, F_GETPIPE_SZ);

    return size < 0 || logpeek_held(fd) >= (uint32_t)size / 2;
}

/* Copies what is at the front of the pipe to buf. Its length, 0: nothing, or -errno. */
static ssize_t peek(int fd, const int scratch[2], uint8_t *buf)
{
    ssize_t n = tee(fd, scratch[1], LOG_TEXT_MAX, SPLICE_F_NONBLOCK);
    size_t have = 0;

    if (n < 0) {
        return errno == EAGAIN ? 0 : -errno;
    }
    while (have < (size_t)n) {
        ssize_t got = read(scratch[0], buf + have, (size_t)n - have);

        if (got <= 0) {
            return -EIO;
        }
        have += (size_t)got;
    }
    return n;
}

/*
 * The same until a newline is among it, or all that one look takes: what the scratch pipe has slots for may be
 * less than the pipe holds, and what came meanwhile may have been the end of the line.
 */
ssize_t logpeek_line(int fd, const int scratch[2], uint8_t *buf, const uint8_t **ret_end,
                     bool *ret_whole)
{
    ssize_t before = 0;
    ssize_t n = peek(fd, scratch, buf);

    *ret_end = NULL;
    *ret_whole = true;
    while (n > 0) {
        *ret_end = memrchr(buf, '\n', (size_t)n);
        *ret_whole = n < (ssize_t)LOG_TEXT_MAX && logpeek_held(fd) <= (size_t)n;
        if (*ret_end != NULL || *ret_whole || n == LOG_TEXT_MAX || n == before) {
            break;
        }
        before = n;
        n = peek(fd, scratch, buf);
    }
    return n;
}
