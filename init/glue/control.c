/* SPDX-License-Identifier: MIT */
/* Control connections: accepting, hello, handing datagrams to requests, dropping. */
#include "glue/control.h"

#include "glue/request.h"
#include "glue/session.h"
#include "sys/fd.h"
#include "sys/sock.h"
#include "sys/spawn.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
    enum role role;
    uint8_t slots;
} listeners[LISTENER_COUNT] = {
    [LISTEN_OPERATOR] = {ROLE_OPERATOR, SLOTS_OPERATOR},
    [LISTEN_OBSERVER] = {ROLE_OBSERVER, SLOTS_OBSERVER},
    [LISTEN_INSIDE] = {ROLE_INSIDE, SLOTS_INSIDE},
};

/* Takes all that lies in its queue, and closes what came along. Apart, as its room is a page of stack. */
static __attribute__((noinline)) void drain(int fd)
{
    uint8_t datagram[PROTO_DATAGRAM_MAX];
    struct sock_fds fds;
    ssize_t n;

    do {
        n = sock_recv(fd, datagram, sizeof(datagram), &fds);
        if (n >= 0) {
            sock_fds_close(&fds);
        }
    } while (n > 0 || n == -EMSGSIZE);
}

/*
 * Closing the last reference to a descriptor of a dead FUSE or NFS server may block. What still
 * lies in a connection's queue is therefore taken out and closed by a child.
 */
static void drain_in_child(int fd)
{
    bool has_fds = false;
    uint8_t byte;
    pid_t pid;

    // First of all nothing new may get in: what arrives between the look and the close would turn the
    // answer that the client has yet to read into a broken connection.
    (void)shutdown(fd, SHUT_RDWR);
    if (sock_peek(fd, &byte, sizeof(byte), &has_fds) <= 0 && !has_fds) {
        return; // nothing is left in it, or its end
    }
    pid = spawn_copy();
    if (pid > 0) {
        return;
    }
    // Without a child we take the risk: left in the queue they would be closed by our close, and the
    // client would see a broken connection in the place of the answer that tells it why.
    drain(fd);
    if (pid == 0) {
        _exit(0);
    }
}

void control_drop(struct init *in, int slot)
{
    struct slot *s = &in->slots[slot];

    if (s->phase == SLOT_FREE) {
        return;
    }
    if (s->phase == SLOT_SESSION) {
        session_orphaned(in, slot);
    }
    drain_in_child(s->fd);
    if (in->monitor == slot) {
        in->monitor = -1;
    }
    fd_close(&s->fd);
    s->phase = SLOT_FREE;
    s->waiting = WAIT_NONE;
    while (in->slot_end > 0 && in->slots[in->slot_end - 1].phase == SLOT_FREE) {
        in->slot_end--;
    }
}

/*
 * A free slot for the role, or -1 where it has its share. An operator's connection that is a session's,
 * or that waits, is parked in a share of its own (SESSIONS_MAX), so that neither many sessions nor many
 * who wait keep the operator out; what does not fit there counts with the others. The shares add up to
 * SLOTS_MAX: no role can take another's.
 */
static int find_slot(const struct init *in, enum role role, int limit)
{
    int free_slot = in->slot_end < SLOTS_MAX ? in->slot_end : -1;
    int parked = 0;
    int used = 0;

    for (int i = in->slot_end - 1; i >= 0; i--) {
        if (in->slots[i].phase == SLOT_FREE) {
            free_slot = i;
        } else if (in->slots[i].role == (uint8_t)role) {
            bool parks = role == ROLE_OPERATOR &&
                         (in->slots[i].phase == SLOT_SESSION || in->slots[i].waiting != WAIT_NONE);

            parked += parks;
            used += !parks;
        }
    }
    used += parked > SESSIONS_MAX ? parked - SESSIONS_MAX : 0;
    return used < limit ? free_slot : -1;
}

static void fill_slot(struct init *in, int slot, int fd, enum role role, enum slot_phase phase)
{
    struct slot *s = &in->slots[slot];
    pid_t pid = 0;
    uid_t uid = (uid_t)-1;

    (void)sock_peer(fd, &pid, &uid);
    s->fd = fd;
    s->role = (uint8_t)role;
    s->phase = (uint8_t)phase;
    s->waiting = WAIT_NONE;
    s->deadline = MSEC_NEVER;
    s->uid = uid;
    s->pid = (uint32_t)pid;
    in->slot_end = slot < in->slot_end ? in->slot_end : slot + 1;
}

int control_add_monitor(struct init *in, int fd)
{
    int slot = find_slot(in, ROLE_MONITOR, SLOTS_MONITOR);

    if (slot < 0) {
        fd_close(&fd);
        return -EBUSY;
    }
    fill_slot(in, slot, fd, ROLE_MONITOR, SLOT_OPEN);
    in->monitor = slot;
    return 0;
}

static void refuse(int fd, int error)
{
    uint8_t buf[64];
    struct wire_writer w;
    int len;

    proto_begin(&w, buf, sizeof(buf), PROTO_ERROR, 0);
    wire_tlv_u64(&w, TAG_ERRNO, (uint64_t)error);
    len = proto_end(&w);
    if (len > 0) {
        (void)sock_send(fd, buf, (size_t)len, NULL, 0);
    }
    drain_in_child(fd);
    fd_close(&fd);
}

/*
 * A process of the container has reached the operator's socket (a bind mount, a passed directory):
 * its pid is one of our namespace. As an entrypoint the folder alone decides.
 */
static bool from_inside(const struct init *in, int fd)
{
    pid_t pid = 0;
    uid_t uid;

    return in->launched && sock_peer(fd, &pid, &uid) == 0 && pid > 0;
}

void control_accept(struct init *in, enum listener which, msec_t now)
{
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int fd = sock_accept(in->listener[which]);
        int slot;

        if (fd < 0) {
            // Out of descriptors or memory: the connection stays in the queue and poll(2) would not
            // let us sleep. Somebody else's end may help; we look again a little later.
            in->accept_at =
                fd == -EAGAIN || fd == -ECONNABORTED || fd == -EINTR ? 0 : now + ACCEPT_PAUSE_MS;
            return;
        }
        if (which != LISTEN_INSIDE && from_inside(in, fd)) {
            refuse(fd, EPERM);
            continue;
        }
        slot = find_slot(in, listeners[which].role, listeners[which].slots);
        if (slot < 0) {
            refuse(fd, EBUSY);
            continue;
        }
        fill_slot(in, slot, fd, listeners[which].role, SLOT_HELLO);
        in->slots[slot].deadline = now + HELLO_TIMEOUT_MS;
    }
}

short control_events(const struct slot *s)
{
    return s->phase == SLOT_HELLO || s->phase == SLOT_OPEN ? POLLIN : 0;
}

/* One datagram. False where the turn of this connection is over. */
static bool read_one(struct init *in, int slot, msec_t now)
{
    struct slot *s = &in->slots[slot];
    uint8_t datagram[PROTO_DATAGRAM_MAX];
    struct proto_msg m;
    bool has_fds;
    ssize_t n = sock_peek(s->fd, datagram, sizeof(datagram), &has_fds);
    int r;

    if (n == -EAGAIN || n == -EINTR) {
        return false;
    }
    if (n <= 0 || n > (ssize_t)sizeof(datagram)) {
        control_drop(in, slot);
        return false;
    }
    r = proto_decode((struct slice){datagram, (size_t)n}, &m);
    if (r == -EBADMSG || (has_fds && m.type != PROTO_EXEC)) {
        control_drop(in, slot); // it does not speak our language: no reply could be understood
        return false;
    }
    if (r == 0 && s->phase == SLOT_HELLO && m.type != PROTO_HELLO) {
        request_greet(in, slot, &m);
    }
    if (r == 0 && m.type == PROTO_EXEC && s->phase == SLOT_OPEN &&
        proto_permit(m.type, s->role) == 0) {
        // The child takes the datagram and its descriptors; we never touch the connection again.
        request_exec(in, slot, &m);
        return false;
    }
    if (has_fds) {
        control_error(in, slot, m.request,
                      r < 0                               ? -r
                      : proto_permit(m.type, s->role) < 0 ? EPERM
                                                          : EPROTO);
        if (r == 0 && proto_permit(m.type, s->role) < 0) {
            request_denied(in, slot, m.type);
        }
        control_drop(in, slot);
        return false;
    }
    (void)sock_recv(s->fd, datagram, sizeof(datagram), NULL);
    request_handle(in, slot, &m, r, now);
    return s->phase != SLOT_FREE;
}

void control_ready(struct init *in, int slot, short revents, msec_t now)
{
    struct slot *s = &in->slots[slot];

    if (s->phase == SLOT_FREE) {
        return;
    }
    if ((revents & POLLIN) != 0 && s->phase != SLOT_SESSION) {
        for (int i = 0; i < MESSAGES_PER_TURN; i++) {
            if (!read_one(in, slot, now)) {
                return;
            }
        }
        return; // a hang-up shows as end of file once the queue is empty
    }
    if ((revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
        control_drop(in, slot);
    }
}

msec_t control_deadline(const struct init *in)
{
    msec_t first = in->accept_at != 0 ? in->accept_at : MSEC_NEVER;

    for (int i = 0; i < in->slot_end; i++) {
        if (in->slots[i].phase == SLOT_HELLO && in->slots[i].deadline < first) {
            first = in->slots[i].deadline;
        }
    }
    return first;
}

void control_expire(struct init *in, msec_t now)
{
    if (in->accept_at <= now) {
        in->accept_at = 0;
    }
    for (int i = 0; i < in->slot_end; i++) {
        if (in->slots[i].phase == SLOT_HELLO && in->slots[i].deadline <= now) {
            control_error(in, i, 0, ETIMEDOUT);
            control_drop(in, i);
        }
    }
}

void control_send(struct init *in, int slot, struct wire_writer *w, const int *fds, size_t count)
{
    int len = proto_end(w);

    if (in->slots[slot].phase == SLOT_FREE || len < 0) {
        return;
    }
    if (sock_send(in->slots[slot].fd, w->data, (size_t)len, fds, count) < 0) {
        control_drop(in, slot);
    }
}

void control_ok(struct init *in, int slot, uint32_t request)
{
    uint8_t buf[PROTO_HEADER];
    struct wire_writer w;

    proto_begin(&w, buf, sizeof(buf), PROTO_OK, request);
    control_send(in, slot, &w, NULL, 0);
}

void control_error(struct init *in, int slot, uint32_t request, int error)
{
    uint8_t buf[PROTO_HEADER + WIRE_TLV_HEADER + 8];
    struct wire_writer w;

    proto_begin(&w, buf, sizeof(buf), PROTO_ERROR, request);
    wire_tlv_u64(&w, TAG_ERRNO, (uint64_t)error);
    control_send(in, slot, &w, NULL, 0);
}

void control_announce(struct init *in)
{
    for (int i = 0; i < in->slot_end; i++) {
        if (in->slots[i].phase == SLOT_OPEN && in->slots[i].waiting == WAIT_LIFE) {
            request_answer_wait(in, i);
        }
    }
}
