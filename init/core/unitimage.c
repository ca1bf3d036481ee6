/* SPDX-License-Identifier: MIT */
/* The unit image: checking it, and reading it in place. */
#include "core/unitimage.h"

#include "core/unitlayout.h"

#include <errno.h>

/* --- checking --- */

bool unitlayout_indexes_ok(struct slice list, uint32_t count)
{
    if (list.len % 4 != 0) {
        return false;
    }
    for (uint32_t i = 0; i < service_dep_count(list); i++) {
        if (service_dep(list, i) >= count) {
            return false;
        }
    }
    return true;
}

/* What is left of the bytes that all lists together may have: so that checking them takes linear time. */
struct checker {
    struct slice image;
    uint32_t count;
    size_t left;
};

/* The slice that the eight bytes at `where` tell of. False where it is not within the image. */
static bool find_slice(struct slice image, const uint8_t *where, size_t unit, struct slice *ret_s)
{
    size_t at = wire_load_u32(where);
    size_t count = wire_load_u32(where + 4);

    if (at > image.len || count > (image.len - at) / unit) {
        return false;
    }
    *ret_s = (struct slice){image.data + at, count * unit};
    return true;
}

static bool take_slice(struct checker *c, const uint8_t *where, size_t unit, struct slice *ret_s)
{
    if (!find_slice(c->image, where, unit, ret_s) || ret_s->len > c->left) {
        return false;
    }
    c->left -= ret_s->len;
    return true;
}

static bool is_text(struct slice s)
{
    return s.len > 0 && memchr(s.data, 0, s.len) == NULL;
}

static bool is_path(struct slice s)
{
    return is_text(s) && s.data[0] == '/';
}

static struct slice behind(struct slice s, size_t skip)
{
    return skip <= s.len ? (struct slice){s.data + skip, s.len - skip}
                         : (struct slice){s.data + s.len, 0};
}

static bool command_ok(struct slice v, uint16_t *counts)
{
    if (v.len < 4 || v.data[0] >= SERVICE_RUN_COUNT || v.data[v.len - 1] != 0 || v.data[2] == 0 ||
        counts[v.data[0]] == UINT16_MAX) {
        return false;
    }
    if (v.data[1] & RUN_ARGV0 && memchr(v.data + 2, 0, v.len - 2) == v.data + v.len - 1) {
        return false; // no second word
    }
    counts[v.data[0]]++;
    return true;
}

static bool stream_ok(struct slice v, bool input)
{
    struct slice path = behind(v, 1);

    if (v.len == 0 || v.data[0] >= EXEC_STREAM_COUNT) {
        return false;
    }
    if (v.data[0] == STREAM_FILE || (v.data[0] > STREAM_FILE && !input)) {
        return is_path(path);
    }
    return v.data[0] < (input ? STREAM_LOG : STREAM_FILE) && path.len == 0;
}

static bool env_ok(struct slice v)
{
    return is_text(v) && v.data[0] != '=' && memchr(v.data, '=', v.len) != NULL;
}

static bool flagged_path_ok(struct slice v, bool home)
{
    struct slice path = behind(v, 1);

    return v.len > 1 && v.data[0] <= 1 && (is_path(path) || (home && slice_equals(path, "~")));
}

/* The value of one element; counts are those of the commands so far. */
static bool element_ok(const struct wire_tlv *tlv, uint16_t *counts)
{
    struct slice v = tlv->value;

    switch ((enum exec_tag)tlv->tag) {
    case EXEC_COMMAND:
        return command_ok(v, counts);
    case EXEC_ENV:
        return env_ok(v);
    case EXEC_ENV_FILE:
        return flagged_path_ok(v, false);
    case EXEC_WORKDIR:
        return flagged_path_ok(v, true);
    case EXEC_PASS_ENV:
    case EXEC_USER:
    case EXEC_GROUP:
    case EXEC_SUPP_GROUP:
    case EXEC_ALIAS:
        return is_text(v);
    case EXEC_INHERIT_ENV:
    case EXEC_NO_NEW_PRIVS:
    case EXEC_IGNORE_SIGPIPE:
        return v.len == 1 && v.data[0] <= 1;
    case EXEC_UMASK:
        return v.len == 4;
    case EXEC_RLIMIT:
        return v.len == 20 && wire_load_u32(v.data) < 32;
    case EXEC_CAP_BOUND:
    case EXEC_CAP_AMBIENT:
        return v.len == 8;
    case EXEC_STDIN:
        return stream_ok(v, true);
    case EXEC_STDOUT:
    case EXEC_STDERR:
        return stream_ok(v, false);
    case EXEC_TAG_COUNT:
        break;
    }
    return false;
}

/* False for a second one of what there may be only one of. */
static bool only_one(const struct wire_tlv *tlv, uint32_t *seen, uint32_t *limits)
{
    uint32_t many = 1u << EXEC_COMMAND | 1u << EXEC_ENV | 1u << EXEC_ENV_FILE |
                    1u << EXEC_PASS_ENV | 1u << EXEC_SUPP_GROUP | 1u << EXEC_ALIAS;
    uint32_t *set = tlv->tag == EXEC_RLIMIT ? limits : seen;
    uint32_t bit = 1u << (tlv->tag == EXEC_RLIMIT ? wire_load_u32(tlv->value.data) : tlv->tag);

    if (set == seen && many & bit) {
        return true;
    }
    if (*set & bit) {
        return false;
    }
    *set |= bit;
    return true;
}

static bool exec_ok(struct slice exec, const uint8_t *commands)
{
    uint16_t counts[SERVICE_RUN_COUNT] = {0};
    uint32_t seen = 0;
    uint32_t limits = 0;
    bool others = false;
    struct wire_tlv tlv;
    int r;

    while ((r = wire_next_tlv(&exec, &tlv)) > 0) {
        if (!element_ok(&tlv, counts) || !only_one(&tlv, &seen, &limits) ||
            (others && tlv.tag == EXEC_ALIAS)) {
            return false;
        }
        others = tlv.tag != EXEC_ALIAS;
    }
    for (size_t i = 0; i < SERVICE_RUN_COUNT; i++) {
        if (counts[i] != wire_load_u16(commands + 2 * i)) {
            return false;
        }
    }
    return r == 0;
}

static bool numbers_ok(const uint8_t *record)
{
    static const uint8_t zeros[UNITIMAGE_RECORD - AT_END] = {0};

    for (size_t at = AT_RESTART_MS; at <= AT_INTERVAL; at += 8) {
        if (wire_load_u64(record + at) > MSEC_NEVER) {
            return false;
        }
    }
    return record[AT_TYPE] < SERVICE_TYPE_COUNT && record[AT_RESTART] < SERVICE_RESTART_COUNT &&
           record[AT_KILL_MODE] < SERVICE_KILL_MODE_COUNT && record[AT_KILL_SIGNAL] >= 1 &&
           record[AT_KILL_SIGNAL] <= 64 && memcmp(record + AT_END, zeros, sizeof(zeros)) == 0;
}

static bool record_ok(struct checker *c, const uint8_t *record)
{
    struct slice s;

    for (size_t list = 0; list < LIST_COUNT; list++) {
        if (!take_slice(c, record + AT_LISTS + 8 * list, 4, &s) ||
            !unitlayout_indexes_ok(s, c->count)) {
            return false;
        }
    }
    // The image ends with a zero, so a string that begins within it ends within it.
    return take_slice(c, record + AT_EXEC, 1, &s) && exec_ok(s, record + AT_COMMANDS) &&
           wire_load_u32(record + AT_NAME) < c->image.len &&
           wire_load_u32(record + AT_DESCRIPTION) < c->image.len &&
           c->image.data[wire_load_u32(record + AT_NAME)] != 0 && numbers_ok(record);
}

int unitimage_open(struct slice bytes, struct unitimage *ret_image)
{
    struct checker c = {.image = bytes, .left = bytes.len};

    if (bytes.len < UNITIMAGE_HEADER || bytes.len > UNITIMAGE_MAX ||
        memcmp(bytes.data, UNITLAYOUT_MAGIC, UNITLAYOUT_MAGIC_BYTES) != 0 ||
        wire_load_u32(bytes.data + AT_SIZE) != bytes.len ||
        wire_load_u64(bytes.data + AT_ZERO) != 0) {
        return -EBADMSG;
    }
    c.count = wire_load_u32(bytes.data + AT_COUNT);
    if (c.count > UNITIMAGE_SERVICES_MAX ||
        (size_t)c.count * UNITIMAGE_RECORD > bytes.len - UNITIMAGE_HEADER ||
        (c.count > 0 && bytes.data[bytes.len - 1] != 0)) {
        return -EBADMSG;
    }
    for (uint32_t i = 0; i < c.count; i++) {
        if (!record_ok(&c, bytes.data + UNITIMAGE_HEADER + (size_t)i * UNITIMAGE_RECORD)) {
            return -EBADMSG;
        }
    }
    *ret_image = (struct unitimage){.data = bytes.data, .size = bytes.len, .count = c.count};
    return 0;
}

/* --- reading --- */

static struct slice slice_in(const struct unitimage *image, const uint8_t *where, size_t unit)
{
    return (struct slice){image->data + wire_load_u32(where), wire_load_u32(where + 4) * unit};
}

static const char *name_at(const struct unitimage *image, uint32_t index)
{
    const uint8_t *record = image->data + UNITIMAGE_HEADER + (size_t)index * UNITIMAGE_RECORD;

    return (const char *)image->data + wire_load_u32(record + AT_NAME);
}

void unitimage_get(const struct unitimage *image, uint32_t index, struct service_conf *ret_conf)
{
    const uint8_t *r = image->data + UNITIMAGE_HEADER + (size_t)index * UNITIMAGE_RECORD;

    *ret_conf = (struct service_conf){
        .name = name_at(image, index),
        .description = (const char *)image->data + wire_load_u32(r + AT_DESCRIPTION),
        .flags = wire_load_u32(r + AT_FLAGS),
        .type = r[AT_TYPE],
        .restart = r[AT_RESTART],
        .kill_mode = r[AT_KILL_MODE],
        .kill_signal = r[AT_KILL_SIGNAL],
        .restart_ms = (msec_t)wire_load_u64(r + AT_RESTART_MS),
        .timeout_start = (msec_t)wire_load_u64(r + AT_TIMEOUT_START),
        .timeout_stop = (msec_t)wire_load_u64(r + AT_TIMEOUT_STOP),
        .limit_interval = (msec_t)wire_load_u64(r + AT_INTERVAL),
        .limit_burst = wire_load_u32(r + AT_BURST),
        .ok_signals = wire_load_u64(r + AT_OK_SIGNALS),
        .codes = r + AT_CODES,
        .requires = slice_in(image, r + AT_LISTS + 8 * LIST_REQUIRES, 4),
        .wants = slice_in(image, r + AT_LISTS + 8 * LIST_WANTS, 4),
        .after = slice_in(image, r + AT_LISTS + 8 * LIST_AFTER, 4),
        .before = slice_in(image, r + AT_LISTS + 8 * LIST_BEFORE, 4),
        .required_by = slice_in(image, r + AT_LISTS + 8 * LIST_REQUIRED_BY, 4),
        .exec = slice_in(image, r + AT_EXEC, 1),
    };
    for (size_t i = 0; i < SERVICE_RUN_COUNT; i++) {
        ret_conf->commands[i] = wire_load_u16(r + AT_COMMANDS + 2 * i);
    }
}

long unitimage_find_own(const struct unitimage *image, struct slice name, uint32_t from)
{
    uint32_t at = from < image->count ? from : 0;

    for (uint32_t i = 0; i < image->count; i++) {
        const char *own = name_at(image, at);

        if (strncmp(own, (const char *)name.data, name.len) == 0 && own[name.len] == 0) {
            return (long)at;
        }
        at = at + 1 < image->count ? at + 1 : 0;
    }
    return -1;
}

static bool has_alias(const struct unitimage *image, uint32_t index, struct slice name)
{
    const uint8_t *record = image->data + UNITIMAGE_HEADER + (size_t)index * UNITIMAGE_RECORD;
    struct slice exec = slice_in(image, record + AT_EXEC, 1);
    struct wire_tlv tlv;

    while (wire_next_tlv(&exec, &tlv) > 0 && tlv.tag == EXEC_ALIAS) {
        if (tlv.value.len == name.len && memcmp(tlv.value.data, name.data, name.len) == 0) {
            return true;
        }
    }
    return false;
}

long unitimage_find(const struct unitimage *image, struct slice name)
{
    long index = unitimage_find_own(image, name, 0);

    for (uint32_t i = 0; i < image->count && index < 0 && name.len > 0; i++) {
        if (has_alias(image, i, name)) {
            index = (long)i;
        }
    }
    return index;
}

bool unitimage_command(const struct service_conf *conf, enum service_run kind, uint32_t n,
                       unsigned *ret_bits, struct slice *ret_words)
{
    struct slice exec = conf->exec;
    struct wire_tlv tlv;

    while (wire_next_tlv(&exec, &tlv) > 0) {
        if (tlv.tag != EXEC_COMMAND || tlv.value.data[0] != kind || n-- > 0) {
            continue;
        }
        *ret_bits = tlv.value.data[1];
        *ret_words = behind(tlv.value, 2);
        return true;
    }
    return false;
}
