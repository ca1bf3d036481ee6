/* SPDX-License-Identifier: MIT */
/* A client's wait for a container that is just starting. */
#include "starting.h"

#include "path.h"
#include "runtime.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 5000 /* ms at most */
#define POLL_MS STARTING_POLL_MS

void starting_pause(void)
{
    static const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};

    (void)nanosleep(&pause, NULL);
}

bool starting_is(const char *path, bool wait)
{
    int dir FD_CLEANUP = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    if (dir < 0 || flock(dir, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
        return false;
    }
    for (int ms = 0; wait && ms < WAIT_MS && flock(dir, LOCK_SH | LOCK_NB) < 0; ms += POLL_MS) {
        starting_pause();
    }
    return true;
}

bool starting_await_observers(const char *path)
{
    char peek[RUNTIME_PATH_MAX + 32];
    char sock[RUNTIME_PATH_MAX + 32];

    (void)PATH_JOIN(peek, sizeof(peek), path, "/peek");
    (void)PATH_JOIN(sock, sizeof(sock), path, "/peek/peek.sock");
    if (access(peek, X_OK) < 0) {
        return false;
    }
    for (int ms = 0; ms < WAIT_MS && access(peek, X_OK) == 0 && access(sock, F_OK) < 0;
         ms += POLL_MS) {
        starting_pause();
    }
    return true;
}
