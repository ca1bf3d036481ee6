/* SPDX-License-Identifier: MIT */
/* A list of variables as options give them. */
#include "env.h"

#include "report.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The caller's own K=V, or NULL. */
static const char *inherited(const char *key)
{
    size_t len = strlen(key);

    for (char **e = environ; *e != NULL; e++) {
        if (strncmp(*e, key, len) == 0 && (*e)[len] == '=') {
            return *e;
        }
    }
    return NULL;
}

int env_add(struct env *e, const char *word)
{
    const char *entry = strchr(word, '=') != NULL ? word : inherited(word);
    const char **grown;

    if (word[0] == 0 || word[0] == '=') {
        return report_usage("--env: \"%s\": no name before the =", word);
    }
    if (entry == NULL) {
        return 0;
    }
    grown = realloc(e->entry, (e->count + 1) * sizeof(*grown));
    if (grown == NULL) {
        return report_failure("--env: %s", report_errno(ENOMEM));
    }
    e->entry = grown;
    e->entry[e->count++] = entry;
    return 0;
}

void env_finish(struct env *e)
{
    free((void *)(uintptr_t)e->entry);
    *e = (struct env){NULL, 0};
}
