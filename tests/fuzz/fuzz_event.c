/* SPDX-License-Identifier: MIT */
/* Fuzzes core/event.h: any bytes as a record, and what was decoded written again. */
#include "core/event.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t buf[EVENT_BYTES] = {0};
    uint8_t again[EVENT_BYTES];
    struct event e;
    struct event f;

    memcpy(buf, data, size < sizeof(buf) ? size : sizeof(buf));
    if (!event_decode(buf, &e)) {
        return 0;
    }
    must(lies_within(e.name, (struct slice){buf, sizeof(buf)}), "the name lies within the record");
    must(e.name.len <= EVENT_NAME_MAX, "the name is no longer than its place");
    event_encode(&e, again);
    must(event_decode(again, &f), "it decodes again");
    must(f.number == e.number && f.time == e.time && f.kind == e.kind && f.state == e.state &&
             f.result == e.result && f.pid == e.pid && f.value == e.value,
         "the numbers come back");
    must(f.name.len == e.name.len &&
             (e.name.len == 0 || memcmp(f.name.data, e.name.data, e.name.len) == 0),
         "the name comes back");
    return 0;
}
