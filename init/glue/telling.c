/* SPDX-License-Identifier: MIT */
/* What is told of a single command while it runs: our own words, or those of the init whose name we have. */
#include "glue/telling.h"

#include "core/signame.h"
#include "glue/say.h"
#include "glue/services.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Levels of tini's -v. */
enum { TINI_WARN = 1, TINI_INFO, TINI_DEBUG, TINI_TRACE };

#define TINI(level) (in->rules.manner == MANNER_TINI && in->rules.voice >= (level))
#define DUMB (in->rules.manner == MANNER_DUMB_INIT && in->rules.voice > 0)
#define CATATONIT (in->rules.manner == MANNER_CATATONIT && in->rules.voice > 0)

void tell_called(const struct rules *rules, const struct peer *p)
{
    if (rules->manner == MANNER_DUMB_INIT && p->by_environment) {
        say_as(STDERR_FILENO, "[dumb-init] Running in debug mode.\n");
    }
    if (rules->manner == MANNER_DUMB_INIT && rules->voice > 0 && p->no_setsid) {
        say_as(STDERR_FILENO, "[dumb-init] Not running in setsid mode.\n");
    }
}

void tell_reaper(const struct init *in)
{
    if (TINI(TINI_TRACE)) {
        say_as(STDOUT_FILENO, "[TRACE tini (%d)] Registered as child subreaper\n", getpid());
    }
}

void tell_no_reaper(const struct init *in)
{
    if (TINI(TINI_WARN)) {
        say_as(STDERR_FILENO,
               "[WARN  tini (%d)] Tini is not running as PID 1 and isn't registered as a child "
               "subreaper.\n",
               getpid());
        say_as(STDERR_FILENO,
               "Zombie processes will not be re-parented to Tini, so zombie reaping won't work.\n"
               "To fix the problem, use the -s option or set the environment variable "
               "TINI_SUBREAPER to register Tini as a child subreaper, or run Tini as PID 1.\n");
    }
}

void tell_spawned(const struct init *in)
{
    if (TINI(TINI_INFO)) {
        say_as(STDOUT_FILENO, "[INFO  tini (%d)] Spawned child process '%s' with pid '%d'\n",
               getpid(), in->argv[0], in->main_pid);
    } else if (DUMB) {
        say_as(STDERR_FILENO, "[dumb-init] Child spawned with PID %d.\n", in->main_pid);
    } else if (CATATONIT) {
        say_as(STDERR_FILENO, "DEBUG (catatonit:%d): pid1 (%d) spawned: %s\n", getpid(),
               in->main_pid, in->argv[0]);
    } else if (in->verbose) {
        say_number(in->argv[0], "started as", in->main_pid);
    }
}

void tell_received(const struct init *in, int number)
{
    if (number == SIGCHLD && TINI(TINI_DEBUG)) {
        say_as(STDOUT_FILENO, "[DEBUG tini (%d)] Received SIGCHLD\n", getpid());
    } else if (DUMB) {
        say_as(STDERR_FILENO, "[dumb-init] Received signal %d.\n", number);
    }
}

static void dumb_passed(int number, int as)
{
    if (as != number) {
        say_as(STDERR_FILENO, "[dumb-init] Translating signal %d to %d.\n", number, as);
    }
    say_as(STDERR_FILENO,
           as == 0 ? "[dumb-init] Not forwarding signal %d to children (ignored).\n"
                   : "[dumb-init] Forwarded signal %d to children.\n",
           as);
}

static void catatonit_passed(const struct init *in, int as, int r)
{
    if (as == 0) {
        say_as(STDERR_FILENO,
               "DEBUG (catatonit:%d): ignoring kernel attempting to stop us: tty has TOSTOP set\n",
               getpid());
    } else if (r < 0) {
        say_as(STDERR_FILENO,
               "WARN (catatonit:%d): forwarding of signal %d to pid1 (%d) failed: %s\n", getpid(),
               as, in->rules.to == FORWARD_GROUP ? -in->main_pid : in->main_pid, say_errno(r));
    }
}

void tell_passed(const struct init *in, int number, int as, int r)
{
    static const char *const whom[] = {[FORWARD_MAIN] = "passed on to the command",
                                       [FORWARD_GROUP] = "passed on to its process group",
                                       [FORWARD_ALL] = "passed on to all"};
    char name[SIGNAME_MAX];
    char other[SIGNAME_MAX];

    if (TINI(TINI_DEBUG) && as > 0) {
        say_as(STDOUT_FILENO, "[DEBUG tini (%d)] Passing signal: '%s'\n", getpid(),
               strsignal(number));
    }
    if (TINI(TINI_WARN) && r == -ESRCH) {
        say_as(STDERR_FILENO, "[WARN  tini (%d)] Child was dead when forwarding signal\n",
               getpid());
    }
    if (DUMB) {
        dumb_passed(number, as);
    } else if (CATATONIT) {
        catatonit_passed(in, as, r);
    } else if (in->verbose && as == 0) {
        say(signame_format(number, name), "not passed on");
    } else if (in->verbose && as != number) {
        say_reason(signame_format(number, name), whom[in->rules.to], signame_format(as, other));
    } else if (in->verbose && r == 0) {
        say(signame_format(number, name), whom[in->rules.to]);
    }
}

void tell_all_reaped(const struct init *in, bool empty)
{
    if (TINI(TINI_TRACE)) {
        say_as(STDOUT_FILENO, "[TRACE tini (%d)] No child to %s\n", getpid(),
               empty ? "wait" : "reap");
    } else if (CATATONIT && empty) {
        say_as(STDERR_FILENO, "DEBUG (catatonit:%d): got ECHILD: no children left to monitor\n",
               getpid());
    }
}

static void tini_reaped(const struct init *in, pid_t pid, int status)
{
    if (TINI(TINI_DEBUG)) {
        say_as(STDOUT_FILENO, "[DEBUG tini (%d)] Reaped child with pid: '%d'\n", getpid(), pid);
    }
    if (pid != in->main_pid) {
        if (in->rules.warn_reap && TINI(TINI_WARN)) {
            say_as(STDERR_FILENO, "[WARN  tini (%d)] Reaped zombie process with pid=%d\n", getpid(),
                   pid);
        }
    } else if (TINI(TINI_INFO) && WIFEXITED(status)) {
        say_as(STDOUT_FILENO, "[INFO  tini (%d)] Main child exited normally (with status '%d')\n",
               getpid(), WEXITSTATUS(status));
    } else if (TINI(TINI_INFO)) {
        say_as(STDOUT_FILENO,
               "[INFO  tini (%d)] Main child exited with signal (with signal '%s')\n", getpid(),
               strsignal(WTERMSIG(status)));
    }
}

static void dumb_reaped(pid_t pid, int status)
{
    if (WIFEXITED(status)) {
        say_as(STDERR_FILENO, "[dumb-init] A child with PID %d exited with exit status %d.\n", pid,
               WEXITSTATUS(status));
    } else {
        say_as(STDERR_FILENO, "[dumb-init] A child with PID %d was terminated by signal %d.\n", pid,
               WTERMSIG(status));
    }
}

static void catatonit_reaped(const struct init *in, pid_t pid, int status)
{
    if (pid == in->main_pid) {
        return;
    }
    if (WIFEXITED(status)) {
        say_as(STDERR_FILENO, "DEBUG (catatonit:%d): child process %d exited with code %d\n",
               getpid(), pid, WEXITSTATUS(status));
    } else {
        say_as(STDERR_FILENO, "DEBUG (catatonit:%d): child process %d exited due to signal %d\n",
               getpid(), pid, WTERMSIG(status));
    }
}

void tell_reaped(const struct init *in, pid_t pid, int status)
{
    switch ((enum manner)in->rules.manner) {
    case MANNER_TINI:
        tini_reaped(in, pid, status);
        break;
    case MANNER_DUMB_INIT:
        if (in->rules.voice > 0) {
            dumb_reaped(pid, status);
        }
        break;
    case MANNER_CATATONIT:
        if (in->rules.voice > 0) {
            catatonit_reaped(in, pid, status);
        }
        break;
    case MANNER_OWN:
        if ((in->verbose || (in->rules.warn_reap && pid != in->main_pid)) &&
            (in->services == NULL || !services_own(in, pid))) {
            say_number(pid == in->main_pid ? "command" : "orphan", "ended with code",
                       life_exit_code(status));
        }
        break;
    }
}

void tell_ending(const struct init *in, int code)
{
    if (TINI(TINI_TRACE)) {
        say_as(STDOUT_FILENO, "[TRACE tini (%d)] Exiting: child has exited\n", getpid());
    } else if (DUMB) {
        say_as(STDERR_FILENO, "[dumb-init] Child exited with status %d. Goodbye.\n", code);
    }
}

void tell_handed(const struct init *in, int number)
{
    if (DUMB) {
        say_as(STDERR_FILENO, "[dumb-init] Ignoring tty hand-off signal %d.\n", number);
    }
}

void tell_suspended(const struct init *in)
{
    if (DUMB) {
        say_as(STDERR_FILENO, "[dumb-init] Suspending self due to TTY signal.\n");
    }
}

int tell_exec_failed(const struct init *in, int error)
{
    // The peers have one word for each of these two kinds.
    const char *reason = say_errno(error == -ELIBACC ? -ENOENT : error);

    switch ((enum manner)in->rules.manner) {
    case MANNER_TINI:
        say_as(STDERR_FILENO, "[FATAL tini (%d)] exec %s failed: %s\n", getpid(), in->argv[0],
               reason);
        return error == -ENOENT || error == -ELIBACC ? 127 : error == -EACCES ? 126 : 1;
    case MANNER_DUMB_INIT:
        say_as(STDERR_FILENO, "[dumb-init] %s: %s\n", in->argv[0], reason);
        return 2;
    case MANNER_CATATONIT:
        say_as(STDERR_FILENO, "ERROR (catatonit:%d): failed to exec pid1: %s\n", getpid(), reason);
        return 1;
    case MANNER_OWN:
        break;
    }
    return -1;
}
