/* SPDX-License-Identifier: MIT */
/* Names of units: what is one, its parts, and systemd's escaping of paths in them. */
#ifndef CORE_UNITNAME_H
#define CORE_UNITNAME_H

#include "core/wire.h"

#define UNITNAME_MAX 256 /* bytes with the closing zero: systemd's own limit */

/* "prefix.suffix", "prefix@.suffix" or "prefix@instance.suffix"; the parts are slices of the name. */
struct unitname {
    struct slice prefix;
    struct slice instance; // empty: none
    struct slice suffix;   // without the dot
    bool has_at;           // it is a template, or an instance of one
};

/* False where it is no name of a unit: systemd.unit(5), "DESCRIPTION". */
bool unitname_parse(struct slice name, struct unitname *ret_name);

/*
 * "-" to "/", "\xHH" to its byte. 0, or -EINVAL: no such escape, or a zero byte. With path (%f) a "/" comes
 * before it all; "-" alone is the root, and what is no clean path is -EINVAL: systemd-escape(1).
 */
int unitname_unescape(struct slice s, struct wire_writer *out);
int unitname_unescape_path(struct slice s, struct wire_writer *out);

#endif
