/* SPDX-License-Identifier: MIT */
/* The log worker's pipes: from a service's stdout or stderr into the ring, every byte once. */
#include "glue/logfeed.h"

#include "glue/logpeek.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/mem.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#define NONE LOGFEED_MAX

enum look {
    LOOK_EMPTY, // nothing is left in the pipe
    LOOK_TOOK,  // something was taken; there may be more
    LOOK_REST,  // a line without its end stays
};

int logfeed_init(struct logfeeds *f, struct logring *ring, int epoll)
{
    *f = (struct logfeeds){.ring = ring,
                           .epoll = epoll,
                           .scratch = {-1, -1},
                           .queue_first = NONE,
                           .queue_last = NONE,
                           .waiting_first = NONE};
    f->feed = mem_map(LOGFEED_MAX * sizeof(*f->feed));
    f->names = mem_map(LOGFEED_NAMES);
    f->peeked = mem_map(LOG_TEXT_MAX);
    if (f->feed == NULL || f->names == NULL || f->peeked == NULL) {
        return -ENOMEM;
    }
    f->no_tee = fd_pipe(f->scratch) < 0;
    return 0;
}

static void set_open(struct logfeeds *f, struct logfeed *e, bool open)
{
    e->open = open;
    if (f->shown != NULL) {
        f->shown[e - f->feed] = open;
    }
}

/* Before text is taken that has no end: who finds the pipe empty must find this. */
static void show_open(struct logfeeds *f, const struct logfeed *e)
{
    if (f->shown != NULL) {
        f->shown[e - f->feed] = true;
    }
}

static void enqueue(struct logfeeds *f, uint32_t index)
{
    struct logfeed *e = &f->feed[index];

    if (e->queued) {
        return;
    }
    e->queued = true;
    e->next_queued = NONE;
    if (f->queue_last == NONE) {
        f->queue_first = index;
    } else {
        f->feed[f->queue_last].next_queued = index;
    }
    f->queue_last = index;
    f->queue_count++;
}

void logfeed_resume(struct logfeeds *f)
{
    struct logring_record rec;

    for (uint64_t pos = f->ring->tail; logring_at(f->ring, pos, &rec); pos += rec.length) {
        uint32_t index = rec.service * 2 + (rec.stream == LOG_STDERR);

        if (!rec.padding && rec.service <= UNITIMAGE_SERVICES_MAX && f->feed[index].used) {
            f->feed[index].open = (rec.flags & LOGRING_PARTIAL) != 0;
        }
    }
    for (uint32_t i = 0; i < f->limit; i++) {
        set_open(f, &f->feed[i], f->feed[i].open);
    }
    if (f->shown != NULL) {
        f->shown[LOGFEED_MAX] = true;
    }
}

void logfeed_ready(struct logfeeds *f, uint32_t index)
{
    if (index < LOGFEED_MAX && f->feed[index].used) {
        f->feed[index].edges++;
        enqueue(f, index);
    }
}

static void set_closing(struct logfeeds *f, struct logfeed *e, bool closing)
{
    f->closing_count += closing;
    f->closing_count -= e->closing;
    e->closing = closing;
}

void logfeed_ended(struct logfeeds *f, uint32_t service, bool forget)
{
    for (uint32_t i = service * 2; service <= UNITIMAGE_SERVICES_MAX && i < service * 2 + 2; i++) {
        struct logfeed *e = &f->feed[i];

        if (!e->used) {
            continue;
        }
        if (forget) {
            e->ended = e->forget = true;
            enqueue(f, i);
        } else {
            set_closing(f, e, true);
            e->edges_closing = e->edges;
            e->close_due = clock_micro() + LOG_CLOSE_US;
        }
    }
}

static struct logring_record describe(const struct logfeeds *f, const struct logfeed *e,
                                      const uint8_t *text, size_t len, unsigned flags)
{
    struct logring_record rec = {.time = clock_wall(),
                                 .service = e->service,
                                 .stream = e->stream,
                                 .flags = (uint8_t)(e->flags | flags),
                                 .name = {(const uint8_t *)f->names + e->name, e->name_len},
                                 .text = {text, len}};
    const uint8_t *end = text + len;

    for (const uint8_t *p = text; p < end; rec.lines++) {
        p = memchr(p, '\n', (size_t)(end - p));
        p = p != NULL ? p + 1 : end;
    }
    return rec;
}

/* The first len bytes of the pipe, which peeked holds a copy of, into the ring. False where they are gone. */
static bool take(struct logfeeds *f, struct logfeed *e, size_t len, unsigned flags)
{
    struct logring_record rec = describe(f, e, f->peeked, len, flags);
    uint8_t *to = logring_reserve(f->ring, &rec);
    ssize_t n;

    logring_intend(f->ring, f->peeked[len - 1]);
    if ((flags & LOGRING_PARTIAL) != 0) {
        show_open(f, e);
    }
    n = read(e->fd, to, len);
    if (n <= 0) { // somebody else reads this pipe: its owner may open it
        logring_forget(f->ring);
        return false;
    }
    if ((size_t)n < len) {
        rec.lines = describe(f, e, to, (size_t)n, flags).lines;
    }
    logring_commit(f->ring, (uint64_t)n, rec.lines);
    set_open(f, e, (flags & LOGRING_PARTIAL) != 0);
    return true;
}

/*
 * Where tee(2) does not work (a sandbox without it, no memory for its pipe) what was read is copied: a worker
 * that is killed between the two loses that much, and lines are cut wherever a read ends.
 */
static enum look take_plainly(struct logfeeds *f, struct logfeed *e, size_t *taken)
{
    struct logring_record rec;
    uint8_t *to;
    ssize_t n;

    show_open(f, e);
    n = read(e->fd, f->peeked, LOG_TEXT_MAX);
    if (n <= 0) {
        set_open(f, e, e->open);
        return LOOK_EMPTY;
    }
    rec = describe(f, e, f->peeked, (size_t)n, f->peeked[n - 1] == '\n' ? 0 : LOGRING_PARTIAL);
    to = logring_reserve(f->ring, &rec);
    memcpy(to, f->peeked, (size_t)n);
    logring_commit(f->ring, (uint64_t)n, rec.lines);
    set_open(f, e, (rec.flags & LOGRING_PARTIAL) != 0);
    *taken += (size_t)n + LOGRING_RECORD_MAX - LOG_TEXT_MAX;
    return LOOK_TOOK;
}

/* One look into the pipe, and what it says may be taken. *taken grows by what that needs of the ring, at most. */
static enum look look(struct logfeeds *f, struct logfeed *e, size_t *taken)
{
    const uint8_t *end;
    bool whole;
    ssize_t n = f->no_tee ? -ENOSYS : logpeek_line(e->fd, f->scratch, f->peeked, &end, &whole);
    unsigned flags = 0;
    size_t len;

    if (n < 0) {
        f->no_tee = true;
        return take_plainly(f, e, taken);
    }
    if (n == 0) {
        return LOOK_EMPTY;
    }
    len = (size_t)n;
    if (end != NULL) {
        len = (size_t)(end - f->peeked) + 1;
    } else if (!whole) { // as much as one look takes
        flags = LOGRING_PARTIAL;
    } else if (!e->ended) {
        if (!e->overdue && !logpeek_is_full(e->fd)) {
            e->seen = (uint32_t)len;
            return LOOK_REST;
        }
        flags = LOGRING_PARTIAL;
    }
    *taken += len + LOGRING_RECORD_MAX - LOG_TEXT_MAX;
    return take(f, e, len, flags) ? LOOK_TOOK : LOOK_EMPTY;
}

/* A line that was begun in records before is ended, where nothing more comes, by a record without text. */
static void finish_line(struct logfeeds *f, struct logfeed *e)
{
    struct logring_record rec = describe(f, e, NULL, 0, 0);

    (void)logring_reserve(f->ring, &rec);
    logring_commit(f->ring, 0, 0);
    set_open(f, e, false);
}

void logfeed_closed(struct logfeeds *f, uint32_t service)
{
    for (uint32_t i = service * 2; service <= UNITIMAGE_SERVICES_MAX && i < service * 2 + 2; i++) {
        if (f->feed[i].used && f->feed[i].open) {
            finish_line(f, &f->feed[i]);
        }
    }
}

static void drop(struct logfeeds *f, struct logfeed *e)
{
    // The description may outlive our descriptor of it, and epoll(7) would keep it then.
    (void)epoll_ctl(f->epoll, EPOLL_CTL_DEL, e->fd, NULL);
    fd_close(&e->fd);
    set_closing(f, e, false);
    e->used = false;
    e->forget = false;
    e->waiting = false;
}

static void finish(struct logfeeds *f, struct logfeed *e)
{
    e->waiting = false;
    e->overdue = false;
    if (e->ended && e->open) {
        finish_line(f, e);
    }
    if (e->ended && e->forget) {
        drop(f, e);
    }
    e->ended = false; // it may be started again, with the same pipe
}

/* Everything that is there, as long as it needs no more of the ring. True where there may be more. */
static bool drain(struct logfeeds *f, struct logfeed *e, size_t most)
{
    size_t taken = 0;

    while (taken < most) {
        if (look(f, e, &taken) != LOOK_TOOK) {
            return false;
        }
    }
    return true;
}

static bool same_pipe(int a, int b)
{
    struct stat sa;
    struct stat sb;

    return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && sa.st_ino == sb.st_ino &&
           sa.st_dev == sb.st_dev;
}

static int keep_name(struct logfeeds *f, struct logfeed *e, struct slice name)
{
    size_t len = name.len < LOGRING_NAME_MAX ? name.len : LOGRING_NAME_MAX;

    if (len > e->name_len) { // a new one in the old one's place takes its room
        if (len > LOGFEED_NAMES - f->names_used) {
            return -ENOSPC;
        }
        e->name = f->names_used;
        f->names_used += (uint32_t)len;
    }
    memcpy(f->names + e->name, name.data, len);
    e->name_len = (uint8_t)len;
    return 0;
}

int logfeed_add(struct logfeeds *f, uint32_t service, unsigned bits, struct slice name, int fd)
{
    uint32_t stream = bits & LOGRING_STREAM;
    uint32_t index = service * 2 + (stream == LOG_STDERR);
    struct epoll_event ev = {.events = EPOLLIN | EPOLLET, .data.u32 = index};
    struct logfeed *e;
    int r;

    if (service > UNITIMAGE_SERVICES_MAX || (stream != LOG_STDOUT && stream != LOG_STDERR)) {
        (void)close(fd);
        return -EINVAL;
    }
    e = &f->feed[index];
    if (e->used && same_pipe(e->fd, fd)) {
        (void)close(fd);
        return 0;
    }
    if (e->used) {
        e->forget = true;
        e->ended = true;
        (void)drain(f, e, LOG_DRAIN_BYTES);
        finish(f, e);
    }
    r = keep_name(f, e, name);
    if (r < 0 || epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &ev) < 0) {
        (void)close(fd);
        return r < 0 ? r : -errno;
    }
    e->used = true;
    e->fd = fd;
    e->service = service;
    e->stream = (uint8_t)stream;
    e->flags = (uint8_t)(bits & LOGRING_PREFIX);
    f->limit = index < f->limit ? f->limit : index + 1;
    return 0;
}

static void wait_for_end(struct logfeeds *f, uint32_t index, bool fresh)
{
    struct logfeed *e = &f->feed[index];
    bool listed = false;

    if (!fresh && e->waiting) {
        e->due = clock_micro() + e->delay;
        return;
    }
    e->overdue = false;
    e->delay = LOG_LOOK_FIRST_US;
    e->due = clock_micro() + e->delay;
    e->waiting = true;
    for (uint32_t i = f->waiting_first; i != NONE && !listed; i = f->feed[i].next_waiting) {
        listed = i == index; // one that waits no more leaves the list when it is next walked
    }
    if (!listed) {
        e->next_waiting = f->waiting_first;
        f->waiting_first = index;
    }
}

bool logfeed_turn(struct logfeeds *f)
{
    uint32_t index = f->queue_first;
    struct logfeed *e = &f->feed[index < NONE ? index : 0];
    size_t taken = 0;

    if (index == NONE) {
        return false;
    }
    f->queue_first = e->next_queued;
    f->queue_last = f->queue_first == NONE ? NONE : f->queue_last;
    f->queue_count--;
    e->queued = false;
    while (e->used && taken < LOG_TURN_BYTES) {
        switch (look(f, e, &taken)) {
        case LOOK_EMPTY:
            finish(f, e);
            return true;
        case LOOK_REST:
            wait_for_end(f, index, taken > 0);
            return true;
        case LOOK_TOOK:
            e->overdue = false;
            break;
        }
    }
    if (e->used) {
        enqueue(f, index);
    }
    return true;
}

bool logfeed_drain(struct logfeeds *f, uint32_t index)
{
    struct logfeed *e = &f->feed[index];

    if (!e->used) {
        return false;
    }
    e->ended = true;
    if (drain(f, e, LOG_TURN_BYTES)) {
        return true;
    }
    finish(f, e);
    return false;
}

int64_t logfeed_due(const struct logfeeds *f)
{
    int64_t due = INT64_MAX;

    for (uint32_t i = f->waiting_first; i != NONE; i = f->feed[i].next_waiting) {
        const struct logfeed *e = &f->feed[i];

        due = e->waiting && !e->queued && e->due < due ? e->due : due;
    }
    for (uint32_t i = 0; i < f->limit && f->closing_count > 0; i++) {
        due = f->feed[i].closing && f->feed[i].close_due < due ? f->feed[i].close_due : due;
    }
    return due;
}

static void close_lines(struct logfeeds *f, int64_t now)
{
    for (uint32_t i = 0; i < f->limit && f->closing_count > 0; i++) {
        struct logfeed *e = &f->feed[i];

        if (e->closing && e->close_due <= now) {
            set_closing(f, e, false);
            if (e->used && e->edges == e->edges_closing) {
                e->ended = true;
                enqueue(f, i);
            }
        }
    }
}

/* True where it waits on. */
static bool look_again(struct logfeeds *f, uint32_t index, int64_t now)
{
    struct logfeed *e = &f->feed[index];

    if (!e->waiting) {
        return false;
    }
    if (e->queued || e->due > now) {
        return true;
    }
    e->delay *= 2;
    e->overdue = e->delay > LOG_LOOK_LAST_US;
    e->due = now + e->delay;
    if (e->overdue || logpeek_held(e->fd) != e->seen || logpeek_is_full(e->fd)) {
        enqueue(f, index);
    }
    return true;
}

void logfeed_expire(struct logfeeds *f, int64_t now)
{
    uint32_t *link = &f->waiting_first;

    close_lines(f, now);
    while (*link != NONE) {
        uint32_t index = *link;

        if (look_again(f, index, now)) {
            link = &f->feed[index].next_waiting;
        } else {
            *link = f->feed[index].next_waiting;
        }
    }
}
