/* SPDX-License-Identifier: MIT */
/* What the log is made of and outlives every worker: the ring, the stage, the pipes of services. */
#include "glue/logstore.h"

#include "core/logring.h"
#include "glue/lean.h"
#include "glue/services.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* For one owner, of one size for ever: a reader's mapping must not lose pages under it. */
int logstore_ring(void)
{
    uint8_t header[LOGRING_USED];
    int fd FD_CLEANUP = fd_memfd("porthole-log", false);

    logring_format(header, LOG_RING_BYTES);
    if (fd < 0) {
        return fd;
    }
    if (fchmod(fd, 0600) < 0 || ftruncate(fd, (off_t)logring_bytes(LOG_RING_BYTES)) < 0 ||
        pwrite(fd, header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW) < 0) {
        return -errno;
    }
    return TAKE_FD(fd);
}

/*
 * With a descriptor for each end a start costs a dup(2); with one for both, which holds what is in the pipe just as
 * well, it costs an open(2) through procfs, seven times as much. The first takes four descriptors a service.
 */
static bool has_room(const struct services *s)
{
    return s->given.files.rlim_max > LOG_FDS_SPARE &&
           s->now.image.count < (s->given.files.rlim_max - LOG_FDS_SPARE) / 4;
}

/* Numbers are given from below: so few are left. */
static bool is_scarce(const struct services *s, int fd)
{
    return (rlim_t)fd + LOG_FDS_LEAST >= s->given.files.rlim_max;
}

/* Without it a worker's death may show lines twice, and that is all. */
void logstore_stage(struct services *s)
{
    int *stage = s->logger.stage;

    if (s->logger.out < 0 || fd_pipe(stage) < 0) {
        return;
    }
    if (is_scarce(s, stage[1])) {
        fd_close(&stage[0]);
        fd_close(&stage[1]);
        return;
    }
    (void)fcntl(stage[1], F_SETFL, O_NONBLOCK);
}

/* Whoever has a pipe may open it once more for writing, as /dev/stdout, whichever user that is: hence the mode. */
int logstore_pipe(const struct init *in, int *ret_log, int *ret_writer)
{
    int ends[2];
    int both = -ENOENT;
    int r = fd_pipe(ends);

    if (r < 0) {
        return r;
    }
    (void)fchmod(ends[0], 0622);
    if (!has_room(in->services)) {
        both = fd_reopen(in->proc_fd, ends[0], O_RDWR | O_NONBLOCK);
    }
    if (both == -EMFILE || is_scarce(in->services, both > ends[1] ? both : ends[1])) {
        fd_close(&both);
        (void)close(ends[0]);
        (void)close(ends[1]);
        return -EMFILE;
    }
    if (both >= 0) {
        (void)close(ends[0]);
        (void)close(ends[1]);
        *ret_log = lean_move_up(both, LEAN_FDS);
        return 0;
    }
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    *ret_log = lean_move_up(ends[0], LEAN_FDS);
    // Apart from the others: the worker closes them all at once.
    *ret_writer = lean_move_up(ends[1], LEAN_FDS + 2 * (int)in->services->now.image.count);
    return 0;
}

/*
 * A main process has PID 1's own description of the writing end, made new of whatever the last one has set; a command
 * beside it one of its own, where that can be had: whether it blocks is no business of the main process.
 */
int logstore_writer(const struct init *in, int log, int writer, bool main)
{
    int fd = writer >= 0 && main ? -ENOENT : fd_reopen(in->proc_fd, log, O_WRONLY);

    if (fd == -ENOENT && writer >= 0) {
        fd = fd_copy_from(writer, 3);
        if (fd >= 0) {
            (void)fcntl(fd, F_SETFL, 0);
        }
    }
    return fd;
}

int logstore_stdout(const struct logger *l)
{
    int fd = l->out >= 0 ? fd_copy_from(l->out, 3) : open("/dev/null", O_WRONLY | O_CLOEXEC);

    return fd < 0 && l->out < 0 ? -errno : fd;
}

/* The description is the service's own: whether it blocks is up to the service. */
static int connect_one(int writer, int to)
{
    return dup3(writer, to, 0) < 0 ? -errno : 0;
}

int logstore_connect(const int writers[2], bool out, bool error)
{
    int r = out ? connect_one(writers[0], STDOUT_FILENO) : 0;

    if (r == 0 && error) {
        r = connect_one(writers[1] >= 0 ? writers[1] : writers[0], STDERR_FILENO);
    }
    return r;
}
