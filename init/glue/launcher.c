/* SPDX-License-Identifier: MIT */
/* What PID 1 and its launcher say to each other during the launch, on a socket of their own. */
#include "glue/launcher.h"

#include <errno.h>

#define WORD_BYTES (PROTO_HEADER + 2 * (WIRE_TLV_HEADER + 8))

int launcher_tell(int fd)
{
    uint8_t buf[PROTO_HEADER];
    struct wire_writer w;

    proto_begin(&w, buf, sizeof(buf), PROTO_OK, 0);
    return sock_send(LAUNCH_FD_SYNC, buf, (size_t)proto_end(&w), &fd, fd >= 0 ? 1 : 0);
}

int launcher_wait(struct sock_fds *ret_fds)
{
    uint8_t buf[WORD_BYTES];
    struct proto_msg m;
    ssize_t n = sock_recv(LAUNCH_FD_SYNC, buf, sizeof(buf), ret_fds);

    if (n <= 0) {
        return n == 0 ? -EPIPE : (int)n;
    }
    if (proto_decode((struct slice){buf, (size_t)n}, &m) < 0) {
        return -EBADMSG;
    }
    if (m.type == PROTO_ERROR && m.num[TAG_ERRNO] > 0 && m.num[TAG_ERRNO] < 4096) {
        return -(int)m.num[TAG_ERRNO];
    }
    return m.type == PROTO_OK ? 0 : -EBADMSG;
}

int launcher_tree(struct launcher_trees *t, uint64_t number)
{
    if (number >= TREE_COUNT) {
        return -EBADMSG;
    }
    while (t->count <= number) {
        struct sock_fds fds;
        int r = launcher_wait(&fds);

        if (r < 0) {
            return r;
        }
        if (fds.count != 1) {
            return -EBADMSG;
        }
        t->fd[t->count++] = fds.fd[0];
    }
    return t->fd[number];
}
