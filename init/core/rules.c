/* SPDX-License-Identifier: MIT */
/* What becomes of signals, and of the command's end, where there is a single command. */
#include "core/rules.h"

#include "core/signame.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define WORD_MAX 15 /* of a signal's name */

void rules_init(struct rules *r)
{
    *r = (struct rules){.manner = MANNER_OWN};
    for (int i = 1; i < RULES_SIGNALS; i++) {
        r->pass[i] = (uint8_t)i;
    }
    r->pass[SIGCHLD] = 0;
}

int rules_pass(const struct rules *r, int number)
{
    return number > 0 && number < RULES_SIGNALS ? r->pass[number] : number;
}

bool rules_drains(const struct rules *r, int number)
{
    return r->drain > 0 && rules_pass(r, number) != 0 &&
           (number == SIGTERM || rules_pass(r, number) == SIGTERM);
}

bool rules_asks_end(const struct rules *r, int number)
{
    int as = rules_pass(r, number);

    return as != 0 && (number == SIGTERM || number == SIGINT || number == SIGQUIT || as == SIGTERM);
}

/* The signal that the first len bytes name; 0 for "0" and "none" where `none`; or -EINVAL. */
static int signal_of(const char *word, size_t len, bool none)
{
    char name[WORD_MAX + 1];

    if (len == 0 || len > WORD_MAX) {
        return -EINVAL;
    }
    memcpy(name, word, len);
    name[len] = 0;
    if (none && (strcmp(name, "0") == 0 || strcmp(name, "none") == 0)) {
        return 0;
    }
    return signame_parse(name);
}

int rules_rewrite(struct rules *r, const char *word)
{
    const char *colon = strchr(word, ':');
    int from = colon != NULL ? signal_of(word, (size_t)(colon - word), false) : -EINVAL;
    int to = colon != NULL ? signal_of(colon + 1, strlen(colon + 1), true) : -EINVAL;

    if (from <= 0 || to < 0 || from >= RULES_SIGNALS || from == SIGKILL || from == SIGSTOP ||
        from == SIGCHLD) { // those cannot be caught, or are not ours to give away
        return -EINVAL;
    }
    r->pass[from] = (uint8_t)to;
    return 0;
}

/* A number from 0 to 255 that is all of the len bytes, or -1. */
static int code_of(const char *word, size_t len)
{
    int code = 0;

    for (size_t i = 0; i < len; i++) {
        if (i == 3 || word[i] < '0' || word[i] > '9') {
            return -1;
        }
        code = code * 10 + (word[i] - '0');
    }
    return len > 0 && code <= 255 ? code : -1;
}

int rules_ok_exit(struct rules *r, const char *word)
{
    for (;;) {
        size_t len = strcspn(word, ",");
        int code = code_of(word, len);

        if (code < 0) {
            code = signal_of(word, len, false);
            if (code < 0) {
                return -EINVAL;
            }
            code += 128;
        }
        r->ok[code / 8] |= (uint8_t)(1u << code % 8);
        if (word[len] == 0) {
            return 0;
        }
        word += len + 1;
    }
}

int rules_code(const struct rules *r, int code)
{
    return (r->ok[(code & 255) / 8] & 1u << code % 8) != 0 ? 0 : code;
}
