/* SPDX-License-Identifier: MIT */
/* The services of a launched container: what the plan says of them, for the loader. */
#include "glue/boot_services.h"

#include "core/options.h"
#include "glue/services.h"
#include "sys/fd.h"
#include "sys/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

bool boot_has_services(const struct plan *plan)
{
    return proto_has(&plan->fields, TAG_FOLDER) || proto_has(&plan->fields, TAG_UNIT);
}

/* The plan's words as strings, in `room`, which it moves on. */
static void take_words(const struct plan *plan, enum proto_tag tag, const char **list, char **room)
{
    struct slice cursor = plan->fields.body;
    struct slice value;
    size_t count = 0;

    while (count < OPTION_WORDS_MAX && proto_next(&cursor, tag, &value)) {
        list[count++] = *room;
        if (value.len > 0) {
            memcpy(*room, value.data, value.len);
        }
        (*room)[value.len] = 0;
        *room += value.len + 1;
    }
    list[count] = NULL;
}

int boot_services(struct init *in, const struct plan *plan, size_t size, int out)
{
    const char *folders[OPTION_WORDS_MAX + 1];
    const char *units[OPTION_WORDS_MAX + 1];
    struct slice main = plan->fields.text[TAG_MAIN];
    struct loader_request request = {
        .folders = folders,
        .units = units,
        .command = proto_has(&plan->fields, TAG_ARG),
        .strict = (plan->flags & PLAN_STRICT) != 0,
    };
    char *memory = mem_map(size);
    char *room = memory;
    int r;

    if (memory == NULL) {
        r = -errno;
        fd_close(&out);
        return r;
    }
    // What heads an element is longer than a string's zero: size is enough.
    take_words(plan, TAG_FOLDER, folders, &room);
    take_words(plan, TAG_UNIT, units, &room);
    if (main.len > 0 && slice_to_string(main, room, main.len + 1) == 0) {
        request.main = room;
    }
    r = services_start(in, &request, (enum exit_when)plan->fields.num[TAG_EXIT_WHEN], out);
    (void)munmap(memory, size);
    return r;
}
