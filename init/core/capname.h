/* SPDX-License-Identifier: MIT */
/* Capabilities by the names that units write: CAP_NET_ADMIN. */
#ifndef CORE_CAPNAME_H
#define CORE_CAPNAME_H

#include "core/wire.h"

/* Its number, also from a number below 62; case does not count. -1: there is none such (capabilities(7)). */
int capname_parse(struct slice word);

#endif
