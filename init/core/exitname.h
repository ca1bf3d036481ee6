/* SPDX-License-Identifier: MIT */
/* Exit codes by the names that systemd.exec(5) gives them: TEMPFAIL, USAGE, NOTRUNNING. */
#ifndef CORE_EXITNAME_H
#define CORE_EXITNAME_H

#include "core/wire.h"

/* 0 to 255, from a number or a name. -1: there is none such. */
int exitname_parse(struct slice word);

#endif
