/* SPDX-License-Identifier: MIT */
/* Carrying a command's streams and signals between its caller and the container. */
#include "relay.h"

#include "report.h"
#include "sys/fd.h"
#include "sys/sig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define BUFFER_BYTES 65536
#define CHUNK_BYTES 4096       /* a pipe that polls writable takes this much at once: pipe(7) */
#define SPLICE_BYTES (1 << 20) /* as much as a pipe can hold */
#define CTRL_D "\004"

/* By its name the linker puts it behind all that a start touches, which then is one page. */
static char stream_buffers[STREAM_COUNT][BUFFER_BYTES];

enum {
    POLL_CONN,
    POLL_SIGNALS,
    POLL_PIDFD,
    POLL_SYNC,
    POLL_STREAMS,
    POLL_COUNT = POLL_STREAMS + STREAM_COUNT
};

int relay_prepare_mute(struct relay *r)
{
    struct sig_inherited ignored;

    r->tty = false;
    r->interactive = false;
    r->master = -1;
    r->pidfd = -1;
    r->sync = -1;
    r->raw = false;
    r->over = false;
    r->code = EXIT_PORTHOLE;
    for (int i = 0; i < STREAM_COUNT; i++) {
        r->stream[i] = (struct stream){.src = -1, .dst = -1};
        r->ends[i] = -1;
    }
    sig_take_over(&ignored);
    r->signals = sig_open();
    return r->signals < 0 ? report_failure("signals: %s", report_errno(r->signals)) : 0;
}

/* One of the streams: a pipe of which the container gets the other end. */
static int prepare_stream(struct relay *r, int i)
{
    int pair[2];
    int error = fd_pipe(pair);

    if (error < 0) {
        return report_failure("pipe: %s", report_errno(error));
    }
    r->ends[i] = pair[i == STREAM_IN ? 0 : 1];
    if (i == STREAM_IN) {
        r->stream[i] = (struct stream){.src = 0, .dst = pair[1], .own_dst = true};
    } else {
        r->stream[i] = (struct stream){.src = pair[0], .dst = i, .own_src = true};
    }
    return 0;
}

int relay_prepare_words(struct relay *r)
{
    int code = relay_prepare_mute(r);

    return code != 0 ? code : prepare_stream(r, STREAM_ERR);
}

int relay_prepare(struct relay *r, bool tty, bool interactive)
{
    int code = relay_prepare_mute(r);

    if (code != 0) {
        return code;
    }
    r->tty = tty;
    r->interactive = interactive;
    for (int i = 0; i < STREAM_COUNT && !tty && code == 0; i++) {
        if (i != STREAM_IN || interactive) {
            code = prepare_stream(r, i);
        }
    }
    return code;
}

void relay_handed_over(struct relay *r)
{
    for (int i = 0; i < STREAM_COUNT; i++) {
        fd_close(&r->ends[i]);
    }
}

static void set_size(struct relay *r)
{
    struct winsize size;
    int fd = tty_find();

    if (r->master >= 0 && fd >= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0) {
        (void)ioctl(r->master, TIOCSWINSZ, &size);
    }
}

void relay_take_master(struct relay *r, int master)
{
    r->master = master;
    // Never block on a terminal whose reader does not read. The description is ours alone.
    (void)fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
    r->stream[STREAM_OUT] = (struct stream){.src = master, .dst = STDOUT_FILENO, .copying = true};
    if (r->interactive) {
        r->stream[STREAM_IN] =
            (struct stream){.src = STDIN_FILENO, .dst = master, .copying = true, .terminal = true};
        if (isatty(STDIN_FILENO)) {
            r->raw = tty_raw(&r->terminal, STDIN_FILENO) == 0;
            r->stream[STREAM_IN].terminal = false; // raw: its Ctrl-D is a byte like any other
        }
    }
    set_size(r);
}

static void stream_close(struct stream *s)
{
    if (s->own_src) {
        fd_close(&s->src);
    }
    if (s->own_dst) {
        fd_close(&s->dst);
    }
    s->src = s->dst = -1;
    s->have = s->done = 0;
}

void relay_cut_words(struct relay *r)
{
    struct stream *s = &r->stream[STREAM_ERR];
    struct pollfd p = {.fd = s->src, .events = POLLIN};
    char *buffer = stream_buffers[STREAM_ERR];

    while (s->src >= 0) {
        if (s->have > 0) {
            (void)fd_write_all(s->dst, buffer + s->done, s->have - s->done);
        }
        s->have = s->done = 0;
        if (poll(&p, 1, 0) > 0 && (p.revents & POLLIN) != 0) {
            ssize_t n = read(s->src, buffer, BUFFER_BYTES);

            s->have = n > 0 ? (size_t)n : 0;
        }
        if (s->have == 0) {
            stream_close(s);
        }
    }
}

/*
 * End of input on something that is no terminal, towards a terminal: what a person would type. Behind
 * an unfinished line the first Ctrl-D only hands that line over.
 */
static void type_end(const struct stream *s)
{
    if (s->terminal) {
        ssize_t n = write(s->dst, CTRL_D CTRL_D, s->unfinished ? 2 : 1);

        (void)n;
    }
}

/* A reader that has gone (`| head`) is no error: the writer hears of it by SIGPIPE, as ever. */
static void note_error(struct stream *s)
{
    if (errno != EPIPE && errno != EIO) {
        s->error = -errno;
    }
}

/* 1: moved or nothing to do now; 0: the stream is at its end. */
static int move_spliced(struct stream *s)
{
    ssize_t n = splice(s->src, NULL, s->dst, NULL, SPLICE_BYTES, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);

    s->src_ready = s->dst_ready = false;
    if (n > 0) {
        return 1;
    }
    if (n < 0 && errno == EINVAL) { // a terminal, a file opened to append, neither end a pipe
        s->copying = true;
        s->src_ready = true;
        return 1;
    }
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        note_error(s);
        return 0;
    }
    return n < 0 ? 1 : 0;
}

static int move_in(struct stream *s, char *buffer, size_t cap)
{
    ssize_t n = read(s->src, buffer, cap);

    s->src_ready = false;
    if (n > 0) {
        s->have = (size_t)n;
        s->done = 0;
        s->unfinished = buffer[n - 1] != '\n';
        return 1;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 1;
    }
    type_end(s); // EIO from a master: all its slaves are closed
    return 0;
}

static int move_out(struct stream *s, const char *buffer)
{
    ssize_t n = write(s->dst, buffer + s->done, s->have - s->done);

    s->dst_ready = false;
    if (n > 0) {
        s->done += (size_t)n;
        if (s->done == s->have) {
            s->have = s->done = 0;
        }
        return 1;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 1;
    }
    note_error(s);
    return 0;
}

/* Large pieces only into what cannot block. */
static size_t chunk(const struct stream *s)
{
    struct stat st;

    return fstat(s->dst, &st) == 0 && S_ISREG(st.st_mode) ? BUFFER_BYTES : CHUNK_BYTES;
}

static void stream_move(struct stream *s, char *buffer)
{
    int r = 1;

    if (s->have > 0 && s->dst_ready) {
        r = move_out(s, buffer);
    } else if (s->have == 0 && s->src_ready && s->copying) {
        r = move_in(s, buffer, chunk(s));
    } else if (s->have == 0 && s->src_ready && s->dst_ready) {
        r = move_spliced(s);
    }
    if (r == 0) {
        stream_close(s);
    }
}

/* What the stream waits for now: its source, or (with data at hand) its destination. */
static void stream_fill(const struct stream *s, struct pollfd *p)
{
    bool wants_dst = s->have > 0 || (s->src_ready && !s->copying);

    p->fd = wants_dst ? s->dst : s->src;
    p->events = wants_dst ? POLLOUT : POLLIN;
    p->revents = 0;
}

static void stream_ready(struct stream *s, const struct pollfd *p)
{
    if (p->revents == 0 || s->src < 0) {
        return;
    }
    if (p->events == POLLOUT) {
        if ((p->revents & (POLLERR | POLLNVAL)) != 0) { // its reader has gone
            stream_close(s);
            return;
        }
        s->dst_ready = true;
    } else if (s->own_src &&
               p->revents == POLLHUP) { // all who could write have gone, nothing is left
        stream_close(s);
    } else {
        s->src_ready = true;
    }
}

static void on_signal(struct relay *r, int number)
{
    switch (number) {
    case SIGWINCH:
        set_size(r);
        break;
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU: // stopped from outside: the terminal is the caller's meanwhile
        if (r->raw) {
            tty_suspend(&r->terminal);
        }
        (void)raise(SIGSTOP);
        if (r->raw) {
            tty_resume(&r->terminal);
        }
        set_size(r);
        break;
    case SIGCHLD:
    case SIGPIPE:
    case SIGCONT:
        break;
    default:
        r->on_signal(r, number);
        break;
    }
}

static bool streams_open(const struct relay *r)
{
    return r->stream[STREAM_OUT].src >= 0 || r->stream[STREAM_ERR].src >= 0;
}

static void fill(struct relay *r, struct pollfd *p)
{
    p[POLL_CONN] = (struct pollfd){.fd = r->client->fd, .events = POLLIN};
    p[POLL_SIGNALS] = (struct pollfd){.fd = r->signals, .events = POLLIN};
    p[POLL_PIDFD] = (struct pollfd){.fd = r->over ? -1 : r->pidfd, .events = POLLIN};
    p[POLL_SYNC] = (struct pollfd){.fd = r->over ? -1 : r->sync, .events = POLLIN};
    for (int i = 0; i < STREAM_COUNT; i++) {
        stream_fill(&r->stream[i], &p[POLL_STREAMS + i]);
    }
}

static void read_signals(struct relay *r)
{
    int numbers[SIG_BATCH];
    int count = sig_read(r->signals, numbers); // what is left wakes the next poll(2) at once

    for (int i = 0; i < count; i++) {
        on_signal(r, numbers[i]);
    }
}

/* One turn. False where nothing happened before the timeout. */
static bool turn(struct relay *r, int timeout)
{
    struct pollfd p[POLL_COUNT];
    int n;

    fill(r, p);
    n = poll(p, POLL_COUNT, timeout);
    if (n <= 0) {
        return n < 0 && errno == EINTR;
    }
    if (p[POLL_SYNC].revents != 0) { // first: PID 1 waits for what it leads to
        r->on_sync(r);
    }
    if (p[POLL_SIGNALS].revents != 0) {
        read_signals(r);
    }
    for (int i = 0; i < STREAM_COUNT; i++) {
        stream_ready(&r->stream[i], &p[POLL_STREAMS + i]);
        if (r->stream[i].src >= 0) {
            stream_move(&r->stream[i], stream_buffers[i]);
        }
    }
    if (p[POLL_CONN].revents != 0 || p[POLL_PIDFD].revents != 0) {
        r->on_message(r);
    }
    return true;
}

/* Data in our own buffer, or on its way: not to be left behind. */
static bool in_flight(const struct relay *r)
{
    for (int i = STREAM_OUT; i < STREAM_COUNT; i++) {
        if (r->stream[i].src >= 0 && (r->stream[i].have > 0 || r->stream[i].src_ready)) {
            return true;
        }
    }
    return false;
}

/* Output that could not be written must not pass for a success. */
static int report_lost(const struct relay *r)
{
    for (int i = STREAM_OUT; i < STREAM_COUNT; i++) {
        if (r->stream[i].error < 0) {
            report_error("%s: %s", i == STREAM_OUT ? "stdout" : "stderr",
                         report_errno(r->stream[i].error));
            return r->code != 0 ? r->code : EXIT_NOT_TRUE;
        }
    }
    return r->code;
}

int relay_run(struct relay *r)
{
    while (!r->over) {
        (void)turn(r, -1);
    }
    stream_close(&r->stream[STREAM_IN]);
    fd_close(&r->client->fd);
    while (streams_open(r)) {
        // The command is gone, and all it wrote lies in the pipe; what its children in the
        // background may still write nobody waits for. A slow reader is waited for, always.
        bool wait = r->drain_to_end || in_flight(r);

        if (!turn(r, wait ? -1 : 0) && !wait) {
            break;
        }
    }
    return report_lost(r);
}

void relay_end(struct relay *r, int code, bool drain_to_end)
{
    if (!r->over) {
        r->over = true;
        r->code = code;
        r->drain_to_end = drain_to_end;
    }
}

void relay_finish(struct relay *r)
{
    if (r->raw) {
        tty_restore(&r->terminal);
        r->raw = false;
    }
    for (int i = 0; i < STREAM_COUNT; i++) {
        stream_close(&r->stream[i]);
    }
    relay_handed_over(r);
    fd_close(&r->master);
    fd_close(&r->signals);
}
