/* SPDX-License-Identifier: MIT */
/* Writing JSON (RFC 8259): to stdout or into a buffer. */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include <stdbool.h>
#include <stddef.h>

struct json {
    char *buffer; // the caller's; NULL: stdout
    size_t cap;
    size_t len;
    bool comma;
};

void json_to_stdout(struct json *j);
void json_to_buffer(struct json *j, char *buffer, size_t cap);
size_t json_length(const struct json *j);

/* bracket is '{' or '['; its other half closes. key is NULL inside an array and at the top. */
void json_open(struct json *j, const char *key, char bracket);
void json_close(struct json *j, char bracket);

/* Bytes that are no UTF-8 become U+FFFD. */
void json_string(struct json *j, const char *key, const char *text, size_t len);
void json_text(struct json *j, const char *key, const char *text);
void json_number(struct json *j, const char *key, long long n);
void json_bool(struct json *j, const char *key, bool b);
void json_null(struct json *j, const char *key);

/* Ends the document: a newline, flushed. Returns the exit code: 0, or 1 where stdout is gone. */
int json_end(struct json *j);

#endif
