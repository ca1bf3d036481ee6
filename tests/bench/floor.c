/* SPDX-License-Identifier: MIT */
/*
 * The least that the kernel charges for an entrypoint's work: `floor COMMAND` becomes the one who gets the
 * orphans, starts a command in a process group of its own, asks whether the terminal is its to give to it,
 * and waits for signals until it can reap it; it does nothing else.
 */
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAILED 125

static int reap(char **command)
{
    uint64_t all = ~UINT64_C(0);
    uint64_t before = 0;
    int status = 0;
    pid_t group = 0;
    pid_t pid;

    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    pid = vfork();
    if (pid == 0) {
        (void)setpgid(0, 0);
        (void)ioctl(STDIN_FILENO, TIOCGPGRP, &group);
        (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
        execv(command[0], command);
        _exit(FAILED);
    }
    while (waitpid(-1, &status, WNOHANG) == 0) {
        (void)syscall(SYS_rt_sigtimedwait, &all, NULL, NULL, sizeof(all));
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : FAILED;
}

int main(int argc, char **argv)
{
    return argc < 2 ? FAILED : reap(argv + 1);
}
