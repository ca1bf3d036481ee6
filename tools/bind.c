/* SPDX-License-Identifier: MIT */
/* One --bind SRC:DST[:ro]: what it may show, and what never. */
#include "bind.h"

#include "report.h"
#include "runtime.h"
#include "sys/mnt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* True where one of the two resolved paths holds the other. */
static bool overlap(const char *a, const char *b)
{
    size_t n = strlen(a);
    size_t m = strlen(b);
    size_t common = n < m ? n : m;

    if (n == 1 || m == 1) { // "/"
        return true;
    }
    return strncmp(a, b, common) == 0 && (n == m || (n < m ? b[n] : a[m]) == '/');
}

static bool same_file(const char *path, const struct stat *st)
{
    struct stat other;

    return stat(path, &other) == 0 && other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

/* By device and inode, for whoever sees the folder through another mount: each folder on the way. */
static bool is_ancestor(const char *path, const struct stat *st)
{
    char part[RUNTIME_PATH_MAX];
    size_t len = strlen(path);

    for (size_t i = 1; i <= len && len < sizeof(part); i++) {
        if (i == len || path[i] == '/') {
            memcpy(part, path, i);
            part[i] = 0;
            if (same_file(part, st)) {
                return true;
            }
        }
    }
    return same_file("/", st);
}

/* One of a container's folders or sockets, seen through another mount. */
static bool is_below(const char *root, const struct stat *st)
{
    static const char *const parts[] = {"", "/op", "/op/control.sock", "/peek", "/peek/peek.sock"};
    char path[RUNTIME_PATH_MAX + 300];
    DIR *dir = opendir(root);
    const struct dirent *d;
    bool found = false;

    while (dir != NULL && !found && (d = readdir(dir)) != NULL) {
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && d->d_name[0] != '.'; i++) {
            (void)snprintf(path, sizeof(path), "%s/%s%s", root, d->d_name, parts[i]);
            found = found || same_file(path, st);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return found;
}

/* A read-only bind does not stop connect(2): whoever sees the sockets inside is an operator. */
static bool holds_sockets(const struct context *ctx, const char *source, const struct stat *st)
{
    char root[RUNTIME_PATH_MAX];
    char real[RUNTIME_PATH_MAX];

    if (runtime_root(ctx, root, sizeof(root)) != 0) {
        return true;
    }
    if (realpath(root, real) == NULL) { // not there yet: only its name can be compared
        return overlap(root, source);
    }
    return overlap(real, source) || is_ancestor(real, st) || is_below(real, st);
}

/* Cuts SRC:DST[:ro] (a copy of the word) into its parts. */
static bool split(char *copy, char **ret_target, bool *ret_readonly)
{
    char *target = strchr(copy, ':');
    char *flag = target != NULL ? strchr(target + 1, ':') : NULL;

    if (target == NULL || target == copy) {
        return false;
    }
    *target++ = 0;
    if (flag != NULL) {
        *flag++ = 0;
    }
    *ret_target = target;
    *ret_readonly = flag != NULL;
    return target[0] == '/' && strspn(target, "/") < strlen(target) &&
           (flag == NULL || strcmp(flag, "ro") == 0);
}

static int look_at_source(const struct context *ctx, const char *source, struct spec_bind *b)
{
    struct stat st;

    b->source = realpath(source, NULL);
    if (b->source == NULL || stat(b->source, &st) < 0) {
        return report_failure("--bind: \"%s\": %s", source, report_errno(errno));
    }
    if (holds_sockets(ctx, b->source, &st)) {
        return report_failure("--bind: \"%s\": holds porthole's own sockets, or lies among them",
                              source);
    }
    b->device = S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode);
    b->file = !S_ISDIR(st.st_mode);
    b->dev = st.st_dev;
    b->ino = st.st_ino;
    return 0;
}

int bind_parse(const struct context *ctx, const char *word, bool userns, struct spec_bind *b)
{
    char *copy = strdup(word);
    char *target;
    int code;

    if (copy == NULL) {
        return report_failure("--bind: %s", report_errno(ENOMEM));
    }
    if (!split(copy, &target, &b->readonly)) {
        free(copy);
        return report_usage("--bind: \"%s\": needs SRC:DST or SRC:DST:ro, DST absolute", word);
    }
    code = look_at_source(ctx, copy, b);
    if (code == 0) {
        b->target = strdup(target);
        b->tree = userns ? -1 : mnt_clone(AT_FDCWD, b->source, true);
        if (b->target == NULL) {
            code = report_failure("--bind: %s", report_errno(ENOMEM));
        } else if (!userns && b->tree < 0) {
            code = report_failure("--bind: \"%s\": %s", b->source, report_errno(b->tree));
        }
    }
    free(copy);
    return code;
}
