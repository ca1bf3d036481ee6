/* SPDX-License-Identifier: MIT */
/* All services together: jobs, what waits for what, and the order in which they start and stop. */
#ifndef CORE_SUPER_H
#define CORE_SUPER_H

#include "core/svc.h"
#include "core/unitimage.h"

/* What was asked of a service and is not done yet. Numbers travel on the wire: append only. */
#define JOB_KINDS(X) \
    X(NONE, "none") \
    X(START, "start") \
    X(STOP, "stop") \
    X(RESTART, "restart") \
    X(RELOAD, "reload")

#define JOB_RESULTS(X) \
    X(DONE, "done") \
    X(FAILED, "failed") \
    X(DEPENDENCY, "dependency") /* what it requires could not be started */ \
    X(CANCELED, "canceled")     /* something else was asked for meanwhile */ \
    X(INAPPLICABLE, "inapplicable") /* reload of what is not up, or has no ExecReload= */

enum job_kind {
#define X(name, text) JOB_##name,
    JOB_KINDS(X)
#undef X
        JOB_KIND_COUNT
};

enum job_result {
#define X(name, text) JOB_RESULT_##name,
    JOB_RESULTS(X)
#undef X
        JOB_RESULT_COUNT
};

const char *job_kind_name(unsigned kind);
const char *job_result_name(unsigned result);

#endif
