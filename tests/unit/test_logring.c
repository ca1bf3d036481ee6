/* SPDX-License-Identifier: MIT */
/* Tests of core/logring.h and core/logsink.h: wrapping, losing, a writer that was killed, memory that lies. */
#include "core/logring.h"
#include "core/logsink.h"

#include "check.h"

#include <errno.h>
#include <stdio.h>

#define SIZE LOGRING_SIZE_MIN
#define BYTES (LOGRING_HEADER + SIZE)

/* One ring, and whoever works on it. */
struct fixture {
    uint8_t *base;
    struct logring ring;
    struct logreader reader;
    uint8_t buf[LOGRING_RECORD_MAX];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    assert_int_equal(posix_memalign((void **)&f->base, 4096, BYTES), 0);
    memset(f->base, 0xee, BYTES);
    logring_format(f->base, SIZE);
    expect(logring_attach(&f->ring, f->base, BYTES), "a fresh ring is one");
    expect(logreader_open(&f->reader, f->base, BYTES), "a reader knows it, too");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    free(f->base);
    free(f);
    return 0;
}

static struct logring_record record_of(uint32_t service, const char *text, unsigned flags)
{
    struct logring_record rec = {.time = 1000,
                                 .service = service,
                                 .stream = LOG_STDOUT,
                                 .flags = (uint8_t)flags,
                                 .name = slice_of(service == 0 ? "web" : "db"),
                                 .text = slice_of(text)};

    for (const char *p = text; *p != 0; p++) {
        rec.lines += *p == '\n' || p[1] == 0;
    }
    return rec;
}

static void write_one(struct fixture *f, uint32_t service, const char *text, unsigned flags)
{
    struct logring_record rec = record_of(service, text, flags);
    uint8_t *to = logring_reserve(&f->ring, &rec);

    if (rec.text.len > 0) {
        logring_intend(&f->ring, rec.text.data[rec.text.len - 1]);
    }
    memcpy(to, text, rec.text.len);
    logring_commit(&f->ring, rec.text.len, rec.lines);
}

static void test_what_is_written_is_read(void **state)
{
    struct fixture *f = *state;
    struct logring_record rec;
    uint64_t lost = 7;

    assert_int_equal(logreader_next(&f->reader, f->buf, &rec, &lost), 0);
    write_one(f, 1, "one\ntwo\n", LOGRING_PREFIX);
    write_one(f, 0, "thr", LOGRING_PARTIAL);
    assert_int_equal(logreader_next(&f->reader, f->buf, &rec, &lost), 1);
    expect(slice_equals(rec.text, "one\ntwo\n") && slice_equals(rec.name, "db"), "it reads %.*s",
           SHOW(rec.text));
    assert_int_equal(rec.service, 1);
    assert_int_equal(rec.stream, LOG_STDOUT);
    assert_int_equal(rec.flags, LOGRING_PREFIX);
    assert_int_equal(rec.time, 1000);
    assert_int_equal(rec.lines, 2);
    assert_int_equal(rec.sequence, 0);
    assert_int_equal(lost, 0);
    assert_int_equal(logreader_next(&f->reader, f->buf, &rec, &lost), 1);
    assert_int_equal(rec.sequence, 2);
    assert_int_equal(rec.flags, LOGRING_PARTIAL);
    assert_int_equal(logreader_next(&f->reader, f->buf, &rec, &lost), 0);
}

/* Records of all lengths, many times round: each comes once, in order, and whole. */
static void test_round_and_round(void **state)
{
    struct fixture *f = *state;
    struct logring_record rec;
    uint64_t lost;
    static char text[LOG_TEXT_MAX + 1];
    uint64_t seen = 0;

    for (unsigned i = 0; i < 5000; i++) {
        size_t len = i * 7919 % LOG_TEXT_MAX + 1;

        memset(text, 'a' + (int)(i % 26), len);
        text[len] = 0;
        write_one(f, i % 2, text, 0);
        assert_int_equal(logreader_next(&f->reader, f->buf, &rec, &lost), 1);
        expect(rec.text.len == len && memcmp(rec.text.data, text, len) == 0, "record %u is another",
               i);
        expect(rec.sequence == i && lost == 0, "record %u has number %llu", i,
               (unsigned long long)rec.sequence);
        seen++;
        expect(f->ring.head - f->ring.tail <= SIZE, "the ring holds more than its size");
    }
    assert_int_equal(seen, 5000);
}

static void test_a_slow_reader_learns_what_it_lost(void **state)
{
    struct fixture *f = *state;
    struct logring_record rec;
    uint64_t lost = 0;
    uint64_t next = 0;
    uint64_t all = 0;
    char line[64];

    for (unsigned i = 0; i < 100; i++) {
        for (unsigned k = 0; k < i * 60; k++) {
            (void)snprintf(line, sizeof(line), "line %llu\n", (unsigned long long)next++);
            write_one(f, 0, line, 0);
        }
        while (logreader_next(&f->reader, f->buf, &rec, &lost) == 1) {
            all += lost + rec.lines;
            (void)snprintf(line, sizeof(line), "line %llu\n", (unsigned long long)(all - 1));
            expect(slice_equals(rec.text, line), "expected %s, got %.*s", line, SHOW(rec.text));
        }
        assert_int_equal(all, next);
    }
}

/* Killed before or after the text came: the next writer goes on exactly. */
static void test_a_killed_writer(void **state)
{
    struct fixture *f = *state;
    struct logring_record rec = record_of(0, "second\n", 0);
    uint64_t lost;
    uint8_t *to;

    write_one(f, 0, "first\n", 0);
    to = logring_reserve(&f->ring, &rec); // killed before the intent
    expect(logring_attach(&f->ring, f->base, BYTES), "it is a ring");
    assert_int_equal(f->ring.sequence, 1);

    to = logring_reserve(&f->ring, &rec);
    memcpy(to, "second\n", 7); // what lies there from before must not count
    logring_intend(&f->ring, '\n');
    expect(logring_attach(&f->ring, f->base, BYTES), "it is a ring");
    assert_int_equal(f->ring.sequence, 1);

    to = logring_reserve(&f->ring, &rec);
    logring_intend(&f->ring, '\n');
    memcpy(to, "second\n", 7); // it came; killed before the commit
    expect(logring_attach(&f->ring, f->base, BYTES), "it is a ring");
    assert_int_equal(f->ring.sequence, 2);

    to = logring_reserve(&f->ring, &rec);
    logring_intend(&f->ring, '\n');
    logring_forget(&f->ring);
    expect(logring_attach(&f->ring, f->base, BYTES), "it is a ring");
    assert_int_equal(f->ring.sequence, 2);

    assert_int_equal(logreader_next(&f->reader, f->buf, &rec, &lost), 1);
    expect(slice_equals(rec.text, "first\n"), "got %.*s", SHOW(rec.text));
    assert_int_equal(logreader_next(&f->reader, f->buf, &rec, &lost), 1);
    expect(slice_equals(rec.text, "second\n"), "got %.*s", SHOW(rec.text));
    assert_int_equal(logreader_next(&f->reader, f->buf, &rec, &lost), 0);
}

static void put_cell(struct fixture *f, unsigned at, uint64_t value)
{
    value = htole64(value);
    memcpy(f->base + at, &value, sizeof(value));
}

/* Killed behind the head and before the number: no number comes twice. */
static void test_killed_between_head_and_number(void **state)
{
    struct fixture *f = *state;
    uint64_t pos;

    write_one(f, 0, "first\n", 0);
    pos = f->ring.head;
    write_one(f, 0, "a\nb\n", 0);
    put_cell(f, LOGRING_AT_SEQUENCE, 1);
    put_cell(f, LOGRING_AT_INTENT, pos + 1);
    expect(logring_attach(&f->ring, f->base, BYTES), "it is a ring");
    assert_int_equal(f->ring.sequence, 3);
}

static void test_shorter_than_reserved(void **state)
{
    struct fixture *f = *state;
    struct logring_record rec = record_of(0, "0123456789abcdefghij\n", 0);
    uint64_t lost;

    (void)logring_reserve(&f->ring, &rec);
    logring_intend(&f->ring, '\n');
    logring_commit(&f->ring, 5, 1);
    write_one(f, 0, "next\n", 0);
    assert_int_equal(logreader_next(&f->reader, f->buf, &rec, &lost), 1);
    assert_int_equal(rec.text.len, 5);
    assert_int_equal(logreader_next(&f->reader, f->buf, &rec, &lost), 1);
    expect(slice_equals(rec.text, "next\n"), "got %.*s", SHOW(rec.text));
}

static void test_what_is_no_ring(void **state)
{
    struct fixture *f = *state;
    static const uint64_t sizes[] = {0, 4096, SIZE - 4096, SIZE + 4096, SIZE - 1, UINT64_MAX};

    expect(!logreader_open(&f->reader, f->base, LOGRING_HEADER - 1), "too short");
    expect(!logreader_open(&f->reader, f->base, BYTES - 1), "another size");
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        put_cell(f, LOGRING_AT_SIZE, sizes[i]);
        expect(!logreader_open(&f->reader, f->base, BYTES), "size %llu",
               (unsigned long long)sizes[i]);
        expect(!logring_attach(&f->ring, f->base, BYTES), "size %llu",
               (unsigned long long)sizes[i]);
    }
    f->base[0] = 'P';
    expect(!logreader_open(&f->reader, f->base, BYTES), "another magic");
}

/* The header and the first record say this. */
static void test_memory_that_lies(void **state)
{
    struct fixture *f = *state;
    static const struct {
        uint64_t tail;
        uint64_t head;
        uint32_t length;
        uint32_t text;
    } cases[] = {
        {0, 64, 0, 1},
        {0, 64, 4, 1},
        {0, 64, 24, 1},
        {0, 64, 63, 1},
        {0, 64, 72, 1},
        {0, 64, 64, 1000},
        {0, 64, UINT32_MAX, 1},
        {0, 64, 64, LOG_TEXT_MAX + 1},
        {0, 64, 72, UINT32_MAX},
        {0, 64, 0, UINT32_MAX},
        {0, 4, 64, 1},
        {8, 0, 64, 1},
        {0, UINT64_MAX & ~7ull, 64, LOG_TEXT_MAX},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct logring_record rec;
        uint64_t lost;
        uint32_t v = htole32(cases[i].length);

        expect(logreader_open(&f->reader, f->base, BYTES), "it is a ring");
        f->reader.pos = 0;
        put_cell(f, LOGRING_AT_TAIL, cases[i].tail);
        put_cell(f, LOGRING_AT_HEAD, cases[i].head);
        memcpy(f->base + LOGRING_HEADER, &v, 4);
        v = htole32(cases[i].text);
        memcpy(f->base + LOGRING_HEADER + 4, &v, 4);
        f->base[LOGRING_HEADER + 30] = 0;
        expect(logreader_next(&f->reader, f->buf, &rec, &lost) == -EBADMSG, "case %zu was believed",
               i);
        expect(logring_attach(&f->ring, f->base, BYTES), "a writer empties it");
        for (int k = 0; k < 100; k++) { // and writes on, whatever lies there
            write_one(f, 0, "a line of some length or other\n", 0);
        }
        memset(f->base, 0, LOGRING_HEADER);
        logring_format(f->base, SIZE);
    }
}

/* ---- the sink ---- */

/* All that is to be written, in pieces of this size, by workers that are killed at each of their three moments in turn. */
static char *drain(struct logsink *s, size_t piece)
{
    static char out[1 << 20];
    struct slice parts[16];
    size_t len = 0;
    size_t count;

    for (unsigned turn = 0; (count = logsink_gather(s, parts, COUNT_OF(parts))) > 0; turn++) {
        size_t left = piece;
        size_t written = 0;

        logsink_intend(s, 0, 0);
        if (turn % 3 == 0) { // before the write
            logsink_attach(s, s->ring, 0);
            continue;
        }
        for (size_t i = 0; i < count && left > 0; i++) {
            size_t n = parts[i].len < left ? parts[i].len : left;

            expect(len + n < sizeof(out), "the sink has no end");
            memcpy(out + len, parts[i].data, n);
            len += n;
            left -= n;
            written += n;
        }
        if (turn % 3 == 1) { // behind it, or behind the state
            logsink_advance(s, written);
        }
        logsink_attach(s, s->ring, written);
    }
    out[len] = 0;
    return out;
}

static void test_lines_on_stdout(void **state)
{
    static const char want[] = "plain\ndb: a\ndb: b\npart one, part two\n"
                               "db: broken\ncut\n rest\nfinal\nlast\n";

    for (size_t piece = 1; piece < 40; piece++) {
        struct logsink s;
        struct fixture *f;
        const char *got;

        (void)teardown(state);
        (void)setup(state);
        f = *state;
        logsink_attach(&s, &f->ring, 0);
        write_one(f, 0, "plain\n", 0);
        write_one(f, 1, "a\nb\n", LOGRING_PREFIX);
        write_one(f, 0, "part one,", LOGRING_PARTIAL);
        write_one(f, 0, " part two\n", 0);
        write_one(f, 1, "broken", LOGRING_PREFIX | LOGRING_PARTIAL);
        write_one(f, 0, "cut", LOGRING_PARTIAL);
        write_one(f, 1, "", LOGRING_PREFIX); // its line was ended by the other's
        write_one(f, 0, "", 0);
        write_one(f, 0, " rest", 0);
        write_one(f, 0, "final", 0);
        write_one(f, 0, "last\n", 0);
        got = drain(&s, piece);
        expect(strcmp(got, want) == 0, "pieces of %zu: %s", piece, got);
    }
}

static void test_a_stalled_stdout(void **state)
{
    struct fixture *f = *state;
    struct logsink s;
    struct slice parts[16];
    unsigned long whole = 0;
    unsigned long lost = 0;
    char line[64];

    logsink_attach(&s, &f->ring, 0);
    for (unsigned i = 0; i < 10000; i++) {
        (void)snprintf(line, sizeof(line), "line %06u\n", i);
        write_one(f, 0, line, 0);
        if (i == 10) {
            assert_true(logsink_gather(&s, parts, COUNT_OF(parts)) > 0);
            logsink_advance(&s, 2 * 12 + 5); // stalled within the third line
        }
    }
    for (char *p = strtok(drain(&s, 7), "\n"); p != NULL; p = strtok(NULL, "\n")) {
        unsigned long n;

        if (sscanf(p, "porthole-init: lost=%lu", &n) == 1) {
            lost += n;
        } else {
            expect(strlen(p) == 11, "a line was cut: %s", p);
            whole++;
        }
    }
    assert_int_equal(whole + lost + 2, 10000);
    assert_int_equal(s.at.total, lost);
}

static void test_a_sink_that_makes_no_sense_begins_at_the_end(void **state)
{
    struct fixture *f = *state;
    struct logsink s;
    struct slice parts[16];

    write_one(f, 0, "line\n", 0);
    put_cell(f, LOGRING_AT_SINKS, 16);
    logsink_attach(&s, &f->ring, 0);
    assert_int_equal(logsink_gather(&s, parts, COUNT_OF(parts)), 0);
    write_one(f, 0, "more\n", 0);
    assert_string_equal(drain(&s, 100), "more\n");
}

#define ring_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ring_test(test_what_is_written_is_read),
        ring_test(test_round_and_round),
        ring_test(test_a_slow_reader_learns_what_it_lost),
        ring_test(test_a_killed_writer),
        ring_test(test_killed_between_head_and_number),
        ring_test(test_shorter_than_reserved),
        ring_test(test_what_is_no_ring),
        ring_test(test_memory_that_lies),
        ring_test(test_lines_on_stdout),
        ring_test(test_a_stalled_stdout),
        ring_test(test_a_sink_that_makes_no_sense_begins_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
