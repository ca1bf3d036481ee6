/* SPDX-License-Identifier: MIT */
/* Fuzzes core/super.h: bytes as a graph of services and what happens to them; the rules are in sim.h and here. */
#include "core/super.h"

#include "../unit/sim.h"
#include "fuzz.h"

/*
 * The input: how many services, UNIT_BYTES for each, then two bytes a step: what happens, and to whom.
 * Order is between a service and those before it, so that it has no cycles; requirements may have.
 */
#define SERVICES_MAX 12
#define UNIT_BYTES 7

enum step {
    STEP_START,
    STEP_STOP,
    STEP_RESTART,
    STEP_RELOAD,
    STEP_MAIN_ENDS,
    STEP_MAIN_FAILS,
    STEP_COMMAND_ENDS,
    STEP_COMMAND_FAILS,
    STEP_PASS, // what a signal ended, what was executed, what is empty
    STEP_REST_COMES,
    STEP_REST_GOES,
    STEP_NO_FORK,
    STEP_STUBBORN,
    STEP_EXPIRE,
    STEP_TIME,
    STEP_SETTLE,
    STEP_BOOT,
    STEP_ADOPT,
    STEP_SHUTDOWN,
    STEP_COUNT
};

#define STEP_QUIET \
    0x80 /* no action is taken yet after this step: the next comes at the same time */

static uint8_t next_byte(struct slice *in)
{
    uint8_t byte = 0;

    if (in->len > 0) {
        byte = in->data[0];
        in->data++;
        in->len--;
    }
    return byte;
}

static msec_t time_of(unsigned code)
{
    static const msec_t times[] = {0, 1, 50, 1000, 90000, MSEC_NEVER, MSEC_NEVER - 1, 10};

    return times[code % 8];
}

static void make_commands(struct units *u, uint32_t i, uint8_t which, uint8_t bits)
{
    for (int kind = 0; kind < SERVICE_RUN_COUNT; kind++) {
        if ((which >> kind & 1) != 0) {
            units_command(u, i, (enum service_run)kind, (bits >> kind & 1) != 0 ? RUN_IGNORE : 0);
        }
    }
    if ((which & 0x40) != 0) {
        units_command(u, i, (enum service_run)(bits % SERVICE_RUN_COUNT), 0);
    }
    if (u->source[i].conf.commands[RUN_START] == 0 && (which & 0x80) == 0) {
        units_command(u, i, RUN_START, 0);
    }
}

static void make_edges(struct units *u, uint32_t i, uint8_t edges, uint8_t order)
{
    for (uint32_t k = 0; k < 4; k++) {
        uint32_t other = (i + 1 + k * 3) % u->count;

        if (other != i && (edges >> k & 1) != 0) {
            units_requires(u, i, other);
        }
        if (other != i && (edges >> (k + 4) & 1) != 0) {
            units_wants(u, i, other);
        }
    }
    for (uint32_t k = 0; k < 8 && k < i; k++) {
        if ((order >> k & 1) != 0) {
            units_after(u, i, i - 1 - k);
        }
    }
}

static void make_unit(struct units *u, uint32_t i, struct slice *in)
{
    struct service_conf *conf = units_conf(u, i);
    uint8_t kind = next_byte(in);
    uint8_t ends = next_byte(in);
    uint8_t which = next_byte(in);
    uint8_t bits = next_byte(in);
    uint8_t times = next_byte(in);
    uint8_t edges = next_byte(in);

    conf->type = kind % 4 % SERVICE_TYPE_COUNT;
    conf->flags =
        ((kind & 4) != 0 ? SERVICE_REMAIN : 0) | ((kind & 8) == 0 ? SERVICE_SEND_SIGKILL : 0) |
        ((kind & 16) != 0 ? SERVICE_BOOT : 0) | ((kind & 0xe0) == 0xe0 ? SERVICE_BROKEN : 0);
    conf->restart = ends % 8 % SERVICE_RESTART_COUNT;
    conf->kill_mode = ends / 8 % SERVICE_KILL_MODE_COUNT;
    conf->limit_interval = time_of(ends / 32);
    conf->limit_burst = ends / 32;
    conf->timeout_start = time_of(times + 3u);
    conf->timeout_stop = time_of(times / 8 + 3u);
    conf->restart_ms = time_of(times / 32);
    make_commands(u, i, which, bits);
    make_edges(u, i, edges, next_byte(in));
}

/* A reload of the units, to the same: everything goes on as it was. */
static void adopt(struct sim *sim)
{
    struct super_service old[SERVICES_MAX];

    memcpy(old, sim->service, sim->u->count * sizeof(*old));
    if (sim->super.closing) {
        return;
    }
    super_init(&sim->super, sim->super.image, sim->service, sim->now);
    for (uint32_t i = 0; i < sim->u->count; i++) {
        super_adopt(&sim->super, i, &old[i]);
    }
}

static void expire(struct sim *sim)
{
    msec_t next = super_deadline(&sim->super);

    if (next < MSEC_NEVER / 2) {
        sim->now = next > sim->now ? next : sim->now;
        super_expire(&sim->super, sim->now);
    }
}

static void happen(struct sim *sim, enum step step, uint32_t i)
{
    struct sim_service *one = &sim->one[i];

    sim->actions = 0;
    switch (step) {
    case STEP_START:
        (void)sim_ask(sim, i, JOB_START);
        break;
    case STEP_STOP:
        (void)sim_ask(sim, i, JOB_STOP);
        break;
    case STEP_RESTART:
        (void)sim_ask(sim, i, JOB_RESTART);
        break;
    case STEP_RELOAD:
        (void)sim_ask(sim, i, JOB_RELOAD);
        break;
    case STEP_MAIN_ENDS:
    case STEP_MAIN_FAILS:
        (void)sim_main_ends(sim, i, step == STEP_MAIN_ENDS ? 0 : SIGSEGV);
        break;
    case STEP_COMMAND_ENDS:
    case STEP_COMMAND_FAILS:
        (void)sim_command_ends(sim, i, step == STEP_COMMAND_ENDS ? 0 : 1 << 8);
        break;
    case STEP_PASS:
        (void)sim_pass(sim, i);
        break;
    case STEP_REST_COMES:
        one->rest = one->main || one->command;
        break;
    case STEP_REST_GOES:
        one->rest = false;
        break;
    case STEP_NO_FORK:
        one->no_fork = !one->no_fork;
        break;
    case STEP_STUBBORN:
        one->stubborn = !one->stubborn;
        break;
    case STEP_EXPIRE:
        expire(sim);
        break;
    case STEP_TIME:
        sim->now += i;
        break;
    case STEP_SETTLE:
        sim_settle(sim);
        break;
    case STEP_BOOT:
        if (!sim->super.closing) {
            super_boot(&sim->super, sim->now);
        }
        break;
    case STEP_ADOPT:
        adopt(sim);
        break;
    case STEP_SHUTDOWN:
        super_shutdown(&sim->super);
        break;
    case STEP_COUNT:
        break;
    }
    sim_observe(sim);
}

static bool has_jobs(const struct sim *sim)
{
    for (uint32_t i = 0; i < sim->u->count; i++) {
        if (sim->service[i].job != JOB_NONE) {
            return true;
        }
    }
    return false;
}

/* Every process ends that is not a daemon which may go on. */
static void end_processes(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->u->count; i++) {
        const struct svc *svc = &sim->service[i].svc;

        sim->one[i].rest = false;
        (void)sim_command_ends(sim, i, 0);
        if (svc->state == SVC_START || svc_is_stopping(svc)) {
            (void)sim_main_ends(sim, i, 0);
        }
    }
}

/* Whatever was asked for comes to its end once the processes do, without a clock. */
static void check_jobs_end(struct sim *sim)
{
    uint32_t rounds = 0;

    for (uint32_t i = 0; i < sim->u->count; i++) {
        sim->one[i].no_fork = false;
    }
    for (sim_settle(sim); has_jobs(sim); sim_settle(sim)) {
        end_processes(sim);
        must(rounds++ < 50 + 20 * sim->u->count, "every job comes to its end");
    }
}

static bool is_over(const struct sim *sim)
{
    for (uint32_t i = 0; i < sim->u->count; i++) {
        const struct super_service *e = &sim->service[i];

        if (e->job != JOB_NONE || (e->svc.state != SVC_STOPPED && e->svc.state != SVC_FAILED)) {
            return false;
        }
    }
    return true;
}

/* Everything comes to its end, though nothing heeds any signal but SIGKILL. */
static void check_shutdown_ends(struct sim *sim)
{
    uint32_t rounds = 0;

    super_shutdown(&sim->super);
    sim_observe(sim);
    for (uint32_t i = 0; i < sim->u->count; i++) {
        sim->one[i].stubborn = true;
    }
    for (sim_settle(sim); !is_over(sim); sim_settle(sim)) {
        if (super_deadline(&sim->super) >= MSEC_NEVER / 2) {
            end_processes(sim); // a unit says infinity: the container's grace period ends it
        }
        sim->actions = 0;
        expire(sim);
        sim_observe(sim);
        must(rounds++ < 50 + 20 * sim->u->count, "a shutdown ends");
    }
}

static void check_counts(const struct sim *sim)
{
    struct super_count count = super_count(&sim->super);

    must(count.up <= sim->u->count && count.busy <= sim->u->count && count.failed <= sim->u->count,
         "there are no more than all");
    must(count.up + count.failed <= sim->u->count, "nothing is up and failed at once");
    must(!is_over(sim) || count.busy == 0, "where all is over, nothing goes on");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sim sim;
    static struct units u;
    struct slice in = {data, size};

    units_init(&u, 1 + next_byte(&in) % SERVICES_MAX);
    for (uint32_t i = 0; i < u.count; i++) {
        make_unit(&u, i, &in);
    }
    sim_init(&sim, &u);
    for (uint32_t i = 0; i < u.count; i++) {
        for (int kind = 0; kind < SERVICE_RUN_COUNT; kind++) {
            sim.one[i].ends[kind] = SIM_STAYS;
        }
    }
    for (size_t steps = 0; in.len > 0 && steps < 2000; steps++) {
        uint8_t step = next_byte(&in);

        happen(&sim, (enum step)((step & 0x7f) % STEP_COUNT), next_byte(&in) % u.count);
        if ((step & STEP_QUIET) == 0) {
            sim_act(&sim);
        }
        check_counts(&sim);
    }
    check_jobs_end(&sim);
    check_shutdown_ends(&sim);
    check_counts(&sim);
    sim_finish(&sim);
    return 0;
}
