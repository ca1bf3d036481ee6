/* SPDX-License-Identifier: MIT */
/* What `porthole logs` shows of a log ring. */
#ifndef TOOLS_LOGVIEW_H
#define TOOLS_LOGVIEW_H

#include "core/logring.h"

struct logview {
    struct logreader reader;
    size_t mapped;       // bytes; owned: the mapping at reader.base
    const char *service; // only this one's lines, without their name; NULL: all
    msec_t since;        // only what is not older: wall clock
    bool raw;            // exact bytes
    bool json;
    bool times;    // each line behind its time
    bool escape;   // stdout is a terminal
    uint64_t skip; // lines that are not shown: --tail
    uint64_t open; // whose line has no end yet on stdout; 0: nobody's
};

/*
 * Maps what PID 1 has handed out for a ring, which is believed nothing: a PID 1 inside a container may be anybody's.
 * fd stays open. 0, -EBADMSG where it is no ring, or -errno.
 */
int logview_map(struct logview *v, int fd);
void logview_finish(struct logview *v);

/* What is gone from the ring's beginning counts as lost too: for whoever wants all that there ever was. */
void logview_from_first(struct logview *v);

/* Sets skip so that only this many lines of what there is now are shown. 0 or -EBADMSG. */
int logview_tail(struct logview *v, uint64_t lines);

/* Prints what there is now. 0, -EBADMSG, or -EPIPE where stdout is gone. */
int logview_show(struct logview *v);

/* Ends the line that has no end yet: nothing more comes. */
void logview_end(struct logview *v);

#endif
