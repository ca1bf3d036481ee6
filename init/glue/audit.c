/* SPDX-License-Identifier: MIT */
/* The audit trail: who asked for what, kept until a monitor on the host writes it down. */
#include "glue/audit.h"

#include "core/signame.h"
#include "glue/control.h"
#include "sys/clock.h"
#include "sys/mem.h"
#include "sys/sock.h"

#include <errno.h>
#include <string.h>

/* Mapped for the first record: an entrypoint that nobody peeks into starts with a page of memory less. */
static struct audit_record *ring;

_Static_assert(AUDIT_KEEP * sizeof(struct audit_record) == 4096, "the audit trail is one page");

static bool send_one(struct init *in, const struct audit_record *r)
{
    uint8_t buf[256];
    struct wire_writer w;
    int len;
    int sent;

    proto_begin(&w, buf, sizeof(buf), PROTO_AUDIT, 0);
    wire_tlv_u64(&w, TAG_TIME, (uint64_t)r->time);
    wire_tlv_u64(&w, TAG_VERB, r->verb);
    wire_tlv_u64(&w, TAG_PHASE, r->phase);
    wire_tlv_u64(&w, TAG_ROLE, r->role);
    wire_tlv_u64(&w, TAG_UID, r->uid);
    wire_tlv_u64(&w, TAG_CLIENT_PID, r->client_pid);
    wire_tlv_u64(&w, TAG_CODE, (uint64_t)r->code);
    wire_tlv_u64(&w, TAG_PID, (uint64_t)r->session);
    wire_tlv_str(&w, TAG_OBJECT, r->text);
    wire_tlv_u64(&w, TAG_LOST, in->audit.lost);
    len = proto_end(&w);
    sent = len < 0 ? len : sock_send(in->slots[in->monitor].fd, buf, (size_t)len, NULL, 0);
    if (sent < 0 && sent != -EAGAIN) {
        control_drop(in, in->monitor);
    }
    return sent == 0;
}

void audit_flush(struct init *in)
{
    struct audit *a = &in->audit;

    while (in->monitor >= 0 && a->taken != a->next) {
        if (!send_one(in, &ring[a->taken % AUDIT_KEEP])) {
            return;
        }
        a->taken++;
        a->lost = 0;
    }
}

/* Takes what the caller knows of it; the rest is filled in. */
static void append(struct init *in, int slot, struct audit_record *r)
{
    struct audit *a = &in->audit;

    if (ring == NULL) {
        ring = mem_map(AUDIT_KEEP * sizeof(*ring));
    }
    if (ring == NULL) {
        a->lost++;
        return;
    }
    if (a->next - a->taken == AUDIT_KEEP) {
        a->taken++;
        a->lost++;
    }
    r->time = clock_wall();
    if (slot >= 0) {
        r->role = in->slots[slot].role;
        r->uid = in->slots[slot].uid;
        r->client_pid = in->slots[slot].pid;
    }
    ring[a->next++ % AUDIT_KEEP] = *r;
    audit_flush(in);
}

static void set_text(struct audit_record *r, const char *text)
{
    memcpy(r->text, text, strnlen(text, sizeof(r->text) - 1)); // the rest is zero
}

void audit_begin(struct init *in, int slot, enum proto_type verb, const char *text)
{
    struct audit_record r = {.verb = (uint16_t)verb, .phase = AUDIT_BEGIN};

    set_text(&r, text);
    append(in, slot, &r);
}

void audit_signal(struct init *in, int slot, int number)
{
    char name[SIGNAME_MAX];

    audit_begin(in, slot, PROTO_SIGNAL, signame_format(number, name));
}

void audit_begin_session(struct init *in, int slot, pid_t session, const char *text)
{
    struct audit_record r = {.verb = PROTO_EXEC, .phase = AUDIT_BEGIN, .session = session};

    set_text(&r, text);
    append(in, slot, &r);
}

void audit_end(struct init *in, int slot, pid_t session, int code)
{
    struct audit_record r = {
        .verb = PROTO_EXEC, .phase = AUDIT_END, .session = session, .code = code};

    append(in, slot, &r);
}

void audit_denied(struct init *in, int slot, uint16_t verb)
{
    struct audit_record r = {.verb = verb, .phase = AUDIT_DENIED};

    append(in, slot, &r);
}
