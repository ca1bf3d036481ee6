/* SPDX-License-Identifier: MIT */
/* porthole inspect: the namespaces, mounts and capabilities that a container really has. */
#include "args.h"
#include "capabilities.h"
#include "client.h"
#include "commands.h"
#include "json.h"
#include "procfs.h"
#include "report.h"
#include "status.h"
#include "table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct inspection {
    struct client client;
    struct procfs proc;
    long main_pid;     // 0 where the main command has ended
    struct json *json; // NULL: text
};

/* ---- namespaces: PID 1's own word, beside ours ---- */

static bool shared_with_us(const char *type, const char *link)
{
    char path[64];
    char ours[64];
    ssize_t n;

    (void)snprintf(path, sizeof(path), "/proc/self/ns/%s", type);
    n = readlink(path, ours, sizeof(ours) - 1);
    if (n < 0) {
        return false;
    }
    ours[n] = 0;
    return strcmp(ours, link) == 0;
}

static void one_namespace(struct inspection *in, struct table *t, const char *link)
{
    char type[32];
    size_t len = strcspn(link, ":");
    const char *inode = link[len] != 0 ? link + len + 2 : "";
    bool shared;

    (void)snprintf(type, sizeof(type), "%.*s", (int)(len < 31 ? len : 31), link);
    shared = shared_with_us(type, link);
    if (in->json != NULL) {
        json_open(in->json, NULL, '{');
        json_text(in->json, "type", type);
        json_number(in->json, "inode", strtoll(inode, NULL, 10));
        json_bool(in->json, "shared", shared);
        json_close(in->json, '}');
    } else {
        char number[32];

        (void)snprintf(number, sizeof(number), "%lld", strtoll(inode, NULL, 10));
        (void)table_add(t, (const char *const[]){type, number, shared ? "yours too" : "its own"});
    }
}

/* Inside there is no PROC: our own links say it. */
static bool own_link(size_t i, char *link, size_t cap)
{
    static const char *const types[] = {"cgroup", "ipc",  "mnt",  "net",
                                        "pid",    "time", "user", "uts"};
    char path[64];
    ssize_t n;

    if (i >= sizeof(types) / sizeof(types[0])) {
        return false;
    }
    (void)snprintf(path, sizeof(path), "/proc/self/ns/%s", types[i]);
    n = readlink(path, link, cap - 1);
    link[n > 0 ? n : 0] = 0;
    return true;
}

static int show_namespaces(struct inspection *in)
{
    static const char *const heading[] = {"NAMESPACE", "INODE", "WHOSE", NULL};
    struct slice cursor = in->client.msg.body;
    struct slice value;
    char link[64];
    struct table t;
    int code = 0;

    table_init(&t, heading);
    if (in->json != NULL) {
        json_open(in->json, "namespaces", '[');
    }
    if (in->client.role == ROLE_INSIDE) {
        for (size_t i = 0; own_link(i, link, sizeof(link)); i++) {
            one_namespace(in, &t, link);
        }
    } else {
        while (proto_next(&cursor, TAG_NAMESPACE, &value)) {
            if (slice_to_string(value, link, sizeof(link)) == 0) {
                one_namespace(in, &t, link);
            }
        }
    }
    if (in->json != NULL) {
        json_close(in->json, ']');
    } else {
        code = table_print(&t);
    }
    table_finish(&t);
    return code;
}

/* ---- mounts: mountinfo as PID 1 has it, proc(5) ---- */

/* Undoes \040 and its kind, in place. */
static void unescape(char *s)
{
    char *to = s;

    while (*s != 0) {
        if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
            s[3] >= '0' && s[3] <= '7') {
            *to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
            s += 4;
        } else {
            *to++ = *s++;
        }
    }
    *to = 0;
}

/* "ID PARENT MAJ:MIN ROOT TARGET OPTIONS [TAGS…] - TYPE SOURCE SUPER-OPTIONS" */
static void one_mount(struct inspection *in, struct table *t, char *line)
{
    char *field[6] = {NULL};
    char *tail = strstr(line, " - ");
    char *save = NULL;
    char *type;
    char *source;

    for (size_t i = 0; i < 6; i++) {
        field[i] = strtok_r(i == 0 ? line : NULL, " ", &save);
        if (field[i] == NULL) {
            return;
        }
    }
    if (tail == NULL) {
        return;
    }
    type = strtok_r(tail + 3, " ", &save);
    source = strtok_r(NULL, " ", &save);
    if (type == NULL || source == NULL) {
        return;
    }
    unescape(field[3]);
    unescape(field[4]);
    unescape(source);
    if (in->json != NULL) {
        json_open(in->json, NULL, '{');
        json_text(in->json, "target", field[4]);
        json_text(in->json, "type", type);
        json_text(in->json, "source", source);
        json_text(in->json, "root", field[3]);
        json_text(in->json, "options", field[5]);
        json_close(in->json, '}');
    } else {
        (void)table_add(t, (const char *const[]){field[4], type, source, field[5]});
    }
}

static int show_mounts(struct inspection *in)
{
    static const char *const heading[] = {"TARGET", "TYPE", "SOURCE", "OPTIONS", NULL};
    size_t len;
    char *text = procfs_file(&in->proc, in->proc.init, "mountinfo", &len);
    char *rest = text;
    struct table t;
    int code = 0;

    if (text == NULL) {
        return report_failure("\"%s\": mounts: permission denied", in->client.name);
    }
    table_init(&t, heading);
    if (in->json != NULL) {
        json_open(in->json, "mounts", '[');
    }
    while (*rest != 0) {
        char *end = strchr(rest, '\n');

        if (end != NULL) {
            *end = 0;
        }
        one_mount(in, &t, rest);
        rest = end != NULL ? end + 1 : rest + strlen(rest);
    }
    if (in->json != NULL) {
        json_close(in->json, ']');
    } else {
        code = table_print(&t);
    }
    table_finish(&t);
    free(text);
    return code;
}

/* ---- capabilities: of PID 1 and of the main command ---- */

static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};
static const char *const set_names[] = {"inheritable", "permitted", "effective", "bounding",
                                        "ambient"};

static uint64_t read_set(const char *status, const char *name)
{
    char key[16];
    const char *at;

    (void)snprintf(key, sizeof(key), "\n%s:", name);
    at = strstr(status, key);
    return at != NULL ? strtoull(at + strlen(key), NULL, 16) : 0;
}

static void json_set(struct json *j, const char *key, uint64_t set)
{
    char name[32];

    json_open(j, key, '[');
    for (int cap = 0; cap < 64; cap++) {
        if (set >> cap & 1) {
            json_text(j, NULL, capabilities_name(cap, name, sizeof(name)));
        }
    }
    json_close(j, ']');
}

static void print_set(const char *who, const char *what, uint64_t set)
{
    char name[32];

    (void)printf("%-8s %-12s %016" PRIx64 " ", who, what, set);
    for (int cap = 0; cap < 64; cap++) {
        if (set >> cap & 1) {
            (void)printf(" %s", capabilities_name(cap, name, sizeof(name)) + 4);
        }
    }
    (void)putchar('\n');
}

static void one_process(struct inspection *in, const char *who, long pid)
{
    size_t len;
    char *status = procfs_file(&in->proc, pid, "status", &len);

    if (status == NULL) {
        return; // it has just ended
    }
    if (in->json != NULL) {
        json_open(in->json, who, '{');
    }
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        uint64_t set = read_set(status, sets[i]);

        if (in->json != NULL) {
            json_set(in->json, set_names[i], set);
        } else {
            print_set(who, set_names[i], set);
        }
    }
    if (in->json != NULL) {
        const char *nnp = strstr(status, "\nNoNewPrivs:");

        json_bool(in->json, "no_new_privileges", nnp != NULL && strtol(nnp + 12, NULL, 10) == 1);
        json_close(in->json, '}');
    }
    free(status);
}

static int show_capabilities(struct inspection *in)
{
    if (in->json != NULL) {
        json_open(in->json, "capabilities", '{');
    }
    one_process(in, "init", in->proc.init);
    if (in->main_pid > 0) {
        one_process(in, "main", in->main_pid);
    }
    if (in->json != NULL) {
        json_close(in->json, '}');
        return 0;
    }
    return report_flush();
}

static const struct {
    const char *name;
    int (*show)(struct inspection *in);
} sections[] = {
    {"namespaces", show_namespaces},
    {"mounts", show_mounts},
    {"capabilities", show_capabilities},
};

#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

/* Index of the section, SECTIONS where the word is none. */
static size_t find_section(const char *word)
{
    size_t i = 0;

    while (i < SECTIONS && strcmp(word, sections[i].name) != 0) {
        i++;
    }
    return i;
}

/* [NAME] [SECTION]: a single word is a section where it is the name of one. */
static int parse(int argc, char **argv, const char **ret_name, size_t *ret_section)
{
    static const struct args_option options[] = {{"help", 'h', false, 'h'}, {0}};
    struct args a = {.argc = argc, .argv = argv, .options = options, .mixed = true, .next = 1};
    const char *word[2] = {NULL, NULL};
    int count = 0;
    int id;

    while ((id = args_next(&a)) != ARGS_END) {
        if (id == ARGS_ERROR) {
            return EXIT_USAGE;
        }
        if (id == 'h') {
            return client_help("[NAME] [namespaces|mounts|capabilities]", "") == 0 ? -1
                                                                                   : EXIT_NOT_TRUE;
        }
        if (count == 2) {
            return report_usage("%s: one section is enough", a.value);
        }
        word[count++] = a.value;
    }
    *ret_name = word[0];
    *ret_section = SECTIONS;
    if (count == 2) {
        *ret_section = find_section(word[1]);
        if (*ret_section == SECTIONS) {
            return report_usage("\"%s\": no such section: namespaces, mounts, capabilities",
                                word[1]);
        }
    } else if (count == 1 && find_section(word[0]) < SECTIONS) {
        *ret_section = find_section(word[0]);
        *ret_name = NULL;
    }
    return *ret_name != NULL ? client_check_target(*ret_name) : 0;
}

static int show(struct inspection *in, size_t section)
{
    int code = 0;

    for (size_t i = 0; i < SECTIONS && code == 0; i++) {
        if (section != SECTIONS && i != section) {
            continue;
        }
        if (section == SECTIONS && in->json == NULL && i > 0) {
            (void)putchar('\n');
        }
        code = sections[i].show(in);
    }
    return code;
}

int cmd_inspect(const struct context *ctx, int argc, char **argv)
{
    struct inspection in = {.json = NULL};
    struct json j;
    const char *name = NULL;
    size_t section = SECTIONS;
    int code = parse(argc, argv, &name, &section);

    if (code != 0) {
        return code == -1 ? 0 : code;
    }
    code = client_connect(ctx, name, &in.client);
    if (code != 0) {
        return code;
    }
    code = client_ask(&in.client, PROTO_STATUS, PROTO_STATUS_OK);
    in.main_pid = (long)in.client.msg.num[TAG_PID];
    if (code == 0) {
        code = procfs_open(&in.client, &in.proc);
    }
    if (code == 0 && ctx->json) {
        in.json = &j;
        json_to_stdout(&j);
        json_open(&j, NULL, '{');
        json_number(&j, "schema", 1);
        json_text(&j, "container", in.client.name);
    }
    if (code == 0) {
        code = show(&in, section);
        procfs_close(&in.proc);
    }
    if (code == 0 && ctx->json) {
        json_close(&j, '}');
        code = json_end(&j);
    }
    client_close(&in.client);
    return code;
}
