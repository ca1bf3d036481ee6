/* SPDX-License-Identifier: MIT */
/* What of the log ring goes to PID 1's stdout: a cursor that is kept in the ring itself. */
#ifndef CORE_LOGSINK_H
#define CORE_LOGSINK_H

#include "core/logring.h"

/*
 * Output is a run of units: a line or the piece of one, with "NAME: " before it where the service has a prefix,
 * or the mark "porthole-init: lost=N". N counts lines of the ring (logring.h) of which not all bytes were
 * written. A unit that would go on another stream's line ends that line first, so that no line mixes two.
 * The state is stored whole after each write, so that the next worker goes on behind the last byte written.
 *
 * A worker killed between its write and that state writes once more what it had written, unless its successor can tell
 * that it was. logsink_intend() says that a write is about to come: to a stage, a pipe that outlives the worker, and that
 * is empty when it is filled, so that what is in it then is what was written; or to a file, whose position has moved by
 * all of it then. The intent names the state that held, so that the next state, which is stored in one step, is the end
 * of it, too.
 */
struct logsink_state {
    uint64_t pos;      // of the record, in the ring
    uint64_t offset;   // of the line, in the record's text
    uint64_t done;     // bytes of the unit there that were written
    uint64_t sequence; // number of that line
    uint64_t lost;     // lines that the next unit tells of
    uint64_t more;     // lines lost while that mark was being written
    uint64_t open;     // whose line has no end yet on stdout; 0: nobody's
    uint64_t total;    // lines lost so far
};

#define LOGSINK_MARK 64 /* bytes that a mark may have */

struct logsink {
    struct logring *ring; // borrowed
    struct logsink_state at;
    char mark[LOGSINK_MARK]; // what a slice of logsink_gather() may point to
};

/* Goes on where the sink before left off; written: how much its last write has written, where it cannot have said. */
void logsink_attach(struct logsink *s, struct logring *ring, uint64_t written);

/* The write that a sink before may have died of: where, and how long; false: there was none. */
bool logsink_intended(const struct logring *ring, uint64_t *ret_place, uint64_t *ret_bytes);

/* The next bytes to be written, in at most `most` (6 or more) slices. Returns how many; 0: all is written. */
size_t logsink_gather(struct logsink *s, struct slice *parts, size_t most);

/* They are about to be written: to the stage, which is empty, or so many bytes at that place. */
void logsink_intend(const struct logsink *s, uint64_t place, uint64_t bytes);

/* How many lines it has not written, or not told of; and noting that in the ring, for PID 1 (LOGRING_AT_LEFT). */
uint64_t logsink_left(const struct logsink *s);
void logsink_note_left(const struct logsink *s, uint64_t lines);

/* So many of them were written. */
void logsink_advance(struct logsink *s, uint64_t written);

#endif
