/* SPDX-License-Identifier: MIT */
/* Orphans in process groups of their own: reading /proc for them. */
#include "glue/strays.h"

#include "glue/services.h"
#include "sys/fd.h"

#include <fcntl.h>
#include <unistd.h>

#define NUMBER_MAX 16 /* bytes of a pid and its blank */

static void add(struct strays *s, pid_t pid, pid_t own_session)
{
    pid_t session = getsid(pid);

    if (session > 0 && session != pid && session != own_session && s->count < STRAYS_MAX) {
        s->stray[s->count].session = session;
        s->stray[s->count++].group = getpgid(pid);
    }
}

/* How many children PID 1 knows by name. */
static size_t count_known(const struct init *in)
{
    const struct services *s = in->services;
    size_t known = (size_t)in->session_count + (s->loader > 0) + (s->logger.pid > 0);

    for (uint32_t i = 0; i < s->now.image.count; i++) {
        for (int which = 0; which < PROCESS_COUNT; which++) {
            known += s->now.pid[i][which] > 0;
        }
    }
    return known;
}

/* Walks over the numbers in the file; each is added where `strays` is given. Returns how many there are. */
static size_t walk(int fd, struct strays *strays, pid_t own_session)
{
    char text[4096];
    size_t count = 0;
    pid_t pid = 0;
    ssize_t n = sizeof(text);

    // One read has all that it has room for, and another one walks over the list once more to find its end.
    while (n > (ssize_t)sizeof(text) - NUMBER_MAX && (n = read(fd, text, sizeof(text))) > 0) {
        for (ssize_t i = 0; i < n; i++) { // a number may go on in the next piece
            if (text[i] >= '0' && text[i] <= '9') {
                pid = pid * 10 + (text[i] - '0');
            } else if (pid > 0) {
                if (strays != NULL) {
                    add(strays, pid, own_session);
                }
                count++;
                pid = 0;
            }
        }
    }
    return count;
}

/* Mostly there is no child but those that are known: counting them is a tenth of asking each for its session. */
void strays_read(const struct init *in, struct strays *s)
{
    int fd FD_CLEANUP =
        in->proc_fd < 0 ? -1 : openat(in->proc_fd, "thread-self/children", O_RDONLY | O_CLOEXEC);

    s->read = true;
    s->count = 0;
    if (fd >= 0 && walk(fd, NULL, 0) > count_known(in) && lseek(fd, 0, SEEK_SET) == 0) {
        (void)walk(fd, s, getsid(0));
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
