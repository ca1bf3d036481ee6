/* SPDX-License-Identifier: MIT */
/* Sessions: commands that a client runs inside, from EXEC to EXIT. */
#include "glue/session.h"

#include "core/plan.h"
#include "glue/audit.h"
#include "glue/command.h"
#include "glue/control.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/sock.h"
#include "sys/spawn.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static struct session *find(struct init *in, pid_t pid)
{
    for (int i = 0; i < SESSIONS_MAX; i++) {
        if (in->sessions[i].pid == pid) {
            return &in->sessions[i];
        }
    }
    return NULL;
}

_Noreturn static void refuse(int conn, uint32_t request, int error)
{
    uint8_t buf[PROTO_HEADER + 2 * (WIRE_TLV_HEADER + 8)];
    struct wire_writer w;
    int len;

    proto_begin(&w, buf, sizeof(buf), PROTO_ERROR, request);
    wire_tlv_u64(&w, TAG_ERRNO, (uint64_t)-error);
    len = proto_end(&w);
    if (len > 0) {
        (void)sock_send(conn, buf, (size_t)len, NULL, 0);
    }
    _exit(125);
}

/*
 * Descriptors come in order: stdin where it is connected, stdout, stderr (none of the three with a
 * terminal), and the memfd of arguments. Each must be what a client makes afresh: an anonymous pipe,
 * or memory under seal. A file, a directory or a terminal of the host would be a way out.
 */
static int take_fds(struct command *c, const struct sock_fds *fds, int *ret_args)
{
    uint64_t flags = c->own->num[TAG_FLAGS];
    size_t next = 0;

    for (int i = 0; i < SESSION_FDS && (flags & COMMAND_TTY) == 0; i++) {
        if (i == 0 && (flags & COMMAND_STDIN) == 0) {
            continue;
        }
        if (next >= fds->count || !fd_is_anonymous_pipe(fds->fd[next])) {
            return -EINVAL;
        }
        c->stdio[i] = fds->fd[next++];
    }
    *ret_args = -1;
    if ((flags & COMMAND_ARGS_FD) != 0) {
        if (next >= fds->count) {
            return -EINVAL;
        }
        *ret_args = fds->fd[next++];
    }
    return next == fds->count ? 0 : -EINVAL;
}

_Noreturn static void session_child(const struct init *in, int conn, uint32_t request)
{
    uint8_t datagram[PROTO_DATAGRAM_MAX];
    struct proto_msg list;
    struct plan plan;
    struct proto_msg m;
    struct sock_fds fds;
    struct command c = {
        .init = in,
        .own = &m,
        .conn = conn,
        .request = request,
        .stdio = {-1, -1, -1},
        .pty = {-1, -1},
    };
    ssize_t n = sock_recv(conn, datagram, sizeof(datagram), &fds);
    int args = -1;
    int r = n <= 0 ? -EPROTO : proto_decode((struct slice){datagram, (size_t)n}, &m);

    if (r == 0) {
        r = take_fds(&c, &fds, &args);
    }
    if (r == 0) {
        c.args = m.body;
        if (args >= 0) {
            r = fd_map_sealed(args, SESSION_ARGS_MAX, &c.args);
        }
        if (r == 0 && args >= 0) {
            r = proto_decode_list(c.args, &list);
        }
    }
    if (r < 0) {
        refuse(conn, request, r);
    }
    c.base = command_plan_fields(in, &plan);
    if (in->launched && c.base == NULL) {
        refuse(conn, request, -EIO);
    }
    command_become(&c);
}

static const struct session *find_token(const struct init *in, uint64_t token)
{
    for (int i = 0; i < SESSIONS_MAX && token != 0; i++) {
        if (in->sessions[i].pid != 0 && in->sessions[i].token == token) {
            return &in->sessions[i];
        }
    }
    return NULL;
}

int session_start(struct init *in, int slot, const struct proto_msg *m)
{
    struct session *s = find(in, 0);
    pid_t pid;

    if (s == NULL) {
        return -EUSERS;
    }
    if (find_token(in, m->num[TAG_SESSION]) != NULL) {
        return -EEXIST;
    }
    // fork, not vfork: the child resolves paths of the container, which may hang.
    pid = spawn_copy();
    if (pid < 0) {
        return pid;
    }
    if (pid == 0) {
        session_child(in, in->slots[slot].fd, m->request);
    }
    s->pid = pid;
    s->slot = slot;
    s->request = m->request;
    s->token = m->num[TAG_SESSION];
    s->kill_at = MSEC_NEVER;
    in->session_count++;
    in->slots[slot].phase = SLOT_SESSION;
    return (int)pid;
}

bool session_reaped(struct init *in, pid_t pid, int status)
{
    struct session *s = in->session_count > 0 ? find(in, pid) : NULL;
    uint8_t buf[128];
    struct wire_writer w;
    int slot;

    if (s == NULL) {
        return false;
    }
    slot = s->slot;
    s->pid = 0;
    in->session_count--;
    audit_end(in, slot, pid, life_exit_code(status));
    if (slot >= 0) {
        proto_begin(&w, buf, sizeof(buf), PROTO_EXIT, s->request);
        wire_tlv_u64(&w, TAG_PID, (uint64_t)pid);
        wire_tlv_u64(&w, TAG_CODE, (uint64_t)life_exit_code(status));
        wire_tlv_u64(&w, TAG_STATUS, (uint64_t)(unsigned)status);
        wire_tlv_u64(&w, TAG_MONITORED, in->monitor >= 0 || !in->launched);
        in->slots[slot].phase = SLOT_OPEN; // its queue may hold what a client sent out of turn
        control_send(in, slot, &w, NULL, 0);
        control_drop(in, slot);
    }
    return true;
}

void session_orphaned(struct init *in, int slot)
{
    for (int i = 0; i < SESSIONS_MAX; i++) {
        struct session *s = &in->sessions[i];

        if (s->pid == 0 || s->slot != slot) {
            continue;
        }
        s->slot = -1;
        s->kill_at = clock_monotonic() + SESSION_HANGUP_MS;
        // Its group: it leads a session. Before its setsid() there is no group yet, only itself.
        if (kill(-s->pid, SIGHUP) < 0) {
            (void)kill(s->pid, SIGHUP);
        }
        (void)kill(-s->pid, SIGCONT);
    }
}

int session_signal(const struct init *in, uint64_t token, int number)
{
    const struct session *s = find_token(in, token);

    if (s == NULL) {
        return -ESRCH;
    }
    return kill(s->pid, number) < 0 ? -errno : 0;
}

msec_t session_deadline(const struct init *in)
{
    msec_t first = MSEC_NEVER;

    for (int i = 0; i < SESSIONS_MAX && in->session_count > 0; i++) {
        if (in->sessions[i].pid != 0 && in->sessions[i].kill_at < first) {
            first = in->sessions[i].kill_at;
        }
    }
    return first;
}

void session_expire(struct init *in, msec_t now)
{
    for (int i = 0; i < SESSIONS_MAX && in->session_count > 0; i++) {
        struct session *s = &in->sessions[i];

        if (s->pid != 0 && s->kill_at <= now) {
            s->kill_at = MSEC_NEVER;
            if (kill(-s->pid, SIGKILL) < 0) {
                (void)kill(s->pid, SIGKILL);
            }
        }
    }
}
