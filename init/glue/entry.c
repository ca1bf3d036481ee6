/* SPDX-License-Identifier: MIT */
/* Starting as an entrypoint: in an engine's container, or as anybody's child. */
#include "glue/entry.h"

#include "glue/command.h"
#include "glue/job.h"
#include "glue/loop.h"
#include "glue/say.h"
#include "glue/services.h"
#include "glue/telling.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/mnt.h"
#include "sys/sock.h"
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint8_t find_place(void)
{
    if (getenv("KUBERNETES_SERVICE_HOST") != NULL) {
        return PLACE_KUBERNETES;
    }
    if (access("/run/.containerenv", F_OK) == 0) {
        return PLACE_PODMAN;
    }
    if (access("/.dockerenv", F_OK) == 0) {
        return PLACE_DOCKER;
    }
    return getenv("container") != NULL ? PLACE_CONTAINER : PLACE_HOST;
}

/*
 * The folder at path, with what is missing of it, and this mode. Where it need not be ours, somebody else's keeps its
 * own: a volume in Kubernetes is root's, and anybody may write to it. Descriptor or -errno.
 */
static int make_folder(const char *path, mode_t mode, bool ours)
{
    int fd FD_CLEANUP = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int dir FD_CLEANUP = -1;

    if (fd < 0) {
        return -errno;
    }
    dir = mnt_open_create(fd, path, false);
    if (dir >= 0 && syscall(SYS_fchmodat, dir, ".", mode) < 0 && (ours || errno != EPERM)) {
        return -errno;
    }
    return TAKE_FD(dir);
}

/* A socket that nobody answers on is what a killed predecessor has left. */
static int listen_fresh(int dir, const char *name)
{
    int r = sock_listen_at(dir, name, LISTEN_BACKLOG);

    if (r == -EADDRINUSE) {
        int other FD_CLEANUP = sock_connect(name); // the folder is the working directory now

        if (other == -ECONNREFUSED && unlinkat(dir, name, 0) == 0) {
            r = sock_listen_at(dir, name, LISTEN_BACKLOG);
        }
    }
    return r;
}

/* The channel of an entrypoint: what fails costs the channel, never the start. */
static void open_own_channel(struct init *in, const char *folder)
{
    char path[4096];
    size_t len = strlen(folder);
    mode_t before = umask(022);
    int back FD_CLEANUP = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int r = -ENAMETOOLONG;

    if (len + sizeof("/op") <= sizeof(path)) {
        (void)stpcpy(stpcpy(path, folder), "/op");
        r = in->control_dirs[LISTEN_INSIDE] = make_folder(folder, 0755, false);
    }
    if (r >= 0) {
        r = in->control_dirs[LISTEN_OPERATOR] = make_folder(path, 0700, true);
    }
    if (r >= 0) {
        (void)umask(0177);
        r = in->listener[LISTEN_OPERATOR] =
            listen_fresh(in->control_dirs[LISTEN_OPERATOR], "control.sock");
    }
    if (r >= 0) {
        (void)umask(0111);
        r = in->listener[LISTEN_INSIDE] =
            listen_fresh(in->control_dirs[LISTEN_INSIDE], "inside.sock");
    }
    (void)umask(before);
    if (back >= 0 && fchdir(back) < 0 && r >= 0) {
        r = -errno;
    }
    if (r < 0) {
        if (!in->quiet) {
            say_reason(folder, "no control socket", say_errno(r));
        }
        return;
    }
    in->place = find_place();
    in->devpts_fd = open("/dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC);
    init_make_instance(in);
}

static void plain_child(void *arg)
{
    command_become_plain(arg);
}

/*
 * What the command need not wait for. Signals are blocked since before it was started: those that have
 * come meanwhile wait for the descriptor.
 */
static int settle(struct init *in)
{
    if (in->listener[LISTEN_OPERATOR] >= 0 || in->listener[LISTEN_INSIDE] >= 0 ||
        in->services != NULL) { // else nothing but signals is waited for
        in->signal_fd = sig_open();
        if (in->signal_fd < 0) {
            say("signals", say_errno(in->signal_fd));
            if (in->main_pid > 0) {
                (void)kill(in->main_pid, SIGKILL); // nothing could be passed on to it
            }
            return in->signal_fd;
        }
    }
    loop_catch_crashes(in);
    init_keep_own(in, NULL);
    // A pinned directory would keep a volume from being unmounted.
    if (chdir("/") < 0 && in->verbose) {
        say("/", say_errno(errno));
    }
    return 0;
}

/* What a channel and services need: PID 1 resolves /proc this once. */
static void open_proc(struct init *in)
{
    in->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int start_services(struct init *in, const struct options *o)
{
    const struct loader_request request = {
        .folders = o->folders,
        .units = o->units,
        .main = o->main,
        .command = in->argc > 0,
        .strict = o->strict,
        .quiet = o->quiet,
    };
    int r;

    in->started = clock_monotonic();
    sig_set_aside(&in->inherited);
    life_init(&in->life, LIFE_END_ALL, o->grace);
    r = services_start(in, &request, o->exit_when, fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    if (r < 0) {
        say("services", say_errno(r));
        return r;
    }
    return settle(in);
}

static int become_reaper(const struct init *in)
{
    int is = 0;

    if (in->pid1) {
        return 0;
    }
    if (in->rules.no_subreaper) { // it may have been made one before it executed us
        if (in->rules.manner == MANNER_TINI &&
            (prctl(PR_GET_CHILD_SUBREAPER, &is, 0, 0, 0) < 0 || is == 0)) {
            tell_no_reaper(in);
        }
        return 0;
    }
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) {
        say("subreaper", say_errno(errno));
        return -errno;
    }
    tell_reaper(in);
    return 0;
}

/*
 * The signal comes to us, and is passed on as any other. Who has died before the call tells nobody any more, but we have
 * another parent then: prctl(2).
 */
static int watch_parent(const struct init *in, pid_t before)
{
    int number = in->rules.parent_death;

    if (number == 0) {
        return 0;
    }
    if (prctl(PR_SET_PDEATHSIG, number, 0, 0, 0) < 0) {
        say("--parent-death", say_errno(errno));
        return -errno;
    }
    if (getppid() != before) {
        (void)kill(getpid(), number);
    }
    return 0;
}

/* What the end of a single command means. */
static enum life_end end_of(const struct options *o)
{
    if (o->rules.at_once) {
        return LIFE_END_AT_ONCE;
    }
    return o->exit_when == EXIT_WHEN_IDLE      ? LIFE_END_IDLE
           : o->exit_when == EXIT_WHEN_FAILURE ? LIFE_END_FAILURE
           : o->exit_when == EXIT_WHEN_NEVER   ? LIFE_END_NEVER
                                               : LIFE_END_ALL;
}

int entry_start(struct init *in, const struct options *o)
{
    pid_t parent = o->rules.parent_death > 0 ? getppid() : 0;
    pid_t child;

    in->pid1 = getpid() == 1;
    in->verbose = o->verbose;
    in->quiet = o->quiet;
    in->rules = o->rules;
    if (become_reaper(in) < 0 || watch_parent(in, parent) < 0) {
        return -errno;
    }
    if (o->control != NULL || options_have_services(o)) {
        open_proc(in);
    }
    if (o->control != NULL) {
        open_own_channel(in, o->control);
    }
    if (options_have_services(o)) {
        return start_services(in, o);
    }
    life_init(&in->life, end_of(o), o->grace);
    if (!o->rules.pause) {
        job_prepare(in);
        child = spawn_borrowing(plain_child, in);
        if (child < 0) {
            say("fork", say_errno(child));
            return child;
        }
        in->main_pid = child;
        tell_spawned(in);
    }
    in->started = in->main_started = clock_monotonic();
    in->main_runs = true; // a failed exec shows by its exit code
    return settle(in);
}
