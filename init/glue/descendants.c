/* SPDX-License-Identifier: MIT */
/* Signalling processes that are found in a procfs, from a child: reading it is not for the loop. */
#include "glue/descendants.h"

#include "sys/fd.h"
#include "sys/proctable.h"
#include "sys/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define LEADERS_MAX 8

/* ---- of the whole container ---- */

_Noreturn static void signal_descendants(pid_t root, int number)
{
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    pid_t self = getpid();
    struct proctable t;

    if (proc < 0 || proctable_read(proc, &t) < 0) {
        _exit(1);
    }
    for (size_t i = 0; i < t.count; i++) {
        t.entry[i].ours = t.entry[i].pid == root;
    }
    proctable_mark_descendants(&t);
    for (size_t i = 0; i < t.count; i++) {
        if (t.entry[i].ours && t.entry[i].pid != root && t.entry[i].pid != self) {
            (void)kill(t.entry[i].pid, number);
        }
    }
    _exit(0);
}

pid_t descendants_signal(int number)
{
    pid_t root = getpid();
    pid_t pid = spawn_copy();

    if (pid == 0) {
        signal_descendants(root, number);
    }
    return pid;
}

/* ---- of one service ---- */

static bool is_one_of(pid_t pid, const pid_t *list, int count)
{
    for (int i = 0; i < count; i++) {
        if (list[i] > 0 && list[i] == pid) {
            return true;
        }
    }
    return false;
}

_Noreturn static void signal_strays(int proc, const pid_t *leader, int count, int number)
{
    pid_t self = getpid();
    pid_t init = getppid();
    struct proctable t;

    fd_close_all_but(&(int){proc}, 1);
    if (proctable_read(proc, &t) < 0) {
        _exit(1);
    }
    for (size_t i = 0; i < t.count; i++) {
        t.entry[i].ours = is_one_of(t.entry[i].session, leader, count) ||
                          is_one_of(t.entry[i].pid, leader, count);
    }
    proctable_mark_descendants(&t);
    for (size_t i = 0; i < t.count; i++) {
        const struct proctable_process *p = &t.entry[i];

        if (p->ours && p->pid != self && p->pid != init && !is_one_of(p->pid, leader, count) &&
            !is_one_of(p->group, leader, count)) {
            (void)proctable_signal(proc, p, number);
        }
    }
    _exit(0);
}

/* The table of many services does not go along into a child (make_table()): what it needs of that is copied. */
pid_t descendants_signal_strays(int proc, const pid_t *leader, int count, int number)
{
    pid_t leaders[LEADERS_MAX];
    pid_t pid;

    count = count < LEADERS_MAX ? count : LEADERS_MAX;
    memcpy(leaders, leader, (size_t)count * sizeof(*leaders));
    pid = spawn_copy();
    if (pid == 0) {
        signal_strays(proc, leaders, count, number);
    }
    return pid;
}
