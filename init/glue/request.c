/* SPDX-License-Identifier: MIT */
/* What each request of the control protocol does. */
#include "glue/request.h"

#include "core/plan.h"
#include "glue/audit.h"
#include "glue/control.h"
#include "glue/loop.h"
#include "glue/request_feeds.h"
#include "glue/request_services.h"
#include "glue/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SIGNAL_LAST 64
#define REPLY_BYTES 1024 /* the longest is STATUS_OK; PROC_OK has ten namespaces */

static bool versions_meet(const struct proto_msg *m)
{
    return m->num[TAG_VERSION] >= PROTO_VERSION_MIN && m->num[TAG_VERSION_MIN] <= PROTO_VERSION;
}

void request_greet(struct init *in, int slot, const struct proto_msg *m)
{
    struct slot *s = &in->slots[slot];

    if (!proto_has(m, TAG_VERSION) || !versions_meet(m)) {
        return;
    }
    s->phase = SLOT_OPEN;
    if (s->pid == 0) {
        s->pid = (uint32_t)m->num[TAG_CLIENT_PID];
    }
}

static void do_hello(struct init *in, int slot, const struct proto_msg *m)
{
    uint8_t buf[REPLY_BYTES];
    struct wire_writer w;

    if (!versions_meet(m)) {
        control_error(in, slot, m->request, EPROTONOSUPPORT);
        control_drop(in, slot);
        return;
    }
    request_greet(in, slot, m);
    proto_begin(&w, buf, sizeof(buf), PROTO_HELLO_OK, m->request);
    wire_tlv_u64(&w, TAG_VERSION,
                 m->num[TAG_VERSION] < PROTO_VERSION ? m->num[TAG_VERSION] : PROTO_VERSION);
    wire_tlv_u64(&w, TAG_FEATURES, m->num[TAG_FEATURES] & FEATURES_ALL);
    wire_tlv_u64(&w, TAG_ROLE, in->slots[slot].role);
    wire_tlv_bytes(&w, TAG_INSTANCE, in->instance, sizeof(in->instance));
    wire_tlv_u64(&w, TAG_MONITORED, in->monitor >= 0 || !in->launched);
    control_send(in, slot, &w, NULL, 0);
}

/* How many there are, and what is known of the main one. */
static void put_services(const struct init *in, struct wire_writer *w, msec_t now)
{
    const struct services *s = in->services;
    struct super_count count = s->loaded ? super_count(&s->now.super) : (struct super_count){0};

    wire_tlv_u64(w, TAG_SERVICES_ALL, s->loaded ? s->now.image.count : 0);
    wire_tlv_u64(w, TAG_SERVICES_UP, count.up);
    if (in->life.finished || !in->life.main_alive) {
        wire_tlv_u64(w, TAG_CODE, (uint64_t)in->life.code);
    } else if (s->main != SUPER_NONE && s->now.pid[s->main][PROCESS_MAIN] > 0) {
        wire_tlv_u64(w, TAG_PID, (uint64_t)s->now.pid[s->main][PROCESS_MAIN]);
        wire_tlv_u64(w, TAG_MAIN_UPTIME, (uint64_t)(now - s->now.service[s->main].svc.since));
    }
}

static void do_status(struct init *in, int slot, const struct proto_msg *m, msec_t now)
{
    uint8_t buf[REPLY_BYTES];
    struct wire_writer w;

    proto_begin(&w, buf, sizeof(buf), PROTO_STATUS_OK, m->request);
    wire_tlv_str(&w, TAG_RELEASE, PORTHOLE_VERSION);
    wire_tlv_u64(&w, TAG_STATE, in->life.state);
    wire_tlv_u64(&w, TAG_UPTIME, (uint64_t)(now - in->started));
    wire_tlv_u64(&w, TAG_PLACE, in->place);
    wire_tlv_u64(&w, TAG_GRACE, (uint64_t)in->life.grace);
    wire_tlv_u64(&w, TAG_SESSIONS, (uint64_t)in->session_count);
    wire_tlv_u64(&w, TAG_REAPED, in->reaped);
    wire_tlv_u64(&w, TAG_MONITORED, in->monitor >= 0);
    if (in->services != NULL) {
        put_services(in, &w, now);
    } else if (in->life.main_alive) {
        wire_tlv_u64(&w, TAG_PID, (uint64_t)in->main_pid);
        wire_tlv_u64(&w, TAG_MAIN_UPTIME, (uint64_t)(now - in->main_started));
    } else {
        wire_tlv_u64(&w, TAG_CODE, (uint64_t)in->life.code);
    }
    control_send(in, slot, &w, NULL, 0);
}

/* PID 1 may read its own namespaces; a client on the host may lack the right to. */
static void put_namespaces(const struct init *in, struct wire_writer *w)
{
    static const char *const links[] = {
        "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts",
    };
    char path[32] = "self/ns/";

    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        char text[64];
        ssize_t n;

        memcpy(path + 8, links[i], strlen(links[i]) + 1);
        n = readlinkat(in->proc_fd, path, text, sizeof(text));
        if (n > 0) {
            wire_tlv_bytes(w, TAG_NAMESPACE, text, (size_t)n);
        }
    }
}

static void do_proc(struct init *in, int slot, const struct proto_msg *m)
{
    uint8_t buf[REPLY_BYTES];
    struct wire_writer w;

    if (in->proc_fd < 0) {
        control_error(in, slot, m->request, ENOENT);
        return;
    }
    proto_begin(&w, buf, sizeof(buf), PROTO_PROC_OK, m->request);
    wire_tlv_u64(&w, TAG_PID, (uint64_t)getpid());
    put_namespaces(in, &w);
    control_send(in, slot, &w, &in->proc_fd, 1);
}

static int signal_main_service(const struct init *in, int number)
{
    uint32_t main = in->services->main;
    pid_t pid = main != SUPER_NONE ? in->services->now.pid[main][PROCESS_MAIN] : 0;

    return pid == 0 ? ESRCH : kill(pid, number) < 0 ? errno : 0;
}

static int send_signal(struct init *in, const struct proto_msg *m, msec_t now)
{
    uint64_t n = m->num[TAG_SIGNAL];

    if (n < 1 || n > SIGNAL_LAST) {
        return EINVAL;
    }
    if (proto_has(m, TAG_SESSION)) {
        return -session_signal(in, m->num[TAG_SESSION], (int)n);
    }
    if (proto_has(m, TAG_NAME)) {
        return request_signal_service(in, m->text[TAG_NAME], (int)n);
    }
    if (in->services != NULL) {
        return signal_main_service(in, (int)n);
    }
    if (!in->life.main_alive) {
        return ESRCH;
    }
    if (n == SIGKILL ||
        n == SIGSTOP) { // PID 1 itself cannot be sent these: straight to the command
        return kill(in->main_pid, (int)n) < 0 ? errno : 0;
    }
    loop_life(in, LIFE_EV_SIGNAL, (int64_t)n, now);
    return 0;
}

static void do_signal(struct init *in, int slot, const struct proto_msg *m, msec_t now)
{
    int error;

    audit_signal(in, slot, (int)m->num[TAG_SIGNAL]);
    error = send_signal(in, m, now);
    if (error != 0) {
        control_error(in, slot, m->request, error);
    } else {
        control_ok(in, slot, m->request);
    }
}

static void do_shutdown(struct init *in, int slot, const struct proto_msg *m, msec_t now)
{
    msec_t grace = in->life.grace;

    if (proto_has(m, TAG_GRACE)) {
        uint64_t asked = m->num[TAG_GRACE];

        grace = asked > (uint64_t)MSEC_NEVER ? MSEC_NEVER : (msec_t)asked;
    }
    audit_begin(in, slot, PROTO_SHUTDOWN, "");
    control_ok(in, slot, m->request);
    loop_life(in, LIFE_EV_STOP, grace, now);
    services_pump(in, now);
}

void request_answer_wait(struct init *in, int slot)
{
    struct slot *s = &in->slots[slot];
    uint8_t buf[128];
    struct wire_writer w;
    bool reached = (unsigned)in->life.state >= s->wait_state;

    if (!reached) {
        return;
    }
    s->waiting = WAIT_NONE;
    proto_begin(&w, buf, sizeof(buf), PROTO_STATE, s->wait_request);
    wire_tlv_u64(&w, TAG_STATE, in->life.state);
    if (!in->life.main_alive || in->life.finished) {
        wire_tlv_u64(&w, TAG_CODE, (uint64_t)in->life.code);
    }
    control_send(in, slot, &w, NULL, 0);
}

static void do_wait(struct init *in, int slot, const struct proto_msg *m)
{
    struct slot *s = &in->slots[slot];

    if (proto_has(m, TAG_NAME)) {
        request_wait_service(in, slot, m);
        return;
    }
    if (m->num[TAG_STATE] >= LIFE_STATE_COUNT || s->waiting != WAIT_NONE) {
        control_error(in, slot, m->request, s->waiting != WAIT_NONE ? EBUSY : EINVAL);
        return;
    }
    s->waiting = WAIT_LIFE;
    s->wait_state = (uint8_t)m->num[TAG_STATE];
    s->wait_request = m->request;
    request_answer_wait(in, slot);
}

/* A new monitor in the place of one that was killed: it gets what the audit trail has kept. */
static void do_monitor(struct init *in, int slot, const struct proto_msg *m)
{
    if (!in->launched || in->monitor >= 0) {
        control_error(in, slot, m->request, in->launched ? EBUSY : EINVAL);
        return;
    }
    in->slots[slot].role = ROLE_MONITOR;
    in->monitor = slot;
    control_ok(in, slot, m->request);
    audit_flush(in);
}

void request_denied(struct init *in, int slot, uint16_t type)
{
    audit_denied(in, slot, type);
}

void request_handle(struct init *in, int slot, const struct proto_msg *m, int decoded, msec_t now)
{
    struct slot *s = &in->slots[slot];
    int r = decoded < 0 ? decoded : proto_permit(m->type, s->role);

    if (r == 0 && s->phase == SLOT_HELLO && m->type != PROTO_HELLO) {
        r = -EPROTO;
    }
    if (r < 0) {
        if (r == -EPERM) {
            audit_denied(in, slot, m->type);
        }
        control_error(in, slot, m->request, -r);
        return;
    }
    switch (m->type) {
    case PROTO_HELLO:
        do_hello(in, slot, m);
        break;
    case PROTO_STATUS:
        do_status(in, slot, m, now);
        break;
    case PROTO_PROC:
        do_proc(in, slot, m);
        break;
    case PROTO_SIGNAL:
        do_signal(in, slot, m, now);
        break;
    case PROTO_WAIT:
        do_wait(in, slot, m);
        break;
    case PROTO_SHUTDOWN:
        do_shutdown(in, slot, m, now);
        break;
    case PROTO_MONITOR:
        do_monitor(in, slot, m);
        break;
    case PROTO_SERVICES:
        request_services(in, slot, m, now);
        break;
    case PROTO_START:
    case PROTO_STOP:
    case PROTO_RESTART:
    case PROTO_RELOAD:
        request_job(in, slot, m, now);
        break;
    case PROTO_LOGS:
        request_logs(in, slot, m);
        break;
    case PROTO_EVENTS:
        request_events(in, slot, m);
        break;
    default: // EXEC without descriptors: control.c hands every EXEC on before it comes here
        control_error(in, slot, m->request, EPROTO);
        break;
    }
}

/* What the audit trail calls a session: its first word, which may lie in a memfd that we do not read. */
static void describe(const struct proto_msg *m, char text[AUDIT_TEXT])
{
    static const struct slice shell = {(const uint8_t *)"(shell)", 7};
    struct slice cursor = m->body;
    struct slice word = m->text[TAG_OBJECT];
    size_t len;

    if ((m->num[TAG_FLAGS] & COMMAND_SHELL) != 0) {
        word = shell;
    } else if (word.len == 0 && !proto_next(&cursor, TAG_ARG, &word)) {
        word.len = 0;
    }
    len = word.len < AUDIT_TEXT - 1 ? word.len : AUDIT_TEXT - 1;
    if (len > 0) {
        memcpy(text, word.data, len);
    }
    text[len] = 0;
}

void request_exec(struct init *in, int slot, const struct proto_msg *m)
{
    char text[AUDIT_TEXT];
    int r;

    if ((unsigned)in->life.state >= LIFE_ENDING) {
        control_error(in, slot, m->request, ESHUTDOWN);
        control_drop(in, slot);
        return;
    }
    describe(m, text);
    r = session_start(in, slot, m);
    if (r < 0) {
        control_error(in, slot, m->request, -r);
        control_drop(in, slot);
        return;
    }
    audit_begin_session(in, slot, r, text);
}
