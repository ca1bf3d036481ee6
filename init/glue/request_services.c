/* SPDX-License-Identifier: MIT */
/* The requests that are about services: SERVICES, jobs, waits. */
#include "glue/request_services.h"

#include "glue/audit.h"
#include "glue/control.h"

#include <errno.h>
#include <string.h>

#define ITEM_BYTES 768    /* one service in a list: two names of at most 255, and numbers */
#define DETAIL_BYTES 2048 /* one alone */
#define DESCRIPTION_BYTES 1024
#define NAME_BYTES 256
#define RENAMED 0x80000000u

/* What is said where there is no such service, yet or at all. */
static int unknown(const struct init *in)
{
    return in->services != NULL && !in->services->loaded ? EINPROGRESS : ENOENT;
}

static long find(const struct init *in, struct slice name)
{
    if (in->services == NULL || !in->services->loaded) {
        return -1;
    }
    return unitimage_find(&in->services->now.image, name);
}

static void put_str(struct wire_writer *w, enum proto_tag tag, const char *text, size_t max)
{
    wire_tlv_bytes(w, (uint16_t)tag, text, strnlen(text, max));
}

static void put_name(const struct init *in, struct wire_writer *w, enum proto_tag tag,
                     uint32_t index)
{
    struct service_conf conf;

    unitimage_get(&in->services->now.image, index, &conf);
    put_str(w, tag, conf.name, NAME_BYTES);
}

/* How it ended: with what was asked for, and in a list. */
static void put_end(struct wire_writer *w, const struct svc *svc)
{
    wire_tlv_u64(w, TAG_SERVICE_STATE, svc->state);
    wire_tlv_u64(w, TAG_RESULT, svc->result);
    if (svc->has_ended) {
        wire_tlv_u64(w, TAG_STATUS, (uint64_t)(unsigned)svc->main_status);
    }
    if (svc->has_failed_run) {
        wire_tlv_u64(w, TAG_FAILED_RUN, svc->failed_run);
        wire_tlv_u64(w, TAG_FAILED_STATUS, (uint64_t)(unsigned)svc->failed_status);
    }
}

/* ---- SERVICES ---- */

static void put_processes(const struct init *in, struct wire_writer *w, uint32_t index)
{
    static const enum proto_tag tags[PROCESS_COUNT] = {TAG_PID, TAG_CONTROL_PID};
    const pid_t *pid = in->services->now.pid[index];

    for (int i = 0; i < PROCESS_COUNT; i++) {
        if (pid[i] > 0) {
            wire_tlv_u64(w, (uint16_t)tags[i], (uint64_t)pid[i]);
        }
    }
}

static void put_service(const struct init *in, struct wire_writer *w, uint32_t index, bool detail,
                        msec_t now)
{
    const struct super_service *e = &in->services->now.service[index];
    struct service_conf conf;

    unitimage_get(&in->services->now.image, index, &conf);
    put_str(w, TAG_NAME, conf.name, NAME_BYTES);
    wire_tlv_u64(w, TAG_SERVICE_FLAGS, conf.flags);
    wire_tlv_u64(w, TAG_RESTARTS, e->svc.restarts);
    wire_tlv_u64(w, TAG_MAIN_UPTIME, (uint64_t)(now > e->svc.since ? now - e->svc.since : 0));
    put_end(w, &e->svc);
    put_processes(in, w, index);
    if (e->svc.deadline != MSEC_NEVER) {
        wire_tlv_u64(w, TAG_DUE, (uint64_t)(e->svc.deadline > now ? e->svc.deadline - now : 0));
    }
    if (e->job != JOB_NONE) {
        wire_tlv_u64(w, TAG_JOB, e->job);
    }
    if (e->culprit != SUPER_NONE) {
        put_name(in, w, TAG_CULPRIT, e->culprit);
    }
    if (detail) {
        put_str(w, TAG_DESCRIPTION, conf.description, DESCRIPTION_BYTES);
    }
}

static void put_item(const struct init *in, struct wire_writer *w, uint32_t index, bool detail,
                     msec_t now)
{
    uint8_t buf[DETAIL_BYTES];
    struct wire_writer item;

    wire_writer_init(&item, buf, sizeof(buf));
    put_service(in, &item, index, detail, now);
    wire_tlv_bytes(w, TAG_SERVICE, buf, item.len);
}

/* As many as fit; the next one's index is where to go on. */
static void put_from(const struct init *in, struct wire_writer *w, uint64_t from, msec_t now)
{
    uint64_t count = in->services->now.image.count;
    uint64_t i = from;

    while (i < count && w->cap - w->len >= ITEM_BYTES + (size_t)4 * (WIRE_TLV_HEADER + 8)) {
        put_item(in, w, (uint32_t)i++, false, now);
    }
    if (i < count) {
        wire_tlv_u64(w, TAG_CURSOR, i);
    }
}

void request_services(struct init *in, int slot, const struct proto_msg *m, msec_t now)
{
    uint8_t buf[PROTO_DATAGRAM_MAX];
    struct wire_writer w;
    struct super_count count = {0};
    bool loaded = in->services != NULL && in->services->loaded;
    long index = proto_has(m, TAG_NAME) ? find(in, m->text[TAG_NAME]) : 0;

    if (index < 0) {
        control_error(in, slot, m->request, unknown(in));
        return;
    }
    proto_begin(&w, buf, sizeof(buf), PROTO_SERVICES_OK, m->request);
    if (loaded && proto_has(m, TAG_NAME)) {
        put_item(in, &w, (uint32_t)index, true, now);
    } else if (loaded) {
        put_from(in, &w, m->num[TAG_CURSOR], now);
    }
    if (loaded) {
        count = super_count(&in->services->now.super);
    }
    wire_tlv_u64(&w, TAG_SERVICES_ALL, loaded ? in->services->now.image.count : 0);
    wire_tlv_u64(&w, TAG_SERVICES_UP, count.up);
    control_send(in, slot, &w, NULL, 0);
}

/* ---- jobs ---- */

static void refuse(struct init *in, int slot, uint32_t request, int error, uint32_t index)
{
    uint8_t buf[DETAIL_BYTES];
    struct wire_writer w;
    const struct super_service *e = &in->services->now.service[index];
    struct service_conf conf;

    unitimage_get(&in->services->now.image, index, &conf);
    proto_begin(&w, buf, sizeof(buf), PROTO_ERROR, request);
    wire_tlv_u64(&w, TAG_ERRNO, (uint64_t)error);
    put_end(&w, &e->svc);
    if (e->culprit != SUPER_NONE) {
        put_name(in, &w, TAG_CULPRIT, e->culprit);
    }
    if (error == ENOEXEC) {
        put_str(&w, TAG_DESCRIPTION, conf.description, DESCRIPTION_BYTES);
    }
    control_send(in, slot, &w, NULL, 0);
}

static int job_errno(const struct super_service *e)
{
    switch ((enum job_result)e->result) {
    case JOB_RESULT_DONE:
        return 0;
    case JOB_RESULT_DEPENDENCY:
        return EHOSTDOWN;
    case JOB_RESULT_CANCELED:
        return ECANCELED;
    case JOB_RESULT_INAPPLICABLE:
        return EINVAL;
    case JOB_RESULT_FAILED:
    case JOB_RESULT_COUNT:
        break;
    }
    return e->svc.result == RESULT_BAD_UNIT ? ENOEXEC : EIO;
}

static void answer_job(struct init *in, int slot)
{
    struct slot *s = &in->slots[slot];
    const struct super_service *e = &in->services->now.service[s->wait_index];
    int error = 0;

    if (e->serial == s->wait_serial && e->ended != s->wait_serial) {
        return;
    }
    error = e->ended == s->wait_serial ? job_errno(e) : ECANCELED;
    s->waiting = WAIT_NONE;
    if (error != 0) {
        refuse(in, slot, s->wait_request, error, s->wait_index);
    } else {
        control_ok(in, slot, s->wait_request);
    }
}

static enum job_kind kind_of(uint16_t type)
{
    switch (type) {
    case PROTO_START:
        return JOB_START;
    case PROTO_STOP:
        return JOB_STOP;
    case PROTO_RESTART:
        return JOB_RESTART;
    default:
        return JOB_RELOAD;
    }
}

static void audit(struct init *in, int slot, const struct proto_msg *m)
{
    char name[NAME_BYTES] = "";

    (void)slice_to_string(m->text[TAG_NAME], name, sizeof(name));
    audit_begin(in, slot, (enum proto_type)m->type, name);
}

/* Notes that a reply is due, where the connection waits for nothing else. */
bool request_wait_for(struct init *in, int slot, enum slot_wait what, uint32_t request)
{
    struct slot *s = &in->slots[slot];

    if (s->waiting != WAIT_NONE) {
        control_error(in, slot, request, EBUSY);
        return false;
    }
    s->waiting = (uint8_t)what;
    s->wait_request = request;
    return true;
}

static void read_units(struct init *in, int slot, const struct proto_msg *m)
{
    if (in->services == NULL || (unsigned)in->life.state >= LIFE_STOPPING) {
        control_error(in, slot, m->request, in->services == NULL ? ENOENT : ESHUTDOWN);
        return;
    }
    if ((m->num[TAG_FLAGS] & REQUEST_NO_WAIT) != 0) {
        control_ok(in, slot, m->request);
    } else if (!request_wait_for(in, slot, WAIT_UNITS, m->request)) {
        return;
    }
    services_reload(in);
}

void request_job(struct init *in, int slot, const struct proto_msg *m, msec_t now)
{
    enum job_kind kind = kind_of(m->type);
    long index = find(in, m->text[TAG_NAME]);
    uint32_t serial;
    int r;

    audit(in, slot, m);
    if (!proto_has(m, TAG_NAME) && kind == JOB_RELOAD) {
        read_units(in, slot, m);
        return;
    }
    if (index < 0) {
        control_error(in, slot, m->request, unknown(in));
        return;
    }
    if (in->slots[slot].waiting != WAIT_NONE) {
        control_error(in, slot, m->request, EBUSY);
        return;
    }
    r = super_request(&in->services->now.super, (uint32_t)index, kind, &serial);
    if (r < 0) {
        refuse(in, slot, m->request, -r, (uint32_t)index);
        return;
    }
    if ((m->num[TAG_FLAGS] & REQUEST_NO_WAIT) != 0) {
        control_ok(in, slot, m->request);
    } else if (request_wait_for(in, slot, WAIT_JOB, m->request)) {
        in->slots[slot].wait_index = (uint32_t)index;
        in->slots[slot].wait_serial = serial;
        answer_job(in, slot); // it may have been over already
    }
    services_pump(in, now);
}

int request_signal_service(const struct init *in, struct slice name, int number)
{
    long index = find(in, name);
    pid_t pid;

    if (index < 0) {
        return unknown(in);
    }
    pid = in->services->now.pid[index][PROCESS_MAIN];
    return pid == 0 ? ESRCH : kill(pid, number) < 0 ? errno : 0;
}

/* ---- waits ---- */

/* What has failed, with nothing asked of it, does not come up by itself: that too is an answer to who waits for up. */
static bool has_reached(const struct super_service *e, uint8_t wanted)
{
    const struct svc *svc = &e->svc;

    switch (wanted) {
    case SVC_UP:
        return svc_is_up(svc) || (svc->state == SVC_FAILED && e->job == JOB_NONE);
    case SVC_STOPPED:
        return svc->state == SVC_STOPPED || svc->state == SVC_FAILED;
    default:
        return svc->state == wanted;
    }
}

static void answer_wait(struct init *in, int slot)
{
    struct slot *s = &in->slots[slot];
    const struct super_service *e = &in->services->now.service[s->wait_index];
    uint8_t buf[128];
    struct wire_writer w;

    if (!has_reached(e, s->wait_state)) {
        return;
    }
    s->waiting = WAIT_NONE;
    proto_begin(&w, buf, sizeof(buf), PROTO_STATE, s->wait_request);
    put_end(&w, &e->svc);
    control_send(in, slot, &w, NULL, 0);
}

void request_wait_service(struct init *in, int slot, const struct proto_msg *m)
{
    uint64_t state = m->num[TAG_SERVICE_STATE];
    long index = find(in, m->text[TAG_NAME]);

    if (index < 0 || (state != SVC_UP && state != SVC_STOPPED && state != SVC_FAILED)) {
        control_error(in, slot, m->request, index < 0 ? unknown(in) : EINVAL);
        return;
    }
    if (request_wait_for(in, slot, WAIT_SERVICE, m->request)) {
        in->slots[slot].wait_state = (uint8_t)state;
        in->slots[slot].wait_index = (uint32_t)index;
        answer_wait(in, slot);
    }
}

void request_answer_services(struct init *in, uint32_t index)
{
    for (int i = 0; i < in->slot_end; i++) {
        const struct slot *s = &in->slots[i];

        if (s->phase != SLOT_OPEN || s->wait_index != index) {
            continue;
        }
        if (s->waiting == WAIT_JOB) {
            answer_job(in, i);
        } else if (s->waiting == WAIT_SERVICE) {
            answer_wait(in, i);
        }
    }
}

void request_answer_units(struct init *in, int error)
{
    for (int i = 0; i < in->slot_end; i++) {
        struct slot *s = &in->slots[i];

        if (s->phase != SLOT_OPEN || s->waiting != WAIT_UNITS) {
            continue;
        }
        s->waiting = WAIT_NONE;
        if (error != 0) {
            control_error(in, i, s->wait_request, error);
        } else {
            control_ok(in, i, s->wait_request);
        }
    }
}

static bool waits_for_service(const struct slot *s)
{
    return s->phase == SLOT_OPEN && (s->waiting == WAIT_JOB || s->waiting == WAIT_SERVICE);
}

void request_rename_waits(struct init *in, uint32_t from, uint32_t to)
{
    for (int i = 0; i < in->slot_end; i++) {
        struct slot *s = &in->slots[i];

        if (waits_for_service(s) && s->wait_index == from) {
            s->wait_index = to == SUPER_NONE ? SUPER_NONE : to | RENAMED;
        }
    }
}

void request_take_renamed(struct init *in)
{
    for (int i = 0; i < in->slot_end; i++) {
        struct slot *s = &in->slots[i];

        if (!waits_for_service(s)) {
            continue;
        }
        if (s->wait_index == SUPER_NONE) {
            s->waiting = WAIT_NONE;
            control_error(in, i, s->wait_request, ENOENT);
        } else {
            s->wait_index &= ~RENAMED;
        }
    }
}
