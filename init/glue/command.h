/* SPDX-License-Identifier: MIT */
/* The child's side of starting a command: the main command's and every session's. */
#ifndef GLUE_COMMAND_H
#define GLUE_COMMAND_H

#include "core/plan.h"
#include "glue/init.h"
#include "sys/pty.h"

/*
 * The main command's child borrows our memory (spawn.h) and works in PID 1's memory until its exec, so that
 * nothing here may allocate: what it needs is one mapping, which the parent gives back.
 */
struct command {
    const struct init *init;
    const struct proto_msg *own;  // flags, size, user, working directory, arguments
    const struct proto_msg *base; // the plan's: environment, user and directory by default; or NULL
    struct slice args;            // list with ARG and ENV elements
    int conn;                     // control connection for STARTED and ERROR; -1: none
    uint32_t request;
    int stdio[3];   // -1: /dev/null
    struct pty pty; // {-1, -1}: opened by the child where flags ask for one
    void *memory;   // argv, environment and strings; mapped by command_become()
    size_t mapped;  // bytes of it
    bool failed;    // set before the child gives up
};

/*
 * Becomes the command: never returns. What fails is sent as ERROR on conn (or said on stderr), and
 * the process ends with 127 (not found), 126 (not executable) or 125.
 */
_Noreturn void command_become(struct command *c);

/*
 * The plan's fields, which are the defaults of what runs inside: environment, user, directory. They point into a mapping
 * that stays: for children. NULL where there is no plan, or it cannot be mapped.
 */
const struct proto_msg *command_plan_fields(const struct init *in, struct plan *plan);

/* A terminal of this devpts, as large as the request says. 0, -ENODEV without one, or -errno. */
int command_open_pty(int devpts, const struct proto_msg *own, struct pty *ret_pty);

/* In the parent of such a child: gives back what the child has mapped. */
void command_finish(struct command *c);

/* The same for an entrypoint's command, which takes everything as PID 1 was given it. */
_Noreturn void command_become_plain(struct init *in);

#endif
