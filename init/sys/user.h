/* SPDX-License-Identifier: MIT */
/* Looking a user up in this root's /etc/passwd and /etc/group, and becoming that user. */
#ifndef SYS_USER_H
#define SYS_USER_H

#include "core/wire.h"

#include <sys/types.h>

#define USER_GROUPS_MAX 256      /* supplementary groups */
#define USER_FILE_MAX (8u << 20) /* bytes of a passwd or group file */
#define USER_NAME_MAX 256        /* bytes of a name with its zero; longer ones are passed over */
#define USER_PATH_MAX 1024 /* bytes of a home or shell with its zero; longer ones are passed over */

struct user {
    uid_t uid;
    gid_t gid;
    gid_t groups[USER_GROUPS_MAX];
    size_t group_count;
    char name[USER_NAME_MAX]; // as passwd has it; empty where it has none
    char home[USER_PATH_MAX];
    char shell[USER_PATH_MAX]; // empty where passwd says nothing
};

/*
 * Resolves word, USER[:GROUP] (empty: uid 0). A number without an entry is itself, with group 0 and
 * home "/". 0, -EINVAL (malformed word), -ENOENT (no such user), -ESRCH (no such group), -EMEDIUMTYPE
 * (a passwd or group that is no regular file), -EFBIG (one over USER_FILE_MAX), or -errno.
 */
int user_resolve(struct slice word, struct user *ret_user);

/*
 * Whom this process runs as: home and shell, without groups. It may be a number that nobody has heard of, as Kubernetes
 * gives them, and a passwd that cannot be read says nothing: there is no error.
 */
void user_own(struct user *ret_user);

/* The group of this name or number. 0, -ESRCH, -EINVAL, or an error of reading as above. */
int user_group(struct slice word, gid_t *ret_gid);

/*
 * Becomes the user: groups, gid, uid, real, effective and saved. keep_groups where setgroups(2) is
 * denied, in a user namespace without privilege. 0 or -errno (-EINVAL: an id that is not mapped).
 */
int user_become(const struct user *u, bool keep_groups);

/* Gives this process a saved group id, and leaves the others: setresgid(2). 0 or -errno. */
int user_save_group(gid_t gid);

#endif
