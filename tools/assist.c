/* SPDX-License-Identifier: MIT */
/* What the launcher does for PID 1 while that isolates itself. */
#include "assist.h"

#include "mounts.h"
#include "sys/fd.h"
#include "sys/mnt.h"
#include "sys/net.h"
#include "sys/sock.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A tree, or that something is done (-1), or that it failed (-errno of it). */
static void answer(int sync, int error, int fd)
{
    uint8_t buf[PROTO_HEADER + WIRE_TLV_HEADER + 8];
    struct wire_writer w;

    proto_begin(&w, buf, sizeof(buf), error < 0 ? PROTO_ERROR : PROTO_OK, 0);
    if (error < 0) {
        wire_tlv_u64(&w, TAG_ERRNO, (uint64_t)-error);
    }
    if (sock_send(sync, buf, (size_t)proto_end(&w), &fd, fd >= 0 ? 1 : 0) < 0) {
        // It is dead, which the relay's next look tells; or it must not wait for a word that does not come.
        (void)shutdown(sync, SHUT_WR);
    }
}

/* What a row puts into a tree: a node, a link, a folder. */
static int make(int tree, const struct mount_row *row)
{
    const char *path = strchr(row->target, '/') + 1; // within the tree
    int r;

    switch (row->kind) {
    case OP_NODE:
        r = mknodat(tree, path, S_IFCHR | (mode_t)row->a, (dev_t)row->b);
        break;
    case OP_SYMLINK:
        r = symlinkat(row->source, tree, path);
        break;
    case OP_DIRECTORY:
        r = mkdirat(tree, path, (mode_t)row->a);
        break;
    default:
        return -EINVAL;
    }
    return r < 0 ? -errno : 0;
}

/* The tree, detached; its mount's row comes before those of what is in it. Descriptor or -errno. */
static int make_tree(const struct spec *s, enum plan_tree which)
{
    int tree FD_CLEANUP = -1;
    int r = 0;

    for (const struct mount_row *row = NULL; (row = mounts_next(s, row)) != NULL;) {
        if (row->tree != 1 + which) {
            continue;
        }
        if (row->kind == OP_MOUNT) {
            r = tree = mnt_create(row->source, row->source, row->options, row->attr);
        } else {
            r = make(tree, row);
        }
        if (r < 0) {
            return r;
        }
    }
    return TAKE_FD(tree);
}

static void hand_over(const struct spec *s, int sync)
{
    mode_t before = umask(0); // the table says each mode in full

    for (enum plan_tree which = 0; which < TREE_COUNT; which++) { // each as soon as it is ready
        int tree FD_CLEANUP = make_tree(s, which);

        answer(sync, tree < 0 ? tree : 0, tree);
    }
    (void)umask(before);
}

void assist(const struct spec *s, int sync, int net)
{
    if (mounts_hand_over(s)) {
        hand_over(s, sync);
    }
    if (net >= 0) {
        answer(sync, net_loopback_up(net), -1);
    }
}
