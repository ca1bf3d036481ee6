/* SPDX-License-Identifier: MIT */
/* porthole list: the containers below the runtime root. */
#include "client.h"
#include "commands.h"
#include "json.h"
#include "report.h"
#include "runtime.h"
#include "status.h"
#include "table.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_ANSWER_MS 1000 /* ms: one that does not answer must not hold up the others */

struct names {
    char **name; // owned
    size_t count;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int collect(const char *root, struct names *n)
{
    DIR *dir = opendir(root);
    const struct dirent *d;
    const char *reason;

    *n = (struct names){0};
    if (dir == NULL) {
        return errno == ENOENT ? 0 : report_failure("\"%s\": %s", root, report_errno(errno));
    }
    while ((d = readdir(dir)) != NULL) {
        char **grown;

        if (!runtime_name_ok(d->d_name, &reason) || strcmp(d->d_name, "audit.log") == 0) {
            continue;
        }
        grown = realloc(n->name, (n->count + 1) * sizeof(*grown));
        if (grown == NULL) {
            break;
        }
        n->name = grown;
        n->name[n->count] = strdup(d->d_name);
        n->count += n->name[n->count] != NULL;
    }
    (void)closedir(dir);
    if (n->count > 0) {
        qsort(n->name, n->count, sizeof(*n->name), by_text);
    }
    return 0;
}

/* Without services the main command is the one that there is. */
struct count {
    long long up;
    long long all;
};

static struct count count_services(const struct status *s)
{
    if (s->has_services) {
        return (struct count){(long long)s->services_up, (long long)s->services_all};
    }
    return (struct count){s->main_alive ? 1 : 0, 1};
}

static void add_row(struct table *t, const char *name, const struct status *s)
{
    char pid[24] = "-";
    char uptime[32];
    char services[48];
    struct count n = count_services(s);

    if (s->pid > 0) {
        (void)snprintf(pid, sizeof(pid), "%ld", s->pid);
    }
    (void)snprintf(services, sizeof(services), "%lld/%lld", n.up, n.all);
    (void)table_add(t, (const char *const[]){
                           name, pid, table_duration(s->uptime_ms, uptime, sizeof(uptime)),
                           services, s->state, s->has_process ? s->main_process.command : "-"});
}

static void add_object(struct json *j, const char *name, const struct status *s)
{
    struct count n = count_services(s);

    json_open(j, NULL, '{');
    json_text(j, "name", name);
    json_number(j, "pid", s->pid);
    json_number(j, "uptime_ms", (long long)s->uptime_ms);
    json_number(j, "services_up", n.up);
    json_number(j, "services", n.all);
    json_text(j, "state", s->state);
    if (s->has_process) {
        json_text(j, "command", s->main_process.command);
    } else {
        json_null(j, "command");
    }
    json_close(j, '}');
}

/* One that is not to be asked: it has only just a folder, or a PID 1 that does not run. */
static void add_unreachable(struct table *t, struct json *j, const char *name, const char *state)
{
    if (j == NULL) {
        (void)table_add(t, (const char *const[]){name, "-", "-", "-", state, "-"});
        return;
    }
    json_open(j, NULL, '{');
    json_text(j, "name", name);
    json_text(j, "state", state);
    json_close(j, '}');
}

static bool answers(const struct client *c)
{
    struct pollfd p = {.fd = c->fd, .events = POLLIN};

    return poll(&p, 1, c->timeout) > 0;
}

/* Those that answer. One that is dead is cleared away on the way, one that we may not ask left out. */
static void ask_all(const struct context *ctx, const struct names *n, struct table *t,
                    struct json *j)
{
    for (size_t i = 0; i < n->count; i++) {
        struct client c;
        struct status s;

        if (client_open(ctx, n->name[i], true, &c) != 0) {
            if (c.starting) {
                add_unreachable(t, j, n->name[i], "starting");
            }
            continue;
        }
        c.timeout = LIST_ANSWER_MS;
        if (!answers(&c)) {
            add_unreachable(t, j, n->name[i], "silent");
        } else if (client_greet(&c) == 0 && status_get(&c, &s) == 0) {
            if (j != NULL) {
                add_object(j, n->name[i], &s);
            } else {
                add_row(t, n->name[i], &s);
            }
        }
        client_close(&c);
    }
}

static int print(const struct context *ctx, const struct names *n)
{
    static const char *const heading[] = {"NAME",  "PID",     "UPTIME", "SERVICES",
                                          "STATE", "COMMAND", NULL};
    struct table t;
    struct json j;
    int code;

    if (ctx->json) {
        json_to_stdout(&j);
        json_open(&j, NULL, '{');
        json_number(&j, "schema", 1);
        json_open(&j, "containers", '[');
        ask_all(ctx, n, NULL, &j);
        json_close(&j, ']');
        json_close(&j, '}');
        return json_end(&j);
    }
    table_init(&t, heading);
    ask_all(ctx, n, &t, NULL);
    code = table_print(&t);
    table_finish(&t);
    return code;
}

int cmd_list(const struct context *ctx, int argc, char **argv)
{
    char root[RUNTIME_PATH_MAX];
    struct names n;
    const char *name;
    int code;

    if (!client_parse_name(argc, argv, "", &name, &code)) {
        return code;
    }
    if (name != NULL) {
        return report_usage("%s: takes no NAME; see porthole status", name);
    }
    code = runtime_root(ctx, root, sizeof(root));
    if (code == 0) {
        code = collect(root, &n);
    }
    if (code != 0) {
        return code;
    }
    code = print(ctx, &n);
    for (size_t i = 0; i < n.count; i++) {
        free(n.name[i]);
    }
    free(n.name);
    return code;
}
