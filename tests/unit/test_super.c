/* SPDX-License-Identifier: MIT */
/* Tests of core/super.h: jobs, order, failures and shutdown of small and of large graphs. */
#include "core/super.h"

#include "check.h"
#include "sim.h"

#include <errno.h>
#include <signal.h>

#define EXIT(code) ((code) << 8)
#define CHAIN 1000

static void expect_state(const struct sim *sim, uint32_t i, enum svc_state state)
{
    const struct super_service *e = &sim->service[i];

    expect(e->svc.state == state, "s%u: expected %s, got %s (%s, job %s)", i, svc_state_name(state),
           svc_state_name(e->svc.state), svc_result_name(e->svc.result), job_kind_name(e->job));
}

static void expect_all(const struct sim *sim, enum svc_state state)
{
    for (uint32_t i = 0; i < sim->u->count; i++) {
        expect_state(sim, i, state);
    }
}

/* The last job is over, as this. */
static void expect_job(const struct sim *sim, uint32_t i, enum job_result result)
{
    const struct super_service *e = &sim->service[i];

    expect(e->job == JOB_NONE && e->ended == e->serial && e->result == result,
           "s%u: expected its job to end as %s; it is %s, the last ended as %s", i,
           job_result_name(result), job_kind_name(e->job), job_result_name(e->result));
}

static void expect_order(const struct sim *sim, long first, long second, const char *what)
{
    expect(first >= 0 && second >= 0 && first < second, "%s: expected %ld before %ld of %u", what,
           first, second, sim->logged);
}

static void start_and_settle(struct sim *sim, uint32_t i)
{
    assert_int_equal(sim_ask(sim, i, JOB_START), 0);
    sim_settle(sim);
}

/* s0 ◀ s1 ◀ s2 …: each requires the one before, and comes after it. */
static void chain_init(struct sim *sim, struct units *u, uint32_t count)
{
    units_init_simple(u, count);
    for (uint32_t i = 1; i < count; i++) {
        units_needs(u, i, i - 1);
    }
    sim_init(sim, u);
}

static struct sim sim; // large
static struct units u;

/* ---- starts ---- */

static void test_a_start_reaches_all_that_is_required_or_wanted(void **state)
{
    (void)state;
    units_init_simple(&u, 6);
    units_requires(&u, 0, 1);
    units_wants(&u, 0, 2);
    units_requires(&u, 1, 3);
    units_wants(&u, 2, 4);
    sim_init(&sim, &u);
    start_and_settle(&sim, 0);
    for (uint32_t i = 0; i < 5; i++) {
        expect_state(&sim, i, SVC_UP);
        expect_job(&sim, i, JOB_RESULT_DONE);
    }
    expect_state(&sim, 5, SVC_STOPPED);
    assert_int_equal(sim.service[5].serial, 0);
    sim_finish(&sim);
}

static void test_starts_are_ordered_and_stops_are_in_reverse(void **state)
{
    (void)state;
    chain_init(&sim, &u, 4);
    start_and_settle(&sim, 3);
    expect_all(&sim, SVC_UP);
    for (uint32_t i = 1; i < 4; i++) {
        expect_order(&sim, sim_ran_at(&sim, i - 1, RUN_START), sim_ran_at(&sim, i, RUN_START),
                     "start");
    }
    assert_int_equal(sim_ask(&sim, 0, JOB_STOP), 0);
    sim_settle(&sim);
    expect_all(&sim, SVC_STOPPED);
    for (uint32_t i = 1; i < 4; i++) {
        expect_order(&sim, sim_killed_at(&sim, i), sim_killed_at(&sim, i - 1), "stop");
    }
    sim_finish(&sim);
}

static void test_what_is_not_ordered_starts_and_stops_in_parallel(void **state)
{
    (void)state;
    units_init_simple(&u, 5);
    for (uint32_t i = 1; i < 5; i++) {
        units_requires(&u, 0, i);
        units_conf(&u, i)->type = TYPE_ONESHOT;
        units_conf(&u, i)->flags |= SERVICE_REMAIN;
    }
    sim_init(&sim, &u);
    for (uint32_t i = 1; i < 5; i++) {
        sim.one[i].ends[RUN_START] = SIM_STAYS;
    }
    assert_int_equal(sim_ask(&sim, 0, JOB_START), 0);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_UP); // without After= it waits for nobody
    for (uint32_t i = 1; i < 5; i++) {
        expect_state(&sim, i, SVC_START);
    }
    super_shutdown(&sim.super);
    sim_act(&sim);
    for (uint32_t i = 0; i < 5; i++) {
        expect_state(&sim, i, SVC_STOP_TERM);
    }
    sim_settle(&sim);
    sim_finish(&sim);
}

static void test_a_oneshot_is_waited_for(void **state)
{
    (void)state;
    units_init_simple(&u, 2);
    units_needs(&u, 1, 0);
    units_conf(&u, 0)->type = TYPE_ONESHOT;
    sim_init(&sim, &u);
    sim.one[0].ends[RUN_START] = SIM_STAYS;
    start_and_settle(&sim, 1);
    expect_state(&sim, 0, SVC_START);
    expect_state(&sim, 1, SVC_STOPPED);
    sim_main_ends(&sim, 0, 0);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_STOPPED);
    expect_state(&sim, 1, SVC_UP);
    sim_finish(&sim);
}

static void test_boot_starts_what_is_marked_and_what_that_needs(void **state)
{
    (void)state;
    units_init_simple(&u, 4);
    units_conf(&u, 1)->flags |= SERVICE_BOOT;
    units_conf(&u, 3)->flags |= SERVICE_BOOT;
    units_needs(&u, 1, 0);
    sim_init(&sim, &u);
    super_boot(&sim.super, sim.now);
    sim_observe(&sim);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_UP);
    expect_state(&sim, 1, SVC_UP);
    expect_state(&sim, 2, SVC_STOPPED);
    expect_state(&sim, 3, SVC_UP);
    sim_finish(&sim);
}

static void test_a_start_of_what_is_up_is_done(void **state)
{
    (void)state;
    units_init_simple(&u, 1);
    sim_init(&sim, &u);
    start_and_settle(&sim, 0);
    start_and_settle(&sim, 0);
    expect_job(&sim, 0, JOB_RESULT_DONE);
    assert_int_equal(sim.service[0].serial, 2);
    sim_finish(&sim);
}

/* ---- failures ---- */

static void test_a_failed_requirement_fails_a_chain_of_1000(void **state)
{
    (void)state;
    chain_init(&sim, &u, CHAIN);
    sim.one[0].no_fork = true;
    start_and_settle(&sim, CHAIN - 1);
    expect_all(&sim, SVC_FAILED);
    expect_job(&sim, 0, JOB_RESULT_FAILED);
    assert_int_equal(sim.service[0].svc.result, RESULT_RESOURCES);
    assert_int_equal(sim.service[0].culprit, SUPER_NONE);
    for (uint32_t i = 1; i < CHAIN; i++) {
        expect_job(&sim, i, JOB_RESULT_DEPENDENCY);
        assert_int_equal(sim.service[i].svc.result, RESULT_DEPENDENCY);
        assert_int_equal(sim.service[i].culprit, i - 1);
    }
    sim_finish(&sim);
}

static void test_a_failed_wish_fails_nobody(void **state)
{
    (void)state;
    units_init_simple(&u, 2);
    units_wants(&u, 1, 0);
    units_after(&u, 1, 0);
    sim_init(&sim, &u);
    sim.one[0].no_fork = true;
    start_and_settle(&sim, 1);
    expect_state(&sim, 0, SVC_FAILED);
    expect_state(&sim, 1, SVC_UP);
    sim_finish(&sim);
}

static void test_a_requirement_that_is_not_ordered_may_fail_later(void **state)
{
    (void)state;
    units_init_simple(&u, 2);
    units_requires(&u, 1, 0);
    units_conf(&u, 0)->type = TYPE_EXEC;
    sim_init(&sim, &u);
    sim.one[0].ends[RUN_START] = EXIT(203);
    start_and_settle(&sim, 1);
    expect_state(&sim, 0, SVC_FAILED);
    expect_state(&sim, 1, SVC_UP);
    sim_finish(&sim);
}

static void test_a_broken_unit(void **state)
{
    (void)state;
    units_init_simple(&u, 2);
    units_needs(&u, 1, 0);
    units_conf(&u, 0)->flags |= SERVICE_BROKEN;
    sim_init(&sim, &u);
    assert_int_equal(sim_ask(&sim, 0, JOB_START), -ENOEXEC);
    assert_int_equal(sim_ask(&sim, 0, JOB_RESTART), -ENOEXEC);
    assert_int_equal(sim_ask(&sim, 0, JOB_STOP), 0);
    start_and_settle(&sim, 1);
    expect_state(&sim, 0, SVC_FAILED);
    assert_int_equal(sim.service[0].svc.result, RESULT_BAD_UNIT);
    expect_job(&sim, 1, JOB_RESULT_DEPENDENCY);
    assert_int_equal(sim.service[1].culprit, 0);
    sim_finish(&sim);
}

/* A failure of what runs is not a failure to start: whoever requires it stays up. */
static void test_a_crash_leaves_dependents_up(void **state)
{
    (void)state;
    chain_init(&sim, &u, 2);
    start_and_settle(&sim, 1);
    sim_main_ends(&sim, 0, SIGSEGV);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_FAILED);
    expect_state(&sim, 1, SVC_UP);
    sim_finish(&sim);
}

/* ---- stops and restarts ---- */

static void test_a_stop_reaches_those_that_require_it(void **state)
{
    (void)state;
    units_init_simple(&u, 5);
    units_needs(&u, 1, 0);
    units_requires(&u, 2, 1);
    units_wants(&u, 3, 0);
    sim_init(&sim, &u);
    start_and_settle(&sim, 2);
    start_and_settle(&sim, 3);
    assert_int_equal(sim_ask(&sim, 0, JOB_STOP), 0);
    sim_settle(&sim);
    for (uint32_t i = 0; i < 3; i++) {
        expect_state(&sim, i, SVC_STOPPED);
    }
    expect_state(&sim, 3, SVC_UP);
    assert_int_equal(sim.service[4].serial, 0);
    sim_finish(&sim);
}

static void test_a_restart_reaches_those_that_require_it_and_run(void **state)
{
    uint32_t before;

    (void)state;
    units_init_simple(&u, 3);
    units_needs(&u, 1, 0);
    units_needs(&u, 2, 0);
    sim_init(&sim, &u);
    start_and_settle(&sim, 1);
    before = sim.service[1].serial;
    sim_forget_log(&sim);
    assert_int_equal(sim_ask(&sim, 0, JOB_RESTART), 0);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_UP);
    expect_state(&sim, 1, SVC_UP);
    expect_state(&sim, 2, SVC_STOPPED);
    assert_int_equal(sim.service[1].serial, before + 1);
    expect_order(&sim, sim_killed_at(&sim, 1), sim_killed_at(&sim, 0), "stop");
    expect_order(&sim, sim_killed_at(&sim, 0), sim_ran_at(&sim, 0, RUN_START), "restart");
    expect_order(&sim, sim_ran_at(&sim, 0, RUN_START), sim_ran_at(&sim, 1, RUN_START), "start");
    sim_finish(&sim);
}

static void test_a_restart_of_what_is_down_is_a_start(void **state)
{
    (void)state;
    units_init_simple(&u, 1);
    sim_init(&sim, &u);
    assert_int_equal(sim_ask(&sim, 0, JOB_RESTART), 0);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_UP);
    expect_job(&sim, 0, JOB_RESULT_DONE);
    sim_finish(&sim);
}

static void test_a_start_during_a_stop_comes_after_it(void **state)
{
    uint32_t stop;

    (void)state;
    units_init_simple(&u, 1);
    sim_init(&sim, &u);
    start_and_settle(&sim, 0);
    sim.one[0].stubborn = true;
    assert_int_equal(sim_ask(&sim, 0, JOB_STOP), 0);
    stop = sim.service[0].serial;
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_STOP_TERM);
    assert_int_equal(sim_ask(&sim, 0, JOB_START), 0);
    expect(sim.service[0].serial != stop && sim.service[0].ended < stop,
           "expected the stop to be canceled");
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_STOP_TERM);
    sim_wait(&sim, UNITS_STOP_MS);
    expect_state(&sim, 0, SVC_UP);
    expect_job(&sim, 0, JOB_RESULT_DONE);
    sim_finish(&sim);
}

static void test_a_stop_during_a_start_ends_it(void **state)
{
    uint32_t start;

    (void)state;
    units_init_simple(&u, 2);
    units_needs(&u, 1, 0);
    units_conf(&u, 0)->type = TYPE_ONESHOT;
    sim_init(&sim, &u);
    sim.one[0].ends[RUN_START] = SIM_STAYS;
    start_and_settle(&sim, 1);
    start = sim.service[1].serial;
    assert_int_equal(sim_ask(&sim, 0, JOB_STOP), 0);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_FAILED); // a oneshot that a signal ended
    expect_state(&sim, 1, SVC_STOPPED);
    expect(sim.service[1].serial != start, "expected the start of s1 to be canceled");
    expect_job(&sim, 1, JOB_RESULT_DONE);
    sim_finish(&sim);
}

static void test_a_start_during_a_restart_is_the_restart(void **state)
{
    uint32_t serial;

    (void)state;
    units_init_simple(&u, 1);
    sim_init(&sim, &u);
    start_and_settle(&sim, 0);
    sim.one[0].stubborn = true;
    assert_int_equal(sim_ask(&sim, 0, JOB_RESTART), 0);
    serial = sim.service[0].serial;
    sim_settle(&sim);
    assert_int_equal(sim_ask(&sim, 0, JOB_START), 0);
    assert_int_equal(sim.service[0].serial, serial);
    assert_int_equal(sim_ask(&sim, 0, JOB_RESTART), 0);
    assert_int_equal(sim.service[0].serial, serial);
    sim_wait(&sim, UNITS_STOP_MS);
    expect_state(&sim, 0, SVC_UP);
    assert_int_equal(sim.service[0].ended, serial);
    sim_finish(&sim);
}

static void test_a_stop_during_a_restart_holds(void **state)
{
    (void)state;
    units_init_simple(&u, 1);
    sim_init(&sim, &u);
    start_and_settle(&sim, 0);
    assert_int_equal(sim_ask(&sim, 0, JOB_RESTART), 0);
    sim_act(&sim);
    assert_int_equal(sim_ask(&sim, 0, JOB_STOP), 0);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_STOPPED);
    expect_job(&sim, 0, JOB_RESULT_DONE);
    assert_int_equal(sim.service[0].serial, 3);
    sim_finish(&sim);
}

/* ---- reload ---- */

static void test_reload_rules(void **state)
{
    (void)state;
    units_init_simple(&u, 2);
    units_command(&u, 0, RUN_RELOAD, 0);
    sim_init(&sim, &u);
    assert_int_equal(sim_ask(&sim, 0, JOB_RELOAD), -EINVAL); // not up
    start_and_settle(&sim, 0);
    start_and_settle(&sim, 1);
    assert_int_equal(sim_ask(&sim, 1, JOB_RELOAD), -EINVAL); // no ExecReload=
    assert_int_equal(sim_ask(&sim, 0, JOB_RELOAD), 0);
    sim_settle(&sim);
    expect_job(&sim, 0, JOB_RESULT_DONE);
    sim.one[0].ends[RUN_RELOAD] = EXIT(1);
    assert_int_equal(sim_ask(&sim, 0, JOB_RELOAD), 0);
    sim_settle(&sim);
    expect_job(&sim, 0, JOB_RESULT_FAILED);
    expect_state(&sim, 0, SVC_UP);
    sim.one[0].ends[RUN_RELOAD] = SIM_STAYS;
    assert_int_equal(sim_ask(&sim, 0, JOB_RELOAD), 0);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_RELOAD);
    assert_int_equal(sim_ask(&sim, 0, JOB_STOP), 0);
    assert_int_equal(sim_ask(&sim, 0, JOB_RELOAD), -EINVAL); // it is to stop
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_STOPPED);
    sim_finish(&sim);
}

static void test_a_reload_that_hangs_fails_and_the_service_stays(void **state)
{
    (void)state;
    units_init_simple(&u, 1);
    units_command(&u, 0, RUN_RELOAD, 0);
    sim_init(&sim, &u);
    start_and_settle(&sim, 0);
    sim.one[0].ends[RUN_RELOAD] = SIM_STAYS;
    assert_int_equal(sim_ask(&sim, 0, JOB_RELOAD), 0);
    sim_wait(&sim, UNITS_START_MS);
    expect_job(&sim, 0, JOB_RESULT_FAILED);
    expect_state(&sim, 0, SVC_UP);
    assert_int_equal(sim.service[0].svc.result, RESULT_SUCCESS);
    sim_finish(&sim);
}

static void test_the_main_process_dies_during_a_reload(void **state)
{
    (void)state;
    units_init_simple(&u, 1);
    units_command(&u, 0, RUN_RELOAD, 0);
    sim_init(&sim, &u);
    start_and_settle(&sim, 0);
    sim.one[0].ends[RUN_RELOAD] = SIM_STAYS;
    assert_int_equal(sim_ask(&sim, 0, JOB_RELOAD), 0);
    sim_settle(&sim);
    sim_main_ends(&sim, 0, SIGSEGV);
    sim_command_ends(&sim, 0, 0);
    sim_settle(&sim);
    expect_job(&sim, 0, JOB_RESULT_FAILED);
    expect_state(&sim, 0, SVC_FAILED);
    sim_finish(&sim);
}

/* ---- the end ---- */

static void test_shutdown_refuses_starts_and_ends_everything(void **state)
{
    (void)state;
    chain_init(&sim, &u, 6);
    start_and_settle(&sim, 3);
    assert_int_equal(sim_ask(&sim, 5, JOB_START), 0);
    sim_forget_log(&sim);
    super_shutdown(&sim.super);
    assert_int_equal(sim_ask(&sim, 4, JOB_START), -ESHUTDOWN);
    assert_int_equal(sim_ask(&sim, 4, JOB_RESTART), -ESHUTDOWN);
    assert_int_equal(sim_ask(&sim, 1, JOB_RELOAD), -ESHUTDOWN);
    assert_int_equal(sim_ask(&sim, 2, JOB_STOP), 0);
    sim_settle(&sim);
    expect_all(&sim, SVC_STOPPED);
    for (uint32_t i = 1; i < 4; i++) {
        expect_order(&sim, sim_killed_at(&sim, i), sim_killed_at(&sim, i - 1), "shutdown");
    }
    assert_int_equal(super_count(&sim.super).busy, 0);
    sim_finish(&sim);
}

static void test_shutdown_ends_what_resists(void **state)
{
    (void)state;
    chain_init(&sim, &u, 3);
    start_and_settle(&sim, 2);
    sim.one[1].stubborn = true;
    super_shutdown(&sim.super);
    sim_settle(&sim);
    expect_state(&sim, 2, SVC_STOPPED);
    expect_state(&sim, 1, SVC_STOP_TERM);
    expect_state(&sim, 0, SVC_UP);
    sim_wait(&sim, UNITS_STOP_MS);
    expect_state(&sim, 1, SVC_FAILED);
    expect_state(&sim, 0, SVC_STOPPED);
    sim_finish(&sim);
}

static void test_shutdown_ends_a_back_off(void **state)
{
    (void)state;
    units_init_simple(&u, 1);
    units_conf(&u, 0)->restart = RESTART_ALWAYS;
    sim_init(&sim, &u);
    start_and_settle(&sim, 0);
    sim_main_ends(&sim, 0, 0);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_BACKOFF);
    sim.now += UNITS_RESTART_MS;
    super_expire(&sim.super, sim.now);
    super_shutdown(&sim.super);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_STOPPED);
    sim_finish(&sim);
}

/* ---- Restart= ---- */

static void test_a_restart_of_its_own_brings_what_it_requires(void **state)
{
    (void)state;
    units_init_simple(&u, 2);
    units_needs(&u, 1, 0);
    units_conf(&u, 1)->restart = RESTART_ALWAYS;
    sim_init(&sim, &u);
    start_and_settle(&sim, 1);
    sim_main_ends(&sim, 0, EXIT(1));
    sim_main_ends(&sim, 1, EXIT(1));
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_FAILED);
    expect_state(&sim, 1, SVC_BACKOFF);
    sim_wait(&sim, UNITS_RESTART_MS);
    expect_state(&sim, 0, SVC_UP);
    expect_state(&sim, 1, SVC_UP);
    assert_int_equal(sim.service[1].svc.restarts, 1);
    assert_int_equal(sim.service[0].svc.restarts, 0);
    sim_finish(&sim);
}

static void test_a_restart_whose_requirement_fails_is_over(void **state)
{
    (void)state;
    units_init_simple(&u, 2);
    units_needs(&u, 1, 0);
    units_conf(&u, 1)->restart = RESTART_ALWAYS;
    sim_init(&sim, &u);
    start_and_settle(&sim, 1);
    sim.one[0].no_fork = true;
    sim_main_ends(&sim, 0, EXIT(1));
    sim_main_ends(&sim, 1, EXIT(1));
    sim_wait(&sim, UNITS_RESTART_MS);
    expect_state(&sim, 1, SVC_FAILED);
    expect_job(&sim, 1, JOB_RESULT_DEPENDENCY);
    assert_int_equal(sim.service[1].culprit, 0);
    sim_finish(&sim);
}

static void test_a_start_cuts_a_back_off_short(void **state)
{
    (void)state;
    units_init_simple(&u, 1);
    units_conf(&u, 0)->restart = RESTART_ALWAYS;
    sim_init(&sim, &u);
    start_and_settle(&sim, 0);
    sim_main_ends(&sim, 0, 0);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_BACKOFF);
    start_and_settle(&sim, 0);
    expect_state(&sim, 0, SVC_UP);
    assert_int_equal(sim.service[0].svc.restarts, 0);
    sim_finish(&sim);
}

/* ---- adopting, counting ---- */

static void test_adopting_keeps_what_runs_and_takes_what_was_mended(void **state)
{
    struct super_service old[4];

    (void)state;
    units_init_simple(&u, 4);
    units_conf(&u, 2)->flags |= SERVICE_BROKEN;
    sim_init(&sim, &u);
    start_and_settle(&sim, 0);
    assert_int_equal(sim_ask(&sim, 3, JOB_START), 0); // not done yet
    memcpy(old, sim.service, sizeof(old));
    sim_finish(&sim);

    units_init_simple(&u, 4);
    units_conf(&u, 1)->flags |= SERVICE_BROKEN; // was stopped
    units_conf(&u, 0)->flags |= SERVICE_BROKEN; // runs
    sim_init(&sim, &u);
    for (uint32_t i = 0; i < 4; i++) {
        super_adopt(&sim.super, i, &old[i]);
        sim.one[i].main = i == 0;
    }
    sim_observe(&sim);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_UP);
    expect_state(&sim, 1, SVC_FAILED);
    expect_state(&sim, 2, SVC_STOPPED);
    expect_state(&sim, 3, SVC_UP);
    expect_job(&sim, 3, JOB_RESULT_DONE);
    sim_finish(&sim);
}

static void test_counting(void **state)
{
    struct super_count count;

    (void)state;
    units_init_simple(&u, 6);
    units_conf(&u, 1)->type = TYPE_ONESHOT;
    units_conf(&u, 1)->flags |= SERVICE_REMAIN;
    units_conf(&u, 2)->flags |= SERVICE_BROKEN;
    units_conf(&u, 3)->restart = RESTART_ALWAYS;
    units_conf(&u, 4)->type = TYPE_ONESHOT;
    sim_init(&sim, &u);
    sim.one[3].no_fork = true;
    sim.one[4].ends[RUN_START] = SIM_STAYS;
    for (uint32_t i = 0; i < 5; i++) {
        (void)sim_ask(&sim, i, JOB_START);
    }
    sim_settle(&sim);
    count = super_count(&sim.super);
    assert_int_equal(count.up, 2);     // s0, and s1, which is done
    assert_int_equal(count.failed, 1); // s2
    assert_int_equal(count.busy, 3);   // s0, the back-off of s3, s4
    sim_finish(&sim);
}

static void test_deadlines_are_those_of_all(void **state)
{
    (void)state;
    units_init_simple(&u, 3);
    for (uint32_t i = 0; i < 3; i++) {
        units_conf(&u, i)->type = TYPE_ONESHOT;
        units_conf(&u, i)->timeout_start = (msec_t)300 - 100 * i;
    }
    sim_init(&sim, &u);
    assert_true(super_deadline(&sim.super) == MSEC_NEVER);
    for (uint32_t i = 0; i < 3; i++) {
        sim.one[i].ends[RUN_START] = SIM_STAYS;
        start_and_settle(&sim, i);
    }
    assert_true(super_deadline(&sim.super) == sim.now + 100);
    sim_wait(&sim, 100);
    expect_state(&sim, 2, SVC_FAILED);
    assert_int_equal(sim.service[2].svc.result, RESULT_TIMEOUT);
    expect_state(&sim, 1, SVC_START);
    sim_finish(&sim);
}

static void test_impossible_requests(void **state)
{
    (void)state;
    units_init_simple(&u, 1);
    sim_init(&sim, &u);
    assert_int_equal(sim_ask(&sim, 0, JOB_NONE), -EINVAL);
    assert_int_equal(sim_ask(&sim, 0, JOB_KIND_COUNT), -EINVAL);
    start_and_settle(&sim, 0);
    expect_state(&sim, 0, SVC_UP);
    sim_finish(&sim);
}

static void test_names(void **state)
{
    (void)state;
#define X(name, text) assert_string_equal(job_kind_name(JOB_##name), text);
    JOB_KINDS(X)
#undef X
#define X(name, text) assert_string_equal(job_result_name(JOB_RESULT_##name), text);
    JOB_RESULTS(X)
#undef X
    assert_null(job_kind_name(JOB_KIND_COUNT));
    assert_null(job_result_name(JOB_RESULT_COUNT));
}

/* The failed service was told last, and whoever stood before it in the queue saw no job to wait for. */
static void test_01_who_was_looked_at_before_the_failure_was_told_started(void **state)
{

    (void)state;
    units_init_simple(&u, 3);
    units_needs(&u, 2, 0);
    units_needs(&u, 2, 1);
    sim_init(&sim, &u);
    units_conf(&u, 0)->type = TYPE_SIMPLE;
    sim.one[1].no_fork = true;
    assert_int_equal(sim_ask(&sim, 1, JOB_STOP), 0);
    assert_int_equal(sim_ask(&sim, 2, JOB_START), 0);
    sim_settle(&sim);
    expect_state(&sim, 1, SVC_FAILED);
    expect_state(&sim, 2, SVC_FAILED);
    expect_job(&sim, 2, JOB_RESULT_DEPENDENCY);
    assert_int_equal(sim.service[2].culprit, 1);
    sim_finish(&sim);
}

/* The stop of s0 waited for that of s1, which became a start, which waited for the stop of s0. */
static void test_02_a_start_over_a_stop_left_another_stop_waiting_for_ever(void **state)
{

    (void)state;
    units_init_simple(&u, 2);
    units_after(&u, 1, 0);
    sim_init(&sim, &u);
    start_and_settle(&sim, 0);
    start_and_settle(&sim, 1);
    sim.one[1].stubborn = true;
    assert_int_equal(sim_ask(&sim, 1, JOB_STOP), 0);
    sim_settle(&sim);
    assert_int_equal(sim_ask(&sim, 0, JOB_STOP), 0);
    sim_settle(&sim);
    assert_int_equal(sim_ask(&sim, 1, JOB_START), 0);
    sim_settle(&sim);
    sim_wait(&sim, UNITS_STOP_MS);
    expect_state(&sim, 0, SVC_STOPPED);
    expect_state(&sim, 1, SVC_UP);
    sim_finish(&sim);
}

/* As systemctl: the start waits until the service is down, and then starts it. */
static void test_03_a_start_while_a_crashed_service_cleans_up_was_its_failure(void **state)
{

    (void)state;
    units_init_simple(&u, 1);
    units_command(&u, 0, RUN_STOP_POST, 0);
    sim_init(&sim, &u);
    start_and_settle(&sim, 0);
    sim.one[0].ends[RUN_STOP_POST] = SIM_STAYS;
    sim_main_ends(&sim, 0, EXIT(1));
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_STOP_POST);
    assert_int_equal(sim_ask(&sim, 0, JOB_START), 0);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_STOP_POST);
    sim_command_ends(&sim, 0, 0);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_UP);
    expect_job(&sim, 0, JOB_RESULT_DONE);
    sim_finish(&sim);
}

static void test_04_a_restart_of_its_own_canceled_a_stop(void **state)
{

    (void)state;
    units_init_simple(&u, 2);
    units_after(&u, 1, 0);
    units_conf(&u, 0)->restart = RESTART_ALWAYS;
    sim_init(&sim, &u);
    start_and_settle(&sim, 0);
    start_and_settle(&sim, 1);
    sim.one[1].stubborn = true;
    super_shutdown(&sim.super);
    sim.super.closing = false; // two stops, one after the other
    sim_settle(&sim);
    sim_main_ends(&sim, 0, 0); // before its stop has come
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_BACKOFF);
    sim_wait(&sim, UNITS_STOP_MS);
    expect_state(&sim, 1, SVC_FAILED);
    expect_state(&sim, 0, SVC_STOPPED);
    expect_job(&sim, 0, JOB_RESULT_DONE);
    sim_finish(&sim);
}

/* A restart is a stop and then a start, with all that a start reaches. */
static void test_05_a_restart_left_down_what_the_service_requires(void **state)
{

    (void)state;
    units_init_simple(&u, 3);
    units_needs(&u, 1, 0);
    units_needs(&u, 2, 1);
    sim_init(&sim, &u);
    start_and_settle(&sim, 2);
    sim_main_ends(&sim, 0, EXIT(1));
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_FAILED);
    sim_forget_log(&sim);
    assert_int_equal(sim_ask(&sim, 1, JOB_RESTART), 0);
    sim_settle(&sim);
    expect_all(&sim, SVC_UP);
    expect_order(&sim, sim_ran_at(&sim, 0, RUN_START), sim_ran_at(&sim, 1, RUN_START), "restart");
    sim_finish(&sim);
}

/* Who waits for a start, or a reload, is content with a restart: systemctl merges them. */
static void test_06_a_restart_canceled_the_start_it_took_over(void **state)
{

    uint32_t serial;

    (void)state;
    units_init_simple(&u, 2);
    units_conf(&u, 0)->type = TYPE_EXEC;
    units_command(&u, 1, RUN_RELOAD, 0);
    sim_init(&sim, &u);
    assert_int_equal(sim_ask(&sim, 0, JOB_START), 0);
    serial = sim.service[0].serial;
    assert_int_equal(sim_ask(&sim, 0, JOB_RESTART), 0);
    assert_int_equal(sim.service[0].serial, serial);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_UP);
    expect_job(&sim, 0, JOB_RESULT_DONE);
    start_and_settle(&sim, 1);
    sim.one[1].ends[RUN_RELOAD] = SIM_STAYS;
    assert_int_equal(sim_ask(&sim, 1, JOB_RELOAD), 0);
    sim_settle(&sim);
    serial = sim.service[1].serial;
    assert_int_equal(sim_ask(&sim, 1, JOB_START), 0);
    assert_int_equal(sim_ask(&sim, 1, JOB_RESTART), 0);
    assert_int_equal(sim.service[1].serial, serial);
    sim_settle(&sim);
    expect_state(&sim, 1, SVC_UP);
    expect_job(&sim, 1, JOB_RESULT_DONE);
    sim_finish(&sim);
}

static void test_07_a_restart_brought_back_who_was_asked_to_stop(void **state)
{

    (void)state;
    chain_init(&sim, &u, 2);
    start_and_settle(&sim, 1);
    sim.one[1].stubborn = true;
    assert_int_equal(sim_ask(&sim, 1, JOB_STOP), 0);
    sim_settle(&sim);
    expect_state(&sim, 1, SVC_STOP_TERM);
    assert_int_equal(sim_ask(&sim, 0, JOB_RESTART), 0);
    sim_settle(&sim);
    sim_wait(&sim, UNITS_STOP_MS);
    expect_state(&sim, 0, SVC_UP);
    expect_state(&sim, 1, SVC_FAILED);
    expect_job(&sim, 1, JOB_RESULT_DONE);
    sim_finish(&sim);
}

/* s2 requires s1, which is down; s1 requires s0, which is told to stop. */
static void test_08_a_stop_ended_at_one_that_had_crashed(void **state)
{

    (void)state;
    chain_init(&sim, &u, 3);
    start_and_settle(&sim, 2);
    sim_main_ends(&sim, 1, SIGSEGV);
    sim_settle(&sim);
    assert_int_equal(sim_ask(&sim, 0, JOB_STOP), 0);
    sim_settle(&sim);
    expect_state(&sim, 2, SVC_STOPPED);
    expect_state(&sim, 1, SVC_FAILED);
    expect_state(&sim, 0, SVC_STOPPED);
    sim_finish(&sim);
}

/* The first may have read its files already: what is asked for after that needs a reload of its own. */
static void test_09_a_second_reload_was_the_first(void **state)
{

    (void)state;
    units_init_simple(&u, 1);
    units_command(&u, 0, RUN_RELOAD, 0);
    sim_init(&sim, &u);
    start_and_settle(&sim, 0);
    sim.one[0].ends[RUN_RELOAD] = SIM_STAYS;
    assert_int_equal(sim_ask(&sim, 0, JOB_RELOAD), 0);
    sim_settle(&sim);
    assert_int_equal(sim_ask(&sim, 0, JOB_RELOAD), 0);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_RELOAD);
    sim_forget_log(&sim);
    sim_command_ends(&sim, 0, EXIT(1));
    sim_settle(&sim);
    expect(sim_ran_at(&sim, 0, RUN_RELOAD) >= 0, "expected the second reload to run");
    expect_state(&sim, 0, SVC_RELOAD);
    sim_command_ends(&sim, 0, 0);
    sim_settle(&sim);
    expect_job(&sim, 0, JOB_RESULT_DONE);
    sim_finish(&sim);
}

/* A unit that was edited while its service runs: as long as it cannot start, a restart must not stop it. */
static void test_10_a_restart_of_a_unit_that_broke_ended_the_service(void **state)
{

    struct super_service old;

    (void)state;
    units_init_simple(&u, 1);
    sim_init(&sim, &u);
    start_and_settle(&sim, 0);
    old = sim.service[0];
    sim_finish(&sim);
    units_init_simple(&u, 1);
    units_conf(&u, 0)->flags |= SERVICE_BROKEN;
    sim_init(&sim, &u);
    super_adopt(&sim.super, 0, &old);
    sim.one[0].main = true;
    sim_observe(&sim);
    assert_int_equal(sim_ask(&sim, 0, JOB_RESTART), -ENOEXEC);
    assert_int_equal(sim_ask(&sim, 0, JOB_START), 0);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_UP);
    assert_int_equal(sim_ask(&sim, 0, JOB_STOP), 0);
    sim_settle(&sim);
    expect_state(&sim, 0, SVC_STOPPED);
    sim_finish(&sim);
}

static void test_11_who_was_still_stopping_started_after_its_requirement_had_failed(void **state)
{

    (void)state;
    chain_init(&sim, &u, 2);
    start_and_settle(&sim, 1);
    sim.one[1].stubborn = true;
    sim.one[0].no_fork = true;
    sim_main_ends(&sim, 0, 0);
    assert_int_equal(sim_ask(&sim, 1, JOB_RESTART), 0);
    sim_settle(&sim);
    assert_int_equal(sim_ask(&sim, 1, JOB_STOP), 0);
    assert_int_equal(sim_ask(&sim, 1, JOB_START), 0);
    sim_settle(&sim);
    expect_state(&sim, 1, SVC_STOP_TERM);
    expect_job(&sim, 1, JOB_RESULT_DEPENDENCY);
    assert_int_equal(sim.service[1].culprit, 0);
    sim_wait(&sim, UNITS_STOP_MS);
    expect_state(&sim, 1, SVC_FAILED);
    sim_finish(&sim);
}

static void test_12_a_start_stopped_at_one_that_starts_and_left_stopped_what_that_wants(
    void **state)
{
    (void)state;
    units_init_simple(&u, 3);
    units_wants(&u, 1, 0);
    units_after(&u, 1, 0);
    units_needs(&u, 2, 1);
    sim_init(&sim, &u);
    assert_int_equal(sim_ask(&sim, 1, JOB_START), 0);
    assert_int_equal(sim_ask(&sim, 0, JOB_STOP), 0);
    assert_int_equal(sim_ask(&sim, 2, JOB_START), 0);
    sim_settle(&sim);
    expect_all(&sim, SVC_UP);
    sim_finish(&sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_start_reaches_all_that_is_required_or_wanted),
        cmocka_unit_test(test_starts_are_ordered_and_stops_are_in_reverse),
        cmocka_unit_test(test_what_is_not_ordered_starts_and_stops_in_parallel),
        cmocka_unit_test(test_a_oneshot_is_waited_for),
        cmocka_unit_test(test_boot_starts_what_is_marked_and_what_that_needs),
        cmocka_unit_test(test_a_start_of_what_is_up_is_done),
        cmocka_unit_test(test_a_failed_requirement_fails_a_chain_of_1000),
        cmocka_unit_test(test_a_failed_wish_fails_nobody),
        cmocka_unit_test(test_a_requirement_that_is_not_ordered_may_fail_later),
        cmocka_unit_test(test_a_broken_unit),
        cmocka_unit_test(test_a_crash_leaves_dependents_up),
        cmocka_unit_test(test_a_stop_reaches_those_that_require_it),
        cmocka_unit_test(test_a_restart_reaches_those_that_require_it_and_run),
        cmocka_unit_test(test_a_restart_of_what_is_down_is_a_start),
        cmocka_unit_test(test_a_start_during_a_stop_comes_after_it),
        cmocka_unit_test(test_a_stop_during_a_start_ends_it),
        cmocka_unit_test(test_a_start_during_a_restart_is_the_restart),
        cmocka_unit_test(test_a_stop_during_a_restart_holds),
        cmocka_unit_test(test_reload_rules),
        cmocka_unit_test(test_a_reload_that_hangs_fails_and_the_service_stays),
        cmocka_unit_test(test_the_main_process_dies_during_a_reload),
        cmocka_unit_test(test_shutdown_refuses_starts_and_ends_everything),
        cmocka_unit_test(test_shutdown_ends_what_resists),
        cmocka_unit_test(test_shutdown_ends_a_back_off),
        cmocka_unit_test(test_a_restart_of_its_own_brings_what_it_requires),
        cmocka_unit_test(test_a_restart_whose_requirement_fails_is_over),
        cmocka_unit_test(test_a_start_cuts_a_back_off_short),
        cmocka_unit_test(test_adopting_keeps_what_runs_and_takes_what_was_mended),
        cmocka_unit_test(test_counting),
        cmocka_unit_test(test_deadlines_are_those_of_all),
        cmocka_unit_test(test_impossible_requests),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_01_who_was_looked_at_before_the_failure_was_told_started),
        cmocka_unit_test(test_02_a_start_over_a_stop_left_another_stop_waiting_for_ever),
        cmocka_unit_test(test_03_a_start_while_a_crashed_service_cleans_up_was_its_failure),
        cmocka_unit_test(test_04_a_restart_of_its_own_canceled_a_stop),
        cmocka_unit_test(test_05_a_restart_left_down_what_the_service_requires),
        cmocka_unit_test(test_06_a_restart_canceled_the_start_it_took_over),
        cmocka_unit_test(test_07_a_restart_brought_back_who_was_asked_to_stop),
        cmocka_unit_test(test_08_a_stop_ended_at_one_that_had_crashed),
        cmocka_unit_test(test_09_a_second_reload_was_the_first),
        cmocka_unit_test(test_10_a_restart_of_a_unit_that_broke_ended_the_service),
        cmocka_unit_test(test_11_who_was_still_stopping_started_after_its_requirement_had_failed),
        cmocka_unit_test(
            test_12_a_start_stopped_at_one_that_starts_and_left_stopped_what_that_wants),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
