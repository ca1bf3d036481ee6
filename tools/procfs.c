/* SPDX-License-Identifier: MIT */
/* Reading a container's processes from its procfs. */
#include "procfs.h"

#include "report.h"
#include "sys/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_MAX (16u << 20)

static char *read_all(int fd, size_t *ret_len)
{
    size_t cap = 4096;
    size_t len = 0;
    char *text = malloc(cap);

    while (text != NULL) {
        ssize_t n = read(fd, text + len, cap - len - 1);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            if (n < 0) {
                free(text);
                return NULL;
            }
            text[len] = 0;
            *ret_len = len;
            return text;
        }
        len += (size_t)n;
        if (len + 1 == cap) {
            char *grown = cap < FILE_MAX ? realloc(text, 2 * cap) : NULL;

            if (grown == NULL) {
                free(text);
                errno = ENOMEM;
                return NULL;
            }
            text = grown;
            cap *= 2;
        }
    }
    return NULL;
}

/*
 * A container that may mount could cover PID/ with files of its own: what lies on another mount is
 * not procfs, and no link is followed.
 */
static int open_own(int proc, const char *path, int flags)
{
    struct open_how how = {
        .flags = (uint64_t)flags | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
    };

    return (int)syscall(SYS_openat2, proc, path, &how, sizeof(how));
}

char *procfs_file(const struct procfs *p, long pid, const char *name, size_t *ret_len)
{
    char path[64];
    int fd FD_CLEANUP = -1;

    (void)snprintf(path, sizeof(path), "%ld/%s", pid, name);
    fd = open_own(p->fd, path, O_RDONLY);
    return fd < 0 ? NULL : read_all(fd, ret_len);
}

/* The next number of a line; 0 at its end. */
static long next_number(const char **rest)
{
    char *end;
    long n = strtol(*rest, &end, 10);

    *rest = end;
    return n;
}

/* "0 1000 1": id inside, id as the reader sees it, how many. Other lines are rare; ids then stay. */
static void read_map(struct procfs *p)
{
    size_t len;
    char *text = procfs_file(p, p->init, "uid_map", &len);
    const char *rest = text != NULL ? text : "";

    p->uid_inside = next_number(&rest);
    p->uid_outside = next_number(&rest);
    p->uid_count = next_number(&rest);
    free(text);
}

int procfs_open(struct client *c, struct procfs *ret)
{
    int code;

    ret->fd = -1;
    ret->init = 1;
    if (c->role == ROLE_INSIDE) {
        ret->fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (ret->fd < 0) {
            return report_failure("/proc: %s", report_errno(errno));
        }
        read_map(ret);
        return 0;
    }
    code = client_ask(c, PROTO_PROC, PROTO_PROC_OK);
    if (code != 0) {
        return code;
    }
    if (c->fds.count != 1) {
        return report_failure("\"%s\": it has no procfs", c->name);
    }
    ret->fd = c->fds.fd[0];
    c->fds.count = 0;
    ret->init = (long)c->msg.num[TAG_PID];
    read_map(ret);
    return 0;
}

void procfs_close(struct procfs *p)
{
    fd_close(&p->fd);
}

/* Fields of stat behind the name, which may hold anything: proc(5) counts them from 1. */
enum {
    STAT_STATE = 3,
    STAT_PPID = 4,
    STAT_UTIME = 14,
    STAT_STIME = 15,
    STAT_START = 22,
    STAT_RSS = 24
};

static int parse_stat(const char *text, struct process *ret)
{
    const char *rest = strrchr(text, ')');
    uint64_t tick = (uint64_t)sysconf(_SC_CLK_TCK);
    uint64_t field[STAT_RSS + 1];

    if (rest == NULL || strlen(rest) < 4) {
        return -EBADMSG;
    }
    ret->state = rest[2];
    rest += 3;
    for (int i = STAT_PPID; i <= STAT_RSS; i++) {
        char *end;

        field[i] = strtoull(rest, &end, 10);
        if (end == rest) {
            return -EBADMSG;
        }
        rest = end;
    }
    ret->parent = (long)field[STAT_PPID];
    ret->cpu_ms = (field[STAT_UTIME] + field[STAT_STIME]) * 1000 / tick;
    ret->start_ms = field[STAT_START] * 1000 / tick;
    ret->rss = field[STAT_RSS] * (uint64_t)sysconf(_SC_PAGESIZE);
    return 0;
}

static void set_command(struct process *ret, const char *stat, const char *cmdline, size_t len)
{
    const char *open = strchr(stat, '(');
    const char *close = strrchr(stat, ')');
    size_t n = len < sizeof(ret->command) - 1 ? len : sizeof(ret->command) - 1;

    while (n > 0 && cmdline[n - 1] == 0) {
        n--;
    }
    if (open != NULL && strncmp(open + 1, "porthole-lo", 11) == 0) {
        n = 0; // the loader, the log worker: a copy of PID 1, with its command line
    }
    if (n > 0) {
        memcpy(ret->command, cmdline, n);
        for (size_t i = 0; i < n; i++) {
            if (ret->command[i] == 0) {
                ret->command[i] = ' ';
            }
        }
        ret->command[n] = 0;
    } else if (open != NULL && close != NULL &&
               close > open) { // those, a zombie, or a kernel thread
        (void)snprintf(ret->command, sizeof(ret->command), "[%.*s]", (int)(close - open - 1),
                       open + 1);
    } else {
        ret->command[0] = 0;
    }
}

static long map_uid(const struct procfs *p, long uid)
{
    if (p->uid_count == 0) {
        return uid;
    }
    if (uid < p->uid_outside || uid - p->uid_outside >= p->uid_count) {
        return -1;
    }
    return uid - p->uid_outside + p->uid_inside;
}

/*
 * The kernel counts in batches of pages a CPU: a tiny process may show none at all. The exact figure
 * takes a walk of its page tables, and the right to see it.
 */
static uint64_t exact_rss(const struct procfs *p, long pid)
{
    size_t len;
    char *text = procfs_file(p, pid, "smaps_rollup", &len);
    const char *at = text != NULL ? strstr(text, "\nRss:") : NULL;
    uint64_t rss = at != NULL ? strtoull(at + 5, NULL, 10) * 1024 : 0;

    free(text);
    return rss;
}

int procfs_read(const struct procfs *p, long pid, struct process *ret)
{
    size_t len = 0;
    char *stat = procfs_file(p, pid, "stat", &len);
    char *status = procfs_file(p, pid, "status", &len);
    char *cmdline = procfs_file(p, pid, "cmdline", &len);
    const char *uid = status != NULL ? strstr(status, "\nUid:") : NULL;
    int r = -ESRCH;

    if (stat != NULL && uid != NULL) {
        ret->pid = pid;
        ret->uid = map_uid(p, strtol(uid + 5, NULL, 10));
        r = parse_stat(stat, ret);
        if (r == 0 && ret->rss == 0 && ret->state != 'Z') {
            ret->rss = exact_rss(p, pid);
        }
        set_command(ret, stat, cmdline != NULL ? cmdline : "", cmdline != NULL ? len : 0);
    }
    free(stat);
    free(status);
    free(cmdline);
    return r;
}

static int by_pid(const void *a, const void *b)
{
    const struct process *x = a;
    const struct process *y = b;

    return x->pid < y->pid ? -1 : x->pid > y->pid;
}

long procfs_list(const struct procfs *p, struct process **ret)
{
    int fd = open_own(p->fd, ".", O_RDONLY | O_DIRECTORY);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct process *list = NULL;
    size_t count = 0;
    size_t cap = 0;
    const struct dirent *d;

    if (dir == NULL) {
        fd_close(&fd);
        return -errno;
    }
    while ((d = readdir(dir)) != NULL) {
        long pid = strtol(d->d_name, NULL, 10);

        if (pid <= 0) {
            continue;
        }
        if (count == cap) {
            struct process *grown = realloc(list, (cap + 64) * sizeof(*grown));

            if (grown == NULL) {
                break;
            }
            list = grown;
            cap += 64;
        }
        count += procfs_read(p, pid, &list[count]) == 0;
    }
    (void)closedir(dir);
    if (count > 0) {
        qsort(list, count, sizeof(*list), by_pid);
    }
    *ret = list;
    return (long)count;
}
