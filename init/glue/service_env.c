/* SPDX-License-Identifier: MIT */
/* The environment of a service's command. */
#include "glue/service_env.h"

#include "core/envfile.h"
#include "core/pattern.h"
#include "core/signame.h"
#include "glue/command.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENTRIES_MAX 65536     /* variables; their pointers are the front of the room */
#define ENTRY_BYTES 131072    /* MAX_ARG_STRLEN: the kernel takes no longer string, execve(2) */
#define FILE_BYTES (1u << 20) /* of an environment file */

void service_env_init(struct service_env *env, const struct init *in,
                      const struct service_start *start, struct service_env_room *room)
{
    *env = (struct service_env){.in = in,
                                .start = start,
                                .entry = room->entry,
                                .cap = sizeof(room->entry) / sizeof(room->entry[0]) - 1};
    arena_init(&env->arena, room->bytes, sizeof(room->bytes));
}

bool service_env_grow(struct service_env *env)
{
    size_t pointers = (ENTRIES_MAX + 1) * sizeof(char *);
    uint8_t *memory = env->grown ? NULL : mem_map(SERVICE_ENV_GROWN);
    char **entry = (char **)(void *)memory;

    if (memory == NULL) {
        return false;
    }
    memcpy(entry, env->entry, env->count * sizeof(*entry));
    env->entry = entry;
    env->cap = ENTRIES_MAX;
    arena_init(&env->arena, memory + pointers, SERVICE_ENV_GROWN - pointers);
    env->grown = true;
    return true;
}

void *service_env_take(struct service_env *env, size_t len)
{
    void *taken = arena_take(&env->arena, len);

    return taken == NULL && service_env_grow(env) ? arena_take(&env->arena, len) : taken;
}

char *service_env_string(struct service_env *env, const void *text, size_t len)
{
    char *copy = arena_string(&env->arena, text, len);

    return copy == NULL && service_env_grow(env) ? arena_string(&env->arena, text, len) : copy;
}

static int append(struct service_env *env, char *entry)
{
    if (env->count == env->cap && !service_env_grow(env)) {
        return -E2BIG;
    }
    env->entry[env->count++] = entry;
    return 0;
}

/* In the place of an earlier one of the same name. entry is kept. */
static int put(struct service_env *env, char *entry)
{
    size_t key = strcspn(entry, "=");

    if (key == 0 || entry[key] == 0) {
        return 0;
    }
    for (size_t i = 0; i < env->count; i++) {
        if (strncmp(env->entry[i], entry, key) == 0 && env->entry[i][key] == '=') {
            env->entry[i] = entry;
            return 0;
        }
    }
    return append(env, entry);
}

static int put_copy(struct service_env *env, const void *text, size_t len)
{
    char *copy = service_env_string(env, text, len);

    return copy == NULL ? -E2BIG : put(env, copy);
}

static int put_pair(struct service_env *env, const char *key, const char *value)
{
    size_t name = strlen(key);
    size_t len = strlen(value);
    char *entry = service_env_take(env, name + 1 + len + 1);

    if (entry == NULL) {
        return -E2BIG;
    }
    memcpy(entry, key, name + 1);
    entry[name] = '=';
    memcpy(entry + name + 1, value, len + 1);
    return put(env, entry);
}

static int put_number(struct service_env *env, const char *key, unsigned long n)
{
    char digits[24];
    size_t at = sizeof(digits) - 1;

    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    return put_pair(env, key, digits + at);
}

/* ---- what the container has ---- */

/* Those are for PID 1 itself: whoever inherits them by mistake answers in its name. */
static bool is_private(const char *entry)
{
    static const char *const names[] = {"NOTIFY_SOCKET=",  "LISTEN_PID=",   "LISTEN_FDS=",
                                        "LISTEN_FDNAMES=", "WATCHDOG_PID=", "WATCHDOG_USEC="};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(entry, names[i], strlen(names[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool passes(const struct service_conf *conf, const char *entry)
{
    struct slice list = conf->exec;
    struct wire_tlv tlv;

    while (wire_next_tlv(&list, &tlv) > 0) {
        if (tlv.tag == EXEC_PASS_ENV &&
            strncmp(entry, (const char *)tlv.value.data, tlv.value.len) == 0 &&
            entry[tlv.value.len] == '=') {
            return true;
        }
    }
    return false;
}

static bool inherits(const struct service_conf *conf)
{
    struct slice list = conf->exec;
    struct wire_tlv tlv;

    while (wire_next_tlv(&list, &tlv) > 0) {
        if (tlv.tag == EXEC_INHERIT_ENV && tlv.value.len == 1) {
            return tlv.value.data[0] != 0;
        }
    }
    return true;
}

int service_env_inherit(struct service_env *env, const struct service_conf *conf)
{
    bool all = inherits(conf);
    struct slice value;
    struct plan plan;
    const struct proto_msg *fields = command_plan_fields(env->in, &plan);
    struct slice list = fields != NULL ? fields->body : (struct slice){NULL, 0};
    int r = 0;

    for (char **e = environ; r == 0 && !env->in->launched && *e != NULL; e++) {
        if (!is_private(*e) && (all || passes(conf, *e))) {
            r = append(
                env,
                *e); // as it is: looking for equals among all of it would take longer than the rest
        }
    }
    while (r == 0 && proto_next(&list, TAG_ENV, &value)) {
        char *copy = service_env_string(env, value.data, value.len);

        if (copy == NULL) {
            r = -E2BIG;
        } else if (!is_private(copy) && (all || passes(conf, copy))) {
            r = put(env, copy);
        }
    }
    return r;
}

static bool has(const struct service_env *env, const char *key)
{
    size_t len = strlen(key);

    for (size_t i = 0; i < env->count; i++) {
        if (strncmp(env->entry[i], key, len) == 0 && env->entry[i][len] == '=') {
            return true;
        }
    }
    return false;
}

/* ---- what supervision tells ---- */

static int put_user(struct service_env *env, const struct service_conf *conf,
                    const struct user *user)
{
    struct slice list = conf->exec;
    struct wire_tlv tlv;
    int r = put_pair(env, "HOME", user->home);

    if (r == 0 && user->shell[0] != 0) {
        r = put_pair(env, "SHELL", user->shell);
    }
    while (r == 0 && wire_next_tlv(&list, &tlv) > 0) {
        if (tlv.tag == EXEC_USER) {
            // A number has the name that passwd gives it: systemd.exec(5), User=.
            const char *name = user->name[0] != 0
                                   ? user->name
                                   : service_env_string(env, tlv.value.data, tlv.value.len);

            r = name == NULL ? -E2BIG : put_pair(env, "USER", name);
            r = r == 0 ? put_pair(env, "LOGNAME", name) : r;
        }
    }
    return r;
}

static int put_invocation(struct service_env *env)
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *id = env->start->invocation;
    char text[2 * INVOCATION_BYTES + 1];

    for (size_t i = 0; i < INVOCATION_BYTES; i++) {
        text[2 * i] = hex[id[i] >> 4];
        text[2 * i + 1] = hex[id[i] & 15];
    }
    text[2 * INVOCATION_BYTES] = 0;
    return put_pair(env, "INVOCATION_ID", text);
}

/* How the main process ended, for ExecStop= and ExecStopPost=. */
static int put_result(struct service_env *env, const struct svc *svc)
{
    char name[SIGNAME_MAX];
    int r = put_pair(env, "SERVICE_RESULT", svc_result_name(svc->result));

    if (r < 0 || !svc->has_run || svc->main_alive) {
        return r;
    }
    if (WIFEXITED(svc->main_status)) {
        r = put_pair(env, "EXIT_CODE", "exited");
        return r == 0 ? put_number(env, "EXIT_STATUS", (unsigned long)WEXITSTATUS(svc->main_status))
                      : r;
    }
    r = put_pair(env, "EXIT_CODE", WCOREDUMP(svc->main_status) ? "dumped" : "killed");
    return r == 0 ? put_pair(env, "EXIT_STATUS", signame_format(WTERMSIG(svc->main_status), name))
                  : r;
}

static int put_own(struct service_env *env, const struct service_conf *conf,
                   const struct user *user)
{
    const struct svc *svc = &env->start->svc;
    pid_t main = env->start->main;
    int r =
        has(env, "PATH")
            ? 0
            : put_pair(env, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");

    if (r == 0 && user != NULL) {
        r = put_user(env, conf, user);
    }
    if (r == 0) {
        r = put_invocation(env);
    }
    if (r == 0 && main > 0 && svc->running != RUN_START) {
        r = put_number(env, "MAINPID", (unsigned long)main);
    }
    if (r == 0 && (svc->running == RUN_STOP || svc->running == RUN_STOP_POST)) {
        r = put_result(env, svc);
    }
    return r;
}

/* ---- what the unit says ---- */

static int read_text(struct service_env *env, const char *path, struct slice *ret_text)
{
    int fd FD_CLEANUP = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    uint8_t *text = service_env_take(env, FILE_BYTES);
    size_t have = 0;
    ssize_t n = 1;

    if (fd < 0 || text == NULL) {
        return fd < 0 ? -errno : -E2BIG;
    }
    while (n > 0 && have < FILE_BYTES) {
        n = read(fd, text + have, FILE_BYTES - have);
        have += n > 0 ? (size_t)n : 0;
    }
    *ret_text = (struct slice){text, have};
    return n < 0 ? -errno : n > 0 ? -EFBIG : 0;
}

static int put_file(struct service_env *env, const char *path)
{
    char *entry = service_env_take(env, ENTRY_BYTES);
    struct slice text;
    int r = entry == NULL ? -E2BIG : read_text(env, path, &text);
    unsigned passed = 0;
    long n = 1;

    while (r == 0 && (n = envfile_next(&text, entry, ENTRY_BYTES, &passed)) != 0) {
        r = n < 0 ? -E2BIG : put_copy(env, entry, (size_t)n);
    }
    if (passed > 0 && env->passed == 0) {
        env->passed_file = service_env_string(env, path, strlen(path));
    }
    env->passed += passed;
    return r;
}

/* The names in the folder that match, sorted; a list through the arena. */
struct match {
    struct match *next;
    char *name;
};

static int add_match(struct service_env *env, struct match **list, const char *name)
{
    struct match *m = service_env_take(env, sizeof(*m));

    if (m == NULL || (m->name = service_env_string(env, name, strlen(name))) == NULL) {
        return -E2BIG;
    }
    while (*list != NULL && strcmp((*list)->name, name) < 0) {
        list = &(*list)->next;
    }
    m->next = *list;
    *list = m;
    return 0;
}

static int find_matches(struct service_env *env, const char *folder, const char *pattern,
                        struct match **ret_list)
{
    int fd FD_CLEANUP = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct dir_reader dir;
    const char *name;
    int r = fd < 0 ? -errno : 0;

    *ret_list = NULL;
    if (r == 0) {
        dir_start(&dir, fd);
        while (r == 0 && (name = dir_next(&dir)) != NULL) {
            r = pattern_matches(pattern, name) ? add_match(env, ret_list, name) : 0;
        }
        r = r == 0 ? dir.error : r;
    }
    return r == 0 && *ret_list == NULL ? -ENOENT : r;
}

/* A pattern in the last component, as some units have it, stands for all files that it matches, in their order. */
static int put_matches(struct service_env *env, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t len = (size_t)(slash - path) + 1;
    const char *folder = service_env_string(env, path, len);
    struct match *m;
    int r = folder == NULL ? -E2BIG : find_matches(env, folder, slash + 1, &m);

    for (; r == 0 && m != NULL; m = m->next) {
        char *file = service_env_take(env, len + strlen(m->name) + 1);

        if (file == NULL) {
            return -E2BIG;
        }
        memcpy(file, path, len);
        memcpy(file + len, m->name, strlen(m->name));
        r = put_file(env, file);
    }
    return r;
}

static int put_files(struct service_env *env, const char *path, bool optional)
{
    int r = pattern_is(path) && path[0] == '/' ? put_matches(env, path) : put_file(env, path);

    return optional && r != -E2BIG ? 0 : r;
}

static int put_unit(struct service_env *env, const struct service_conf *conf, uint16_t tag)
{
    struct slice list = conf->exec;
    struct wire_tlv tlv;
    int r = 0;

    while (r == 0 && wire_next_tlv(&list, &tlv) > 0) {
        if (tlv.tag != tag) {
            continue;
        }
        if (tag == EXEC_ENV) {
            r = put_copy(env, tlv.value.data, tlv.value.len);
        } else if (tlv.value.len > 1) {
            env->bad = service_env_string(env, tlv.value.data + 1, tlv.value.len - 1);
            r = env->bad == NULL ? -E2BIG : put_files(env, env->bad, tlv.value.data[0] != 0);
        }
    }
    return r;
}

int service_env_fill(struct service_env *env, const struct service_conf *conf,
                     const struct user *user)
{
    int r = put_own(env, conf, user);

    if (r == 0) {
        r = put_unit(env, conf, EXEC_ENV);
    }
    if (r == 0) {
        r = put_unit(env, conf, EXEC_ENV_FILE);
    }
    return r;
}

char **service_env_list(struct service_env *env)
{
    env->entry[env->count] = NULL;
    return env->entry;
}
