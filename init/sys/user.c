/* SPDX-License-Identifier: MIT */
/* Looking a user up in this root's /etc/passwd and /etc/group, and becoming that user. */
#include "sys/user.h"

#include "core/passwd.h"
#include "sys/fd.h"
#include "sys/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int read_all(int fd, uint8_t *text, size_t size, size_t *ret_have)
{
    size_t have = 0;
    ssize_t n = 1;

    while (have < size && n != 0) {
        n = read(fd, text + have, size - have);
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        have += n > 0 ? (size_t)n : 0;
    }
    *ret_have = have;
    return 0;
}

static void unmap(struct slice text)
{
    if (text.data != NULL) {
        (void)munmap((void *)(uintptr_t)text.data, USER_FILE_MAX);
    }
}

/*
 * A regular file's text in memory of its own, empty where there is none; unmap() gives it back. Read,
 * not mapped: whoever cuts a mapped file short kills its reader with SIGBUS.
 */
static int read_file(const char *path, struct slice *ret_text)
{
    int fd FD_CLEANUP = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    void *text;
    int r;

    *ret_text = (struct slice){NULL, 0};
    if (fd < 0) {
        return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    }
    if (fstat(fd, &st) < 0) {
        return -errno;
    }
    if (!S_ISREG(st.st_mode)) { // a fifo or a device could make us wait, or read for ever
        return -EMEDIUMTYPE;
    }
    if (st.st_size > USER_FILE_MAX) {
        return -EFBIG;
    }
    if (st.st_size == 0) {
        return 0;
    }
    // The whole limit, so that one size fits all; only what is read is ever touched.
    text = mem_map(USER_FILE_MAX);
    if (text == NULL) {
        return -errno;
    }
    *ret_text = (struct slice){text, 0};
    r = read_all(fd, text, (size_t)st.st_size, &ret_text->len);
    if (r < 0) {
        unmap(*ret_text);
        *ret_text = (struct slice){NULL, 0};
    }
    return r;
}

static bool same(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* The first entry by name, or by number, as getpwnam(3) and getpwuid(3) have it. */
static bool find_user(struct slice text, const struct user_spec *spec, struct passwd_entry *ret)
{
    struct slice line;

    while (passwd_next_line(&text, &line)) {
        if (passwd_line(line, ret) &&
            (spec->user_is_id ? ret->uid == spec->uid : same(ret->name, spec->user))) {
            return true;
        }
    }
    return false;
}

static int find_group(const struct user_spec *spec, gid_t *ret_gid)
{
    struct slice file;
    struct slice text;
    struct slice line;
    struct group_entry entry;
    int r;

    if (spec->group_is_id) {
        *ret_gid = spec->gid;
        return 0;
    }
    r = read_file("/etc/group", &file);
    if (r < 0) {
        return r;
    }
    r = -ESRCH;
    text = file;
    while (r < 0 && passwd_next_line(&text, &line)) {
        if (group_line(line, &entry) && same(entry.name, spec->group)) {
            *ret_gid = entry.gid;
            r = 0;
        }
    }
    unmap(file);
    return r;
}

/* The groups that list the user as a member, as initgroups(3) has it. */
static int find_memberships(struct slice name, struct user *u)
{
    struct slice file;
    struct slice text;
    struct slice line;
    struct group_entry entry;
    int r = read_file("/etc/group", &file);

    text = file;
    while (r == 0 && u->group_count < USER_GROUPS_MAX && passwd_next_line(&text, &line)) {
        if (group_line(line, &entry) && group_has(&entry, name)) {
            u->groups[u->group_count++] = entry.gid;
        }
    }
    unmap(file);
    return r;
}

/* What passwd says of the user, as long as its text is mapped. */
static int take_entry(const struct passwd_entry *entry, bool memberships, struct user *u)
{
    u->uid = entry->uid;
    u->gid = entry->gid;
    if (entry->home.len == 0 || slice_to_string(entry->home, u->home, sizeof(u->home)) < 0) {
        memcpy(u->home, "/", 2);
    }
    if (slice_to_string(entry->name, u->name, sizeof(u->name)) < 0) {
        u->name[0] = 0;
    }
    if (slice_to_string(entry->shell, u->shell, sizeof(u->shell)) < 0) {
        u->shell[0] = 0;
    }
    return memberships ? find_memberships(entry->name, u) : 0;
}

/* A number, and what is said of one that passwd does not know. */
static void be_number(uid_t uid, struct user *u)
{
    u->uid = uid;
    u->gid = 0;
    u->group_count = 0;
    u->name[0] = 0;
    u->shell[0] = 0;
    memcpy(u->home, "/", 2);
}

int user_resolve(struct slice word, struct user *ret_user)
{
    static const uint8_t root[] = {'0'};
    struct passwd_entry entry;
    struct user_spec spec;
    struct slice text = {NULL, 0};
    int r = passwd_spec(word.len > 0 ? word : (struct slice){root, 1}, &spec);

    if (r == 0) {
        r = read_file("/etc/passwd", &text);
    }
    if (r < 0) {
        return r;
    }
    be_number(spec.uid, ret_user);
    if (find_user(text, &spec, &entry)) {
        // With a group of its own in the word the user gets that and no other, as docker has it.
        r = take_entry(&entry, spec.group.len == 0 && word.len > 0, ret_user);
    } else if (!spec.user_is_id) {
        r = -ENOENT;
    }
    unmap(text);
    if (r == 0 && spec.group.len > 0) {
        r = find_group(&spec, &ret_user->gid);
    }
    return r;
}

void user_own(struct user *ret_user)
{
    const struct user_spec spec = {.user_is_id = true, .uid = geteuid()};
    struct passwd_entry entry;
    struct slice text;

    be_number(spec.uid, ret_user);
    (void)read_file("/etc/passwd", &text);
    if (find_user(text, &spec, &entry)) {
        (void)take_entry(&entry, false, ret_user);
    }
    unmap(text);
}

int user_group(struct slice word, gid_t *ret_gid)
{
    struct user_spec spec = {.group = word};

    if (word.len == 0) {
        return -EINVAL;
    }
    if (word.data[0] >= '0' && word.data[0] <= '9') {
        spec.group_is_id = true;
        if (!passwd_number(word, &spec.gid)) {
            return -EINVAL;
        }
    }
    return find_group(&spec, ret_gid);
}

/*
 * The system calls themselves: a C library's functions stop all signals around each, for threads that
 * are not there. (Where the plain ones take 16 bits, as on 32-bit machines, the others have a name.)
 */
#ifdef SYS_setresuid32
#define SET_GROUPS SYS_setgroups32
#define SET_GIDS SYS_setresgid32
#define SET_UIDS SYS_setresuid32
#else
#define SET_GROUPS SYS_setgroups
#define SET_GIDS SYS_setresgid
#define SET_UIDS SYS_setresuid
#endif

int user_become(const struct user *u, bool keep_groups)
{
    if ((!keep_groups && syscall(SET_GROUPS, u->group_count, u->groups) < 0) ||
        syscall(SET_GIDS, u->gid, u->gid, u->gid) < 0 ||
        syscall(SET_UIDS, u->uid, u->uid, u->uid) < 0) {
        return -errno;
    }
    return 0;
}

int user_save_group(gid_t gid)
{
    return syscall(SET_GIDS, (gid_t)-1, (gid_t)-1, gid) < 0 ? -errno : 0;
}
