/* SPDX-License-Identifier: MIT */
/* The plan: what the launcher decided, as plain data. */
#include "core/plan.h"

#include "core/step.h"

#include <errno.h>
#include <string.h>

void plan_put_op(struct wire_writer *w, const struct plan_op *op)
{
    const char *strings[] = {op->target, op->source, op->options};
    size_t start = w->len;
    struct wire_writer header;

    wire_put_u16(w, PLAN_OP);
    wire_put_u16(w, 0);
    wire_put_u32(w, 0); // the length: written below
    wire_put_u16(w, op->kind);
    wire_put_u16(w, op->flags);
    wire_put_u32(w, op->a);
    wire_put_u64(w, op->attr);
    wire_put_u64(w, op->b);
    wire_put_u64(w, op->c);
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        const char *s = strings[i] != NULL ? strings[i] : "";

        wire_put_bytes(w, s, strlen(s) + 1);
    }
    if (!w->overflow) {
        wire_writer_init(&header, w->data + start + 4, 4);
        wire_put_u32(&header, (uint32_t)(w->len - start - WIRE_TLV_HEADER));
    }
}

/* Operations are half of all elements: whoever looks for arguments need not pass them each time. */
static void split(struct slice image, struct plan *p)
{
    struct slice rest = image;
    struct wire_tlv tlv;

    p->cursor = image;
    while (wire_next_tlv(&rest, &tlv) > 0 && tlv.tag != PLAN_OP) {
        p->cursor = rest;
    }
    p->fields.body.len = image.len - p->cursor.len;
}

int plan_decode(struct slice image, struct plan *ret_plan)
{
    int r = proto_decode_list(image, &ret_plan->fields);

    if (r < 0) {
        return r;
    }
    if (!slice_equals(ret_plan->fields.text[TAG_RELEASE], PLAN_VERSION_TEXT)) {
        return -EOPNOTSUPP;
    }
    ret_plan->flags = ret_plan->fields.num[TAG_FEATURES];
    split(image, ret_plan);
    return 0;
}

/* Takes a zero-terminated string off the front. */
static bool take_string(struct slice *s, const char **ret_string)
{
    const uint8_t *end = s->len > 0 ? memchr(s->data, 0, s->len) : NULL;

    if (end == NULL) {
        return false;
    }
    *ret_string = (const char *)s->data;
    s->len -= (size_t)(end + 1 - s->data);
    s->data = end + 1;
    return true;
}

int plan_next_op(struct plan *p, struct plan_op *ret_op)
{
    struct wire_tlv tlv;
    struct slice s;
    int r;

    do {
        r = wire_next_tlv(&p->cursor, &tlv);
        if (r <= 0) {
            return r;
        }
    } while (tlv.tag != PLAN_OP);
    s = tlv.value;
    if (!wire_get_u16(&s, &ret_op->kind) || !wire_get_u16(&s, &ret_op->flags) ||
        !wire_get_u32(&s, &ret_op->a) || !wire_get_u64(&s, &ret_op->attr) ||
        !wire_get_u64(&s, &ret_op->b) || !wire_get_u64(&s, &ret_op->c) ||
        !take_string(&s, &ret_op->target) || !take_string(&s, &ret_op->source) ||
        !take_string(&s, &ret_op->options) || s.len != 0) {
        return -EBADMSG;
    }
    return 1;
}

uint64_t plan_op_step(uint16_t kind)
{
    switch (kind) {
    case OP_ROOT:
        return STEP_ROOT;
    case OP_MOUNT:
    case OP_PART:
        return STEP_MOUNT;
    case OP_NODE:
        return STEP_NODE;
    case OP_SYMLINK:
        return STEP_SYMLINK;
    case OP_DIRECTORY:
        return STEP_DIRECTORY;
    case OP_BIND:
        return STEP_BIND;
    case OP_MASK:
        return STEP_MASK;
    case OP_READONLY:
    case OP_SETATTR:
        return STEP_READONLY;
    default:
        return STEP_PLAN;
    }
}
