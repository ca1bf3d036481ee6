/* SPDX-License-Identifier: MIT */
/* The options of `run`: words to a checked spec. */
#include "spec_options.h"

#include "args.h"
#include "bind.h"
#include "capabilities.h"
#include "client.h"
#include "core/capset.h"
#include "core/options.h"
#include "core/passwd.h"
#include "report.h"
#include "runtime.h"
#include "sys/caps.h"
#include "sys/fd.h"
#include "sys/mnt.h"
#include "tty.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define HOSTNAME_BYTES 64 /* the kernel's limit: sethostname(2) */

enum {
    OPT_ROOTFS = 1,
    OPT_DETACH,
    OPT_TTY,
    OPT_INTERACTIVE,
    OPT_HOSTNAME,
    OPT_ENV,
    OPT_WORKDIR,
    OPT_USER,
    OPT_BIND,
    OPT_CAP_ADD,
    OPT_CAP_DROP,
    OPT_READ_ONLY,
    OPT_NET,
    OPT_GRACE,
    OPT_PEEK_GROUP,
    OPT_SERVICES,
    OPT_UNIT,
    OPT_MAIN,
    OPT_EXIT_WHEN,
    OPT_STRICT,
    OPT_HELP,
};

static const struct args_option options[] = {
    {"rootfs", 0, true, OPT_ROOTFS},
    {"detach", 'd', false, OPT_DETACH},
    {NULL, 't', false, OPT_TTY},
    {NULL, 'i', false, OPT_INTERACTIVE},
    {"hostname", 0, true, OPT_HOSTNAME},
    {"env", 'e', true, OPT_ENV},
    {"workdir", 'w', true, OPT_WORKDIR},
    {"user", 'u', true, OPT_USER},
    {"bind", 0, true, OPT_BIND},
    {"cap-add", 0, true, OPT_CAP_ADD},
    {"cap-drop", 0, true, OPT_CAP_DROP},
    {"read-only", 0, false, OPT_READ_ONLY},
    {"net", 0, true, OPT_NET},
    {"grace", 0, true, OPT_GRACE},
    {"peek-group", 0, true, OPT_PEEK_GROUP},
    {"services", 0, true, OPT_SERVICES},
    {"unit", 0, true, OPT_UNIT},
    {"main", 0, true, OPT_MAIN},
    {"exit-when", 0, true, OPT_EXIT_WHEN},
    {"strict", 0, false, OPT_STRICT},
    {"help", 'h', false, OPT_HELP},
    {0},
};

static const char usage[] = "[OPTION...] --rootfs DIR NAME [[--] COMMAND [ARG...]]";
static const char help[] =
    "Launches a container in new namespaces and runs COMMAND or services in it.\n"
    "\n"
    "  --rootfs DIR         its root file system\n"
    "  -d, --detach         return when it is up, with services once their starts are\n"
    "                       done; a monitor stays behind; COMMAND's output goes to\n"
    "                       /dev/null\n"
    "  -i                   connect stdin\n"
    "  -t                   give COMMAND a terminal of the container's own\n"
    "  --hostname NAME      default: the container's name\n"
    "  -e, --env K=V        set a variable; K alone takes it from here\n"
    "  -w, --workdir DIR    where COMMAND starts (default /)\n"
    "  -u, --user U[:G]     as which user, by the container's passwd, or by number\n"
    "  --bind SRC:DST[:ro]  show a file or folder of the host inside\n"
    "  --cap-add CAP        a capability more than the default; ALL\n"
    "  --cap-drop CAP       one less; ALL\n"
    "  --read-only          the root file system cannot be written\n"
    "  --net host           share the host's network (default: none but loopback)\n"
    "  --grace SECONDS      from SIGTERM to SIGKILL when it ends (default 10)\n"
    "  --peek-group GROUP   who may observe it: list, status, ps, inspect, logs, events,\n"
    "                       wait\n"
    "\n"
    "Services, from systemd unit files in the container:\n"
    "  --services DIR       start every *.service in DIR (repeatable)\n"
    "  --unit NAME          start NAME and what it requires or wants (repeatable)\n"
    "  --main NAME          the service whose end is the container's (default: the unit\n"
    "                       with Main=yes, else COMMAND)\n"
    "  --exit-when WHEN     when it ends by itself: main (the default where there is a\n"
    "                       main service), idle (the default else), failure, or never\n"
    "  --strict             refuse units with a line that cannot be honoured\n";

struct parser {
    const struct context *ctx;
    struct spec *spec;
    uint64_t add;
    uint64_t drop;
    const char **binds; // owned array of the caller's words
    size_t bind_count;
};

static int change_caps(const char *option, const char *word, uint64_t *set)
{
    uint64_t caps = capabilities_parse(word, ~UINT64_C(0));

    if (caps == 0) {
        return report_usage("%s: \"%s\": no such capability", option, word);
    }
    *set |= caps;
    return 0;
}

static int set_hostname(struct spec *s, const char *word)
{
    size_t len = strlen(word);

    if (len == 0 || len > HOSTNAME_BYTES) {
        return report_usage("--hostname: \"%.80s\": needs 1 to 64 characters", word);
    }
    s->hostname = word;
    return 0;
}

static int set_peek_group(struct spec *s, const char *word)
{
    struct slice text = {(const uint8_t *)word, strlen(word)};
    const struct group *g;
    uint32_t gid;

    if (passwd_number(text, &gid)) {
        s->peek_gid = (long)gid;
        return 0;
    }
    g = getgrnam(word);
    if (g == NULL) {
        return report_usage("--peek-group: \"%s\": no such group", word);
    }
    s->peek_gid = (long)g->gr_gid;
    return 0;
}

static int add_bind(struct parser *p, const char *word)
{
    const char **grown = realloc(p->binds, (p->bind_count + 1) * sizeof(*grown));

    if (grown == NULL) {
        return report_failure("--bind: %s", report_errno(ENOMEM));
    }
    p->binds = grown;
    p->binds[p->bind_count++] = word;
    return 0;
}

static int take_user(struct spec *s, const char *word)
{
    struct user_spec parsed;

    if (passwd_spec((struct slice){(const uint8_t *)word, strlen(word)}, &parsed) < 0) {
        return report_usage("--user: \"%s\": needs USER[:GROUP], names or numbers", word);
    }
    s->user = word;
    return 0;
}

static int take_word(const char *option, const char **list, size_t *count, const char *value)
{
    if (*count == OPTION_WORDS_MAX) {
        return report_usage("%s: comes too often: %d times at most", option, OPTION_WORDS_MAX);
    }
    list[(*count)++] = value;
    return value[0] != 0 ? 0 : report_usage("%s: needs a value", option);
}

static int take_service_option(struct spec *s, int id, const char *value)
{
    int when;

    switch (id) {
    case OPT_SERVICES:
        return value[0] == '/' ? take_word("--services", s->folders, &s->folder_count, value)
                               : report_usage("--services: \"%s\": not an absolute path", value);
    case OPT_UNIT:
        return take_word("--unit", s->units, &s->unit_count, value);
    case OPT_MAIN:
        s->main = value;
        return value[0] != 0 ? 0 : report_usage("--main: needs a value");
    case OPT_EXIT_WHEN:
        when = options_exit_when(value);
        s->exit_when = (enum exit_when)when;
        return when >= 0
                   ? 0
                   : report_usage("--exit-when: \"%s\": needs main, idle, failure or never", value);
    default: // OPT_STRICT
        s->strict = true;
        return 0;
    }
}

static int take_option(struct parser *p, int id, const char *value)
{
    struct spec *s = p->spec;

    switch (id) {
    case OPT_ROOTFS:
        s->rootfs = value;
        return 0;
    case OPT_DETACH:
        s->detach = true;
        return 0;
    case OPT_TTY:
        s->tty = true;
        return 0;
    case OPT_INTERACTIVE:
        s->interactive = true;
        return 0;
    case OPT_HOSTNAME:
        return set_hostname(s, value);
    case OPT_ENV:
        return env_add(&s->env, value);
    case OPT_WORKDIR:
        s->workdir = value;
        return value[0] == '/' ? 0 : report_usage("--workdir: \"%s\": not an absolute path", value);
    case OPT_USER:
        return take_user(s, value);
    case OPT_BIND:
        return add_bind(p, value);
    case OPT_CAP_ADD:
        return change_caps("--cap-add", value, &p->add);
    case OPT_CAP_DROP:
        return change_caps("--cap-drop", value, &p->drop);
    case OPT_READ_ONLY:
        s->readonly = true;
        return 0;
    case OPT_NET:
        s->net_host = true;
        return strcmp(value, "host") == 0
                   ? 0
                   : report_usage("--net: \"%s\": needs host; without it there is only loopback",
                                  value);
    case OPT_GRACE:
        s->grace = options_seconds(value);
        return s->grace >= 0 ? 0
                             : report_usage("--grace: \"%s\": needs seconds, or infinity", value);
    case OPT_PEEK_GROUP:
        return set_peek_group(s, value);
    default:
        return take_service_option(s, id, value);
    }
}

static int parse_words(struct parser *p, int argc, char **argv)
{
    struct args a = {.argc = argc, .argv = argv, .options = options, .next = 1};
    struct spec *s = p->spec;
    const char *reason;
    bool services;
    int id;

    while ((id = args_next(&a)) != ARGS_END) {
        int r = id == ARGS_ERROR ? EXIT_USAGE : id == OPT_HELP ? -1 : take_option(p, id, a.value);

        if (r != 0) {
            return r;
        }
    }
    if (a.saw_dashes || a.next >= argc) {
        return report_usage("no NAME given");
    }
    s->name = argv[a.next++];
    if (!runtime_name_ok(s->name, &reason)) {
        return report_usage("\"%s\": %s", s->name, reason);
    }
    if (a.next < argc && strcmp(argv[a.next], "--") == 0) {
        a.next++;
    }
    s->command = argv + a.next;
    services = spec_has_services(s);
    if ((a.next >= argc && !services) || (a.next < argc && argv[a.next][0] == 0)) {
        return report_usage("\"%s\": no COMMAND given", s->name);
    }
    if (!services && (s->main != NULL || s->exit_when != EXIT_WHEN_DEFAULT || s->strict)) {
        return report_usage("%s: is about services; there are neither --services nor --unit",
                            s->main != NULL ? "--main"
                            : s->strict     ? "--strict"
                                            : "--exit-when");
    }
    if (a.next >= argc && (s->tty || s->interactive)) {
        return report_usage("-i, -t: are for COMMAND, and none is given");
    }
    if (s->rootfs == NULL) {
        return report_usage("no --rootfs given");
    }
    if (s->detach && (s->tty || s->interactive)) {
        return report_usage("--detach: has no terminal and no stdin: leave out -i and -t");
    }
    return 0;
}

static int open_rootfs(struct spec *s)
{
    s->rootfs_fd = open(s->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return s->rootfs_fd >= 0 ? 0
                             : report_failure("rootfs: \"%s\": %s", s->rootfs, report_errno(errno));
}

static int check_binds(struct parser *p)
{
    struct spec *s = p->spec;

    if (p->bind_count > LAUNCH_BINDS_MAX) {
        return report_usage("--bind: more than %d", LAUNCH_BINDS_MAX);
    }
    if (p->bind_count == 0) {
        return 0;
    }
    s->binds = calloc(p->bind_count, sizeof(*s->binds));
    if (s->binds == NULL) {
        return report_failure("--bind: %s", report_errno(ENOMEM));
    }
    for (size_t i = 0; i < p->bind_count; i++) {
        int code;

        s->binds[i].tree = -1;
        s->bind_count = i + 1;
        code = bind_parse(p->ctx, p->binds[i], s->userns, &s->binds[i]);
        if (code != 0) {
            return code;
        }
    }
    return 0;
}

/* In a user namespace PID 1 has every capability (over that namespace), whatever we have here. */
static int settle_caps(struct parser *p)
{
    uint64_t have = p->spec->userns ? ~UINT64_C(0) : caps_effective();
    uint64_t known = (UINT64_C(1) << (CAP_LAST_CAP + 1)) - 1;
    char name[32];

    if (p->add == ~UINT64_C(0)) {
        p->add = have & known;
    }
    for (int cap = 0; cap < 64; cap++) {
        if ((p->add & ~p->drop & ~have) >> cap & 1) {
            return report_failure("--cap-add: %s: porthole does not have it itself",
                                  capabilities_name(cap, name, sizeof(name)));
        }
    }
    // Dropping all and adding some means those some, whatever the order.
    if (p->drop == ~UINT64_C(0)) {
        p->spec->caps = p->add & have;
    } else {
        p->spec->caps = (CAPSET_DEFAULT | p->add) & ~p->drop & have;
    }
    return 0;
}

/*
 * Root of a user namespace may not do what root does: it launches as any other user. A timer that wakes a
 * host up belongs to no namespace: who may make one has his capabilities from the initial one, and is
 * told so a tenth of the time that /proc takes. Who may not is asked there.
 */
static bool in_initial_userns(void)
{
    static const char all[] = " 4294967295\n"; // one line that maps every id
    const size_t len = sizeof(all) - 1;
    int timer FD_CLEANUP = timerfd_create(CLOCK_BOOTTIME_ALARM, TFD_CLOEXEC);
    int fd FD_CLEANUP = -1;
    char text[128];
    ssize_t n;

    if (timer >= 0) {
        return true;
    }
    fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, text, sizeof(text));
    if (n < 0) {
        return true; // no /proc: told later, by name
    }
    return (size_t)n >= len && memcmp(text + n - len, all, len) == 0;
}

/* What is not asked for but follows. */
static int add_defaults(struct spec *s)
{
    struct env asked = s->env;
    int code = 0;

    if (s->hostname == NULL) {
        s->hostname = s->name;
    }
    if (!s->tty) {
        return 0;
    }
    tty_size(&s->rows, &s->columns);
    s->env = (struct env){NULL, 0};
    code = env_add(&s->env, "TERM"); // first, so that --env replaces it
    for (size_t i = 0; i < asked.count && code == 0; i++) {
        code = env_add(&s->env, asked.entry[i]);
    }
    env_finish(&asked);
    return code;
}

bool spec_parse(const struct context *ctx, int argc, char **argv, struct spec *ret_spec,
                int *ret_code)
{
    struct parser p = {.ctx = ctx, .spec = ret_spec};

    *ret_spec = (struct spec){
        .rootfs_fd = -1,
        .lock_fd = -1,
        .peek_gid = -1,
        .grace = GRACE_DEFAULT_MS,
        .userns = geteuid() != 0 || !in_initial_userns(),
    };
    *ret_code = parse_words(&p, argc, argv);
    if (*ret_code == -1) {
        *ret_code = client_help(usage, help);
        free((void *)(uintptr_t)p.binds);
        return false;
    }
    if (*ret_code == 0) {
        *ret_code = settle_caps(&p);
    }
    if (*ret_code == 0) {
        *ret_code = open_rootfs(ret_spec);
    }
    if (*ret_code == 0) {
        *ret_code = check_binds(&p);
    }
    if (*ret_code == 0) {
        *ret_code = add_defaults(ret_spec);
    }
    free((void *)(uintptr_t)p.binds);
    ret_spec->binds_nodes = ret_spec->userns || (caps_effective() >> CAP_MKNOD & 1) == 0;
    return *ret_code == 0;
}
