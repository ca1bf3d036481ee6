/* SPDX-License-Identifier: MIT */
/* What porthole says to people: one line an error, nothing that drives their terminal. */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include <stdbool.h>
#include <stddef.h>

/* Exit codes of the CLI. */
#define EXIT_NOT_TRUE 1   /* the asked thing did not come true */
#define EXIT_USAGE 2      /* the words were wrong */
#define EXIT_PORTHOLE 125 /* the container could not be reached or launched */
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

/* The command that is being carried out, for messages; set once by main. */
extern const char *report_command;

/* Writes "porthole: COMMAND: " and the text and a newline to stderr, as one write. */
void report_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, and returns EXIT_USAGE or EXIT_PORTHOLE: return report_usage(...); */
int report_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
int report_failure(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Text of unknown origin into buf (always zero-terminated, cut where it is full): control characters,
 * bytes that are no UTF-8, C1 and bidirectional controls come out as \xNN (CWE-150). Returns buf.
 */
const char *report_escape(char *buf, size_t cap, const char *text, size_t len);

/* Hands over what was printed to stdout. Returns the exit code: 0, or 1 where it was not taken. */
int report_flush(void);

/* Length of the well-formed UTF-8 character (RFC 3629) at text, 0 where there is none. */
size_t report_utf8(const char *text, size_t left);

/* True where the character (report_utf8() says how long) is a control, or changes text's direction. */
bool report_drives_terminal(const char *text, size_t len);

/* strerror(3) of a positive errno in small letters' spirit, with the cases that deserve more words. */
const char *report_errno(int error);

#endif
