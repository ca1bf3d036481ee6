/* SPDX-License-Identifier: MIT */
/* The rules of systemd.service(5) by which a service's end is judged, and its next start. */
#ifndef CORE_SVCRULES_H
#define CORE_SVCRULES_H

#include "core/svc.h"

/* Whether Restart= starts a service again that ended so. */
bool svcrules_restarts(enum service_restart restart, enum svc_result result);

/* Counts a start. False where there were StartLimitBurst= of them within StartLimitIntervalSec= already. */
bool svcrules_may_start(struct svc *s, const struct service_conf *conf, msec_t now);

/* What a wait status stands for: of the main process that ran command `index` of ExecStart=, … */
enum svc_result svcrules_main_result(const struct service_conf *conf, unsigned index, int status);

/* … and of a command beside it, of any other list. RUN_IGNORE makes both RESULT_SUCCESS. */
enum svc_result svcrules_command_result(const struct service_conf *conf, enum service_run kind,
                                        unsigned index, int status);

#endif
