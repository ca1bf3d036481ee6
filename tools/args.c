/* SPDX-License-Identifier: MIT */
/* Walking a command's options and operands. */
#include "args.h"

#include "core/wire.h"
#include "report.h"

#include <stddef.h>
#include <string.h>

static int take_value(struct args *a, const char *word, const char *attached)
{
    if (attached != NULL) {
        a->value = attached;
        return 0;
    }
    if (a->next >= a->argc) {
        (void)report_usage("%s: needs a value", word);
        return ARGS_ERROR;
    }
    a->value = a->argv[a->next++];
    return 0;
}

static int long_option(struct args *a, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);

    for (const struct args_option *o = a->options; o->id != 0; o++) {
        if (o->name == NULL || strlen(o->name) != len - 2 ||
            strncmp(word + 2, o->name, len - 2) != 0) {
            continue;
        }
        if (!o->has_value && equals != NULL) {
            (void)report_usage("%.*s: takes no value", (int)len, word);
            return ARGS_ERROR;
        }
        if (o->has_value && take_value(a, word, equals != NULL ? equals + 1 : NULL) < 0) {
            return ARGS_ERROR;
        }
        return o->id;
    }
    (void)report_usage("%.*s: %s", (int)len, word,
                       strncmp(word, "--json", len) == 0 || strncmp(word, "--root", len) == 0
                           ? "goes before the command"
                           : "unknown option");
    return ARGS_ERROR;
}

static int short_option(struct args *a)
{
    char word[3] = {'-', *a->cluster++, 0};

    for (const struct args_option *o = a->options; o->id != 0; o++) {
        if (o->letter != word[1]) {
            continue;
        }
        if (o->has_value) {
            const char *attached = *a->cluster != 0 ? a->cluster : NULL;

            a->cluster = NULL;
            if (take_value(a, word, attached) < 0) {
                return ARGS_ERROR;
            }
        }
        return o->id;
    }
    (void)report_usage("%s: unknown option", word);
    return ARGS_ERROR;
}

int args_next(struct args *a)
{
    const char *word;

    if (a->cluster != NULL && *a->cluster != 0) {
        return short_option(a);
    }
    a->cluster = NULL;
    if (a->next >= a->argc) {
        return ARGS_END;
    }
    word = a->argv[a->next];
    if (a->saw_dashes || word[0] != '-' || word[1] == 0) {
        if (!a->mixed) {
            return ARGS_END;
        }
        a->value = word;
        a->next++;
        return ARGS_OPERAND;
    }
    a->next++;
    if (strcmp(word, "--") == 0) {
        a->saw_dashes = true;
        return a->mixed ? args_next(a) : ARGS_END;
    }
    if (word[1] == '-') {
        return long_option(a, word);
    }
    a->cluster = word + 1;
    return short_option(a);
}

int args_tail(const char *value, const char *what, uint64_t *ret_tail)
{
    uint32_t n;

    if (strcmp(value, "all") == 0) {
        *ret_tail = UINT64_MAX;
        return 0;
    }
    if (!slice_number((struct slice){(const uint8_t *)value, strlen(value)}, &n)) {
        return report_usage("--tail: \"%s\": needs a number of %s, or all", value, what);
    }
    *ret_tail = n;
    return 0;
}
