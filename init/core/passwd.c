/* SPDX-License-Identifier: MIT */
/* Reading passwd(5) and group(5) lines and USER[:GROUP] words. */
#include "core/passwd.h"

#include <errno.h>
#include <string.h>

/* Takes what stands before the separator (all, where there is none) off *s. False when used up. */
static bool next_field(struct slice *s, char separator, struct slice *ret_field)
{
    const uint8_t *end;

    if (s->data == NULL) {
        return false;
    }
    end = s->len > 0 ? memchr(s->data, separator, s->len) : NULL;
    ret_field->data = s->data;
    if (end == NULL) {
        ret_field->len = s->len;
        s->data = NULL;
        s->len = 0;
        return true;
    }
    ret_field->len = (size_t)(end - s->data);
    s->data = end + 1;
    s->len -= ret_field->len + 1;
    return true;
}

static bool same(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static bool all_digits(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            return false;
        }
    }
    return s.len > 0;
}

bool passwd_number(struct slice s, uint32_t *ret_id)
{
    uint32_t id;

    if (!slice_number(s, &id) || id > ID_MAX) {
        return false;
    }
    *ret_id = id;
    return true;
}

int passwd_spec(struct slice s, struct user_spec *ret_spec)
{
    struct user_spec spec = {0};
    bool has_group = s.len > 0 && memchr(s.data, ':', s.len) != NULL;

    if (!next_field(&s, ':', &spec.user) || spec.user.len == 0) {
        return -EINVAL;
    }
    if (has_group) {
        spec.group = s;
        if (s.len == 0 || memchr(s.data, ':', s.len) != NULL) {
            return -EINVAL;
        }
    }
    // Digits are always an id: a name made of digits must not stand for another user.
    spec.user_is_id = all_digits(spec.user);
    spec.group_is_id = has_group && all_digits(spec.group);
    if ((spec.user_is_id && !passwd_number(spec.user, &spec.uid)) ||
        (spec.group_is_id && !passwd_number(spec.group, &spec.gid))) {
        return -EINVAL;
    }
    *ret_spec = spec;
    return 0;
}

bool passwd_next_line(struct slice *text, struct slice *ret_line)
{
    if (text->len == 0) {
        return false;
    }
    return next_field(text, '\n', ret_line);
}

bool passwd_line(struct slice line, struct passwd_entry *ret_entry)
{
    struct slice field[7];

    for (size_t i = 0; i < 7; i++) {
        if (!next_field(&line, ':', &field[i])) {
            return false;
        }
    }
    if (line.data != NULL || field[0].len == 0 || !passwd_number(field[2], &ret_entry->uid) ||
        !passwd_number(field[3], &ret_entry->gid)) {
        return false;
    }
    ret_entry->name = field[0];
    ret_entry->home = field[5];
    ret_entry->shell = field[6];
    return true;
}

bool group_line(struct slice line, struct group_entry *ret_entry)
{
    struct slice field[4];

    for (size_t i = 0; i < 4; i++) {
        if (!next_field(&line, ':', &field[i])) {
            return false;
        }
    }
    if (line.data != NULL || field[0].len == 0 || !passwd_number(field[2], &ret_entry->gid)) {
        return false;
    }
    ret_entry->name = field[0];
    ret_entry->members = field[3];
    return true;
}

bool group_has(const struct group_entry *g, struct slice name)
{
    struct slice rest = g->members;
    struct slice member;

    while (next_field(&rest, ',', &member)) {
        if (member.len > 0 && same(member, name)) {
            return true;
        }
    }
    return false;
}
