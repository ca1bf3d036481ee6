/* SPDX-License-Identifier: MIT */
/* porthole exec and porthole shell: a command inside, with its streams or a terminal. */
#include "args.h"
#include "client.h"
#include "commands.h"
#include "core/plan.h"
#include "env.h"
#include "launch_report.h"
#include "monitor.h"
#include "relay.h"
#include "report.h"
#include "sys/clock.h"
#include "sys/fd.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIGNAL_TRIES 100 /* ms, one a try, until PID 1 has read the EXEC */
#define ANSWER_MS 1000   /* ms that a living PID 1 may take to answer */

struct session {
    const struct context *ctx;
    const char *name; // NULL: the default container
    bool tty;
    bool interactive;
    bool shell;
    const char *user;
    const char *workdir;
    struct env env;
    char **command; // NULL for a shell

    struct client client;
    struct relay relay;
    uint64_t token; // the session's name, for signals
};

enum { OPT_TTY = 1, OPT_INTERACTIVE, OPT_USER, OPT_WORKDIR, OPT_ENV, OPT_HELP };

static const struct args_option exec_options[] = {
    {NULL, 't', false, OPT_TTY},
    {NULL, 'i', false, OPT_INTERACTIVE},
    {"user", 'u', true, OPT_USER},
    {"workdir", 'w', true, OPT_WORKDIR},
    {"env", 'e', true, OPT_ENV},
    {"help", 'h', false, OPT_HELP},
    {0},
};

static const char exec_help[] =
    "  -i                  connect stdin\n"
    "  -t                  a terminal of the container's own\n"
    "  -u, --user U[:G]    as which user (default: the container's)\n"
    "  -w, --workdir DIR   where (default: the container's)\n"
    "  -e, --env K=V       set a variable; K alone takes it from here\n";

static int take_option(struct session *s, int id, const char *value)
{
    switch (id) {
    case OPT_TTY:
        s->tty = true;
        return 0;
    case OPT_INTERACTIVE:
        s->interactive = true;
        return 0;
    case OPT_USER:
        s->user = value;
        return value[0] != 0 ? 0 : report_usage("--user: needs USER[:GROUP]");
    case OPT_WORKDIR:
        s->workdir = value;
        return value[0] == '/' ? 0 : report_usage("--workdir: \"%s\": not an absolute path", value);
    case OPT_ENV:
        return env_add(&s->env, value);
    default:
        return EXIT_USAGE;
    }
}

static const char *usage_of(const struct session *s)
{
    return s->shell ? "[OPTION...] [NAME]" : "[OPTION...] [NAME] [--] COMMAND [ARG...]";
}

static int parse(struct session *s, int argc, char **argv)
{
    struct args a = {.argc = argc, .argv = argv, .options = exec_options, .next = 1};
    int id;

    while ((id = args_next(&a)) != ARGS_END) {
        int code;

        if (id == OPT_HELP) {
            return client_help(usage_of(s), exec_help) == 0 ? -1 : EXIT_NOT_TRUE;
        }
        code = id == ARGS_ERROR ? EXIT_USAGE : take_option(s, id, a.value);
        if (code != 0) {
            return code;
        }
    }
    if (!a.saw_dashes && a.next < argc) {
        s->name = argv[a.next++];
        if (a.next < argc && strcmp(argv[a.next], "--") == 0) {
            a.next++;
        }
    }
    if (s->name != NULL && client_check_target(s->name) != 0) {
        return EXIT_USAGE;
    }
    if (s->shell && a.next < argc) {
        return report_usage("%s: a shell takes no command; see porthole exec", argv[a.next]);
    }
    if (!s->shell && (a.next >= argc || argv[a.next][0] == 0)) {
        return report_usage("no COMMAND given");
    }
    s->command = argv + a.next;
    return 0;
}

enum answer { ANSWERED, NO_SESSION, SILENT };

/* On a connection of its own: the session's is PID 1's no more. */
static enum answer ask_signal(struct session *s, int number)
{
    struct client c;
    struct pollfd p = {.events = POLLIN};
    uint8_t buf[256];
    struct wire_writer w;
    enum answer answer = ANSWERED;

    if (client_dial(s->ctx, s->name, true, &c) != 0) {
        return ANSWERED; // the container is just ending: so will the session
    }
    client_begin(&c, &w, buf, sizeof(buf), PROTO_SIGNAL);
    client_greeting(&w);
    wire_tlv_u64(&w, TAG_SIGNAL | WIRE_CRITICAL, (uint64_t)number);
    wire_tlv_u64(&w, TAG_SESSION | WIRE_CRITICAL, s->token);
    p.fd = c.fd;
    if (client_send(&c, &w, NULL, 0) == 0) {
        if (poll(&p, 1, ANSWER_MS) <= 0) {
            answer = SILENT;
        } else if (client_receive(&c) > 0 && c.msg.type == PROTO_ERROR &&
                   c.msg.num[TAG_ERRNO] == ESRCH) {
            answer = NO_SESSION;
        }
    }
    client_close(&c);
    return answer;
}

/*
 * False where nobody answers. Our EXEC was sent before, but on another connection: PID 1 may come to
 * it after this one, and until then knows no such session.
 */
static bool send_signal(struct session *s, int number)
{
    struct pollfd session = {.fd = s->client.fd, .events = POLLIN};
    enum answer answer = ask_signal(s, number);

    for (int i = 0; i < SIGNAL_TRIES && answer == NO_SESSION && poll(&session, 1, 1) == 0; i++) {
        answer = ask_signal(s, number);
    }
    return answer != SILENT;
}

static void on_signal(struct relay *relay, int number)
{
    struct session *s = relay->owner;

    if (!send_signal(s, number)) { // whoever sits here wants to get out, not to wait with it
        relay_end(relay, report_failure("\"%s\": its PID 1 does not answer", s->client.name),
                  false);
    }
}

static void started(struct session *s)
{
    struct client *c = &s->client;

    if (c->fds.count == 1) {
        relay_take_master(&s->relay, c->fds.fd[0]);
        c->fds.count = 0;
    }
}

static void on_message(struct relay *relay)
{
    struct session *s = relay->owner;
    struct client *c = &s->client;

    if (client_receive(c) <= 0) {
        struct client again;
        bool alive = client_dial(s->ctx, s->name, true, &again) == 0;

        client_close(&again);
        relay_end(relay,
                  report_failure("\"%s\": %s", c->name,
                                 alive ? "the connection was lost" : "the container has ended"),
                  false);
        return;
    }
    switch (c->msg.type) {
    case PROTO_STARTED:
        started(s);
        break;
    case PROTO_EXIT:
        c->monitored = c->msg.num[TAG_MONITORED] != 0;
        relay_end(relay, (int)c->msg.num[TAG_CODE], false);
        break;
    case PROTO_ERROR:
        relay_end(relay,
                  proto_has(&c->msg, TAG_STEP) ? launch_report_failure(NULL, &c->msg)
                                               : client_report(c),
                  false);
        break;
    default:
        break;
    }
}

static void put_arguments(const struct session *s, struct wire_writer *w)
{
    for (char **arg = s->command; !s->shell && *arg != NULL; arg++) {
        wire_tlv_str(w, TAG_ARG, *arg);
    }
    for (size_t i = 0; i < s->env.count; i++) {
        wire_tlv_str(w, TAG_ENV, s->env.entry[i]);
    }
}

/* Arguments that do not fit into a datagram go into memory under seal. */
static int arguments_memfd(const struct session *s)
{
    uint8_t *data = malloc(SESSION_ARGS_MAX);
    struct wire_writer w;
    int fd;

    if (data == NULL) {
        return -ENOMEM;
    }
    wire_writer_init(&w, data, SESSION_ARGS_MAX);
    put_arguments(s, &w);
    fd = w.overflow ? -E2BIG : fd_sealed_memfd("porthole-args", data, w.len, false);
    free(data);
    return fd;
}

static void put_request(struct session *s, struct wire_writer *w, uint8_t *buf, bool apart)
{
    uint64_t flags = (s->tty ? COMMAND_TTY : 0u) | (s->interactive ? COMMAND_STDIN : 0u) |
                     (s->shell ? COMMAND_SHELL : 0u) | (apart ? COMMAND_ARGS_FD : 0u);
    uint16_t rows;
    uint16_t columns;

    proto_begin(w, buf, PROTO_DATAGRAM_MAX, PROTO_EXEC, 1);
    client_greeting(w);
    wire_tlv_u64(w, TAG_SESSION, s->token);
    wire_tlv_u64(w, TAG_FLAGS | WIRE_CRITICAL, flags);
    if (s->user != NULL) {
        wire_tlv_str(w, TAG_USER | WIRE_CRITICAL, s->user);
    }
    if (s->workdir != NULL) {
        wire_tlv_str(w, TAG_WORKDIR | WIRE_CRITICAL, s->workdir);
    }
    if (s->tty) {
        tty_size(&rows, &columns);
        wire_tlv_u64(w, TAG_ROWS, rows);
        wire_tlv_u64(w, TAG_COLUMNS, columns);
    }
    if (!apart) {
        put_arguments(s, w);
    } else if (!s->shell) { // for the audit trail: PID 1 does not read the memfd
        wire_tlv_bytes(w, TAG_OBJECT, s->command[0], strnlen(s->command[0], AUDIT_TEXT - 1));
    }
}

/* The EXEC is its own hello. */
static int ask(struct session *s)
{
    uint8_t buf[PROTO_DATAGRAM_MAX];
    struct wire_writer w;
    int args FD_CLEANUP = -1;
    int fds[SOCK_FDS_MAX];
    size_t count = 0;
    int r;

    for (int i = 0; i < STREAM_COUNT; i++) {
        if (s->relay.ends[i] >= 0) {
            fds[count++] = s->relay.ends[i];
        }
    }
    put_request(s, &w, buf, false);
    if (w.overflow) {
        args = arguments_memfd(s);
        if (args < 0) {
            return report_failure("arguments: %s", report_errno(args));
        }
        fds[count++] = args;
        put_request(s, &w, buf, true);
    }
    r = client_send(&s->client, &w, fds, count);
    if (r == -EMSGSIZE) {
        return report_failure("arguments: too long");
    }
    // A refusal may have come first and closed the connection: it waits to be read.
    return r < 0 && r != -EPIPE && r != -ECONNRESET
               ? report_failure("\"%s\": %s", s->client.name, report_errno(r))
               : 0;
}

static int run(struct session *s)
{
    int code;

    if (s->tty && env_add(&s->env, "TERM") != 0) {
        return EXIT_PORTHOLE;
    }
    // Unique among those that run: our pid alone may be another's in another pid namespace.
    s->token = (uint64_t)clock_monotonic() << 32 | (uint32_t)getpid();
    code = client_dial(s->ctx, s->name, false, &s->client);
    if (code != 0) {
        return code;
    }
    s->relay.client = &s->client;
    s->relay.on_message = on_message;
    s->relay.on_signal = on_signal;
    s->relay.owner = s;
    code = relay_prepare(&s->relay, s->tty, s->interactive);
    if (code == 0) {
        code = ask(s);
    }
    if (code == 0) {
        relay_handed_over(&s->relay);
        code = relay_run(&s->relay);
    }
    relay_finish(&s->relay);
    if (!s->client.monitored) {
        monitor_replace(s->ctx, s->client.name);
    }
    client_close(&s->client);
    return code;
}

static int parse_and_run(struct session *s, int argc, char **argv)
{
    int code = parse(s, argc, argv);

    if (code == 0) {
        code = run(s);
    }
    env_finish(&s->env);
    return code == -1 ? 0 : code;
}

int cmd_exec(const struct context *ctx, int argc, char **argv)
{
    static struct session s;

    s.ctx = ctx;
    return parse_and_run(&s, argc, argv);
}

int cmd_shell(const struct context *ctx, int argc, char **argv)
{
    static struct session s;

    s.ctx = ctx;
    s.shell = true;
    s.interactive = true;
    s.tty = isatty(STDIN_FILENO) != 0;
    return parse_and_run(&s, argc, argv);
}
