/* SPDX-License-Identifier: MIT */
/* Variables in command lines: $NAME and ${NAME} of systemd.service(5). */
#ifndef CORE_EXPAND_H
#define CORE_EXPAND_H

#include "core/arena.h"

#include <stdbool.h>

/*
 * Words (each with its zero, one after the other) become arguments: a word "$NAME" alone becomes the words that
 * the value is split into at blanks (none, where it is empty or unset), ${NAME} and $NAME within a word are replaced by
 * the value as it is, "$$" is "$". The first `skip` words are taken as they are (the program).
 * env is NULL-terminated, K=V; where a name is there twice the last counts.
 * Returns the number of arguments, with *ret_argv (NULL-terminated, in the arena), or -ENOMEM.
 */
long expand_words(struct slice words, size_t skip, bool literal, char *const *env,
                  struct arena *arena, char ***ret_argv);

#endif
