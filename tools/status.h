/* SPDX-License-Identifier: MIT */
/* A container's status as PID 1 and its procfs tell it. */
#ifndef TOOLS_STATUS_H
#define TOOLS_STATUS_H

#include "client.h"
#include "procfs.h"

struct status {
    char version[32];
    const char *state; // for people
    const char *place;
    long pid; // of PID 1 as this process sees it; 0 where it cannot
    uint64_t uptime_ms;
    uint64_t grace_ms; // UINT64_MAX: infinity
    uint64_t sessions;
    uint64_t reaped;
    bool monitored;
    bool has_services;     // else its main command is all that there is
    uint64_t services_all; // 0 while the first units are being read
    uint64_t services_up;
    bool
        main_alive; // the main command runs; with services: the main service's process, if one is main
    long main_pid; // inside
    uint64_t main_uptime_ms;
    bool has_code; // the container's exit code is known: it will end with it
    int main_code;
    bool has_process; // the two below are known
    struct process main_process;
};

/* Asks for it. 0, or an exit code with the error reported. */
int status_get(struct client *c, struct status *ret);

#endif
