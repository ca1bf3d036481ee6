/* SPDX-License-Identifier: MIT */
/* Signalling every descendant, for an init that is not PID 1 and must not touch anybody else's. */
#include "glue/descendants.h"

#include "core/wire.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/mem.h"
#include "sys/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define PROCESSES_MAX 4194304 /* the kernel's own limit of pids on 64 bits, proc(5): pid_max */

struct process {
    pid_t pid;
    pid_t parent;
    bool ours;
};

struct table {
    struct process *entry; // one mapping; only what is used is ever touched
    size_t count;
};

/* The number that text begins with, up to this character or the end; -1 where it is none. */
static pid_t number_of(const char *text, const char *end)
{
    uint32_t n;

    return slice_number((struct slice){(const uint8_t *)text, strcspn(text, end)}, &n) ? (pid_t)n
                                                                                       : -1;
}

/* The parent is the second field behind the command's name, which may itself hold ")": proc(5). */
static pid_t read_parent(int proc, const char *pid)
{
    char path[64];
    char text[512];
    int fd FD_CLEANUP = -1;
    const char *end;
    ssize_t n;

    if (strlen(pid) + sizeof("/stat") > sizeof(path)) {
        return -1;
    }
    (void)stpcpy(stpcpy(path, pid), "/stat");
    fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (n <= 0) {
        return -1;
    }
    text[n] = 0;
    end = strrchr(text, ')');
    return end != NULL && strlen(end) > 4 ? number_of(end + 4, " ") : -1;
}

static void read_all(struct table *t)
{
    int proc FD_CLEANUP = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct dir_reader dir;
    const char *name;

    if (proc < 0) {
        return;
    }
    dir_start(&dir, proc);
    while ((name = dir_next(&dir)) != NULL) {
        pid_t pid = number_of(name, "");

        if (pid > 0 && t->count < PROCESSES_MAX) {
            t->entry[t->count++] = (struct process){pid, read_parent(proc, name), false};
        }
    }
}

static bool is_ours(const struct table *t, pid_t pid)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->entry[i].pid == pid) {
            return t->entry[i].ours;
        }
    }
    return false;
}

/* Until nothing changes: a parent may stand behind its child in the table. */
static void mark(struct table *t, pid_t root)
{
    bool changed = true;

    while (changed) {
        changed = false;
        for (size_t i = 0; i < t->count; i++) {
            struct process *p = &t->entry[i];

            if (!p->ours && (p->parent == root || is_ours(t, p->parent))) {
                p->ours = true;
                changed = true;
            }
        }
    }
}

pid_t descendants_signal(int number)
{
    struct table t = {0};
    pid_t root = getpid();
    pid_t self = spawn_copy();

    if (self != 0) {
        return self;
    }
    self = getpid();
    t.entry = mem_map(PROCESSES_MAX * sizeof(*t.entry));
    if (t.entry == NULL) {
        _exit(1);
    }
    read_all(&t);
    mark(&t, root);
    for (size_t i = 0; i < t.count; i++) {
        if (t.entry[i].ours && t.entry[i].pid != self) {
            (void)kill(t.entry[i].pid, number);
        }
    }
    _exit(0);
}
