/* SPDX-License-Identifier: MIT */
/* Job control: the command is a job of the shell that we are a job of. */
#include "glue/job.h"

#include "core/signame.h"
#include "glue/say.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define BIT(n) (1u << (n))
#define TINI_TELLS (in->rules.manner == MANNER_TINI && in->rules.voice >= 3) /* its DEBUG */
#define CATATONIT_TELLS (in->rules.manner == MANNER_CATATONIT && in->rules.voice > 0)
#define DUMB_TELLS (in->rules.manner == MANNER_DUMB_INIT && in->rules.voice > 0)

static void dumb_says(const struct init *in, const char *what)
{
    if (DUMB_TELLS) {
        say_as(STDERR_FILENO, "[dumb-init] %s\n", what);
    }
}

/* In glibc's words, which the peers have. */
static const char *reason(int error)
{
    return error == ENOTTY ? "Inappropriate ioctl for device" : say_errno(error);
}

static void dumb_cannot(const struct init *in, const char *what)
{
    int error = errno;

    if (DUMB_TELLS) {
        say_as(STDERR_FILENO, "[dumb-init] Unable to %s controlling tty (errno=%d %s).\n", what,
               error, reason(error));
    }
}

/* catatonit looks for the terminal first, as stdin may be a pipe. */
static int open_terminal(const struct init *in)
{
    int fd = in->rules.manner == MANNER_CATATONIT ? open("/dev/tty", O_RDWR | O_CLOEXEC) : -1;
    int error = errno;

    if (fd < 0 && CATATONIT_TELLS) {
        say_as(STDERR_FILENO,
               "INFO (catatonit:%d): using stdin as tty fd: could not open /dev/tty: %s\n",
               getpid(), say_errno(error));
    }
    return fd >= 0 ? fd : STDIN_FILENO;
}

void job_prepare(struct init *in)
{
    if (in->rules.isolation != ISOLATE_SESSION) {
        return;
    }
    if (ioctl(STDIN_FILENO, TIOCNOTTY) < 0) {
        dumb_cannot(in, "detach from");
    } else if (getsid(0) == getpid()) { // the kernel sends both to the session's foreground: us
        dumb_says(
            in, "Detached from controlling tty, ignoring the first SIGHUP and SIGCONT we receive.");
        in->handed = BIT(SIGHUP) | BIT(SIGCONT);
    } else {
        dumb_says(in, "Detached from controlling tty, but was not session leader.");
    }
}

/*
 * Where the terminal's foreground is not ours it is not ours to give. SIGTTOU is blocked here; a stdin that is closed or
 * no terminal is nobody's fault.
 */
static void take_foreground(const struct init *in)
{
    pid_t before = getpgrp();
    int fd = open_terminal(in);
    pid_t now;

    if (setpgid(0, 0) < 0) {
        return;
    }
    now = tcgetpgrp(fd);
    if (now < 0 && TINI_TELLS) {
        say_as(STDOUT_FILENO, "[DEBUG tini (%d)] tcsetpgrp failed: no tty (ok to proceed)\n",
               getpid());
    }
    if (now < 0 && CATATONIT_TELLS) {
        say_as(STDERR_FILENO,
               "DEBUG (catatonit:%d): setting foreground process failed: no tty present: %s\n",
               getpid(), reason(errno));
    }
    if (now == before) {
        (void)tcsetpgrp(fd, getpid());
    }
    if (fd > STDERR_FILENO) {
        (void)close(fd);
    }
}

void job_isolate(const struct init *in)
{
    switch ((enum isolation)in->rules.isolation) {
    case ISOLATE_GROUP:
        take_foreground(in);
        break;
    case ISOLATE_SESSION:
        (void)setsid();
        if (ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0) {
            dumb_cannot(in, "attach to");
        }
        dumb_says(in, "setsid complete.");
        break;
    case ISOLATE_NONE:
        break;
    }
}

/* Is nobody there who would have us go on? The kernel asks the same of the parent of each in the group: setpgid(2). */
static bool is_orphaned(const struct init *in)
{
    return in->pid1 || getsid(0) == getpid() || getsid(getppid()) != getsid(0);
}

/*
 * It was stopped as it wants the terminal, in whose background it is. Whether that is ours to give only the kernel can
 * say and act upon in one step: it stops us and all of our job where it is not, with SIGTTOU, until `fg` makes it so;
 * EIO where nobody could. PID 1 it cannot stop, and would have it ask again and again.
 */
static void give_terminal(const struct init *in, pid_t command)
{
    void (*before)(int);
    sigset_t set;
    int r;

    if (in->pid1 && (getpgrp() == 0 || tcgetpgrp(STDIN_FILENO) != getpgrp())) {
        return; // 0: a group of another pid namespace
    }
    before = signal(SIGTTOU, SIG_DFL);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTTOU);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
    r = tcsetpgrp(STDIN_FILENO, command);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGTTOU, before);
    if (r == 0) {
        (void)kill(-command, SIGCONT);
    }
}

/* Ctrl-Z: all of our job stops, as the terminal would have done it: they, too, are what the shell waits for. */
static void stop_with_it(pid_t command)
{
    (void)kill(0, SIGTSTP); // for us it is blocked, and SIGCONT takes it with it: signal(7)
    (void)kill(getpid(), SIGSTOP);
    if (tcgetpgrp(STDIN_FILENO) == getpgrp()) { // fg, and not bg
        (void)tcsetpgrp(STDIN_FILENO, command);
    }
    (void)kill(-command, SIGCONT);
}

void job_stopped(const struct init *in, pid_t command, int number)
{
    char name[SIGNAME_MAX];

    // Somebody's SIGSTOP, a debugger's, is no job control; nor is SIGTSTP that no terminal has sent.
    if (in->launched || in->rules.isolation != ISOLATE_GROUP) {
        return;
    }
    if (number == SIGTTIN || number == SIGTTOU) {
        give_terminal(in, command);
    } else if (number == SIGTSTP && tcgetpgrp(STDIN_FILENO) == command) {
        if (!is_orphaned(in)) {
            stop_with_it(command);
            return;
        }
        if (in->verbose) {
            say(signame_format(number, name),
                "has stopped the command, which goes on: there is no shell");
        }
        (void)kill(-command, SIGCONT);
    }
}
