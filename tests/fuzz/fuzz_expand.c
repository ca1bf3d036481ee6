/* SPDX-License-Identifier: MIT */
/* Fuzzes command lines: up to an empty word the input's words are the environment, what follows are the words. */
#include "core/expand.h"
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#define ENV_MAX 16 /* variables */
#define ROOM 65536 /* bytes of arena */

/* Words, a last one without its zero counted too. */
static size_t count_words(struct slice words)
{
    size_t count = words.len > 0 && words.data[words.len - 1] != 0;

    for (size_t i = 0; i < words.len; i++) {
        count += words.data[i] == 0;
    }
    return count;
}

/* Runs it once; NULL where it does not fit. Every argument lies in the arena, with its zero. */
static char **run(struct slice words, size_t skip, bool literal, char *const *env,
                  struct arena *arena, long *ret_count)
{
    char **argv = NULL;
    long count = expand_words(words, skip, literal, env, arena, &argv);

    must(arena->used <= arena->cap, "the arena is no larger than it is");
    if (count < 0) {
        must(count == -ENOMEM && arena->full && argv == NULL, "what does not fit is said");
        return NULL;
    }
    must(!arena->full && argv[count] == NULL, "the arguments end with NULL");
    for (long i = 0; i < count; i++) {
        struct slice whole = {arena->data, arena->used};

        must(argv[i] != NULL, "there are as many arguments as were counted");
        must(lies_within((struct slice){(const uint8_t *)argv[i], strlen(argv[i]) + 1}, whole),
             "an argument lies within the arena");
    }
    *ret_count = count;
    return argv;
}

static void check_literal(struct slice words, char *const *env, struct arena *arena)
{
    long count = 0;
    char **argv = run(words, 0, true, env, arena, &count);

    if (argv == NULL) {
        return;
    }
    must((size_t)count == count_words(words), "literal words are as many arguments");
    for (long i = 0; i < count; i++) {
        size_t len = strlen(argv[i]);

        must(len <= words.len && memcmp(argv[i], words.data, len) == 0, "and the same bytes");
        words.data += len < words.len ? len + 1 : len;
        words.len -= len < words.len ? len + 1 : len;
    }
}

/* A word gives one argument, but where all of it is a variable. */
static void check_count(struct slice words, long count)
{
    size_t least = 0;
    bool any = false;

    while (words.len > 0) {
        const uint8_t *zero = memchr(words.data, 0, words.len);
        size_t len = zero != NULL ? (size_t)(zero - words.data) : words.len;
        bool split = len > 0 && words.data[0] == '$' &&
                     (len == 1 || (words.data[1] != '$' && words.data[1] != '{'));

        least += !split;
        any = any || split;
        len += zero != NULL;
        words = (struct slice){words.data + len, words.len - len};
    }
    must((size_t)count >= least && (any || (size_t)count == least), "the count matches the words");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[ROOM];
    static uint8_t small[96];
    char *text = malloc(size + 1);
    char *env[ENV_MAX + 1] = {NULL};
    struct slice words;
    struct arena arena;
    size_t at = 0;
    long count = 0;

    must(text != NULL, "there is memory");
    memcpy(text, data != NULL ? (const char *)data : "", size);
    text[size] = 0;
    for (size_t n = 0; n < ENV_MAX && at < size && text[at] != 0; n++) {
        env[n] = text + at;
        at += strlen(text + at) + 1;
    }
    at = at < size ? at + (text[at] == 0) : size;
    words = (struct slice){(const uint8_t *)text + at, size - at};

    arena_init(&arena, memory, sizeof(memory));
    if (run(words, 0, false, env, &arena, &count) != NULL) {
        check_count(words, count);
    }
    arena_init(&arena, memory, sizeof(memory));
    (void)run(words, 1, false, env, &arena, &count);
    arena_init(&arena, small, size % sizeof(small));
    (void)run(words, 0, false, env, &arena, &count);
    arena_init(&arena, memory, sizeof(memory));
    check_literal(words, env, &arena);
    free(text);
    return 0;
}
