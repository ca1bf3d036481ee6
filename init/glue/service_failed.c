/* SPDX-License-Identifier: MIT */
/* What PID 1 says of a service that has failed for good. */
#include "glue/service_failed.h"

#include "core/signame.h"
#include "glue/say.h"
#include "glue/services.h"

#include <string.h>
#include <sys/wait.h>

#define WORDS 64 /* bytes of "ExecStartPre= was killed by SIG" */

static const char *name_of(const struct services *s, uint32_t index)
{
    struct service_conf conf;

    unitimage_get(&s->now.image, index, &conf);
    return conf.name;
}

static void say_status(const char *name, const char *who, int status)
{
    char words[WORDS + SIGNAME_MAX] = "failed: ";
    char *end = stpcpy(words + strlen(words), who);

    if (WIFEXITED(status)) {
        (void)stpcpy(end, " ended with exit code");
        say_number(name, words, WEXITSTATUS(status));
    } else {
        char number[SIGNAME_MAX];

        (void)stpcpy(stpcpy(end, " was killed by SIG"), signame_format(WTERMSIG(status), number));
        say(name, words);
    }
}

/* A command beside the main process, or that itself. */
static void say_process(const char *name, const struct svc *svc)
{
    char command[WORDS / 2];

    if (svc->has_failed_run) {
        (void)stpcpy(stpcpy(command, service_run_name(svc->failed_run)), "=");
        say_status(name, command, svc->failed_status);
    } else {
        say_status(name, "it", svc->main_status);
    }
}

void service_tell_failed(const struct init *in, uint32_t index)
{
    const struct services *s = in->services;
    const struct super_service *e = &s->now.service[index];
    const char *name = name_of(s, index);

    switch ((enum svc_result)e->svc.result) {
    case RESULT_START_LIMIT:
        say(name, "failed: it was started too often in too short a time");
        break;
    case RESULT_DEPENDENCY:
        say_reason(name, "failed: it requires what could not be started",
                   e->culprit != SUPER_NONE ? name_of(s, e->culprit) : "a service");
        break;
    case RESULT_TIMEOUT:
        say(name, "failed: it took too long, and was killed");
        break;
    case RESULT_EXIT_CODE:
    case RESULT_SIGNAL:
    case RESULT_CORE_DUMP:
        say_process(name, &e->svc);
        break;
    case RESULT_SUCCESS:
    case RESULT_RESOURCES: // said where it could not be forked
    case RESULT_BAD_UNIT:  // said by the loader
    case SVC_RESULT_COUNT:
        break;
    }
}

void service_say_failed(const struct init *in, uint32_t index)
{
    if (!in->quiet && in->life.state < LIFE_STOPPING) {
        service_tell_failed(in, index);
    }
}
