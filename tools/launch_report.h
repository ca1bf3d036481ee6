/* SPDX-License-Identifier: MIT */
/* What a launch that failed says. */
#ifndef TOOLS_LAUNCH_REPORT_H
#define TOOLS_LAUNCH_REPORT_H

#include "spec.h"

/* Why the namespaces could not be made (-errno of clone3(2)). Returns the exit code. */
int launch_report_clone(const struct spec *s, int error);

/* Says what a FAILED or ERROR datagram tells (s NULL: of a session). Returns the exit code that it means. */
int launch_report_failure(const struct spec *s, const struct proto_msg *m);

#endif
