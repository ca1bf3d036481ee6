/* SPDX-License-Identifier: MIT */
/* Specifiers: "%i" and its kind in values. */
#include "core/specifier.h"

#include "core/unitname.h"

#include <errno.h>

static bool alphanumeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What stands for the same text in every unit; NULL where the letter is none of these. */
static const char *fixed(uint8_t letter, const struct unit_values *v)
{
    switch (letter) {
    case 'a':
        return v->arch;
    case 'b':
        return v->boot_id;
    case 'C':
        return v->cache;
    case 'E':
        return v->config;
    case 'H':
        return v->hostname;
    case 'L':
        return v->logs;
    case 'm':
        return v->machine_id;
    case 'S':
        return v->state;
    case 't':
        return v->runtime;
    case 'T':
        return v->tmp;
    case 'v':
        return v->release;
    case 'V':
        return "/var/tmp";
    case 'u':
    case 'g':
        return "root"; // as the system manager has them, whatever User= says
    case 'U':
    case 'G':
        return "0";
    case 'h':
        return "/root";
    case 's':
        return "/bin/sh";
    default:
        return NULL;
    }
}

static struct slice last_component(struct slice prefix)
{
    const uint8_t *dash = memrchr(prefix.data, '-', prefix.len);

    if (dash == NULL) {
        return prefix;
    }
    dash++;
    return (struct slice){dash, prefix.len - (size_t)(dash - prefix.data)};
}

static int put(struct slice s, struct wire_writer *out)
{
    wire_put_bytes(out, s.data, s.len);
    return 0;
}

/* What stands for a part of the unit's own name. */
static int of_name(uint8_t letter, struct slice name, struct wire_writer *out)
{
    struct unitname n;

    if (!unitname_parse(name, &n)) {
        return -EINVAL;
    }
    switch (letter) {
    case 'n':
        return put(name, out);
    case 'N':
        return put((struct slice){name.data, name.len - n.suffix.len - 1}, out);
    case 'p':
        return put(n.prefix, out);
    case 'P':
        return unitname_unescape(n.prefix, out);
    case 'i':
        return put(n.instance, out);
    case 'I':
        return unitname_unescape(n.instance, out);
    case 'j':
        return put(last_component(n.prefix), out);
    case 'J':
        return unitname_unescape(last_component(n.prefix), out);
    case 'f':
        return unitname_unescape_path(n.instance.len > 0 ? n.instance : n.prefix, out);
    default:
        return -EINVAL;
    }
}

static int expand_one(uint8_t letter, const char *name, const struct unit_values *values,
                      struct wire_writer *out)
{
    const char *text;
    size_t len;

    if (letter == 'l') {
        text = values->hostname != NULL ? values->hostname : "";
        len = strcspn(text, ".");
    } else {
        text = fixed(letter, values);
        len = text != NULL ? strlen(text) : 0;
    }
    if (text != NULL) {
        wire_put_bytes(out, text, len);
        return 0;
    }
    if (strchr("abCEHLmStTv", letter) != NULL) {
        return 0; // not known
    }
    return of_name(letter, (struct slice){(const uint8_t *)name, strlen(name)}, out);
}

int specifier_expand(struct slice s, const char *name, const struct unit_values *values,
                     struct wire_writer *out, char *ret_letter)
{
    while (s.len > 0) {
        const uint8_t *percent = memchr(s.data, '%', s.len);
        size_t plain = percent != NULL ? (size_t)(percent - s.data) : s.len;

        wire_put_bytes(out, s.data, plain);
        s.data += plain;
        s.len -= plain;
        if (s.len == 0) {
            break;
        }
        if (s.len == 1 || (!alphanumeric(s.data[1]) && s.data[1] != '%')) {
            wire_put_bytes(out, "%", 1);
            s.data++;
            s.len--;
            continue;
        }
        if (s.data[1] == '%') {
            wire_put_bytes(out, "%", 1);
        } else if (expand_one(s.data[1], name, values, out) < 0) {
            *ret_letter = (char)s.data[1];
            return -EINVAL;
        }
        s.data += 2;
        s.len -= 2;
    }
    return 0;
}
