/* SPDX-License-Identifier: MIT */
/* Specifiers: "%i" and its kind in values. */
#ifndef CORE_SPECIFIER_H
#define CORE_SPECIFIER_H

#include "core/unit.h"

/*
 * systemd.unit(5), "SPECIFIERS", as systemd 252 has them. A "%" before anything but a letter or digit stays,
 * as one at the end does. -EINVAL: there is no such specifier, or it is not built (%A %B %d %M %o %q %w %W %y
 * %Y: what they stand for is not known here), or the name has no such part; *ret_letter is it.
 */
int specifier_expand(struct slice s, const char *name, const struct unit_values *values,
                     struct wire_writer *out, char *ret_letter);

#endif
