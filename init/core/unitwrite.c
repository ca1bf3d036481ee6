/* SPDX-License-Identifier: MIT */
/* Writing the unit image. */
#include "core/unitlayout.h"

#include <errno.h>

static void store_u32(uint8_t *p, uint32_t v)
{
    v = htole32(v);
    memcpy(p, &v, sizeof(v));
}

static void store_u64(uint8_t *p, uint64_t v)
{
    v = htole64(v);
    memcpy(p, &v, sizeof(v));
}

static size_t source_size(const struct service_conf *c)
{
    // Each index of requires and after is there twice: on the other side as required_by and before.
    return UNITIMAGE_RECORD + 2 * (c->requires.len + c->after.len) + c->wants.len + c->exec.len +
           strlen(c->name) + 1 + strlen(c->description) + 1;
}

size_t unitimage_size(const struct unitimage_source *sources, uint32_t count)
{
    size_t size = UNITIMAGE_HEADER;

    if (count > UNITIMAGE_SERVICES_MAX) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct service_conf *c = &sources[i].conf;

        if (c->requires.len > UNITIMAGE_MAX || c->after.len > UNITIMAGE_MAX ||
            c->wants.len > UNITIMAGE_MAX || c->exec.len > UNITIMAGE_MAX) {
            return 0;
        }
        size += source_size(c);
        if (size > UNITIMAGE_MAX) {
            return 0;
        }
    }
    return size;
}

static uint8_t *record_at(uint8_t *image, uint32_t index)
{
    return image + UNITIMAGE_HEADER + (size_t)index * UNITIMAGE_RECORD;
}

static uint8_t *list_at(uint8_t *record, enum unitlayout_list list)
{
    return record + AT_LISTS + 8 * (size_t)list;
}

static void count_up(uint8_t *list)
{
    store_u32(list + 4, wire_load_u32(list + 4) + 1);
}

/* Counts the other sides in the records, whose lists begin nowhere yet. */
static int count_sides(const struct unitimage_source *sources, uint32_t count, uint8_t *buf)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct service_conf *c = &sources[i].conf;

        if (!unitlayout_indexes_ok(c->requires, count) || !unitlayout_indexes_ok(c->wants, count) ||
            !unitlayout_indexes_ok(c->after, count)) {
            return -EINVAL;
        }
        for (uint32_t n = 0; n < service_dep_count(c->after); n++) {
            count_up(list_at(record_at(buf, service_dep(c->after, n)), LIST_BEFORE));
        }
        for (uint32_t n = 0; n < service_dep_count(c->requires); n++) {
            count_up(list_at(record_at(buf, service_dep(c->requires, n)), LIST_REQUIRED_BY));
        }
    }
    return 0;
}

/* Appends a slice at *at, and says in the eight bytes at `where` what lies there. */
static void put_slice(uint8_t *buf, size_t *at, uint8_t *where, struct slice s, size_t unit)
{
    store_u32(where, (uint32_t)*at);
    store_u32(where + 4, (uint32_t)(s.len / unit));
    if (s.len > 0) {
        memcpy(buf + *at, s.data, s.len);
    }
    *at += s.len;
}

/* Leaves room for as many indexes as were counted, and begins to count them anew. */
static void reserve(size_t *at, uint8_t *list)
{
    uint32_t n = wire_load_u32(list + 4);

    store_u32(list, (uint32_t)*at);
    store_u32(list + 4, 0);
    *at += (size_t)4 * n;
}

static void append_index(uint8_t *buf, uint8_t *list, uint32_t index)
{
    size_t at = wire_load_u32(list) + (size_t)4 * wire_load_u32(list + 4);

    store_u32(buf + at, index);
    count_up(list);
}

static void fill_sides(const struct unitimage_source *sources, uint32_t count, uint8_t *buf)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct service_conf *c = &sources[i].conf;

        for (uint32_t n = 0; n < service_dep_count(c->after); n++) {
            append_index(buf, list_at(record_at(buf, service_dep(c->after, n)), LIST_BEFORE), i);
        }
        for (uint32_t n = 0; n < service_dep_count(c->requires); n++) {
            append_index(buf,
                         list_at(record_at(buf, service_dep(c->requires, n)), LIST_REQUIRED_BY), i);
        }
    }
}

static void put_commands(uint8_t *record, struct slice exec)
{
    uint16_t counts[SERVICE_RUN_COUNT] = {0};
    struct wire_tlv tlv;

    while (wire_next_tlv(&exec, &tlv) > 0) {
        if (tlv.tag == EXEC_COMMAND && tlv.value.len > 0 && tlv.value.data[0] < SERVICE_RUN_COUNT) {
            counts[tlv.value.data[0]]++;
        }
    }
    for (size_t i = 0; i < SERVICE_RUN_COUNT; i++) {
        counts[i] = htole16(counts[i]);
    }
    memcpy(record + AT_COMMANDS, counts, sizeof(counts));
}

static void put_numbers(uint8_t *record, const struct service_conf *c)
{
    store_u32(record + AT_FLAGS, c->flags);
    record[AT_TYPE] = c->type;
    record[AT_RESTART] = c->restart;
    record[AT_KILL_MODE] = c->kill_mode;
    record[AT_KILL_SIGNAL] = c->kill_signal;
    store_u32(record + AT_BURST, c->limit_burst);
    store_u64(record + AT_RESTART_MS, (uint64_t)c->restart_ms);
    store_u64(record + AT_TIMEOUT_START, (uint64_t)c->timeout_start);
    store_u64(record + AT_TIMEOUT_STOP, (uint64_t)c->timeout_stop);
    store_u64(record + AT_INTERVAL, (uint64_t)c->limit_interval);
    store_u64(record + AT_OK_SIGNALS, c->ok_signals);
    if (c->codes != NULL) {
        memcpy(record + AT_CODES, c->codes, SERVICE_OK_BYTES);
    }
    put_commands(record, c->exec);
}

static void put_string(uint8_t *buf, size_t *at, uint8_t *where, const char *s)
{
    size_t len = strlen(s) + 1;

    store_u32(where, (uint32_t)*at);
    memcpy(buf + *at, s, len);
    *at += len;
}

int unitimage_write(const struct unitimage_source *sources, uint32_t count, uint8_t *buf,
                    size_t size)
{
    size_t at = UNITIMAGE_HEADER + (size_t)count * UNITIMAGE_RECORD;
    struct unitimage image;

    if (size == 0 || size != unitimage_size(sources, count)) {
        return -EINVAL;
    }
    memset(buf, 0, at);
    memcpy(buf, UNITLAYOUT_MAGIC, UNITLAYOUT_MAGIC_BYTES);
    store_u32(buf + AT_SIZE, (uint32_t)size);
    store_u32(buf + AT_COUNT, count);
    if (count_sides(sources, count, buf) < 0) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct service_conf *c = &sources[i].conf;
        uint8_t *record = record_at(buf, i);

        put_numbers(record, c);
        put_slice(buf, &at, list_at(record, LIST_REQUIRES), c->requires, 4);
        put_slice(buf, &at, list_at(record, LIST_WANTS), c->wants, 4);
        put_slice(buf, &at, list_at(record, LIST_AFTER), c->after, 4);
        reserve(&at, list_at(record, LIST_BEFORE));
        reserve(&at, list_at(record, LIST_REQUIRED_BY));
        put_slice(buf, &at, record + AT_EXEC, c->exec, 1);
    }
    fill_sides(sources, count, buf);
    for (uint32_t i = 0; i < count; i++) {
        put_string(buf, &at, record_at(buf, i) + AT_NAME, sources[i].conf.name);
        put_string(buf, &at, record_at(buf, i) + AT_DESCRIPTION, sources[i].conf.description);
    }
    return unitimage_open((struct slice){buf, size}, &image) < 0 ? -EINVAL : 0;
}
