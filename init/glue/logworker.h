/* SPDX-License-Identifier: MIT */
/* The log worker itself: the child that reads the pipes. */
#ifndef GLUE_LOGWORKER_H
#define GLUE_LOGWORKER_H

#include "core/logring.h"

struct init;

/*
 * A message of PID 1 to its worker: u32 kind, u32 service, u32 enum log_stream and enum logring_flag, the service's
 * name. The end of the socket means: write everything, and end.
 */
enum logworker_message {
    LOGWORKER_PIPE = 1, // with a descriptor: this stream's pipe
    LOGWORKER_ENDED,    // the service's processes are gone
    LOGWORKER_FORGET,   // the same, and its pipes are not needed any more
    LOGWORKER_CLOSED,   // they are gone, and have left nothing in its pipes
    LOGWORKER_FOLLOW,   // with a descriptor: the write end of a follower's pipe
};

#define LOGWORKER_BYTES (12 + LOGRING_NAME_MAX)

/* In the forked child; sock is its end. */
_Noreturn void logworker_run(const struct init *in, int sock);

#endif
