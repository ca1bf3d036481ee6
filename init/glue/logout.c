/* SPDX-License-Identifier: MIT */
/* The log worker's outputs: PID 1's stdout, and those who follow the ring. */
#include "glue/logout.h"

#include "sys/clock.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
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

static void find_kind(struct logout *o, int proc)
{
    struct stat st;
    int own;

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
        if (own >= 0) {
            fd_close(&o->fd);
            o->fd = own;
        }
    }
}

void logout_init(struct logout *o, struct logring *ring, int fd, int proc, int epoll,
                 uint32_t token)
{
    struct epoll_event ev = {.events = EPOLLONESHOT, .data.u32 = token};

    *o = (struct logout){.fd = fd, .epoll = epoll, .writable = true, .retry_at = INT64_MAX};
    o->told = ring->head;
    for (int i = 0; i < LOG_FOLLOWERS_MAX; i++) {
        o->follower[i] = -1;
    }
    logsink_attach(&o->sink, ring);
    find_kind(o, proc);
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
        break;
    }
}

bool logout_step(struct logout *o, uint32_t token)
{
    struct slice parts[PARTS];
    size_t written = 0;

    while (o->kind != LOGOUT_NONE && o->writable && written < STEP_BYTES) {
        size_t count = logsink_gather(&o->sink, parts, PARTS);
        ssize_t n;

        if (count == 0) {
            break;
        }
        if (o->kind == LOGOUT_SHARED && !has_room(o)) {
            failed(o, -EAGAIN, token);
            break;
        }
        n = write_parts(o, parts, o->kind == LOGOUT_SHARED ? cut(parts, count, o->piece) : count);
        if (n < 0) {
            failed(o, n, token);
            break;
        }
        logsink_advance(&o->sink, (uint64_t)n);
        written += (size_t)n;
    }
    return written > 0;
}

bool logout_behind(struct logout *o)
{
    struct slice parts[PARTS];

    return o->kind != LOGOUT_NONE && logsink_gather(&o->sink, parts, PARTS) > 0;
}

void logout_flush(struct logout *o, uint32_t token)
{
    msec_t now = clock_monotonic();
    msec_t last = now;
    msec_t begin = now;

    while (logout_behind(o) && now - begin < LOG_FLUSH_ALL_MS) {
        struct pollfd p = {.fd = o->fd, .events = POLLOUT};

        o->writable = true;
        if (logout_step(o, token)) {
            last = clock_monotonic();
        } else if (o->kind == LOGOUT_NONE || now - last >= LOG_FLUSH_MS || o->kind == LOGOUT_FILE) {
            break;
        } else {
            (void)poll(&p, 1, (int)(LOG_FLUSH_MS - (now - last)));
        }
        now = clock_monotonic();
    }
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
