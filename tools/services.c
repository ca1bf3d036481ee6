/* SPDX-License-Identifier: MIT */
/* A container's services, as PID 1 and its procfs tell of them. */
#include "services.h"

#include "core/life.h"
#include "core/service.h"
#include "core/signame.h"
#include "core/super.h"
#include "core/svc.h"
#include "report.h"
#include "wording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define SERVICES_MOST 65536 /* services: a PID 1 that names more is not one */
#define REASON_MAX (SERVICE_TEXT_MAX + 256)

static void take_text(struct slice text, char *buf, size_t cap)
{
    size_t len = text.len < cap - 1 ? text.len : cap - 1;

    if (len > 0) {
        memcpy(buf, text.data, len);
    }
    buf[len] = 0;
}

static int take_item(struct slice item, struct service *s)
{
    struct proto_msg m;

    if (proto_decode_list(item, &m) == -EBADMSG || !proto_has(&m, TAG_NAME)) {
        return -EBADMSG;
    }
    memset(s, 0, sizeof(*s));
    take_text(m.text[TAG_NAME], s->name, sizeof(s->name));
    take_text(m.text[TAG_CULPRIT], s->culprit, sizeof(s->culprit));
    take_text(m.text[TAG_DESCRIPTION], s->description, sizeof(s->description));
    s->state = m.num[TAG_SERVICE_STATE];
    s->result = m.num[TAG_RESULT];
    s->job = m.num[TAG_JOB];
    s->flags = m.num[TAG_SERVICE_FLAGS];
    s->restarts = m.num[TAG_RESTARTS];
    s->state_ms = m.num[TAG_MAIN_UPTIME];
    s->due_ms = proto_has(&m, TAG_DUE) && m.num[TAG_DUE] < (uint64_t)MSEC_NEVER ? m.num[TAG_DUE]
                                                                                : UINT64_MAX;
    s->pid = (long)m.num[TAG_PID];
    s->control_pid = (long)m.num[TAG_CONTROL_PID];
    s->has_ended = proto_has(&m, TAG_STATUS);
    s->wait_status = (int)m.num[TAG_STATUS];
    s->has_failed_run = proto_has(&m, TAG_FAILED_RUN) && proto_has(&m, TAG_FAILED_STATUS);
    s->failed_run = m.num[TAG_FAILED_RUN];
    s->failed_status = (int)m.num[TAG_FAILED_STATUS];
    return 0;
}

/* The items of one answer. */
static int take_items(const struct proto_msg *m, struct services *s)
{
    struct slice cursor = m->body;
    struct slice item;

    while (proto_next(&cursor, TAG_SERVICE, &item)) {
        if ((s->count & (s->count - 1)) == 0) { // room doubles at each power of two
            size_t room = s->count == 0 ? 1 : 2 * s->count;
            struct service *grown =
                room <= SERVICES_MOST ? realloc(s->list, room * sizeof(*grown)) : NULL;

            if (grown == NULL) {
                return -ENOMEM;
            }
            s->list = grown;
        }
        if (take_item(item, &s->list[s->count]) < 0) {
            return -EBADMSG;
        }
        s->count++;
    }
    s->all = m->num[TAG_SERVICES_ALL];
    s->up = m->num[TAG_SERVICES_UP];
    return 0;
}

int services_get(struct client *c, struct services *ret)
{
    uint64_t at = 0;

    *ret = (struct services){0};
    for (;;) {
        uint8_t buf[64];
        struct wire_writer w;
        int code;
        int r;

        client_begin(c, &w, buf, sizeof(buf), PROTO_SERVICES);
        wire_tlv_u64(&w, TAG_CURSOR | WIRE_CRITICAL, at);
        code = client_call(c, &w, PROTO_SERVICES_OK);
        r = code == 0 ? take_items(&c->msg, ret) : 0;
        if (r < 0) {
            code = report_failure("\"%s\": its services: %s", c->name, report_errno(r));
        }
        if (code != 0) {
            services_finish(ret);
            return code;
        }
        if (!proto_has(&c->msg, TAG_CURSOR) || c->msg.num[TAG_CURSOR] <= at) {
            return 0;
        }
        at = c->msg.num[TAG_CURSOR];
    }
}

void services_finish(struct services *s)
{
    free(s->list);
    *s = (struct services){0};
}

int services_get_one(struct client *c, const struct target *t, struct service *ret)
{
    uint8_t buf[SERVICE_NAME_MAX + 64];
    char text[TARGET_TEXT];
    struct wire_writer w;
    struct slice cursor;
    struct slice item;
    int r;

    client_begin(c, &w, buf, sizeof(buf), PROTO_SERVICES);
    services_put_name(&w, t);
    r = client_exchange(c, &w);
    if (r <= 0 || c->msg.type != PROTO_SERVICES_OK) {
        return services_report(c, t, r);
    }
    cursor = c->msg.body;
    if (!proto_next(&cursor, TAG_SERVICE, &item)) {
        report_error("\"%s\": no such service", target_text(c, t, text));
        return EXIT_NOT_TRUE;
    }
    if (take_item(item, ret) < 0) {
        return report_failure("\"%s\": its PID 1 told of it what cannot be read",
                              target_text(c, t, text));
    }
    return 0;
}

void services_read_processes(struct client *c, struct service *list, size_t count)
{
    struct procfs p;
    struct process init;
    bool quiet = c->quiet;
    size_t first = 0;
    bool opened;

    while (first < count && list[first].pid <= 0) {
        first++;
    }
    if (first == count) {
        return;
    }
    c->quiet = true; // it may end between the two questions: then there is less to show
    opened = procfs_open(c, &p) == 0;
    c->quiet = quiet;
    if (!opened) {
        return;
    }
    init.command[0] = 0;
    (void)procfs_read(&p, p.init, &init);
    for (size_t i = first; i < count; i++) {
        struct service *s = &list[i];

        s->has_process = s->pid > 0 && procfs_read(&p, s->pid, &s->process) == 0;
        s->executed = s->pid == p.init || strcmp(s->process.command, init.command) != 0;
    }
    procfs_close(&p);
}

static bool state_is_up(uint64_t state)
{
    return state == SVC_UP || state == SVC_RELOAD || state == SVC_DONE;
}

bool service_is_up(const struct service *s)
{
    return state_is_up(s->state);
}

void ending_to_json(struct json *j, const char *key, int status)
{
    char name[SIGNAME_MAX];
    bool killed = WIFSIGNALED(status);

    json_open(j, key, '{');
    if (killed) {
        json_null(j, "code");
        json_text(j, "signal", signame_format(WTERMSIG(status), name));
    } else {
        json_number(j, "code", WEXITSTATUS(status));
        json_null(j, "signal");
    }
    json_bool(j, "core_dumped", killed && WCOREDUMP(status));
    json_close(j, '}');
}

static void number_or_null(struct json *j, const char *key, bool known, long long n)
{
    if (known) {
        json_number(j, key, n);
    } else {
        json_null(j, key);
    }
}

static void text_or_null(struct json *j, const char *key, bool known, const char *text)
{
    if (known) {
        json_text(j, key, text);
    } else {
        json_null(j, key);
    }
}

void service_to_json(struct json *j, const char *key, const struct service *s, bool detail)
{
    json_open(j, key, '{');
    json_text(j, "name", s->name);
    json_text(j, "state", wording_state(s->state));
    json_text(j, "exact_state", wording_exact_state(s->state));
    json_number(j, "state_ms", (long long)s->state_ms);
    number_or_null(j, "pid", s->pid > 0, s->pid);
    number_or_null(j, "uptime_ms", s->pid > 0 && service_is_up(s), (long long)s->state_ms);
    number_or_null(j, "exit_code", s->pid <= 0 && s->has_ended, life_exit_code(s->wait_status));
    number_or_null(j, "rss_bytes", s->has_process, (long long)s->process.rss);
    text_or_null(j, "command", s->has_process && s->executed, s->process.command);
    number_or_null(j, "control_pid", s->control_pid > 0, s->control_pid);
    json_number(j, "restarts", (long long)s->restarts);
    if (s->has_ended) {
        ending_to_json(j, "last_exit", s->wait_status);
    } else {
        json_null(j, "last_exit");
    }
    if (s->has_failed_run) {
        json_open(j, "failed_command", '{');
        json_text(j, "list", wording_run(s->failed_run));
        ending_to_json(j, "exit", s->failed_status);
        json_close(j, '}');
    } else {
        json_null(j, "failed_command");
    }
    json_text(j, "result", wording_result(s->result));
    text_or_null(j, "job", s->job != JOB_NONE, wording_job(s->job));
    number_or_null(j, "due_ms", s->due_ms != UINT64_MAX, (long long)s->due_ms);
    text_or_null(j, "culprit", s->culprit[0] != 0, s->culprit);
    json_bool(j, "boot", (s->flags & SERVICE_BOOT) != 0);
    json_bool(j, "main", (s->flags & SERVICE_MAIN) != 0);
    json_bool(j, "broken", (s->flags & SERVICE_BROKEN) != 0);
    if (detail) {
        json_text(j, "description", s->description);
    }
    json_close(j, '}');
}

/* A result that a process's end explains: of the main one, or of a command beside it. */
static bool is_ending(uint64_t result)
{
    return result == RESULT_EXIT_CODE || result == RESULT_SIGNAL || result == RESULT_CORE_DUMP;
}

/* True where the failure is a command's, and not the main process's: a reload's is no result of the service. */
static bool is_of_command(const struct proto_msg *m)
{
    uint64_t result = m->num[TAG_RESULT];

    return proto_has(m, TAG_FAILED_RUN) && proto_has(m, TAG_FAILED_STATUS) &&
           (m->num[TAG_FAILED_RUN] == RUN_RELOAD ? result == RESULT_SUCCESS : is_ending(result));
}

/* How a service has failed, behind "it failed": by its result, and how a process ended where that says it. */
static void failure_text(const struct proto_msg *m, char *buf, size_t cap)
{
    uint64_t result = m->num[TAG_RESULT];
    bool ended = proto_has(m, TAG_STATUS) && (int)m->num[TAG_STATUS] != 0;
    char ending[WORDING_COMMAND];

    if (ended) {
        (void)wording_ending((int)m->num[TAG_STATUS], ending);
    }
    if (is_of_command(m)) {
        (void)snprintf(
            buf, cap, ": %s",
            wording_command(m->num[TAG_FAILED_RUN], (int)m->num[TAG_FAILED_STATUS], ending));
    } else if (ended && is_ending(result)) {
        (void)snprintf(buf, cap, ": %s", ending);
    } else if (ended && result != RESULT_SUCCESS) {
        (void)snprintf(buf, cap, ": %s (%s)", wording_result_meaning(result), ending);
    } else if (proto_has(m, TAG_RESULT) && result != RESULT_SUCCESS) {
        (void)snprintf(buf, cap, ": %s", wording_result_meaning(result));
    } else {
        (void)snprintf(buf, cap, ", and is %s",
                       proto_has(m, TAG_SERVICE_STATE) ? wording_state(m->num[TAG_SERVICE_STATE])
                                                       : "in no state that is known");
    }
}

/* Why a reload cannot be: what is up has nothing to run for it. */
static void no_reload_text(const struct proto_msg *m, char *buf, size_t cap)
{
    uint64_t state = m->num[TAG_SERVICE_STATE];

    if (!proto_has(m, TAG_SERVICE_STATE)) {
        (void)snprintf(buf, cap, "it is not up, or has no ExecReload=");
    } else if (state_is_up(state)) {
        (void)snprintf(buf, cap, "it has no ExecReload=");
    } else {
        (void)snprintf(buf, cap, "it is not up, but %s", wording_state(state));
    }
}

/* What a job, a signal or a wait came to, where it is the service's doing; false: it is not. */
static bool reason_text(const struct proto_msg *m, bool is_service, char *buf, size_t cap)
{
    char text[SERVICE_TEXT_MAX];

    switch ((int)m->num[TAG_ERRNO]) {
    case ENOENT:
        (void)snprintf(buf, cap, is_service ? "no such service" : "it has no services");
        return true;
    case ECANCELED:
        (void)snprintf(buf, cap, "something else was asked for meanwhile");
        return true;
    case EINVAL:
        no_reload_text(m, buf, cap);
        return is_service;
    case EHOSTDOWN:
        take_text(m->text[TAG_CULPRIT], text, sizeof(text));
        if (text[0] != 0) {
            (void)snprintf(buf, cap, "\"%s\", which it requires, has failed", text);
        } else {
            (void)snprintf(buf, cap, "what it requires has failed");
        }
        return true;
    case EIO:
        take_text(m->text[TAG_DESCRIPTION], text, sizeof(text));
        if (is_service) {
            failure_text(m, text, sizeof(text));
            (void)snprintf(buf, cap, "it failed%s", text);
        } else {
            (void)snprintf(buf, cap, "its units could not be read%s%s", text[0] != 0 ? ": " : "",
                           text);
        }
        return true;
    case ENOEXEC:
        take_text(m->text[TAG_DESCRIPTION], text, sizeof(text));
        (void)snprintf(buf, cap, "its unit cannot be loaded%s%s", text[0] != 0 ? ": " : "", text);
        return true;
    case ESRCH:
        (void)snprintf(buf, cap, "it has no main process now");
        return is_service;
    case ESHUTDOWN:
        (void)snprintf(buf, cap, "the container is ending");
        return true;
    default:
        return false;
    }
}

int services_report_failed(const struct client *c, const struct target *t)
{
    char target[TARGET_TEXT];
    char how[SERVICE_TEXT_MAX];

    failure_text(&c->msg, how, sizeof(how));
    report_error("\"%s\": it has failed%s", target_text(c, t, target), how);
    return EXIT_NOT_TRUE;
}

int services_report(const struct client *c, const struct target *t, int received)
{
    char target[TARGET_TEXT];
    char reason[REASON_MAX];

    if (received <= 0 || c->msg.type != PROTO_ERROR) {
        return client_report_lost(c, received);
    }
    if (!reason_text(&c->msg, target_is_service(t), reason, sizeof(reason))) {
        return client_report(c);
    }
    report_error("\"%s\": %s", target_text(c, t, target), reason);
    return EXIT_NOT_TRUE;
}

int services_offered(const struct client *c)
{
    if ((c->features & FEATURE_SERVICES) != 0) {
        return 0;
    }
    return report_failure("\"%s\": its porthole-init is older and knows no services", c->name);
}

void services_put_name(struct wire_writer *w, const struct target *t)
{
    if (target_is_service(t)) {
        wire_tlv_str(w, TAG_NAME | WIRE_CRITICAL, t->service);
    }
}
