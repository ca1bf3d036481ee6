/* SPDX-License-Identifier: MIT */
/* The log ring: what services wrote, in shared memory that outlives whoever writes it. */
#ifndef CORE_LOGRING_H
#define CORE_LOGRING_H

#include "core/limits.h"
#include "core/wire.h"

#include <stdbool.h>

/*
 * A memfd of LOGRING_HEADER + size bytes that PID 1 makes and never maps. The log worker maps it to write, a
 * client (`porthole logs`) to read, at the same time and without a lock.
 *
 * Positions are counts of bytes since the ring was made; a position's place is its remainder by the size. The
 * ring holds the records from `tail` to `head`. What must always hold:
 *   - the writer moves the tail past a record before it overwrites one byte of it, so that a reader who finds
 *     the tail still below a record after copying it has copied it whole;
 *   - a record is complete before the head moves past it;
 *   - a record does not wrap: a padding record fills the end of the data area.
 *
 * A record is padded to 8 bytes; all integers are little-endian:
 *   u32 length of the whole, u32 length of the text (LOGRING_PADDING: padding, and nothing more follows),
 *   u64 number of its first line, u64 wall clock in ms, u32 service, u16 lines, u8 length of the name,
 *   u8 stream and flags, the service's name, the text
 * A line here is what a newline ends, or a piece without one: the number of the next record is this one's and
 * its lines, so that a gap between the two says how many lines were lost.
 */
#define LOGRING_HEADER 4096
#define LOGRING_MAGIC "porthole log 1\0" /* 16 bytes with its last zero */
#define LOGRING_RECORD 32                /* bytes of a record before its name */
#define LOGRING_PADDING UINT32_MAX
#define LOGRING_NAME_MAX 255
#define LOGRING_INIT "porthole-init" /* the name of PID 1's own lines, among those of services */
#define LOGRING_RECORD_MAX ((LOGRING_RECORD + LOGRING_NAME_MAX + LOG_TEXT_MAX + 7) & ~7)
#define LOGRING_SIZE_MIN 65536 /* bytes: three of the longest records */

/* Where the header's numbers are, u64 each. */
enum logring_cell {
    LOGRING_AT_SIZE = 16,
    LOGRING_AT_HEAD = 24,
    LOGRING_AT_TAIL = 32,
    LOGRING_AT_SEQUENCE = 40,    // number of the next line
    LOGRING_AT_INTENT = 48,      // 1 + position of a record that is being filled; 0: none
    LOGRING_AT_INTENT_LAST = 56, // the last byte that its text will have
    LOGRING_AT_SINK = 64,        // which of the two states of the stdout sink holds: logsink.h
    LOGRING_AT_STAGING =
        72, // 1 + that, while a write is under way whose outcome can be told; 0: it is not
    LOGRING_AT_PLACE = 80,  // where in stdout's file it goes
    LOGRING_AT_BYTES = 88,  // and how long it is
    LOGRING_AT_LEFT = 96,   // lines that stdout has not had at the end
    LOGRING_AT_SINKS = 128, // the two, of LOGRING_SINK bytes
};
#define LOGRING_SINK 64
#define LOGRING_USED 256 /* bytes of the header that mean something */

enum log_stream { LOG_STDOUT = 1, LOG_STDERR = 2 };

#define LOGRING_STREAM 0x0f /* of the byte: the stream */
enum logring_flag {
    LOGRING_PARTIAL = 0x10, // its last line goes on in this stream's next record
    LOGRING_PREFIX = 0x20,  // its lines on PID 1's stdout begin with the service's name
};

/* One record. Slices point to wherever it was read. */
struct logring_record {
    uint64_t length; // of the whole, in bytes
    bool padding;    // then nothing else is set
    uint64_t sequence;
    msec_t time; // wall clock
    uint32_t service;
    uint32_t lines;
    uint8_t stream; // enum log_stream
    uint8_t flags;  // enum logring_flag
    struct slice name;
    struct slice text;
};

/* Bytes of the memfd. */
static inline uint64_t logring_bytes(uint64_t size)
{
    return LOGRING_HEADER + size;
}

/* An empty ring's header: the first LOGRING_USED bytes of the memfd. size: a multiple of 4096. */
void logring_format(uint8_t header[LOGRING_USED], uint64_t size);

/* Decodes the record at the beginning of s, which may be longer. False where it is none. */
bool logring_parse(struct slice s, struct logring_record *ret);

/* The writer, of whom there is one. It trusts nothing in the shared memory that it can keep itself. */
struct logring {
    uint8_t *base; // borrowed: the mapping
    uint64_t size;
    uint64_t head;
    uint64_t tail;
    uint64_t sequence;
    uint64_t open; // bytes of the record that is being filled; 0: none
};

/*
 * Goes on where a writer before left off, which may have been killed at any moment: a record that was being
 * filled is committed where its last byte says that the text has come, and forgotten where not. A ring that
 * makes no sense is emptied. False where the memory is no ring at all.
 */
bool logring_attach(struct logring *r, void *base, uint64_t bytes);

/*
 * Makes room for a record, dropping the oldest, and writes all of it but its text: record->text.len bytes (1 to
 * LOG_TEXT_MAX) at the pointer that it returns. sequence and length of the record are ignored.
 */
uint8_t *logring_reserve(struct logring *r, const struct logring_record *record);

/*
 * Notes that the text is about to come, in one step, and will end with this byte. The bytes there differ from
 * it until then, and all pages of it are there.
 */
void logring_intend(struct logring *r, uint8_t last);

/* The text has come: so many bytes and lines, no more than reserved. */
void logring_commit(struct logring *r, uint64_t text, uint32_t lines);

/* It has not. */
void logring_forget(struct logring *r);

/* The record at pos for the writer itself: false at the head. */
bool logring_at(const struct logring *r, uint64_t pos, struct logring_record *ret);

/* A reader, in another process; it survives whatever the memory says. */
struct logreader {
    const uint8_t *base; // borrowed: the mapping
    uint64_t size;
    uint64_t pos;
    uint64_t sequence; // of the line expected next
    bool began;        // a record was read: what is missing from now on was lost
};

/* Begins at the oldest record. False where the memory is no ring. */
bool logreader_open(struct logreader *reader, const void *base, uint64_t bytes);

/*
 * Copies the next record into buf, which has LOGRING_RECORD_MAX bytes. *ret_lost is the number of lines lost
 * before it. Returns 1, 0 where there is none yet, -EBADMSG where the ring makes no sense.
 */
int logreader_next(struct logreader *reader, uint8_t *buf, struct logring_record *ret,
                   uint64_t *ret_lost);

/* The end of what is there now, to be compared with reader->pos. */
uint64_t logreader_head(const struct logreader *reader);

#endif
