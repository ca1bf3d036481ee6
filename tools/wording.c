/* SPDX-License-Identifier: MIT */
/* What people are told of services. */
#include "wording.h"

#include "core/service.h"
#include "core/signame.h"
#include "core/super.h"
#include "core/svc.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

#define UNKNOWN "unknown" /* PID 1 may be newer than this program */

static const char *known(const char *name)
{
    return name != NULL ? name : UNKNOWN;
}

/* The core's tables take an unsigned: a number past it is none of theirs either. */
static unsigned narrow(uint64_t number)
{
    return number > UINT32_MAX ? UINT32_MAX : (unsigned)number;
}

const char *wording_state(uint64_t state)
{
    return known(svc_public_name(narrow(state)));
}

const char *wording_exact_state(uint64_t state)
{
    return known(svc_state_name(narrow(state)));
}

const char *wording_state_meaning(uint64_t state)
{
    static const char *const texts[] = {
        [SVC_STOPPED] = "nothing of it is to run",
        [SVC_START_PRE] = "an ExecStartPre= command runs",
        [SVC_START] = "its ExecStart= command runs, and does not count as started yet",
        [SVC_START_POST] = "an ExecStartPost= command runs beside the main process",
        [SVC_UP] = "the main process runs",
        [SVC_RELOAD] = "an ExecReload= command runs beside the main process",
        [SVC_DONE] = "its commands have ended well, and that counts as running",
        [SVC_STOP] = "an ExecStop= command runs",
        [SVC_STOP_TERM] = "its processes were asked to end",
        [SVC_STOP_KILL] = "its processes got SIGKILL",
        [SVC_STOP_POST] = "an ExecStopPost= command runs",
        [SVC_FINAL_TERM] = "what its last command left was asked to end",
        [SVC_FINAL_KILL] = "what its last command left got SIGKILL",
        [SVC_BACKOFF] = "it waits to be started again",
        [SVC_FAILED] = "it will not start by itself",
    };

    _Static_assert(sizeof(texts) / sizeof(texts[0]) == SVC_STATE_COUNT, "a text a state");
    return state < SVC_STATE_COUNT ? texts[state] : "this version does not know that state";
}

const char *wording_result(uint64_t result)
{
    return known(svc_result_name(narrow(result)));
}

const char *wording_result_meaning(uint64_t result)
{
    static const char *const texts[] = {
        [RESULT_SUCCESS] = "it ended well",
        [RESULT_EXIT_CODE] = "a command of it ended with a code that counts as failure",
        [RESULT_SIGNAL] = "a signal killed it",
        [RESULT_CORE_DUMP] = "a signal killed it, and it dumped core",
        [RESULT_TIMEOUT] = "it took longer than its timeout",
        [RESULT_START_LIMIT] = "it was started too often in too short a time",
        [RESULT_RESOURCES] = "it could not be forked",
        [RESULT_DEPENDENCY] = "what it requires has failed",
        [RESULT_BAD_UNIT] = "its unit cannot be loaded",
    };

    _Static_assert(sizeof(texts) / sizeof(texts[0]) == SVC_RESULT_COUNT, "a text a result");
    return result < SVC_RESULT_COUNT ? texts[result] : "this version does not know that result";
}

const char *wording_job(uint64_t kind)
{
    return known(job_kind_name(narrow(kind)));
}

const char *wording_job_result(uint64_t result)
{
    return known(job_result_name(narrow(result)));
}

/* systemd.exec(5), "PROCESS EXIT CODES". */
const char *wording_exit_code(int code)
{
    static const char *const texts[] = {
        [200 - 200] = "no such working directory",
        [201 - 200] = "its nice value could not be set",
        [202 - 200] = "its descriptors could not be arranged",
        [203 - 200] = "could not be executed",
        [204 - 200] = "no memory",
        [205 - 200] = "its limits could not be set",
        [206 - 200] = "its OOM score could not be set",
        [207 - 200] = "its signal mask could not be set",
        [208 - 200] = "its stdin could not be opened",
        [209 - 200] = "its stdout could not be opened",
        [210 - 200] = "its root directory could not be changed",
        [211 - 200] = "its I/O priority could not be set",
        [212 - 200] = "its timer slack could not be set",
        [213 - 200] = "its secure bits could not be set",
        [214 - 200] = "its scheduling policy could not be set",
        [215 - 200] = "its processors could not be set",
        [216 - 200] = "no such group, or one that it may not have",
        [217 - 200] = "no such user, or one that it may not become",
        [218 - 200] = "its capabilities could not be set",
        [219 - 200] = "its cgroup could not be set up",
        [220 - 200] = "it could not have a session of its own",
        [221 - 200] = "it was not confirmed",
        [222 - 200] = "its stderr could not be opened",
        [224 - 200] = "PAM failed",
        [225 - 200] = "its network namespace could not be set up",
        [226 - 200] = "its mount namespace could not be set up",
        [227 - 200] = "no_new_privs could not be set",
        [228 - 200] = "its system call filter could not be set",
        [229 - 200] = "its SELinux context could not be set",
        [230 - 200] = "its personality could not be set",
        [231 - 200] = "its AppArmor profile could not be set",
        [232 - 200] = "its address families could not be restricted",
        [233 - 200] = "its runtime directory could not be made",
        [235 - 200] = "a socket's owner could not be set",
        [236 - 200] = "its SMACK label could not be set",
        [237 - 200] = "its keyring could not be set up",
        [238 - 200] = "its state directory could not be made",
        [239 - 200] = "its cache directory could not be made",
        [240 - 200] = "its logs directory could not be made",
        [241 - 200] = "its configuration directory could not be made",
        [242 - 200] = "its NUMA policy could not be set",
        [243 - 200] = "its credentials could not be set up",
        [244 - 200] = "an EnvironmentFile= could not be read", // of porthole-init alone
    };
    int count = (int)(sizeof(texts) / sizeof(texts[0]));

    return code >= 200 && code < 200 + count ? texts[code - 200] : NULL;
}

const char *wording_ending(int status, char buf[WORDING_ENDING])
{
    char name[SIGNAME_MAX];

    if (WIFSIGNALED(status)) {
        (void)snprintf(buf, WORDING_ENDING, "killed by SIG%s%s",
                       signame_format(WTERMSIG(status), name),
                       WCOREDUMP(status) ? " (core dumped)" : "");
    } else {
        const char *meaning = wording_exit_code(WEXITSTATUS(status));

        (void)snprintf(buf, WORDING_ENDING, "exit code %d%s%s%s", WEXITSTATUS(status),
                       meaning != NULL ? " (" : "", meaning != NULL ? meaning : "",
                       meaning != NULL ? ")" : "");
    }
    return buf;
}

const char *wording_run(uint64_t run)
{
    return known(service_run_name(narrow(run)));
}

const char *wording_command(uint64_t run, int status, char buf[WORDING_COMMAND])
{
    char ending[WORDING_ENDING];

    (void)snprintf(buf, WORDING_COMMAND, "%s= %s %s", wording_run(run),
                   WIFSIGNALED(status) ? "was" : "ended with", wording_ending(status, ending));
    return buf;
}

const char *wording_ending_short(int status, char buf[WORDING_ENDING])
{
    char name[SIGNAME_MAX];

    if (WIFSIGNALED(status)) {
        (void)snprintf(buf, WORDING_ENDING, "SIG%s", signame_format(WTERMSIG(status), name));
    } else {
        (void)snprintf(buf, WORDING_ENDING, "%d", WEXITSTATUS(status));
    }
    return buf;
}

const char *wording_time_utc(int64_t ms, char buf[WORDING_TIME])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    size_t len = 0;

    if (gmtime_r(&seconds, &tm) != NULL) {
        len = strftime(buf, WORDING_TIME - 8, "%Y-%m-%dT%H:%M:%S", &tm);
    }
    (void)snprintf(buf + len, WORDING_TIME - len, ".%03dZ", (int)(ms % 1000));
    return buf;
}
