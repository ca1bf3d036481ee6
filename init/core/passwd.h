/* SPDX-License-Identifier: MIT */
/* Reading passwd(5) and group(5) lines and USER[:GROUP] words, without a byte of NSS. */
#ifndef CORE_PASSWD_H
#define CORE_PASSWD_H

#include "core/wire.h"

/* (uid_t)-1 means "leave it" to setresuid(2): no user can have it. */
#define ID_MAX 0xfffffffeu

struct passwd_entry {
    struct slice name;
    uint32_t uid;
    uint32_t gid;
    struct slice home;
    struct slice shell;
};

struct group_entry {
    struct slice name;
    uint32_t gid;
    struct slice members; // names with commas between
};

/* USER[:GROUP]; each a name or a number. */
struct user_spec {
    struct slice user;
    struct slice group; // empty where none was given
    bool user_is_id;
    bool group_is_id;
    uint32_t uid; // valid where user_is_id
    uint32_t gid; // valid where group_is_id
};

/* Decimal number of 0 … ID_MAX in at most ten digits, nothing before or after it. */
bool passwd_number(struct slice s, uint32_t *ret_id);

/* Returns 0, -EINVAL: empty, an empty group, a second colon, or a number that is too large. */
int passwd_spec(struct slice s, struct user_spec *ret_spec);

/* Takes the next line (without its end) off *text. False at the end of the text. */
bool passwd_next_line(struct slice *text, struct slice *ret_line);

/* False where the line is not a well-formed entry: such lines are passed over. */
bool passwd_line(struct slice line, struct passwd_entry *ret_entry);
bool group_line(struct slice line, struct group_entry *ret_entry);

/* True where name is one of the members. */
bool group_has(const struct group_entry *g, struct slice name);

#endif
