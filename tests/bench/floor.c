/* SPDX-License-Identifier: MIT */
/*
 * The least that the kernel charges for the work, without any of the rest: `floor COMMAND` starts a
 * command and reaps it, as an init with a signalfd must; `floor-launch ROOTFS COMMAND` (by its name)
 * makes a container's namespaces, mounts and limits, without channel, plan, second program or supervision.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAST_CAP 40
#define DEFAULT_CAPS UINT64_C(0xa00425fb) /* what porthole keeps: init/core/capset.h */
#define FAILED 125

static int reap(char **command)
{
    uint64_t all = ~UINT64_C(0);
    uint64_t before = 0;
    struct pollfd p = {.events = POLLIN};
    int status = 0;
    pid_t pid;

    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
    p.fd = (int)syscall(SYS_signalfd4, -1, &all, sizeof(all), SFD_CLOEXEC | SFD_NONBLOCK);
    pid = vfork();
    if (pid == 0) {
        (void)setpgid(0, 0);
        (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
        execv(command[0], command);
        _exit(FAILED);
    }
    while (waitpid(-1, &status, WNOHANG) == 0) {
        (void)poll(&p, 1, -1);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : FAILED;
}

static int mounts(void)
{
    static const char *const masked[] = {"proc/acpi", "sys/firmware"};
    static const char *const files[] = {"proc/keys", "proc/timer_list"};
    static const char *const fixed[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys"};
    static const struct {
        const char *path;
        unsigned major, minor;
    } nodes[] = {{"dev/null", 1, 3},   {"dev/zero", 1, 5},    {"dev/full", 1, 7},
                 {"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0}};
    int bad = 0;

    bad |= mount("proc", "proc", "proc", 0, NULL);
    bad |= mount("sysfs", "sys", "sysfs", MS_RDONLY, NULL);
    bad |= mount("tmpfs", "dev", "tmpfs", 0, "mode=755");
    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        bad |= mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor));
    }
    bad |= mkdir("dev/pts", 0755) | mkdir("dev/shm", 01777) | mkdir("dev/mqueue", 0755);
    bad |= mount("devpts", "dev/pts", "devpts", 0, "newinstance,ptmxmode=0666");
    bad |= mount("mqueue", "dev/mqueue", "mqueue", 0, NULL);
    bad |=
        mount("dev/shm", "run", NULL, MS_BIND, NULL) | mount("dev/shm", "tmp", NULL, MS_BIND, NULL);
    for (size_t i = 0; i < 2; i++) {
        (void)mount("dev/shm", masked[i], NULL, MS_BIND, NULL);
        (void)mount("dev/null", files[i], NULL, MS_BIND, NULL);
    }
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        (void)mount(fixed[i], fixed[i], NULL, MS_BIND, NULL);
        (void)mount(NULL, fixed[i], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
    }
    return bad;
}

static int inside(const char *rootfs, char **command)
{
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (ioctl(fd, SIOCSIFFLAGS, &lo) < 0 || unshare(CLONE_NEWNS | CLONE_NEWCGROUP) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL) < 0 || chdir(rootfs) < 0 ||
        mounts() != 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 ||
        chdir("/") < 0 || sethostname("floor", 5) < 0) {
        perror("floor-launch");
        return FAILED;
    }
    for (int cap = 0; cap <= LAST_CAP; cap++) {
        if ((DEFAULT_CAPS >> cap & 1) == 0) {
            (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
        }
    }
    return reap(command);
}

int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
    int status = 0;
    pid_t pid;

    if (argc < 2 || strcmp(name, "floor-launch") != 0) {
        return argc < 2 ? FAILED : reap(argv + 1);
    }
    pid = (pid_t)syscall(
        SYS_clone, CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        _exit(inside(argv[1], argv + 2));
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status)
                                                                           : FAILED;
}
