/* SPDX-License-Identifier: MIT */
/* The log ring: layout, the writer, and readers that take no lock. */
#include "core/logring.h"

#include <errno.h>

#define TRIES 64 /* records overtaken by the writer in one call before the reader comes again */

static uint64_t load(const uint8_t *base, unsigned cell)
{
    // NOLINTNEXTLINE(clang-diagnostic-cast-align): a mapping, and cells are multiples of 8
    return le64toh(
        __atomic_load_n((const uint64_t *)(const void *)(base + cell), __ATOMIC_ACQUIRE));
}

static void store(uint8_t *base, unsigned cell, uint64_t value)
{
    __atomic_store_n((uint64_t *)(void *)(base + cell), htole64(value), __ATOMIC_RELEASE);
}

static void put_u32(uint8_t *p, uint32_t v)
{
    v = htole32(v);
    memcpy(p, &v, sizeof(v));
}

static void put_u64(uint8_t *p, uint64_t v)
{
    v = htole64(v);
    memcpy(p, &v, sizeof(v));
}

static uint64_t padded(uint64_t n)
{
    return (n + 7) & ~UINT64_C(7);
}

static bool size_ok(uint64_t size, uint64_t bytes)
{
    return size >= LOGRING_SIZE_MIN && size % 4096 == 0 && size <= INT64_MAX &&
           bytes == logring_bytes(size);
}

static bool ends_ok(uint64_t tail, uint64_t head, uint64_t size)
{
    return tail <= head && head - tail <= size && tail % 8 == 0 && head % 8 == 0;
}

void logring_format(uint8_t header[LOGRING_USED], uint64_t size)
{
    memset(header, 0, LOGRING_USED);
    memcpy(header, LOGRING_MAGIC, 16);
    put_u64(header + LOGRING_AT_SIZE, size);
}

bool logring_parse(struct slice s, struct logring_record *ret)
{
    const uint8_t *p = s.data;
    uint32_t text;

    if (s.len < 8) {
        return false;
    }
    *ret = (struct logring_record){.length = wire_load_u32(p)};
    text = wire_load_u32(p + 4);
    ret->padding = text == LOGRING_PADDING;
    if (ret->length < 8 || ret->length % 8 != 0 || ret->length > s.len) {
        return false;
    }
    if (ret->padding) {
        return true;
    }
    if (ret->length < LOGRING_RECORD || text > LOG_TEXT_MAX ||
        (uint64_t)LOGRING_RECORD + p[30] + text > ret->length || ret->length > LOGRING_RECORD_MAX) {
        return false;
    }
    ret->sequence = wire_load_u64(p + 8);
    ret->time = (msec_t)(wire_load_u64(p + 16) & INT64_MAX);
    ret->service = wire_load_u32(p + 24);
    ret->lines = wire_load_u16(p + 28);
    ret->stream = p[31] & LOGRING_STREAM;
    ret->flags = p[31] & ~LOGRING_STREAM;
    ret->name = (struct slice){p + LOGRING_RECORD, p[30]};
    ret->text = (struct slice){p + LOGRING_RECORD + p[30], text};
    return true;
}

static uint8_t *place(const struct logring *r, uint64_t pos)
{
    return r->base + LOGRING_HEADER + pos % r->size;
}

static bool parse_at(const struct logring *r, uint64_t pos, struct logring_record *ret)
{
    return logring_parse((struct slice){place(r, pos), r->size - pos % r->size}, ret);
}

bool logring_at(const struct logring *r, uint64_t pos, struct logring_record *ret)
{
    return pos >= r->tail && pos < r->head && parse_at(r, pos, ret) && ret->length <= r->head - pos;
}

/* The killed writer's record: its text came in one step or not at all, and only then is its last byte there. */
static void recover(struct logring *r)
{
    uint64_t intent = load(r->base, LOGRING_AT_INTENT);
    uint64_t pos = intent - 1;
    struct logring_record rec;

    if (intent == 0 || pos % 8 != 0 || pos > r->head || r->head - pos > r->size ||
        !parse_at(r, pos, &rec) || rec.padding || rec.text.len == 0) {
        store(r->base, LOGRING_AT_INTENT, 0);
        return;
    }
    if (pos == r->head) {
        bool came =
            rec.text.data[rec.text.len - 1] == (uint8_t)load(r->base, LOGRING_AT_INTENT_LAST) &&
            ends_ok(r->tail, pos + rec.length, r->size);

        r->head += came ? rec.length : 0;
        r->sequence = rec.sequence + (came ? rec.lines : 0);
        store(r->base, LOGRING_AT_HEAD, r->head);
    } else {
        r->sequence = rec.sequence + rec.lines; // killed behind the head, before the number
    }
    store(r->base, LOGRING_AT_SEQUENCE, r->sequence);
    store(r->base, LOGRING_AT_INTENT, 0);
}

bool logring_attach(struct logring *r, void *base, uint64_t bytes)
{
    *r = (struct logring){.base = base};
    if (bytes < LOGRING_HEADER || memcmp(base, LOGRING_MAGIC, 16) != 0) {
        return false;
    }
    r->size = load(r->base, LOGRING_AT_SIZE);
    if (!size_ok(r->size, bytes)) {
        return false;
    }
    r->head = load(r->base, LOGRING_AT_HEAD);
    r->tail = load(r->base, LOGRING_AT_TAIL);
    r->sequence = load(r->base, LOGRING_AT_SEQUENCE);
    if (!ends_ok(r->tail, r->head, r->size)) {
        logring_format(r->base, r->size);
        r->head = r->tail = r->sequence = 0;
    }
    recover(r);
    return true;
}

/* The tail moves before anything behind it is overwritten: see the fence, and the reader's. */
static void make_room(struct logring *r, uint64_t need)
{
    uint64_t tail = r->tail;

    while (r->head + need - tail > r->size) {
        struct logring_record rec;

        r->tail = tail;
        tail = logring_at(r, tail, &rec) ? tail + rec.length : r->head;
    }
    r->tail = tail;
    store(r->base, LOGRING_AT_TAIL, tail);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void pad_to_end(struct logring *r, uint64_t rest)
{
    make_room(r, rest);
    put_u32(place(r, r->head), (uint32_t)rest);
    put_u32(place(r, r->head) + 4, LOGRING_PADDING);
    r->head += rest;
    store(r->base, LOGRING_AT_HEAD, r->head);
}

uint8_t *logring_reserve(struct logring *r, const struct logring_record *record)
{
    uint64_t rest = r->size - r->head % r->size;
    size_t name = record->name.len < LOGRING_NAME_MAX ? record->name.len : LOGRING_NAME_MAX;
    uint64_t need = padded(LOGRING_RECORD + name + record->text.len);
    uint16_t lines = htole16((uint16_t)record->lines);
    uint8_t *p;

    if (need > rest) {
        pad_to_end(r, rest);
    }
    make_room(r, need);
    p = place(r, r->head);
    put_u32(p, (uint32_t)need);
    put_u32(p + 4, (uint32_t)record->text.len);
    put_u64(p + 8, r->sequence);
    put_u64(p + 16, (uint64_t)record->time);
    put_u32(p + 24, record->service);
    memcpy(p + 28, &lines, sizeof(lines));
    p[30] = (uint8_t)name;
    p[31] = (uint8_t)(record->stream | record->flags);
    memcpy(p + LOGRING_RECORD, record->name.data, name);
    r->open = need;
    return p + LOGRING_RECORD + name;
}

void logring_intend(struct logring *r, uint8_t last)
{
    uint8_t *p = place(r, r->head);
    uint8_t *text = p + LOGRING_RECORD + p[30];
    uint32_t len = wire_load_u32(p + 4);

    // A page that is missing when the text comes could end the copy half-way where we are killed then.
    for (uint32_t i = 0; i < len; i += 4096) {
        *(volatile uint8_t *)(text + i) = 0;
    }
    *(volatile uint8_t *)(text + len - 1) = (uint8_t)~last;
    store(r->base, LOGRING_AT_INTENT_LAST, last);
    store(r->base, LOGRING_AT_INTENT, r->head + 1);
}

void logring_commit(struct logring *r, uint64_t text, uint32_t lines)
{
    uint8_t *p = place(r, r->head);
    uint64_t need = padded(LOGRING_RECORD + p[30] + text);
    uint16_t count = htole16((uint16_t)lines);

    if (need < r->open) {
        put_u32(p, (uint32_t)need);
    }
    put_u32(p + 4, (uint32_t)text);
    memcpy(p + 28, &count, sizeof(count));
    r->head += need;
    r->sequence += lines;
    r->open = 0;
    store(r->base, LOGRING_AT_HEAD, r->head);
    store(r->base, LOGRING_AT_SEQUENCE, r->sequence);
    store(r->base, LOGRING_AT_INTENT, 0);
}

void logring_forget(struct logring *r)
{
    r->open = 0;
    store(r->base, LOGRING_AT_INTENT, 0);
}

bool logreader_open(struct logreader *reader, const void *base, uint64_t bytes)
{
    *reader = (struct logreader){.base = base};
    if (bytes < LOGRING_HEADER || memcmp(base, LOGRING_MAGIC, 16) != 0) {
        return false;
    }
    reader->size = load(reader->base, LOGRING_AT_SIZE);
    if (!size_ok(reader->size, bytes)) {
        return false;
    }
    reader->pos = load(reader->base, LOGRING_AT_TAIL);
    return true;
}

uint64_t logreader_head(const struct logreader *reader)
{
    return load(reader->base, LOGRING_AT_HEAD);
}

/*
 * Copies the record at reader->pos while the writer may be overwriting it: nothing of the copy may be believed
 * before the tail was looked at again. 1: copied; 0: overtaken; -EBADMSG.
 */
static int copy(const struct logreader *reader, uint64_t head, uint8_t *buf,
                struct logring_record *ret)
{
    const uint8_t *from = reader->base + LOGRING_HEADER + reader->pos % reader->size;
    uint64_t left = reader->size - reader->pos % reader->size;
    uint64_t len;
    bool good;

    left = left < head - reader->pos ? left : head - reader->pos;
    len = wire_load_u32(from);
    len = len < left ? len : left;
    len = len < LOGRING_RECORD_MAX ? len : LOGRING_RECORD_MAX;
    memcpy(buf, from, len < 8 ? 8 : len); // left is a multiple of 8, and not 0
    if (wire_load_u32(buf + 4) == LOGRING_PADDING) {
        *ret = (struct logring_record){.length = wire_load_u32(buf), .padding = true};
        good = ret->length >= 8 && ret->length % 8 == 0 && ret->length <= left;
    } else {
        good = logring_parse((struct slice){buf, len}, ret);
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (load(reader->base, LOGRING_AT_TAIL) > reader->pos) {
        return 0;
    }
    return good ? 1 : -EBADMSG;
}

int logreader_next(struct logreader *reader, uint8_t *buf, struct logring_record *ret,
                   uint64_t *ret_lost)
{
    for (int i = 0; i < TRIES; i++) {
        uint64_t tail = load(reader->base, LOGRING_AT_TAIL);
        uint64_t head = load(reader->base, LOGRING_AT_HEAD);
        int r;

        if (tail > head) { // the head is older than the tail by a lap, or it makes no sense
            head = load(reader->base, LOGRING_AT_HEAD);
        }
        if (tail % 8 != 0 || head % 8 != 0 || tail > head) {
            return -EBADMSG;
        }
        reader->pos = reader->pos < tail ? tail : reader->pos;
        if (reader->pos >= head) {
            return 0;
        }
        r = copy(reader, head, buf, ret);
        if (r < 0) {
            return r;
        }
        if (r == 0) {
            continue;
        }
        reader->pos += ret->length;
        if (ret->padding) {
            continue;
        }
        *ret_lost = reader->began && ret->sequence > reader->sequence
                        ? ret->sequence - reader->sequence
                        : 0;
        reader->began = true;
        reader->sequence = ret->sequence + ret->lines;
        return 1;
    }
    return 0;
}
