/* SPDX-License-Identifier: MIT */
/* porthole status: a container with its main command or services, or one service in detail. */
#include "client.h"
#include "commands.h"
#include "core/service.h"
#include "core/super.h"
#include "core/svc.h"
#include "json.h"
#include "report.h"
#include "services.h"
#include "status.h"
#include "table.h"
#include "target.h"
#include "wording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The main command of a container without services, as the one service that there is. */
static void main_to_json(struct json *j, const struct status *s)
{
    json_open(j, NULL, '{');
    json_text(j, "name", "main");
    json_text(j, "state", s->main_alive ? "up" : "exited");
    if (s->main_alive) {
        json_number(j, "pid", s->main_pid);
        json_number(j, "uptime_ms", (long long)s->main_uptime_ms);
        json_null(j, "exit_code");
    } else {
        json_null(j, "pid");
        json_null(j, "uptime_ms");
        json_number(j, "exit_code", s->main_code);
    }
    if (s->has_process) {
        json_number(j, "rss_bytes", (long long)s->main_process.rss);
        json_text(j, "command", s->main_process.command);
    } else {
        json_null(j, "rss_bytes");
        json_null(j, "command");
    }
    json_close(j, '}');
}

static int print_json(const struct client *c, const struct status *s, const struct services *list)
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
    if (!s->has_services) {
        main_to_json(&j, s);
    }
    for (size_t i = 0; i < list->count; i++) {
        service_to_json(&j, NULL, &list->list[i], false);
    }
    json_close(&j, ']');
    if (s->has_services) {
        json_number(&j, "services_up", (long long)s->services_up);
        json_number(&j, "services_all", (long long)s->services_all);
        if (s->has_code) {
            json_number(&j, "exit_code", s->main_code);
        } else {
            json_null(&j, "exit_code");
        }
    }
    json_close(&j, '}');
    return json_end(&j);
}

static int print_main(const struct status *s)
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

static void add_service(struct table *t, const struct service *s)
{
    char state[64];
    char pid[24] = "-";
    char uptime[32] = "-";
    char restarts[24];
    char ending[WORDING_ENDING] = "-";
    char memory[32] = "-";

    if (s->result == RESULT_SUCCESS) {
        (void)snprintf(state, sizeof(state), "%s", wording_state(s->state));
    } else {
        (void)snprintf(state, sizeof(state), "%s (%s)", wording_state(s->state),
                       wording_result(s->result));
    }
    if (s->pid > 0) {
        (void)snprintf(pid, sizeof(pid), "%ld", s->pid);
    }
    if (service_is_up(s)) {
        (void)table_duration(s->state_ms, uptime, sizeof(uptime));
    }
    (void)snprintf(restarts, sizeof(restarts), "%llu", (unsigned long long)s->restarts);
    if (s->has_ended) {
        (void)wording_ending_short(s->wait_status, ending);
    }
    if (s->has_process) {
        (void)table_bytes(s->process.rss, memory, sizeof(memory));
    }
    (void)table_add(t,
                    (const char *const[]){s->name, state, pid, uptime, restarts, ending, memory});
}

static int print_services(const struct services *list)
{
    static const char *const heading[] = {"NAME",     "STATE",     "PID",    "UPTIME",
                                          "RESTARTS", "LAST EXIT", "MEMORY", NULL};
    struct table t;
    int r;

    table_init(&t, heading);
    for (size_t i = 0; i < list->count; i++) {
        add_service(&t, &list->list[i]);
    }
    r = table_print(&t);
    table_finish(&t);
    return r;
}

static int print_text(const struct client *c, const struct status *s, const struct services *list)
{
    char uptime[32];
    char grace[32] = "infinity";

    if (s->grace_ms != UINT64_MAX) {
        (void)table_duration(s->grace_ms, grace, sizeof(grace));
    }
    (void)printf("container  %s\nstate      %s\n", c->name, s->state);
    if (s->pid > 0) {
        (void)printf("pid        %ld%s\n", s->pid,
                     strcmp(c->name, "self") != 0 ? " (on the host)" : "");
    }
    (void)printf("uptime     %s\ninside     %s\nversion    %s\ngrace      %s\nsessions   %llu\n"
                 "orphans    %llu reaped\n",
                 table_duration(s->uptime_ms, uptime, sizeof(uptime)), s->place, s->version, grace,
                 (unsigned long long)s->sessions, (unsigned long long)s->reaped);
    if (s->has_services) {
        (void)printf("services   %llu of %llu up\n", (unsigned long long)s->services_up,
                     (unsigned long long)s->services_all);
        if (s->has_code) {
            (void)printf("exit code  %d\n", s->main_code);
        }
    }
    (void)putchar('\n');
    return s->has_services ? print_services(list) : print_main(s);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct service *)a)->name, ((const struct service *)b)->name);
}

static int show_container(const struct context *ctx, struct client *c)
{
    struct services list = {0};
    struct status s;
    int code = status_get(c, &s);

    if (code == 0 && s.has_services) {
        code = services_get(c, &list);
        if (code == 0) {
            if (list.count > 0) {
                qsort(list.list, list.count, sizeof(list.list[0]), by_name);
            }
            services_read_processes(c, list.list, list.count);
        }
    }
    if (code == 0) {
        code = ctx->json ? print_json(c, &s, &list) : print_text(c, &s, &list);
    }
    services_finish(&list);
    return code;
}

static int print_one_json(const struct client *c, const struct service *s)
{
    struct json j;

    json_to_stdout(&j);
    json_open(&j, NULL, '{');
    json_number(&j, "schema", 1);
    json_text(&j, "container", c->name);
    service_to_json(&j, "service", s, true);
    json_close(&j, '}');
    return json_end(&j);
}

/* One line "label  text", escaped: descriptions and command lines are the container's own words. */
static void line(const char *label, const char *text)
{
    char safe[4 * SERVICE_TEXT_MAX];

    (void)printf("%-12s %s\n", label, report_escape(safe, sizeof(safe), text, strlen(text)));
}

static void print_processes(const struct service *s)
{
    char text[32];

    if (s->pid > 0) {
        (void)printf("%-12s %ld\n", "pid", s->pid);
    }
    if (s->has_process) {
        line("command", s->executed ? s->process.command : "(starting)");
        line("memory", table_bytes(s->process.rss, text, sizeof(text)));
    }
    if (s->control_pid > 0) {
        (void)printf("%-12s %ld\n", "control pid", s->control_pid);
    }
}

static const char *milliseconds(uint64_t ms, char *buf, size_t cap)
{
    (void)snprintf(buf, cap, "%llums", (unsigned long long)ms);
    return buf;
}

static int print_one_text(const struct client *c, const struct service *s)
{
    char text[SERVICE_TEXT_MAX];
    char ending[WORDING_ENDING];
    const char *state = wording_state(s->state);
    const char *exact = wording_exact_state(s->state);

    line("service", s->name);
    line("container", c->name);
    if (s->description[0] != 0) {
        line((s->flags & SERVICE_BROKEN) != 0 ? "reason" : "description", s->description);
    }
    (void)snprintf(text, sizeof(text), "%s (%s%s%s)", state, strcmp(state, exact) == 0 ? "" : exact,
                   strcmp(state, exact) == 0 ? "" : ": ", wording_state_meaning(s->state));
    line("state", text);
    (void)printf("%-12s %s ago\n", "since", table_duration(s->state_ms, text, sizeof(text)));
    if (s->due_ms != UINT64_MAX) {
        (void)printf("%-12s in %s\n", s->state == SVC_BACKOFF ? "restart" : "deadline",
                     s->due_ms < 1000 ? milliseconds(s->due_ms, text, sizeof(text))
                                      : table_duration(s->due_ms, text, sizeof(text)));
    }
    if (s->job != JOB_NONE) {
        line("job", wording_job(s->job));
    }
    print_processes(s);
    (void)printf("%-12s %llu\n", "restarts", (unsigned long long)s->restarts);
    if (s->has_failed_run) {
        line("failed", wording_command(s->failed_run, s->failed_status, text));
    }
    line("last exit", s->has_ended ? wording_ending(s->wait_status, ending) : "-");
    (void)snprintf(text, sizeof(text), "%s%s%s%s", wording_result(s->result),
                   s->result == RESULT_SUCCESS ? "" : " (",
                   s->result == RESULT_SUCCESS ? "" : wording_result_meaning(s->result),
                   s->result == RESULT_SUCCESS ? "" : ")");
    line("result", text);
    if (s->culprit[0] != 0) {
        line("culprit", s->culprit);
    }
    if ((s->flags & SERVICE_MAIN) != 0) {
        line("main", "yes: its end is the container's");
    }
    return report_flush();
}

static int show_service(const struct context *ctx, struct client *c, const struct target *t)
{
    struct service s;
    int code = services_offered(c);

    if (code == 0) {
        code = services_get_one(c, t, &s);
    }
    if (code != 0) {
        return code;
    }
    services_read_processes(c, &s, 1);
    return ctx->json ? print_one_json(c, &s) : print_one_text(c, &s);
}

int cmd_status(const struct context *ctx, int argc, char **argv)
{
    struct client c;
    struct target t = {0};
    int code;

    if (!target_parse_args(argc, argv, "[TARGET]", &t, &code)) {
        return code;
    }
    code = client_connect(ctx, target_container(&t), &c);
    if (code != 0) {
        return code;
    }
    code = target_is_service(&t) ? show_service(ctx, &c, &t) : show_container(ctx, &c);
    client_close(&c);
    return code;
}
