/* SPDX-License-Identifier: MIT */
/* porthole status: a container and its main command. */
#include "client.h"
#include "commands.h"
#include "json.h"
#include "report.h"
#include "status.h"
#include "table.h"

#include <stdio.h>
#include <string.h>

static int print_json(const struct client *c, const struct status *s)
{
    struct json j;

    json_to_stdout(&j);
    json_open(&j, NULL, '{');
    json_number(&j, "schema", 1);
    json_text(&j, "container", c->name);
    json_text(&j, "state", s->state);
    json_number(&j, "pid", s->pid);
    json_number(&j, "uptime_ms", (long long)s->uptime_ms);
    json_text(&j, "version", s->version);
    json_text(&j, "inside", s->place);
    if (s->grace_ms == UINT64_MAX) {
        json_null(&j, "grace_ms");
    } else {
        json_number(&j, "grace_ms", (long long)s->grace_ms);
    }
    json_number(&j, "sessions", (long long)s->sessions);
    json_number(&j, "orphans_reaped", (long long)s->reaped);
    json_bool(&j, "monitored", s->monitored);
    json_open(&j, "services", '[');
    json_open(&j, NULL, '{');
    json_text(&j, "name", "main");
    json_text(&j, "state", s->main_alive ? "up" : "exited");
    if (s->main_alive) {
        json_number(&j, "pid", s->main_pid);
        json_number(&j, "uptime_ms", (long long)s->main_uptime_ms);
        json_null(&j, "exit_code");
    } else {
        json_null(&j, "pid");
        json_null(&j, "uptime_ms");
        json_number(&j, "exit_code", s->main_code);
    }
    if (s->has_process) {
        json_number(&j, "rss_bytes", (long long)s->main_process.rss);
        json_text(&j, "command", s->main_process.command);
    } else {
        json_null(&j, "rss_bytes");
        json_null(&j, "command");
    }
    json_close(&j, '}');
    json_close(&j, ']');
    json_close(&j, '}');
    return json_end(&j);
}

static int print_service(const struct status *s)
{
    static const char *const heading[] = {"SERVICE", "STATE",  "PID",     "UPTIME",
                                          "EXIT",    "MEMORY", "COMMAND", NULL};
    char pid[24] = "-";
    char uptime[32] = "-";
    char code[16] = "-";
    char memory[32] = "-";
    struct table t;
    int r;

    if (s->main_alive) {
        (void)snprintf(pid, sizeof(pid), "%ld", s->main_pid);
        (void)table_duration(s->main_uptime_ms, uptime, sizeof(uptime));
    } else {
        (void)snprintf(code, sizeof(code), "%d", s->main_code);
    }
    if (s->has_process) {
        (void)table_bytes(s->main_process.rss, memory, sizeof(memory));
    }
    table_init(&t, heading);
    (void)table_add(&t, (const char *const[]){"main", s->main_alive ? "up" : "exited", pid, uptime,
                                              code, memory,
                                              s->has_process ? s->main_process.command : "-"});
    r = table_print(&t);
    table_finish(&t);
    return r;
}

static int print_text(const struct client *c, const struct status *s)
{
    char uptime[32];
    char grace[32] = "infinity";

    if (s->grace_ms != UINT64_MAX) {
        (void)table_duration(s->grace_ms, grace, sizeof(grace));
    }
    (void)printf("container  %s\nstate      %s\n", c->name, s->state);
    if (s->pid > 0) {
        (void)printf("pid        %ld\n", s->pid);
    }
    (void)printf("uptime     %s\ninside     %s\nversion    %s\ngrace      %s\nsessions   %llu\n"
                 "orphans    %llu reaped\n\n",
                 table_duration(s->uptime_ms, uptime, sizeof(uptime)), s->place, s->version, grace,
                 (unsigned long long)s->sessions, (unsigned long long)s->reaped);
    return print_service(s);
}

int cmd_status(const struct context *ctx, int argc, char **argv)
{
    struct client c;
    struct status s;
    const char *name;
    int code;

    if (!client_parse_name(argc, argv, "[NAME]", &name, &code)) {
        return code;
    }
    code = client_connect(ctx, name, &c);
    if (code != 0) {
        return code;
    }
    code = status_get(&c, &s);
    if (code == 0) {
        code = ctx->json ? print_json(&c, &s) : print_text(&c, &s);
    }
    client_close(&c);
    return code;
}
