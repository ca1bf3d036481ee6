/* SPDX-License-Identifier: MIT */
/* The control protocol's datagrams. */
#include "core/proto.h"

#include <errno.h>
#include <string.h>

static int tag_kind(uint16_t tag)
{
    switch (tag) {
#define X(name, number, kind) \
    case (number): \
        return (kind);
        PROTO_TAGS(X)
#undef X
    default:
        return -1;
    }
}

/* Stores one known element. A tag that is no list may come once only. */
static int take(struct proto_msg *m, uint16_t tag, enum tag_kind kind, struct slice value)
{
    uint64_t bit = UINT64_C(1) << tag;

    if (kind != TAG_LIST && kind != TAG_ITEMS && (m->seen & bit) != 0) {
        return -EBADMSG;
    }
    switch (kind) {
    case TAG_U64:
        if (value.len != sizeof(uint64_t)) {
            return -EBADMSG;
        }
        (void)wire_get_u64(&value, &m->num[tag]);
        break;
    case TAG_TEXT:
    case TAG_LIST:
        if (value.len > 0 && memchr(value.data, 0, value.len) != NULL) {
            return -EBADMSG;
        }
        m->text[tag] = value;
        break;
    case TAG_BYTES:
    case TAG_ITEMS:
        m->text[tag] = value;
        break;
    }
    m->seen |= bit;
    return 0;
}

int proto_decode_list(struct slice list, struct proto_msg *ret_msg)
{
    struct slice rest = list;
    struct wire_tlv tlv;
    int unknown = 0;
    int r;

    ret_msg->seen = 0;
    memset(ret_msg->num, 0, sizeof(ret_msg->num));
    memset(ret_msg->text, 0, sizeof(ret_msg->text));
    ret_msg->body = list;
    while ((r = wire_next_tlv(&rest, &tlv)) > 0) {
        uint16_t tag = (uint16_t)(tlv.tag & ~WIRE_CRITICAL);
        int kind = tag_kind(tag);

        if (kind < 0) {
            if ((tlv.tag & WIRE_CRITICAL) != 0) {
                unknown = -EOPNOTSUPP;
            }
            continue;
        }
        r = take(ret_msg, tag, (enum tag_kind)kind, tlv.value);
        if (r < 0) {
            return r;
        }
    }
    return r < 0 ? r : unknown;
}

int proto_decode(struct slice datagram, struct proto_msg *ret_msg)
{
    struct slice rest = datagram;
    uint16_t zero;
    uint32_t len;
    uint32_t zero32;

    if (datagram.len > PROTO_DATAGRAM_MAX || !wire_get_u16(&rest, &ret_msg->type) ||
        !wire_get_u16(&rest, &zero) || !wire_get_u32(&rest, &ret_msg->request) ||
        !wire_get_u32(&rest, &len) || !wire_get_u32(&rest, &zero32)) {
        return -EBADMSG;
    }
    if (zero != 0 || zero32 != 0 || len != datagram.len) {
        return -EBADMSG;
    }
    return proto_decode_list(rest, ret_msg);
}

bool proto_has(const struct proto_msg *m, enum proto_tag tag)
{
    return (m->seen & (UINT64_C(1) << tag)) != 0;
}

bool proto_next(struct slice *cursor, enum proto_tag tag, struct slice *ret_value)
{
    struct wire_tlv tlv;

    while (wire_next_tlv(cursor, &tlv) > 0) {
        if ((tlv.tag & ~WIRE_CRITICAL) == (unsigned)tag) {
            *ret_value = tlv.value;
            return true;
        }
    }
    return false;
}

int proto_permit(uint16_t type, enum role role)
{
    switch (type) {
#define X(name, number, roles, text) \
    case (number): \
        if ((roles) == 0) { \
            return -EOPNOTSUPP; \
        } \
        return ((roles) & (unsigned)role) != 0 ? 0 : -EPERM;
        PROTO_TYPES(X)
#undef X
    default:
        return -EOPNOTSUPP;
    }
}

void proto_begin(struct wire_writer *w, void *buf, size_t cap, enum proto_type type,
                 uint32_t request)
{
    wire_writer_init(w, buf, cap < PROTO_DATAGRAM_MAX ? cap : PROTO_DATAGRAM_MAX);
    wire_put_u16(w, (uint16_t)type);
    wire_put_u16(w, 0);
    wire_put_u32(w, request);
    wire_put_u32(w, 0); // the length: proto_end() writes it
    wire_put_u32(w, 0);
}

int proto_end(struct wire_writer *w)
{
    struct wire_writer length;

    if (w->overflow || w->len < PROTO_HEADER) {
        return -EMSGSIZE;
    }
    wire_writer_init(&length, w->data + 8, 4);
    wire_put_u32(&length, (uint32_t)w->len);
    return (int)w->len;
}

const char *proto_type_name(uint16_t type)
{
    switch (type) {
#define X(name, number, roles, text) \
    case (number): \
        return #name;
        PROTO_TYPES(X)
#undef X
    default:
        return NULL;
    }
}
