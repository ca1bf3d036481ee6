/* SPDX-License-Identifier: MIT */
/* Capabilities of this process: capabilities(7). Nothing here allocates. */
#ifndef SYS_CAPS_H
#define SYS_CAPS_H

#include <stdint.h>

/* The capabilities that this process may use now (effective), bit n for capability n. */
uint64_t caps_effective(void);

/*
 * Raises the inheritable and the ambient set to all that is permitted, so that an exec by a uid that
 * is not mapped yet keeps its capabilities: user_namespaces(7). 0 or -errno.
 */
int caps_raise_ambient(void);

/*
 * Takes every capability of `have` that is not in `keep` out of the bounding set. Needs CAP_SETPCAP.
 * 0 or -errno.
 */
int caps_bound(uint64_t have, uint64_t keep);

/* Permitted and effective become `keep`, inheritable and ambient empty. 0 or -errno. */
int caps_set(uint64_t keep);

/*
 * Permitted and effective become `keep` and `ambient`, inheritable and ambient `ambient`: what a program that another
 * user executes is to have. 0 or -errno.
 */
int caps_set_ambient(uint64_t keep, uint64_t ambient);

#endif
