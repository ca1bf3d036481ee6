/* SPDX-License-Identifier: MIT */
/* What of the log ring goes to PID 1's stdout. */
#include "core/logsink.h"

#define BROKEN UINT64_MAX /* an open line that nobody goes on with */
#define UNIT_PARTS 5

struct unit {
    struct slice part[UNIT_PARTS];
    size_t count;
    uint64_t bytes;
    struct logsink_state after;
};

static const struct slice newline = {(const uint8_t *)"\n", 1};

static void add(struct unit *u, struct slice s)
{
    if (s.len > 0) {
        u->part[u->count++] = s;
        u->bytes += s.len;
    }
}

static uint64_t owner(const struct logring_record *rec)
{
    return ((uint64_t)rec->service << 8 | rec->stream) + 1;
}

static struct slice make_mark(char mark[LOGSINK_MARK], uint64_t lost)
{
    static const char text[] = "porthole-init: lost=";
    size_t at = LOGSINK_MARK;

    mark[--at] = '\n';
    do {
        mark[--at] = (char)('0' + lost % 10);
        lost /= 10;
    } while (lost > 0);
    at -= sizeof(text) - 1;
    memcpy(mark + at, text, sizeof(text) - 1);
    return (struct slice){(const uint8_t *)mark + at, LOGSINK_MARK - at};
}

/* Past padding, and past what the ring no longer holds. False where there is no record. */
static bool settle(const struct logring *ring, struct logsink_state *s, struct logring_record *ret)
{
    bool overtaken = s->pos < ring->tail;
    uint64_t lost;

    s->pos = overtaken ? ring->tail : s->pos;
    while (logring_at(ring, s->pos, ret) && ret->padding) {
        s->pos += ret->length;
    }
    if (s->pos >= ring->head || !logring_at(ring, s->pos, ret)) {
        return false;
    }
    if (!overtaken) {
        return true;
    }
    lost = ret->sequence > s->sequence ? ret->sequence - s->sequence : 0;
    s->total += lost;
    s->offset = 0;
    s->sequence = ret->sequence;
    if (s->lost > 0 && s->done > 0) { // half a mark is written: it is finished as it was begun
        s->more += lost;
        return true;
    }
    s->open = s->done > 0 && s->lost == 0 ? BROKEN : s->open;
    s->done = 0;
    s->lost += lost;
    return true;
}

static void mark_unit(struct unit *u, char mark[LOGSINK_MARK])
{
    struct logsink_state *s = &u->after;

    if (s->open != 0) {
        add(u, newline);
    }
    add(u, make_mark(mark, s->lost));
    s->lost = s->more;
    s->more = 0;
    s->open = 0;
    s->done = 0;
}

static void line_unit(struct unit *u, const struct logring_record *rec)
{
    static const struct slice colon = {(const uint8_t *)": ", 2};
    struct logsink_state *s = &u->after;
    uint64_t left = rec->text.len > s->offset ? rec->text.len - s->offset : 0;
    const uint8_t *from = rec->text.data + s->offset;
    const uint8_t *end = left > 0 ? memchr(from, '\n', left) : NULL;
    bool goes_on = s->open == owner(rec);

    if (rec->text.len == 0 &&
        !goes_on) { // the end of a line that somebody else's has ended already
        s->pos += rec->length;
        return;
    }
    if (s->open != 0 && !goes_on) {
        add(u, newline);
    }
    if (!goes_on && (rec->flags & LOGRING_PREFIX) != 0 && left > 0) {
        add(u, rec->name);
        add(u, colon);
    }
    left = end != NULL ? (uint64_t)(end - from) + 1 : left;
    add(u, (struct slice){from, left});
    s->open = 0;
    if (end == NULL && (rec->flags & LOGRING_PARTIAL) != 0) {
        s->open = owner(rec);
    } else if (end == NULL) {
        add(u, newline);
    }
    s->done = 0;
    s->offset += left;
    s->sequence++;
    if (s->offset >= rec->text.len) {
        s->pos += rec->length;
        s->offset = 0;
        s->sequence = rec->sequence + rec->lines;
    }
}

/* The unit at s, which is settled in passing. False: there is none. */
static bool next_unit(struct logsink *sink, struct logsink_state *s, struct unit *u)
{
    struct logring_record rec;
    bool there = settle(sink->ring, s, &rec);

    *u = (struct unit){.after = *s};
    if (s->lost > 0) {
        mark_unit(u, sink->mark);
        return true;
    }
    if (there) {
        line_unit(u, &rec);
    }
    return there;
}

static void load(const uint8_t *p, struct logsink_state *s)
{
    *s = (struct logsink_state){wire_load_u64(p),      wire_load_u64(p + 8),  wire_load_u64(p + 16),
                                wire_load_u64(p + 24), wire_load_u64(p + 32), wire_load_u64(p + 40),
                                wire_load_u64(p + 48), wire_load_u64(p + 56)};
}

/* Into the state that does not hold, which then does: a worker killed in between leaves the one before. */
static void save(const struct logsink *sink)
{
    uint8_t *base = sink->ring->base;
    uint64_t which = base[LOGRING_AT_SINK] == 0;
    struct wire_writer w;

    wire_writer_init(&w, base + LOGRING_AT_SINKS + which * LOGRING_SINK, LOGRING_SINK);
    wire_put_u64(&w, sink->at.pos);
    wire_put_u64(&w, sink->at.offset);
    wire_put_u64(&w, sink->at.done);
    wire_put_u64(&w, sink->at.sequence);
    wire_put_u64(&w, sink->at.lost);
    wire_put_u64(&w, sink->at.more);
    wire_put_u64(&w, sink->at.open);
    wire_put_u64(&w, sink->at.total);
    __atomic_store_n(base + LOGRING_AT_SINK, (uint8_t)which, __ATOMIC_RELEASE);
    __atomic_store_n(base + LOGRING_AT_STAGING, 0, __ATOMIC_RELEASE);
}

void logsink_intend(const struct logsink *s, uint64_t place, uint64_t bytes)
{
    uint8_t *base = s->ring->base;
    struct wire_writer w;

    wire_writer_init(&w, base + LOGRING_AT_PLACE, 16);
    wire_put_u64(&w, place);
    wire_put_u64(&w, bytes);
    __atomic_store_n(base + LOGRING_AT_STAGING, (uint8_t)(1 + (base[LOGRING_AT_SINK] != 0)),
                     __ATOMIC_RELEASE);
}

bool logsink_intended(const struct logring *ring, uint64_t *ret_place, uint64_t *ret_bytes)
{
    const uint8_t *base = ring->base;

    *ret_place = wire_load_u64(base + LOGRING_AT_PLACE);
    *ret_bytes = wire_load_u64(base + LOGRING_AT_BYTES);
    return base[LOGRING_AT_STAGING] == 1 + (base[LOGRING_AT_SINK] != 0);
}

uint64_t logsink_left(const struct logsink *s)
{
    uint64_t behind = s->ring->sequence > s->at.sequence ? s->ring->sequence - s->at.sequence : 0;

    return behind + s->at.lost + s->at.more;
}

void logsink_note_left(const struct logsink *s, uint64_t lines)
{
    struct wire_writer w;

    wire_writer_init(&w, s->ring->base + LOGRING_AT_LEFT, 8);
    wire_put_u64(&w, lines);
}

void logsink_attach(struct logsink *s, struct logring *ring, uint64_t written)
{
    uint64_t which = ring->base[LOGRING_AT_SINK] != 0;
    struct logring_record rec;
    uint64_t pos = ring->tail;

    s->ring = ring;
    load(ring->base + LOGRING_AT_SINKS + which * LOGRING_SINK, &s->at);
    while (pos < s->at.pos && logring_at(ring, pos, &rec)) { // it must be where a record begins
        pos += rec.length;
    }
    if (s->at.pos > ring->head || (s->at.pos >= ring->tail && pos != s->at.pos)) {
        s->at = (struct logsink_state){.pos = ring->head, .sequence = ring->sequence};
        save(s);
    } else if (ring->base[LOGRING_AT_STAGING] == 1 + which && written > 0) {
        logsink_advance(s, written);
    }
    // An intent stays until a state is stored: who is killed right here leaves it to the next.
}

static void append(struct slice *parts, size_t *count, struct slice s)
{
    struct slice *last = &parts[*count - (*count > 0)];

    if (*count > 0 &&
        last->data + last->len == s.data) { // lines of one record, one behind the other
        last->len += s.len;
    } else {
        parts[(*count)++] = s;
    }
}

size_t logsink_gather(struct logsink *s, struct slice *parts, size_t most)
{
    struct logsink_state at = s->at;
    size_t count = 0;
    struct unit u;

    while (count + UNIT_PARTS < most && next_unit(s, &at, &u)) {
        uint64_t skip = at.done;
        bool mark = at.lost > 0;

        for (size_t i = 0; i < u.count; i++) {
            uint64_t cut = skip < u.part[i].len ? skip : u.part[i].len;

            skip -= cut;
            if (cut < u.part[i].len) {
                append(parts, &count, (struct slice){u.part[i].data + cut, u.part[i].len - cut});
            }
        }
        at = u.after;
        if (mark) {
            break; // there is room for one mark
        }
    }
    return count;
}

void logsink_advance(struct logsink *s, uint64_t written)
{
    struct unit u;

    while (next_unit(s, &s->at, &u)) {
        uint64_t left = u.bytes > s->at.done ? u.bytes - s->at.done : 0;

        if (written < left) {
            s->at.done += written;
            break;
        }
        written -= left;
        s->at = u.after;
        if (written == 0) {
            break;
        }
    }
    save(s);
}
