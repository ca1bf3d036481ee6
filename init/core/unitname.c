/* SPDX-License-Identifier: MIT */
/* Names of units. */
#include "core/unitname.h"

#include "core/value.h"

#include <errno.h>

static bool is_suffix(struct slice s)
{
    return value_index(s, "service\0socket\0target\0device\0mount\0automount\0swap\0timer\0"
                          "path\0slice\0scope\0") >= 0;
}

static bool is_name_byte(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != 0 && strchr(":-_.\\@", c) != NULL);
}

bool unitname_parse(struct slice name, struct unitname *ret_name)
{
    const uint8_t *dot;
    const uint8_t *at;

    if (name.len == 0 || name.len >= UNITNAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (!is_name_byte(name.data[i])) {
            return false;
        }
    }
    dot = memrchr(name.data, '.', name.len);
    at = memchr(name.data, '@', name.len);
    if (dot == NULL || dot == name.data || at == name.data || (at != NULL && at > dot)) {
        return false;
    }
    *ret_name = (struct unitname){
        .prefix = {name.data, (size_t)((at != NULL ? at : dot) - name.data)},
        .instance = {at != NULL ? at + 1 : dot, at != NULL ? (size_t)(dot - at) - 1 : 0},
        .suffix = {dot + 1, name.len - (size_t)(dot - name.data) - 1},
        .has_at = at != NULL,
    };
    return is_suffix(ret_name->suffix);
}

static int hex(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int unitname_unescape(struct slice s, struct wire_writer *out)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.data[i];

        if (c == '-') {
            c = '/';
        } else if (c == '\\') {
            int high = s.len - i > 3 && s.data[i + 1] == 'x' ? hex(s.data[i + 2]) : -1;
            int low = high >= 0 ? hex(s.data[i + 3]) : -1;

            if (low < 0 || (high == 0 && low == 0)) {
                return -EINVAL;
            }
            c = (uint8_t)(high << 4 | low);
            i += 3;
        }
        wire_put_bytes(out, &c, 1);
    }
    return 0;
}

/* No empty part, and no "." or "..". The path begins with "/". */
static bool is_clean(const uint8_t *path, size_t len)
{
    size_t start = 1;

    for (size_t i = 1; i <= len; i++) {
        if (i < len && path[i] != '/') {
            continue;
        }
        if (i == start || (i - start == 1 && path[start] == '.') ||
            (i - start == 2 && path[start] == '.' && path[start + 1] == '.')) {
            return false;
        }
        start = i + 1;
    }
    return true;
}

int unitname_unescape_path(struct slice s, struct wire_writer *out)
{
    size_t start = out->len;

    wire_put_bytes(out, "/", 1);
    if (slice_equals(s, "-")) {
        return 0;
    }
    if (unitname_unescape(s, out) < 0) {
        return -EINVAL;
    }
    return out->overflow || is_clean(out->data + start, out->len - start) ? 0 : -EINVAL;
}
