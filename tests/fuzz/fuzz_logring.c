/* SPDX-License-Identifier: MIT */
/* Fuzzes core/logring.h and core/logsink.h: shared memory of any content, read, written on, and put on stdout. */
#include "core/logring.h"
#include "core/logsink.h"

#include "fuzz.h"

#include <errno.h>
#include <string.h>

#define SIZE LOGRING_SIZE_MIN
#define BYTES (LOGRING_HEADER + SIZE)
#define HEADER_BYTES (LOGRING_USED - LOGRING_AT_SIZE) /* of the input, first; the rest is records */

static uint8_t memory[BYTES] __attribute__((aligned(4096)));

static void read_all(void)
{
    static uint8_t buf[LOGRING_RECORD_MAX];
    struct logreader reader;
    struct logring_record rec;
    uint64_t lost;
    uint64_t before = 0;

    if (!logreader_open(&reader, memory, BYTES)) {
        return;
    }
    reader.pos = 0;
    for (int i = 0; i < 2 * SIZE / 8; i++) {
        int r = logreader_next(&reader, buf, &rec, &lost);
        struct slice whole = {buf, sizeof(buf)};

        must(r == 1 || r == 0 || r == -EBADMSG,
             "a reader reads, waits, or says that it makes no sense");
        if (r != 1) {
            return;
        }
        must(!rec.padding, "padding is not shown");
        must(lies_within(rec.name, whole) && lies_within(rec.text, whole),
             "a record lies within its copy");
        must(rec.text.len <= LOG_TEXT_MAX && rec.name.len <= LOGRING_NAME_MAX,
             "a record has limits");
        must(reader.pos > before, "a reader goes on");
        before = reader.pos;
    }
}

static void write_one(struct logring *r, uint8_t seed)
{
    static const uint8_t text[] = "some line\n";
    struct logring_record rec = {.service = seed % 3,
                                 .stream = LOG_STDOUT,
                                 .flags = seed & (LOGRING_PARTIAL | LOGRING_PREFIX),
                                 .lines = 1,
                                 .name = {text, seed % 5},
                                 .text = {text, seed % sizeof(text)}};
    uint8_t *to = logring_reserve(r, &rec);

    must(to > memory + LOGRING_HEADER && to + rec.text.len <= memory + BYTES,
         "text lies in the ring");
    if (rec.text.len > 0) {
        logring_intend(r, text[rec.text.len - 1]);
        memcpy(to, text, rec.text.len);
    }
    logring_commit(r, rec.text.len, 1);
    must(r->tail <= r->head && r->head - r->tail <= SIZE, "the ends are in order");
}

static void write_on(const uint8_t *data, size_t size)
{
    struct slice parts[16];
    struct logsink sink;
    struct logring r;
    struct slice whole = {memory, sizeof(memory)};
    size_t count;
    int turns = 0;

    if (!logring_attach(&r, memory, BYTES)) {
        return;
    }
    logsink_attach(&sink, &r, size);
    for (size_t i = 0; i < size && i < 512; i++) {
        write_one(&r, data[i]);
        if (data[i] % 16 == 0 && (count = logsink_gather(&sink, parts, 16)) > 0) {
            logsink_advance(&sink, data[i] / 16);
        }
    }
    // Whatever was there at first may be shown at most once, a byte a turn.
    while ((count = logsink_gather(&sink, parts, 16)) > 0) {
        uint64_t bytes = 0;

        must(count <= 16, "no more slices than there is room for");
        for (size_t i = 0; i < count; i++) {
            must(parts[i].len > 0, "no slice is empty");
            must(parts[i].len <= BYTES, "no slice is longer than the ring");
            bytes += parts[i].len;
            if (parts[i].data >= memory && parts[i].data < memory + BYTES) {
                must(lies_within(parts[i], whole), "a slice lies within the ring");
            }
        }
        logsink_advance(&sink, bytes);
        must(++turns < 100000, "the sink comes to an end");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t header = size < HEADER_BYTES ? size : HEADER_BYTES;
    size_t rest = size - header < SIZE ? size - header : SIZE;

    memset(memory, 0, sizeof(memory));
    logring_format(memory, SIZE);
    memcpy(memory + LOGRING_AT_HEAD, data, header < HEADER_BYTES - 8 ? header : HEADER_BYTES - 8);
    memcpy(memory + LOGRING_HEADER, data + header, rest);
    read_all();
    write_on(data, size);
    read_all();
    return 0;
}
