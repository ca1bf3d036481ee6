/* SPDX-License-Identifier: MIT */
/* Executing a program as a shell finds it. */
#include "glue/execute.h"

#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 4096

/* One that was built for another kind of machine, or is broken: to a shell that would be noise. */
static bool is_program(const char *path)
{
    int fd FD_CLEANUP = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char magic[4];

    return fd >= 0 && read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
           memcmp(magic, "\177ELF", sizeof(magic)) == 0;
}

/* A script without "#!" runs under sh, as execlp(3) promises. argv[-1] and argv[0] are overwritten. */
static int execute_path(char *path, char **argv)
{
    static char sh[] = "sh";
    char *name = argv[0];

    (void)execve(path, argv, environ);
    if (errno == ENOENT && access(path, F_OK) == 0) {
        return -ELIBACC; // what is missing is what its first line, or its program header, names
    }
    if (errno != ENOEXEC) {
        return -errno;
    }
    if (is_program(path)) {
        return -ENOEXEC;
    }
    argv[-1] = sh;
    argv[0] = path;
    (void)execve("/bin/sh", argv - 1, environ);
    argv[0] = name;
    return -ENOEXEC;
}

/*
 * As execvp(3), with the environment's own PATH and with sh for scripts, which musl's leaves out. The
 * most telling error is kept: what was found and could not be executed, before "not found".
 */
static __attribute__((noinline)) int execute_found(const char *program, char **argv)
{
    const char *search = getenv("PATH");
    char path[PATH_BYTES];
    size_t name = strlen(program);
    int error = -ENOENT;

    if (search == NULL) {
        search = "/usr/local/bin:/bin:/usr/bin";
    }
    for (;;) {
        size_t len = strcspn(search, ":");

        if (len + name + 2 <= sizeof(path)) {
            char *end = path + len;
            int r;

            memcpy(path, search, len);
            if (len > 0) { // an empty element is the working directory
                *end++ = '/';
            }
            memcpy(end, program, name + 1);
            r = execute_path(path, argv);
            if (r != -ENOENT && r != -ENOTDIR && r != -EACCES && r != -ELIBACC) {
                return r;
            }
            error = r == -EACCES || r == -ELIBACC ? r : error;
        }
        if (search[len] == 0) {
            return error;
        }
        search += len + 1;
    }
}

/* A path needs no room for one: a page of stack less that is touched for the first time. */
int execute_program(char *program, char **argv)
{
    if (program[0] == 0) {
        return -ENOENT; // not each folder of PATH, which could be searched, but not executed
    }
    return strchr(program, '/') != NULL ? execute_path(program, argv)
                                        : execute_found(program, argv);
}
