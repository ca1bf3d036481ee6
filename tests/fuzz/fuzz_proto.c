/* SPDX-License-Identifier: MIT */
/* Fuzzes core/proto.h: any bytes as a datagram and as a list, and what was decoded written again. */
#include "core/proto.h"

#include "fuzz.h"

#include <errno.h>
#include <string.h>

static bool same(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static void put_again(struct wire_writer *w, const struct proto_msg *m, uint16_t tag,
                      enum tag_kind kind)
{
    struct slice cursor = m->body;
    struct slice value;

    switch (kind) {
    case TAG_U64:
        wire_tlv_u64(w, tag, m->num[tag]);
        break;
    case TAG_TEXT:
    case TAG_BYTES:
        wire_tlv_bytes(w, tag, m->text[tag].data, m->text[tag].len);
        break;
    case TAG_LIST:
    case TAG_ITEMS:
        while (proto_next(&cursor, (enum proto_tag)tag, &value)) {
            wire_tlv_bytes(w, tag, value.data, value.len);
        }
        break;
    }
}

/* One level deep, as readers go: an item's texts lie within it. */
static void check_item(struct slice item)
{
    struct proto_msg m;

    if (proto_decode_list(item, &m) == 0) {
        for (uint16_t tag = 0; tag <= TAG_NUMBER_MAX; tag++) {
            must(lies_within(m.text[tag], item), "an item's text lies within the item");
        }
    }
}

static void check_tag(const struct proto_msg *m, uint16_t tag, enum tag_kind kind)
{
    struct slice cursor = m->body;
    struct slice value;
    bool listed = false;

    must(lies_within(m->text[tag], m->body), "a text lies within the body");
    while (proto_next(&cursor, (enum proto_tag)tag, &value)) {
        must(lies_within(value, m->body), "a value lies within the body");
        must(kind != TAG_LIST || value.len == 0 || memchr(value.data, 0, value.len) == NULL,
             "a list's text has no zero byte");
        must(kind != TAG_U64 || value.len == 8, "a number has eight bytes");
        must(kind == TAG_LIST || kind == TAG_ITEMS || !listed, "only lists repeat");
        if (kind == TAG_ITEMS) {
            check_item(value);
        }
        listed = true;
    }
    must(listed == proto_has(m, (enum proto_tag)tag), "what is seen can be walked to");
    must(listed || (m->num[tag] == 0 && m->text[tag].len == 0), "what is not there is empty");
    must(kind != TAG_TEXT || m->text[tag].len == 0 ||
             memchr(m->text[tag].data, 0, m->text[tag].len) == NULL,
         "a text has no zero byte");
}

static void check_same(const struct proto_msg *a, const struct proto_msg *b, uint16_t tag,
                       enum tag_kind kind)
{
    struct slice ca = a->body;
    struct slice cb = b->body;
    struct slice va;
    struct slice vb;

    must(a->num[tag] == b->num[tag], "a number comes back");
    if (kind != TAG_LIST && kind != TAG_ITEMS) {
        must(same(a->text[tag], b->text[tag]), "a text comes back");
    }
    while (proto_next(&ca, (enum proto_tag)tag, &va)) {
        must(proto_next(&cb, (enum proto_tag)tag, &vb) && same(va, vb), "a value comes back");
    }
    must(!proto_next(&cb, (enum proto_tag)tag, &vb), "no value is added");
}

/* Written again and decoded again, a datagram says the same. */
static void check_again(const struct proto_msg *m)
{
    static uint8_t buf[PROTO_DATAGRAM_MAX];
    struct wire_writer w;
    struct proto_msg again;
    int len;

    proto_begin(&w, buf, sizeof(buf), (enum proto_type)m->type, m->request);
#define X(name, number, kind) \
    if (proto_has(m, TAG_##name)) { \
        put_again(&w, m, number, kind); \
    }
    PROTO_TAGS(X)
#undef X
    len = proto_end(&w);
    must(len >= PROTO_HEADER, "what fitted a datagram fits again");
    must(proto_decode((struct slice){buf, (size_t)len}, &again) == 0, "it decodes again");
    must(again.type == m->type && again.request == m->request, "type and request come back");
    must(again.seen == m->seen, "the same tags are seen");
#define X(name, number, kind) check_same(m, &again, number, kind);
    PROTO_TAGS(X)
#undef X
}

static void check_permit(uint16_t type)
{
    bool known = proto_type_name(type) != NULL;

    for (unsigned role = 1; role <= ROLE_MONITOR; role <<= 1) {
        int r = proto_permit(type, (enum role)role);

        must(r == 0 || r == -EPERM || r == -EOPNOTSUPP, "permit says yes, no, or unknown");
        must(known || r == -EOPNOTSUPP, "what is unknown is not supported");
    }
}

static void check_message(const struct proto_msg *m)
{
#define X(name, number, kind) check_tag(m, number, kind);
    PROTO_TAGS(X)
#undef X
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {data, size};
    struct proto_msg m;
    int r = proto_decode(input, &m);

    must(r == 0 || r == -EBADMSG || r == -EOPNOTSUPP, "decode succeeds or says why not");
    must(r != 0 || size <= PROTO_DATAGRAM_MAX, "no datagram is longer than the limit");
    if (r != -EBADMSG) {
        check_permit(m.type);
    }
    if (r == 0) {
        must(lies_within(m.body, input), "the body lies within the datagram");
        check_message(&m);
        check_again(&m);
    }
    r = proto_decode_list(input, &m);
    must(r == 0 || r == -EBADMSG || r == -EOPNOTSUPP, "decode succeeds or says why not");
    if (r == 0) {
        must(m.body.data == data && m.body.len == size, "the body is the list");
        check_message(&m);
    }
    return 0;
}
