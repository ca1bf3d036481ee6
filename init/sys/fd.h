/* SPDX-License-Identifier: MIT */
/* Descriptors: closing, duplicating to fixed places, pipes, sealed memory. */
#ifndef SYS_FD_H
#define SYS_FD_H

#include "core/wire.h"

#include <stdbool.h>
#include <stddef.h>

/* Closes *fd where it is one and sets it to -1. errno is kept. */
void fd_close(int *fd);

/* Closes what the caller's scope owned: int fd FD_CLEANUP = -1; */
#define FD_CLEANUP __attribute__((cleanup(fd_close)))

/* Gives an owned descriptor away: return TAKE_FD(fd); */
#define TAKE_FD(fd) \
    __extension__({ \
        int *take_ = &(fd); \
        int taken_ = *take_; \
        *take_ = -1; \
        taken_; \
    })

/* pipe2(2) with O_CLOEXEC: ret[0] to read, ret[1] to write. 0 or -errno. */
int fd_pipe(int ret[2]);

/*
 * A new description of what fd is open on, with these flags of open(2) (and O_CLOEXEC): through a procfs at the
 * descriptor proc. Descriptor or -errno (-ENOENT where proc is -1).
 */
int fd_reopen(int proc, int fd, int flags);

/* A copy of fd, CLOEXEC, with the lowest free number from `first` on: in one call, which musl's fcntl(3) is not. -errno. */
int fd_copy_from(int fd, int first);

/*
 * Puts from[0..2] at descriptors 0, 1, 2, without CLOEXEC, whatever order they have now; -1 means
 * /dev/null. The sources stay open. 0 or -errno.
 */
int fd_to_stdio(const int from[3]);

/*
 * Makes sure that 0, 1, 2 are open (on /dev/null where they are not), so that no later descriptor
 * lands there. 0 or -errno; without a /dev/null they may stay closed.
 */
int fd_fill_stdio(void);

/* Marks every descriptor >= first CLOEXEC: close_range(2). 0 or -errno. */
int fd_cloexec_from(int first);

/*
 * Leaves a table of descriptors that is shared with other processes, with a copy of those below `first`: close_range(2).
 * A table that is not shared loses those from `first` on. 0 or -errno.
 */
int fd_unshare_from(int first);

/* Closes every descriptor >= 3 but those in keep (count entries, -1 ignored; sorted in place). */
void fd_close_all_but(int *keep, size_t count);

/* True where fd is a pipe without a name in any file system: a fifo of the host is not. */
bool fd_is_anonymous_pipe(int fd);

/* An empty memfd that can be sealed. Descriptor (CLOEXEC) or -errno. */
int fd_memfd(const char *name, bool executable);

/* Fills such a memfd and seals it against every change. 0 or -errno. */
int fd_fill_sealed(int fd, const void *data, size_t len);

/* Both at once. Descriptor (CLOEXEC) or -errno. */
int fd_sealed_memfd(const char *name, const void *data, size_t len, bool executable);

/* Size of a memfd that carries all seals, or -EPERM (not sealed), -EFBIG (over max), -errno. */
long fd_sealed_size(int fd, size_t max);

/*
 * Maps the whole of such a memfd for reading, for as long as the process lives or until munmap(2).
 * 0, -EBADMSG where it is empty, or an error of fd_sealed_size().
 */
int fd_map_sealed(int fd, size_t max, struct slice *ret_content);

/*
 * The same, read into room where it fits: mapping a page, touching it and unmapping it costs four times
 * as much. The content lies in room or is mapped, as ret_content->data tells. Errors are the same.
 */
int fd_read_sealed(int fd, void *room, size_t cap, size_t max, struct slice *ret_content);

/* Writes all of it, through EINTR and short writes. 0 or -errno. */
int fd_write_all(int fd, const void *data, size_t len);

#endif
