/* SPDX-License-Identifier: MIT */
/* What PID 1 says of a service that has failed for good: an engine's log shows no more than these words. */
#ifndef GLUE_SERVICE_FAILED_H
#define GLUE_SERVICE_FAILED_H

#include <stdint.h>

struct init;

/* One line; none with -q, nor once everything is to stop: who is killed then was told to end. */
void service_say_failed(const struct init *in, uint32_t index);

/* That line in any case, but where the reason was said when it failed. */
void service_tell_failed(const struct init *in, uint32_t index);

#endif
