/* SPDX-License-Identifier: MIT */
/* Variables in command lines: $NAME and ${NAME} of systemd.service(5). */
#ifndef CORE_EXPAND_H
#define CORE_EXPAND_H

#include "core/arena.h"

#include <stdbool.h>

/*
 * The rules are those of systemd 252, also where its manual is silent:
 *   - a word that begins with "$", but not with "${" or "$$", is a variable as a whole: it becomes the words of its
 *     value, split at blanks, with quotes and backslashes honoured and removed. "$", "$1" and "$A/b" are names that
 *     nobody has, so nothing is left of such a word;
 *   - ${NAME} in any place of other words is replaced by the value as it is, "$$" by "$";
 *   - $NAME behind the beginning of a word stays as it is: sh -c 'echo $HOME' is for the shell to expand;
 *   - ${NAME:-default} and ${NAME:+other} stay as they are; so does "${" without "}".
 * A value is never looked through for variables again. One that is not set is empty.
 */

/*
 * Words (each with its zero, one after the other) become arguments. The first `skip` words are taken as they are (the
 * program), and all of them where `literal` (RUN_NO_EXPAND).
 * env is NULL-terminated, K=V; where a name is there twice the last counts.
 * Returns the number of arguments, with *ret_argv (NULL-terminated, in the arena), or -ENOMEM.
 */
long expand_words(struct slice words, size_t skip, bool literal, char *const *env,
                  struct arena *arena, char ***ret_argv);

#endif
