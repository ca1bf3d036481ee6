/* SPDX-License-Identifier: MIT */
/* porthole run: options, launch, and the monitor that stays. */
#include "client.h"
#include "commands.h"
#include "core/life.h"
#include "core/signame.h"
#include "launch.h"
#include "launch_report.h"
#include "monitor.h"
#include "relay.h"
#include "report.h"
#include "spec_options.h"
#include "sys/fd.h"
#include "sys/mem.h"
#include "sys/sig.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MS 1000 /* ms that a living PID 1 may take to answer */

/* One launch from the monitor's side. */
struct run {
    const struct context *ctx;
    struct spec spec;
    struct runtime runtime;
    struct launched launched;
    struct client client; // the monitor's connection, in the client's clothes
    struct relay relay;
    bool up;
    bool gone;   // PID 1 has said its last word
    bool failed; // a FAILED or ERROR was reported
    bool killed; // PID 1 has ended without a last word, and by no end of its own
    int code;    // what that failure means
    int caller;  // --detach: where the caller waits for the outcome; -1
    int stops;   // signals to end that came so far
};

static void tell_caller(struct run *r, int code)
{
    unsigned char byte = (unsigned char)code;

    if (r->caller >= 0) {
        (void)fd_write_all(r->caller, &byte, 1);
        fd_close(&r->caller);
        monitor_detach_self(); // from here on nobody reads what we would say
        mem_trim_stack();
    }
}

static void take_message(struct run *r)
{
    struct client *c = &r->client;

    switch (c->msg.type) {
    case PROTO_STARTED:
        if (c->fds.count == 1) {
            relay_take_master(&r->relay, c->fds.fd[0]);
            c->fds.count = 0;
        }
        break;
    case PROTO_UP:
        r->up = true;
        relay_cut_words(&r->relay); // of a detached container with services
        tell_caller(r, 0);
        break;
    case PROTO_FAILED: // a step of the boot
    case PROTO_ERROR:  // the command's own start
        if (!r->failed) {
            r->failed = true;
            r->code = launch_report_failure(&r->spec, &c->msg);
        }
        break;
    case PROTO_STATE: // gone: PID 1 takes down what is inside, we what is outside
        runtime_remove_folder(&r->runtime);
        r->gone = true;
        break;
    case PROTO_AUDIT:
        monitor_audit(r->runtime.root, r->spec.name, &c->msg);
        break;
    default:
        break;
    }
}

/* Whoever waits for "up" waits no longer: somebody has stopped it, or it had nothing to stay for. */
static int report_early_end(const char *name, int code)
{
    (void)report_failure("\"%s\": it ended before it was up, with exit code %d", name, code);
    return code != 0 ? code : EXIT_PORTHOLE;
}

/* PID 1 is our child: its exit code is the container's. */
static int reap(const struct run *r)
{
    int status = 0;

    while (waitpid(r->launched.pid, &status, 0) < 0 && errno == EINTR) {
    }
    return life_exit_code(status);
}

/* Without its last word: it was ended, or could not even say what failed. Before "up" the launch failed. */
static void report_death(struct run *r, int code)
{
    char name[SIGNAME_MAX];

    if (code < EXIT_PORTHOLE || code == EXIT_NOT_EXECUTABLE || code == EXIT_NOT_FOUND) {
        return; // it ended, and the word was lost
    }
    if (code > 128) {
        r->code = report_failure("porthole-init: it was killed by SIG%s",
                                 signame_format(code - 128, name));
    } else {
        r->code = report_failure("porthole-init: it died before it could say why");
    }
    r->killed = true;
    r->failed = code == EXIT_PORTHOLE || (r->spec.detach && !r->up);
}

static void on_sync(struct relay *relay)
{
    struct run *r = relay->owner;
    int code;

    relay->sync = -1;
    code = launch_help(&r->spec, r->launched.sync);
    if (code != 0) { // else what its connection has told may already be known
        r->failed = true;
        r->code = code;
    }
}

static void on_message(struct relay *relay)
{
    struct run *r = relay->owner;
    siginfo_t info = {0};

    if (r->client.fd >= 0) {
        struct pollfd p = {.fd = r->client.fd, .events = POLLIN};

        while (r->client.fd >= 0 && poll(&p, 1, 0) > 0) {
            bool more = client_receive(&r->client) > 0;

            if (more) {
                take_message(r);
            }
            if (!more ||
                r->gone) { // its end of file would wake us only to wait for PID 1's own end
                fd_close(&r->client.fd);
            }
        }
    }
    if (waitid(P_PID, (id_t)r->launched.pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == r->launched.pid) {
        int code = reap(r);

        relay_end(relay, code, true);
        r->launched.pid = -1;
        if (!r->failed && !r->gone) {
            r->failed = launch_read_failure(&r->spec, &r->launched, &r->code);
        }
        if (!r->failed && !r->gone) {
            report_death(r, code);
        }
    }
}

/* Whether PID 1 answers: its loop runs, and acts on signals. What else comes meanwhile is taken. */
static bool answers(struct run *r)
{
    struct pollfd p = {.fd = r->client.fd, .events = POLLIN};
    uint8_t buf[PROTO_HEADER];
    struct wire_writer w;

    client_begin(&r->client, &w, buf, sizeof(buf), PROTO_STATUS);
    if (r->client.fd < 0 || client_send(&r->client, &w, NULL, 0) < 0) {
        return false;
    }
    while (poll(&p, 1, ANSWER_MS) > 0 && client_receive(&r->client) > 0) {
        if (r->client.msg.type == PROTO_STATUS_OK) {
            return true;
        }
        take_message(r);
    }
    return false;
}

/* A boot that hangs (a dead file system) cannot act on a signal: the second one ends it. */
static void on_signal(struct relay *relay, int number)
{
    struct run *r = relay->owner;

    if ((number == SIGTERM || number == SIGINT || number == SIGQUIT || number == SIGHUP) &&
        r->stops++ > 0 && !r->up) {
        r->up = answers(r);
        number = r->up ? number : SIGKILL;
    }
    (void)syscall(SYS_pidfd_send_signal, r->launched.pidfd, number, NULL, 0);
}

/* From the launch to the container's end. Returns its exit code, or that of a failed launch. */
static int attend(struct run *r)
{
    struct spec_made made;
    int code;

    code = launch_start(&r->spec, &r->runtime, r->relay.ends, &made, &r->launched);
    if (code == 0) {
        relay_handed_over(&r->relay);
        runtime_handed_over(&r->runtime);
        r->client.fd = r->launched.conn;
        r->relay.pidfd = r->launched.pidfd;
        r->relay.sync = r->spec.userns ? -1 : r->launched.sync;
        code = relay_run(&r->relay);
    } else {
        r->failed = true;
    }
    if (r->failed && !r->up) {
        code = r->code != 0 ? r->code : code;
    } else if (r->caller >= 0 && !r->up && !r->killed) {
        code = report_early_end(r->spec.name, code);
    }
    if ((r->failed || r->killed) && !r->up) { // nobody is left in there to miss them
        spec_unmake(&r->spec, &made);
    }
    spec_made_finish(&made);
    return code;
}

static int run_here(struct run *r)
{
    bool services = r->spec.folder_count + r->spec.unit_count > 0;
    int code;

    r->client.fd = -1;
    r->client.name = r->spec.name;
    r->client.fds.count = 0;
    r->relay.client = &r->client;
    r->relay.on_message = on_message;
    r->relay.on_signal = on_signal;
    r->relay.on_sync = on_sync;
    r->relay.owner = r;
    if (!r->spec.detach) {
        code = relay_prepare(&r->relay, r->spec.tty, r->spec.interactive);
    } else {
        code = services ? relay_prepare_words(&r->relay) : relay_prepare_mute(&r->relay);
    }
    if (code == 0) {
        code = attend(r);
    }
    relay_finish(&r->relay);
    runtime_remove(&r->runtime); // what is still open our exit closes, in less time
    spec_finish(&r->spec);
    tell_caller(r, code);
    return code;
}

/*
 * The caller's side of --detach: the monitor says how the launch went, or dies. A signal meanwhile is
 * for the container, as it would be without --detach.
 */
static int wait_for_monitor(int fd, pid_t monitor)
{
    int signals FD_CLEANUP = sig_open();
    struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    unsigned char byte;
    ssize_t n;

    while (p[0].revents == 0) {
        int numbers[SIG_BATCH];
        int count;

        if (poll(p, 2, -1) < 0 && errno != EINTR) {
            break;
        }
        count = sig_read(signals, numbers); // what is left makes the next poll(2) return at once
        for (int i = 0; i < count; i++) {
            if (numbers[i] != SIGCHLD && numbers[i] != SIGWINCH && numbers[i] != SIGCONT) {
                (void)kill(monitor, numbers[i]);
            }
        }
    }
    do {
        n = read(fd, &byte, 1);
    } while (n < 0 && errno == EINTR);
    return n == 1 ? byte : report_failure("the monitor died during the launch");
}

/* The monitor outlives its caller: a lock or a pipe of the caller's must not live as long. */
static void close_inherited(const struct run *r)
{
    int keep[LAUNCH_BINDS_MAX + 8];
    size_t count = 0;

    keep[count++] = r->caller;
    keep[count++] = r->spec.rootfs_fd;
    keep[count++] = r->runtime.dir;
    keep[count++] = r->runtime.op;
    keep[count++] = r->runtime.peek;
    keep[count++] = r->runtime.exit;
    for (size_t i = 0; i < r->spec.bind_count; i++) {
        keep[count++] = r->spec.binds[i].tree;
    }
    fd_close_all_but(keep, count);
}

static int run_detached(struct run *r)
{
    int ends[2];
    int error = fd_pipe(ends);
    pid_t pid;
    int code;

    if (error < 0) {
        runtime_remove(&r->runtime);
        return report_failure("pipe: %s", report_errno(error));
    }
    pid = fork();
    if (pid == 0) {
        (void)setsid();
        fd_close(&ends[0]);
        r->caller = ends[1];
        close_inherited(r);
        _exit(run_here(r));
    }
    fd_close(&ends[1]);
    code =
        pid < 0 ? report_failure("fork: %s", report_errno(errno)) : wait_for_monitor(ends[0], pid);
    fd_close(&ends[0]);
    if (pid < 0) {
        runtime_remove(&r->runtime);
    }
    return code;
}

int cmd_run(const struct context *ctx, int argc, char **argv)
{
    struct run r = {.ctx = ctx, .caller = -1};
    struct sig_inherited ignored;
    int code;

    if (!spec_parse(ctx, argc, argv, &r.spec, &code)) {
        spec_finish(&r.spec);
        return code;
    }
    sig_take_over(&ignored); // from here on a signal finds everything cleared up behind it
    code = runtime_create(ctx, r.spec.name, r.spec.peek_gid, &r.runtime);
    if (code != 0) {
        spec_finish(&r.spec);
        return code;
    }
    return r.spec.detach ? run_detached(&r) : run_here(&r);
}
