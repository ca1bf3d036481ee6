/* SPDX-License-Identifier: MIT */
/* Capability names, through libcap. */
#ifndef TOOLS_CAPABILITIES_H
#define TOOLS_CAPABILITIES_H

#include <stddef.h>
#include <stdint.h>

/*
 * "NET_ADMIN", "cap_net_admin", "ALL": the set, or 0 where there is no such capability. all: what
 * "ALL" means.
 */
uint64_t capabilities_parse(const char *word, uint64_t all);

/* "CAP_NET_ADMIN" into buf; "CAP_63" for one that libcap does not know. Returns buf. */
const char *capabilities_name(int cap, char *buf, size_t cap_bytes);

#endif
