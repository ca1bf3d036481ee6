/* SPDX-License-Identifier: MIT */
/* The plan: what the launcher decided, as plain data. */
#include "core/plan.h"

#include "core/step.h"

#include <errno.h>
#include <string.h>

/*
 * An operation's value: u16 kind, u16 flags, u32 a, u64 attr, u64 b, u64 c, u32 where source begins, u32
 * where options begin, target, source, options; each string with its zero. So reading one is loading its
 * numbers: the last zero alone must be there for all three strings to end within it.
 */
enum { AT_KIND = 0, AT_FLAGS = 2, AT_A = 4, AT_ATTR = 8, AT_B = 16, AT_C = 24, AT_SOURCE = 32 };
enum { AT_OPTIONS = 36, AT_TARGET = 40 };

static void put_string(struct wire_writer *w, const char *s, size_t len)
{
    wire_put_bytes(w, s != NULL ? s : "", len + 1);
}

static size_t length(const char *s)
{
    return s != NULL ? strlen(s) : 0;
}

void plan_put_op(struct wire_writer *w, const struct plan_op *op)
{
    size_t target = length(op->target);
    size_t source = length(op->source);
    size_t options = length(op->options);
    size_t at_source = AT_TARGET + target + 1;
    size_t at_options = at_source + source + 1;

    if (at_options + options >= UINT32_MAX) {
        w->overflow = true;
    }
    wire_put_u16(w, PLAN_OP);
    wire_put_u16(w, 0);
    wire_put_u32(w, (uint32_t)(at_options + options + 1));
    wire_put_u16(w, op->kind);
    wire_put_u16(w, op->flags);
    wire_put_u32(w, op->a);
    wire_put_u64(w, op->attr);
    wire_put_u64(w, op->b);
    wire_put_u64(w, op->c);
    wire_put_u32(w, (uint32_t)at_source);
    wire_put_u32(w, (uint32_t)at_options);
    put_string(w, op->target, target);
    put_string(w, op->source, source);
    put_string(w, op->options, options);
}

/* Where the operations begin: what is before them is the command's, and is all that is decoded now. */
static int split(struct slice image, struct plan *p)
{
    struct slice rest = image;
    struct wire_tlv tlv;
    int r;

    do {
        p->cursor = rest;
        r = wire_next_tlv(&rest, &tlv);
    } while (r > 0 && tlv.tag != PLAN_OP);
    return r < 0 ? r : 0;
}

int plan_decode(struct slice image, struct plan *ret_plan)
{
    struct slice fields = image;
    int r = split(image, ret_plan);

    if (r < 0) {
        return r;
    }
    fields.len -= ret_plan->cursor.len;
    r = proto_decode_list(fields, &ret_plan->fields);
    if (r < 0) {
        return r;
    }
    if (!slice_equals(ret_plan->fields.text[TAG_RELEASE], PLAN_VERSION_TEXT)) {
        return -EOPNOTSUPP;
    }
    ret_plan->flags = ret_plan->fields.num[TAG_FEATURES];
    return 0;
}

int plan_next_op(struct plan *p, struct plan_op *ret_op)
{
    struct wire_tlv tlv;
    const uint8_t *v;
    uint32_t source;
    uint32_t options;
    int r = wire_next_tlv(&p->cursor, &tlv);

    if (r <= 0) {
        return r;
    }
    v = tlv.value.data;
    if (tlv.tag != PLAN_OP || tlv.value.len <= AT_TARGET || v[tlv.value.len - 1] != 0) {
        return -EBADMSG;
    }
    source = wire_load_u32(v + AT_SOURCE);
    options = wire_load_u32(v + AT_OPTIONS);
    if (source >= tlv.value.len || options >= tlv.value.len) {
        return -EBADMSG;
    }
    ret_op->kind = wire_load_u16(v + AT_KIND);
    ret_op->flags = wire_load_u16(v + AT_FLAGS);
    ret_op->a = wire_load_u32(v + AT_A);
    ret_op->attr = wire_load_u64(v + AT_ATTR);
    ret_op->b = wire_load_u64(v + AT_B);
    ret_op->c = wire_load_u64(v + AT_C);
    ret_op->target = (const char *)v + AT_TARGET;
    ret_op->source = (const char *)v + source;
    ret_op->options = (const char *)v + options;
    return 1;
}

uint64_t plan_op_step(uint16_t kind)
{
    switch (kind) {
    case OP_ROOT:
        return STEP_ROOT;
    case OP_MOUNT:
    case OP_PART:
    case OP_ATTACH:
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
