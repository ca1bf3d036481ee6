/* SPDX-License-Identifier: MIT */
/* Where units are: folders read once, and what their entries are. */
#ifndef GLUE_UNITFIND_H
#define GLUE_UNITFIND_H

#include "core/arena.h"

/* Names of a folder, sorted by their bytes. */
struct find_names {
    const char **names; // in the arena
    uint32_t count;
};

/* A folder that stays open. */
struct find_folder {
    const char *path; // borrowed
    int fd;
    struct find_names
        entries; // *.service, *.service.d, *.service.wants, *.service.requires, service.d
};

enum find_kind {
    FIND_FILE,
    FIND_LINK,  /* to a regular file, or to nothing */
    FIND_MASK,  /* empty, or a link to /dev/null or to an empty file */
    FIND_OTHER, /* a folder, a device, a fifo, or a link to one */
};

#define FIND_TARGET_MAX 256 /* bytes: NAME_MAX, and a zero */

/*
 * The entries of an open folder that the predicate takes; names that begin with a dot are not asked for. 0,
 * -ENOMEM where the arena is full, or -errno.
 */
int find_list(int fd, bool (*takes)(const char *name), struct arena *arena,
              struct find_names *ret_names);

/* Opens and reads one. 0 or -errno: -ENOENT, -ENOTDIR, -EACCES, ...; -ENOMEM. */
int find_open(struct find_folder *f, const char *path, struct arena *arena);

/* False where the folder had no such entry when it was read. */
bool find_has(const struct find_folder *f, const char *name);

/*
 * What the entry of the folder is. For a link ret_target is the last part of where it leads (empty where that
 * is none). 0 or -errno.
 */
int find_look(int dirfd, const char *name, enum find_kind *ret_kind,
              char ret_target[FIND_TARGET_MAX]);

/*
 * Reads a file into buf (of cap bytes), through links, without waiting for what is no file. 0, -EFBIG where it is
 * longer than cap, or -errno.
 */
int find_read(int dirfd, const char *name, uint8_t *buf, size_t cap, struct slice *ret_text);

/* True for "x.conf" with ".conf", not for ".conf" itself. */
bool find_suffix(const char *name, const char *suffix);

/* folder/name in the arena; NULL where it is full. */
const char *find_join(struct arena *arena, const char *folder, const char *name);

#endif
