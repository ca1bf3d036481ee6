/* SPDX-License-Identifier: MIT */
/* UNIX SEQPACKET sockets: listening, connecting, datagrams with descriptors. */
#include "sys/sock.h"

#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECT_SECONDS 5 /* until a listener that does not accept is given up */
#define ALIAS_BYTES 32    /* "/proc/self/fd/" and any descriptor */

static int address(struct sockaddr_un *addr, const char *path)
{
    size_t len = strlen(path);

    if (len == 0) { // would be an address in the abstract namespace
        return -ENOENT;
    }
    if (len >= sizeof(addr->sun_path)) {
        return -ENAMETOOLONG;
    }
    memset(addr, 0, sizeof(*addr));
    addr->sun_family = AF_UNIX;
    memcpy(addr->sun_path, path, len + 1);
    return 0;
}

int sock_listen_at(int dirfd, const char *name, int backlog)
{
    struct sockaddr_un addr;
    int fd FD_CLEANUP = -1;
    int r = address(&addr, name);

    if (r < 0) {
        return r;
    }
    if (fchdir(dirfd) < 0) {
        return -errno;
    }
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 ||
        listen(fd, backlog) < 0) {
        return -errno;
    }
    return TAKE_FD(fd);
}

/* "/proc/self/fd/N" without printf, which would be a tenth of porthole-init. */
static void descriptor_path(int fd, char path[ALIAS_BYTES])
{
    static const char prefix[] = "/proc/self/fd/";
    char digits[12];
    size_t at = sizeof(digits) - 1;

    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + fd % 10);
        fd /= 10;
    } while (fd > 0);
    memcpy(path, prefix, sizeof(prefix) - 1);
    memcpy(path + sizeof(prefix) - 1, digits + at, sizeof(digits) - at);
}

int sock_connect(const char *path)
{
    struct sockaddr_un addr;
    int fd FD_CLEANUP = -1;
    int node FD_CLEANUP = -1;
    struct timeval limit = {.tv_sec = CONNECT_SECONDS};
    char alias[ALIAS_BYTES];
    int r = address(&addr, path);

    if (r == -ENAMETOOLONG) { // too long for sun_path: through a descriptor of the socket's node
        node = open(path, O_PATH | O_CLOEXEC);
        if (node < 0) {
            return -errno;
        }
        descriptor_path(node, alias);
        r = address(&addr, alias);
    }
    if (r < 0) {
        return r;
    }
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    // A full queue of connections makes connect(2) wait, as long as this says.
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
        connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
        return -errno;
    }
    return TAKE_FD(fd);
}

int sock_accept(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    return fd < 0 ? -errno : fd;
}

int sock_peer(int fd, pid_t *ret_pid, uid_t *ret_uid)
{
    struct ucred cred;
    socklen_t len = sizeof(cred);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0) {
        return -errno;
    }
    *ret_pid = cred.pid;
    *ret_uid = cred.uid;
    return 0;
}

union control {
    struct cmsghdr header; // for its alignment
    char bytes[CMSG_SPACE(sizeof(int) * SOCK_FDS_MAX)];
};

int sock_send(int fd, const void *data, size_t len, const int *fds, size_t fd_count)
{
    struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    union control control;

    if (fd_count > SOCK_FDS_MAX) {
        return -EINVAL;
    }
    if (fd_count > 0) {
        struct cmsghdr *c;

        memset(&control, 0, sizeof(control));
        msg.msg_control = control.bytes;
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * fd_count);
    }
    while (sendmsg(fd, &msg, MSG_NOSIGNAL) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

ssize_t sock_peek(int fd, void *data, size_t cap, bool *ret_fds)
{
    struct iovec iov = {.iov_base = data, .iov_len = cap};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    // Without a control buffer the kernel installs no descriptor and says MSG_CTRUNC instead.
    ssize_t n = recvmsg(fd, &msg, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);

    if (n < 0) {
        return -errno;
    }
    *ret_fds = (msg.msg_flags & MSG_CTRUNC) != 0;
    return n;
}

static void collect(struct msghdr *msg, struct sock_fds *fds)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
        size_t count;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count && fds->count < SOCK_FDS_MAX; i++) {
            memcpy(&fds->fd[fds->count++], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
        }
    }
}

ssize_t sock_recv(int fd, void *data, size_t cap, struct sock_fds *ret_fds)
{
    struct iovec iov = {.iov_base = data, .iov_len = cap};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    union control control;
    ssize_t n;

    if (ret_fds != NULL) {
        ret_fds->count = 0;
        msg.msg_control = control.bytes;
        msg.msg_controllen = sizeof(control.bytes);
    }
    do {
        n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return -errno;
    }
    if (ret_fds != NULL) {
        collect(&msg, ret_fds);
    }
    if (ret_fds != NULL && (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        // Cut short with room to spare: it was our table of descriptors that had none.
        bool full = (msg.msg_flags & MSG_TRUNC) == 0 && ret_fds->count < SOCK_FDS_MAX;

        sock_fds_close(ret_fds);
        return full ? -EMFILE : -EMSGSIZE;
    }
    if ((msg.msg_flags & MSG_TRUNC) != 0) {
        return -EMSGSIZE;
    }
    return n;
}

void sock_fds_close(struct sock_fds *fds)
{
    for (size_t i = 0; i < fds->count; i++) {
        fd_close(&fds->fd[i]);
    }
    fds->count = 0;
}
