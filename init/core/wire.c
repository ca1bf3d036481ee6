/* SPDX-License-Identifier: MIT */
/* Bounded little-endian reading and writing of tag-length-value lists. */
#include "core/wire.h"

#include <errno.h>

void wire_writer_init(struct wire_writer *w, void *data, size_t cap)
{
    w->data = data;
    w->cap = cap;
    w->len = 0;
    w->overflow = false;
}

void wire_put_bytes(struct wire_writer *w, const void *data, size_t len)
{
    if (w->overflow || len > w->cap - w->len) {
        w->overflow = true;
        return;
    }
    if (len > 0) {
        memcpy(w->data + w->len, data, len);
    }
    w->len += len;
}

void wire_put_u16(struct wire_writer *w, uint16_t v)
{
    uint16_t bytes = htole16(v);

    wire_put_bytes(w, &bytes, sizeof(bytes));
}

void wire_put_u32(struct wire_writer *w, uint32_t v)
{
    uint32_t bytes = htole32(v);

    wire_put_bytes(w, &bytes, sizeof(bytes));
}

void wire_put_u64(struct wire_writer *w, uint64_t v)
{
    uint64_t bytes = htole64(v);

    wire_put_bytes(w, &bytes, sizeof(bytes));
}

void wire_tlv_bytes(struct wire_writer *w, uint16_t tag, const void *data, size_t len)
{
    if (w->overflow || len > UINT32_MAX || w->cap - w->len < WIRE_TLV_HEADER ||
        w->cap - w->len - WIRE_TLV_HEADER < len) {
        w->overflow = true; // before the header, so that no half element is left behind
        return;
    }
    wire_put_u16(w, tag);
    wire_put_u16(w, 0);
    wire_put_u32(w, (uint32_t)len);
    wire_put_bytes(w, data, len);
}

void wire_tlv_str(struct wire_writer *w, uint16_t tag, const char *s)
{
    wire_tlv_bytes(w, tag, s, strlen(s));
}

void wire_tlv_u64(struct wire_writer *w, uint16_t tag, uint64_t v)
{
    uint64_t bytes = htole64(v);

    wire_tlv_bytes(w, tag, &bytes, sizeof(bytes));
}

bool wire_get_bytes(struct slice *s, size_t len, struct slice *ret_v)
{
    if (s->len < len) {
        return false;
    }
    ret_v->data = s->data;
    ret_v->len = len;
    if (len > 0) {
        s->data += len;
        s->len -= len;
    }
    return true;
}

bool wire_get_u16(struct slice *s, uint16_t *ret_v)
{
    struct slice bytes;

    if (!wire_get_bytes(s, sizeof(*ret_v), &bytes)) {
        return false;
    }
    *ret_v = wire_load_u16(bytes.data);
    return true;
}

bool wire_get_u32(struct slice *s, uint32_t *ret_v)
{
    struct slice bytes;

    if (!wire_get_bytes(s, sizeof(*ret_v), &bytes)) {
        return false;
    }
    *ret_v = wire_load_u32(bytes.data);
    return true;
}

bool wire_get_u64(struct slice *s, uint64_t *ret_v)
{
    struct slice bytes;

    if (!wire_get_bytes(s, sizeof(*ret_v), &bytes)) {
        return false;
    }
    *ret_v = wire_load_u64(bytes.data);
    return true;
}

/* By loads of its own: a plan of a hundred elements is read between a launch and its command. */
int wire_next_tlv(struct slice *s, struct wire_tlv *ret_tlv)
{
    size_t len;

    if (s->len == 0) {
        return 0;
    }
    if (s->len < WIRE_TLV_HEADER || wire_load_u16(s->data + 2) != 0) {
        return -EBADMSG;
    }
    len = wire_load_u32(s->data + 4);
    if (len > s->len - WIRE_TLV_HEADER) {
        return -EBADMSG;
    }
    ret_tlv->tag = wire_load_u16(s->data);
    ret_tlv->value = (struct slice){s->data + WIRE_TLV_HEADER, len};
    s->data += WIRE_TLV_HEADER + len;
    s->len -= WIRE_TLV_HEADER + len;
    return 1;
}

bool slice_equals(struct slice s, const char *string)
{
    size_t len = strlen(string);

    return s.len == len && (len == 0 || memcmp(s.data, string, len) == 0);
}

bool slice_number(struct slice s, uint32_t *ret_v)
{
    uint64_t v = 0;

    if (s.len == 0 || s.len > 10) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            return false;
        }
        v = v * 10 + (uint64_t)(s.data[i] - '0');
    }
    if (v > UINT32_MAX) {
        return false;
    }
    *ret_v = (uint32_t)v;
    return true;
}

int slice_to_string(struct slice s, char *buf, size_t cap)
{
    if (s.len >= cap) {
        return -ENAMETOOLONG;
    }
    if (s.len > 0) {
        if (memchr(s.data, 0, s.len) != NULL) {
            return -EINVAL;
        }
        memcpy(buf, s.data, s.len);
    }
    buf[s.len] = 0;
    return 0;
}
