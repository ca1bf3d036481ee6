/* SPDX-License-Identifier: MIT */
/* TARGET: a container, or one service of it. */
#include "target.h"

#include "args.h"
#include "report.h"
#include "runtime.h"

#include <stdio.h>
#include <string.h>

#define SUFFIX ".service"
#define SUFFIX_LEN (sizeof(SUFFIX) - 1)

/* Names of systemd units: systemd.unit(5). */
static bool is_service_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr(":-_.\\@", c) != NULL);
}

static int take_service(const char *word, const char *name, struct target *ret)
{
    size_t len = strlen(name);

    if (len >= SUFFIX_LEN && strcmp(name + len - SUFFIX_LEN, SUFFIX) == 0) {
        len -= SUFFIX_LEN;
    }
    if (strchr(name, '/') != NULL) {
        return report_usage("\"%s\": one / is enough: NAME/SERVICE", word);
    }
    if (len == 0) {
        return report_usage("\"%s\": names no service after the /", word);
    }
    if (len > SERVICE_NAME_MAX) {
        return report_usage("\"%.40s...\": a service's name has at most %d characters", word,
                            SERVICE_NAME_MAX);
    }
    for (size_t i = 0; i < len; i++) {
        if (!is_service_char(name[i])) {
            return report_usage("\"%s\": a service's name has letters, digits and : - _ . \\ @",
                                word);
        }
    }
    memcpy(ret->service, name, len);
    ret->service[len] = 0;
    return 0;
}

int target_parse(const char *word, struct target *ret)
{
    const char *slash = word != NULL ? strchr(word, '/') : NULL;
    size_t len = word == NULL ? 0 : slash != NULL ? (size_t)(slash - word) : strlen(word);
    const char *reason;

    memset(ret, 0, sizeof(*ret));
    if (word == NULL) {
        return 0;
    }
    if (len > CONTAINER_NAME_MAX) {
        return report_usage("\"%.40s...\": a container's name is not longer than %d characters",
                            word, CONTAINER_NAME_MAX);
    }
    memcpy(ret->container, word, len);
    // "self" is no container's name, but means one; "/SERVICE" leaves it out.
    if ((slash == NULL || len > 0) && strcmp(ret->container, "self") != 0 &&
        !runtime_name_ok(ret->container, &reason)) {
        return report_usage("\"%s\": %s", ret->container, reason);
    }
    return slash != NULL ? take_service(word, slash + 1, ret) : 0;
}

const char *target_container(const struct target *t)
{
    return t->container[0] != 0 ? t->container : NULL;
}

int target_need_service(const struct target *t)
{
    if (target_is_service(t)) {
        return 0;
    }
    if (t->container[0] == 0) {
        return report_usage("no service given: NAME/SERVICE or /SERVICE");
    }
    return report_usage("\"%s\": is a container; %s needs NAME/SERVICE", t->container,
                        report_command);
}

const char *target_text(const struct client *c, const struct target *t, char buf[TARGET_TEXT])
{
    (void)snprintf(buf, TARGET_TEXT, "%s%s%s", c->name, target_is_service(t) ? "/" : "",
                   t->service);
    return buf;
}

bool target_parse_args(int argc, char **argv, const char *usage, struct target *ret, int *ret_code)
{
    static const struct args_option options[] = {{"help", 'h', false, 'h'}, {0}};
    struct args a = {.argc = argc, .argv = argv, .options = options, .mixed = true, .next = 1};
    const char *word = NULL;
    int id;

    while ((id = args_next(&a)) != ARGS_END) {
        if (id == ARGS_ERROR) {
            *ret_code = EXIT_USAGE;
            return false;
        }
        if (id == 'h') {
            *ret_code = client_help(usage, "");
            return false;
        }
        if (word != NULL) {
            *ret_code = report_usage("%s: one TARGET is enough", a.value);
            return false;
        }
        word = a.value;
    }
    *ret_code = target_parse(word, ret);
    return *ret_code == 0;
}
