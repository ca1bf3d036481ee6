/* SPDX-License-Identifier: MIT */
/* Orphans in process groups of their own: reading /proc for them. */
#include "glue/strays.h"

#include "sys/fd.h"

#include <fcntl.h>
#include <unistd.h>

static void add(struct strays *s, pid_t pid, pid_t own_session)
{
    pid_t session = getsid(pid);

    if (session > 0 && session != pid && session != own_session && s->count < STRAYS_MAX) {
        s->stray[s->count].session = session;
        s->stray[s->count++].group = getpgid(pid);
    }
}

void strays_read(const struct init *in, struct strays *s)
{
    int fd FD_CLEANUP =
        in->proc_fd < 0 ? -1 : openat(in->proc_fd, "thread-self/children", O_RDONLY | O_CLOEXEC);
    pid_t own_session = getsid(0);
    char text[4096];
    pid_t pid = 0;
    ssize_t n;

    s->read = true;
    s->count = 0;
    while (fd >= 0 && (n = read(fd, text, sizeof(text))) > 0) {
        for (ssize_t i = 0; i < n; i++) { // a number may go on in the next piece
            if (text[i] >= '0' && text[i] <= '9') {
                pid = pid * 10 + (text[i] - '0');
            } else if (pid > 0) {
                add(s, pid, own_session);
                pid = 0;
            }
        }
    }
}

pid_t strays_group(const struct strays *s, pid_t session)
{
    for (size_t i = 0; i < s->count && session > 0; i++) {
        if (s->stray[i].session == session && s->stray[i].group > 0) {
            return s->stray[i].group;
        }
    }
    return 0;
}
