/* SPDX-License-Identifier: MIT */
/* Called by the name of another container init: its command line and environment. */
#ifndef CORE_PEER_H
#define CORE_PEER_H

#include "core/rules.h"

/*
 * tini 0.19.0, dumb-init 1.2.5 and catatonit 0.2.1, as their documentation and their tests have it. Options end at the
 * first operand in all of them (with glibc's getopt(3) tini's and catatonit's do not: `tini ls -l` shows a licence). But
 * tini's help has PROGRAM -- ARGS, and with that getopt(3) no command sees those dashes.
 */
enum peer_answer {
    PEER_RUN,         // the command is to be run by these rules
    PEER_HELP,        // what was asked for, and then the end
    PEER_VERSION,     //
    PEER_LICENCE,     //
    PEER_NO_COMMAND,  // what was wrong
    PEER_BAD_LETTER,  // letter: there is no such option
    PEER_NO_VALUE,    // letter: it needs a value
    PEER_BAD_LONG,    // word: there is no such option
    PEER_AMBIGUOUS,   // word: it begins several (dumb-init: --ver)
    PEER_LONG_VALUE,  // word: it takes no value
    PEER_LONG_NONE,   // word: it needs one
    PEER_BAD_SIGNAL,  // word: tini -p
    PEER_BAD_CODE,    // word: tini -e
    PEER_BAD_REWRITE, // word: dumb-init -r
    PEER_RESERVED,    // CATATONIT_LOG
};

struct peer {
    uint8_t answer; // enum peer_answer
    char letter;
    const char *word; // borrowed: of argv, or a constant
    int command;      // index in argv
    int dashes;       // index of a "--" behind it that is not the command's; 0: there is none
    // What dumb-init tells of how it was called, where it tells everything.
    bool by_environment;
    bool no_setsid;
};

/* By the last component of the name; MANNER_OWN where it is none of theirs. */
enum manner peer_manner(const char *name);

/* find: getenv(3). rules->manner says whose they are; the rest is set. */
void peer_parse(int argc, char *const *argv, char *(*find)(const char *name), struct rules *rules,
                struct peer *ret);

#endif
