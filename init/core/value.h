/* SPDX-License-Identifier: MIT */
/* One value of a directive: booleans, numbers, times, sizes, modes, signals, and the names that may stand in units. */
#ifndef CORE_VALUE_H
#define CORE_VALUE_H

#include "core/wire.h"

/* All of type bool return false, with nothing written, where the text is no such value. Case counts, but in booleans. */

/* Which of these words it is, from 0; -1: none. Each word has a zero behind it, the last one two. */
int value_index(struct slice s, const char *words);

/* 1 yes y true t on, 0 no n false f off: systemd.syntax(7). */
bool value_bool(struct slice s, bool *ret_b);

/* Decimal, 0x, 0o, 0b, or octal with a leading zero. */
bool value_number(struct slice s, uint64_t *ret_v);

#define VALUE_FOREVER UINT64_MAX /* "infinity" */
#define VALUE_SECOND UINT64_C(1000000)

/* "5min 20s", "1.5h", "infinity", in microseconds: systemd.time(7). unit: of a number without one, in us. */
bool value_time(struct slice s, uint64_t unit, uint64_t *ret_us);

/* "64K", "1.5G 3M": to the base of 1024. */
bool value_size(struct slice s, uint64_t *ret_bytes);

/* Octal, up to 07777. */
bool value_mode(struct slice s, uint32_t *ret_mode);

/* "SIGTERM", "TERM", "15", "RTMIN+3": 1 to 64, or 0. */
int value_signal(struct slice s);

/* UTF-8, RFC 3629. */
bool value_utf8(struct slice s);

/* A name of a variable; "K=V" with such a name and no control characters but tab and newline. */
bool value_env_name(struct slice s);
bool value_env(struct slice s);

/* A user's or group's name, or a number that can be one (neither 65535 nor 4294967295, which stand for none). */
bool value_user(struct slice s);

/* Absolute, without control characters, and short enough to be one. */
bool value_path(struct slice s);

/* What can be executed: such a path that does not end with "/", or a name without one, to be looked up. */
bool value_program(struct slice s);

#endif
