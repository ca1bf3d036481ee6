/* SPDX-License-Identifier: MIT */
/* The child's side of starting a command: the main command's and every session's. */
#include "glue/command.h"

#include "core/capset.h"
#include "core/plan.h"
#include "core/step.h"
#include "glue/say.h"
#include "sys/caps.h"
#include "sys/fd.h"
#include "sys/pty.h"
#include "sys/sig.h"
#include "sys/sock.h"
#include "sys/user.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CODE_FAILED 125
#define CODE_NOT_EXECUTABLE 126
#define CODE_NOT_FOUND 127

#define OBJECT_MAX 256 /* bytes of a name in an error */

extern char **environ;

/* What is being built for exec; all of it in this child's heap, which exec throws away. */
struct image {
    char **argv;
    char **envp;
    size_t env_count;
    struct user user;
    struct pty pty;
};

_Noreturn static void fail(const struct command *c, enum step step, int error, const char *object)
{
    uint8_t buf[PROTO_HEADER + 4 * (WIRE_TLV_HEADER + 8) + OBJECT_MAX];
    struct wire_writer w;
    int code = CODE_FAILED;
    int len;

    if (step == STEP_EXEC) {
        code = error == -ENOENT ? CODE_NOT_FOUND : CODE_NOT_EXECUTABLE;
    }
    proto_begin(&w, buf, sizeof(buf), PROTO_ERROR, c->request);
    wire_tlv_u64(&w, TAG_STEP, step);
    wire_tlv_u64(&w, TAG_ERRNO, (uint64_t)-error);
    wire_tlv_u64(&w, TAG_CODE, (uint64_t)code);
    wire_tlv_bytes(&w, TAG_OBJECT, object, strnlen(object, OBJECT_MAX));
    len = proto_end(&w);
    if (c->conn < 0) {
        say(object, say_errno(error));
    } else if (len > 0) {
        (void)sock_send(c->conn, buf, (size_t)len, NULL, 0);
    }
    if (c->failed >= 0) {
        (void)fd_write_all(c->failed, "!", 1);
    }
    _exit(code);
}

static char *copy_slice(struct slice s)
{
    char *copy = malloc(s.len + 1);

    if (copy != NULL) {
        if (s.len > 0) {
            memcpy(copy, s.data, s.len);
        }
        copy[s.len] = 0;
    }
    return copy;
}

static size_t count_values(struct slice list, enum proto_tag tag)
{
    struct slice value;
    size_t n = 0;

    while (proto_next(&list, tag, &value)) {
        n++;
    }
    return n;
}

static int build_argv(const struct command *c, struct image *img)
{
    struct slice cursor = c->args;
    struct slice value;
    size_t n = count_values(c->args, TAG_ARG);
    size_t i = 0;

    if ((c->own->num[TAG_FLAGS] & COMMAND_SHELL) != 0) {
        n = 1;
    }
    img->argv = calloc(n + 1, sizeof(*img->argv));
    if (img->argv == NULL) {
        return -ENOMEM;
    }
    if ((c->own->num[TAG_FLAGS] & COMMAND_SHELL) != 0) {
        static const struct slice sh = {(const uint8_t *)"/bin/sh", 7};

        img->argv[0] = copy_slice(img->user.shell.len > 0 ? img->user.shell : sh);
        return img->argv[0] != NULL ? 0 : -ENOMEM;
    }
    while (i < n && proto_next(&cursor, TAG_ARG, &value)) {
        img->argv[i] = copy_slice(value);
        if (img->argv[i++] == NULL) {
            return -ENOMEM;
        }
    }
    return n > 0 && img->argv[0][0] != 0 ? 0 : -EINVAL;
}

/* Puts K=V in, in the place of an earlier K. Takes ownership of entry. */
static void set_env(struct image *img, char *entry)
{
    size_t key = strcspn(entry, "=");

    for (size_t i = 0; i < img->env_count; i++) {
        if (strncmp(img->envp[i], entry, key) == 0 && img->envp[i][key] == '=') {
            img->envp[i] = entry;
            return;
        }
    }
    img->envp[img->env_count++] = entry;
}

static int add_env(struct image *img, struct slice list)
{
    struct slice value;

    while (proto_next(&list, TAG_ENV, &value)) {
        char *entry = copy_slice(value);

        if (entry == NULL) {
            return -ENOMEM;
        }
        if (strchr(entry, '=') != NULL && entry[0] != '=') {
            set_env(img, entry);
        }
    }
    return 0;
}

static int add_home(struct image *img)
{
    static const char key[] = "HOME=";
    char *entry = malloc(sizeof(key) + img->user.home.len);

    if (entry == NULL) {
        return -ENOMEM;
    }
    memcpy(entry, key, sizeof(key) - 1);
    memcpy(entry + sizeof(key) - 1, img->user.home.data, img->user.home.len);
    entry[sizeof(key) - 1 + img->user.home.len] = 0;
    set_env(img, entry);
    return 0;
}

/* HOME first, so that what was asked for replaces it; then the container's, then the session's. */
static int build_env(const struct command *c, struct image *img)
{
    bool apart = c->base != NULL && c->base->body.data != c->args.data;
    size_t inherited = 0;
    size_t n = count_values(c->args, TAG_ENV) + 2;
    int r;

    while (c->base == NULL && environ[inherited] != NULL) {
        inherited++;
    }
    if (apart) {
        n += count_values(c->base->body, TAG_ENV);
    }
    img->envp = calloc(n + inherited, sizeof(*img->envp));
    if (img->envp == NULL) {
        return -ENOMEM;
    }
    r = add_home(img);
    for (size_t i = 0; i < inherited; i++) {
        set_env(img, environ[i]);
    }
    if (r == 0 && apart) {
        r = add_env(img, c->base->body);
    }
    return r < 0 ? r : add_env(img, c->args);
}

static struct slice text_of(const struct command *c, enum proto_tag tag)
{
    if (proto_has(c->own, tag) || c->base == NULL) {
        return c->own->text[tag];
    }
    return c->base->text[tag];
}

/* The terminal's master goes to the client; the client is told that the session exists. */
static int announce(const struct command *c, int master)
{
    uint8_t buf[PROTO_HEADER + WIRE_TLV_HEADER + 8];
    struct wire_writer w;
    int len;

    if (c->conn < 0) {
        return 0;
    }
    proto_begin(&w, buf, sizeof(buf), PROTO_STARTED, c->request);
    wire_tlv_u64(&w, TAG_PID, (uint64_t)getpid());
    len = proto_end(&w);
    return len < 0 ? len : sock_send(c->conn, buf, (size_t)len, &master, master >= 0 ? 1 : 0);
}

static void setup_stdio(const struct command *c, struct image *img)
{
    int stdio[3] = {c->stdio[0], c->stdio[1], c->stdio[2]};
    bool tty = (c->own->num[TAG_FLAGS] & COMMAND_TTY) != 0;
    int r;

    if (tty) {
        r = c->init->devpts_fd < 0
                ? -ENODEV
                : pty_open(c->init->devpts_fd, (uint16_t)c->own->num[TAG_ROWS],
                           (uint16_t)c->own->num[TAG_COLUMNS], &img->pty);
        if (r == 0) {
            r = pty_control(img->pty.slave);
        }
        if (r == 0 && fchown(img->pty.slave, img->user.uid, (gid_t)-1) < 0) {
            r = -errno;
        }
        if (r < 0) {
            fail(c, STEP_TERMINAL, r, "/dev/pts");
        }
        stdio[0] = stdio[1] = stdio[2] = img->pty.slave;
    }
    r = announce(c, img->pty.master);
    if (r == 0) {
        r = fd_to_stdio(stdio);
    }
    if (r < 0) {
        fail(c, STEP_STDIO, r, "/dev/null");
    }
    pty_finish(&img->pty);
}

/* Bounding set while still root, then the user, then the sets that the documentation promises. */
static void drop_privileges(const struct command *c, const struct image *img, const char *user)
{
    const struct init *in = c->init;
    int r;

    if (in->launched) {
        r = caps_bound(CAPSET_PID1, in->caps);
        if (r < 0) {
            fail(c, STEP_PRIVILEGES, r, "bounding set");
        }
    }
    if (in->launched || proto_has(c->own, TAG_USER)) {
        r = user_become(&img->user, in->userns);
        if (r < 0) {
            fail(c, STEP_USER, r, user);
        }
    }
    if (!in->launched) {
        return;
    }
    r = caps_set(img->user.uid == 0 ? in->caps : 0);
    if (r == 0 && (c->own->num[TAG_FLAGS] & COMMAND_NEW_PRIVS) == 0 &&
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        r = -errno;
    }
    if (r < 0) {
        fail(c, STEP_PRIVILEGES, r, "capabilities");
    }
}

/* musl's execvp() knows no ENOEXEC: a script without "#!" runs under sh, as execlp(3) promises. */
static int execute(char **argv)
{
    size_t n = 0;
    char **shell;

    (void)execvp(argv[0], argv);
    if (errno != ENOEXEC) {
        return -errno;
    }
    while (argv[n] != NULL) {
        n++;
    }
    shell = calloc(n + 2, sizeof(*shell));
    if (shell == NULL) {
        return -ENOMEM;
    }
    shell[0] = (char *)(uintptr_t)"sh";
    memcpy(shell + 1, argv, n * sizeof(*argv));
    (void)execv("/bin/sh", shell);
    return -ENOEXEC;
}

_Noreturn void command_become(const struct command *c)
{
    struct image img = {.pty = {-1, -1}};
    char *user = copy_slice(text_of(c, TAG_USER));
    char *workdir = copy_slice(text_of(c, TAG_WORKDIR));
    int r;

    if (user == NULL || workdir == NULL) {
        fail(c, STEP_ARGUMENTS, -ENOMEM, "memory");
    }
    (void)setsid();
    r = user_resolve(text_of(c, TAG_USER), &img.user);
    if (r < 0) {
        fail(c, STEP_USER, r, user);
    }
    r = build_argv(c, &img);
    if (r == 0) {
        r = build_env(c, &img);
    }
    if (r < 0) {
        fail(c, STEP_ARGUMENTS, r, "arguments");
    }
    setup_stdio(c, &img);
    drop_privileges(c, &img, user);
    if (chdir(workdir[0] != 0 ? workdir : "/") < 0) {
        fail(c, STEP_WORKDIR, -errno, workdir);
    }
    r = fd_cloexec_from(3);
    if (r < 0) {
        fail(c, STEP_STDIO, r, "descriptors");
    }
    (void)umask(022);
    environ = img.envp;
    sig_reset();
    r = execute(img.argv);
    fail(c, STEP_EXEC, r, img.argv[0]);
}

/* LISTEN_PID names whom the descriptors are for: sd_listen_fds(3). It was PID 1, now it is us. */
static void rewrite_listen_pid(pid_t init_pid)
{
    const char *pid = getenv("LISTEN_PID");
    char digits[12];
    size_t at = sizeof(digits) - 1;
    long n = getpid();

    if (pid == NULL || strtol(pid, NULL, 10) != init_pid) {
        return;
    }
    digits[at] = 0;
    for (; n > 0; n /= 10) {
        digits[--at] = (char)('0' + n % 10);
    }
    (void)setenv("LISTEN_PID", digits + at, 1);
}

/*
 * A process group of its own in the foreground, so that a terminal's Ctrl-C reaches the command and
 * not us. SIGTTOU is blocked here; a stdin that is closed or no terminal is nobody's fault.
 */
static void take_foreground(void)
{
    if (setpgid(0, 0) == 0) {
        (void)tcsetpgrp(STDIN_FILENO, getpid());
    }
}

_Noreturn void command_become_plain(const struct init *in)
{
    struct command c = {.init = in, .conn = -1, .failed = -1};
    int r;

    take_foreground();
    rewrite_listen_pid(getppid());
    sig_give_back(&in->inherited);
    r = execute(in->argv);
    fail(&c, STEP_EXEC, r, in->argv[0]);
}
