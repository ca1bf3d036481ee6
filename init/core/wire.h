/* SPDX-License-Identifier: MIT */
/* Bounded little-endian reading and writing of tag-length-value lists, for datagrams and plans. */
#ifndef CORE_WIRE_H
#define CORE_WIRE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A list element is: u16 tag, u16 zero, u32 length, then length bytes; no padding.
 * Integers are little-endian and of fixed width; structures are never copied as they lie in memory.
 */
#define WIRE_TLV_HEADER 8

/* A tag with this bit that the reader does not know makes the whole message an error. */
#define WIRE_CRITICAL 0x8000u

/* Bytes that somebody else owns. */
struct slice {
    const uint8_t *data; // borrowed
    size_t len;
};

/* Appends to the caller's buffer; after an overflow every further write is dropped. */
struct wire_writer {
    uint8_t *data; // the caller's
    size_t cap;
    size_t len;
    bool overflow;
};

struct wire_tlv {
    uint16_t tag;
    struct slice value;
};

void wire_writer_init(struct wire_writer *w, void *data, size_t cap);
void wire_put_u16(struct wire_writer *w, uint16_t v);
void wire_put_u32(struct wire_writer *w, uint32_t v);
void wire_put_u64(struct wire_writer *w, uint64_t v);
void wire_put_bytes(struct wire_writer *w, const void *data, size_t len);

/* One list element. wire_tlv_str writes the string without its closing zero. */
void wire_tlv_bytes(struct wire_writer *w, uint16_t tag, const void *data, size_t len);
void wire_tlv_str(struct wire_writer *w, uint16_t tag, const char *s);
void wire_tlv_u64(struct wire_writer *w, uint16_t tag, uint64_t v);

/* The number at p, which need not be aligned; the caller has checked that all of its bytes are there. */
static inline uint16_t wire_load_u16(const uint8_t *p)
{
    uint16_t v;

    memcpy(&v, p, sizeof(v));
    return le16toh(v);
}

static inline uint32_t wire_load_u32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return le32toh(v);
}

static inline uint64_t wire_load_u64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return le64toh(v);
}

/* Each takes its bytes off the front of s. False, with s unchanged, where too few are left. */
bool wire_get_u16(struct slice *s, uint16_t *ret_v);
bool wire_get_u32(struct slice *s, uint32_t *ret_v);
bool wire_get_u64(struct slice *s, uint64_t *ret_v);
bool wire_get_bytes(struct slice *s, size_t len, struct slice *ret_v);

/*
 * Takes the next element off the front of s. Returns 1 with *ret_tlv, 0 at the end,
 * -EBADMSG where the bytes left are not an element (s is unchanged then).
 */
int wire_next_tlv(struct slice *s, struct wire_tlv *ret_tlv);

/* True where the slice holds the same bytes as the string. */
bool slice_equals(struct slice s, const char *string);

/* Decimal number of at most ten digits, nothing before or after it. False where it is none, or over UINT32_MAX. */
bool slice_number(struct slice s, uint32_t *ret_v);

/*
 * Copies to buf with a closing zero. Returns 0, -ENAMETOOLONG where cap is too small,
 * -EINVAL where a zero byte lies inside the slice (nobody's path or name has one).
 */
int slice_to_string(struct slice s, char *buf, size_t cap);

#endif
