/* SPDX-License-Identifier: MIT */
/* One --bind SRC:DST[:ro]: what it may show, and what never. */
#ifndef TOOLS_BIND_H
#define TOOLS_BIND_H

#include "commands.h"
#include "spec.h"

/*
 * Parses and checks it, and clones the source's mounts where we may (not with userns). What it fills
 * in belongs to the spec. 0, or an exit code with the error reported.
 */
int bind_parse(const struct context *ctx, const char *word, bool userns, struct spec_bind *b);

#endif
