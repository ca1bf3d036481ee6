/* SPDX-License-Identifier: MIT */
/* What a launch that failed says: the step, the object, the cause, and the way out where there is one. */
#include "launch_report.h"

#include "core/limits.h"
#include "core/step.h"
#include "report.h"
#include "sys/caps.h"
#include "sys/copytree.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <unistd.h>

/* The cause, and the way out: "Operation not permitted" alone has cost people days. */
int launch_report_clone(const struct spec *s, int error)
{
    static const struct {
        const char *path;
        const char *bad;
        const char *advice;
    } causes[] = {
        {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
         "AppArmor denies user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns=0"},
        {"/proc/sys/kernel/unprivileged_userns_clone", "0",
         "this kernel denies them to users: sysctl kernel.unprivileged_userns_clone=1"},
        {"/proc/sys/user/max_user_namespaces", "0",
         "none are allowed: sysctl user.max_user_namespaces=15000"},
    };

    for (size_t i = 0; s->userns && i < sizeof(causes) / sizeof(causes[0]); i++) {
        int fd FD_CLEANUP = open(causes[i].path, O_RDONLY | O_CLOEXEC);
        char text[16];
        ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

        if (n > 0) {
            text[n] = 0;
            text[strcspn(text, "\n")] = 0;
            if (strcmp(text, causes[i].bad) == 0) {
                return report_failure("user namespace: %s: %s", report_errno(error),
                                      causes[i].advice);
            }
        }
    }
    if (error == -ENOSPC || error == -EUSERS) {
        return report_failure(
            "namespaces: the limit is reached: see the sysctls user.max_*_namespaces");
    }
    if (error == -ENOENT && access("/proc/self", F_OK) < 0) {
        return report_failure("/proc is not mounted: porthole needs it");
    }
    if (error == -EPERM && !s->userns && (caps_effective() >> CAP_SYS_ADMIN & 1) != 0) {
        return report_failure("namespaces: %s, though CAP_SYS_ADMIN is there: a security policy "
                              "denies them",
                              report_errno(error));
    }
    if (error == -EPERM || error == -EACCES) {
        return report_failure("namespaces: %s: %s", report_errno(error),
                              s->userns ? "a security policy or an outer container denies user "
                                          "namespaces; run as root, or outside of it"
                                        : "CAP_SYS_ADMIN is missing; in an engine's container add "
                                          "it, or run as an ordinary user");
    }
    return report_failure("namespaces: %s", report_errno(error));
}

/* The user itself, or the container's files that should tell who it is. */
static int report_user(const struct spec *s, const char *name, int len, int error)
{
    switch (error) {
    case ENOENT:
        return report_failure("user: \"%.*s\": no such user in the container", len, name);
    case ESRCH:
        return report_failure("user: \"%.*s\": no such group in the container", len, name);
    case EMEDIUMTYPE:
    case EFBIG:
    case ELOOP:
    case EACCES:
    case EIO:
        return report_failure("user: \"%.*s\": the container's /etc/passwd or /etc/group: %s", len,
                              name, error == EMEDIUMTYPE ? "not a file" : report_errno(error));
    default:
        return report_failure(
            "user: \"%.*s\": %s%s", len, name, report_errno(error),
            error == EINVAL && s != NULL && s->userns ? " (only id 0 is mapped here)" : "");
    }
}

/* Steps whose object is a path in the container, said without its leading slash. */
static bool is_path_step(uint64_t step)
{
    return step == STEP_MOUNT || (step >= STEP_NODE && step <= STEP_READONLY);
}

int launch_report_failure(const struct spec *s, const struct proto_msg *m)
{
    struct slice object = m->text[TAG_OBJECT];
    int error = (int)m->num[TAG_ERRNO];
    int len = (int)object.len;
    const char *name = (const char *)object.data;
    const char *hint = "";

    switch (m->num[TAG_STEP]) {
    case STEP_EXEC:
        if (error == ENOENT) {
            (void)report_failure("%.*s: command not found", len, name);
            return EXIT_NOT_FOUND;
        }
        if (error == ELIBACC) {
            (void)report_failure("%.*s: its interpreter or loader is not in the container", len,
                                 name);
            return EXIT_NOT_FOUND;
        }
        (void)report_failure("%.*s: %s", len, name, report_errno(error));
        return EXIT_NOT_EXECUTABLE;
    case STEP_USER:
        return report_user(s, name, len, error);
    case STEP_WORKDIR:
        return report_failure("workdir: \"%.*s\": %s", len, name, report_errno(error));
    case STEP_MOUNT:
    case STEP_PROC:
        if (error == EFBIG) {
            return report_failure(
                "\"/%.*s\": the image has more there than porthole copies: %d levels, "
                "%d entries, %d bytes",
                len, name, COPYTREE_DEPTH, COPY_ENTRIES_MAX, COPY_BYTES_MAX);
        }
        if (error == EPERM && s != NULL && s->userns) {
            hint = ": an outer container hides parts of its own /proc or /sys";
        }
        break;
    default:
        break;
    }
    return report_failure("cannot %s \"%s%.*s\": %s%s", step_text(m->num[TAG_STEP]),
                          is_path_step(m->num[TAG_STEP]) && len > 0 && name[0] != '/' ? "/" : "",
                          len, name, report_errno(error), hint);
}
