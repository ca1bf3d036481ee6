/* SPDX-License-Identifier: MIT */
/* Carrying a command's streams and signals between its caller and the container. */
#ifndef TOOLS_RELAY_H
#define TOOLS_RELAY_H

#include "client.h"
#include "tty.h"

/* One direction of data. Closed where src is -1. */
struct stream {
    int src;
    int dst;
    bool own_src; // close src at its end
    bool own_dst;
    bool terminal;   // dst is a terminal's master: an end of input is typed as Ctrl-D
    bool unfinished; // the last byte was not the end of a line
    int error;       // -errno of a write that was not taken; 0, also where its reader has just gone
    bool src_ready;
    bool dst_ready;
    bool copying; // splice(2) does not work between these two
    size_t have;  // bytes in the buffer
    size_t done;
};

enum { STREAM_IN, STREAM_OUT, STREAM_ERR, STREAM_COUNT };

struct relay {
    struct client *client; // the session's or the monitor's connection
    struct stream stream[STREAM_COUNT];
    bool tty;            // the command gets a terminal
    bool interactive;    // stdin is connected
    struct tty terminal; // the caller's, raw while it runs
    bool raw;
    int master;  // owned: the container's terminal; -1 before it came
    int signals; // owned: signalfd
    int pidfd;   // the caller's: PID 1 of a container that `run` launched; -1 for exec
    int sync;    // the caller's: where that PID 1 will ask for help; -1: it will not
    int ends[3]; // owned: the container's ends of the pipes, to be handed over and closed

    // what the owner of the relay does; both may end it with relay_end()
    void (*on_message)(struct relay *r);
    void (*on_signal)(struct relay *r, int number);
    void (*on_sync)(struct relay *r); // must take `sync` away
    void *owner;
    bool over;         // the command has ended: what is in the pipes is still carried
    bool drain_to_end; // carry until the end of the streams, not just what lies there
    int code;
};

/*
 * Blocks signals, makes the pipes (or notes that a terminal will come). 0, or an exit code with the
 * error reported.
 */
int relay_prepare(struct relay *r, bool tty, bool interactive);

/* For a monitor: signals only, no streams. The same results. */
int relay_prepare_mute(struct relay *r);

/* For a monitor of services: what PID 1 says until they are up goes to stderr. The same results. */
int relay_prepare_words(struct relay *r);

/* Carries what it has said so far, and no more. */
void relay_cut_words(struct relay *r);

/* The container's ends have been handed over: closes ours of them. */
void relay_handed_over(struct relay *r);

/* The container's terminal has come with a STARTED: the caller's becomes raw. Takes the fd. */
void relay_take_master(struct relay *r, int master);

/* Carries until the end. Returns the code given to relay_end(). */
int relay_run(struct relay *r);

void relay_end(struct relay *r, int code, bool drain_to_end);
void relay_finish(struct relay *r);

#endif
