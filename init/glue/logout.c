/* SPDX-License-Identifier: MIT */
/* The log worker's outputs: PID 1's stdout, and those who follow the ring. */
#include "glue/logout.h"

#include "sys/clock.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define PARTS 128          /* slices of one write */
#define STEP_BYTES 262144  /* bytes of one step, before pipes are looked at again */
#define TERMINAL_PIECE 256 /* bytes; a terminal that polls writable has room for as many: n_tty.c */

/* Opened anew and not another thing: /dev/ptmx would make a new terminal, and a file begin at its start. */
static int own_description(int fd, int proc)
{
    struct stat before;
    struct stat after;
    unsigned number;
    int own FD_CLEANUP = -1;

    if (fstat(fd, &before) < 0 ||
        (!S_ISFIFO(before.st_mode) &&
         (!S_ISCHR(before.st_mode) || !isatty(fd) || ioctl(fd, TIOCGPTN, &number) == 0))) {
        return -1;
    }
    own = fd_reopen(proc, fd, O_WRONLY | O_NONBLOCK);
    if (own < 0 || fstat(own, &after) < 0 || after.st_dev != before.st_dev ||
        after.st_ino != before.st_ino) {
        return -1;
    }
    return TAKE_FD(own);
}

static void drop_stage(struct logout *o)
{
    fd_close(&o->stage[0]);
    fd_close(&o->stage[1]);
    o->staged = 0;
}

/*
 * Does splice(2) write to it, without ever blocking? With nothing in the stage it says EAGAIN then; with something, which
 * is what a worker before has left, it may write it.
 */
static void try_stage(struct logout *o, bool blocks)
{
    ssize_t n = -1;
    int room;

    if (o->stage[0] < 0) {
        return;
    }
    room = fcntl(o->stage[1], F_GETPIPE_SZ);
    errno = EINVAL;
    // A file's position is nobody's in splice(2): what others write through the same description would be overwritten.
    if (o->kind != LOGOUT_NONE && o->kind != LOGOUT_SOCKET && !o->is_file && !blocks && room > 0) {
        o->room = (uint32_t)room;
        n = splice(o->stage[0], NULL, o->fd, NULL, o->room, SPLICE_F_NONBLOCK);
    }
    if (n > 0) {
        o->staged -= (uint32_t)n;
    } else if (n < 0 && (errno == EINVAL || errno == ENOSYS || errno == EPERM || errno == EBADF)) {
        drop_stage(o);
    }
}

static uint32_t bytes_in(int pipe)
{
    int n = 0;

    return pipe < 0 || ioctl(pipe, FIONREAD, &n) < 0 || n < 0 ? 0 : (uint32_t)n;
}

static void find_kind(struct logout *o, int proc)
{
    bool blocks = false;
    struct stat st;
    int own;

    o->is_file = o->fd >= 0 && fstat(o->fd, &st) == 0 && S_ISREG(st.st_mode);
    if (o->fd < 0 || fstat(o->fd, &st) < 0) {
        o->kind = LOGOUT_NONE;
    } else if (S_ISSOCK(st.st_mode)) {
        o->kind = LOGOUT_SOCKET;
    } else if (!S_ISFIFO(st.st_mode) && !(S_ISCHR(st.st_mode) && isatty(o->fd))) {
        o->kind = LOGOUT_FILE;
    } else {
        own = own_description(o->fd, proc);
        o->kind = own >= 0 ? LOGOUT_OWN : LOGOUT_SHARED;
        o->piece = S_ISFIFO(st.st_mode) ? PIPE_BUF : TERMINAL_PIECE;
        blocks = own < 0 && !S_ISFIFO(st.st_mode);
        if (own >= 0) {
            fd_close(&o->fd);
            o->fd = own;
        }
    }
    try_stage(o, blocks);
}

/* Are these the next bytes, at that place of the file? */
static bool is_there(const struct logout *o, int proc, off_t place, uint64_t bytes)
{
    int fd FD_CLEANUP = fd_reopen(proc, o->fd, O_RDONLY | O_NOCTTY);
    struct slice parts[PARTS];
    struct logsink sink = o->sink;
    size_t count = logsink_gather(&sink, parts, PARTS);
    uint8_t buf[4096];

    for (size_t i = 0; i < count && bytes > 0; i++) {
        for (size_t at = 0; at < parts[i].len && bytes > 0;) {
            size_t n = parts[i].len - at;

            n = n < sizeof(buf) ? n : sizeof(buf);
            n = n < bytes ? n : (size_t)bytes;
            if (fd < 0 || pread(fd, buf, n, place) != (ssize_t)n ||
                memcmp(buf, parts[i].data + at, n) != 0) {
                return false;
            }
            at += n;
            place += (off_t)n;
            bytes -= n;
        }
    }
    return bytes == 0;
}

/*
 * The last write of a worker that has died: the file's position, and what is in the file before it, tell how much of it
 * was written. What cannot be told was not: it may be there twice then.
 */
static void take_last_write(struct logout *o, uint64_t place, uint64_t bytes, int proc)
{
    off_t now = lseek(o->fd, 0, SEEK_CUR);
    uint64_t written = now > 0 && (uint64_t)now > place ? (uint64_t)now - place : 0;

    if (written > 0 && written <= bytes && is_there(o, proc, (off_t)place, written)) {
        logsink_advance(&o->sink, written);
    }
}

void logout_init(struct logout *o, struct logring *ring, int fd, const int stage[2], int proc,
                 int epoll, uint32_t token)
{
    struct epoll_event ev = {.events = EPOLLONESHOT, .data.u32 = token};
    uint64_t place;
    uint64_t bytes;
    bool died;

    *o = (struct logout){.fd = fd,
                         .epoll = epoll,
                         .writable = true,
                         .stage = {stage[0], stage[1]},
                         .staged = bytes_in(stage[0]),
                         .retry_at = INT64_MAX,
                         .progress = clock_micro()};
    o->told = ring->head;
    for (int i = 0; i < LOG_FOLLOWERS_MAX; i++) {
        o->follower[i] = -1;
    }
    died = logsink_intended(ring, &place, &bytes);
    logsink_attach(&o->sink, ring, o->staged);
    find_kind(o, proc);
    if (died && o->is_file && bytes > 0) {
        take_last_write(o, place, bytes, proc);
    }
    if (o->kind != LOGOUT_NONE && o->kind != LOGOUT_FILE &&
        epoll_ctl(epoll, EPOLL_CTL_ADD, o->fd, &ev) < 0) {
        o->kind = LOGOUT_FILE; // EPERM: it cannot be waited for
    }
}

static ssize_t write_parts(const struct logout *o, struct slice *parts, size_t count)
{
    struct iovec iov[PARTS];
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = count};
    ssize_t n;

    for (size_t i = 0; i < count; i++) {
        iov[i] = (struct iovec){(void *)(uintptr_t)parts[i].data, parts[i].len};
    }
    if (o->kind == LOGOUT_SOCKET) {
        n = sendmsg(o->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
    } else {
        n = writev(o->fd, iov, (int)count);
    }
    return n < 0 ? -errno : n;
}

static size_t cut(struct slice *parts, size_t count, size_t most)
{
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len >= most) {
            parts[i].len = most;
            return i + 1;
        }
        most -= parts[i].len;
    }
    return count;
}

static bool has_room(const struct logout *o)
{
    struct pollfd p = {.fd = o->fd, .events = POLLOUT};

    return poll(&p, 1, 0) == 1 && p.revents != 0; // an error is found by writing
}

static void failed(struct logout *o, ssize_t r, uint32_t token)
{
    struct epoll_event ev = {.events = EPOLLOUT | EPOLLONESHOT, .data.u32 = token};

    o->writable = false;
    switch (-r) {
    case EAGAIN:
    case EINTR:
        if (o->kind == LOGOUT_FILE || epoll_ctl(o->epoll, EPOLL_CTL_MOD, o->fd, &ev) < 0) {
            o->retry_at = clock_micro() + LOG_SINK_RETRY_MS * INT64_C(1000);
        }
        break;
    case ENOSPC:
    case EDQUOT:
        o->retry_at = clock_micro() + LOG_SINK_RETRY_MS * INT64_C(1000);
        break;
    default:
        o->kind = LOGOUT_NONE;
        (void)epoll_ctl(o->epoll, EPOLL_CTL_DEL, o->fd, NULL); // others have it open, too
        fd_close(&o->fd);
        drop_stage(o);
        break;
    }
}

/* Whoever else has this description moves its position, too: then nothing can be told, and nothing is taken for granted. */
static void intend_at(struct logout *o, const struct slice *parts, size_t count)
{
    off_t place = lseek(o->fd, 0, SEEK_CUR);
    uint64_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        bytes += parts[i].len;
    }
    if (place >= 0) {
        logsink_intend(&o->sink, (uint64_t)place, bytes);
    }
}

/* From the ring to stdout. Bytes, 0 where there is nothing, or -errno. */
static ssize_t write_out(struct logout *o)
{
    struct slice parts[PARTS];
    size_t count = logsink_gather(&o->sink, parts, PARTS);
    ssize_t n;

    if (count == 0) {
        return 0;
    }
    if (o->kind == LOGOUT_SHARED && !has_room(o)) {
        return -EAGAIN;
    }
    count = o->kind == LOGOUT_SHARED ? cut(parts, count, o->piece) : count;
    if (o->is_file) {
        intend_at(o, parts, count);
    }
    n = write_parts(o, parts, count);
    if (n > 0) {
        logsink_advance(&o->sink, (uint64_t)n);
    }
    return n;
}

/* From the ring to the stage, which is empty. False where there is nothing, or it cannot be. */
static bool fill_stage(struct logout *o)
{
    struct slice parts[PARTS];
    struct iovec iov[PARTS];
    size_t count = logsink_gather(&o->sink, parts, PARTS);
    ssize_t n;

    if (count == 0) {
        return false;
    }
    count = cut(parts, count, o->room);
    for (size_t i = 0; i < count; i++) {
        iov[i] = (struct iovec){(void *)(uintptr_t)parts[i].data, parts[i].len};
    }
    logsink_intend(&o->sink, 0, 0);
    n = writev(o->stage[1], iov, (int)count);
    if (n <= 0) { // no memory for its pages: without it, then
        drop_stage(o);
        return false;
    }
    logsink_advance(&o->sink, (uint64_t)n);
    o->staged = (uint32_t)n;
    return true;
}

/* From the stage to stdout. Bytes, 0 where there is nothing, or -errno. */
static ssize_t move_out(struct logout *o)
{
    ssize_t n;

    if (o->staged == 0 && !fill_stage(o)) {
        return o->stage[0] < 0 ? write_out(o) : 0;
    }
    n = splice(o->stage[0], NULL, o->fd, NULL, o->staged, SPLICE_F_NONBLOCK);
    if (n <= 0) {
        return n < 0 ? -errno : -EAGAIN;
    }
    o->staged -= (uint32_t)n;
    return n;
}

/* A pipe has room for more only once a page of it is read: that less than that was read it tells itself. */
static bool was_read(struct logout *o)
{
    uint32_t unread = o->piece == PIPE_BUF ? bytes_in(o->fd) : 0;
    bool fewer = unread < o->unread;

    o->unread = unread;
    return fewer;
}

bool logout_step(struct logout *o, uint32_t token)
{
    size_t written = 0;
    ssize_t n = 1;

    while (o->kind != LOGOUT_NONE && o->writable && written < STEP_BYTES && n > 0) {
        n = o->stage[0] >= 0 ? move_out(o) : write_out(o);
        if (n < 0) {
            failed(o, n, token);
        } else {
            written += (size_t)n;
        }
    }
    o->more = written >= STEP_BYTES;
    if (written > 0) {
        o->progress = clock_micro();
        (void)was_read(o);
    }
    return written > 0;
}

/* Is something not written that must be, where so many bytes of the ring are needed? */
static bool behind(struct logout *o, uint64_t need)
{
    struct slice parts[PARTS];

    if (o->kind == LOGOUT_NONE) {
        return false;
    }
    if (need == LOGOUT_ALL) {
        return o->staged > 0 || logsink_gather(&o->sink, parts, PARTS) > 0;
    }
    return o->sink.ring->head + need - o->sink.at.pos > o->sink.ring->size;
}

int64_t logout_hold(struct logout *o, uint64_t need)
{
    const int64_t patience = LOG_PATIENCE_MS * INT64_C(1000);
    int64_t now;

    if (!behind(o, need)) {
        return 0;
    }
    now = clock_micro();
    if (o->progress + patience <= now && was_read(o)) {
        o->progress = now;
    }
    return o->progress + patience > now ? o->progress + patience : 0;
}

void logout_flush(struct logout *o, uint32_t token, uint64_t need)
{
    int64_t until;

    while ((until = logout_hold(o, need)) > 0) {
        struct pollfd p = {.fd = o->fd, .events = POLLOUT};
        int64_t left;

        logsink_note_left(&o->sink, logsink_left(&o->sink));
        o->writable = true;
        if (logout_step(o, token) || o->kind == LOGOUT_NONE) {
            continue;
        }
        left = until - clock_micro();
        if (left <= 0 || o->kind == LOGOUT_FILE) {
            break;
        }
        (void)poll(&p, 1, (int)(left / 1000) + 1);
    }
}

void logout_end(struct logout *o)
{
    uint64_t lines = logsink_left(&o->sink);
    char text[4096];
    char last = '\n';
    ssize_t n;

    if (o->kind == LOGOUT_NONE) {
        lines = 0; // there is nobody who misses them
    }
    while (o->kind != LOGOUT_NONE && o->staged > 0 &&
           (n = read(o->stage[0], text, sizeof(text))) > 0) {
        for (ssize_t k = 0; k < n; k++) {
            lines += text[k] == '\n';
        }
        last = text[n - 1];
        o->staged -= (uint32_t)n < o->staged ? (uint32_t)n : o->staged;
    }
    logsink_note_left(&o->sink, lines + (last != '\n'));
}

void logout_follow(struct logout *o, int fd, uint32_t token)
{
    struct epoll_event ev = {.events = EPOLLET}; // EPOLLERR: its reader is gone

    for (uint32_t i = 0; i < LOG_FOLLOWERS_MAX; i++) {
        if (o->follower[i] < 0) {
            ev.data.u32 = token + i;
            (void)fcntl(fd, F_SETFL, O_NONBLOCK);
            if (epoll_ctl(o->epoll, EPOLL_CTL_ADD, fd, &ev) < 0) {
                break;
            }
            o->follower[i] = fd;
            (void)!write(fd, "", 1); // what came between its last look and now
            return;
        }
    }
    (void)close(fd);
}

void logout_unfollow(struct logout *o, uint32_t index)
{
    if (index < LOG_FOLLOWERS_MAX) {
        fd_close(&o->follower[index]);
    }
}

void logout_tell(struct logout *o)
{
    if (o->told == o->sink.ring->head) {
        return;
    }
    o->told = o->sink.ring->head;
    for (uint32_t i = 0; i < LOG_FOLLOWERS_MAX; i++) {
        // A pipe that is full of bytes not read yet tells as much as one more.
        if (o->follower[i] >= 0 && write(o->follower[i], "", 1) < 0 && errno != EAGAIN) {
            logout_unfollow(o, i);
        }
    }
}
