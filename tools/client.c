/* SPDX-License-Identifier: MIT */
/* A connection to a container's PID 1. */
#include "client.h"

#include "args.h"
#include "monitor.h"
#include "path.h"
#include "report.h"
#include "runtime.h"
#include "starting.h"
#include "sys/fd.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SELF_ROOT "/run/porthole"
#define ENTRYPOINT_MS 300 /* ms that an empty folder's sockets are waited for */
#define ENDED_MS 1000     /* ms from a lost connection to the end of the process behind it */

/* In the order in which they are tried. */
static const struct {
    const char *path; // below NAME/
    enum role role;
} sockets[] = {
    {"op/control.sock", ROLE_OPERATOR},
    {"peek/peek.sock", ROLE_OBSERVER},
    {"inside.sock", ROLE_INSIDE},
};

/* Tries NAME's sockets below root. 0, or the most telling -errno. */
static int try_root(const char *root, struct client *c)
{
    char path[RUNTIME_PATH_MAX + 128];
    int error = -ENOENT;

    for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
        int fd;

        (void)PATH_JOIN(path, sizeof(path), root, "/", c->name, "/", sockets[i].path);
        fd = sock_connect(path);
        if (fd >= 0) {
            c->fd = fd;
            c->role = sockets[i].role;
            return 0;
        }
        if (fd == -ECONNREFUSED || error == -ENOENT) {
            error = fd;
        }
    }
    return error;
}

/* An engine's container has its folder before its entrypoint makes the sockets there, and keeps it when that ends. */
static int await_entrypoint(const char *root, const char *path, struct client *c)
{
    int r = -ENOENT;

    for (int ms = 0; ms < ENTRYPOINT_MS && r == -ENOENT && access(path, F_OK) == 0;
         ms += STARTING_POLL_MS) {
        starting_pause();
        r = try_root(root, c);
    }
    return r;
}

static int report_unreachable(const char *root, const struct client *c, int error, bool quiet)
{
    char path[RUNTIME_PATH_MAX + 128];
    int code;

    (void)PATH_JOIN(path, sizeof(path), root, "/", c->name);
    if (strcmp(c->name, "self") != 0 && (error == -ECONNREFUSED || error == -ENOENT) &&
        access(path, F_OK) == 0 && runtime_bury(root, c->name, &code)) {
        if (quiet) {
            return EXIT_PORTHOLE;
        }
        if (code >= 0) {
            return report_failure("\"%s\": it has ended, with code %d", c->name, code);
        }
        return report_failure("\"%s\": it has ended", c->name);
    }
    if (quiet) {
        return EXIT_PORTHOLE;
    }
    if (error == -ENOENT && access(path, F_OK) == 0) {
        return c->starting ? report_failure("\"%s\": it is starting", c->name)
                           : report_failure("\"%s\": no container runs there", c->name);
    }
    if (error == -ENOENT && strcmp(c->name, "self") == 0) {
        return report_failure("no container named, and this is not inside one");
    }
    if (error == -ENOENT) {
        return report_failure("\"%s\": no such container", c->name);
    }
    if (error == -EAGAIN) {
        return report_failure("\"%s\": its PID 1 does not answer", c->name);
    }
    if (error == -EACCES) {
        return report_failure("\"%s\": permission denied: neither its operator nor one of its "
                              "observers",
                              c->name);
    }
    return report_failure("\"%s\": %s", c->name, report_errno(error));
}

void client_greeting(struct wire_writer *w)
{
    wire_tlv_u64(w, TAG_VERSION, PROTO_VERSION);
    wire_tlv_u64(w, TAG_VERSION_MIN, PROTO_VERSION_MIN);
    wire_tlv_u64(w, TAG_CLIENT_PID, (uint64_t)getpid());
}

static int send_hello(struct client *c)
{
    uint8_t buf[256];
    struct wire_writer w;

    client_begin(c, &w, buf, sizeof(buf), PROTO_HELLO);
    client_greeting(&w);
    wire_tlv_u64(&w, TAG_FEATURES, FEATURES_ALL);
    return client_send(c, &w, NULL, 0);
}

int client_dial(const struct context *ctx, const char *name, bool quiet, struct client *ret)
{
    char root[RUNTIME_PATH_MAX];
    const char *reason;
    uid_t uid;
    int r;

    ret->fd = -1;
    ret->fds.count = 0;
    ret->request = 0;
    ret->features = 0;
    ret->monitored = true;
    ret->quiet = quiet;
    ret->starting = false;
    ret->timeout = CLIENT_ANSWER_MS;
    ret->name = runtime_default_name(name);
    if (strcmp(ret->name, "self") != 0 && !runtime_name_ok(ret->name, &reason)) {
        return report_usage("\"%s\": %s", ret->name, reason);
    }
    if (strcmp(ret->name, "self") == 0 && ctx->root == NULL) {
        (void)PATH_JOIN(root, sizeof(root), SELF_ROOT);
    } else {
        r = runtime_root(ctx, root, sizeof(root));
        if (r != 0) {
            return r;
        }
    }
    r = try_root(root, ret);
    if (r < 0) {
        char path[RUNTIME_PATH_MAX + 128];
        bool again = false;

        (void)PATH_JOIN(path, sizeof(path), root, "/", ret->name);
        if (r == -ENOENT || r == -ECONNREFUSED) {
            ret->starting = starting_is(path, !quiet);
            again = !ret->starting || !quiet; // its sockets may have got their names meanwhile
        } else if (r == -EACCES) {
            again = !quiet && starting_await_observers(path);
        }
        r = again ? try_root(root, ret) : r;
        if (r == -ENOENT && !quiet && !ret->starting) {
            r = await_entrypoint(root, path, ret);
        }
    }
    if (r < 0) {
        return report_unreachable(root, ret, r, quiet);
    }
    // The listener's credentials: PID 1 listened itself, so this is its pid on the host.
    if (sock_peer(ret->fd, &ret->pid, &uid) < 0) {
        ret->pid = 0;
    }
    return 0;
}

int client_open(const struct context *ctx, const char *name, bool quiet, struct client *ret)
{
    int code = client_dial(ctx, name, quiet, ret);

    if (code == 0) {
        (void)send_hello(ret); // a refusal waits to be read, also where sending has failed
    }
    return code;
}

int client_report_lost(const struct client *c, int received)
{
    if (c->quiet) {
        return EXIT_PORTHOLE;
    }
    return report_failure("\"%s\": %s", c->name,
                          received == -ETIMEDOUT || received == -EAGAIN
                              ? "its PID 1 does not answer"
                              : "the connection was lost");
}

int client_greet(struct client *c)
{
    int r = client_receive(c);

    if (r > 0 && c->msg.type == PROTO_HELLO_OK) {
        c->monitored = c->msg.num[TAG_MONITORED] != 0;
        c->features = c->msg.num[TAG_FEATURES];
        return 0;
    }
    if (r > 0 && c->msg.type == PROTO_ERROR) {
        return client_report(c);
    }
    return client_report_lost(c, r);
}

int client_connect(const struct context *ctx, const char *name, struct client *ret)
{
    int r = client_open(ctx, name, false, ret);

    if (r == 0) {
        r = client_greet(ret);
        if (r != 0) {
            client_close(ret);
        }
    }
    if (r == 0 && ret->role == ROLE_OPERATOR && !ret->monitored) {
        monitor_replace(ctx, ret->name);
    }
    return r;
}

void client_begin(struct client *c, struct wire_writer *w, void *buf, size_t cap,
                  enum proto_type type)
{
    proto_begin(w, buf, cap, type, ++c->request);
}

int client_send(struct client *c, struct wire_writer *w, const int *fds, size_t count)
{
    int len = proto_end(w);

    return len < 0 ? len : sock_send(c->fd, w->data, (size_t)len, fds, count);
}

int client_receive(struct client *c)
{
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    ssize_t n;

    sock_fds_close(&c->fds);
    if (c->timeout > 0 && poll(&p, 1, c->timeout) == 0) {
        return -ETIMEDOUT;
    }
    n = sock_recv(c->fd, c->buf, sizeof(c->buf), &c->fds);
    if (n <= 0) {
        return n == -ECONNRESET ? 0 : (int)n;
    }
    return proto_decode((struct slice){c->buf, (size_t)n}, &c->msg) < 0 ? -EBADMSG : 1;
}

int client_report(const struct client *c)
{
    int error = (int)c->msg.num[TAG_ERRNO];

    if (c->quiet) {
        return EXIT_PORTHOLE;
    }

    switch (error) {
    case EPERM:
        return report_failure("\"%s\": not allowed for %s", c->name,
                              c->role == ROLE_INSIDE     ? "the container's own processes"
                              : c->role == ROLE_OBSERVER ? "observers"
                                                         : "whoever is inside the container");
    case EBUSY:
        return report_failure("\"%s\": all its connections are taken; try again", c->name);
    case EUSERS:
        return report_failure("\"%s\": %d sessions are running, which is all it takes", c->name,
                              SESSIONS_MAX);
    case EAGAIN:
        return report_failure("\"%s\": it cannot fork: %s", c->name, report_errno(error));
    case EINPROGRESS:
        return report_failure("\"%s\": it is starting: its units are still being read", c->name);
    case ESRCH:
        report_error("\"%s\": no main command runs in it", c->name);
        return EXIT_NOT_TRUE;
    case ESHUTDOWN:
        return report_failure("\"%s\": it is ending", c->name);
    case EPROTONOSUPPORT:
        return report_failure("\"%s\": it speaks another version of the protocol", c->name);
    case EOPNOTSUPP:
        return report_failure("\"%s\": its porthole-init is older and cannot do that", c->name);
    default:
        return report_failure("\"%s\": %s", c->name, report_errno(error));
    }
}

int client_exchange(struct client *c, struct wire_writer *w)
{
    int r = client_send(c, w, NULL, 0);

    return r == 0 ? client_receive(c) : r;
}

int client_call(struct client *c, struct wire_writer *w, enum proto_type answer)
{
    int r = client_exchange(c, w);

    if (r > 0 && c->msg.type == (uint16_t)answer) {
        return 0;
    }
    if (r > 0 && c->msg.type == PROTO_ERROR) {
        return client_report(c);
    }
    return client_report_lost(c, r);
}

int client_ask(struct client *c, enum proto_type type, enum proto_type answer)
{
    uint8_t buf[PROTO_HEADER];
    struct wire_writer w;

    client_begin(c, &w, buf, sizeof(buf), type);
    return client_call(c, &w, answer);
}

int client_watch(const struct client *c)
{
    return c->pid > 0 ? (int)syscall(SYS_pidfd_open, c->pid, 0) : -1;
}

bool client_has_ended(int pidfd)
{
    struct pollfd p = {.fd = pidfd, .events = POLLIN};

    return poll(&p, 1, ENDED_MS) > 0;
}

void client_close(struct client *c)
{
    sock_fds_close(&c->fds);
    fd_close(&c->fd);
}

int client_help(const char *usage, const char *options)
{
    (void)printf("Usage: porthole %s %s\n%s", report_command, usage, options);
    return report_flush();
}

bool client_parse_name(int argc, char **argv, const char *usage, const char **ret_name,
                       int *ret_code)
{
    static const struct args_option options[] = {{"help", 'h', false, 'h'}, {0}};
    struct args a = {.argc = argc, .argv = argv, .options = options, .mixed = true, .next = 1};
    int id;

    *ret_name = NULL;
    while ((id = args_next(&a)) != ARGS_END) {
        if (id == ARGS_ERROR) {
            *ret_code = EXIT_USAGE;
            return false;
        }
        if (id == 'h') {
            *ret_code = client_help(usage, "");
            return false;
        }
        if (*ret_name != NULL) {
            *ret_code = report_usage("%s: one NAME is enough", a.value);
            return false;
        }
        *ret_name = a.value;
    }
    *ret_code = *ret_name != NULL ? client_check_target(*ret_name) : 0;
    return *ret_code == 0;
}

int client_check_target(const char *target)
{
    if (strchr(target, '/') != NULL) {
        return report_usage("\"%s\": is a service; this works on a whole container", target);
    }
    return 0;
}
