/* SPDX-License-Identifier: MIT */
/* Events: what has happened to services, as records in shared memory. */
#include "core/event.h"

#define HEADER_BYTES (EVENT_BYTES - EVENT_NAME_MAX)

_Static_assert(HEADER_BYTES == 32, "event.h: the fields before the name");

void event_encode(const struct event *e, uint8_t buf[EVENT_BYTES])
{
    size_t len = e->name.len < EVENT_NAME_MAX ? e->name.len : EVENT_NAME_MAX;
    struct wire_writer w;

    wire_writer_init(&w, buf, EVENT_BYTES);
    wire_put_u64(&w, e->number + 1);
    wire_put_u64(&w, (uint64_t)e->time);
    wire_put_u16(&w, e->kind);
    wire_put_u16(&w, e->state);
    wire_put_u16(&w, e->result);
    wire_put_u16(&w, (uint16_t)len);
    wire_put_u32(&w, e->pid);
    wire_put_u32(&w, e->value);
    wire_put_bytes(&w, e->name.data, len);
    memset(buf + HEADER_BYTES + len, 0, EVENT_NAME_MAX - len); // what another event has left there
}

bool event_decode(const uint8_t buf[EVENT_BYTES], struct event *ret_event)
{
    struct slice rest = {buf, EVENT_BYTES};
    struct event e;
    uint64_t number;
    uint64_t time;
    uint16_t len;

    if (!wire_get_u64(&rest, &number) || !wire_get_u64(&rest, &time) ||
        !wire_get_u16(&rest, &e.kind) || !wire_get_u16(&rest, &e.state) ||
        !wire_get_u16(&rest, &e.result) || !wire_get_u16(&rest, &len) ||
        !wire_get_u32(&rest, &e.pid) || !wire_get_u32(&rest, &e.value) ||
        !wire_get_bytes(&rest, len, &e.name)) {
        return false;
    }
    if (number == 0 || time > INT64_MAX) {
        return false;
    }
    e.number = number - 1;
    e.time = (msec_t)time;
    *ret_event = e;
    return true;
}

const char *event_kind_name(unsigned kind)
{
    static const char *const names[] = {
#define X(name, text) [EVENT_##name] = (text),
        EVENT_KINDS(X)
#undef X
    };

    return kind < EVENT_COUNT ? names[kind] : NULL;
}
