/* SPDX-License-Identifier: MIT */
/* The unit image: every loaded unit, as flat data that the loader writes and PID 1 maps. */
#ifndef CORE_UNITIMAGE_H
#define CORE_UNITIMAGE_H

#include "core/service.h"

/*
 * Written by the loader child into a memfd and sealed; PID 1 maps it read-only, checks it once with
 * unitimage_open(), and reads it in place. All integers little-endian, all offsets from the beginning:
 *
 *   u8[16] "porthole units 1"    u32 size of the whole    u32 count    u64 zero
 *   count records of UNITIMAGE_RECORD bytes: unitlayout.h says what lies where
 *   lists of indexes (u32) and exec lists; all of them together are no longer than the image
 *   strings with their zeros: the image's last byte is one (where there is a service at all)
 *
 * An exec list is a run of wire.h elements: how the service's commands are executed. All text that is not
 * a COMMAND has its specifiers resolved and is ready for use; it holds no zero byte.
 */
#define UNITIMAGE_HEADER 32
#define UNITIMAGE_RECORD 192
#define UNITIMAGE_MAX (16u << 20) /* bytes */
#define UNITIMAGE_SERVICES_MAX \
    4095 /* services; one number more is that of PID 1's own words in the log */

/* Elements of an exec list. Those marked * may come more than once, in order. */
enum exec_tag {
    /*
     * * u8 enum service_run, u8 enum run_bit, then the words, each with its zero: the program (or a
     * name to be looked up in PATH) and its arguments (with RUN_ARGV0 the second is argv[0]). Quotes,
     * escapes and specifiers are gone, $VAR and ${VAR} are still there.
     */
    EXEC_COMMAND = 1,
    EXEC_ENV,      /* * one K=V of Environment=; of two with one name the later holds */
    EXEC_ENV_FILE, /* * u8 1 where it may be missing ("-"), then the path (may be a glob) */
    EXEC_PASS_ENV, /* * a name of PassEnvironment= */
    EXEC_INHERIT_ENV, /* u8: 0 takes nothing from the container but what PassEnvironment= names; default 1 */
    EXEC_WORKDIR,    /* u8 1 where it may be missing ("-"), then the path, or "~" */
    EXEC_USER,       /* name or number */
    EXEC_GROUP,      /* name or number */
    EXEC_SUPP_GROUP, /* * name or number */
    EXEC_UMASK,      /* u32 */
    EXEC_RLIMIT, /* * u32 resource as setrlimit(2) numbers them, u64 soft, u64 hard; all ones: infinity */
    EXEC_CAP_BOUND, /* u64 CapabilityBoundingSet=, bit n is capability n; bits that are none may be set */
    EXEC_CAP_AMBIENT,  /* u64 */
    EXEC_NO_NEW_PRIVS, /* u8 */
    EXEC_STDIN,        /* u8 enum exec_stream, then a path for FILE */
    EXEC_STDOUT,       /* u8 enum exec_stream, then a path for FILE, APPEND, TRUNCATE */
    EXEC_STDERR,
    EXEC_ALIAS, /* * another name of the service; before all other elements, so that it is quickly found */
    EXEC_IGNORE_SIGPIPE, /* u8: 0 leaves SIGPIPE its default action; default 1 */
    EXEC_TAG_COUNT
};

enum exec_stream {
    STREAM_NULL,
    STREAM_INHERIT, /* stdin: PID 1's own; stdout: stdin where that is FILE, else PID 1's own; stderr: stdout */
    STREAM_LOG, /* the log worker */
    STREAM_FILE, /* opened (made, 0666 less the umask) and written from its beginning, not truncated */
    STREAM_APPEND,
    STREAM_TRUNCATE,
    EXEC_STREAM_COUNT
};

/*
 * Every text has at least one byte and no zero; a path begins with "/" (EXEC_WORKDIR may be "~"). There is at
 * most one element of a tag without *, and at most one EXEC_RLIMIT of a resource.
 */

/*
 * What the loader gives for one service; slices and strings are copied. deps are indexes of services of the
 * same image, in the order in which they are added.
 */
struct unitimage_source {
    struct service_conf
        conf; // commands[] is counted from `exec`; before and required_by are worked out
};

/* Bytes that an image of these services takes. 0 where there are too many of them, or of bytes. */
size_t unitimage_size(const struct unitimage_source *sources, uint32_t count);

/*
 * Writes it into buf of exactly that size. 0, or -EINVAL: an index that is out of range, or something that
 * unitimage_open() would not take.
 */
int unitimage_write(const struct unitimage_source *sources, uint32_t count, uint8_t *buf,
                    size_t size);

struct unitimage {
    const uint8_t *data; // borrowed: the mapping
    size_t size;
    uint32_t count;
};

/* Checks every offset, list and string once. 0, or -EBADMSG. */
int unitimage_open(struct slice bytes, struct unitimage *ret_image);

/* The service at index (which must be below count); everything points into the image. */
void unitimage_get(const struct unitimage *image, uint32_t index, struct service_conf *ret_conf);

/* Index of the service of this name, or else of one that has it as an alias, or -1. */
long unitimage_find(const struct unitimage *image, struct slice name);

/* Index of the service of this very name, or -1. It is sought from index `from` on, and then before that. */
long unitimage_find_own(const struct unitimage *image, struct slice name, uint32_t from);

/* The nth command of a kind: its words and bits. False where there is none. */
bool unitimage_command(const struct service_conf *conf, enum service_run kind, uint32_t n,
                       unsigned *ret_bits, struct slice *ret_words);

#endif
