/* SPDX-License-Identifier: MIT */
/* Making a container: namespaces, porthole-init in them, and the first control connection. */
#ifndef TOOLS_LAUNCH_H
#define TOOLS_LAUNCH_H

#include "runtime.h"
#include "spec.h"

#include <sys/types.h>

struct launched {
    pid_t pid; // of PID 1, on the host; a child of this process
    int pidfd; // owned
    int conn;  // owned; the monitor's connection
    int sync;  // owned; PID 1 reports here what failed before the connection stood
};

/*
 * Starts PID 1 and returns once the monitor's connection stands; how the boot goes on is read from
 * there. stdio: the container's ends of its streams. ret_made: the mount points that it will have to make
 * (spec_note_missing()). All signals must be blocked. 0, or an exit code with the error reported and
 * nothing left running.
 */
int launch_start(struct spec *s, struct runtime *run, const int stdio[3],
                 struct spec_made *ret_made, struct launched *ret);

/*
 * For when sync becomes readable (without a user namespace of its own): PID 1 is isolated, and the launcher
 * does its part (assist.h). 0, or the code of a failure that has been reported; PID 1 ends by itself then.
 */
int launch_help(const struct spec *s, int sync);

/* What PID 1 has reported of a failed boot, if anything. True, with its exit code, where it had. */
bool launch_read_failure(const struct spec *s, struct launched *l, int *ret_code);

#endif
