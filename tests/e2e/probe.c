/* SPDX-License-Identifier: MIT */
/* What a shell inside a container cannot show: descriptors, opens with their errno, orphans, TIOCSTI. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int say_result(const char *what, long r)
{
    printf("%s %s\n", what, r < 0 ? strerror(errno) : "done");
    return r < 0;
}

/* Every open descriptor, a line each. */
static int fds(void)
{
    for (int fd = 0; fd < 4096; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) {
            printf("%d\n", fd);
        }
    }
    return 0;
}

/* open PATH r|w|rw: says why not. */
static int open_path(const char *path, const char *how)
{
    int flags = strcmp(how, "rw") == 0 ? O_RDWR : strcmp(how, "w") == 0 ? O_WRONLY : O_RDONLY;

    return say_result(how, open(path, flags | O_NOCTTY));
}

/* Everything that might change the file behind a path; a line for each thing that worked. */
static int spoil(const char *path)
{
    int fd = open(path, O_PATH);
    char again[64];
    int bad = 0;

    bad |= open(path, O_WRONLY) >= 0 && printf("open to write\n");
    bad |= open(path, O_RDWR) >= 0 && printf("open to read and write\n");
    bad |= open(path, O_WRONLY | O_TRUNC) >= 0 && printf("open to truncate\n");
    bad |= truncate(path, 0) == 0 && printf("truncate\n");
    snprintf(again, sizeof(again), "/proc/self/fd/%d", fd);
    bad |= fd >= 0 && open(again, O_RDWR) >= 0 && printf("open through O_PATH\n");
    printf("%s\n", bad ? "spoiled" : "unspoiled");
    return bad;
}

/* N processes that outlive their parents, all ending at about the same time. */
static int orphans(int n)
{
    for (int i = 0; i < n; i++) {
        pid_t pid = fork();

        if (pid < 0) {
            perror("fork");
            return 1;
        }
        if (pid == 0) {
            pid = fork();
            if (pid == 0) {
                usleep((useconds_t)(i % 50) * 1000);
                _exit(i % 256);
            }
            _exit(pid < 0);
        }
        if (waitpid(pid, NULL, 0) != pid) {
            return 1;
        }
    }
    return 0;
}

/* Types a word into the terminal on stdin, by both numbers that the kernel takes (CVE-2019-10063). */
static int tiocsti(void)
{
    static const char word[] = "X\n";
    long plain = 0;
    long high = 0;

    for (const char *c = word; *c != 0; c++) {
        plain |= syscall(SYS_ioctl, 0, (unsigned long)TIOCSTI, c);
        high |= syscall(SYS_ioctl, 0, (unsigned long)TIOCSTI | UINT64_C(1) << 32, c);
    }
    (void)say_result("plain", plain);
    return say_result("high", high);
}

static int attach(int pid)
{
    return say_result("seize", ptrace(PTRACE_SEIZE, pid, NULL, NULL));
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(verb, "fds") == 0) {
        return fds();
    }
    if (strcmp(verb, "open") == 0 && argc == 4) {
        return open_path(argv[2], argv[3]);
    }
    if (strcmp(verb, "spoil") == 0 && argc == 3) {
        return spoil(argv[2]);
    }
    if (strcmp(verb, "chmod") == 0 && argc == 3) {
        return say_result("chmod", chmod(argv[2], 0777));
    }
    if (strcmp(verb, "orphans") == 0 && argc == 3) {
        return orphans(atoi(argv[2]));
    }
    if (strcmp(verb, "tiocsti") == 0) {
        return tiocsti();
    }
    if (strcmp(verb, "seize") == 0 && argc == 3) {
        return attach(atoi(argv[2]));
    }
    if (strcmp(verb, "mknod") == 0 && argc == 3) {
        return say_result("mknod", mknod(argv[2], S_IFCHR | 0666, 0x103));
    }
    if (strcmp(verb, "raise") == 0 && argc == 3) {
        (void)raise(atoi(argv[2]));
        return 0;
    }
    if (strcmp(verb, "pause") == 0) {
        (void)pause();
        return 0;
    }
    fprintf(stderr, "usage: probe VERB [ARGUMENT...]\n");
    return 2;
}
