/* SPDX-License-Identifier: MIT */
/* The options of `run`: words to a checked spec. */
#ifndef TOOLS_SPEC_OPTIONS_H
#define TOOLS_SPEC_OPTIONS_H

#include "commands.h"
#include "spec.h"

/*
 * Parses and checks everything that can be checked before anything is made. True to go on; else
 * *ret_code is to be returned, the error being reported. spec_finish() in both cases.
 */
bool spec_parse(const struct context *ctx, int argc, char **argv, struct spec *ret_spec,
                int *ret_code);

#endif
