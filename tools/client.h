/* SPDX-License-Identifier: MIT */
/* A connection to a container's PID 1. */
#ifndef TOOLS_CLIENT_H
#define TOOLS_CLIENT_H

#include "commands.h"
#include "core/proto.h"
#include "sys/sock.h"

#include <sys/types.h>

#define CLIENT_ANSWER_MS 5000 /* ms that PID 1 may take to answer */

struct client {
    int fd;            // owned
    const char *name;  // the container's, for messages
    enum role role;    // by the socket that was found
    bool monitored;    // after client_greet(): nobody needs to take the monitor's place
    pid_t pid;         // of PID 1 as this process sees it; 0 where it cannot
    bool quiet;        // whoever asks reports nothing: many are asked, and one may just end
    bool starting;     // it could not be reached because it is just starting
    int timeout;       // ms to wait for an answer, -ETIMEDOUT then; 0: for ever
    uint32_t request;  // number of the last request
    uint64_t features; // enum feature: what PID 1 and this program both know; after client_greet()
    uint8_t buf[PROTO_DATAGRAM_MAX];
    struct proto_msg msg; // of the last reply, points into buf
    struct sock_fds fds;  // that came with it; owned, emptied by the next receive
};

/*
 * Connects to the container (NULL: the default one): operator's socket, observer's, inside one.
 * A dead container is cleared away and said to be dead. Nothing is sent yet: the first request says
 * hello (client_greeting) or is one. 0, or an exit code with the error reported (unless quiet).
 */
int client_dial(const struct context *ctx, const char *name, bool quiet, struct client *ret);

/* What a first request must carry to stand for a hello. */
void client_greeting(struct wire_writer *w);

/* client_dial() and a hello, whose answer is not awaited. */
int client_open(const struct context *ctx, const char *name, bool quiet, struct client *ret);

/* Reads the answer to the hello. 0, or an exit code with the error reported. */
int client_greet(struct client *c);

/* client_open() and client_greet(); where nobody watches the container a new monitor is started. */
int client_connect(const struct context *ctx, const char *name, struct client *ret);

/* Begins a request in w (its number is c->request), and sends it. client_send: 0 or -errno. */
void client_begin(struct client *c, struct wire_writer *w, void *buf, size_t cap,
                  enum proto_type type);
int client_send(struct client *c, struct wire_writer *w, const int *fds, size_t count);

/* Waits for a datagram. 1 with msg and fds set, 0 at the end of the connection, -ETIMEDOUT, -errno. */
int client_receive(struct client *c);

/* Sends a composed request and waits for the next datagram: what client_receive() returns, or -errno. */
int client_exchange(struct client *c, struct wire_writer *w);

/*
 * Sends a request without any element and waits for its answer, which must be of this type.
 * 0, or an exit code with the error reported.
 */
int client_ask(struct client *c, enum proto_type type, enum proto_type answer);

/* The same for a request that was composed. */
int client_call(struct client *c, struct wire_writer *w, enum proto_type answer);

/* Says what an ERROR means. Returns the exit code. */
int client_report(const struct client *c);

/* Says that there was no answer: what client_receive() returned. Returns the exit code. */
int client_report_lost(const struct client *c, int received);

/* A pidfd of PID 1, to be closed by the caller; -1 where this process cannot see it. */
int client_watch(const struct client *c);

/* After the connection was lost: true once PID 1 itself has ended, false where it still runs a second later. */
bool client_has_ended(int pidfd);

void client_close(struct client *c);

/*
 * For commands without options: [NAME]. *ret_name is NULL where there is none. `usage` is printed
 * by --help. 0 to go on; else *ret_code is to be returned.
 */
bool client_parse_name(int argc, char **argv, const char *usage, const char **ret_name,
                       int *ret_code);

/* For commands that know no services: refuses NAME/SERVICE. 0 or EXIT_USAGE, reported. */
int client_check_target(const char *target);

/* Prints "Usage: porthole COMMAND USAGE" and the option lines; returns 0. */
int client_help(const char *usage, const char *options);

#endif
