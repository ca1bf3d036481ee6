/* SPDX-License-Identifier: MIT */
/* The child's side of a service: from the fork to the exec of one of its commands. */
#ifndef GLUE_SERVICE_CHILD_H
#define GLUE_SERVICE_CHILD_H

#include "glue/services.h"

/*
 * What fails before the exec is told by the exit code, as systemd.exec(5) has it under "Process Exit Codes", and by
 * one line on the service's stderr where that is a log, else on PID 1's. One more than systemd's:
 */
enum service_code {
    CODE_CHDIR = 200,
    CODE_FDS = 202,
    CODE_EXEC = 203,
    CODE_MEMORY = 204,
    CODE_LIMITS = 205,
    CODE_STDIN = 208,
    CODE_STDOUT = 209,
    CODE_GROUP = 216,
    CODE_USER = 217,
    CODE_CAPABILITIES = 218,
    CODE_STDERR = 222,
    CODE_NO_NEW_PRIVS = 227,
    CODE_ENVIRONMENT = 244, /* an EnvironmentFile= could not be read */
};

/*
 * What a child needs of what PID 1 knows, on its stack: the table itself is kept from children where it is large, as
 * every page of it that PID 1 writes to after a fork would be copied.
 */
struct service_start {
    const struct service_conf *conf; // points into the image
    struct svc svc;
    pid_t main; // the main process; 0: none
    uint8_t invocation[INVOCATION_BYTES];
    int writers[2]; // of its log pipes; -1: none
    int execed;     // of enum exec_byte, closed by an exec that succeeds; -1: nobody wants to know
};

/* What the child of a Type=exec service says of itself. */
enum exec_byte {
    EXEC_BYTE_APART, /* it has descriptors of its own: PID 1 is to close what it holds of this pipe */
    EXEC_BYTE_FAILED,
};

/*
 * Becomes the command that the service's state says (svc.running, svc.index); never returns. A copy of PID 1: whatever
 * blocks here, a dead file system's path among it, blocks nobody else.
 */
_Noreturn void service_child(const struct init *in, const struct service_start *start);

#endif
