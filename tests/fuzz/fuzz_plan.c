/* SPDX-License-Identifier: MIT */
/* Fuzzes core/plan.h: any bytes as a plan, and each operation that comes out written again. */
#include "core/plan.h"

#include "core/step.h"
#include "fuzz.h"

#include <errno.h>
#include <string.h>

/* A string that ends inside the plan. */
static void check_string(const char *string, struct slice plan)
{
    const uint8_t *start = (const uint8_t *)string;

    must(start >= plan.data && start < plan.data + plan.len, "a string begins within the plan");
    must(memchr(start, 0, (size_t)(plan.data + plan.len - start)) != NULL,
         "a string ends within the plan");
}

/* Written again it reads the same. `taken` is how many bytes it came from. */
static void check_again(const struct plan_op *op, size_t taken)
{
    struct plan again = {.flags = 0};
    struct plan_op back;
    struct wire_writer w;
    size_t cap = 3 * taken + 64; // strings may share their bytes, or lie within the numbers
    uint8_t *buf = malloc(cap);

    if (buf == NULL) {
        return;
    }
    wire_writer_init(&w, buf, cap);
    plan_put_op(&w, op);
    must(!w.overflow, "an operation is no longer than its strings");
    again.cursor = (struct slice){buf, w.len};
    must(plan_next_op(&again, &back) == 1, "it decodes again");
    must(back.kind == op->kind && back.flags == op->flags && back.attr == op->attr &&
             back.a == op->a && back.b == op->b && back.c == op->c,
         "its numbers come back");
    must(strcmp(back.target, op->target) == 0 && strcmp(back.source, op->source) == 0 &&
             strcmp(back.options, op->options) == 0,
         "its strings come back");
    must(plan_next_op(&again, &back) == 0, "and there is no more");
    free(buf);
}

/* Walks a list of operations; returns what ended it. */
static int walk(struct plan *plan, struct slice input)
{
    size_t left = plan->cursor.len;
    struct plan_op op;
    int r;

    while ((r = plan_next_op(plan, &op)) > 0) {
        must(lies_within(plan->cursor, input), "the cursor stays within the plan");
        must(plan->cursor.len < left, "every operation takes bytes off the plan");
        check_string(op.target, input);
        check_string(op.source, input);
        check_string(op.options, input);
        must(plan_op_step(op.kind) < STEP_COUNT, "every operation has a step");
        check_again(&op, left - plan->cursor.len);
        left = plan->cursor.len;
    }
    must(r == 0 || r == -EBADMSG, "the walk ends or says why");
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {data, size};
    struct plan plan;
    int r = plan_decode(input, &plan);

    must(r == 0 || r == -EBADMSG || r == -EOPNOTSUPP, "decode succeeds or says why not");
    if (r == 0) {
        must(slice_equals(plan.fields.text[TAG_RELEASE], PLAN_VERSION_TEXT), "it has a version");
        must(plan.flags == plan.fields.num[TAG_FEATURES], "the flags are its features");
        (void)walk(&plan, input);
    }
    plan = (struct plan){.cursor = input}; // as if it had a version: most inputs have none
    (void)walk(&plan, input);
    return 0;
}
