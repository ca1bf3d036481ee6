/* SPDX-License-Identifier: MIT */
/* Units made by hand, and their image: for tests and fuzzers of what works on services. */
#ifndef UNIT_UNITS_H
#define UNIT_UNITS_H

#include "core/unitimage.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define UNITS_EXEC_MAX 512   /* bytes of commands a unit */
#define UNITS_START_MS 1000  /* TimeoutStartSec= of a unit made here */
#define UNITS_STOP_MS 2000   /* TimeoutStopSec= */
#define UNITS_RESTART_MS 100 /* RestartSec= */

struct units_list {
    uint8_t *data; // on the heap
    uint32_t count;
    uint32_t cap;
};

struct units_one {
    char name[16];
    uint8_t exec[UNITS_EXEC_MAX];
    uint8_t codes[SERVICE_OK_BYTES];
    struct units_list requires;
    struct units_list wants;
    struct units_list after;
};

struct units {
    uint32_t count;
    struct units_one *one;           // on the heap
    struct unitimage_source *source; // on the heap; its conf may be written to before units_image()
    uint8_t *bytes;                  // on the heap: the image
    struct unitimage image;
};

static inline void *units_need(void *memory)
{
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static inline void units_append(struct units_list *list, uint32_t index)
{
    uint32_t value = htole32(index);

    if (list->count == list->cap) {
        list->cap = list->cap * 2 + 4;
        list->data = units_need(realloc(list->data, (size_t)4 * list->cap));
    }
    memcpy(list->data + (size_t)4 * list->count, &value, sizeof(value));
    list->count++;
}

static inline struct service_conf *units_conf(struct units *u, uint32_t index)
{
    return &u->source[index].conf;
}

/* One more command of a kind, with these enum run_bit. */
static inline void units_command(struct units *u, uint32_t index, enum service_run kind,
                                 unsigned bits)
{
    struct service_conf *conf = units_conf(u, index);
    uint8_t value[] = {(uint8_t)kind, (uint8_t)bits, '/', 'x', 0};
    struct wire_writer w;

    wire_writer_init(&w, u->one[index].exec + conf->exec.len, UNITS_EXEC_MAX - conf->exec.len);
    wire_tlv_bytes(&w, EXEC_COMMAND, value, sizeof(value));
    if (w.overflow) {
        abort();
    }
    conf->exec = (struct slice){u->one[index].exec, conf->exec.len + w.len};
    conf->commands[kind]++;
}

/* Plain services: Type=simple, no commands yet, nothing between them. */
static inline void units_init(struct units *u, uint32_t count)
{
    *u = (struct units){.count = count};
    u->one = units_need(calloc(count, sizeof(*u->one)));
    u->source = units_need(calloc(count, sizeof(*u->source)));
    for (uint32_t i = 0; i < count; i++) {
        (void)snprintf(u->one[i].name, sizeof(u->one[i].name), "s%u", i);
        *units_conf(u, i) = (struct service_conf){
            .name = u->one[i].name,
            .description = "",
            .flags = SERVICE_SEND_SIGKILL,
            .type = TYPE_SIMPLE,
            .restart = RESTART_NO,
            .kill_mode = KILL_CONTROL_GROUP,
            .kill_signal = SIGTERM,
            .restart_ms = UNITS_RESTART_MS,
            .timeout_start = UNITS_START_MS,
            .timeout_stop = UNITS_STOP_MS,
            .codes = u->one[i].codes,
        };
    }
}

/* And each with an ExecStart=. */
static inline void units_init_simple(struct units *u, uint32_t count)
{
    units_init(u, count);
    for (uint32_t i = 0; i < count; i++) {
        units_command(u, i, RUN_START, 0);
    }
}

static inline void units_requires(struct units *u, uint32_t index, uint32_t other)
{
    units_append(&u->one[index].requires, other);
}

static inline void units_wants(struct units *u, uint32_t index, uint32_t other)
{
    units_append(&u->one[index].wants, other);
}

static inline void units_after(struct units *u, uint32_t index, uint32_t other)
{
    units_append(&u->one[index].after, other);
}

/* Requires= and After=, as most units have them. */
static inline void units_needs(struct units *u, uint32_t index, uint32_t other)
{
    units_requires(u, index, other);
    units_after(u, index, other);
}

static inline struct slice units_slice(const struct units_list *list)
{
    return (struct slice){list->data, (size_t)4 * list->count};
}

/* The image of all of them; once. */
static inline const struct unitimage *units_image(struct units *u)
{
    size_t size;

    for (uint32_t i = 0; i < u->count; i++) {
        struct service_conf *conf = units_conf(u, i);

        conf->requires = units_slice(&u->one[i].requires);
        conf->wants = units_slice(&u->one[i].wants);
        conf->after = units_slice(&u->one[i].after);
    }
    size = unitimage_size(u->source, u->count);
    u->bytes = units_need(calloc(1, size));
    if (unitimage_write(u->source, u->count, u->bytes, size) != 0 ||
        unitimage_open((struct slice){u->bytes, size}, &u->image) != 0) {
        abort();
    }
    return &u->image;
}

static inline void units_finish(struct units *u)
{
    for (uint32_t i = 0; i < u->count; i++) {
        free(u->one[i].requires.data);
        free(u->one[i].wants.data);
        free(u->one[i].after.data);
    }
    free(u->one);
    free(u->source);
    free(u->bytes);
}

#endif
