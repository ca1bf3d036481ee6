/* SPDX-License-Identifier: MIT */
/* PID 1's own words on stderr: one line, never blocking. */
#ifndef GLUE_SAY_H
#define GLUE_SAY_H

/* Writes "porthole-init: OBJECT: REASON\n" (NULL parts are left out), or counts it as lost. */
void say(const char *object, const char *reason);

/* "porthole-init: OBJECT: WHAT: REASON\n". */
void say_reason(const char *object, const char *what, const char *reason);

/* The same with a number behind the reason. */
void say_number(const char *object, const char *reason, long number);

/* Where these three write from now on: at first it is stderr. */
void say_to(int fd);

/*
 * Another program's words, in its form: %s and %d, as printf(3) has them, and nothing before or behind. It does not
 * block either.
 */
__attribute__((format(printf, 2, 3))) void say_as(int fd, const char *format, ...);

/* What an errno means, without the C library's tables: the few that a start can meet. */
const char *say_errno(int error);

#endif
