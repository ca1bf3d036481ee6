/* SPDX-License-Identifier: MIT */
/* Where units are: folders read once, and what their entries are. */
#include "glue/unitfind.h"

#include "sys/dir.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct found {
    struct found *next; // in the arena
    const char *name;
};

bool find_suffix(const char *name, const char *suffix)
{
    size_t len = strlen(name);
    size_t end = strlen(suffix);

    return len > end && memcmp(name + len - end, suffix, end) == 0;
}

const char *find_join(struct arena *arena, const char *folder, const char *name)
{
    struct wire_writer w;
    size_t len = strlen(folder);

    while (len > 0 && folder[len - 1] == '/') {
        len--;
    }
    arena_draft(arena, &w);
    wire_put_bytes(&w, folder, len);
    wire_put_bytes(&w, "/", 1);
    wire_put_bytes(&w, name, strlen(name));
    return arena_keep(arena, &w);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int find_list(int fd, bool (*takes)(const char *name), struct arena *arena,
              struct find_names *ret_names)
{
    struct find_names list = {NULL, 0};
    struct found *first = NULL;
    struct dir_reader d;
    uint32_t i = 0;

    dir_start(&d, fd);
    for (const char *name = dir_next(&d); name != NULL; name = dir_next(&d)) {
        struct found *f;

        if (name[0] == '.' || !takes(name)) {
            continue;
        }
        f = arena_take(arena, sizeof(*f));
        if (f == NULL || (f->name = arena_string(arena, name, strlen(name))) == NULL) {
            return -ENOMEM;
        }
        f->next = first;
        first = f;
        list.count++;
    }
    if (d.error < 0) {
        return d.error;
    }
    list.names = arena_take(arena, (list.count + 1) * sizeof(*list.names));
    if (list.names == NULL) {
        return -ENOMEM;
    }
    for (const struct found *f = first; f != NULL; f = f->next) {
        list.names[i++] = f->name;
    }
    qsort(list.names, list.count, sizeof(*list.names), compare);
    *ret_names = list;
    return 0;
}

static bool is_of_units(const char *name)
{
    return find_suffix(name, ".service") || find_suffix(name, ".service.d") ||
           find_suffix(name, ".service.wants") || find_suffix(name, ".service.requires") ||
           strcmp(name, "service.d") == 0;
}

int find_open(struct find_folder *f, const char *path, struct arena *arena)
{
    int fd FD_CLEANUP = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd < 0 ? -errno : find_list(fd, is_of_units, arena, &f->entries);

    if (r < 0) {
        return r;
    }
    f->path = path;
    f->fd = TAKE_FD(fd);
    return 0;
}

bool find_has(const struct find_folder *f, const char *name)
{
    return f->entries.count > 0 && bsearch(&name, f->entries.names, f->entries.count,
                                           sizeof(*f->entries.names), compare) != NULL;
}

static int look_at_link(int dirfd, const char *name, enum find_kind *ret_kind, char *target)
{
    char link[PATH_MAX];
    ssize_t len = readlinkat(dirfd, name, link, sizeof(link) - 1);
    const char *base;
    struct stat st;

    if (len < 0) {
        return -errno;
    }
    link[len] = 0;
    base = strrchr(link, '/');
    base = base == NULL ? link : base + 1;
    target[0] = 0;
    if (strlen(base) < FIND_TARGET_MAX) {
        memcpy(target, base, strlen(base) + 1);
    }
    *ret_kind = FIND_LINK;
    if (strcmp(link, "/dev/null") == 0) {
        *ret_kind = FIND_MASK;
    } else if (fstatat(dirfd, name, &st, 0) == 0) {
        *ret_kind = !S_ISREG(st.st_mode) ? FIND_OTHER : st.st_size == 0 ? FIND_MASK : FIND_LINK;
    }
    return 0;
}

int find_look(int dirfd, const char *name, enum find_kind *ret_kind,
              char ret_target[FIND_TARGET_MAX])
{
    struct stat st;

    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return -errno;
    }
    if (S_ISLNK(st.st_mode)) {
        return look_at_link(dirfd, name, ret_kind, ret_target);
    }
    *ret_kind = !S_ISREG(st.st_mode) ? FIND_OTHER : st.st_size == 0 ? FIND_MASK : FIND_FILE;
    return 0;
}

int find_read(int dirfd, const char *name, uint8_t *buf, size_t cap, struct slice *ret_text)
{
    // A fifo that took the file's place since it was looked at is opened without a writer.
    int fd FD_CLEANUP = openat(dirfd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    size_t len = 0;
    uint8_t over;

    if (fd < 0) {
        return -errno;
    }
    for (;;) {
        ssize_t n = len < cap ? read(fd, buf + len, cap - len) : read(fd, &over, 1);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        if (n == 0) {
            break;
        }
        if (len == cap) {
            return -EFBIG;
        }
        len += (size_t)n;
    }
    *ret_text = (struct slice){buf, len};
    return 0;
}
