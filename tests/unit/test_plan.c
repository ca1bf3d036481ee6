/* SPDX-License-Identifier: MIT */
/* Tests of core/plan.h: operations come back as they were put, in order, or not at all. */
#include "core/plan.h"

#include "check.h"
#include "core/service.h"
#include "core/step.h"

#include <errno.h>

#define UNKNOWN_TAG (TAG_NUMBER_MAX + 1)

struct image {
    uint8_t bytes[1024];
    struct wire_writer w;
};

static void begin(struct image *i)
{
    wire_writer_init(&i->w, i->bytes, sizeof(i->bytes));
    wire_tlv_str(&i->w, TAG_RELEASE, PLAN_VERSION_TEXT);
}

static struct slice bytes_of(const struct image *i)
{
    assert_false(i->w.overflow);
    return (struct slice){i->w.data, i->w.len};
}

static void expect_decode(const struct image *i, int expected, const char *what)
{
    struct slice s = exact_copy(i->bytes, i->w.len);
    struct plan plan;
    int r = plan_decode(s, &plan);

    expect(r == expected, "%s: expected %d, got %d", what, expected, r);
    exact_free(s);
}

static const struct plan_op largest = {
    .kind = UINT16_MAX,
    .flags = UINT16_MAX,
    .attr = UINT64_MAX,
    .a = UINT32_MAX,
    .b = UINT64_MAX,
    .c = UINT64_MAX,
    .target = "proc/sys",
    .source = "tmpfs",
    .options = "mode=755,size=64k",
};

static void expect_same_op(const struct plan_op *got, const struct plan_op *expected)
{
    assert_int_equal(got->kind, expected->kind);
    assert_int_equal(got->flags, expected->flags);
    assert_int_equal(got->a, expected->a);
    assert_true(got->attr == expected->attr);
    assert_true(got->b == expected->b);
    assert_true(got->c == expected->c);
    assert_string_equal(got->target, expected->target != NULL ? expected->target : "");
    assert_string_equal(got->source, expected->source != NULL ? expected->source : "");
    assert_string_equal(got->options, expected->options != NULL ? expected->options : "");
}

static void test_operations_come_back_in_order(void **state)
{
    static const struct plan_op none = {.kind = 0};
    static const struct plan_op node = {.kind = OP_NODE,
                                        .flags = OPF_NO_SYMLINKS,
                                        .a = 0666,
                                        .b = 0x103,
                                        .c = 1,
                                        .target = "dev/null"};
    static const struct plan_op wide = {.kind = OP_BIND,
                                        .flags = 0x0102,
                                        .attr = 0x1122334455667788,
                                        .a = 0x01020304,
                                        .b = 0x0807060504030201,
                                        .c = 0xfffefdfcfbfaf9f8,
                                        .target = "t",
                                        .source = "s",
                                        .options = "o"};
    static const struct plan_op *const ops[] = {&none, &largest, &node, &wide};
    struct image i;
    struct plan plan;
    struct plan_op op;

    (void)state;
    begin(&i);
    for (size_t n = 0; n < COUNT_OF(ops); n++) {
        plan_put_op(&i.w, ops[n]);
    }
    assert_int_equal(plan_decode(bytes_of(&i), &plan), 0);
    for (size_t n = 0; n < COUNT_OF(ops); n++) {
        int r = plan_next_op(&plan, &op);

        expect(r == 1, "operation %zu: expected 1, got %d", n, r);
        expect_same_op(&op, ops[n]);
    }
    assert_int_equal(plan_next_op(&plan, &op), 0);
    assert_int_equal(plan_next_op(&plan, &op), 0);
}

static void test_strings_lie_in_the_plan(void **state)
{
    struct image i;
    struct plan plan;
    struct plan_op op;
    const char *start = (const char *)i.bytes;

    (void)state;
    begin(&i);
    plan_put_op(&i.w, &largest);
    assert_int_equal(plan_decode(bytes_of(&i), &plan), 0);
    assert_int_equal(plan_next_op(&plan, &op), 1);
    assert_true(op.target > start && op.target < start + i.w.len);
    assert_true(op.source == op.target + strlen(op.target) + 1);
    assert_true(op.options == op.source + strlen(op.source) + 1);
    assert_true(op.options + strlen(op.options) + 1 == start + i.w.len);
}

static void test_a_plan_without_operations_ends_at_once(void **state)
{
    struct image i;
    struct plan plan;
    struct plan_op op;

    (void)state;
    begin(&i);
    assert_int_equal(plan_decode(bytes_of(&i), &plan), 0);
    assert_int_equal(plan_next_op(&plan, &op), 0);
}

static void test_a_writer_too_small_overflows(void **state)
{
    struct image i;
    size_t whole;

    (void)state;
    wire_writer_init(&i.w, i.bytes, sizeof(i.bytes));
    plan_put_op(&i.w, &largest);
    whole = i.w.len;
    for (size_t cap = 0; cap <= whole; cap++) {
        memset(i.bytes, 0xA5, sizeof(i.bytes));
        wire_writer_init(&i.w, i.bytes, cap);
        plan_put_op(&i.w, &largest);
        expect(i.w.overflow == (cap < whole), "%zu bytes into %zu: overflow is %d", whole, cap,
               i.w.overflow);
        for (size_t at = cap; at < sizeof(i.bytes); at++) {
            expect(i.bytes[at] == 0xA5, "%zu bytes into %zu: byte %zu was written", whole, cap, at);
        }
    }
}

static void test_fields_and_flags_come_back(void **state)
{
    struct image i;
    struct plan plan;
    struct slice cursor;
    struct slice value;

    (void)state;
    begin(&i);
    wire_tlv_u64(&i.w, TAG_FEATURES, UINT64_MAX);
    wire_tlv_u64(&i.w, TAG_GRACE, INT64_MAX);
    wire_tlv_str(&i.w, TAG_OBJECT, "hostname");
    wire_tlv_str(&i.w, TAG_ARG, "sh");
    plan_put_op(&i.w, &largest);
    assert_int_equal(plan_decode(bytes_of(&i), &plan), 0);
    assert_true(plan.flags == UINT64_MAX);
    assert_true(plan.fields.num[TAG_GRACE] == INT64_MAX);
    assert_true(slice_equals(plan.fields.text[TAG_OBJECT], "hostname"));
    cursor = plan.fields.body;
    assert_true(proto_next(&cursor, TAG_ARG, &value) && slice_equals(value, "sh"));
    assert_int_equal(cursor.len, 0); // where the operations begin
    assert_ptr_equal(plan.cursor.data, cursor.data);
    begin(&i);
    assert_int_equal(plan_decode(bytes_of(&i), &plan), 0);
    assert_true(plan.flags == 0);
}

static void test_services_come_back_in_order(void **state)
{
    static const char *const folders[] = {"/srv/a", "/srv/b"};
    static const char *const units[] = {"web", "db.service", "mail@1"};
    struct image i;
    struct plan plan;
    struct slice value;
    struct slice cursor;

    (void)state;
    begin(&i);
    wire_tlv_u64(&i.w, TAG_FEATURES, PLAN_STRICT | PLAN_TELL_UP);
    for (size_t n = 0; n < COUNT_OF(units); n++) { // the two kinds may be mixed
        wire_tlv_str(&i.w, TAG_UNIT, units[n]);
        if (n < COUNT_OF(folders)) {
            wire_tlv_str(&i.w, TAG_FOLDER, folders[n]);
        }
    }
    wire_tlv_str(&i.w, TAG_MAIN, "web");
    wire_tlv_u64(&i.w, TAG_EXIT_WHEN, EXIT_WHEN_IDLE);
    plan_put_op(&i.w, &largest);
    assert_int_equal(plan_decode(bytes_of(&i), &plan), 0);
    assert_true(plan.flags == (PLAN_STRICT | PLAN_TELL_UP));
    assert_true(slice_equals(plan.fields.text[TAG_MAIN], "web"));
    assert_true(plan.fields.num[TAG_EXIT_WHEN] == EXIT_WHEN_IDLE);
    cursor = plan.fields.body;
    for (size_t n = 0; n < COUNT_OF(folders); n++) {
        assert_true(proto_next(&cursor, TAG_FOLDER, &value) && slice_equals(value, folders[n]));
    }
    assert_false(proto_next(&cursor, TAG_FOLDER, &value));
    cursor = plan.fields.body;
    for (size_t n = 0; n < COUNT_OF(units); n++) {
        assert_true(proto_next(&cursor, TAG_UNIT, &value) && slice_equals(value, units[n]));
    }
    assert_false(proto_next(&cursor, TAG_UNIT, &value));
    assert_false(proto_has(&plan.fields, TAG_ARG)); // no COMMAND beside them
}

static void test_a_plan_without_services_has_none(void **state)
{
    struct image i;
    struct plan plan;

    (void)state;
    begin(&i);
    wire_tlv_str(&i.w, TAG_ARG, "sh");
    assert_int_equal(plan_decode(bytes_of(&i), &plan), 0);
    assert_false(proto_has(&plan.fields, TAG_FOLDER) || proto_has(&plan.fields, TAG_UNIT));
    assert_int_equal(plan.fields.text[TAG_MAIN].len, 0);
    assert_true(plan.fields.num[TAG_EXIT_WHEN] == EXIT_WHEN_DEFAULT);
    begin(&i);
    wire_tlv_str(&i.w, TAG_MAIN, "web");
    wire_tlv_str(&i.w, TAG_MAIN, "db");
    expect_decode(&i, -EBADMSG, "two main services");
    begin(&i);
    wire_tlv_bytes(&i.w, TAG_FOLDER, "/a\0b", 4);
    expect_decode(&i, -EBADMSG, "a folder with a zero byte");
}

static void test_another_version_is_not_supported(void **state)
{
    static const char *const versions[] = {"",
                                           "porthole plan",
                                           "porthole plan 1",
                                           "Porthole plan 2",
                                           PLAN_VERSION_TEXT "0",
                                           PLAN_VERSION_TEXT " "};
    struct image i;

    (void)state;
    for (size_t n = 0; n < COUNT_OF(versions); n++) {
        wire_writer_init(&i.w, i.bytes, sizeof(i.bytes));
        wire_tlv_str(&i.w, TAG_RELEASE, versions[n]);
        expect_decode(&i, -EOPNOTSUPP, versions[n]);
    }
    wire_writer_init(&i.w, i.bytes, sizeof(i.bytes));
    expect_decode(&i, -EOPNOTSUPP, "an empty plan");
    plan_put_op(&i.w, &largest);
    expect_decode(&i, -EOPNOTSUPP, "a plan without a version");
}

static void test_an_unknown_critical_tag_is_not_supported(void **state)
{
    struct image i;

    (void)state;
    begin(&i);
    wire_tlv_bytes(&i.w, WIRE_CRITICAL | UNKNOWN_TAG, NULL, 0);
    expect_decode(&i, -EOPNOTSUPP, "an unknown critical tag");
    begin(&i);
    wire_tlv_bytes(&i.w, WIRE_CRITICAL | PLAN_OP, NULL, 0);
    expect_decode(&i, -EOPNOTSUPP, "a critical operation, which nobody writes");
    begin(&i);
    wire_tlv_bytes(&i.w, UNKNOWN_TAG, NULL, 0);
    expect_decode(&i, 0, "an unknown tag that need not be known");
}

static void test_a_malformed_plan_is_refused(void **state)
{
    struct image i;

    (void)state;
    begin(&i);
    wire_tlv_str(&i.w, TAG_RELEASE, PLAN_VERSION_TEXT);
    expect_decode(&i, -EBADMSG, "two versions");
    begin(&i);
    wire_tlv_bytes(&i.w, TAG_GRACE, "1234567", 7);
    expect_decode(&i, -EBADMSG, "a number of seven bytes");
    begin(&i);
    wire_tlv_bytes(&i.w, TAG_WORKDIR, "/a\0b", 4);
    expect_decode(&i, -EBADMSG, "a text with a zero byte");
    begin(&i);
    wire_put_u16(&i.w, 1);
    expect_decode(&i, -EBADMSG, "half an element");
}

/* What ends a plan: 0, or what its decoding or the first of its operations was refused with. */
static int end_of(const struct image *i)
{
    struct slice s = exact_copy(i->bytes, i->w.len);
    struct plan plan;
    struct plan_op op;
    int r = plan_decode(s, &plan);

    while (r == 0 && (r = plan_next_op(&plan, &op)) > 0) {
        r = 0;
    }
    exact_free(s);
    return r;
}

static void test_a_plan_cut_short_anywhere_is_refused(void **state)
{
    struct image i;
    size_t first;
    size_t second;
    size_t whole;

    (void)state;
    begin(&i);
    first = i.w.len;
    plan_put_op(&i.w, &largest);
    second = i.w.len;
    plan_put_op(&i.w, &largest);
    whole = i.w.len;
    for (i.w.len = 0; i.w.len < whole; i.w.len++) {
        int expected = i.w.len == 0                            ? -EOPNOTSUPP // no version
                       : i.w.len == first || i.w.len == second ? 0
                                                               : -EBADMSG;
        int r = end_of(&i);

        expect(r == expected, "%zu bytes: expected %d, got %d", i.w.len, expected, r);
    }
    assert_int_equal(end_of(&i), 0);
}

static void test_behind_the_first_operation_there_are_only_more(void **state)
{
    struct image i;

    (void)state;
    begin(&i);
    plan_put_op(&i.w, &largest);
    wire_tlv_str(&i.w, TAG_ARG, "behind an operation");
    expect_decode(&i, 0, "a plan whose operations have not been taken");
    assert_int_equal(end_of(&i), -EBADMSG);
}

/* Expects that an operation with this value is refused, though its frame is sound. */
static void expect_bad_op(const uint8_t *value, size_t len, const char *what)
{
    struct image i;
    struct slice s;
    struct plan plan;
    struct plan_op op;
    int r;

    begin(&i);
    wire_tlv_bytes(&i.w, PLAN_OP, value, len);
    s = exact_copy(i.bytes, i.w.len);
    assert_int_equal(plan_decode(s, &plan), 0);
    r = plan_next_op(&plan, &op);
    expect(r == -EBADMSG, "%s, %zu bytes: expected -EBADMSG, got %d", what, len, r);
    exact_free(s);
}

static void test_an_operation_cut_short_anywhere_is_refused(void **state)
{
    struct image i;

    (void)state;
    wire_writer_init(&i.w, i.bytes, sizeof(i.bytes));
    plan_put_op(&i.w, &largest);
    for (size_t len = 0; len < i.w.len - WIRE_TLV_HEADER; len++) {
        expect_bad_op(i.bytes + WIRE_TLV_HEADER, len, "an operation cut short");
    }
}

static void test_strings_that_lead_out_of_an_operation_are_refused(void **state)
{
    struct image i;
    uint8_t *value = i.bytes + WIRE_TLV_HEADER;
    size_t len;

    (void)state;
    wire_writer_init(&i.w, i.bytes, sizeof(i.bytes));
    plan_put_op(&i.w, &largest);
    len = i.w.len - WIRE_TLV_HEADER;
    value[len] = 'x';
    expect_bad_op(value, len + 1, "one byte more");
    value[len - 1] = 'x';
    expect_bad_op(value, len, "no zero at the end");
    value[len - 1] = 0;
    for (size_t at = 32; at < 40; at += 4) { // where source begins, where options begin
        struct wire_writer w;
        uint32_t good = wire_load_u32(value + at);

        wire_writer_init(&w, value + at, 4);
        wire_put_u32(&w, (uint32_t)len);
        expect_bad_op(value, len, "a string that begins behind the end");
        wire_writer_init(&w, value + at, 4);
        wire_put_u32(&w, UINT32_MAX);
        expect_bad_op(value, len, "a string that begins far away");
        wire_writer_init(&w, value + at, 4);
        wire_put_u32(&w, good);
    }
}

static void test_a_malformed_list_ends_the_walk(void **state)
{
    struct image i;
    struct plan plan = {.flags = 0};
    struct plan_op op;

    (void)state;
    wire_writer_init(&i.w, i.bytes, sizeof(i.bytes));
    wire_put_u32(&i.w, PLAN_OP);
    wire_put_u32(&i.w, UINT32_MAX);
    plan.cursor = bytes_of(&i);
    assert_int_equal(plan_next_op(&plan, &op), -EBADMSG);
    assert_int_equal(plan_next_op(&plan, &op), -EBADMSG);
}

static void test_each_operation_has_its_step(void **state)
{
    static const struct {
        uint16_t kind;
        uint64_t step;
    } steps[] = {
        {0, STEP_PLAN},
        {OP_ROOT, STEP_ROOT},
        {OP_MOUNT, STEP_MOUNT},
        {OP_NODE, STEP_NODE},
        {OP_SYMLINK, STEP_SYMLINK},
        {OP_DIRECTORY, STEP_DIRECTORY},
        {OP_BIND, STEP_BIND},
        {OP_MASK, STEP_MASK},
        {OP_READONLY, STEP_READONLY},
        {OP_SETATTR, STEP_READONLY},
        {OP_PART, STEP_MOUNT},
        {OP_ATTACH, STEP_MOUNT},
        {OP_ATTACH + 1, STEP_PLAN},
        {UINT16_MAX, STEP_PLAN},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        uint64_t step = plan_op_step(steps[i].kind);

        expect(step == steps[i].step, "operation %d: expected to \"%s\", got \"%s\"", steps[i].kind,
               step_text(steps[i].step), step_text(step));
    }
}

static void test_an_operation_is_above_all_tags(void **state)
{
    (void)state;
#define X(name, number, kind) assert_true((number) < PLAN_OP);
    PROTO_TAGS(X)
#undef X
    assert_true((PLAN_OP & WIRE_CRITICAL) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operations_come_back_in_order),
        cmocka_unit_test(test_strings_lie_in_the_plan),
        cmocka_unit_test(test_a_plan_without_operations_ends_at_once),
        cmocka_unit_test(test_a_writer_too_small_overflows),
        cmocka_unit_test(test_fields_and_flags_come_back),
        cmocka_unit_test(test_services_come_back_in_order),
        cmocka_unit_test(test_a_plan_without_services_has_none),
        cmocka_unit_test(test_another_version_is_not_supported),
        cmocka_unit_test(test_an_unknown_critical_tag_is_not_supported),
        cmocka_unit_test(test_a_malformed_plan_is_refused),
        cmocka_unit_test(test_a_plan_cut_short_anywhere_is_refused),
        cmocka_unit_test(test_behind_the_first_operation_there_are_only_more),
        cmocka_unit_test(test_an_operation_cut_short_anywhere_is_refused),
        cmocka_unit_test(test_strings_that_lead_out_of_an_operation_are_refused),
        cmocka_unit_test(test_a_malformed_list_ends_the_walk),
        cmocka_unit_test(test_each_operation_has_its_step),
        cmocka_unit_test(test_an_operation_is_above_all_tags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
