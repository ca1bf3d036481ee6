/* SPDX-License-Identifier: MIT */
/* Reading a container's processes from its procfs, by descriptor: proc(5). */
#ifndef TOOLS_PROCFS_H
#define TOOLS_PROCFS_H

#include "client.h"

#include <stdint.h>

#define PROCFS_COMMAND 512 /* bytes of a command line that are shown */

struct process {
    long pid; // as the container sees it
    long parent;
    long uid; // as the container sees it; -1: not mapped there
    char state;
    uint64_t rss;                 // bytes
    uint64_t cpu_ms;              // user and system
    uint64_t start_ms;            // since the host's boot
    char command[PROCFS_COMMAND]; // arguments with blanks between, or [name] where there are none
};

struct procfs {
    int fd;           // owned: the root of the container's procfs
    long init;        // PID 1's pid in it
    long uid_inside;  // of its user namespace's one line: id inside,
    long uid_outside; // id as this process sees it,
    long uid_count;   // how many
};

/*
 * The container's procfs: handed out by PID 1 to operators and observers, our own /proc inside.
 * The namespaces of PID 1 stay in c->msg. 0, or an exit code with the error reported.
 */
int procfs_open(struct client *c, struct procfs *ret);
void procfs_close(struct procfs *p);

/* One process. 0, -ESRCH where it has gone, or -errno. */
int procfs_read(const struct procfs *p, long pid, struct process *ret);

/* All of them, by pid. *ret is the caller's to free. Count, or -errno. */
long procfs_list(const struct procfs *p, struct process **ret);

/* A file below PID/ whole, zero-terminated; the caller frees it. NULL with errno set. */
char *procfs_file(const struct procfs *p, long pid, const char *name, size_t *ret_len);

#endif
