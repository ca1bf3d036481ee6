/* SPDX-License-Identifier: MIT */
/* Why an entrypoint ended with failure: out of memory, and Kubernetes' termination message. */
#include "glue/ending.h"

#include "core/signame.h"
#include "glue/say.h"
#include "glue/service_failed.h"
#include "glue/services.h"
#include "sys/fd.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGE_FILE "/dev/termination-log"
#define CGROUPS "/sys/fs/cgroup"

/* A small file as a string; false where it cannot be read. */
static bool read_text(const char *path, char *buf, size_t cap)
{
    int fd FD_CLEANUP = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, buf, cap - 1) : -1;

    buf[n > 0 ? n : 0] = 0;
    return n > 0;
}

/* The line that begins with key, behind that; NULL. */
static const char *line_of(const char *text, const char *key)
{
    size_t len = strlen(key);

    while (text != NULL && strncmp(text, key, len) != 0) {
        text = strchr(text, '\n');
        text = text != NULL ? text + 1 : NULL;
    }
    return text != NULL ? text + len : NULL;
}

static bool counts_kills(const char *path)
{
    char text[1024];
    const char *count = read_text(path, text, sizeof(text)) ? line_of(text, "oom_kill ") : NULL;

    return count != NULL && *count >= '1' && *count <= '9';
}

/* Version 2, as a container sees its own cgroup or the host's tree; and version 1, as a container does. */
static bool out_of_memory(void)
{
    static const char file[] = "/memory.events";
    char text[1024];
    char path[sizeof(CGROUPS) + sizeof(text) + sizeof(file)];
    const char *own =
        read_text("/proc/self/cgroup", text, sizeof(text)) ? line_of(text, "0::") : NULL;

    if (own != NULL) {
        size_t len = strcspn(own, "\n");
        char *end = stpcpy(path, CGROUPS);

        memcpy(end, own, len);
        memcpy(end + len, file, sizeof(file));
        if (counts_kills(path)) {
            return true;
        }
    }
    return counts_kills(CGROUPS "/memory.events") ||
           counts_kills(CGROUPS "/memory/memory.oom_control");
}

/* The file for Kubernetes' message where nobody has written one; -1. */
static int open_message(void)
{
    int fd FD_CLEANUP =
        open(MESSAGE_FILE, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;

    return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0 ? TAKE_FD(fd)
                                                                                    : -1;
}

static void leave_message(const char *name, const char *what, const char *which)
{
    int fd FD_CLEANUP = open_message();

    if (fd >= 0) {
        say_as(fd, "%s: %s%s\n", name, what, which);
    }
}

static void leave_end(const char *name, int status)
{
    int code = WEXITSTATUS(status);
    char text[SIGNAME_MAX];

    if (WIFSIGNALED(status)) {
        leave_message(name, "killed by SIG", signame_format(WTERMSIG(status), text));
        return;
    }
    text[0] = (char)('0' + code / 100);
    text[1] = (char)('0' + code / 10 % 10);
    text[2] = (char)('0' + code % 10);
    text[3] = 0;
    leave_message(name, "ended with exit code ",
                  code >= 100  ? text
                  : code >= 10 ? text + 1
                               : text + 2);
}

void ending_tell(const struct init *in, int status)
{
    bool memory = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && out_of_memory();
    const char *name = in->argv[0];

    if (in->launched) {
        return;
    }
    if (memory && in->rules.manner == MANNER_OWN && !in->quiet) {
        say(name, "killed by the kernel: the container is out of memory");
    }
    if (memory) {
        leave_message(name, "killed by the kernel: the container is out of memory", "");
    } else {
        leave_end(name, status);
    }
}

void ending_tell_exec(const struct init *in, const char *reason)
{
    leave_message(in->argv[0], "cannot be executed: ", reason);
}

/* Whose failure is the container's; SUPER_NONE. */
static uint32_t culprit(const struct services *s)
{
    bool any = s->main == SUPER_NONE || s->exit_when == EXIT_WHEN_FAILURE;

    for (uint32_t i = 0; any && i < s->now.image.count; i++) {
        if (s->now.service[i].svc.state == SVC_FAILED) {
            return i;
        }
    }
    return s->main;
}

void ending_tell_services(const struct init *in)
{
    const struct services *s = in->services;
    uint32_t index = culprit(s);
    int fd FD_CLEANUP = in->launched || index == SUPER_NONE ? -1 : open_message();
    struct service_conf conf;
    const struct svc *svc;

    if (fd < 0) {
        return;
    }
    svc = &s->now.service[index].svc;
    if (svc->state == SVC_FAILED) {
        say_to(fd);
        service_tell_failed(in, index);
        say_to(STDERR_FILENO);
    }
    unitimage_get(&s->now.image, index, &conf);
    if (svc->has_ended && svc->main_status != 0) { // unless that was said
        leave_end(conf.name, svc->main_status);
    } else {
        leave_message(conf.name, "failed", "");
    }
}
