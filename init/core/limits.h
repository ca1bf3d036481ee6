/* SPDX-License-Identifier: MIT */
/* Every limit of porthole in one place, each with its unit and its reason. */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

#include <stdint.h>

/* Monotonic milliseconds; all of porthole's time has this type. */
typedef int64_t msec_t;

#define MSEC_NEVER INT64_MAX /* no deadline */

static inline msec_t msec_earlier(msec_t a, msec_t b)
{
    return a < b ? a : b;
}

/* Control channel. One datagram is a page, so that one static page receives any of them. */
#define PROTO_DATAGRAM_MAX 4096 /* bytes */
#define SLOTS_OPERATOR 8 /* connections; separate per role, so that no role can starve another */
#define SLOTS_OBSERVER 4
#define SLOTS_INSIDE 4
#define SLOTS_MONITOR 1
#define SLOTS_MAX (SLOTS_OPERATOR + SLOTS_OBSERVER + SLOTS_INSIDE + SLOTS_MONITOR + SESSIONS_MAX)
#define ACCEPTS_PER_TURN 4  /* connections; reaping must not wait behind a flood of connects */
#define ACCEPT_PAUSE_MS 100 /* ms without accept(2) after it failed for want of something */
#define MESSAGES_PER_TURN 8 /* datagrams of one connection, for the same reason */
#define SIGNALS_PER_TURN 64 /* signals: real-time ones queue, and anybody inside may send them */
#define REAPS_PER_TURN 256  /* processes: who forks without end must not keep us from our clients */
#define HELLO_TIMEOUT_MS 2000 /* ms a connection may stay without a hello */
#define LISTEN_BACKLOG 16     /* connections waiting for accept */

/* Sessions (`exec`): a counted table; a session's connection no longer counts as its operator's. */
#define SESSIONS_MAX 32 /* sessions */
#define EVENT_FOLLOWERS_MAX \
    16 /* operators' `events -f`: half of that share, so that jobs can wait too */
#define EVENT_FOLLOWERS_OTHERS 2 /* observers', and those inside: half of theirs */
#define SESSION_FDS 3            /* stdin, stdout, stderr */
#define SESSION_ARGS_MAX \
    (4u << 20)                 /* bytes of argv and env in a memfd; above the kernel's own limit */
#define SESSION_HANGUP_MS 2000 /* ms from SIGHUP to SIGKILL once the client has gone */

/* Ending a container. */
#define GRACE_DEFAULT_MS 10000 /* ms from SIGTERM to SIGKILL, as `docker stop` has it */
#define RESOURCES_PAUSE_MS 100 /* ms, at least, until what could not be forked is tried again */
#define KILL_WAIT_MS 5000      /* ms to wait for processes after SIGKILL (uninterruptible sleep) */

/* Audit. */
#define AUDIT_KEEP 64 /* records kept while no monitor is there to write them: a page of memory */
#define AUDIT_TEXT 36 /* bytes of detail a record, with its closing zero */

/* The log of services. */
#define LOG_RING_BYTES (1 << 20) /* bytes of the ring, beside its header */
#define LOG_TEXT_MAX 16384       /* bytes of one record, and of one look into a pipe */
#define LOG_TURN_BYTES 65536 /* bytes that one service writes before the others have their turn */
#define LOG_LOOK_FIRST_US \
    100 /* us from a line without an end to the next look at it, doubling ... */
#define LOG_LOOK_LAST_US \
    102400 /* us ... up to this; then what is there goes to the ring: 0.2 s in all */
#define LOG_CLOSE_US 50000 /* us after the end of a service until its last line is ended for it */
#define LOG_DRAIN_BYTES \
    (1 << 20) /* bytes of one pipe at the end: the largest that a pipe can be made */
#define LOG_PATIENCE_MS \
    1000 /* ms without a byte taken by whoever reads stdout: nobody waits for it then */
#define LOG_END_MS \
    60000 /* ms at the end for stdout to take what is left, as long as it takes something */
#define LOG_END_ASKED_MS \
    6000 /* ms of the same where somebody has asked for the end: an engine waits for ten */
#define LOG_SINK_RETRY_MS 1000 /* ms from a full disk to the next try */
#define LOG_FOLLOWERS_MAX 32   /* `porthole logs -f` at a time */
#define LOG_FAST_MS 1000       /* ms: a worker that lives no longer is replaced after a pause */
#define LOG_PAUSE_MS 100       /* ms of the first pause, doubling */
#define LOG_PAUSE_MAX_MS 5000  /* ms */
#define LOG_FDS_LEAST 24       /* descriptors that must stay free for starts, sessions and units */
#define LOG_FDS_SPARE 256      /* descriptors that log pipes leave to everything else */
#define LOG_ENDS_MAX 100       /* workers that may die while the last lines are being written */

/* What of the image's /run goes into the container's. */
#define COPY_BYTES_MAX (64 << 20) /* bytes; memory of the host */
#define COPY_ENTRIES_MAX 65536    /* files, links and directories */

/* Units. The unit image's own limits are in unitimage.h. */
#define UNIT_FILE_MAX (1 << 20) /* bytes of a unit file or drop-in: systemd's are of a few KiB */
#define UNIT_MEMORY_MAX (256 << 20) /* bytes that the loader takes at most; an image has 16 MiB */
#define UNITS_TIMEOUT_MS \
    90000 /* ms that reading them may take: systemd's for a start; a dead file system */
#define UNIT_LINKS_MAX 8     /* links from name to name, until one is a file */
#define UNIT_FINDINGS_MAX 64 /* warnings of one unit that are printed one by one, and errors */
#define UNIT_SAY_WAIT_MS \
    1000 /* ms to wait for a reader of stderr, once, before lines are dropped */

/* The launcher's side. */
#define CONTAINER_NAME_MAX 63 /* bytes, without the closing zero */

#endif
