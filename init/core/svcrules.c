/* SPDX-License-Identifier: MIT */
/* The rules of Restart=, start limits, and what counts as a clean end. */
#include "core/svcrules.h"

#include "core/unitimage.h"

#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

bool svcrules_restarts(enum service_restart restart, enum svc_result result)
{
    bool clean = result == RESULT_SUCCESS;
    bool killed = result == RESULT_SIGNAL || result == RESULT_CORE_DUMP;

    if (result == RESULT_START_LIMIT || result == RESULT_DEPENDENCY || result == RESULT_BAD_UNIT) {
        return false;
    }
    switch (restart) {
    case RESTART_NO:
    case RESTART_ON_WATCHDOG: // there are no watchdogs yet
    case SERVICE_RESTART_COUNT:
        return false;
    case RESTART_ALWAYS:
        return true;
    case RESTART_ON_SUCCESS:
        return clean;
    case RESTART_ON_FAILURE:
        return !clean;
    case RESTART_ON_ABNORMAL:
        return !clean && result != RESULT_EXIT_CODE;
    case RESTART_ON_ABORT:
        return killed;
    }
    return false;
}

bool svcrules_may_start(struct svc *s, const struct service_conf *conf, msec_t now)
{
    if (conf->limit_interval <= 0 || conf->limit_burst == 0) {
        return true;
    }
    if (s->starts == 0 || now - s->window >= conf->limit_interval) {
        s->window = now; // one window after the other
        s->starts = 0;
    }
    if (s->starts >= conf->limit_burst) {
        return false;
    }
    s->starts++;
    return true;
}

static bool ignores_failure(const struct service_conf *conf, enum service_run kind, unsigned index)
{
    unsigned bits = 0;
    struct slice words;

    return unitimage_command(conf, kind, index, &bits, &words) && (bits & RUN_IGNORE) != 0;
}

static bool is_clean_code(const struct service_conf *conf, unsigned code)
{
    return conf->codes != NULL && (conf->codes[code / 8] >> code % 8 & 1) != 0;
}

/* A daemon that ends by one of these was asked to: systemd.service(5), SuccessExitStatus=. */
static bool is_clean_signal(const struct service_conf *conf, int number)
{
    bool asks = number == SIGHUP || number == SIGINT || number == SIGTERM || number == SIGPIPE;

    bool listed = number <= 64 && (conf->ok_signals >> (number - 1) & 1) != 0;

    return listed || (asks && conf->type != TYPE_ONESHOT);
}

static enum svc_result result_of(int status)
{
    if (WIFEXITED(status)) {
        return WEXITSTATUS(status) == 0 ? RESULT_SUCCESS : RESULT_EXIT_CODE;
    }
    return WCOREDUMP(status) ? RESULT_CORE_DUMP : RESULT_SIGNAL;
}

enum svc_result svcrules_main_result(const struct service_conf *conf, unsigned index, int status)
{
    if ((WIFEXITED(status) && is_clean_code(conf, (unsigned)WEXITSTATUS(status))) ||
        (WIFSIGNALED(status) && is_clean_signal(conf, WTERMSIG(status)))) {
        return RESULT_SUCCESS;
    }
    return svcrules_command_result(conf, RUN_START, index, status);
}

enum svc_result svcrules_command_result(const struct service_conf *conf, enum service_run kind,
                                        unsigned index, int status)
{
    enum svc_result result = result_of(status);

    return result != RESULT_SUCCESS && ignores_failure(conf, kind, index) ? RESULT_SUCCESS : result;
}
