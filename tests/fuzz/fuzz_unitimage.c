/* SPDX-License-Identifier: MIT */
/* Fuzzes core/unitimage.h: any bytes as an image; and what opens, read whole and written again. */
#include "core/unitimage.h"

#include "fuzz.h"

#include <errno.h>
#include <string.h>

#define SERVICES_READ 64 /* of an image; more are like them */

static void check_string(const char *string, struct slice image)
{
    const uint8_t *start = (const uint8_t *)string;

    must(start >= image.data && start < image.data + image.len, "a string begins within the image");
    must(memchr(start, 0, (size_t)(image.data + image.len - start)) != NULL,
         "a string ends within the image");
}

static void check_list(struct slice list, struct slice image, uint32_t count)
{
    must(lies_within(list, image) && list.len % 4 == 0, "a list lies within the image");
    for (uint32_t i = 0; i < service_dep_count(list); i++) {
        must(service_dep(list, i) < count, "an index is one of a service");
    }
}

static void check_commands(const struct service_conf *c, struct slice image)
{
    struct slice words;
    unsigned bits;

    for (unsigned run = 0; run < SERVICE_RUN_COUNT; run++) {
        uint32_t count = c->commands[run] < 8 ? c->commands[run] : 8;

        for (uint32_t n = 0; n < count; n++) {
            must(unitimage_command(c, run, n, &bits, &words), "a counted command is there");
            must(lies_within(words, image) && words.len >= 2, "its words lie within the image");
            must(words.data[0] != 0 && words.data[words.len - 1] == 0, "it has a program");
        }
        must(!unitimage_command(c, run, c->commands[run], &bits, &words), "and there are no more");
    }
}

static void check_service(const struct unitimage *image, uint32_t index, struct slice all)
{
    struct service_conf c;

    unitimage_get(image, index, &c);
    check_string(c.name, all);
    check_string(c.description, all);
    check_list(c.requires, all, image->count);
    check_list(c.wants, all, image->count);
    check_list(c.after, all, image->count);
    check_list(c.before, all, image->count);
    check_list(c.required_by, all, image->count);
    must(lies_within(c.exec, all), "an exec list lies within the image");
    must(service_type_name(c.type) != NULL && service_restart_name(c.restart) != NULL &&
             service_kill_mode_name(c.kill_mode) != NULL,
         "its words are known");
    must(c.kill_signal >= 1 && c.kill_signal <= 64, "a signal is 1 to 64");
    must(c.restart_ms >= 0 && c.timeout_start >= 0 && c.timeout_stop >= 0 && c.limit_interval >= 0,
         "no time is negative");
    must(c.codes >= all.data && c.codes + SERVICE_OK_BYTES <= all.data + all.len,
         "codes lie within");
    must(unitimage_find(image, (struct slice){(const uint8_t *)c.name, strlen(c.name)}) >= 0,
         "a service is found by its name");
    check_commands(&c, all);
}

/* Written again, the first service alone has what it had. */
static void check_again(const struct unitimage *image)
{
    struct unitimage_source source;
    struct service_conf first;
    struct service_conf again;
    struct unitimage copy;
    uint8_t *buf;
    size_t size;

    unitimage_get(image, 0, &first);
    source.conf = first;
    source.conf.requires.len = source.conf.wants.len = source.conf.after.len = 0;
    size = unitimage_size(&source, 1);
    buf = malloc(size > 0 ? size : 1);
    if (buf == NULL || size == 0) { // strings of an image may share their bytes
        free(buf);
        return;
    }
    must(unitimage_write(&source, 1, buf, size) == 0, "it can be written again");
    must(unitimage_open((struct slice){buf, size}, &copy) == 0, "and opens");
    unitimage_get(&copy, 0, &again);
    must(strcmp(first.name, again.name) == 0 && first.exec.len == again.exec.len,
         "and is the same");
    free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice all = {data, size};
    struct unitimage image;
    int r = unitimage_open(all, &image);

    must(r == 0 || r == -EBADMSG, "it opens, or does not");
    if (r < 0) {
        return 0;
    }
    must(image.size == size && image.data == data, "the image is all of it");
    for (uint32_t i = 0; i < image.count && i < SERVICES_READ; i++) {
        check_service(&image, i, all);
    }
    if (image.count > 0) {
        check_again(&image);
    }
    return 0;
}
