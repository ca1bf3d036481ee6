/* SPDX-License-Identifier: MIT */
/* The launch sequence: from the first instruction of a launched PID 1 to its main command. */
#include "glue/boot.h"

#include "core/capset.h"
#include "core/plan.h"
#include "core/step.h"
#include "glue/command.h"
#include "glue/control.h"
#include "glue/loop.h"
#include "glue/say.h"
#include "glue/walk.h"
#include "sys/caps.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/mnt.h"
#include "sys/net.h"
#include "sys/sock.h"
#include "sys/spawn.h"
#include "sys/user.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define OTHER_GID 65534 /* nogroup, by custom */
#define PLAN_BYTES 4096 /* of a plan without many arguments or binds */

/* What goes wrong before the loop runs, for one report at one place. */
struct failure {
    enum step step;
    int error; // -errno
    const char *object;
};

static int failed(struct failure *f, enum step step, int error, const char *object)
{
    f->step = step;
    f->error = error;
    f->object = object;
    return error;
}

/* On the launcher's connection; before it is there, on the sync socket. */
static void report(const struct init *in, const struct failure *f)
{
    uint8_t buf[512];
    struct wire_writer w;
    int len;

    proto_begin(&w, buf, sizeof(buf), PROTO_FAILED, 0);
    wire_tlv_u64(&w, TAG_STEP, f->step);
    wire_tlv_u64(&w, TAG_ERRNO, (uint64_t)-f->error);
    wire_tlv_bytes(&w, TAG_OBJECT, f->object, strnlen(f->object, 256));
    len = proto_end(&w);
    if (len > 0) {
        (void)sock_send(in->monitor >= 0 ? in->slots[in->monitor].fd : LAUNCH_FD_SYNC, buf,
                        (size_t)len, NULL, 0);
    }
}

/* One datagram from the launcher: the maps are written. End of file: it is dead, and so are we. */
static int wait_for_maps(int sync)
{
    uint8_t buf[PROTO_HEADER];
    ssize_t n = sock_recv(sync, buf, sizeof(buf), NULL);

    if (n == 0) {
        return -EPIPE;
    }
    return n < 0 ? (int)n : 0;
}

static int listen_for_host(struct init *in, unsigned flags)
{
    int r;

    (void)umask(0177);
    r = in->listener[LISTEN_OPERATOR] =
        sock_listen_at(LAUNCH_FD_OP_DIR, LAUNCH_OPERATOR_SOCKET, LISTEN_BACKLOG);
    if (r >= 0 && (flags & LAUNCH_OBSERVERS) != 0) {
        (void)umask(0111); // the folder is the access list, not the socket
        r = in->listener[LISTEN_OBSERVER] =
            sock_listen_at(LAUNCH_FD_PEEK_DIR, LAUNCH_OBSERVER_SOCKET, LISTEN_BACKLOG);
    }
    (void)umask(022);
    return r < 0 ? r : 0;
}

/* Tells the launcher to connect. */
static int call_launcher(int sync)
{
    uint8_t buf[PROTO_HEADER];
    struct wire_writer w;

    proto_begin(&w, buf, sizeof(buf), PROTO_OK, 0);
    return sock_send(sync, buf, (size_t)proto_end(&w), NULL, 0);
}

/* Waits for its connection; it may die instead. */
static int accept_launcher(struct init *in, int sync)
{
    struct pollfd p[2] = {{.fd = in->listener[LISTEN_OPERATOR], .events = POLLIN}, {.fd = sync}};
    int fd;
    int r = 0;

    while (r == 0 && (p[0].revents & POLLIN) == 0) {
        if (poll(p, 2, -1) < 0 && errno != EINTR) {
            r = -errno;
        } else if (p[1].revents != 0 && (p[0].revents & POLLIN) == 0) {
            r = -EPIPE; // dead; one that has connected may well have closed its end
        }
    }
    if (r < 0) {
        return r;
    }
    fd = sock_accept(in->listener[LISTEN_OPERATOR]);
    return fd < 0 ? fd : control_add_monitor(in, fd);
}

/* Step 1: the channel first, with the launcher's identity, before anything is isolated. */
static int open_channel(struct init *in, unsigned flags, struct failure *f)
{
    int r;

    if (in->userns) {
        r = wait_for_maps(LAUNCH_FD_SYNC);
        if (r < 0) {
            return failed(f, STEP_MAPS, r, "uid_map");
        }
    }
    r = listen_for_host(in, flags);
    if (r < 0) {
        return failed(f, STEP_LISTEN, r, "control.sock");
    }
    r = call_launcher(LAUNCH_FD_SYNC);
    if (r < 0) {
        return failed(f, STEP_ACCEPT, r, "control.sock");
    }
    // Loopback is in a namespace that is ours already, and takes longer than the launcher to connect.
    r = (flags & LAUNCH_NEWNET) != 0 ? net_loopback_up() : 0;
    if (r < 0) {
        return failed(f, STEP_LOOPBACK, r, "lo");
    }
    r = accept_launcher(in, LAUNCH_FD_SYNC);
    if (r < 0) {
        return failed(f, STEP_ACCEPT, r, "control.sock");
    }
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
        return failed(f, STEP_IDENTITY, -errno, "dumpable");
    }
    return 0;
}

/* The command's terminal is the container's console too, while mounting is still allowed. */
static int put_console(const struct init *in, const struct plan *p, int root, struct pty *ret_pty)
{
    int target FD_CLEANUP = mnt_open_create(root, "dev/console", true);
    int tree FD_CLEANUP = -1;
    int r = target < 0 ? target : command_open_pty(in->devpts_fd, &p->fields, ret_pty);

    if (r < 0) {
        return r;
    }
    tree = mnt_clone(ret_pty->slave, "", false); // by descriptor: CVE-2025-52565
    return tree < 0 ? tree : mnt_attach(tree, target, "");
}

/* By its folder's descriptor: on the path to it there may be the image's links. */
static int listen_inside(struct init *in, int folder)
{
    int r;

    (void)umask(0111); // every process inside may ask
    r = in->listener[LISTEN_INSIDE] = sock_listen_at(folder, "inside.sock", LISTEN_BACKLOG);
    (void)umask(022);
    if (r >= 0 && chdir("/") < 0) {
        r = -errno;
    }
    return r < 0 ? r : 0;
}

/* Steps 2 to 4: namespaces of our own, the plan's mounts, the new root. */
static int enter_root(struct init *in, struct plan *p, struct pty *pty, struct failure *f)
{
    struct plan_op op;
    struct walk walk;
    int r;

    if (fchdir(LAUNCH_FD_ROOTFS) < 0) {
        return failed(f, STEP_ROOT, -errno, "rootfs");
    }
    if (unshare(CLONE_NEWNS) < 0) {
        return failed(f, STEP_UNSHARE_MOUNT, -errno, "mount");
    }
    r = mnt_make_private();
    if (r < 0) {
        return failed(f, STEP_PRIVATE, r, "/");
    }
    if ((p->flags & PLAN_CGROUP) != 0 && unshare(CLONE_NEWCGROUP) < 0) {
        return failed(f, STEP_UNSHARE_CGROUP, -errno, "cgroup");
    }
    walk_init(&walk);
    r = walk_plan(&walk, p, &op);
    in->devpts_fd = walk.devpts;
    in->proc_fd = walk.proc;
    if (r < 0) {
        bool known = op.kind != 0;

        return failed(f, known ? (enum step)plan_op_step(op.kind) : STEP_PLAN, r,
                      known ? op.target : "operation");
    }
    r = (p->fields.num[TAG_FLAGS] & COMMAND_TTY) != 0 ? put_console(in, p, walk.root, pty) : 0;
    if (r < 0) {
        return failed(f, STEP_TERMINAL, r, "/dev/console");
    }
    r = mnt_pivot();
    if (r < 0) {
        return failed(f, STEP_PIVOT, r, "rootfs");
    }
    r = listen_inside(in, walk.inside);
    if (r < 0) {
        return failed(f, STEP_INSIDE, r, "/run/porthole/self/inside.sock");
    }
    // The launcher's descriptors and the walk's lead into the host. From here on paths of the image
    // are resolved, and a link in it may say /proc/self/fd/N.
    init_keep_own(in, pty);
    return 0;
}

/* Step 5: what is left to set up from inside. */
static int furnish(struct init *in, const struct plan *p, struct failure *f)
{
    struct slice host = p->fields.text[TAG_OBJECT];
    int r;

    if (sethostname(host.len > 0 ? (const char *)host.data : "", host.len) < 0) {
        return failed(f, STEP_HOSTNAME, -errno, "hostname");
    }
    // Root inside is the same user, and prlimit(2) asks for no more than that: with a saved group id
    // of its own PID 1 is somebody else. (A user namespace with one id has no other to give.)
    r = in->userns ? 0 : user_save_group(OTHER_GID);
    if (r < 0) {
        return failed(f, STEP_IDENTITY, r, "group");
    }
    r = caps_bound(~UINT64_C(0), in->caps | CAPSET_PID1);
    if (r < 0) {
        return failed(f, STEP_PRIVILEGES, r, "bounding set");
    }
    // A capability that the launcher itself lacks cannot be handed on (root without it, or a
    // container in a container): the launcher has refused --cap-add of it by name.
    r = caps_set((in->caps | CAPSET_PID1) & caps_effective());
    return r < 0 ? failed(f, STEP_PRIVILEGES, r, "capabilities") : 0;
}

static void main_child(void *arg)
{
    command_become(arg);
}

/*
 * Step 6. As vfork(2) does it: a boot has nobody to serve meanwhile, so it may wait for the exec, and copying
 * our page tables for the child would cost more than all of the steps before.
 */
static int start_main(struct init *in, const struct plan *p, struct pty *pty, struct failure *f)
{
    static struct command c; // not on the stack: the child works on ours until its exec
    int null FD_CLEANUP = open("/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);
    int none[3] = {null, null, null};
    pid_t pid;
    int r;

    if (null < 0) {
        return failed(f, STEP_STDIO, -errno, "/dev/null");
    }
    c = (struct command){
        .init = in,
        .own = &p->fields,
        .base = &p->fields,
        .args = p->fields.body,
        .conn = in->slots[in->monitor].fd,
        .pty = *pty,
    };
    for (int i = 0; i < 3; i++) { // what the launcher did not connect is the container's /dev/null
        c.stdio[i] = fd_is_anonymous_pipe(i) ? i : null;
    }
    in->main_started = clock_monotonic();
    pid = spawn_borrowing(main_child, &c);
    command_finish(&c);
    pty_finish(pty);
    if (pid < 0) {
        return failed(f, STEP_FORK, pid, "process");
    }
    in->main_pid = pid;
    in->main_runs = !c.failed;
    // The streams are the command's: once all that hold them are gone, their readers see the end.
    r = fd_to_stdio(none);
    return r < 0 ? failed(f, STEP_STDIO, r, "/dev/null") : 0;
}

/* The plan is complete and sealed since the launcher has connected. */
static int read_plan(struct init *in, void *room, size_t cap, struct slice *ret_image,
                     struct plan *ret_plan, struct failure *f)
{
    int r = fd_read_sealed(LAUNCH_FD_PLAN, room, cap, SESSION_ARGS_MAX, ret_image);

    if (r == 0) {
        r = plan_decode(*ret_image, ret_plan);
    }
    if (r < 0) {
        return failed(f, STEP_PLAN, r, "plan");
    }
    in->caps = ret_plan->fields.num[TAG_CAPS];
    in->tell_up = (ret_plan->flags & PLAN_TELL_UP) != 0;
    return 0;
}

static int boot_steps(struct init *in, unsigned flags, struct failure *f)
{
    uint8_t room[PLAN_BYTES];
    struct slice image = {NULL, 0};
    struct plan plan = {.flags = 0};
    struct pty pty = {-1, -1};
    int r = open_channel(in, flags, f);

    if (r == 0) {
        r = read_plan(in, room, sizeof(room), &image, &plan, f);
    }
    if (r == 0) {
        r = enter_root(in, &plan, &pty, f);
    }
    if (r == 0) {
        r = furnish(in, &plan, f);
    }
    if (r == 0) {
        in->signal_fd = sig_open();
        r = in->signal_fd < 0 ? failed(f, STEP_LOOP, in->signal_fd, "signals") : 0;
    }
    if (r == 0) {
        r = start_main(in, &plan, &pty, f);
    }
    if (r == 0) {
        life_init(&in->life, (msec_t)plan.fields.num[TAG_GRACE]);
        if (image.data != room) {
            (void)munmap((void *)(uintptr_t)image.data, image.len);
        }
    }
    return r;
}

int boot_launched(struct init *in, unsigned flags)
{
    struct failure f = {STEP_NONE, 0, ""};
    int r;

    in->launched = true;
    in->started = clock_monotonic();
    in->pid1 = true;
    in->place = PLACE_LAUNCHED;
    in->userns = (flags & LAUNCH_USERNS) != 0;
    in->plan_fd = LAUNCH_FD_PLAN;
    in->exit_fd = LAUNCH_FD_EXIT;
    // Not one of the launcher's descriptors reaches a command.
    r = fd_cloexec_from(3);
    (void)prctl(PR_SET_NAME, "porthole-init", 0, 0, 0);
    sig_reset(&in->inherited);
    sig_catch_crashes(&in->inherited, loop_crash);
    init_make_instance(in);
    if (r == 0) {
        r = boot_steps(in, flags, &f);
    }
    if (r < 0) {
        report(in, &f);
    }
    return r;
}
