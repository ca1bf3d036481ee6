/* SPDX-License-Identifier: MIT */
/* Making a container: namespaces, porthole-init in them, and the first control connection. */
#include "launch.h"

#include "assist.h"
#include "cgroup.h"
#include "image.h"
#include "launch_report.h"
#include "path.h"
#include "report.h"
#include "sys/caps.h"
#include "sys/fd.h"
#include "sys/mnt.h"
#include "sys/sock.h"
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CGROUP_TRIES 3 /* cleaners that may come between a cgroup and its first process */

#define PLACES_MAX (LAUNCH_FD_CGROUP + 1 + LAUNCH_BINDS_MAX + 1)

/* What the child needs; it shares our memory until its exec. */
struct child {
    int source[PLACES_MAX]; // descriptor for each place from 0 on; -1: nothing there
    int count;              // places in use; the last one is porthole-init itself
    bool userns;
    char flags[2]; // enum launch_flag, a digit
    int error;     // -errno of what failed before the exec
};

/* Every source to its place; nothing else of ours survives. */
static int place_descriptors(struct child *c)
{
    int last = c->count - 1;

    for (int i = 0; i < 3;
         i++) { // PID 1 must find no gap there, on a host without /dev/null either
        c->source[i] = c->source[i] >= 0 ? c->source[i] : c->source[LAUNCH_FD_PLAN];
    }
    for (int i = 0; i < c->count; i++) {
        if (c->source[i] >= 0 && c->source[i] < c->count) { // it is in another's place
            c->source[i] = fcntl(c->source[i], F_DUPFD, c->count);
            if (c->source[i] < 0) {
                return -errno;
            }
        }
    }
    for (int i = 0; i < c->count; i++) {
        if (c->source[i] < 0) {
            (void)close(i);
        } else if (dup3(c->source[i], i, i == last ? O_CLOEXEC : 0) < 0) {
            return -errno;
        }
    }
    return syscall(SYS_close_range, (unsigned)c->count, ~0U, 0) < 0 ? -errno : 0;
}

static void become_init(void *arg)
{
    static const char *const envp[] = {"container=porthole", NULL};
    struct child *c = arg;
    const char *const argv[] = {"porthole-init", "--launched", c->flags, NULL};

    (void)setsid(); // a terminal's signals are for us to pass on
    c->error = c->userns ? caps_raise_ambient() : 0;
    if (c->error == 0) {
        c->error = place_descriptors(c);
    }
    if (c->error == 0) {
        (void)syscall(SYS_execveat, c->count - 1, "", argv, envp, 0x1000 /* AT_EMPTY_PATH */);
        c->error = -errno;
    }
}

static int write_file(const char *path, const char *text)
{
    int fd FD_CLEANUP = open(path, O_WRONLY | O_CLOEXEC);

    return fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));
}

/* One id each, ourselves as root: user_namespaces(7). setgroups must be denied before gid_map. */
static int write_maps(pid_t pid)
{
    char path[64];
    char map[64];
    int r;

    (void)snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
    r = write_file(path, "deny");
    if (r == 0) {
        (void)snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
        (void)snprintf(map, sizeof(map), "0 %u 1", geteuid());
        r = write_file(path, map);
    }
    if (r == 0) {
        (void)snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
        (void)snprintf(map, sizeof(map), "0 %u 1", getegid());
        r = write_file(path, map);
    }
    return r;
}

bool launch_read_failure(const struct spec *s, struct launched *l, int *ret_code)
{
    struct pollfd p = {.fd = l->sync, .events = POLLIN};
    uint8_t buf[1024];
    struct proto_msg m;
    ssize_t n;

    if (l->sync < 0 || poll(&p, 1, 0) <= 0) {
        return false;
    }
    n = sock_recv(l->sync, buf, sizeof(buf), NULL);
    fd_close(&l->sync);
    if (n <= 0 || proto_decode((struct slice){buf, (size_t)n}, &m) < 0 || m.type != PROTO_FAILED) {
        return false;
    }
    *ret_code = launch_report_failure(s, &m);
    return true;
}

/* Hears PID 1's next word. 0 with what came along; -EPIPE where it died; or the code of what failed. */
static int hear(const struct spec *s, int sync, struct sock_fds *ret_fds)
{
    uint8_t buf[1024];
    struct proto_msg m;
    ssize_t n = sock_recv(sync, buf, sizeof(buf), ret_fds);

    if (n == 0) {
        return -EPIPE;
    }
    if (n < 0 || proto_decode((struct slice){buf, (size_t)n}, &m) < 0) {
        return report_failure("porthole-init: %s", report_errno(n < 0 ? (int)n : -EBADMSG));
    }
    return m.type == PROTO_FAILED ? launch_report_failure(s, &m) : 0;
}

static int wait_until_listening(const struct spec *s, int sync)
{
    int r = hear(s, sync, NULL);

    return r == -EPIPE ? report_failure("porthole-init: it died before it could say why") : r;
}

int launch_help(const struct spec *s, int sync)
{
    struct sock_fds net = {.count = 0};
    int r = hear(s, sync, &net);

    if (r == 0) {
        assist(s, sync, net.count == 1 ? net.fd[0] : -1);
    } else {
        (void)shutdown(sync, SHUT_WR); // if it is alive it must not wait for help
    }
    sock_fds_close(&net);
    return r == -EPIPE ? 0 : r; // where it has died its connection tells
}

/* What PID 1 needs no earlier than our connection is made while it starts, and costs no time. */
static int prepare_rest(struct spec *s, int plan, struct spec_made *made)
{
    int r = spec_write_plan(s, plan);

    spec_note_missing(s, made); // before it is let on to make them
    return r < 0 ? report_failure("arguments: %s", report_errno(r)) : 0;
}

/* In a user namespace PID 1 waits for its maps. */
static int let_on(const struct spec *s, const struct launched *l)
{
    uint8_t go[PROTO_HEADER];
    struct wire_writer w;
    int r = s->userns ? write_maps(l->pid) : 0;

    if (r < 0) {
        return access("/proc/self", F_OK) < 0
                   ? report_failure("/proc is not mounted: porthole needs it")
                   : report_failure("user namespace: id maps: %s", report_errno(r));
    }
    if (s->userns) {
        proto_begin(&w, go, sizeof(go), PROTO_OK, 0);
        r = sock_send(l->sync, go, (size_t)proto_end(&w), NULL, 0);
    }
    // Dead: the next read tells.
    return r < 0 && r != -EPIPE ? report_failure("porthole-init: %s", report_errno(r)) : 0;
}

/* From here on clients find the container. */
static int publish(const struct runtime *run)
{
    if (renameat(run->op, LAUNCH_OPERATOR_SOCKET, run->op, "control.sock") < 0) {
        return -errno;
    }
    return run->peek >= 0 && renameat(run->peek, LAUNCH_OBSERVER_SOCKET, run->peek, "peek.sock") < 0
               ? -errno
               : 0;
}

static int connect_first(const struct spec *s, const struct runtime *run, struct launched *l)
{
    char path[RUNTIME_PATH_MAX + 32];
    int r = wait_until_listening(s, l->sync);

    if (r != 0) {
        return r;
    }
    (void)PATH_JOIN(path, sizeof(path), run->path, "/op/" LAUNCH_OPERATOR_SOCKET);
    r = l->conn = sock_connect(path);
    if (r >= 0) {
        r = publish(run);
    }
    return r < 0 ? report_failure("control socket: %s", report_errno(r)) : 0;
}

static void fill_places(struct child *c, const struct spec *s, const struct runtime *run,
                        const int stdio[3], int plan, int sync, int image)
{
    for (int i = 0; i < 3; i++) {
        c->source[i] = stdio[i];
    }
    c->source[LAUNCH_FD_PLAN] = plan;
    c->source[LAUNCH_FD_SYNC] = sync;
    c->source[LAUNCH_FD_ROOTFS] = s->rootfs_fd;
    c->source[LAUNCH_FD_OP_DIR] = run->op;
    c->source[LAUNCH_FD_EXIT] = run->exit;
    c->source[LAUNCH_FD_PEEK_DIR] = run->peek;
    c->count = LAUNCH_FD_FIRST_BIND;
    if (spec_has_services(s)) {
        c->source[c->count++] = -1; // LAUNCH_FD_CGROUP: there is none yet
    }
    for (size_t i = 0; i < s->bind_count; i++) {
        if (s->binds[i].tree >= 0) {
            c->source[c->count++] = s->binds[i].tree;
        }
    }
    c->source[c->count++] = image;
}

/* NAME's cgroup, noted in its folder before it is made, so that whoever clears up finds it. */
static int make_cgroup(struct spec *s, const struct runtime *run)
{
    char path[512];

    // Without privilege there is no delegated one to be had: the pid namespace tracks the processes.
    for (int try = 0; try < 2 && !s->userns; try++) {
        int fd;

        if (cgroup_path(s->name, try > 0, path, sizeof(path)) < 0 ||
            symlinkat(path, run->dir, "cgroup") < 0) {
            return -1;
        }
        fd = cgroup_create(path);
        if (fd >= 0) {
            return fd;
        }
        (void)unlinkat(run->dir, "cgroup", 0); // not ours: a namesake's under another root
        if (fd != -EEXIST) {
            return fd;
        }
    }
    return -1;
}

/* Returns PID 1, or -errno. */
static pid_t clone_init(const struct spec *s, struct child *c, int cgroup, struct launched *l)
{
    struct clone_args args = {
        .flags = CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_PIDFD,
        .pidfd = (uint64_t)(uintptr_t)&l->pidfd,
        .exit_signal = SIGCHLD,
    };
    int tree FD_CLEANUP = -1;

    if (!s->net_host) {
        args.flags |= CLONE_NEWNET;
    }
    if (s->userns) {
        args.flags |= CLONE_NEWUSER;
    }
    if (cgroup >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)cgroup;
    }
    if (cgroup >= 0 &&
        spec_has_services(s)) { // nothing above it can be reached from a mount of its own
        tree = mnt_clone(cgroup, "", false);
        c->source[LAUNCH_FD_CGROUP] = tree;
    }
    return spawn_borrowing_with(&args, become_init, c);
}

/* Whoever clears up behind a dead namesake may have taken our cgroup, still empty, for its: another. */
static int start_init(struct spec *s, struct child *c, const struct runtime *run,
                      struct launched *l)
{
    int cgroup FD_CLEANUP = make_cgroup(s, run);
    pid_t pid = clone_init(s, c, cgroup, l);

    for (int tries = 0; tries < CGROUP_TRIES && cgroup >= 0 && (pid == -ENOENT || pid == -ENODEV);
         tries++) {
        fd_close(&cgroup);
        (void)unlinkat(run->dir, "cgroup", 0);
        cgroup = make_cgroup(s, run);
        pid = clone_init(s, c, cgroup, l);
    }
    s->cgroup = cgroup >= 0;
    if (pid < 0) {
        return launch_report_clone(s, pid);
    }
    l->pid = pid;
    return c->error < 0 ? report_failure("porthole-init: %s", report_errno(c->error)) : 0;
}

/* enum launch_flag */
static char launch_digit(const struct spec *s)
{
    return (char)('0' + (s->userns ? LAUNCH_USERNS : 0) + (s->net_host ? 0 : LAUNCH_NEWNET) +
                  (s->peek_gid >= 0 ? LAUNCH_OBSERVERS : 0));
}

static void abandon(struct launched *l)
{
    if (l->pid > 0) {
        (void)kill(l->pid, SIGKILL);
        (void)waitpid(l->pid, NULL, 0);
    }
    fd_close(&l->pidfd);
    fd_close(&l->conn);
    fd_close(&l->sync);
}

int launch_start(struct spec *s, struct runtime *run, const int stdio[3],
                 struct spec_made *ret_made, struct launched *ret)
{
    struct child c = {.userns = s->userns, .flags = {launch_digit(s)}};
    int image FD_CLEANUP = image_open(!s->userns);
    int plan FD_CLEANUP = -1;
    int far FD_CLEANUP = -1;
    int pair[2];
    int r;

    *ret = (struct launched){.pidfd = -1, .conn = -1, .sync = -1};
    ret_made->count = 0;
    if (image == -EACCES) {
        return report_failure("porthole-init: this host forbids programs in a memfd (sysctl "
                              "vm.memfd_noexec), and none is installed in " PORTHOLE_LIBEXECDIR);
    }
    if (image < 0) {
        return report_failure("porthole-init: %s", report_errno(image));
    }
    plan = fd_memfd("porthole-plan", false);
    if (plan < 0) {
        return report_failure("plan: %s", report_errno(plan));
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        return report_failure("socket: %s", report_errno(errno));
    }
    ret->sync = pair[0];
    far = pair[1];
    fill_places(&c, s, run, stdio, plan, far, image);
    r = start_init(s, &c, run, ret);
    fd_close(&far); // from here on its end of file is the child's end
    if (r == 0) {
        r = let_on(s, ret);
    }
    if (r == 0) {
        r = prepare_rest(s, plan, ret_made);
    }
    if (r == 0) {
        r = connect_first(s, run, ret);
    }
    if (r == 0) {
        // PID 1 has its own descriptors; a trace of ours would keep mounts and pipes alive.
        runtime_unlock(run);
    } else {
        abandon(ret);
    }
    return r;
}
