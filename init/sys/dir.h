/* SPDX-License-Identifier: MIT */
/* Reading a directory without a heap: getdents64(2). */
#ifndef SYS_DIR_H
#define SYS_DIR_H

#include <stdint.h>

#define DIR_BUFFER 1024 /* bytes; a few dozen names a call */

struct dir_reader {
    int fd;    // the caller's
    int error; // -errno of the read that ended it; 0
    long have; // bytes in the buffer
    long at;   // of the next entry
    _Alignas(uint64_t) char buffer[DIR_BUFFER];
};

/* fd is a directory opened for reading, at its beginning. */
void dir_start(struct dir_reader *d, int fd);

/* The next name ("." and ".." are left out), valid until the next call. NULL at the end: see error. */
const char *dir_next(struct dir_reader *d);

#endif
