/* SPDX-License-Identifier: MIT */
/*
 * The least that the kernel charges for a launch: each effect that the README's launch sequence has, and
 * each question that it has to ask (in which user namespace are we, where are cgroups, which masked paths
 * does this kernel have, which mount points are missing, is the folder still ours), said in the fewest
 * calls and by whoever has the time; nothing is parsed, planned, checked twice or reported.
 * `floor-launch ROOT ROOTFS COMMAND`: ROOT is the runtime root; the rootfs has the usual folders. What
 * `porthole run` takes beyond this is its own.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LAST_CAP 40
#define DEFAULT_CAPS UINT64_C(0xa00425fb) /* what porthole keeps: init/core/capset.h */
#define FAILED 125
#define PLAN_BYTES 2300
#define NSN (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
#define NAME "floor"

enum { FD_PLAN = 3, FD_SYNC, FD_ROOTFS, FD_OP, FD_EXIT, FD_IMAGE, FD_COUNT };

static const char cgroup[] = "/sys/fs/cgroup/unified/porthole-" NAME;
static const char cgroup_v2[] = "/sys/fs/cgroup/porthole-" NAME;

static void need(int good, const char *what)
{
    if (!good) {
        perror(what);
        _exit(FAILED);
    }
}

/* -- both */

/* A word with a descriptor, or without (-1). */
static void tell(int sock, int fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
                            .cmsg_level = SOL_SOCKET,
                            .cmsg_type = SCM_RIGHTS}};
    struct iovec iov = {.iov_base = (char[16]){0}, .iov_len = 16};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

    if (fd >= 0) {
        memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
        msg.msg_control = control.bytes;
        msg.msg_controllen = sizeof(control.bytes);
    }
    need(sendmsg(sock, &msg, MSG_NOSIGNAL) == 16, "sendmsg");
}

static int hear(int sock)
{
    char buf[64];
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec iov = {.iov_base = buf, .iov_len = sizeof(buf)};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control,
                         .msg_controllen = sizeof(control)};
    int fd = -1;

    need(recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) > 0, "recvmsg");
    if (msg.msg_controllen > 0) {
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
    }
    return fd;
}

static int fresh(const char *type, const char *const *options, uint64_t attr)
{
    int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
    int tree;

    (void)syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "source", type, 0);
    for (; *options != NULL; options += 2) {
        (void)syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, options[0], options[1], 0);
    }
    need(syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0, type);
    tree = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, (unsigned)attr);
    (void)close(fs);
    return tree;
}

/* -- inside: what PID 1 does */

static int listen_at(int dir, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    memcpy(address.sun_path, name, strlen(name));
    need(fchdir(dir) == 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
             listen(fd, 16) == 0,
         name);
    return fd;
}

static int below(int root, const char *path)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC,
                           .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};

    return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

static void attach(int tree, int dir, const char *path)
{
    unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | (path[0] == 0 ? MOVE_MOUNT_T_EMPTY_PATH : 0u);

    need(syscall(SYS_move_mount, tree, "", dir, path, flags) == 0, "move_mount");
}

static int mounted(const char *type, uint64_t attr, int dir, const char *path)
{
    static const char *const none[] = {NULL};
    int tree = fresh(type, none, attr);

    attach(tree, dir, path);
    return tree;
}

static void copy(int from, const char *what, unsigned recursive, uint64_t attr, int dir,
                 const char *path)
{
    struct mount_attr set = {.attr_set = attr};
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | recursive;
    int tree = (int)syscall(SYS_open_tree, from, what, flags);

    if (tree >= 0 && attr != 0) {
        (void)syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | recursive, &set, sizeof(set));
    }
    if (tree >= 0) {
        attach(tree, dir, path);
    }
}

/* Masks what is there; a mask that found no place is for the next. Returns it, or -1. */
static int mask(int spare, int from, const char *what, int dir, const char *path)
{
    struct mount_attr set = {.attr_set = NSN | MOUNT_ATTR_RDONLY};
    unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | (path[0] == 0 ? MOVE_MOUNT_T_EMPTY_PATH : 0u);

    if (spare < 0) {
        spare = (int)syscall(SYS_open_tree, from, what,
                             OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
        if (what[0] == 0) {
            (void)syscall(SYS_mount_setattr, spare, "", AT_EMPTY_PATH, &set, sizeof(set));
        }
    }
    return syscall(SYS_move_mount, spare, "", dir, path, flags) == 0 ? -1 : spare;
}

static void mounts(void)
{
    static const char *const fixed[] = {"bus", "fs", "irq", "sys"};
    static const char *const files[] = {"kcore", "latency_stats", "sched_debug", "timer_list",
                                        "keys"};
    static const char *const hidden[] = {"acpi", "asound", "scsi"};
    struct mount_attr nodev = {.attr_set = MOUNT_ATTR_NODEV};
    int root = (int)syscall(SYS_open_tree, AT_FDCWD, ".",
                            OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    char entries[1024];
    int proc, dev, empty, run, image_run;
    int file = -1;
    int folder = -1;

    (void)syscall(SYS_mount_setattr, root, "", AT_EMPTY_PATH | AT_RECURSIVE, &nodev, sizeof(nodev));
    attach(root, AT_FDCWD, ".");
    need(fchdir(root) == 0, "root");
    proc = mounted("proc", NSN, below(root, "proc"), "");
    (void)mounted("sysfs", NSN | MOUNT_ATTR_RDONLY, below(root, "sys"), "");
    (void)mounted("cgroup2", NSN | MOUNT_ATTR_RDONLY, below(root, "sys/fs/cgroup"), "");
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        copy(proc, fixed[i], AT_RECURSIVE, MOUNT_ATTR_RDONLY, proc, fixed[i]);
    }
    dev = hear(FD_SYNC);
    attach(dev, below(root, "dev"), "");
    empty = openat(dev, "shm", O_PATH | O_DIRECTORY | O_CLOEXEC);
    run = below(root, "run");
    image_run = openat(run, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)syscall(SYS_getdents64, image_run, entries, sizeof(entries));
    copy(dev, "pts/shm", 0, NSN, dev, "shm");
    copy(dev, "pts/run", 0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, run, "");
    copy(dev, "pts/tmp", 0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, below(root, "tmp"), "");
    attach(hear(FD_SYNC), dev, "pts");
    (void)mounted("mqueue", NSN, dev, "mqueue");
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        file = mask(file, dev, "null", proc, files[i]);
    }
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        folder = mask(folder, empty, "", proc, hidden[i]);
    }
    (void)mask(folder, empty, "", below(root, "sys/firmware"), "");
    (void)hear(FD_SYNC); // loopback is up
}

static void capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2];

    (void)syscall(SYS_capget, &header, sets);
    for (int i = 0; i < 2; i++) {
        sets[i].permitted &= (uint32_t)(DEFAULT_CAPS >> (32 * i)) | 1u << CAP_SYS_ADMIN;
        sets[i].effective = sets[i].permitted;
        sets[i].inheritable = 0;
    }
    (void)syscall(SYS_capset, &header, sets);
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

_Noreturn static void command(char **argv, const uint64_t *mask)
{
    static const char *const environment[] = {"HOME=/", "PATH=/bin", "container=porthole", NULL};

    (void)setsid();
    (void)syscall(SYS_close_range, FD_PLAN, ~0U, CLOSE_RANGE_CLOEXEC);
    (void)open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    (void)syscall(SYS_setgroups, 0, NULL);
    (void)syscall(SYS_setresgid, 0, 0, 0);
    (void)syscall(SYS_setresuid, 0, 0, 0);
    capabilities();
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)chdir("/");
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, NULL, sizeof(*mask));
    (void)syscall(SYS_execve, argv[0], argv, environment);
    _exit(FAILED);
}

_Noreturn static void inside(char **argv)
{
    uint64_t all = ~UINT64_C(0);
    uint64_t none = 0;
    static const uint64_t dispositions[4];
    struct pollfd p[4];
    struct statfs fs;
    char plan[PLAN_BYTES];
    int status = 0;
    struct ucred peer;
    int sealed;
    int net;
    int fd;

    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
    (void)syscall(SYS_close_range, FD_PLAN, ~0U, CLOSE_RANGE_CLOEXEC);
    (void)prctl(PR_SET_NAME, "floor-init", 0, 0, 0);
    p[1] = (struct pollfd){.fd = listen_at(FD_OP, ".control.sock"), .events = POLLIN};
    tell(FD_SYNC, -1);
    for (int i = 1; i <= 64; i++) { // what the launcher ignores the command does not
        (void)syscall(SYS_rt_sigaction, i, &dispositions, NULL, sizeof(all));
    }
    (void)getrandom(plan, 16, GRND_NONBLOCK); // the instance
    net = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sealed = (fcntl(FD_PLAN, F_GET_SEALS) & F_SEAL_WRITE) != 0; // mostly it is, by now
    (void)pread(FD_PLAN, plan, sizeof(plan), 0);
    for (int cap = 0; cap <= LAST_CAP; cap++) {
        if ((DEFAULT_CAPS >> cap & 1) == 0) {
            (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
        }
    }
    (void)poll(&p[1], 1, -1);
    p[2] = (struct pollfd){.fd = accept4(p[1].fd, NULL, NULL, SOCK_CLOEXEC), .events = POLLIN};
    (void)getsockopt(p[2].fd, SOL_SOCKET, SO_PEERCRED, &peer, &(socklen_t){sizeof(peer)});
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    need(sealed || pread(FD_PLAN, plan, sizeof(plan), 0) == PLAN_BYTES, "plan");
    need(fchdir(FD_ROOTFS) == 0 && syscall(SYS_unshare, CLONE_NEWNS | CLONE_NEWCGROUP) == 0,
         "unshare");
    tell(FD_SYNC, net);
    need(syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE,
                 &(struct mount_attr){.propagation = 1 << 18}, sizeof(struct mount_attr)) == 0,
         "private");
    mounts();
    need(syscall(SYS_pivot_root, ".", ".") == 0 && syscall(SYS_umount2, ".", 2) == 0 &&
             chdir("/") == 0 && sethostname(NAME, sizeof(NAME) - 1) == 0,
         "pivot_root");
    (void)syscall(SYS_close_range, FD_IMAGE, p[1].fd - 1, 0); // the image's links may lead there
    (void)syscall(SYS_close_range, p[2].fd + 1, ~0U, 0);
    p[3] = (struct pollfd){
        .fd = listen_at(open("run/porthole/self", O_PATH | O_CLOEXEC), "inside.sock"),
        .events = POLLIN};
    (void)chdir("/");
    (void)syscall(SYS_setresgid, -1, -1, 65534);
    capabilities();
    p[0] = (struct pollfd){
        .fd = (int)syscall(SYS_signalfd4, -1, &all, sizeof(all), SFD_CLOEXEC | SFD_NONBLOCK),
        .events = POLLIN};
    for (int i = 0; i < 3; i++) {
        (void)fstatfs(i, &fs); // is it a pipe that the launcher has made
    }
    fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    (void)dup2(fd, 0);
    if (vfork() == 0) {
        command(argv, &none);
    }
    (void)dup2(fd, 1);
    (void)dup2(fd, 2);
    (void)madvise((void *)(((uintptr_t)plan & ~UINT64_C(4095)) - 69632), 65536, MADV_DONTNEED);
    while (waitpid(-1, &status, WNOHANG) == 0) {
        (void)poll(p, 4, -1);
    }
    (void)write(FD_EXIT, "0\n", 2);
    (void)send(p[2].fd, plan, 48, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : FAILED);
}

/* -- outside: what the launcher does */

struct launch {
    char path[512], grave[512];
    int dir, op, exit, rootfs, image, cgroup, plan, out[2], err[2], sync[2];
    const char *cgroup_path;
};

static void prepare(struct launch *l, const char *self, const char *root, const char *rootfs)
{
    struct mount_attr set = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID};
    char draft[1024];
    struct statfs fs;
    struct stat st;

    (void)close(
        timerfd_create(CLOCK_BOOTTIME_ALARM, TFD_CLOEXEC)); // in which user namespace are we
    (void)snprintf(draft, sizeof(draft), "%s/.new-" NAME, root);
    (void)snprintf(l->path, sizeof(l->path), "%s/" NAME, root);
    (void)snprintf(l->grave, sizeof(l->grave), "%s/.dead-" NAME, root);
    l->rootfs = open(rootfs, O_PATH | O_CLOEXEC);
    (void)stat(root, &st); // is there anything in it to clear away
    need(mkdir(draft, 0700) == 0, draft);
    l->dir = open(draft, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)flock(l->dir, LOCK_EX);
    (void)fchmod(l->dir, 0711); // locked: others may see it
    (void)mkdirat(l->dir, "op", 0700);
    l->op = openat(l->dir, "op", O_PATH | O_CLOEXEC);
    l->exit = openat(l->dir, "exit", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    need(rename(draft, l->path) == 0, l->path);
    l->cgroup_path =
        statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC ? cgroup_v2 : cgroup;
    (void)mkdir(l->cgroup_path, 0755);
    (void)symlinkat(l->cgroup_path, l->dir, "cgroup");
    l->cgroup = open(l->cgroup_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    l->image = open(self, O_RDONLY | O_CLOEXEC); // is it the one that we were built with
    (void)fstat(l->image, &st);
    (void)pread(l->image, draft, 512, 0);
    (void)access(self, X_OK);
    (void)close(l->image);
    l->image = (int)syscall(SYS_open_tree, AT_FDCWD, self, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    (void)syscall(SYS_mount_setattr, l->image, "", AT_EMPTY_PATH, &set, sizeof(set));
    l->plan = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    need(pipe2(l->out, O_CLOEXEC) == 0 && pipe2(l->err, O_CLOEXEC) == 0 &&
             socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, l->sync) == 0,
         "pipes");
}

_Noreturn static void become_inside(const struct launch *l, char **argv)
{
    const int from[FD_COUNT] = {l->plan,   l->out[1], l->err[1], l->plan, l->sync[1],
                                l->rootfs, l->op,     l->exit,   l->image};
    static char *const none[] = {NULL};

    (void)setsid();
    for (int i = 0; i < FD_COUNT; i++) {
        (void)dup3(from[i], 100 + i, O_CLOEXEC);
    }
    for (int i = 0; i < FD_COUNT; i++) {
        (void)dup3(100 + i, i, i == FD_IMAGE ? O_CLOEXEC : 0);
    }
    (void)syscall(SYS_close_range, FD_COUNT, ~0U, 0);
    (void)syscall(SYS_execveat, FD_IMAGE, "", argv, none, AT_EMPTY_PATH);
    _exit(FAILED);
}

/* What PID 1 needs not make itself is made while it mounts the rest. */
static void assist(int sync)
{
    static const char *const folders[] = {
        "pts",     "pts/shm", "pts/run", "pts/run/porthole", "pts/run/porthole/self",
        "pts/tmp", "shm",     "mqueue"};
    static const char *const mode[] = {"mode", "755", NULL};
    static const char *const pts[] = {"ptmxmode", "0666", "mode", "0620", "gid", "5", NULL};
    static const struct {
        const char *path;
        unsigned major, minor;
    } nodes[] = {{"null", 1, 3},   {"zero", 1, 5},    {"full", 1, 7},
                 {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
    static const char *const links[][2] = {{"pts/ptmx", "ptmx"},
                                           {"/proc/self/fd", "fd"},
                                           {"/proc/self/fd/0", "stdin"},
                                           {"/proc/self/fd/1", "stdout"},
                                           {"/proc/self/fd/2", "stderr"}};
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int net = hear(sync);
    int dev = fresh("tmpfs", mode, MOUNT_ATTR_NOSUID);

    (void)umask(0);
    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        need(mknodat(dev, nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)) ==
                 0,
             nodes[i].path);
    }
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        need(mkdirat(dev, folders[i], 01777) == 0, folders[i]);
    }
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        need(symlinkat(links[i][0], dev, links[i][1]) == 0, links[i][1]);
    }
    tell(sync, dev);
    (void)close(dev); // else it would be for us to take down
    dev = fresh("devpts", pts, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    tell(sync, dev);
    (void)close(dev);
    need(ioctl(net, SIOCSIFFLAGS, &lo) == 0, "lo");
    tell(sync, -1);
}

static int attend(const struct launch *l, pid_t pid, int pidfd, int signals)
{
    static const char plan[PLAN_BYTES];
    static const char *const points[] = {"proc", "sys", "dev", "run", "tmp"};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat st;
    char buf[64];
    struct pollfd p[5];
    int conn = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int status = 0;

    (void)close(l->sync[1]);
    (void)write(l->plan, plan, sizeof(plan));
    (void)fcntl(l->plan, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    // What a launch that fails has to take away again, and who else uses it.
    (void)flock(openat(l->rootfs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), LOCK_SH | LOCK_NB);
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        (void)fstatat(l->rootfs, points[i], &st, AT_SYMLINK_NOFOLLOW);
    }
    (void)hear(l->sync[0]);
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/op/.control.sock", l->path);
    need(connect(conn, (struct sockaddr *)&address, sizeof(address)) == 0, "connect");
    (void)renameat(l->op, ".control.sock", l->op, "control.sock"); // now others may ask
    assist(l->sync[0]);
    (void)close(l->image);
    (void)close(l->out[1]);
    (void)close(l->err[1]);
    p[0] = (struct pollfd){.fd = conn, .events = POLLIN};
    p[1] = (struct pollfd){.fd = signals, .events = POLLIN};
    p[2] = (struct pollfd){.fd = pidfd, .events = POLLIN};
    p[3] = (struct pollfd){.fd = l->out[0], .events = POLLIN};
    p[4] = (struct pollfd){.fd = l->err[0], .events = POLLIN};
    while (p[2].revents == 0) {
        (void)poll(p, 5, -1);
        p[3].fd = p[3].revents != 0 ? -1 : p[3].fd;
        p[4].fd = p[4].revents != 0 ? -1 : p[4].fd;
        if (p[0].revents != 0 && read(conn, buf, sizeof(buf)) <= 0) {
            p[0].fd = -1;
        } else if (p[0].revents != 0) {
            (void)lstat(l->path, &st);       // is it still ours
            (void)rename(l->path, l->grave); // so that nobody takes it for a container any more
            (void)lstat(l->grave, &st);      // was it
            (void)unlinkat(l->dir, "op/control.sock", 0);
            (void)unlinkat(l->dir, "exit", 0);
            (void)unlinkat(l->dir, "op", AT_REMOVEDIR);
        }
    }
    (void)waitpid(pid, &status, 0);
    (void)rmdir(l->cgroup_path);
    (void)unlinkat(l->dir, "cgroup", 0); // now the note of it is of no use to anybody
    (void)rmdir(l->grave);
    return WIFEXITED(status) ? WEXITSTATUS(status) : FAILED;
}

int main(int argc, char **argv)
{
    uint64_t all = ~UINT64_C(0);
    struct launch l;
    int pidfd = -1;
    struct clone_args args = {
        .flags = CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_PIDFD |
                 CLONE_INTO_CGROUP | CLONE_VFORK,
        .pidfd = (uint64_t)(uintptr_t)&pidfd,
        .exit_signal = SIGCHLD,
    };
    int signals;
    long pid;

    if (getpid() == 1) {
        inside(argv);
    }
    if (argc < 4) {
        return FAILED;
    }
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
    signals = (int)syscall(SYS_signalfd4, -1, &all, sizeof(all), SFD_CLOEXEC | SFD_NONBLOCK);
    prepare(&l, argv[0], argv[1], argv[2]);
    args.cgroup = (uint64_t)(unsigned)l.cgroup;
#if defined(__x86_64__)
    // Inline: from a library's wrapper the child would return first, on the stack that is ours.
    args.flags |= CLONE_VM;
    __asm__ volatile("syscall"
                     : "=a"(pid)
                     : "a"(SYS_clone3), "D"(&args), "S"(sizeof(args))
                     : "rcx", "r11", "memory");
#else
    pid = syscall(SYS_clone3, &args, sizeof(args));
#endif
    if (pid == 0) {
        become_inside(&l, argv + 3);
    }
    need(pid > 0, "clone3");
    return attend(&l, (pid_t)pid, pidfd, signals);
}
