/* SPDX-License-Identifier: MIT */
/* The child's side of starting a command: the main command's and every session's. */
#include "glue/command.h"

#include "core/capset.h"
#include "core/plan.h"
#include "core/step.h"
#include "glue/ending.h"
#include "glue/execute.h"
#include "glue/job.h"
#include "glue/say.h"
#include "glue/services.h"
#include "glue/telling.h"
#include "sys/caps.h"
#include "sys/fd.h"
#include "sys/mem.h"
#include "sys/pty.h"
#include "sys/sig.h"
#include "sys/sock.h"
#include "sys/user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CODE_FAILED 125
#define CODE_NOT_EXECUTABLE 126
#define CODE_NOT_FOUND 127

#define OBJECT_MAX 256 /* bytes of a name in an error */
#define PATH_BYTES 4096
#define ROOM_POINTERS 256 /* 2 KiB: what arguments and environment of most commands fit into */

/* What is being built for exec, all of it in one piece: pointers from the front, then strings. */
struct image {
    char **argv; // argv[-1] is free, for the name of a shell
    char **envp;
    size_t env_count;
    char *text; // where the next string goes
    struct user user;
};

static const char *reason_of(int error)
{
    return error == -ELIBACC ? "its interpreter or loader is missing" : say_errno(error);
}

_Noreturn static void fail(struct command *c, enum step step, int error, const char *object)
{
    uint8_t buf[PROTO_HEADER + 4 * (WIRE_TLV_HEADER + 8) + OBJECT_MAX];
    struct wire_writer w;
    int code = CODE_FAILED;
    int len;

    sig_block(); // the client closes as soon as it has the error, which means SIGHUP for us
    if (step == STEP_EXEC) {
        code = error == -ENOENT || error == -ELIBACC ? CODE_NOT_FOUND : CODE_NOT_EXECUTABLE;
    }
    proto_begin(&w, buf, sizeof(buf), PROTO_ERROR, c->request);
    wire_tlv_u64(&w, TAG_STEP, step);
    wire_tlv_u64(&w, TAG_ERRNO, (uint64_t)-error);
    wire_tlv_u64(&w, TAG_CODE, (uint64_t)code);
    wire_tlv_bytes(&w, TAG_OBJECT, object, strnlen(object, OBJECT_MAX));
    len = proto_end(&w);
    if (c->conn < 0) {
        say(object, reason_of(error));
    } else if (len > 0) {
        (void)sock_send(c->conn, buf, (size_t)len, NULL, 0);
    }
    c->failed = true;
    _exit(code);
}

static size_t count_values(struct slice list, enum proto_tag tag, size_t *bytes)
{
    struct slice value;
    size_t n = 0;

    while (proto_next(&list, tag, &value)) {
        *bytes += value.len + 1;
        n++;
    }
    return n;
}

static char *put_slice(struct image *img, struct slice s)
{
    char *copy = img->text;

    if (s.len > 0) {
        memcpy(copy, s.data, s.len);
    }
    copy[s.len] = 0;
    img->text += s.len + 1;
    return copy;
}

/* The container's environment comes from the plan, where that is not the command's own list. */
static struct slice base_env(const struct command *c)
{
    if (c->base == NULL || c->base->body.data == c->args.data) {
        return (struct slice){NULL, 0};
    }
    return c->base->body;
}

/*
 * One piece for all, counted first, so that nothing needs to grow: the caller's room, or a mapping
 * where that is too small (mapping, touching and unmapping a page takes 9 µs).
 */
static int place_image(struct command *c, struct image *img, char *room[ROOM_POINTERS])
{
    static const char home_key[] = "HOME=";
    size_t bytes = sizeof(home_key) + strlen(img->user.home) + sizeof("/bin/sh");
    size_t args = count_values(c->args, TAG_ARG, &bytes) + 1;
    size_t env = count_values(c->args, TAG_ENV, &bytes) + 1;
    size_t pointers;

    env += count_values(base_env(c), TAG_ENV, &bytes);
    for (size_t i = 0; c->base == NULL && environ[i] != NULL; i++) {
        env++;
    }
    pointers = 1 + args + 1 + env + 1;
    if (pointers * sizeof(char *) + bytes > ROOM_POINTERS * sizeof(char *)) {
        c->mapped = pointers * sizeof(char *) + bytes;
        room = c->memory = mem_map(c->mapped);
        if (room == NULL) {
            c->mapped = 0;
            return -errno;
        }
    } else {
        memset(room, 0, pointers * sizeof(char *));
    }
    img->argv = room + 1;
    img->envp = img->argv + args + 1;
    img->text = (char *)(room + pointers);
    return 0;
}

static int build_argv(const struct command *c, struct image *img)
{
    static const struct slice sh = {(const uint8_t *)"/bin/sh", 7};
    struct slice cursor = c->args;
    struct slice value;
    size_t n = 0;

    if ((c->own->num[TAG_FLAGS] & COMMAND_SHELL) != 0) {
        img->argv[0] = img->user.shell[0] != 0 ? img->user.shell : put_slice(img, sh);
        return 0;
    }
    while (proto_next(&cursor, TAG_ARG, &value)) {
        img->argv[n++] = put_slice(img, value);
    }
    return n > 0 && img->argv[0][0] != 0 ? 0 : -EINVAL;
}

/* Puts K=V in, in the place of an earlier K. */
static void set_env(struct image *img, char *entry)
{
    size_t key = strcspn(entry, "=");

    if (key == 0 || entry[key] == 0) {
        return;
    }
    for (size_t i = 0; i < img->env_count; i++) {
        if (strncmp(img->envp[i], entry, key) == 0 && img->envp[i][key] == '=') {
            img->envp[i] = entry;
            return;
        }
    }
    img->envp[img->env_count++] = entry;
}

static void add_env(struct image *img, struct slice list)
{
    struct slice value;

    while (proto_next(&list, TAG_ENV, &value)) {
        set_env(img, put_slice(img, value));
    }
}

/* HOME first, so that what was asked for replaces it; then the container's, then the session's. */
static void build_env(const struct command *c, struct image *img)
{
    static const struct slice key = {(const uint8_t *)"HOME=", 5};
    char *home = put_slice(img, key);

    img->text--; // the value goes where the key's zero is
    (void)put_slice(img, (struct slice){(const uint8_t *)img->user.home, strlen(img->user.home)});
    set_env(img, home);
    for (size_t i = 0; c->base == NULL && environ[i] != NULL; i++) {
        set_env(img, environ[i]);
    }
    add_env(img, base_env(c));
    add_env(img, c->args);
}

static struct slice text_of(const struct command *c, enum proto_tag tag)
{
    if (proto_has(c->own, tag) || c->base == NULL) {
        return c->own->text[tag];
    }
    return c->base->text[tag];
}

/* The terminal's master goes to the client. */
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

int command_open_pty(int devpts, const struct proto_msg *own, struct pty *ret_pty)
{
    if (devpts < 0) {
        return -ENODEV;
    }
    return pty_open(devpts, (uint16_t)own->num[TAG_ROWS], (uint16_t)own->num[TAG_COLUMNS], ret_pty);
}

static void setup_stdio(struct command *c, const struct image *img)
{
    int stdio[3] = {c->stdio[0], c->stdio[1], c->stdio[2]};
    bool tty = (c->own->num[TAG_FLAGS] & COMMAND_TTY) != 0;
    int r;

    if (tty) {
        r = c->pty.slave >= 0 ? 0 : command_open_pty(c->init->devpts_fd, c->own, &c->pty);
        if (r == 0) {
            r = pty_control(c->pty.slave);
        }
        if (r == 0 && fchown(c->pty.slave, img->user.uid, (gid_t)-1) < 0) {
            r = -errno;
        }
        if (r < 0) {
            fail(c, STEP_TERMINAL, r, "/dev/pts");
        }
        stdio[0] = stdio[1] = stdio[2] = c->pty.slave;
    }
    r = tty ? announce(c, c->pty.master) : 0;
    if (r == 0) {
        r = fd_to_stdio(stdio);
    }
    if (r < 0) {
        fail(c, STEP_STDIO, r, "/dev/null");
    }
    pty_finish(&c->pty);
}

/* Names as much of the object as an error holds. */
_Noreturn static __attribute__((noinline)) void fail_text(struct command *c, enum step step,
                                                          int error, struct slice object)
{
    char text[OBJECT_MAX + 1] = "";

    object.len = object.len < OBJECT_MAX ? object.len : OBJECT_MAX;
    (void)slice_to_string(object, text, sizeof(text));
    fail(c, step, error, text);
}

/* An entrypoint is whom the engine made it, and so is a session that asks for nobody else. */
static bool stays_who_it_is(const struct command *c)
{
    return !c->init->launched && !proto_has(c->own, TAG_USER);
}

/* Bounding set while still root, then the user, then the sets that the documentation promises. */
static void drop_privileges(struct command *c, const struct image *img, struct slice user)
{
    const struct init *in = c->init;
    int r;

    if (in->launched) {
        r = caps_bound(CAPSET_PID1, in->caps);
        if (r < 0) {
            fail(c, STEP_PRIVILEGES, r, "bounding set");
        }
    }
    if (!stays_who_it_is(c)) {
        r = user_become(&img->user, in->userns);
        if (r < 0) {
            fail_text(c, STEP_USER, r, user);
        }
    }
    if (!in->launched) {
        return;
    }
    r = caps_set(img->user.uid == 0 ? in->caps : 0);
    if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        r = -errno;
    }
    if (r < 0) {
        fail(c, STEP_PRIVILEGES, r, "capabilities");
    }
}

/* Apart from its caller, as its room is a page of stack that most commands need not touch. */
static __attribute__((noinline)) void enter_workdir(struct command *c, struct slice workdir)
{
    char path[PATH_BYTES];
    int r = slice_to_string(workdir, path, sizeof(path));

    if (r < 0) {
        fail_text(c, STEP_WORKDIR, r, workdir);
    }
    if (chdir(path) < 0) {
        fail(c, STEP_WORKDIR, -errno, path);
    }
}

/*
 * From here on paths of the image are resolved, and one of them may be a link to /proc/self/fd/N: not
 * a descriptor of the host, of PID 1 or of another client may be there (CVE-2024-21626).
 */
static void keep_only(const struct command *c)
{
    int keep[] = {
        c->conn,       c->stdio[0],  c->stdio[1],        c->stdio[2],
        c->pty.master, c->pty.slave, c->init->devpts_fd,
    };

    fd_close_all_but(keep, sizeof(keep) / sizeof(keep[0]));
}

_Noreturn void command_become(struct command *c)
{
    static const struct slice root = {(const uint8_t *)"0", 1};
    struct image img = {.argv = NULL};
    struct slice user = text_of(c, TAG_USER);
    struct slice workdir = text_of(c, TAG_WORKDIR);
    char *room[ROOM_POINTERS];
    int r = 0;

    (void)setsid();
    keep_only(c);
    if (stays_who_it_is(c)) {
        user_own(&img.user);
    } else {
        r = user_resolve(user, &img.user);
    }
    if (r < 0) {
        fail_text(c, STEP_USER, r, user.len > 0 ? user : root);
    }
    r = place_image(c, &img, room);
    if (r == 0) {
        r = build_argv(c, &img);
    }
    if (r < 0) {
        fail(c, STEP_ARGUMENTS, r, "arguments");
    }
    build_env(c, &img);
    setup_stdio(c, &img);
    drop_privileges(c, &img, user);
    if (workdir.len > 0) {
        enter_workdir(c, workdir);
    } else if (chdir("/") < 0) {
        fail(c, STEP_WORKDIR, -errno, "/");
    }
    r = fd_cloexec_from(3);
    if (r < 0) {
        fail(c, STEP_STDIO, r, "descriptors");
    }
    (void)umask(022);
    if (c->init->services != NULL) {
        raise_undo(&c->init->services->given, 0);
    }
    environ = img.envp;
    sig_give_back(&c->init->inherited);
    r = execute_program(img.argv[0], img.argv);
    fail(c, STEP_EXEC, r, img.argv[0]);
}

const struct proto_msg *command_plan_fields(const struct init *in, struct plan *plan)
{
    struct slice image = {NULL, 0};

    if (in->plan_fd < 0 || fd_map_sealed(in->plan_fd, SESSION_ARGS_MAX, &image) < 0 ||
        plan_decode(image, plan) < 0) {
        return NULL;
    }
    return &plan->fields;
}

void command_finish(struct command *c)
{
    if (c->mapped > 0) {
        (void)munmap(c->memory, c->mapped);
        c->mapped = 0;
    }
}

/* LISTEN_PID names whom the descriptors are for: sd_listen_fds(3). It was PID 1, now it is us. */
static void rewrite_listen_pid(void)
{
    static char entry[32] = "LISTEN_PID=";
    const char *pid = getenv("LISTEN_PID");
    size_t at = sizeof(entry) - 1;
    uint32_t number;
    long n;

    if (pid == NULL || !slice_number((struct slice){(const uint8_t *)pid, strlen(pid)}, &number) ||
        (pid_t)number != getppid()) {
        return;
    }
    n = getpid();
    for (size_t i = 0; environ[i] != NULL; i++) {
        if (strncmp(environ[i], entry, 11) == 0) {
            environ[i] = entry;
        }
    }
    do {
        entry[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    memmove(entry + 11, entry + at, sizeof(entry) - at);
}

_Noreturn void command_become_plain(struct init *in)
{
    struct command c = {.init = in, .conn = -1, .pty = {-1, -1}};
    int code;
    int r;

    job_isolate(in);
    rewrite_listen_pid();
    sig_give_back(&in->inherited);
    r = execute_program(in->argv[0], in->argv);
    in->life.told = true; // there was nothing to outlive: PID 1 sees it, as it lends us its memory
    ending_tell_exec(in, reason_of(r));
    code = tell_exec_failed(in, r);
    if (code >= 0) {
        _exit(code);
    }
    fail(&c, STEP_EXEC, r, in->argv[0]);
}
