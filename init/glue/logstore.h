/* SPDX-License-Identifier: MIT */
/* What the log is made of and outlives every worker: the ring, the stage, the pipes of services. */
#ifndef GLUE_LOGSTORE_H
#define GLUE_LOGSTORE_H

#include <stdbool.h>

struct init;
struct logger;
struct services;

/* A ring of LOG_RING_BYTES without records, sealed in its size: an owned memfd, or -errno. */
int logstore_ring(void);

/* The pipe on the way to stdout, where there is a stdout and numbers of descriptors are not scarce. */
void logstore_stage(struct services *s);

/*
 * A stream's pipe: *ret_log, which holds what is in it, and where there is room for two a service also *ret_writer, of
 * which a start can make a copy; both owned, numbered above LEAN_FDS. 0 or -errno (-EMFILE: too few numbers are left).
 */
int logstore_pipe(const struct init *in, int *ret_log, int *ret_writer);

/* A writing end for a process that is to start (main: the service's main one): an owned descriptor, or -errno. */
int logstore_writer(const struct init *in, int log, int writer, bool main);

/* PID 1's stdout for a service, or /dev/null where it has none: an owned descriptor, or -errno. */
int logstore_stdout(const struct logger *l);

/*
 * In the service's child, while it still may do everything: its stdout and stderr (where `out`, `error`) at 1 and
 * 2, which are open; blocking. stderr goes with stdout where the service has one pipe. 0 or -errno.
 */
int logstore_connect(const int writers[2], bool out, bool error);

#endif
