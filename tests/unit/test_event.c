/* SPDX-License-Identifier: MIT */
/* Tests of core/event.h: what is written comes back, and what is no event does not. */
#include "core/event.h"

#include "check.h"

/* Encodes, and decodes from memory of exactly the size of a record. */
static bool round_trip(const struct event *e, uint8_t buf[EVENT_BYTES], struct event *ret)
{
    memset(buf, 0xa5, EVENT_BYTES);
    event_encode(e, buf);
    return event_decode(buf, ret);
}

static void test_the_layout_is_the_headers(void **state)
{
    static const uint8_t expected[] = {
        8,   7,   6,   5, 4, 3, 2,    1,    // number + 1
        1,   2,   3,   4, 5, 6, 7,    0,    // time
        1,   0,   3,   0, 2, 0, 3,    0,    // kind, state, result, length
        4,   3,   2,   1, 8, 7, 0x16, 0x15, // pid, value
        'w', 'e', 'b', 0};
    struct event e = {.number = 0x0102030405060707,
                      .time = 0x0007060504030201,
                      .kind = EVENT_STATE,
                      .state = 3,
                      .result = 2,
                      .pid = 0x01020304,
                      .value = 0x15160708,
                      .name = slice_of("web")};
    uint8_t buf[EVENT_BYTES];

    (void)state;
    memset(buf, 0xa5, sizeof(buf));
    event_encode(&e, buf);
    assert_memory_equal(buf, expected, sizeof(expected));
    for (size_t i = sizeof(expected); i < sizeof(buf); i++) {
        expect(buf[i] == 0, "byte %zu behind the name: expected 0, got %u", i, buf[i]);
    }
}

static void test_each_kind_comes_back(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < EVENT_COUNT; kind++) {
        struct event e = {.number = kind,
                          .time = 1700000000000 + kind,
                          .kind = (uint16_t)kind,
                          .state = (uint16_t)(kind + 1),
                          .result = (uint16_t)(kind + 2),
                          .pid = UINT32_MAX - kind,
                          .value = UINT32_MAX,
                          .name = slice_of("db@1")};
        uint8_t buf[EVENT_BYTES];
        struct event got;

        expect(round_trip(&e, buf, &got), "kind %u does not decode", kind);
        assert_true(got.number == e.number && got.time == e.time);
        assert_int_equal(got.kind, kind);
        assert_int_equal(got.state, e.state);
        assert_int_equal(got.result, e.result);
        assert_true(got.pid == e.pid && got.value == e.value);
        assert_true(slice_equals(got.name, "db@1"));
    }
}

static void test_a_long_name_is_cut(void **state)
{
    char name[EVENT_NAME_MAX + 2];

    (void)state;
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    for (size_t len = EVENT_NAME_MAX - 1; len <= EVENT_NAME_MAX + 1; len++) {
        size_t most = len < EVENT_NAME_MAX ? len : EVENT_NAME_MAX;
        struct event e = {.name = {(const uint8_t *)name, len}};
        uint8_t buf[EVENT_BYTES];
        struct event got;

        expect(round_trip(&e, buf, &got), "a name of %zu bytes does not decode", len);
        expect(got.name.len == most, "a name of %zu bytes: expected %zu, got %zu", len, most,
               got.name.len);
        assert_memory_equal(got.name.data, name, got.name.len);
    }
}

static void test_an_event_may_have_no_name(void **state)
{
    struct event e = {.kind = EVENT_REAP, .pid = 7};
    uint8_t buf[EVENT_BYTES];
    struct event got;

    (void)state;
    assert_true(round_trip(&e, buf, &got));
    assert_int_equal(got.name.len, 0);
}

static void test_where_nothing_was_written_there_is_no_event(void **state)
{
    static const uint8_t empty[EVENT_BYTES];
    struct event got = {.pid = 77};

    (void)state;
    assert_false(event_decode(empty, &got));
    assert_int_equal(got.pid, 77);
}

static void test_a_malformed_record_is_no_event(void **state)
{
    struct event e = {.number = 1, .name = slice_of("web")};
    struct event got = {.pid = 77};
    uint8_t buf[EVENT_BYTES];

    (void)state;
    event_encode(&e, buf);
    buf[22] = EVENT_NAME_MAX;
    assert_true(event_decode(buf, &got));
    buf[22] = EVENT_NAME_MAX + 1; // the name would end behind the record
    got.pid = 77;
    assert_false(event_decode(buf, &got));
    buf[22] = 3;
    buf[23] = 1;
    assert_false(event_decode(buf, &got));
    buf[23] = 0;
    buf[15] = 0x80; // a time before 1970
    assert_false(event_decode(buf, &got));
    assert_int_equal(got.pid, 77);
}

static void test_the_last_number_comes_back(void **state)
{
    struct event e = {.number = UINT64_MAX - 1};
    uint8_t buf[EVENT_BYTES];
    struct event got;

    (void)state;
    assert_true(round_trip(&e, buf, &got));
    assert_true(got.number == UINT64_MAX - 1);
}

static void test_each_kind_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (unsigned a = 0; a < EVENT_COUNT; a++) {
        expect(event_kind_name(a) != NULL, "kind %u has no name", a);
        for (unsigned b = 0; b < a; b++) {
            expect(strcmp(event_kind_name(a), event_kind_name(b)) != 0, "%u and %u are both %s", a,
                   b, event_kind_name(a));
        }
    }
    assert_null(event_kind_name(EVENT_COUNT));
    assert_null(event_kind_name(UINT16_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_layout_is_the_headers),
        cmocka_unit_test(test_each_kind_comes_back),
        cmocka_unit_test(test_a_long_name_is_cut),
        cmocka_unit_test(test_an_event_may_have_no_name),
        cmocka_unit_test(test_where_nothing_was_written_there_is_no_event),
        cmocka_unit_test(test_a_malformed_record_is_no_event),
        cmocka_unit_test(test_the_last_number_comes_back),
        cmocka_unit_test(test_each_kind_has_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
