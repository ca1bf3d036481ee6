/* SPDX-License-Identifier: MIT */
/* porthole ps: a container's processes, from any image, even an empty one. */
#include "client.h"
#include "commands.h"
#include "json.h"
#include "procfs.h"
#include "report.h"
#include "table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int print_json(const char *name, const struct process *list, long count)
{
    struct json j;

    json_to_stdout(&j);
    json_open(&j, NULL, '{');
    json_number(&j, "schema", 1);
    json_text(&j, "container", name);
    json_open(&j, "processes", '[');
    for (long i = 0; i < count; i++) {
        json_open(&j, NULL, '{');
        json_number(&j, "pid", list[i].pid);
        json_number(&j, "ppid", list[i].parent);
        json_number(&j, "uid", list[i].uid);
        json_string(&j, "state", &list[i].state, 1);
        json_number(&j, "rss_bytes", (long long)list[i].rss);
        json_number(&j, "cpu_ms", (long long)list[i].cpu_ms);
        json_text(&j, "command", list[i].command);
        json_close(&j, '}');
    }
    json_close(&j, ']');
    json_close(&j, '}');
    return json_end(&j);
}

static int print_table(const struct process *list, long count)
{
    static const char *const heading[] = {"PID",    "PPID", "UID",     "STATE",
                                          "MEMORY", "CPU",  "COMMAND", NULL};
    struct table t;
    int code;

    table_init(&t, heading);
    for (long i = 0; i < count; i++) {
        const struct process *p = &list[i];
        char state[2] = {p->state, 0};
        char pid[24];
        char parent[24];
        char uid[24] = "-";
        char memory[32];
        char cpu[40];

        (void)snprintf(pid, sizeof(pid), "%ld", p->pid);
        (void)snprintf(parent, sizeof(parent), "%ld", p->parent);
        if (p->uid >= 0) {
            (void)snprintf(uid, sizeof(uid), "%ld", p->uid);
        }
        (void)snprintf(cpu, sizeof(cpu), "%llu.%02llus", (unsigned long long)p->cpu_ms / 1000,
                       (unsigned long long)p->cpu_ms / 10 % 100);
        (void)table_add(&t, (const char *const[]){pid, parent, uid, state,
                                                  table_bytes(p->rss, memory, sizeof(memory)), cpu,
                                                  p->command});
    }
    code = table_print(&t);
    table_finish(&t);
    return code;
}

int cmd_ps(const struct context *ctx, int argc, char **argv)
{
    struct client c;
    struct procfs p;
    struct process *list = NULL;
    const char *name;
    long count;
    int code;

    if (!client_parse_name(argc, argv, "[NAME]", &name, &code)) {
        return code;
    }
    code = client_connect(ctx, name, &c);
    if (code != 0) {
        return code;
    }
    code = procfs_open(&c, &p);
    if (code == 0) {
        count = procfs_list(&p, &list);
        if (count < 0) {
            code = report_failure("\"%s\": %s", c.name, report_errno((int)count));
        } else {
            code = ctx->json ? print_json(c.name, list, count) : print_table(list, count);
        }
        free(list);
        procfs_close(&p);
    }
    client_close(&c);
    return code;
}
