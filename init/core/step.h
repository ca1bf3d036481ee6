/* SPDX-License-Identifier: MIT */
/* The steps of a launch and of a command's start: what failed is said by its step, in one place. */
#ifndef CORE_STEP_H
#define CORE_STEP_H

#include <stdint.h>

/* name, what was being done (after "cannot "). Numbers travel on the wire: append only. */
#define STEPS(X) \
    X(NONE, "do nothing") \
    X(PLAN, "read the launch plan") \
    X(MAPS, "wait for the user namespace's id maps") \
    X(LISTEN, "listen on the control socket") \
    X(ACCEPT, "accept the launcher's connection") \
    X(IDENTITY, "become root of the container") \
    X(UNSHARE_MOUNT, "unshare the mount namespace") \
    X(PRIVATE, "make the mounts private") \
    X(UNSHARE_CGROUP, "unshare the cgroup namespace") \
    X(ROOT, "use the root file system") \
    X(MOUNT, "mount") \
    X(NODE, "make the device node") \
    X(SYMLINK, "make the symbolic link") \
    X(DIRECTORY, "make the directory") \
    X(BIND, "bind") \
    X(MASK, "mask") \
    X(READONLY, "make read-only") \
    X(PIVOT, "pivot into the root file system") \
    X(HOSTNAME, "set the host name") \
    X(LOOPBACK, "bring the loopback interface up") \
    X(INSIDE, "listen on the inside socket") \
    X(PROC, "open the container's procfs") \
    X(PRIVILEGES, "set capabilities") \
    X(LOOP, "set up the event loop") \
    X(FORK, "fork") \
    X(ARGUMENTS, "read the command line") \
    X(STDIO, "set up standard input and output") \
    X(TERMINAL, "open a terminal") \
    X(USER, "become user") \
    X(WORKDIR, "change to the directory") \
    X(EXEC, "execute")

enum step {
#define X(name, text) STEP_##name,
    STEPS(X)
#undef X
        STEP_COUNT
};

/* "mount", "execute", …; "do an unknown step" for a number that is none. */
const char *step_text(uint64_t step);

#endif
