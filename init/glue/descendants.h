/* SPDX-License-Identifier: MIT */
/* Signalling processes that are found in a procfs, from a child: reading it is not for the loop. */
#ifndef GLUE_DESCENDANTS_H
#define GLUE_DESCENDANTS_H

#include <sys/types.h>

/*
 * Sends number to all descendants of the calling process, from a child of it: reading /proc is not for the loop. For an
 * init that is not PID 1 and must not touch anybody else's. That child's pid, to be waited for, or -errno. Processes
 * that are forked meanwhile may be missed; what they leave is adopted by the caller, a subreaper, and found the next time.
 */
pid_t descendants_signal(int number);

/*
 * Sends number, and SIGCONT, to the strays of a service: who is in a session of one of the leaders (count of them, 8 at most; 0:
 * none) or descends from somebody who is, but in none of the leaders' own process groups. Those are the caller's to
 * signal, once the child that does this has ended: a leader that dies before takes the chain of parents with it.
 * proc is a descriptor of a procfs; where that shows other numbers than ours nothing is signalled.
 *
 * Who has left both, a daemon that forked twice and made a session of its own before, is found in a cgroup only.
 * Returns the child's pid, which the caller reaps, or -errno.
 */
pid_t descendants_signal_strays(int proc, const pid_t *leader, int count, int number);

#endif
