/* SPDX-License-Identifier: MIT */
/* The launch sequence: from the first instruction of a launched PID 1 to its main command. */
#include "glue/boot.h"

#include "core/capset.h"
#include "core/step.h"
#include "glue/boot_services.h"
#include "glue/command.h"
#include "glue/control.h"
#include "glue/launcher.h"
#include "glue/loop.h"
#include "glue/say.h"
#include "glue/services.h"
#include "glue/walk.h"
#include "sys/caps.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/leaf.h"
#include "sys/mem.h"
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

/* One launch, until its loop runs. */
struct boot {
    struct init *in;
    unsigned flags; // enum launch_flag
    int net; // a socket of our network namespace, for the launcher; -1. Closed with all of its descriptors
    struct pty pty;
    struct slice image; // the plan, in room or mapped; no data before it was taken
    struct plan plan;
    // what went wrong, for one report at one place
    enum step step;
    int error; // -errno
    const char *object;
    uint8_t room[PLAN_BYTES];
};

static int failed(struct boot *b, enum step step, int error, const char *object)
{
    b->step = step;
    b->error = error;
    b->object = object;
    return error;
}

/* On the launcher's connection; before it is there, on the sync socket. */
static void report(const struct boot *b)
{
    const struct init *in = b->in;
    uint8_t buf[512];
    struct wire_writer w;
    int len;

    proto_begin(&w, buf, sizeof(buf), PROTO_FAILED, 0);
    wire_tlv_u64(&w, TAG_STEP, b->step);
    wire_tlv_u64(&w, TAG_ERRNO, (uint64_t)-b->error);
    wire_tlv_bytes(&w, TAG_OBJECT, b->object, strnlen(b->object, 256));
    len = proto_end(&w);
    if (len > 0) {
        (void)sock_send(in->monitor >= 0 ? in->slots[in->monitor].fd : LAUNCH_FD_SYNC, buf,
                        (size_t)len, NULL, 0);
    }
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

/* Waits for its connection; it may die instead. */
static int accept_launcher(struct init *in)
{
    struct pollfd p[2] = {{.fd = in->listener[LISTEN_OPERATOR], .events = POLLIN},
                          {.fd = LAUNCH_FD_SYNC}};
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

/*
 * In a user namespace loopback is for us to bring up. Else the launcher may do it, through a socket of our
 * network namespace: it takes a twentieth of a launch, in which we can mount.
 */
static int open_net(struct boot *b)
{
    int net FD_CLEANUP = net_open();

    if (net < 0) {
        return net;
    }
    if (b->in->userns) {
        return net_loopback_up(net);
    }
    b->net = TAKE_FD(net);
    return 0;
}

/* The plan, and what can be done of it before anything is isolated: what no command may ever have. */
static int take_plan(struct boot *b)
{
    int r = fd_read_sealed(LAUNCH_FD_PLAN, b->room, sizeof(b->room), SESSION_ARGS_MAX, &b->image);

    if (r == 0) {
        r = plan_decode(b->image, &b->plan);
    }
    if (r < 0) {
        return failed(b, STEP_PLAN, r, "plan");
    }
    b->in->caps = b->plan.fields.num[TAG_CAPS];
    b->in->tell_up = (b->plan.flags & PLAN_TELL_UP) != 0;
    if ((b->plan.flags & PLAN_CGROUP) != 0 && boot_has_services(&b->plan) &&
        leaf_is_cgroup(LAUNCH_FD_CGROUP)) {
        b->in->cgroup_fd = LAUNCH_FD_CGROUP;
    }
    r = caps_bound(~UINT64_C(0), b->in->caps | CAPSET_PID1);
    return r < 0 ? failed(b, STEP_PRIVILEGES, r, "bounding set") : 0;
}

/* The launcher takes a while to wake and to connect: what isolates nothing is done in that time. */
static int prepare(struct boot *b)
{
    int r = 0;

    sig_reset(&b->in->inherited);
    loop_catch_crashes(b->in);
    init_make_instance(b->in);
    if ((b->flags & LAUNCH_NEWNET) != 0) {
        r = open_net(b);
    }
    if (r < 0) {
        return failed(b, STEP_LOOPBACK, r, "lo");
    }
    // The seals say that it is complete; mostly it is by now.
    return fd_sealed_size(LAUNCH_FD_PLAN, SESSION_ARGS_MAX) > 0 ? take_plan(b) : 0;
}

/* Step 1: the channel first, with the launcher's identity, before anything is isolated. */
static int open_channel(struct boot *b)
{
    int r;

    if (b->in->userns) {
        r = launcher_wait(NULL);
        if (r < 0) {
            return failed(b, STEP_MAPS, r, "uid_map");
        }
    }
    r = listen_for_host(b->in, b->flags);
    if (r < 0) {
        return failed(b, STEP_LISTEN, r, "control.sock");
    }
    r = launcher_tell(-1);
    if (r < 0) {
        return failed(b, STEP_ACCEPT, r, "control.sock");
    }
    r = prepare(b);
    if (r < 0) {
        return r;
    }
    r = accept_launcher(b->in);
    if (r < 0) {
        return failed(b, STEP_ACCEPT, r, "control.sock");
    }
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
        return failed(b, STEP_IDENTITY, -errno, "dumpable");
    }
    return b->image.data == NULL ? take_plan(b) : 0; // sealed at the latest when it connects
}

/* The command's terminal is the container's console too, while mounting is still allowed. */
static int put_console(struct boot *b, int root)
{
    int target FD_CLEANUP = mnt_open_create(root, "dev/console", true);
    int tree FD_CLEANUP = -1;
    int r = target < 0 ? target : command_open_pty(b->in->devpts_fd, &b->plan.fields, &b->pty);

    if (r < 0) {
        return r;
    }
    tree = mnt_clone(b->pty.slave, "", false); // by descriptor: CVE-2025-52565
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

/* Step 2: namespaces of our own. */
static int isolate(struct boot *b)
{
    int r;

    if (fchdir(LAUNCH_FD_ROOTFS) < 0) {
        return failed(b, STEP_ROOT, -errno, "rootfs");
    }
    if (unshare(CLONE_NEWNS) < 0) {
        return failed(b, STEP_UNSHARE_MOUNT, -errno, "mount");
    }
    r = b->in->userns ? 0 : launcher_tell(b->net); // from here on it mounts, too
    if (r < 0) {
        return failed(b, STEP_ACCEPT, r, "control.sock");
    }
    r = mnt_make_private();
    if (r < 0) {
        return failed(b, STEP_PRIVATE, r, "/");
    }
    if ((b->plan.flags & PLAN_CGROUP) != 0 && unshare(CLONE_NEWCGROUP) < 0) {
        return failed(b, STEP_UNSHARE_CGROUP, -errno, "cgroup");
    }
    return 0;
}

/* Step 3: the plan's mounts. */
static int mount_all(struct boot *b, struct walk *walk)
{
    struct init *in = b->in;
    struct plan_op op;
    int r;

    walk_init(walk);
    r = walk_plan(walk, &b->plan, &op);
    in->devpts_fd = walk->devpts;
    in->proc_fd = walk->proc;
    if (r < 0) {
        bool known = op.kind != 0;
        const char *object = known && op.target[0] != 0 ? op.target : "rootfs";

        return failed(b, known ? (enum step)plan_op_step(op.kind) : STEP_PLAN, r,
                      known ? object : "operation");
    }
    r = (b->plan.fields.num[TAG_FLAGS] & COMMAND_TTY) != 0 ? put_console(b, walk->root) : 0;
    return r < 0 ? failed(b, STEP_TERMINAL, r, "/dev/console") : 0;
}

/* Step 4: the new root, once the launcher has done its part. */
static int enter_root(struct boot *b, int inside)
{
    int r = b->net >= 0 ? launcher_wait(NULL) : 0;

    if (r < 0) {
        return failed(b, STEP_LOOPBACK, r, "lo");
    }
    r = mnt_pivot();
    if (r < 0) {
        return failed(b, STEP_PIVOT, r, "rootfs");
    }
    r = listen_inside(b->in, inside);
    if (r < 0) {
        return failed(b, STEP_INSIDE, r, "/run/porthole/self/inside.sock");
    }
    // The launcher's descriptors and the walk's lead into the host. From here on paths of the image
    // are resolved, and a link in it may say /proc/self/fd/N.
    init_keep_own(b->in, &b->pty);
    return 0;
}

/* Step 5: what is left to set up from inside. */
static int furnish(struct boot *b)
{
    const struct init *in = b->in;
    struct slice host = b->plan.fields.text[TAG_OBJECT];
    int r;

    if (sethostname(host.len > 0 ? (const char *)host.data : "", host.len) < 0) {
        return failed(b, STEP_HOSTNAME, -errno, "hostname");
    }
    // Root inside is the same user, and prlimit(2) asks for no more than that: with a saved group id
    // of its own PID 1 is somebody else. (A user namespace with one id has no other to give.)
    r = in->userns ? 0 : user_save_group(OTHER_GID);
    if (r < 0) {
        return failed(b, STEP_IDENTITY, r, "group");
    }
    // A capability that the launcher itself lacks cannot be handed on (root without it, or a
    // container in a container): the launcher has refused --cap-add of it by name.
    r = caps_set((in->caps | CAPSET_PID1) & caps_effective());
    return r < 0 ? failed(b, STEP_PRIVILEGES, r, "capabilities") : 0;
}

static void main_child(void *arg)
{
    command_become(arg);
}

/*
 * Step 6. As vfork(2) does it: a boot has nobody to serve meanwhile, so it may wait for the exec, and copying
 * our page tables for the child would cost more than all of the steps before.
 */
static int start_main(struct boot *b)
{
    static struct command c; // not on the stack: the child works on ours until its exec
    struct init *in = b->in;
    int null FD_CLEANUP = open("/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);
    int none[3] = {null, null, null};
    pid_t pid;
    int r;

    if (null < 0) {
        return failed(b, STEP_STDIO, -errno, "/dev/null");
    }
    c = (struct command){
        .init = in,
        .own = &b->plan.fields,
        .base = &b->plan.fields,
        .args = b->plan.fields.body,
        .conn = in->slots[in->monitor].fd,
        .pty = b->pty,
    };
    for (int i = 0; i < 3; i++) { // what the launcher did not connect is the container's /dev/null
        c.stdio[i] = fd_is_anonymous_pipe(i) ? i : null;
    }
    in->main_started = clock_monotonic();
    pid = spawn_borrowing(main_child, &c);
    command_finish(&c);
    pty_finish(&b->pty);
    if (pid < 0) {
        return failed(b, STEP_FORK, pid, "process");
    }
    in->main_pid = pid;
    in->main_runs = !c.failed;
    // The streams are the command's: once all that hold them are gone, their readers see the end.
    r = fd_to_stdio(none);
    return r < 0 ? failed(b, STEP_STDIO, r, "/dev/null") : 0;
}

/* PID 1 keeps the streams that it was given: of COMMAND, and stdout of all that is logged. */
static int keep_streams(struct boot *b, int *ret_out)
{
    int stdio[3];
    int r;

    for (int i = 0; i < 3; i++) {
        stdio[i] = fd_is_anonymous_pipe(i) ? i : -1;
    }
    *ret_out = stdio[1] >= 0 ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) : -1;
    r = fd_to_stdio(stdio);
    return r < 0 ? failed(b, STEP_STDIO, r, "/dev/null") : 0;
}

/* Step 6 with services: from here on the loop starts what the units say. */
static int start_services(struct boot *b)
{
    int out = -1;
    int r = keep_streams(b, &out);

    if (r == 0) {
        r = boot_services(b->in, &b->plan, b->image.len, out);
        r = r < 0 ? failed(b, STEP_FORK, r, "loader") : 0;
    }
    if (r == 0) {
        b->in->services->pty = b->pty;
    }
    return r;
}

static int boot_steps(struct boot *b)
{
    struct init *in = b->in;
    struct walk walk;
    int r = open_channel(b);

    if (r == 0) {
        r = isolate(b);
    }
    if (r == 0) {
        r = mount_all(b, &walk);
    }
    if (r == 0) {
        r = enter_root(b, walk.inside);
    }
    if (r == 0) {
        r = furnish(b);
    }
    if (r == 0) {
        in->signal_fd = sig_open();
        r = in->signal_fd < 0 ? failed(b, STEP_LOOP, in->signal_fd, "signals") : 0;
    }
    if (r == 0) {
        life_init(&in->life, LIFE_END_ALL, (msec_t)b->plan.fields.num[TAG_GRACE]);
        r = boot_has_services(&b->plan) ? start_services(b) : start_main(b);
    }
    if (r == 0) {
        if (b->image.data != b->room) {
            (void)munmap((void *)(uintptr_t)b->image.data, b->image.len);
        }
    }
    return r;
}

int boot_launched(struct init *in, unsigned flags)
{
    struct boot b;
    int r;

    b.in = in; // not all of it is cleared: the room alone is a page
    b.flags = flags;
    b.net = -1;
    b.pty = (struct pty){-1, -1};
    b.image = (struct slice){NULL, 0};
    b.plan.flags = 0;
    in->launched = true;
    in->started = clock_monotonic();
    in->pid1 = true;
    in->place = PLACE_LAUNCHED;
    in->userns = (flags & LAUNCH_USERNS) != 0;
    in->plan_fd = LAUNCH_FD_PLAN;
    in->exit_fd = LAUNCH_FD_EXIT;
    // Not one of the launcher's descriptors reaches a command.
    r = fd_cloexec_from(3);
    if (r < 0) {
        (void)failed(&b, STEP_NONE, r, "");
    }
    (void)prctl(PR_SET_NAME, "porthole-init", 0, 0, 0);
    if (r == 0) {
        r = boot_steps(&b);
    }
    if (r < 0) {
        report(&b);
    }
    return r;
}
