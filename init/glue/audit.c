/* SPDX-License-Identifier: MIT */
/* The audit trail: who asked for what, kept until a monitor on the host writes it down. */
#include "glue/audit.h"

#include "core/signame.h"
#include "glue/control.h"
#include "sys/clock.h"
#include "sys/sock.h"

#include <errno.h>
#include <string.h>

static struct audit_record ring[AUDIT_KEEP] INIT_LARGE(2);

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

static struct audit_record *append(struct init *in, int slot, uint16_t verb, enum audit_phase phase)
{
    struct audit *a = &in->audit;
    struct audit_record *r = &ring[a->next % AUDIT_KEEP];

    if (a->next - a->taken == AUDIT_KEEP) {
        a->taken++;
        a->lost++;
    }
    a->next++;
    memset(r, 0, sizeof(*r));
    r->time = clock_wall();
    r->verb = verb;
    r->phase = (uint8_t)phase;
    if (slot >= 0) {
        r->role = in->slots[slot].role;
        r->uid = in->slots[slot].uid;
        r->client_pid = in->slots[slot].pid;
    }
    return r;
}

static void set_text(struct audit_record *r, const char *text)
{
    size_t len = strnlen(text, sizeof(r->text) - 1);

    memcpy(r->text, text, len);
    r->text[len] = 0;
}

void audit_begin(struct init *in, int slot, enum proto_type verb, const char *text)
{
    set_text(append(in, slot, (uint16_t)verb, AUDIT_BEGIN), text);
    audit_flush(in);
}

void audit_signal(struct init *in, int slot, int number)
{
    char name[SIGNAME_MAX];

    audit_begin(in, slot, PROTO_SIGNAL, signame_format(number, name));
}

void audit_begin_session(struct init *in, int slot, pid_t session, const char *text)
{
    struct audit_record *r = append(in, slot, PROTO_EXEC, AUDIT_BEGIN);

    r->session = session;
    set_text(r, text);
    audit_flush(in);
}

void audit_end(struct init *in, int slot, pid_t session, int code)
{
    struct audit_record *r = append(in, slot, PROTO_EXEC, AUDIT_END);

    r->session = session;
    r->code = code;
    audit_flush(in);
}

void audit_denied(struct init *in, int slot, uint16_t verb)
{
    (void)append(in, slot, verb, AUDIT_DENIED);
    audit_flush(in);
}
