/* SPDX-License-Identifier: MIT */
/* The monitor: watches a container from the host, writes its audit trail, clears up after it. */
#include "monitor.h"

#include "client.h"
#include "json.h"
#include "report.h"
#include "runtime.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *phase_name(uint64_t phase)
{
    static const char *const names[] = {"begin", "end", "denied"};

    return phase < 3 ? names[phase] : "unknown";
}

static const char *role_name(uint64_t role)
{
    switch (role) {
    case ROLE_OPERATOR:
        return "operator";
    case ROLE_OBSERVER:
        return "observer";
    case ROLE_INSIDE:
        return "inside";
    case ROLE_MONITOR:
        return "monitor";
    default:
        return "gone"; // the client had left before its command ended
    }
}

static void write_record(struct json *j, const char *name, const struct proto_msg *m)
{
    const char *verb = proto_type_name((uint16_t)m->num[TAG_VERB]);
    time_t seconds = (time_t)(m->num[TAG_TIME] / 1000);
    char when[64];
    struct tm tm;
    size_t n;

    n = gmtime_r(&seconds, &tm) != NULL ? strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm)
                                        : 0;
    (void)snprintf(when + n, sizeof(when) - n, ".%03uZ", (unsigned)(m->num[TAG_TIME] % 1000));
    json_open(j, NULL, '{');
    json_number(j, "schema", 1);
    json_string(j, "time", when, strlen(when));
    json_string(j, "container", name, strlen(name));
    json_text(j, "verb", verb != NULL ? verb : "?");
    json_text(j, "phase", phase_name(m->num[TAG_PHASE]));
    json_text(j, "role", role_name(m->num[TAG_ROLE]));
    json_number(j, "uid", (long long)m->num[TAG_UID]);
    json_number(j, "client_pid", (long long)m->num[TAG_CLIENT_PID]);
    if (m->num[TAG_PID] != 0) {
        json_number(j, "session", (long long)m->num[TAG_PID]);
    }
    if (m->num[TAG_PHASE] == 1) {
        json_number(j, "code", (long long)m->num[TAG_CODE]);
    }
    json_string(j, "detail", (const char *)m->text[TAG_OBJECT].data, m->text[TAG_OBJECT].len);
    json_number(j, "lost", (long long)m->num[TAG_LOST]);
    json_close(j, '}');
}

void monitor_audit(const char *root, const char *name, const struct proto_msg *m)
{
    char path[RUNTIME_PATH_MAX + 16];
    char line[1024];
    struct json j;
    size_t len;
    int fd FD_CLEANUP = -1;

    (void)snprintf(path, sizeof(path), "%s/audit.log", root);
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0) {
        return;
    }
    json_to_buffer(&j, line, sizeof(line) - 1);
    write_record(&j, name, m);
    len = json_length(&j);
    line[len++] = '\n';
    (void)fd_write_all(fd, line, len);
}

void monitor_detach_self(void)
{
    static const int none[3] = {-1, -1, -1};
    int unpinned;

    (void)setsid();
    (void)fd_to_stdio(none);
    unpinned = chdir("/");
    (void)unpinned; // a directory that stays pinned is no reason to end
}

/* Until PID 1 is gone: poll sees a process that is nobody's child here through its pidfd. */
static void watch(struct client *c, const char *root, int pidfd)
{
    struct pollfd p[2] = {{.fd = c->fd, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};

    while (p[0].fd >= 0 || p[1].fd >= 0) {
        if (poll(p, 2, -1) < 0 && errno != EINTR) {
            return;
        }
        if (p[1].revents != 0) {
            return;
        }
        if (p[0].revents != 0) {
            if (client_receive(c) <= 0) {
                p[0].fd = -1;
            } else if (c->msg.type == PROTO_AUDIT) {
                monitor_audit(root, c->name, &c->msg);
            }
        }
    }
}

_Noreturn static void replacement(const struct context *ctx, const char *name)
{
    struct client c;
    char root[RUNTIME_PATH_MAX];
    int pidfd FD_CLEANUP = -1;
    int code;

    monitor_detach_self();
    if (runtime_root(ctx, root, sizeof(root)) != 0 || client_open(ctx, name, true, &c) != 0 ||
        client_greet(&c) != 0) {
        _exit(0);
    }
    pidfd = c.pid > 0 ? (int)syscall(SYS_pidfd_open, c.pid, 0) : -1;
    if (client_ask(&c, PROTO_MONITOR, PROTO_OK) == 0) {
        c.timeout = 0;
        watch(&c, root, pidfd);
        client_close(&c);
        (void)runtime_bury(root, name, &code);
    }
    _exit(0);
}

void monitor_replace(const struct context *ctx, const char *name)
{
    pid_t pid = fork();

    if (pid == 0) { // twice, so that it is nobody's child and nobody has to reap it
        if (fork() == 0) {
            fd_close_all_but(NULL, 0);
            replacement(ctx, name);
        }
        _exit(0);
    }
    if (pid > 0) {
        (void)waitpid(pid, NULL, 0);
    }
}
