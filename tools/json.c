/* SPDX-License-Identifier: MIT */
/* Writing JSON (RFC 8259): to stdout or into a buffer. */
#include "json.h"

#include "report.h"

#include <stdio.h>
#include <string.h>

void json_to_stdout(struct json *j)
{
    *j = (struct json){0};
}

// NOLINTNEXTLINE(readability-non-const-parameter): it is written through the structure
void json_to_buffer(struct json *j, char *buffer, size_t cap)
{
    *j = (struct json){.buffer = buffer, .cap = cap};
}

size_t json_length(const struct json *j)
{
    return j->len;
}

static void put(struct json *j, const char *text, size_t len)
{
    if (j->buffer == NULL) {
        (void)fwrite(text, 1, len, stdout);
        return;
    }
    if (len <= j->cap - j->len) {
        memcpy(j->buffer + j->len, text, len);
        j->len += len;
    }
}

/* As \uXXXX: all that controls a terminal lies in the basic plane. */
static void put_escaped(struct json *j, const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    unsigned c = len == 1   ? p[0]
                 : len == 2 ? (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu)
                            : (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    char escape[8];

    (void)snprintf(escape, sizeof(escape), "\\u%04x", c);
    put(j, escape, 6);
}

static void put_quoted(struct json *j, const char *text, size_t len)
{
    put(j, "\"", 1);
    while (len > 0) {
        size_t n = report_utf8(text, len);

        if (n == 0) {
            put(j, "\xef\xbf\xbd", 3);
            n = 1;
        } else if (report_drives_terminal(text, n)) {
            put_escaped(j, text, n);
        } else {
            if (*text == '"' || *text == '\\') {
                put(j, "\\", 1);
            }
            put(j, text, n);
        }
        text += n;
        len -= n;
    }
    put(j, "\"", 1);
}

static void begin(struct json *j, const char *key)
{
    if (j->comma) {
        put(j, ",", 1);
    }
    j->comma = true;
    if (key != NULL) {
        put_quoted(j, key, strlen(key));
        put(j, ":", 1);
    }
}

void json_open(struct json *j, const char *key, char bracket)
{
    begin(j, key);
    put(j, &bracket, 1);
    j->comma = false;
}

void json_close(struct json *j, char bracket)
{
    put(j, &bracket, 1);
    j->comma = true;
}

void json_string(struct json *j, const char *key, const char *text, size_t len)
{
    begin(j, key);
    put_quoted(j, text, len);
}

void json_text(struct json *j, const char *key, const char *text)
{
    json_string(j, key, text, strlen(text));
}

void json_number(struct json *j, const char *key, long long n)
{
    char text[24];

    begin(j, key);
    put(j, text, (size_t)snprintf(text, sizeof(text), "%lld", n));
}

void json_bool(struct json *j, const char *key, bool b)
{
    begin(j, key);
    put(j, b ? "true" : "false", b ? 4 : 5);
}

void json_null(struct json *j, const char *key)
{
    begin(j, key);
    put(j, "null", 4);
}

int json_end(struct json *j)
{
    put(j, "\n", 1);
    return report_flush();
}
