/* SPDX-License-Identifier: MIT */
/* What the other inits print when they are asked, or are asked wrongly, in their words. */
#ifndef GLUE_PEER_USAGE_H
#define GLUE_PEER_USAGE_H

#include "core/peer.h"

/* For an answer other than PEER_RUN. name: argv[0]. Returns their exit code. */
int peer_usage(enum manner manner, const struct peer *p, const char *name);

#endif
