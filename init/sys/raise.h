/* SPDX-License-Identifier: MIT */
/* Limits that PID 1 raises for itself, and that its children get back. */
#ifndef SYS_RAISE_H
#define SYS_RAISE_H

#include <stdint.h>
#include <sys/resource.h>

/*
 * An engine may start us with 1,024 descriptors, of which a service takes two or four, and a shell with `ulimit -f`,
 * which counts for a memfd too. A soft limit may be raised to the hard one by anybody: setrlimit(2).
 */
struct raised {
    struct rlimit files;     // RLIMIT_NOFILE as it was given; both ends 0: not known
    struct rlimit file_size; // RLIMIT_FSIZE
};

/* Raises both, and notes what they were. */
void raise_limits(struct raised *ret);

/* In a child: as they were, but for the resources whose bits (1 << RLIMIT_...) are set in `except`. */
void raise_undo(const struct raised *raised, uint32_t except);

#endif
