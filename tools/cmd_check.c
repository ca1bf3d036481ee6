/* SPDX-License-Identifier: MIT */
/* porthole check: what each line of a unit file means here. */
#include "args.h"
#include "client.h"
#include "commands.h"
#include "core/unit.h"
#include "core/unitname.h"
#include "json.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define FILE_BYTES_MAX (16u << 20) /* as the loader has it */
#define ARENA_TIMES 24             /* memory a byte of text: a list of very short words */
#define ARENA_LEAST (1u << 20)     /* bytes; the memory is touched only as far as it is used */
#define INSTANCE "instance"        /* what a template is checked as */

/* What specifiers stand for here: any values do, as long as there are some. */
static const struct unit_values values = {
    .hostname = "container",
    .runtime = "/run",
    .state = "/var/lib",
    .cache = "/var/cache",
    .logs = "/var/log",
    .config = "/etc",
    .tmp = "/tmp",
    .machine_id = "00000000000000000000000000000000",
    .boot_id = "00000000000000000000000000000000",
    .release = "5.12",
    .arch = "x86-64",
};

static const char help[] = "  FILE         NAME.service, or a drop-in, *.conf\n"
                           "  -q, --quiet  only what is approximated or refused, and no counts\n";

/* Files while they are checked. */
struct check {
    const char *file;
    struct json *json; // NULL: lines for people
    bool quiet;
    bool bad; // a line of this file is refused
    unsigned long count[VERDICT_COUNT];
};

static void print_object(struct json *j, const struct unit_finding *f)
{
    json_open(j, NULL, '{');
    json_number(j, "line", f->line);
    json_number(j, "column", f->column);
    json_text(j, "verdict", verdict_name(f->verdict));
    json_bool(j, "fatal", f->fatal);
    json_string(j, "key", (const char *)f->key.data, f->key.len);
    json_text(j, "text", f->text);
    json_close(j, '}');
}

static void print_safely(const char *before, const char *text, size_t len)
{
    char safe[2048];

    (void)printf("%s%s", before, report_escape(safe, sizeof(safe), text, len));
}

static void print_line(const char *file, const struct unit_finding *f)
{
    print_safely("", file, strlen(file));
    if (f->line > 0) {
        (void)printf(":%u:%u", f->line, f->column);
    }
    (void)printf(": %s", verdict_name(f->verdict));
    if (f->key.len > 0) {
        print_safely(": ", (const char *)f->key.data, f->key.len);
    }
    if (f->text[0] != 0) {
        print_safely(": ", f->text, strlen(f->text));
    }
    (void)printf("%s\n", f->fatal ? " (the unit does not load)" : "");
}

static void say(void *context, const struct unit_finding *f)
{
    struct check *c = context;

    c->bad |= f->verdict == VERDICT_REFUSED;
    c->count[f->verdict]++;
    if (c->quiet && (f->verdict == VERDICT_HONOURED || f->verdict == VERDICT_IGNORED)) {
        return;
    }
    if (c->json != NULL) {
        print_object(c->json, f);
    } else {
        print_line(c->file, f);
    }
}

static bool is_null_device(int fd)
{
    struct stat st;

    return fd >= 0 && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

/* All that the file holds. Bytes, or -errno: -EFBIG where it is more than cap. */
static ssize_t read_all(const char *path, uint8_t *data, size_t cap, bool *ret_null)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t n = fd < 0 ? -errno : 1;

    *ret_null = is_null_device(fd);

    while (n > 0 && len < cap) {
        n = read(fd, data + len, cap - len);
        if (n < 0) {
            n = -errno;
        } else {
            len += (size_t)n;
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return n < 0 ? n : n > 0 ? -EFBIG : (ssize_t)len;
}

/* The whole file, owned by the caller; ret_null: it is /dev/null. 0, or the exit code. */
static int read_file(const char *path, struct slice *ret_text, bool *ret_null)
{
    uint8_t *data = malloc(FILE_BYTES_MAX + 1);
    ssize_t len = data != NULL ? read_all(path, data, FILE_BYTES_MAX + 1, ret_null) : -ENOMEM;

    if (len < 0) {
        free(data);
        return report_failure("\"%s\": %s", path, report_errno((int)len));
    }
    *ret_text = (struct slice){data, (size_t)len};
    return 0;
}

/* What stands behind the last "/". */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* The unit that the file is read as; ret_whole: it is not just a drop-in. False where it is no service's. */
static bool unit_of(const char *path, char *buf, size_t cap, bool *ret_whole)
{
    const char *base = base_name(path);
    size_t len = strlen(base);
    struct unitname name;

    *ret_whole = len < 5 || strcmp(base + len - 5, ".conf") != 0;
    if (!*ret_whole) {
        (void)snprintf(buf, cap, "unit@%s.service", INSTANCE);
        return true;
    }
    if (!unitname_parse((struct slice){(const uint8_t *)base, len}, &name) ||
        !slice_equals(name.suffix, "service")) {
        return false;
    }
    if (!name.has_at || name.instance.len > 0) {
        return unit_full_name(base, buf, cap);
    }
    (void)snprintf(buf, cap, "%.*s@%s.service", (int)name.prefix.len,
                   (const char *)name.prefix.data, INSTANCE);
    return true;
}

static int read_unit(struct check *c, const char *name, bool whole, struct slice text,
                     bool *ret_loads)
{
    size_t size = ARENA_LEAST + ARENA_TIMES * text.len;
    void *memory = malloc(size);
    struct arena arena;
    struct unit u;
    int r = -ENOMEM;

    if (memory != NULL) {
        arena_init(&arena, memory, size);
        unit_init(&u, &arena, name, &values);
        u.say = say;
        u.context = c;
        r = unit_read(&u, text, c->file);
        if (r == 0 && whole) {
            r = unit_finish(&u);
        } else if (r == 0) {
            unit_judge(&u);
        }
        *ret_loads = !u.broken;
    }
    free(memory);
    return r == 0 ? 0 : report_failure("\"%s\": %s", c->file, report_errno(r));
}

/* Returns 0, EXIT_NOT_TRUE where a line is refused, or EXIT_PORTHOLE. */
static int check_file(struct check *c)
{
    char name[UNITNAME_MAX + sizeof(INSTANCE)];
    bool loads = false;
    bool whole;
    bool null = false;
    struct slice text = {NULL, 0};
    int code = read_file(c->file, &text, &null);

    if (code != 0) {
        return code;
    }
    if (c->json != NULL) {
        json_open(c->json, NULL, '{');
        json_text(c->json, "file", c->file);
        json_open(c->json, "lines", '[');
    }
    if (text.len == 0) { // systemctl mask makes such links; an empty file does the same
        say(c, &(struct unit_finding){.verdict = VERDICT_IGNORED,
                                      .text = null ? "the unit is masked, by a link to /dev/null"
                                                   : "it is empty: the unit is masked"});
    } else if (unit_of(c->file, name, sizeof(name), &whole)) {
        code = read_unit(c, name, whole, text, &loads);
    } else {
        struct unit_finding f = {.verdict = VERDICT_REFUSED,
                                 .fatal = true,
                                 .text =
                                     "its name is not NAME.service, nor that of a drop-in, *.conf"};

        say(c, &f);
    }
    if (c->json != NULL) {
        json_close(c->json, ']');
        json_bool(c->json, "loads", loads);
        json_close(c->json, '}');
    }
    free((void *)(uintptr_t)text.data);
    return code != 0 ? code : c->bad ? EXIT_NOT_TRUE : 0;
}

/* Puts the FILEs at argv[1] and on. How many, or -1 with *ret_code set. */
static int parse(int argc, char **argv, bool *ret_quiet, int *ret_code)
{
    static const struct args_option options[] = {
        {"quiet", 'q', false, 'q'}, {"help", 'h', false, 'h'}, {0}};
    struct args a = {.argc = argc, .argv = argv, .options = options, .mixed = true, .next = 1};
    int files = 0;
    int id;

    while ((id = args_next(&a)) != ARGS_END) {
        if (id == ARGS_OPERAND) {
            argv[++files] = argv[a.next - 1]; // no place that was not passed yet
        } else if (id == 'q') {
            *ret_quiet = true;
        } else {
            *ret_code = id == 'h' ? client_help("[-q] FILE...", help) : EXIT_USAGE;
            return -1;
        }
    }
    if (files == 0) {
        *ret_code = report_usage("no FILE given");
        return -1;
    }
    return files;
}

static void print_counts(const struct check *c)
{
    unsigned long all = 0;

    for (unsigned v = 0; v < VERDICT_COUNT; v++) {
        all += c->count[v];
    }
    for (unsigned v = 0; all > 0 && v < VERDICT_COUNT; v++) {
        (void)printf("%lu %s%s", c->count[v], verdict_name((enum verdict)v),
                     v + 1 < VERDICT_COUNT ? ", " : "\n");
    }
}

static int check_files(struct check *c, char **files, int count)
{
    int code = 0;

    for (int i = 0; i < count; i++) {
        int one;

        c->file = files[i];
        c->bad = false;
        one = check_file(c);
        code = one > code ? one : code;
    }
    return code;
}

int cmd_check(const struct context *ctx, int argc, char **argv)
{
    struct json json;
    struct check c = {0};
    int code = 0;
    int flushed;
    int files = parse(argc, argv, &c.quiet, &code);

    if (files < 0) {
        return code;
    }
    if (ctx->json) {
        c.json = &json;
        json_to_stdout(&json);
        json_open(&json, NULL, '{');
        json_number(&json, "schema", 1);
        json_open(&json, "files", '[');
    }
    code = check_files(&c, argv + 1, files);
    if (ctx->json) {
        json_close(&json, ']');
        json_close(&json, '}');
        flushed = json_end(&json);
    } else {
        if (!c.quiet) {
            print_counts(&c);
        }
        flushed = report_flush();
    }
    return code != 0 ? code : flushed;
}
