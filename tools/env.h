/* SPDX-License-Identifier: MIT */
/* A list of variables as options give them: K=V, or K alone for the caller's own. */
#ifndef TOOLS_ENV_H
#define TOOLS_ENV_H

#include <stddef.h>

struct env {
    const char **entry; // owned array; the strings are the caller's, or of its environment
    size_t count;
};

/* Appends word; K that is not set here adds nothing. 0, or an exit code with the error reported. */
int env_add(struct env *e, const char *word);
void env_finish(struct env *e);

#endif
