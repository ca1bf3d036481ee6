/* SPDX-License-Identifier: MIT */
/* Reading a directory without a heap. */
#include "sys/dir.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As the kernel writes it; opendir(3) would allocate. */
struct kernel_dirent {
    uint64_t ino;
    int64_t off;
    uint16_t reclen;
    uint8_t type;
    char name[];
};

void dir_start(struct dir_reader *d, int fd)
{
    d->fd = fd;
    d->error = 0;
    d->have = 0;
    d->at = 0;
}

static bool is_dots(const char *name)
{
    return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

const char *dir_next(struct dir_reader *d)
{
    const struct kernel_dirent *entry;

    do {
        if (d->at >= d->have) {
            d->at = 0;
            d->have = syscall(SYS_getdents64, d->fd, d->buffer, sizeof(d->buffer));
            if (d->have <= 0) {
                d->error = d->have < 0 ? -errno : 0;
                d->have = 0;
                return NULL;
            }
        }
        entry = (const struct kernel_dirent *)(d->buffer + d->at);
        d->at += entry->reclen;
    } while (is_dots(entry->name));
    return entry->name;
}
