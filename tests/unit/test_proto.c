/* SPDX-License-Identifier: MIT */
/* Tests of core/proto.h: what decodes, what does not, and who may send what. */
#include "core/proto.h"

#include "check.h"

#include <errno.h>
#include <stdio.h>

static const struct {
    const char *name;
    uint16_t number;
    unsigned roles;
} types[] = {
#define X(name, number, roles, text) {#name, number, roles},
    PROTO_TYPES(X)
#undef X
};

static const struct {
    const char *name;
    uint16_t number;
    enum tag_kind kind;
} tags[] = {
#define X(name, number, kind) {#name, number, kind},
    PROTO_TAGS(X)
#undef X
};

static const struct {
    const char *name;
    enum role role;
} roles[] = {
    {"operator", ROLE_OPERATOR},
    {"observer", ROLE_OBSERVER},
    {"inside", ROLE_INSIDE},
    {"monitor", ROLE_MONITOR},
};

#define UNKNOWN_TAG (TAG_NUMBER_MAX + 1)

/* One datagram under construction, with room for one byte too many. */
struct message {
    uint8_t bytes[PROTO_DATAGRAM_MAX + 1];
    struct wire_writer w;
    size_t len;
};

static void begin(struct message *m)
{
    proto_begin(&m->w, m->bytes, sizeof(m->bytes), PROTO_EXEC, 0x01020304);
}

static void end(struct message *m)
{
    int r = proto_end(&m->w);

    expect(r >= PROTO_HEADER, "proto_end: expected a length, got %d", r);
    m->len = (size_t)r;
}

/* Decodes from memory of exactly this size. The message's slices are gone afterwards. */
static int decode_exact(const void *bytes, size_t len, struct proto_msg *ret_msg)
{
    struct slice s = exact_copy(bytes, len);
    int r = proto_decode(s, ret_msg);

    exact_free(s);
    return r;
}

static void expect_decode(const struct message *m, int expected, const char *what)
{
    struct proto_msg msg;
    int r = decode_exact(m->bytes, m->len, &msg);

    expect(r == expected, "%s: expected %d, got %d", what, expected, r);
}

static void test_numbers_are_used_once(void **state)
{
    (void)state;
    for (size_t a = 0; a < COUNT_OF(types); a++) {
        for (size_t b = a + 1; b < COUNT_OF(types); b++) {
            expect(types[a].number != types[b].number, "types %s and %s are both %d", types[a].name,
                   types[b].name, types[a].number);
        }
    }
    for (size_t a = 0; a < COUNT_OF(tags); a++) {
        expect(tags[a].number > 0 && tags[a].number <= TAG_NUMBER_MAX,
               "tag %s is %d, above TAG_NUMBER_MAX", tags[a].name, tags[a].number);
        expect(tags[a].number < 64, "tag %s is %d: `seen` has 64 bits", tags[a].name,
               tags[a].number);
        for (size_t b = a + 1; b < COUNT_OF(tags); b++) {
            expect(tags[a].number != tags[b].number, "tags %s and %s are both %d", tags[a].name,
                   tags[b].name, tags[a].number);
        }
    }
}

/* Numbers travel on the wire: these are the ones that the first version had. */
static void test_numbers_of_the_first_version_stay(void **state)
{
    (void)state;
    assert_int_equal(PROTO_HELLO, 1);
    assert_int_equal(PROTO_EXEC, 5);
    assert_int_equal(PROTO_SHUTDOWN, 7);
    assert_int_equal(PROTO_HELLO_OK, 128);
    assert_int_equal(PROTO_ERROR, 130);
    assert_int_equal(PROTO_EXIT, 134);
    assert_int_equal(TAG_VERSION, 1);
    assert_int_equal(TAG_ERRNO, 6);
    assert_int_equal(TAG_CODE, 13);
    assert_int_equal(TAG_ARG, 16);
    assert_int_equal(TAG_CAPS, 29);
}

/* These came with services. */
static void test_numbers_of_services_stay(void **state)
{
    (void)state;
    assert_int_equal(PROTO_SERVICES, 9);
    assert_int_equal(PROTO_START, 10);
    assert_int_equal(PROTO_EVENTS, 15);
    assert_int_equal(PROTO_SERVICES_OK, 139);
    assert_int_equal(PROTO_EVENT, 142);
    assert_int_equal(TAG_NAME, 38);
    assert_int_equal(TAG_SERVICE, 40);
    assert_int_equal(TAG_SERVICE_FLAGS, 51);
    assert_int_equal(TAG_FAILED_RUN, 56);
    assert_int_equal(TAG_FAILED_STATUS, 57);
    assert_int_equal(FEATURE_SERVICES, 16);
    assert_int_equal(REQUEST_NO_WAIT, 1);
    assert_int_equal(REQUEST_FOLLOW, 2);
}

static void test_only_types_have_names(void **state)
{
    (void)state;
    for (uint32_t number = 0; number <= UINT16_MAX; number++) {
        const char *expected = NULL;
        const char *name = proto_type_name((uint16_t)number);

        for (size_t i = 0; i < COUNT_OF(types); i++) {
            if (types[i].number == number) {
                expected = types[i].name;
            }
        }
        if (expected == NULL) {
            expect(name == NULL, "%u is no type, but is called %s", number, name);
        } else {
            expect(name != NULL && strcmp(name, expected) == 0, "%u: expected %s, got %s", number,
                   expected, name != NULL ? name : "nothing");
        }
    }
}

static void test_each_role_may_send_what_the_table_says(void **state)
{
    (void)state;
    for (size_t t = 0; t < COUNT_OF(types); t++) {
        for (size_t i = 0; i < COUNT_OF(roles); i++) {
            int expected = types[t].roles == 0                     ? -EOPNOTSUPP
                           : (types[t].roles & roles[i].role) != 0 ? 0
                                                                   : -EPERM;
            int r = proto_permit(types[t].number, roles[i].role);

            expect(r == expected, "%s from an %s: expected %d, got %d", types[t].name,
                   roles[i].name, expected, r);
        }
    }
}

/* The table above follows the code: this one is what must not change by accident. */
static void test_who_only_looks_changes_nothing(void **state)
{
    static const uint16_t changing[] = {PROTO_SIGNAL, PROTO_EXEC, PROTO_SHUTDOWN, PROTO_MONITOR,
                                        PROTO_START,  PROTO_STOP, PROTO_RESTART,  PROTO_RELOAD};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(changing); i++) {
        const char *name = proto_type_name(changing[i]);

        expect(proto_permit(changing[i], ROLE_OBSERVER) == -EPERM, "an observer may %s", name);
        expect(proto_permit(changing[i], ROLE_INSIDE) == -EPERM, "a process inside may %s", name);
        expect(proto_permit(changing[i], ROLE_OPERATOR) == 0, "an operator may not %s", name);
    }
    assert_int_equal(proto_permit(PROTO_SERVICES, ROLE_INSIDE), 0);
    assert_int_equal(proto_permit(PROTO_EVENTS, ROLE_INSIDE), -EPERM);
    assert_int_equal(proto_permit(PROTO_EVENTS, ROLE_OBSERVER), 0);
    assert_int_equal(proto_permit(PROTO_EXEC, ROLE_MONITOR), -EPERM);
    assert_int_equal(proto_permit(PROTO_PROC, ROLE_INSIDE), -EPERM);
    assert_int_equal(proto_permit(PROTO_HELLO, ROLE_INSIDE), 0);
}

static void test_a_number_that_is_no_type_is_not_supported(void **state)
{
    (void)state;
    for (uint32_t number = 0; number <= UINT16_MAX; number++) {
        if (proto_type_name((uint16_t)number) == NULL) {
            int r = proto_permit((uint16_t)number, ROLE_OPERATOR);

            expect(r == -EOPNOTSUPP, "%u: expected -EOPNOTSUPP, got %d", number, r);
        }
    }
}

static void test_no_role_may_send_nothing(void **state)
{
    (void)state;
    for (size_t t = 0; t < COUNT_OF(types); t++) {
        int expected = types[t].roles == 0 ? -EOPNOTSUPP : -EPERM;

        assert_int_equal(proto_permit(types[t].number, (enum role)0), expected);
        assert_int_equal(proto_permit(types[t].number, (enum role)(1 << 4)), expected);
    }
}

static void test_the_header_is_type_zero_request_length_zero(void **state)
{
    static const uint8_t expected[] = {5, 0, 0, 0, 4, 3, 2, 1, 16, 0, 0, 0, 0, 0, 0, 0};
    struct message m;

    (void)state;
    begin(&m);
    end(&m);
    assert_int_equal(m.len, PROTO_HEADER);
    assert_memory_equal(m.bytes, expected, sizeof(expected));
}

static void test_type_and_request_come_back(void **state)
{
    static const uint32_t requests[] = {0, 1, INT32_MAX, UINT32_MAX};

    (void)state;
    for (size_t t = 0; t < COUNT_OF(types); t++) {
        for (size_t i = 0; i < COUNT_OF(requests); i++) {
            uint8_t buf[PROTO_HEADER];
            struct wire_writer w;
            struct proto_msg msg;

            proto_begin(&w, buf, sizeof(buf), (enum proto_type)types[t].number, requests[i]);
            assert_int_equal(proto_end(&w), PROTO_HEADER);
            assert_int_equal(decode_exact(buf, sizeof(buf), &msg), 0);
            assert_int_equal(msg.type, types[t].number);
            assert_int_equal(msg.request, requests[i]);
            assert_true(msg.seen == 0);
            assert_int_equal(msg.body.len, 0);
        }
    }
}

static void test_a_buffer_too_small_is_said_at_the_end(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < PROTO_HEADER + 16; cap++) {
        uint8_t buf[PROTO_HEADER + 16];
        struct wire_writer w;
        int r;

        memset(buf, 0xA5, sizeof(buf));
        proto_begin(&w, buf, cap, PROTO_OK, 1);
        wire_tlv_u64(&w, TAG_PID, 1);
        r = proto_end(&w);
        expect(r == -EMSGSIZE, "32 bytes into %zu: expected -EMSGSIZE, got %d", cap, r);
        for (size_t i = cap; i < sizeof(buf); i++) {
            expect(buf[i] == 0xA5, "32 bytes into %zu: byte %zu was written", cap, i);
        }
    }
}

static void test_a_datagram_may_be_a_page_and_no_more(void **state)
{
    static const uint8_t filler[PROTO_DATAGRAM_MAX];
    size_t room = PROTO_DATAGRAM_MAX - PROTO_HEADER - WIRE_TLV_HEADER;
    struct proto_msg msg;
    struct message m;

    (void)state;
    begin(&m);
    wire_tlv_bytes(&m.w, TAG_INSTANCE, filler, room);
    end(&m);
    assert_int_equal(m.len, PROTO_DATAGRAM_MAX);
    assert_int_equal(proto_decode((struct slice){m.bytes, m.len}, &msg), 0);
    assert_int_equal(msg.text[TAG_INSTANCE].len, room);
    begin(&m);
    wire_tlv_bytes(&m.w, TAG_INSTANCE, filler, room + 1); // the buffer would hold it
    assert_int_equal(proto_end(&m.w), -EMSGSIZE);
}

static void test_a_datagram_longer_than_a_page_is_malformed(void **state)
{
    struct message m;
    struct wire_writer w;

    (void)state;
    memset(m.bytes, 0, sizeof(m.bytes));
    m.len = PROTO_DATAGRAM_MAX + 1;
    wire_writer_init(&w, m.bytes, sizeof(m.bytes));
    wire_put_u32(&w, PROTO_HELLO);
    wire_put_u32(&w, 1);
    wire_put_u32(&w, (uint32_t)m.len);
    wire_put_u32(&w, 0);
    wire_put_u32(&w, TAG_INSTANCE);
    wire_put_u32(&w, (uint32_t)(m.len - PROTO_HEADER - WIRE_TLV_HEADER));
    expect_decode(&m, -EBADMSG, "4097 bytes that are right but for their number");
}

/* A datagram with an element of each kind. */
static void fill(struct message *m)
{
    begin(m);
    wire_tlv_str(&m->w, TAG_ARG, "ls");
    wire_tlv_u64(&m->w, TAG_FLAGS, 3);
    wire_tlv_str(&m->w, TAG_USER, "web:www");
    wire_tlv_bytes(&m->w, TAG_INSTANCE, "\0\1\2", 3);
    wire_tlv_str(&m->w, TAG_ARG, "");
    end(m);
}

static void test_a_datagram_cut_short_anywhere_is_malformed(void **state)
{
    struct message m;
    size_t whole;

    (void)state;
    fill(&m);
    whole = m.len;
    for (m.len = 0; m.len < whole; m.len++) {
        expect_decode(&m, -EBADMSG, "a datagram cut short");
    }
}

static void test_an_element_cut_short_is_malformed(void **state)
{
    struct message m;
    size_t whole;

    (void)state;
    begin(&m);
    wire_tlv_u64(&m.w, TAG_PID, 1);
    end(&m);
    whole = m.len;
    for (m.len = PROTO_HEADER + 1; m.len < whole; m.len++) {
        m.bytes[8] = (uint8_t)m.len; // the header agrees with what is left
        expect_decode(&m, -EBADMSG, "an element cut short");
    }
}

static void test_the_length_is_the_datagrams(void **state)
{
    static const uint32_t wrong[] = {0, 1, 15, 17, 31, 33, UINT32_MAX, 0x10020};
    struct message m;

    (void)state;
    begin(&m);
    wire_tlv_u64(&m.w, TAG_PID, 1);
    end(&m);
    expect_decode(&m, 0, "the right length");
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct wire_writer w;

        wire_writer_init(&w, m.bytes + 8, 4);
        wire_put_u32(&w, wrong[i]);
        expect_decode(&m, -EBADMSG, "a wrong length");
    }
}

static void test_reserved_bytes_are_zero(void **state)
{
    static const size_t reserved[] = {2, 3, 12, 13, 14, 15};
    struct message m;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(reserved); i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            fill(&m);
            m.bytes[reserved[i]] = (uint8_t)(1u << bit);
            expect_decode(&m, -EBADMSG, "a reserved byte that is not zero");
        }
    }
}

static void test_what_is_not_there_is_zero_and_empty(void **state)
{
    struct proto_msg msg;
    struct message m;

    (void)state;
    memset(&msg, 0xff, sizeof(msg));
    begin(&m);
    end(&m);
    assert_int_equal(proto_decode((struct slice){m.bytes, m.len}, &msg), 0);
    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        uint16_t tag = tags[i].number;

        expect(!proto_has(&msg, (enum proto_tag)tag), "%s is not there, but seen", tags[i].name);
        expect(msg.num[tag] == 0, "%s is not there, but has a number", tags[i].name);
        expect(msg.text[tag].len == 0, "%s is not there, but has a text", tags[i].name);
    }
}

/* Puts one value of the kind, `extra` bytes too long. */
static void put_value(struct message *m, uint16_t tag, enum tag_kind kind, size_t extra)
{
    static const uint8_t bytes[9] = {0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01, 0};

    switch (kind) {
    case TAG_U64:
        wire_tlv_bytes(&m->w, tag, bytes, 8 + extra);
        break;
    case TAG_TEXT:
    case TAG_BYTES:
    case TAG_LIST:
    case TAG_ITEMS:
        wire_tlv_bytes(&m->w, tag, "text\0", 4 + extra);
        break;
    }
}

static void test_each_tag_is_read_as_its_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        for (int critical = 0; critical <= 1; critical++) {
            uint16_t tag = tags[i].number;
            struct proto_msg msg;
            struct message m;
            int r;

            begin(&m);
            put_value(&m, (uint16_t)(tag | (critical ? WIRE_CRITICAL : 0)), tags[i].kind, 0);
            end(&m);
            r = proto_decode((struct slice){m.bytes, m.len}, &msg);
            expect(r == 0, "%s: expected 0, got %d", tags[i].name, r);
            expect(proto_has(&msg, (enum proto_tag)tag), "%s was not seen", tags[i].name);
            expect(msg.seen == UINT64_C(1) << tag, "%s: another tag was seen too", tags[i].name);
            if (tags[i].kind == TAG_U64) {
                expect(msg.num[tag] == 0x0123456789abcdef, "%s: wrong number", tags[i].name);
            } else if (tags[i].kind != TAG_LIST) {
                expect(slice_equals(msg.text[tag], "text"), "%s: expected \"text\", got \"%.*s\"",
                       tags[i].name, SHOW(msg.text[tag]));
            }
        }
    }
}

static bool may_repeat(enum tag_kind kind)
{
    return kind == TAG_LIST || kind == TAG_ITEMS;
}

static void test_only_lists_may_repeat(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        for (int critical = 0; critical <= 1; critical++) {
            struct message m;

            begin(&m);
            put_value(&m, tags[i].number, tags[i].kind, 0);
            wire_tlv_u64(&m.w, tags[i].number == TAG_PID ? TAG_CODE : TAG_PID, 1);
            put_value(&m, (uint16_t)(tags[i].number | (critical ? WIRE_CRITICAL : 0)), tags[i].kind,
                      0);
            end(&m);
            expect_decode(&m, may_repeat(tags[i].kind) ? 0 : -EBADMSG, tags[i].name);
        }
    }
}

static void test_text_has_no_zero_byte(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } values[] = {{"\0", 1}, {"\0a", 2}, {"a\0", 2}, {"a\0b", 3}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        for (size_t v = 0; v < COUNT_OF(values) && tags[i].kind != TAG_U64; v++) {
            struct message m;

            begin(&m);
            wire_tlv_bytes(&m.w, tags[i].number, values[v].bytes, values[v].len);
            end(&m);
            expect_decode(&m, tags[i].kind == TAG_BYTES || tags[i].kind == TAG_ITEMS ? 0 : -EBADMSG,
                          tags[i].name);
        }
    }
}

static void test_an_empty_value_is_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        struct proto_msg msg;
        struct message m;

        begin(&m);
        wire_tlv_bytes(&m.w, tags[i].number, NULL, 0);
        end(&m);
        if (tags[i].kind == TAG_U64) {
            expect_decode(&m, -EBADMSG, tags[i].name);
            continue;
        }
        assert_int_equal(proto_decode((struct slice){m.bytes, m.len}, &msg), 0);
        expect(proto_has(&msg, (enum proto_tag)tags[i].number), "%s was not seen", tags[i].name);
        assert_int_equal(msg.text[tags[i].number].len, 0);
    }
}

static void test_a_number_has_eight_bytes(void **state)
{
    static const uint8_t bytes[16];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        for (size_t len = 0; len <= sizeof(bytes) && tags[i].kind == TAG_U64; len++) {
            struct message m;

            begin(&m);
            wire_tlv_bytes(&m.w, tags[i].number, bytes, len);
            end(&m);
            expect_decode(&m, len == 8 ? 0 : -EBADMSG, tags[i].name);
        }
    }
}

static const uint16_t unknown_tags[] = {0,   UNKNOWN_TAG, 63,    64,     64 + TAG_PID,
                                        100, 128,         0x100, 0x4000, 0x7fff};

static void test_an_unknown_optional_tag_is_passed_over(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(unknown_tags); i++) {
        struct proto_msg msg;
        struct message m;
        int r;

        begin(&m);
        wire_tlv_bytes(&m.w, unknown_tags[i], "\0what", 5);
        wire_tlv_u64(&m.w, TAG_CODE, 7);
        wire_tlv_bytes(&m.w, unknown_tags[i], NULL, 0);
        end(&m);
        r = proto_decode((struct slice){m.bytes, m.len}, &msg);
        expect(r == 0, "tag %d: expected 0, got %d", unknown_tags[i], r);
        expect(msg.seen == UINT64_C(1) << TAG_CODE, "tag %d passes for another", unknown_tags[i]);
        assert_true(msg.num[TAG_CODE] == 7);
    }
}

static void test_an_unknown_critical_tag_is_not_supported(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(unknown_tags); i++) {
        uint16_t tag = (uint16_t)(unknown_tags[i] | WIRE_CRITICAL);
        struct proto_msg msg = {.type = 0};
        struct message m;
        int r;

        begin(&m);
        wire_tlv_u64(&m.w, TAG_CODE, 7);
        wire_tlv_bytes(&m.w, tag, NULL, 0);
        wire_tlv_u64(&m.w, TAG_PID, 7);
        end(&m);
        r = proto_decode((struct slice){m.bytes, m.len}, &msg);
        expect(r == -EOPNOTSUPP, "tag %d: expected -EOPNOTSUPP, got %d", tag, r);
        assert_int_equal(msg.type, PROTO_EXEC);
        assert_int_equal(msg.request, 0x01020304);
    }
}

static void test_malformed_comes_before_not_supported(void **state)
{
    struct message m;

    (void)state;
    begin(&m);
    wire_tlv_bytes(&m.w, WIRE_CRITICAL | UNKNOWN_TAG, NULL, 0);
    wire_put_u16(&m.w, 0);
    end(&m);
    expect_decode(&m, -EBADMSG, "half an element after an unknown critical one");
    begin(&m);
    wire_tlv_bytes(&m.w, WIRE_CRITICAL | UNKNOWN_TAG, NULL, 0);
    wire_tlv_u64(&m.w, TAG_PID, 1);
    wire_tlv_u64(&m.w, TAG_PID, 1);
    end(&m);
    expect_decode(&m, -EBADMSG, "a duplicate after an unknown critical tag");
}

static void test_list_values_come_in_order(void **state)
{
    static const char *const expected[] = {"one", "", "two", "three"};
    struct proto_msg msg;
    struct message m;
    struct slice cursor;
    struct slice value;

    (void)state;
    begin(&m);
    wire_tlv_str(&m.w, TAG_ENV, "A=1");
    wire_tlv_str(&m.w, TAG_ARG, "one");
    wire_tlv_u64(&m.w, TAG_FLAGS, 1);
    wire_tlv_str(&m.w, TAG_ARG, "");
    wire_tlv_str(&m.w, TAG_ARG, "two");
    wire_tlv_bytes(&m.w, UNKNOWN_TAG, "x", 1);
    wire_tlv_str(&m.w, WIRE_CRITICAL | TAG_ARG, "three");
    wire_tlv_str(&m.w, TAG_ENV, "B=2");
    end(&m);
    assert_int_equal(proto_decode((struct slice){m.bytes, m.len}, &msg), 0);
    cursor = msg.body;
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        expect(proto_next(&cursor, TAG_ARG, &value), "argument %zu is missing", i);
        expect(slice_equals(value, expected[i]), "argument %zu: expected \"%s\", got \"%.*s\"", i,
               expected[i], SHOW(value));
    }
    assert_false(proto_next(&cursor, TAG_ARG, &value));
    assert_false(proto_next(&cursor, TAG_ARG, &value));
    cursor = msg.body;
    assert_true(proto_next(&cursor, TAG_ENV, &value) && slice_equals(value, "A=1"));
    assert_true(proto_next(&cursor, TAG_ENV, &value) && slice_equals(value, "B=2"));
    assert_false(proto_next(&cursor, TAG_ENV, &value));
    cursor = msg.body;
    assert_false(proto_next(&cursor, TAG_NAMESPACE, &value));
}

static void test_a_walk_ends_where_the_list_is_malformed(void **state)
{
    struct message m;
    struct slice value;
    struct slice cursor;

    (void)state;
    wire_writer_init(&m.w, m.bytes, sizeof(m.bytes));
    wire_tlv_str(&m.w, TAG_ARG, "one");
    wire_put_u32(&m.w, TAG_ARG);
    wire_put_u32(&m.w, 1000);
    cursor = (struct slice){m.bytes, m.w.len};
    assert_true(proto_next(&cursor, TAG_ARG, &value));
    assert_false(proto_next(&cursor, TAG_ARG, &value));
    assert_false(proto_next(&cursor, TAG_ARG, &value));
}

static void test_a_list_without_header_decodes_alike(void **state)
{
    struct proto_msg msg;
    struct message m;
    struct slice list;

    (void)state;
    assert_int_equal(proto_decode_list((struct slice){NULL, 0}, &msg), 0);
    assert_true(msg.seen == 0);
    assert_int_equal(msg.body.len, 0);
    fill(&m);
    list = (struct slice){m.bytes + PROTO_HEADER, m.len - PROTO_HEADER};
    memset(&msg, 0xff, sizeof(msg));
    assert_int_equal(proto_decode_list(list, &msg), 0);
    assert_ptr_equal(msg.body.data, list.data);
    assert_int_equal(msg.body.len, list.len);
    assert_true(msg.num[TAG_FLAGS] == 3 && msg.num[TAG_PID] == 0);
    assert_true(slice_equals(msg.text[TAG_USER], "web:www"));
    assert_int_equal(msg.text[TAG_INSTANCE].len, 3);
    assert_true(proto_has(&msg, TAG_ARG) && !proto_has(&msg, TAG_ENV));
    for (size_t len = 1; len < WIRE_TLV_HEADER + 2; len++) {
        struct slice cut = exact_copy(list.data, len);
        int r = proto_decode_list(cut, &msg);

        expect(r == -EBADMSG, "a list cut to %zu bytes: expected -EBADMSG, got %d", len, r);
        exact_free(cut);
    }
}

/* A plan and a memfd of arguments are longer than any datagram. */
static void test_a_list_without_header_may_be_long(void **state)
{
    static uint8_t bytes[64 * 1024];
    struct wire_writer w;
    struct proto_msg msg;
    struct slice cursor;
    struct slice value;
    size_t put = 0;
    size_t got = 0;

    (void)state;
    wire_writer_init(&w, bytes, sizeof(bytes));
    for (;;) {
        char arg[16];

        (void)snprintf(arg, sizeof(arg), "%zu", put);
        wire_tlv_str(&w, TAG_ARG, arg);
        if (w.overflow) {
            break;
        }
        put++;
    }
    assert_int_equal(proto_decode_list((struct slice){bytes, w.len}, &msg), 0);
    cursor = msg.body;
    while (proto_next(&cursor, TAG_ARG, &value)) {
        got++;
    }
    assert_int_equal(got, put);
}

/* SERVICES_OK holds one list of elements a service, each decoded by itself. */
static void test_items_are_lists_of_their_own(void **state)
{
    static const char *const names[] = {"db", "web", ""};
    uint8_t item[64];
    struct proto_msg msg;
    struct proto_msg inner;
    struct slice cursor;
    struct slice value;
    struct wire_writer w;
    struct message m;

    (void)state;
    begin(&m);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        wire_writer_init(&w, item, sizeof(item));
        wire_tlv_str(&w, TAG_NAME, names[i]);
        wire_tlv_u64(&w, TAG_RESTARTS, i);
        wire_tlv_bytes(&m.w, TAG_SERVICE, item, w.len);
    }
    wire_tlv_bytes(&m.w, TAG_SERVICE, NULL, 0);
    wire_tlv_u64(&m.w, TAG_SERVICES_ALL, 4);
    end(&m);
    assert_int_equal(proto_decode((struct slice){m.bytes, m.len}, &msg), 0);
    assert_true(msg.num[TAG_SERVICES_ALL] == 4);
    expect(!proto_has(&msg, TAG_NAME), "an item's elements are not the message's");
    cursor = msg.body;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        expect(proto_next(&cursor, TAG_SERVICE, &value), "item %zu is missing", i);
        assert_int_equal(proto_decode_list(value, &inner), 0);
        expect(slice_equals(inner.text[TAG_NAME], names[i]), "item %zu: got \"%.*s\"", i,
               SHOW(inner.text[TAG_NAME]));
        assert_true(inner.num[TAG_RESTARTS] == i);
    }
    assert_true(proto_next(&cursor, TAG_SERVICE, &value));
    assert_int_equal(proto_decode_list(value, &inner), 0);
    assert_true(inner.seen == 0);
    assert_false(proto_next(&cursor, TAG_SERVICE, &value));
}

/* What an item holds is decoded only when somebody looks into it. */
static void test_a_malformed_item_does_not_spoil_the_datagram(void **state)
{
    struct proto_msg msg;
    struct proto_msg inner;
    struct message m;

    (void)state;
    begin(&m);
    wire_tlv_bytes(&m.w, TAG_SERVICE, "\0\1\2", 3);
    wire_tlv_u64(&m.w, TAG_SERVICES_ALL, 1);
    end(&m);
    assert_int_equal(proto_decode((struct slice){m.bytes, m.len}, &msg), 0);
    assert_int_equal(proto_decode_list(msg.text[TAG_SERVICE], &inner), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_used_once),
        cmocka_unit_test(test_numbers_of_the_first_version_stay),
        cmocka_unit_test(test_numbers_of_services_stay),
        cmocka_unit_test(test_only_types_have_names),
        cmocka_unit_test(test_each_role_may_send_what_the_table_says),
        cmocka_unit_test(test_who_only_looks_changes_nothing),
        cmocka_unit_test(test_a_number_that_is_no_type_is_not_supported),
        cmocka_unit_test(test_no_role_may_send_nothing),
        cmocka_unit_test(test_the_header_is_type_zero_request_length_zero),
        cmocka_unit_test(test_type_and_request_come_back),
        cmocka_unit_test(test_a_buffer_too_small_is_said_at_the_end),
        cmocka_unit_test(test_a_datagram_may_be_a_page_and_no_more),
        cmocka_unit_test(test_a_datagram_longer_than_a_page_is_malformed),
        cmocka_unit_test(test_a_datagram_cut_short_anywhere_is_malformed),
        cmocka_unit_test(test_an_element_cut_short_is_malformed),
        cmocka_unit_test(test_the_length_is_the_datagrams),
        cmocka_unit_test(test_reserved_bytes_are_zero),
        cmocka_unit_test(test_what_is_not_there_is_zero_and_empty),
        cmocka_unit_test(test_each_tag_is_read_as_its_kind),
        cmocka_unit_test(test_only_lists_may_repeat),
        cmocka_unit_test(test_text_has_no_zero_byte),
        cmocka_unit_test(test_an_empty_value_is_there),
        cmocka_unit_test(test_a_number_has_eight_bytes),
        cmocka_unit_test(test_an_unknown_optional_tag_is_passed_over),
        cmocka_unit_test(test_an_unknown_critical_tag_is_not_supported),
        cmocka_unit_test(test_malformed_comes_before_not_supported),
        cmocka_unit_test(test_list_values_come_in_order),
        cmocka_unit_test(test_a_walk_ends_where_the_list_is_malformed),
        cmocka_unit_test(test_a_list_without_header_decodes_alike),
        cmocka_unit_test(test_a_list_without_header_may_be_long),
        cmocka_unit_test(test_items_are_lists_of_their_own),
        cmocka_unit_test(test_a_malformed_item_does_not_spoil_the_datagram),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
