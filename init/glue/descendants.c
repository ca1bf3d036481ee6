/* SPDX-License-Identifier: MIT */
/* Signalling every descendant, for an init that is not PID 1 and must not touch anybody else's. */
#include "glue/descendants.h"

#include "sys/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct process {
    pid_t pid;
    pid_t parent;
    bool ours;
};

struct table {
    struct process *entry; // owned; this child's heap
    size_t count;
    size_t cap;
};

/* The parent is the second field behind the command's name, which may itself hold ")": proc(5). */
static pid_t read_parent(int proc, const char *pid)
{
    char path[64];
    char text[512];
    size_t len = strlen(pid);
    int fd FD_CLEANUP = -1;
    const char *end;
    ssize_t n;

    if (len + sizeof("/stat") > sizeof(path)) {
        return -1;
    }
    memcpy(path, pid, len);
    memcpy(path + len, "/stat", sizeof("/stat"));
    fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (n <= 0) {
        return -1;
    }
    text[n] = 0;
    end = strrchr(text, ')');
    return end != NULL && strlen(end) > 4 ? (pid_t)strtol(end + 4, NULL, 10) : -1;
}

static bool add(struct table *t, pid_t pid, pid_t parent)
{
    if (t->count == t->cap) {
        size_t cap = t->cap > 0 ? 2 * t->cap : 256;
        struct process *grown = realloc(t->entry, cap * sizeof(*grown));

        if (grown == NULL) {
            return false;
        }
        t->entry = grown;
        t->cap = cap;
    }
    t->entry[t->count++] = (struct process){pid, parent, false};
    return true;
}

static void read_all(struct table *t)
{
    DIR *dir = opendir("/proc");
    const struct dirent *d;

    while (dir != NULL && (d = readdir(dir)) != NULL) {
        pid_t pid = (pid_t)strtol(d->d_name, NULL, 10);

        if (pid > 0 && !add(t, pid, read_parent(dirfd(dir), d->d_name))) {
            break;
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
}

/* Until nothing changes: a parent may stand behind its child in the table. */
static void mark(struct table *t, pid_t root)
{
    bool changed = true;

    while (changed) {
        changed = false;
        for (size_t i = 0; i < t->count; i++) {
            struct process *p = &t->entry[i];
            bool child = p->parent == root;

            for (size_t j = 0; j < t->count && !child && !p->ours; j++) {
                child = t->entry[j].ours && t->entry[j].pid == p->parent;
            }
            if (child && !p->ours) {
                p->ours = true;
                changed = true;
            }
        }
    }
}

void descendants_signal(int number)
{
    struct table t = {0};
    pid_t root = getpid();
    pid_t self;

    if (fork() != 0) {
        return;
    }
    self = getpid();
    read_all(&t);
    mark(&t, root);
    for (size_t i = 0; i < t.count; i++) {
        if (t.entry[i].ours && t.entry[i].pid != self) {
            (void)kill(t.entry[i].pid, number);
        }
    }
    _exit(0);
}
