/* SPDX-License-Identifier: MIT */
/* Pseudoterminals from one particular devpts. */
#ifndef SYS_PTY_H
#define SYS_PTY_H

#include <stdint.h>

struct pty {
    int master; // owned, CLOEXEC
    int slave;  // owned, CLOEXEC
};

/*
 * A new terminal of the devpts that fd is the root of, of this size. The peer is opened through the
 * master (TIOCGPTPEER), so no path of the container is resolved. 0, -EXDEV where what
 * it holds as ptmx is no devpts's, or -errno (-ENOENT: no ptmx).
 */
int pty_open(int devpts, uint16_t rows, uint16_t columns, struct pty *ret_pty);

/* Makes the slave the controlling terminal of this process, a session leader. 0 or -errno. */
int pty_control(int slave);

void pty_finish(struct pty *p);

#endif
