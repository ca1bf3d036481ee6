/* SPDX-License-Identifier: MIT */
/* What becomes of signals, and of the command's end, where there is a single command. */
#ifndef CORE_RULES_H
#define CORE_RULES_H

#include "core/limits.h"

#include <stdbool.h>
#include <stdint.h>

/* Whose words and habits: its own, or those of the program by whose name it was called (peer.h). */
enum manner { MANNER_OWN, MANNER_TINI, MANNER_DUMB_INIT, MANNER_CATATONIT };

enum forward_to {
    FORWARD_MAIN,  // the command's process
    FORWARD_GROUP, // its process group
    FORWARD_ALL,   // every process but PID 1
    FORWARD_COUNT
};

/* How the command is set apart from PID 1. */
enum isolation {
    ISOLATE_GROUP, // a process group of its own, in the foreground of the terminal where that was ours
    ISOLATE_SESSION, // a session of its own, with the terminal: dumb-init
    ISOLATE_NONE,    // dumb-init -c
};

#define RULES_SIGNALS 65 /* the first is no signal */

struct rules {
    uint8_t manner;       // enum manner
    uint8_t to;           // enum forward_to
    uint8_t isolation;    // enum isolation
    uint8_t parent_death; // signal to the command when our parent dies; 0: none
    uint8_t voice;        // MANNER_TINI: its level; the other peers': whether they tell everything
    uint8_t pass[RULES_SIGNALS]; // what is passed on where this came; 0: nothing
    uint8_t ok[32];              // bits: exit codes that are reported as 0
    bool warn_reap;
    bool no_subreaper; // where we are not PID 1, orphans go to whoever adopts them
    bool at_once;      // the end of the command is ours: nobody is waited for
    bool part;         // and it sends SIGTERM, as it is passed on, before: dumb-init
    bool suspend;      // SIGTSTP, SIGTTIN and SIGTTOU stop us as well: dumb-init
    bool pause;        // there is no command; SIGTERM and SIGINT end us with 0: catatonit -P
    msec_t drain;      // ms from the first SIGTERM until it is passed on
};

/* Our own: everything to the command, as it comes. */
void rules_init(struct rules *r);

/* The signal to pass on where `number` came; 0: none. */
int rules_pass(const struct rules *r, int number);

/* Does it ask for the end, as it came or as it is passed on? SIGTERM, SIGINT and SIGQUIT do: an engine's, a terminal's. */
bool rules_asks_end(const struct rules *r, int number);

/* Does it wait for --drain? SIGTERM does, and what is passed on as SIGTERM. */
bool rules_drains(const struct rules *r, int number);

/* "FROM:TO", names or numbers; TO 0 or "none": it is dropped. 0 or -EINVAL. */
int rules_rewrite(struct rules *r, const char *word);

/* "3,143,SIGTERM": a code from 0 to 255, or the signal by whose number and 128 it is reported. 0 or -EINVAL. */
int rules_ok_exit(struct rules *r, const char *word);

/* The exit code to report for this one. */
int rules_code(const struct rules *r, int code);

#endif
