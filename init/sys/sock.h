/* SPDX-License-Identifier: MIT */
/* UNIX SEQPACKET sockets: listening, connecting, datagrams with descriptors. */
#ifndef SYS_SOCK_H
#define SYS_SOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Descriptors that a receiver accepts with one datagram. */
#define SOCK_FDS_MAX 4

struct sock_fds {
    int fd[SOCK_FDS_MAX]; // owned by the receiver, all CLOEXEC
    size_t count;
};

/*
 * Binds and listens at name in the directory dirfd, which becomes the working directory: a relative
 * path has no trouble with sun_path's 108 bytes. Descriptor (CLOEXEC, NONBLOCK) or -errno
 * (-EADDRINUSE: something has that name). The mode of the new socket is 0777 less the umask.
 */
int sock_listen_at(int dirfd, const char *name, int backlog);

/* Connects to path, of any length. Descriptor (CLOEXEC, blocking), -EAGAIN: nobody accepts, or -errno. */
int sock_connect(const char *path);

/* Descriptor (CLOEXEC, NONBLOCK) or -errno. */
int sock_accept(int listener);

/* The peer's pid and uid as this process sees them: SO_PEERCRED. 0 or -errno. */
int sock_peer(int fd, pid_t *ret_pid, uid_t *ret_uid);

/* Sends one datagram with up to SOCK_FDS_MAX descriptors. 0 or -errno (-EAGAIN: peer's queue full). */
int sock_send(int fd, const void *data, size_t len, const int *fds, size_t fd_count);

/*
 * Looks at the next datagram without taking it: length of it (0: end of file), or -errno.
 * *ret_fds says whether descriptors come with it; none of them is installed.
 */
ssize_t sock_peek(int fd, void *data, size_t cap, bool *ret_fds);

/*
 * Takes one datagram. Length (0: end of file; an empty datagram looks alike), -EMSGSIZE where it
 * was longer than cap or had too many descriptors, -EMFILE where this process has no number free for them
 * (all of them are closed then), or -errno.
 * ret_fds NULL: descriptors that come with it are discarded by the kernel.
 */
ssize_t sock_recv(int fd, void *data, size_t cap, struct sock_fds *ret_fds);

void sock_fds_close(struct sock_fds *fds);

#endif
