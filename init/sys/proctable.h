/* SPDX-License-Identifier: MIT */
/* All processes as a procfs shows them: for children that look at them, never for the loop. */
#ifndef SYS_PROCTABLE_H
#define SYS_PROCTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proctable_process {
    pid_t pid;
    pid_t parent;
    pid_t group;
    pid_t session;
    uint64_t start; // in ticks since the boot: with pid it names one process
    bool ours;      // the caller's mark
};

/* In ascending order of pid. */
struct proctable {
    struct proctable_process *entry; // one mapping; only what is used is ever touched
    size_t count;
};

/*
 * Reads the procfs at descriptor proc. 0, -ESRCH where it is not of this process's pid namespace (its numbers would be
 * somebody else's), or -errno. The memory goes with the process.
 */
int proctable_read(int proc, struct proctable *ret);

/* Marks what descends from those that are marked. */
void proctable_mark_descendants(struct proctable *t);

/*
 * Sends number to exactly that process (and SIGCONT where that is not SIGKILL): another one that has its pid by now is
 * spared, as a pidfd holds whoever is looked at. 0 or -errno; -ESRCH: it is gone.
 */
int proctable_signal(int proc, const struct proctable_process *p, int number);

#endif
