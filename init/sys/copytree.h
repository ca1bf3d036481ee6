/* SPDX-License-Identifier: MIT */
/* Copying a small tree between two directories by descriptor. */
#ifndef SYS_COPYTREE_H
#define SYS_COPYTREE_H

/* Levels of directories; a tree of /run has three or four. */
#define COPYTREE_DEPTH 16

/*
 * Copies directories, regular files and symbolic links below `from` to `to` (both are kept open),
 * with owner and mode; other kinds are left out, and what `to` has already stays as it is. No link is
 * followed, no mount crossed is special. 0, -EFBIG (deeper than COPYTREE_DEPTH, over COPY_BYTES_MAX or
 * COPY_ENTRIES_MAX), or -errno.
 */
int copytree(int from, int to);

#endif
