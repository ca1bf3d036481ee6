/* SPDX-License-Identifier: MIT */
/* What a pipe holds, without taking it. */
#ifndef GLUE_LOGPEEK_H
#define GLUE_LOGPEEK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes: FIONREAD, pipe(7). */
uint32_t logpeek_held(int fd);

bool logpeek_is_full(int fd);

/*
 * Copies what is at the front of the pipe to buf, LOG_TEXT_MAX bytes, by tee(2) through the pipe `scratch`. Returns how
 * much that is, 0: nothing, or -errno (tee(2) does not work here). *ret_end is the last newline in it, or NULL; then
 * *ret_whole says that it is all that the pipe holds.
 */
ssize_t logpeek_line(int fd, const int scratch[2], uint8_t *buf, const uint8_t **ret_end,
                     bool *ret_whole);

#endif
