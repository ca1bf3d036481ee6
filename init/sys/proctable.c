/* SPDX-License-Identifier: MIT */
/* All processes as a procfs shows them. */
#include "sys/proctable.h"

#include "core/wire.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PROCESSES_MAX 4194304 /* the kernel's own limit of pids on 64 bits, proc(5): pid_max */
#define NAME_BYTES 16         /* of a pid, with room for "/stat" behind it and a zero */

/* Places of fields in /proc/PID/stat behind the command's name, counted from the state: proc(5). */
enum { FIELD_STATE, FIELD_PARENT, FIELD_GROUP, FIELD_SESSION, FIELD_START = 19, FIELD_COUNT };

/* The number that text begins with, up to this character or the end; -1 where it is none. */
static pid_t number_of(const char *text, const char *end)
{
    uint32_t n;

    return slice_number((struct slice){(const uint8_t *)text, strcspn(text, end)}, &n) ? (pid_t)n
                                                                                       : -1;
}

static uint64_t long_number(const char *text)
{
    uint64_t n = 0;

    for (; *text >= '0' && *text <= '9'; text++) {
        n = n * 10 + (uint64_t)(*text - '0');
    }
    return n;
}

/* What stands behind the command's name, which may itself hold ")" and spaces. */
static int parse(char *text, struct proctable_process *ret)
{
    char *at = strrchr(text, ')');
    const char *field[FIELD_COUNT];

    for (int i = 0; i < FIELD_COUNT; i++) {
        at = at != NULL ? strchr(at, ' ') : NULL;
        if (at == NULL) {
            return -EBADMSG;
        }
        field[i] = ++at;
    }
    ret->parent = number_of(field[FIELD_PARENT], " ");
    ret->group = number_of(field[FIELD_GROUP], " ");
    ret->session = number_of(field[FIELD_SESSION], " ");
    ret->start = long_number(field[FIELD_START]);
    return 0;
}

static int read_process(int proc, const char *pid, struct proctable_process *ret)
{
    char path[NAME_BYTES + sizeof("/stat")];
    char text[512];
    int fd FD_CLEANUP = -1;
    ssize_t n;

    if (strlen(pid) >= NAME_BYTES) {
        return -ESRCH;
    }
    (void)stpcpy(stpcpy(path, pid), "/stat");
    fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (n <= 0) {
        return -ESRCH;
    }
    text[n] = 0;
    ret->pid = number_of(pid, "");
    ret->ours = false;
    return parse(text, ret);
}

static bool is_of_our_namespace(int proc)
{
    char self[NAME_BYTES];
    ssize_t n = readlinkat(proc, "self", self, sizeof(self) - 1);

    if (n <= 0) {
        return false;
    }
    self[n] = 0;
    return number_of(self, "") == getpid();
}

int proctable_read(int proc, struct proctable *ret)
{
    int folder FD_CLEANUP = -1;
    struct dir_reader dir;
    const char *name;

    if (!is_of_our_namespace(proc)) {
        return -ESRCH;
    }
    folder = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return -errno;
    }
    ret->count = 0;
    ret->entry = mem_map(PROCESSES_MAX * sizeof(*ret->entry));
    if (ret->entry == NULL) {
        return -errno;
    }
    dir_start(&dir, folder);
    while ((name = dir_next(&dir)) != NULL && ret->count < PROCESSES_MAX) {
        if (name[0] >= '0' && name[0] <= '9' &&
            read_process(folder, name, &ret->entry[ret->count]) == 0) {
            ret->count++;
        }
    }
    return dir.error;
}

/* A procfs lists its processes in ascending order. */
static const struct proctable_process *find(const struct proctable *t, pid_t pid)
{
    size_t from = 0;
    size_t to = t->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (t->entry[middle].pid == pid) {
            return &t->entry[middle];
        }
        if (t->entry[middle].pid < pid) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return NULL;
}

/* Until nothing changes: a parent may stand behind its child in the table. */
void proctable_mark_descendants(struct proctable *t)
{
    bool changed = true;

    while (changed) {
        changed = false;
        for (size_t i = 0; i < t->count; i++) {
            struct proctable_process *p = &t->entry[i];
            const struct proctable_process *parent = p->ours ? NULL : find(t, p->parent);

            if (parent != NULL && parent->ours) {
                p->ours = true;
                changed = true;
            }
        }
    }
}

static int send_signal(int pidfd, int number)
{
    return syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0) < 0 ? -errno : 0;
}

int proctable_signal(int proc, const struct proctable_process *p, int number)
{
    int pidfd FD_CLEANUP = (int)syscall(SYS_pidfd_open, p->pid, 0);
    char digits[NAME_BYTES];
    size_t at = sizeof(digits) - 1;
    struct proctable_process now;
    int r;

    if (pidfd < 0) {
        return -errno;
    }
    digits[at] = 0;
    for (pid_t n = p->pid; n > 0; n /= 10) {
        digits[--at] = (char)('0' + n % 10);
    }
    r = read_process(proc, digits + at, &now);
    if (r < 0 || now.start != p->start || now.session != p->session) {
        return -ESRCH;
    }
    r = send_signal(pidfd, number);
    return r == 0 && number != SIGKILL ? send_signal(pidfd, SIGCONT) : r;
}
