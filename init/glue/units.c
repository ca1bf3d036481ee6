/* SPDX-License-Identifier: MIT */
/* Loading units: running the loader, and taking its image in the place of the one before. */
#include "glue/units.h"

#include "core/signame.h"
#include "glue/logger.h"
#include "glue/loop.h"
#include "glue/request_services.h"
#include "glue/say.h"
#include "glue/service_cgroup.h"
#include "glue/service_run.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CODE_FAILED 125
#define PAGE_BYTES 4096
#define LARGE_BYTES (4 * PAGE_BYTES) /* of a table */

/* ---- the table ---- */

static size_t aligned(size_t size)
{
    return (size + 15) & ~(size_t)15;
}

static void *cut(uint8_t **memory, size_t size)
{
    void *piece = *memory;

    *memory += aligned(size);
    return piece;
}

/*
 * One mapping for all of it, as PID 1 has no heap. Where it is large it is not for children, but for its log pipes,
 * which the log worker needs: copying its page tables, and then each page that PID 1 writes to, was a tenth of a start.
 */
static int make_table(struct service_table *t, msec_t now)
{
    size_t count = t->image.count;
    size_t own;
    uint8_t *memory;

    own = aligned(count * sizeof(*t->service)) + aligned(count * sizeof(*t->pid)) +
          aligned(count * sizeof(*t->process)) + aligned(count * sizeof(*t->writer));
    own = own > LARGE_BYTES ? (own + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1) : own;
    t->size = own + aligned(count * sizeof(*t->log)) + 16;
    memory = t->memory = mem_map(t->size);
    if (memory == NULL) {
        return -errno;
    }
    t->log = (void *)(memory + own);
    t->service = cut(&memory, count * sizeof(*t->service));
    t->pid = cut(&memory, count * sizeof(*t->pid));
    t->process = cut(&memory, count * sizeof(*t->process));
    t->writer = cut(&memory, count * sizeof(*t->writer));
    if (own > LARGE_BYTES) {
        (void)madvise(t->memory, own, MADV_DONTFORK);
    }
    for (size_t i = 0; i < count; i++) {
        t->process[i].execed = -1;
        t->log[i][0] = t->log[i][1] = t->writer[i][0] = t->writer[i][1] = -1;
    }
    super_init(&t->super, &t->image, t->service, now);
    return 0;
}

static void drop_table(struct service_table *t)
{
    if (t->memory != NULL) {
        (void)munmap(t->memory, t->size);
    }
    if (t->bytes.data != NULL) {
        (void)munmap((void *)(uintptr_t)t->bytes.data, t->bytes.len);
    }
    memset(t, 0, sizeof(*t));
}

static int read_image(struct service_table *t, int memfd, msec_t now)
{
    int r = fd_map_sealed(memfd, UNITIMAGE_MAX, &t->bytes);

    if (r == 0) {
        r = unitimage_open(t->bytes, &t->image);
    }
    if (r == 0) {
        r = make_table(t, now);
    }
    if (r < 0) {
        drop_table(t);
    }
    return r;
}

/* ---- the swap ---- */

static const char *name_of(const struct service_table *t, uint32_t index, struct service_conf *conf)
{
    unitimage_get(&t->image, index, conf);
    return conf->name;
}

/* Which service is which of the next image. Both have them in much the same order, so each is sought from there. */
static void match_tables(struct service_table *now, struct service_table *next)
{
    struct service_conf conf;
    uint32_t from = 0;

    for (uint32_t j = 0; j < next->image.count; j++) {
        next->process[j].other = SUPER_NONE;
    }
    for (uint32_t i = 0; i < now->image.count; i++) {
        const char *name = name_of(now, i, &conf);
        struct slice s = {(const uint8_t *)name, strlen(name)};
        long j = unitimage_find_own(&next->image, s, from);

        now->process[i].other = j < 0 ? SUPER_NONE : (uint32_t)j;
        if (j >= 0) {
            next->process[j].other = i;
            from = (uint32_t)j + 1;
        }
    }
}

/* It has neither a process nor a job, so that its entry may go. */
static bool is_idle(const struct service_table *t, uint32_t index)
{
    const struct super_service *e = &t->service[index];

    return e->job == JOB_NONE && !e->svc.occupied &&
           (e->svc.state == SVC_STOPPED || e->svc.state == SVC_FAILED);
}

/* Stops what the next image does not have. True where nothing of that is left. */
static bool clear_way(struct services *s)
{
    uint32_t serial;
    bool clear = true;

    for (uint32_t i = 0; i < s->now.image.count; i++) {
        if (s->now.process[i].other != SUPER_NONE || is_idle(&s->now, i)) {
            continue;
        }
        clear = false;
        if (s->now.service[i].job != JOB_STOP) {
            (void)super_request(&s->now.super, i, JOB_STOP, &serial);
        }
    }
    return clear;
}

static void move_service(struct service_table *from, uint32_t i, struct service_table *to,
                         uint32_t j)
{
    super_adopt(&to->super, j, &from->service[i]);
    memcpy(to->pid[j], from->pid[i], sizeof(to->pid[j]));
    memcpy(to->log[j], from->log[i], sizeof(to->log[j]));
    memcpy(to->writer[j], from->writer[i], sizeof(to->writer[j]));
    to->process[j] = from->process[i];
    to->process[j].other = i;
    from->process[i].execed = -1;
}

static void find_main(struct services *s)
{
    struct service_conf conf;

    s->main = SUPER_NONE;
    for (uint32_t i = 0; i < s->now.image.count; i++) {
        unitimage_get(&s->now.image, i, &conf);
        if ((conf.flags & SERVICE_MAIN) != 0) {
            s->main = i;
        }
    }
}

/* A unit that was not there before is started, as it would have been at the boot. */
static void start_new(struct services *s)
{
    struct service_conf conf;
    uint32_t serial;

    for (uint32_t i = 0; i < s->now.image.count; i++) {
        unitimage_get(&s->now.image, i, &conf);
        if ((conf.flags & SERVICE_BOOT) != 0 && s->now.process[i].other == SUPER_NONE) {
            (void)super_request(&s->now.super, i, JOB_START, &serial);
        }
    }
}

/* Everything is to stop: no image comes any more, which would not know of that. */
static void forget_next(struct init *in)
{
    drop_table(&in->services->next);
    in->services->again = false;
    request_answer_units(in, ESHUTDOWN);
}

void units_swap(struct init *in, msec_t now)
{
    struct services *s = in->services;
    struct service_table before = s->now;

    (void)now;
    if (s->next.memory != NULL && s->now.super.closing) {
        forget_next(in);
    }
    if (s->next.memory == NULL || !clear_way(s)) {
        return;
    }
    for (uint32_t i = 0; i < before.image.count; i++) {
        uint32_t j = before.process[i].other;

        if (j != SUPER_NONE) {
            move_service(&before, i, &s->next, j);
        } else {
            logger_ended(in, i, true);
            service_cgroup_remove(in, i);
            s->sweeps -= before.process[i].sweep > 0;
        }
        request_rename_waits(in, i, j);
    }
    request_take_renamed(in);
    s->now = s->next;
    s->now.super.image = &s->now.image;
    memset(&s->next, 0, sizeof(s->next));
    find_main(s);
    for (uint32_t i = 0; i < s->now.image.count; i++) {
        service_rewatch(in, i);
    }
    start_new(s);
    drop_table(&before);
    logger_renew(in);
    services_event(in, &(struct event){.kind = EVENT_UNITS, .value = s->now.image.count});
    if (s->again) { // who asked since then wants the files as they are now
        s->again = false;
        services_reload(in);
    } else {
        request_answer_units(in, 0);
    }
}

/* ---- the loader ---- */

static int begin(struct init *in)
{
    struct services *s = in->services;
    pid_t pid = loader_start(&s->want, &s->memfd);

    if (pid > 0) {
        s->loader = pid;
        s->loader_due = clock_monotonic() + UNITS_TIMEOUT_MS;
    }
    return pid > 0 ? 0 : pid;
}

static void begin_anew(struct init *in)
{
    int r = begin(in);

    if (r < 0) {
        say_reason("units", "cannot be read", say_errno(r));
        request_answer_units(in, EIO);
    }
}

void services_reload(struct init *in)
{
    struct services *s = in->services;

    if (s->loaded && s->now.super.closing) {
        request_answer_units(in, ESHUTDOWN);
    } else if (s->loader > 0 || s->next.memory != NULL) {
        s->again = true; // what is being read may be old already
    } else {
        begin_anew(in);
    }
}

void units_too_slow(struct init *in)
{
    in->services->loader_due = MSEC_NEVER;
    say("units", "reading them takes too long");
    (void)kill(in->services->loader, SIGKILL); // its end is what everybody waits for
}

/* Nothing can be run: what was wrong has been said. */
static void give_up(struct init *in, msec_t now)
{
    struct services *s = in->services;

    s->gone = true;
    loop_life(in, LIFE_EV_MAIN_EXITED, in->life.state >= LIFE_STOPPING ? 0 : CODE_FAILED, now);
}

/* Pipes first, then the worker, then services: it knows the pipes, and nothing is written before it can read. */
static void open_logs(struct init *in)
{
    struct services *s = in->services;
    struct service_conf conf;
    int r;

    for (uint32_t i = 0; i < s->now.image.count; i++) {
        unitimage_get(&s->now.image, i, &conf);
        if ((conf.flags & SERVICE_BOOT) != 0 &&
            (conf.flags & (SERVICE_OUTPUT_LOG | SERVICE_ERROR_LOG)) != 0 &&
            logger_make(in, i, (conf.flags & SERVICE_ERROR_LOG) != 0) < 0) {
            break; // its start tries again, and says why not
        }
    }
    r = logger_start(in);
    if (r < 0) {
        say_reason("log",
                   s->logger.straight ? "cannot be kept, and services write to stdout themselves"
                                      : "cannot be written",
                   say_errno(r));
    }
}

static void boot(struct init *in, msec_t now)
{
    struct services *s = in->services;

    s->now = s->next;
    s->now.super.image = &s->now.image;
    memset(&s->next, 0, sizeof(s->next));
    s->loaded = true;
    find_main(s);
    if (s->exit_when == EXIT_WHEN_MAIN && s->main == SUPER_NONE) {
        say("--exit-when=main", "there is no main service, nor a COMMAND");
        give_up(in, now);
        return;
    }
    open_logs(in);
    if (in->life.state < LIFE_STOPPING) {
        super_boot(&s->now.super, now);
    } else {
        super_shutdown(&s->now.super);
    }
    services_event(in, &(struct event){.kind = EVENT_UNITS, .value = s->now.image.count});
}

void units_ended(struct init *in, int status, msec_t now)
{
    struct services *s = in->services;
    int r = WIFEXITED(status) && WEXITSTATUS(status) == 0 ? read_image(&s->next, s->memfd, now)
                                                          : -ECANCELED;
    bool told = s->loader_due == MSEC_NEVER; // units_too_slow() has

    s->loader_due = MSEC_NEVER;
    fd_close(&s->memfd);
    if (r < 0 && r != -ECANCELED) {
        say_reason("units", "cannot be taken", say_errno(r));
    } else if (WIFSIGNALED(status) && !told && in->life.state < LIFE_STOPPING) {
        char name[SIGNAME_MAX];

        say_reason("units", "who reads them was killed", signame_format(WTERMSIG(status), name));
    }
    if (!s->loaded && !s->gone) {
        if (r == 0) {
            boot(in, now);
        } else {
            give_up(in, now);
        }
        return;
    }
    if (s->again && !s->now.super.closing) {
        s->again = false;
        drop_table(&s->next);
        begin_anew(in);
    } else if (r < 0) {
        request_answer_units(in, EIO);
    } else {
        match_tables(&s->now, &s->next);
    }
}

/* ---- the start ---- */

static size_t list_bytes(const char *const *list)
{
    size_t bytes = sizeof(char *);

    for (; *list != NULL; list++) {
        bytes += sizeof(char *) + strlen(*list) + 1;
    }
    return bytes;
}

/* A copy of the list: its pointers, then its strings. */
static const char *const *copy_list(const char *const *list, char **memory)
{
    const char **copy = (const char **)(void *)*memory;
    size_t count = 0;
    char *text;

    while (list[count] != NULL) {
        count++;
    }
    text = *memory + (count + 1) * sizeof(char *);
    for (size_t i = 0; i < count; i++) {
        copy[i] = text;
        text = stpcpy(text, list[i]) + 1;
    }
    copy[count] = NULL;
    *memory += aligned((size_t)(text - *memory));
    return copy;
}

/* The caller's words may lie in a plan, or on a stack that goes. */
static int copy_request(struct services *s, const struct loader_request *request)
{
    size_t main = request->main != NULL ? strlen(request->main) + 1 : 0;
    char *memory = mem_map(list_bytes(request->folders) + list_bytes(request->units) + main + 64);

    if (memory == NULL) {
        return -errno;
    }
    s->want = *request;
    s->want.folders = copy_list(request->folders, &memory);
    s->want.units = copy_list(request->units, &memory);
    if (main > 0) {
        s->want.main = memcpy(memory, request->main, main);
    }
    return 0;
}

int services_start(struct init *in, const struct loader_request *request, enum exit_when exit_when,
                   int out)
{
    struct services *s = mem_map(sizeof(*s));
    int r;

    if (s == NULL) {
        return -errno;
    }
    in->services = s;
    s->exit_when = exit_when;
    s->memfd = s->exec_poll = -1;
    s->main = SUPER_NONE;
    s->settle_at = s->loader_due = MSEC_NEVER;
    s->pty = (struct pty){-1, -1};
    s->logger = (struct logger){
        .sock = -1, .ring = -1, .own = -1, .out = out, .stage = {-1, -1}, .again_at = MSEC_NEVER};
    raise_limits(&s->given);
    lean_init(&s->lean);
    service_cgroup_prepare(in);
    r = copy_request(s, request);
    if (r < 0) {
        return r;
    }
    s->events = fd_memfd("porthole-events", false);
    if (s->events >= 0 && fchmod(s->events, 0600) < 0) {
        fd_close(&s->events);
    }
    return begin(in);
}
