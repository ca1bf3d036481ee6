/* SPDX-License-Identifier: MIT */
/* The child's side of a service: from the fork to the exec of one of its commands. */
#include "glue/service_child.h"

#include "core/capset.h"
#include "glue/command.h"
#include "glue/execute.h"
#include "glue/logstore.h"
#include "glue/say.h"
#include "glue/service_env.h"
#include "sys/caps.h"
#include "sys/fd.h"
#include "sys/raise.h"
#include "sys/sig.h"
#include "sys/user.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define CAPS_ALL (~UINT64_C(0))

/* What the unit says of this process, found in one walk over its exec list. */
struct wish {
    struct slice user;
    struct slice group;
    struct slice workdir; // u8 optional, path
    struct slice stream[3];
    uint64_t bound;
    uint64_t ambient;
    uint32_t umask;
    bool no_new_privs;
    bool ignore_sigpipe;
    uint32_t limits; // bits: resources that it limits
};

struct child {
    const struct init *in;
    struct service_conf conf;
    struct wish wish;
    struct user user;
    struct service_env env;
    unsigned bits;      // enum run_bit
    struct slice words; // of the command
    const int *writers; // of its log pipes
    int execed;
    int complaints; // where a failure is told: the service's log, or PID 1's stderr where it has none
};

/* WHAT "OBJECT": REASON, and the end. */
_Noreturn static void fail(struct child *c, enum service_code code, const char *what,
                           const char *object, int error)
{
    static const uint8_t byte = EXEC_BYTE_FAILED;
    char text[256];
    size_t len = strlen(what);

    memcpy(text, what, len);
    if (object != NULL) {
        size_t n = strnlen(object, sizeof(text) - len - 4);

        text[len++] = ' ';
        text[len++] = '"';
        memcpy(text + len, object, n);
        len += n;
        text[len++] = '"';
    }
    text[len] = 0;
    if (c->complaints >= 0) {
        (void)dup2(c->complaints, STDERR_FILENO);
    }
    say_reason(c->conf.name, text,
               error == -ELIBACC                       ? "its interpreter or loader is missing"
               : code == CODE_USER && error == -ENOENT ? "there is no such user"
               : code == CODE_GROUP && (error == -ESRCH || error == -ENOENT)
                   ? "there is no such group"
                   : say_errno(error));
    if (c->execed >= 0) {
        (void)fd_write_all(c->execed, &byte, 1);
    }
    _exit(code);
}

/* OBJECT: WHAT NUMBER, for a person; and it goes on. */
static void warn(const struct child *c, const char *object, const char *what, long number)
{
    int before FD_CLEANUP = fd_copy_from(STDERR_FILENO, 3);

    if (c->complaints >= 0) {
        (void)dup2(c->complaints, STDERR_FILENO);
    }
    say_number(object, what, number);
    if (before >= 0) {
        (void)dup2(before, STDERR_FILENO);
    }
}

/* Text of an element as a string: the child has room. */
static const char *string(struct child *c, struct slice s)
{
    const char *copy = service_env_string(&c->env, s.data, s.len);

    if (copy == NULL) {
        fail(c, CODE_MEMORY, "no room for its command line and environment", NULL, -E2BIG);
    }
    return copy;
}

static uint64_t number(struct slice s)
{
    return s.len == 8   ? wire_load_u64(s.data)
           : s.len == 4 ? wire_load_u32(s.data)
           : s.len == 1 ? s.data[0]
                        : 0;
}

static void read_wish(const struct service_conf *conf, struct wish *w)
{
    struct slice list = conf->exec;
    struct wire_tlv tlv;

    *w = (struct wish){.bound = CAPS_ALL, .umask = 022, .ignore_sigpipe = true};
    while (wire_next_tlv(&list, &tlv) > 0) {
        switch (tlv.tag) {
        case EXEC_USER:
            w->user = tlv.value;
            break;
        case EXEC_GROUP:
            w->group = tlv.value;
            break;
        case EXEC_WORKDIR:
            w->workdir = tlv.value;
            break;
        case EXEC_UMASK:
            w->umask = (uint32_t)number(tlv.value);
            break;
        case EXEC_CAP_BOUND:
            w->bound = number(tlv.value);
            break;
        case EXEC_CAP_AMBIENT:
            w->ambient = number(tlv.value);
            break;
        case EXEC_NO_NEW_PRIVS:
            w->no_new_privs = number(tlv.value) != 0;
            break;
        case EXEC_IGNORE_SIGPIPE:
            w->ignore_sigpipe = number(tlv.value) != 0;
            break;
        case EXEC_STDIN:
        case EXEC_STDOUT:
        case EXEC_STDERR:
            w->stream[tlv.tag - EXEC_STDIN] = tlv.value;
            break;
        case EXEC_RLIMIT:
            w->limits |= tlv.value.len >= 4 ? 1u << (wire_load_u32(tlv.value.data) & 31) : 0;
            break;
        default:
            break;
        }
    }
}

/* ---- who it is ---- */

static void find_user(struct child *c)
{
    struct slice list = c->conf.exec;
    bool home = c->wish.workdir.len == 2 && c->wish.workdir.data[1] == '~';
    struct wire_tlv tlv;
    int r = c->wish.user.len > 0 || home ? user_resolve(c->wish.user, &c->user) : 0;

    if (r < 0) {
        fail(c, CODE_USER, "cannot find user", string(c, c->wish.user), r);
    }
    if (c->wish.user.len == 0) {
        c->user.uid = geteuid();
        c->user.gid = getegid();
    }
    if (c->wish.group.len > 0) {
        r = user_group(c->wish.group, &c->user.gid);
        if (r < 0) {
            fail(c, CODE_GROUP, "cannot find group", string(c, c->wish.group), r);
        }
    }
    while (wire_next_tlv(&list, &tlv) > 0) {
        if (tlv.tag != EXEC_SUPP_GROUP || c->user.group_count == USER_GROUPS_MAX) {
            continue;
        }
        r = user_group(tlv.value, &c->user.groups[c->user.group_count]);
        if (r < 0) {
            fail(c, CODE_GROUP, "cannot find group", string(c, tlv.value), r);
        }
        c->user.group_count++;
    }
}

static bool changes_user(const struct child *c)
{
    return (c->bits & RUN_PRIVILEGED) == 0 &&
           (c->wish.user.len > 0 || c->wish.group.len > 0 || c->user.group_count > 0);
}

/* Bounding set while still root, then the user, then the sets that are left, and no_new_privs last. */
static void set_privileges(struct child *c)
{
    const struct init *in = c->in;
    uint64_t keep = ((c->bits & RUN_PRIVILEGED) != 0 ? CAPS_ALL : c->wish.bound) &
                    (in->launched ? in->caps : CAPS_ALL);
    uint64_t have = in->launched ? in->caps | CAPSET_PID1 : caps_effective();
    uint64_t ambient = (c->bits & RUN_PRIVILEGED) != 0 ? 0 : c->wish.ambient & keep;
    bool root = !changes_user(c) || c->user.uid == 0;
    int r = 0;

    if (in->launched || keep != CAPS_ALL) {
        r = caps_bound(in->launched ? have : CAPS_ALL, keep);
    }
    if (r == 0 && ambient != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) {
        r = -errno;
    }
    if (r < 0) {
        fail(c, CODE_CAPABILITIES, "cannot set its bounding set", NULL, r);
    }
    if (changes_user(c)) {
        r = user_become(&c->user, in->userns || geteuid() != 0);
        if (r < 0 && c->wish.user.len == 0) {
            fail(c, CODE_GROUP, "cannot take its groups", NULL, r);
        } else if (r < 0) {
            fail(c, CODE_USER, "cannot become user", string(c, c->wish.user), r);
        }
    }
    if (in->launched || ambient != 0) {
        r = caps_set_ambient(root ? have & keep : 0, ambient & have);
    }
    if (r < 0) {
        fail(c, CODE_CAPABILITIES, "cannot set its capabilities", NULL, r);
    }
    if (c->wish.no_new_privs && (c->bits & RUN_PRIVILEGED) == 0 &&
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        fail(c, CODE_NO_NEW_PRIVS, "cannot set no_new_privs", NULL, -errno);
    }
}

/* ---- streams ---- */

static unsigned stream_kind(const struct child *c, int n)
{
    static const unsigned usual[3] = {STREAM_NULL, STREAM_LOG, STREAM_INHERIT};

    return c->wish.stream[n].len > 0 ? c->wish.stream[n].data[0] : usual[n];
}

static const char *stream_path(struct child *c, int n)
{
    return string(c, (struct slice){c->wish.stream[n].data + 1, c->wish.stream[n].len - 1});
}

static void open_stream(struct child *c, int n, enum service_code code)
{
    unsigned kind = stream_kind(c, n);
    const char *path = kind == STREAM_NULL ? "/dev/null" : stream_path(c, n);
    int flags = n == STDIN_FILENO ? O_RDONLY : O_WRONLY | O_CREAT;
    int fd;

    flags |= kind == STREAM_APPEND ? O_APPEND : kind == STREAM_TRUNCATE ? O_TRUNC : 0;
    if (kind == STREAM_NULL) {
        flags = n == STDIN_FILENO ? O_RDONLY : O_WRONLY;
    }
    // openat(2), as musl's open(3) is two calls
    fd = openat(AT_FDCWD, path, flags | O_NOCTTY | O_CLOEXEC, 0666);
    if (fd < 0 || dup2(fd, n) < 0) {
        fail(c, code, "cannot open", path, -errno);
    }
}

/*
 * What leads to the log comes first: it needs PID 1's descriptors, and no path of the image, be it /etc/passwd, may be
 * resolved near them.
 */
static void connect_log(struct child *c)
{
    bool out = stream_kind(c, STDOUT_FILENO) == STREAM_LOG;
    bool error = stream_kind(c, STDERR_FILENO) == STREAM_LOG;
    int r = out || error ? logstore_connect(c->writers, out, error) : 0;
    bool out_only = r == 0 && out && !error;
    int keep[] = {c->execed, -1};

    c->complaints = keep[1] = fd_copy_from(out_only ? STDOUT_FILENO : STDERR_FILENO, 3);
    fd_close_all_but(keep, sizeof(keep) / sizeof(keep[0]));
    if (r < 0) {
        fail(c, CODE_STDOUT, "cannot connect it to the log", NULL, r);
    }
}

static void open_streams(struct child *c)
{
    unsigned out = stream_kind(c, STDOUT_FILENO);
    unsigned error = stream_kind(c, STDERR_FILENO);

    if (stream_kind(c, STDIN_FILENO) != STREAM_INHERIT) {
        open_stream(c, STDIN_FILENO, CODE_STDIN);
    }
    if (out == STREAM_INHERIT && stream_kind(c, STDIN_FILENO) == STREAM_FILE) {
        if (dup2(STDIN_FILENO, STDOUT_FILENO) < 0) {
            fail(c, CODE_STDOUT, "cannot connect its stdout", NULL, -errno);
        }
    } else if (out != STREAM_LOG && out != STREAM_INHERIT) {
        open_stream(c, STDOUT_FILENO, CODE_STDOUT);
    }
    if (error == STREAM_INHERIT) {
        if (dup2(STDOUT_FILENO, STDERR_FILENO) < 0) {
            fail(c, CODE_STDERR, "cannot connect its stderr", NULL, -errno);
        }
    } else if (error != STREAM_LOG) {
        open_stream(c, STDERR_FILENO, CODE_STDERR);
    }
}

/* ---- the rest of its surroundings ---- */

/* What may not be raised is raised as far as it may be, as systemd does it. */
static int set_limit(int resource, struct rlimit limit)
{
    struct rlimit have;

    if (setrlimit(resource, &limit) == 0) {
        return 0;
    }
    if (errno != EPERM || getrlimit(resource, &have) < 0) {
        return -errno;
    }
    limit.rlim_max = limit.rlim_max < have.rlim_max ? limit.rlim_max : have.rlim_max;
    limit.rlim_cur = limit.rlim_cur < limit.rlim_max ? limit.rlim_cur : limit.rlim_max;
    return setrlimit(resource, &limit) < 0 ? -errno : 0;
}

static void set_limits(struct child *c)
{
    struct slice list = c->conf.exec;
    struct wire_tlv tlv;

    raise_undo(&c->in->services->given, c->wish.limits);
    while (wire_next_tlv(&list, &tlv) > 0) {
        if (tlv.tag == EXEC_RLIMIT && tlv.value.len == 20) {
            struct rlimit limit = {wire_load_u64(tlv.value.data + 4),
                                   wire_load_u64(tlv.value.data + 12)};
            int r = set_limit((int)wire_load_u32(tlv.value.data), limit);

            if (r < 0) {
                fail(c, CODE_LIMITS, "cannot set a limit", NULL, r);
            }
        }
    }
}

static void enter_workdir(struct child *c)
{
    struct slice s = c->wish.workdir;
    bool optional = s.len > 0 && s.data[0] != 0;
    const char *path = s.len > 1 ? string(c, (struct slice){s.data + 1, s.len - 1}) : "/";

    if (strcmp(path, "~") == 0) {
        path = c->user.home;
    }
    if (chdir(path) < 0 && !(optional && chdir("/") == 0)) {
        fail(c, CODE_CHDIR, "cannot change to the directory", path, -errno);
    }
}

static long expand(struct child *c, char ***ret_words)
{
    return expand_words(c->words, 1, (c->bits & RUN_NO_EXPAND) != 0, environ, &c->env.arena,
                        ret_words);
}

_Noreturn static void execute(struct child *c)
{
    char **words;
    char **argv;
    long count;
    int r;

    environ = service_env_list(&c->env);
    count = expand(c, &words);
    if (count == -ENOMEM && service_env_grow(&c->env)) {
        count = expand(c, &words);
    }
    argv = count > 0 ? service_env_take(&c->env, ((size_t)count + 2) * sizeof(*argv)) : NULL;
    if (argv == NULL) {
        fail(c, CODE_MEMORY, "no room for its command line and environment", NULL, -E2BIG);
    }
    argv++; // a shell's name goes before it
    for (long i = 0, from = (c->bits & RUN_ARGV0) != 0 && count > 1; i + from < count; i++) {
        argv[i] = words[i + from];
    }
    if (!c->wish.ignore_sigpipe) {
        (void)signal(SIGPIPE, SIG_DFL);
    }
    r = execute_program(words[0], argv);
    (void)signal(SIGPIPE, SIG_IGN); // the log may have gone
    fail(c, CODE_EXEC, "cannot execute", words[0], r);
}

_Noreturn void service_child(const struct init *in, const struct service_start *start)
{
    struct child c = {.in = in,
                      .conf = *start->conf,
                      .writers = start->writers,
                      .execed = start->execed,
                      .complaints = -1};
    static const uint8_t apart = EXEC_BYTE_APART;
    struct service_env_room room;
    int r;

    if (c.execed >= 0) {
        (void)fd_write_all(c.execed, &apart, 1);
    }
    (void)setsid();
    service_env_init(&c.env, in, start, &room);
    if (!unitimage_command(&c.conf, (enum service_run)start->svc.running, start->svc.index, &c.bits,
                           &c.words)) {
        fail(&c, CODE_EXEC, "no such command", NULL, -EINVAL);
    }
    read_wish(&c.conf, &c.wish);
    r = service_env_inherit(&c.env, &c.conf);
    if (r < 0) {
        fail(&c, CODE_MEMORY, "no room for its command line and environment", NULL, r);
    }
    connect_log(&c);
    // Before the first path that may never answer: a stop can end what waits for it.
    sig_give_back(&(struct sig_inherited){.ignored = UINT64_C(1) << (SIGPIPE - 1)});
    find_user(&c);
    (void)umask((mode_t)c.wish.umask); // of the files that are made for it too
    open_streams(&c);
    r = service_env_fill(&c.env, &c.conf, c.wish.user.len > 0 ? &c.user : NULL);
    if (r < 0) {
        fail(&c, r == -E2BIG ? CODE_MEMORY : CODE_ENVIRONMENT, "cannot read",
             c.env.bad != NULL ? c.env.bad : "", r);
    }
    if (c.env.passed > 0) {
        warn(&c, c.env.passed_file != NULL ? c.env.passed_file : "EnvironmentFile=",
             "assignments that are none are passed over:", (long)c.env.passed);
    }
    set_limits(&c);
    set_privileges(&c);
    enter_workdir(&c); // as the user: what it may not enter it must not start in
    execute(&c);
}
