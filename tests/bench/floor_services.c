/* SPDX-License-Identifier: MIT */
/*
 * The least that the kernel charges for starting services with logs: `floor_services N COMMAND` makes two pipes
 * for each of N services, each one descriptor of both ends that stays open, and forks a child that becomes the
 * leader of a session, opens the write ends for its stdout and stderr, and executes COMMAND. It reads no unit,
 * has no log worker and no table, and answers nothing.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAILED 125

static void fd_path(char *path, size_t size, int fd)
{
    snprintf(path, size, "/proc/self/fd/%d", fd);
}

/* One descriptor that holds both ends of a pipe. */
static int pipe_open(void)
{
    char path[32];
    int ends[2];
    int both;

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return -1;
    fd_path(path, sizeof(path), ends[0]);
    both = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    close(ends[0]);
    close(ends[1]);
    return both;
}

/* In the child: the pipe's write end, blocking, as descriptor `to`. */
static void pipe_connect(int both, int to)
{
    char path[32];
    int fd;

    fd_path(path, sizeof(path), both);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || dup2(fd, to) < 0)
        _exit(FAILED);
}

static void service(const int *pipes, char **command, const uint64_t *mask)
{
    (void)setsid();
    pipe_connect(pipes[0], STDOUT_FILENO);
    pipe_connect(pipes[1], STDERR_FILENO);
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, NULL, sizeof(*mask));
    execv(command[0], command);
    _exit(FAILED);
}

int main(int argc, char **argv)
{
    uint64_t all = ~UINT64_C(0);
    uint64_t before = 0;
    int pipes[2];

    if (argc < 3)
        return FAILED;
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
    for (int left = atoi(argv[1]); left > 0; left--) {
        pid_t pid;

        pipes[0] = pipe_open();
        pipes[1] = pipe_open();
        pid = pipes[0] < 0 || pipes[1] < 0 ? -1 : fork();
        if (pid == 0)
            service(pipes, argv + 2, &before);
        if (pid < 0)
            return FAILED;
    }
    while (wait(NULL) > 0) {
    }
    return 0;
}
