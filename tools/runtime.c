/* SPDX-License-Identifier: MIT */
/* The runtime root: a folder a container, its name, its lock, and clearing away the dead. */
#include "runtime.h"

#include "cgroup.h"
#include "core/limits.h"
#include "core/plan.h"
#include "path.h"
#include "report.h"
#include "sys/fd.h"
#include "sys/sock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PUBLISH_TRIES 10 /* namesakes that may end or be buried between two looks */
#define DRAFT_TRIES 10   /* pid namespaces that share a root and meet in one number */
#define FOLDER_MODE 0711
#define DRAFT_MODE 0700  /* until its maker has the lock: a few calls */
#define DRAFT_SECONDS 10 /* s after which such a draft is one of a maker that was killed */

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

bool runtime_name_ok(const char *name, const char **ret_reason)
{
    size_t len = strlen(name);

    if (strcmp(name, "self") == 0) {
        *ret_reason = "is reserved for the container that one is in";
        return false;
    }
    if (strcmp(name, "audit.log") == 0) {
        *ret_reason = "is reserved for the audit trail";
        return false;
    }
    if (len == 0 || len > CONTAINER_NAME_MAX) {
        *ret_reason = len == 0 ? "is empty" : "is longer than 63 characters";
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        bool alnum = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9');

        if (!alnum && (i == 0 || strchr("_.-", name[i]) == NULL)) {
            *ret_reason = "is no name: small letters, digits, and after the first also _ . -";
            return false;
        }
    }
    return true;
}

const char *runtime_default_name(const char *name)
{
    const char *env = getenv("PORTHOLE_NAME");

    if (name != NULL) {
        return name;
    }
    return env != NULL && env[0] != 0 ? env : "self";
}

static int absolute_root(const char *root, char *buf, size_t cap)
{
    char cwd[RUNTIME_PATH_MAX] = "";
    size_t n;

    if (root[0] != '/' && getcwd(cwd, sizeof(cwd)) == NULL) {
        return report_failure("root: \"%s\": %s", root, report_errno(errno));
    }
    if (PATH_JOIN(buf, cap - CONTAINER_NAME_MAX - 64, cwd, root[0] != '/' ? "/" : "", root) < 0) {
        return report_failure("root: \"%.64s...\": the path is too long", root);
    }
    n = strlen(buf);
    while (n > 1 && buf[n - 1] == '/') {
        buf[--n] = 0;
    }
    return 0;
}

int runtime_root(const struct context *ctx, char *buf, size_t cap)
{
    const char *xdg = getenv("XDG_RUNTIME_DIR");
    char user_dir[64];
    struct stat st;

    if (ctx->root != NULL) {
        return absolute_root(ctx->root, buf, cap);
    }
    if (geteuid() == 0) {
        return absolute_root("/run/porthole", buf, cap);
    }
    (void)snprintf(user_dir, sizeof(user_dir), "/run/user/%u", geteuid());
    if (xdg == NULL || xdg[0] != '/') {
        xdg = lstat(user_dir, &st) == 0 && st.st_uid == geteuid() ? user_dir : NULL;
    }
    if (xdg == NULL) {
        return report_failure(
            "no runtime folder: XDG_RUNTIME_DIR is not set; name one with --root");
    }
    if (strlen(xdg) + 16 > cap) {
        return report_failure("XDG_RUNTIME_DIR: the path is too long");
    }
    (void)snprintf(buf, cap, "%s/porthole", xdg);
    return 0;
}

/* mkdir -p, all of it 0755 but for what is there. */
static int make_root(const char *root)
{
    char path[RUNTIME_PATH_MAX];
    size_t len = strlen(root);

    if (mkdir(root, 0755) == 0 || errno == EEXIST) {
        return 0;
    }
    for (size_t i = 1; i <= len; i++) {
        if (i != len && root[i] != '/') {
            continue;
        }
        memcpy(path, root, i);
        path[i] = 0;
        if (mkdir(path, 0755) < 0 && errno != EEXIST) {
            return -errno;
        }
    }
    return 0;
}

static int make_contents(struct runtime *r, const char *path, long peek_gid)
{
    r->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (r->dir < 0 || flock(r->dir, LOCK_EX | LOCK_NB) < 0 || fchmod(r->dir, FOLDER_MODE) < 0 ||
        mkdirat(r->dir, "op", 0700) < 0) {
        return -errno;
    }
    r->op = openat(r->dir, "op", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    r->exit = openat(r->dir, "exit", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_APPEND, 0600);
    if (r->op < 0 || r->exit < 0) {
        return -errno;
    }
    if (peek_gid < 0) {
        return 0;
    }
    if (mkdirat(r->dir, "peek", 0750) < 0) {
        return -errno;
    }
    if (fchownat(r->dir, "peek", (uid_t)-1, (gid_t)peek_gid, AT_SYMLINK_NOFOLLOW) < 0) {
        return errno == EPERM ? -EDOM : -errno; // told apart from the folder's own EPERM
    }
    r->peek = openat(r->dir, "peek", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return r->peek < 0 ? -errno : 0;
}

/* All that porthole ever puts into NAME's folder, but for the note of its cgroup. */
static void remove_contents(int dir)
{
    if (unlinkat(dir, "op/control.sock", 0) < 0) {
        (void)unlinkat(dir, "op/" LAUNCH_OPERATOR_SOCKET, 0);
    }
    (void)unlinkat(dir, "op", AT_REMOVEDIR);
    (void)unlinkat(dir, "exit", 0);
    if (unlinkat(dir, "peek", AT_REMOVEDIR) < 0 && errno != ENOENT) {
        (void)unlinkat(dir, "peek/peek.sock", 0);
        (void)unlinkat(dir, "peek/" LAUNCH_OBSERVER_SOCKET, 0);
        (void)unlinkat(dir, "peek", AT_REMOVEDIR);
    }
}

static void remove_tree(const char *path)
{
    int dir FD_CLEANUP = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    if (dir >= 0) { // else no descriptor is left to go on with
        remove_contents(dir);
        (void)unlinkat(dir, "cgroup", 0);
    }
    (void)rmdir(path);
}

/* A folder that nobody else works on, and the cgroup that it names. */
static void clear_folder(const char *path)
{
    char link[RUNTIME_PATH_MAX + 320];
    char cgroup[RUNTIME_PATH_MAX];
    ssize_t n;

    (void)PATH_JOIN(link, sizeof(link), path, "/cgroup");
    n = readlink(link, cgroup, sizeof(cgroup) - 1);
    if (n > 0) {
        cgroup[n] = 0;
        cgroup_remove(cgroup);
    }
    remove_tree(path);
}

static bool is_folder(const char *path, const struct stat *opened)
{
    struct stat named;

    return lstat(path, &named) == 0 && opened->st_ino == named.st_ino &&
           opened->st_dev == named.st_dev;
}

/*
 * Renames it to what grave says then, which the caller removes: from now on the name is free. Only the
 * folder that dir is: another cleaner may have been here before, and a namesake's have come into its place,
 * even between the look and the rename.
 */
static bool bury_folder(const char *root, const char *path, int dir, char *grave, size_t cap)
{
    char pid[PATH_NUMBER];
    char number[PATH_NUMBER];
    static unsigned count;
    struct stat opened;

    if (fstat(dir, &opened) < 0 || !is_folder(path, &opened)) {
        return false;
    }
    (void)PATH_JOIN(grave, cap, root, "/.dead-", path_number(pid, (unsigned)getpid()), "-",
                    path_number(number, count++));
    if (rename(path, grave) < 0) {
        return false;
    }
    if (!is_folder(grave, &opened)) {
        (void)syscall(SYS_renameat2, AT_FDCWD, grave, AT_FDCWD, path, RENAME_NOREPLACE);
        return false;
    }
    return true;
}

static int read_exit(int dir)
{
    int fd FD_CLEANUP = openat(dir, "exit", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char text[8];
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

    if (n <= 0) {
        return -1;
    }
    text[n] = 0;
    return (int)strtol(text, NULL, 10);
}

bool runtime_bury(const char *root, const char *name, int *ret_code)
{
    char path[RUNTIME_PATH_MAX];
    char sock[RUNTIME_PATH_MAX + 32];
    char grave[RUNTIME_PATH_MAX + 64];
    struct stat opened;
    int dir FD_CLEANUP = -1;
    int fd FD_CLEANUP = -1;

    *ret_code = -1;
    if ((size_t)snprintf(path, sizeof(path), "%s/%s", root, name) >= sizeof(path)) {
        return false;
    }
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (dir < 0) {
        return errno == ENOENT;
    }
    if (faccessat(dir, "exit", F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
        return false; // an entrypoint's folder, made by an engine or by hand: not ours to remove
    }
    if (flock(dir, LOCK_EX | LOCK_NB) < 0) {
        return false; // it is just starting
    }
    (void)snprintf(sock, sizeof(sock), "%s/op/control.sock", path);
    fd = sock_connect(sock);
    if (fd != -ECONNREFUSED && fd != -ENOENT) {
        return false;
    }
    // Between open and flock another cleaner may have renamed it, and a namesake have come.
    if (fstat(dir, &opened) < 0 || !is_folder(path, &opened)) {
        return true;
    }
    *ret_code = read_exit(dir);
    if (bury_folder(root, path, dir, grave, sizeof(grave))) {
        clear_folder(grave);
    }
    return true;
}

/* A complete, locked folder appears under NAME at once, or not at all. */
static int publish(struct runtime *r, const char *draft)
{
    int buried;

    for (int tries = 0; tries < PUBLISH_TRIES; tries++) {
        if (syscall(SYS_renameat2, AT_FDCWD, draft, AT_FDCWD, r->path, RENAME_NOREPLACE) == 0) {
            return 0;
        }
        if (errno != EEXIST) {
            return -errno;
        }
        if (!runtime_bury(r->root, r->name, &buried)) {
            char exit[RUNTIME_PATH_MAX + 8];

            (void)snprintf(exit, sizeof(exit), "%s/exit", r->path);
            if (access(exit, F_OK) == 0 || errno != ENOENT) {
                return -EEXIST;
            }
            if (access(r->path, F_OK) == 0) {
                return -ENOTUNIQ;
            }
            // Gone since: somebody else has buried it, or it has just ended.
        }
    }
    return -EEXIST;
}

/*
 * Its maker's lock is there as long as he is, whatever his number means in our pid namespace. Until he has it
 * the folder is DRAFT_MODE, which it is no longer than a moment.
 */
static bool is_being_made(const char *path)
{
    int dir FD_CLEANUP = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;

    if (dir < 0 || fstat(dir, &st) < 0) {
        return false;
    }
    if ((st.st_mode & 07777) == DRAFT_MODE && time(NULL) - st.st_ctime < DRAFT_SECONDS) {
        return true;
    }
    return flock(dir, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

/*
 * Drafts and half-removed folders of processes that were killed there: the number in the name is
 * nobody's any more. (In another pid namespace it may be somebody's: then it just stays.)
 */
static void clear_leftovers(const char *root)
{
    struct stat st;
    const struct dirent *d;
    DIR *dir;

    if (stat(root, &st) == 0 && st.st_nlink == 2) {
        return; // no folder in it at all
    }
    dir = opendir(root);

    while (dir != NULL && (d = readdir(dir)) != NULL) {
        const char *number = strncmp(d->d_name, ".new-", 5) == 0    ? d->d_name + 5
                             : strncmp(d->d_name, ".dead-", 6) == 0 ? d->d_name + 6
                                                                    : NULL;
        char path[RUNTIME_PATH_MAX + 300];
        long pid = number != NULL ? strtol(number, NULL, 10) : 0;

        if (pid > 0 && pid != getpid() && kill((pid_t)pid, 0) < 0 && errno == ESRCH) {
            (void)snprintf(path, sizeof(path), "%s/%s", root, d->d_name);
            if (!is_being_made(path)) {
                clear_folder(path);
            }
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
}

/* A new folder of our number, or in another pid namespace of somebody else's too. 0 or -errno. */
static int make_draft(const char *root, char *draft, size_t cap)
{
    char pid[PATH_NUMBER];
    char number[PATH_NUMBER];
    int r = -EEXIST;

    for (unsigned n = 0; n < DRAFT_TRIES && r == -EEXIST; n++) {
        (void)PATH_JOIN(draft, cap, root, "/.new-", path_number(pid, (unsigned)getpid()), "-",
                        path_number(number, n));
        r = mkdir(draft, DRAFT_MODE) < 0 ? -errno : 0;
        if (r == -ENOENT) {
            r = make_root(root);
        } else if (r == -EEXIST && !is_being_made(draft)) {
            remove_tree(draft); // of a process that had our number and was killed right here
            r = 0;
        } else {
            continue;
        }
        r = r == 0 && mkdir(draft, DRAFT_MODE) < 0 ? -errno : r;
    }
    return r;
}

int runtime_create(const struct context *ctx, const char *name, long peek_gid, struct runtime *ret)
{
    char draft[RUNTIME_PATH_MAX + 64];
    int r;

    *ret = (struct runtime){.name = name, .dir = -1, .op = -1, .peek = -1, .exit = -1};
    r = runtime_root(ctx, ret->root, sizeof(ret->root));
    if (r != 0) {
        return r;
    }
    (void)PATH_JOIN(ret->path, sizeof(ret->path), ret->root, "/", name);
    clear_leftovers(ret->root);
    r = make_draft(ret->root, draft, sizeof(draft));
    if (r == 0) {
        r = make_contents(ret, draft, peek_gid);
    }
    if (r < 0) {
        runtime_finish(ret); // first: removing takes a descriptor
        remove_tree(draft);
        if (r == -EDOM) {
            return report_failure("--peek-group: %ld: not a group of yours", peek_gid);
        }
        return report_failure("runtime folder: \"%s\": %s", ret->root, report_errno(r));
    }
    r = publish(ret, draft);
    if (r < 0) {
        runtime_finish(ret); // first: removing takes a descriptor
        remove_tree(draft);
        if (r == -ENOTUNIQ) {
            return report_failure(
                "\"%s\": is there and was not made by run: another container's, or "
                "to be removed by hand",
                ret->path);
        }
        if (r == -EEXIST) {
            return report_failure("\"%s\": a container of this name is running", name);
        }
        return report_failure("\"%s\": %s", ret->path, report_errno(r));
    }
    return 0;
}

void runtime_unlock(struct runtime *r)
{
    (void)flock(r->dir, LOCK_UN);
}

void runtime_handed_over(struct runtime *r)
{
    fd_close(&r->op);
    fd_close(&r->peek);
    fd_close(&r->exit);
}

void runtime_remove_folder(struct runtime *r)
{
    ssize_t n;

    if (r->removed) {
        return;
    }
    r->removed = true;
    n = readlinkat(r->dir, "cgroup", r->cgroup, sizeof(r->cgroup) - 1);
    r->cgroup[n > 0 ? n : 0] = 0;
    if (bury_folder(r->root, r->path, r->dir, r->grave, sizeof(r->grave))) {
        remove_contents(r->dir);
    } else {
        r->grave[0] = 0;
    }
}

/* The note goes last: whoever finds the grave of one that was killed here still finds its cgroup. */
void runtime_remove(struct runtime *r)
{
    runtime_remove_folder(r);
    if (r->cgroup[0] != 0) {
        cgroup_remove(r->cgroup);
    }
    if (r->grave[0] != 0) {
        (void)unlinkat(r->dir, "cgroup", 0);
        (void)rmdir(r->grave);
        r->grave[0] = 0;
    }
}

void runtime_finish(struct runtime *r)
{
    fd_close(&r->dir);
    runtime_handed_over(r);
}
