/* SPDX-License-Identifier: MIT */
/* Putting variables' values into the words of a command line. */
#include "core/expand.h"

#include <errno.h>

#define BLANKS " \t\n\r"

/* Arguments as they grow. Without data they are only measured: the array comes before the strings. */
struct sink {
    char *data; // in the arena, or NULL
    char **argv;
    size_t room; // bytes that can be had at all: no measuring goes on beyond
    size_t len;
    size_t count;
    bool full;
};

static void put(struct sink *s, const void *data, size_t len)
{
    if (s->full || len > s->room - s->len) {
        s->full = true;
        return;
    }
    if (s->data != NULL && len > 0) {
        memcpy(s->data + s->len, data, len);
    }
    s->len += len;
}

static void begin_argument(struct sink *s)
{
    if (s->data != NULL) {
        s->argv[s->count] = s->data + s->len;
    }
}

static void end_argument(struct sink *s)
{
    put(s, "", 1);
    s->count++;
}

static bool is_blank(uint8_t c)
{
    return c != 0 && strchr(BLANKS, c) != NULL;
}

static struct slice from(struct slice s, size_t offset)
{
    return (struct slice){s.data + offset, s.len - offset};
}

/* The value, empty where there is none. Any name may be asked for: what cannot be one is not found. */
static struct slice value_of(char *const *env, struct slice name)
{
    struct slice value = {NULL, 0};

    for (; *env != NULL; env++) {
        if (strncmp(*env, (const char *)name.data, name.len) == 0 && (*env)[name.len] == '=') {
            value.data = (const uint8_t *)*env + name.len + 1;
            value.len = strlen((const char *)value.data);
        }
    }
    return value;
}

/* One word of a value, from the byte that begins it; returns where it ends. A quote may stay open: nothing is an error. */
static size_t split_one(struct slice s, struct sink *sink)
{
    uint8_t quote = 0;
    size_t i;

    begin_argument(sink);
    for (i = 0; i < s.len && (quote != 0 || !is_blank(s.data[i])); i++) {
        uint8_t c = s.data[i];

        if (c == quote) {
            quote = 0;
        } else if (quote == 0 && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c != '\\') {
            put(sink, &s.data[i], 1);
        } else if (i + 1 < s.len) {
            put(sink, &s.data[++i], 1);
        }
    }
    end_argument(sink);
    return i;
}

static void split(struct slice value, struct sink *sink)
{
    while (value.len > 0) {
        value = from(value, is_blank(value.data[0]) ? 1 : split_one(value, sink));
    }
}

/*
 * What "${" begins. A colon makes it stay as it is, up to the colon: ${NAME:-default} and ${NAME:+other} are of
 * environment.d(5), not of command lines. So does a missing "}". Returns how many bytes this was.
 */
static size_t substitute_braces(struct slice word, char *const *env, struct sink *sink)
{
    struct slice value;
    size_t end = 2;

    while (end < word.len && word.data[end] != '}' && word.data[end] != ':') {
        end++;
    }
    if (end == word.len || word.data[end] == ':') {
        put(sink, word.data, end);
        return end;
    }
    value = value_of(env, (struct slice){word.data + 2, end - 2});
    put(sink, value.data, value.len);
    return end + 1;
}

static void substitute(struct slice word, char *const *env, struct sink *sink)
{
    while (word.len > 0) {
        size_t len;

        if (word.data[0] == '$' && word.len > 1 && word.data[1] == '{') {
            len = substitute_braces(word, env, sink);
        } else {
            put(sink, word.data, 1);
            len = word.data[0] == '$' && word.len > 1 && word.data[1] == '$' ? 2 : 1;
        }
        word = from(word, len);
    }
}

/* A "$" that neither "{" nor "$" follows makes the whole word a variable's name, as systemd 252 has it. */
static bool is_variable(struct slice word)
{
    return word.len > 0 && word.data[0] == '$' &&
           (word.len == 1 || (word.data[1] != '{' && word.data[1] != '$'));
}

static void expand(struct slice words, size_t skip, char *const *env, struct sink *sink)
{
    for (size_t n = 0; words.len > 0; n++) {
        const uint8_t *zero = memchr(words.data, 0, words.len);
        size_t len = zero != NULL ? (size_t)(zero - words.data) : words.len;
        struct slice word = {words.data, len};

        if (n >= skip && is_variable(word)) {
            split(value_of(env, from(word, 1)), sink);
        } else {
            begin_argument(sink);
            if (n >= skip) {
                substitute(word, env, sink);
            } else {
                put(sink, word.data, word.len);
            }
            end_argument(sink);
        }
        words = from(words, zero != NULL ? len + 1 : len);
    }
}

long expand_words(struct slice words, size_t skip, bool literal, char *const *env,
                  struct arena *arena, char ***ret_argv)
{
    struct sink measured = {.room = arena->cap - arena->used};
    struct sink sink;

    skip = literal ? SIZE_MAX : skip;
    expand(words, skip, env, &measured);
    if (measured.full) {
        arena->full = true;
        return -ENOMEM;
    }
    sink = (struct sink){.room = measured.len};
    sink.argv = arena_take(arena, (measured.count + 1) * sizeof(char *));
    sink.data = arena_take(arena, measured.len);
    if (sink.argv == NULL || sink.data == NULL) {
        return -ENOMEM;
    }
    expand(words, skip, env, &sink);
    *ret_argv = sink.argv;
    return (long)sink.count;
}
