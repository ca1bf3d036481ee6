/* SPDX-License-Identifier: MIT */
/* Tests of core/rules.h: what is passed on, and what is reported. */
#include "core/rules.h"

#include "check.h"

#include <errno.h>
#include <signal.h>

static void test_at_first_everything_passes_as_it_comes(void **state)
{
    struct rules r;

    (void)state;
    rules_init(&r);
    for (int n = 1; n <= 64; n++) {
        expect(rules_pass(&r, n) == (n == SIGCHLD ? 0 : n), "signal %d is passed on as %d", n,
               rules_pass(&r, n));
    }
    assert_int_equal(r.to, FORWARD_MAIN);
    for (int code = 0; code < 256; code++) {
        assert_int_equal(rules_code(&r, code), code);
    }
}

static void test_rewriting(void **state)
{
    static const char *const bad[] = {
        "",          ":",         "TERM",
        "TERM:",     ":TERM",     "TERM:INT:HUP",
        "0:15",      "none:15",   "65:15",
        "15:65",     "KILL:TERM", "STOP:0",
        "CHLD:TERM", "TERM:-1",   "x:y",
        "15:15 ",    " 15:15",    "TERM,INT",
        "SIG:TERM",  "99999:1",   "TERMTERMTERMTERMT:1",
    };
    struct rules r;

    (void)state;
    rules_init(&r);
    assert_int_equal(rules_rewrite(&r, "TERM:SIGQUIT"), 0);
    assert_int_equal(rules_pass(&r, SIGTERM), SIGQUIT);
    assert_int_equal(rules_rewrite(&r, "15:none"), 0);
    assert_int_equal(rules_pass(&r, SIGTERM), 0);
    assert_int_equal(rules_rewrite(&r, "hup:0"), 0);
    assert_int_equal(rules_pass(&r, SIGHUP), 0);
    assert_int_equal(rules_rewrite(&r, "RTMIN+3:TERM"), 0);
    assert_int_equal(rules_pass(&r, 37), SIGTERM);
    assert_int_equal(rules_rewrite(&r, "64:1"), 0);
    assert_int_equal(rules_pass(&r, 64), SIGHUP);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        expect(rules_rewrite(&r, bad[i]) == -EINVAL, "\"%s\" was taken", bad[i]);
    }
}

static void test_codes_that_are_good(void **state)
{
    static const char *const bad[] = {"",  ",",   "1,",   ",1",   "256", "-1",
                                      "x", "0x1", "1 ,2", "1,,2", "999", "00001"};
    struct rules r;

    (void)state;
    rules_init(&r);
    assert_int_equal(rules_ok_exit(&r, "3,255,SIGTERM,int,0"), 0);
    for (int code = 0; code < 256; code++) {
        bool good = code == 3 || code == 255 || code == 143 || code == 130 || code == 0;

        assert_int_equal(rules_code(&r, code), good ? 0 : code);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        expect(rules_ok_exit(&r, bad[i]) == -EINVAL, "\"%s\" was taken", bad[i]);
    }
}

static void test_what_asks_for_the_end_and_what_drains(void **state)
{
    struct rules r;

    (void)state;
    rules_init(&r);
    assert_true(rules_asks_end(&r, SIGTERM));
    assert_true(rules_asks_end(&r, SIGINT));
    assert_true(rules_asks_end(&r, SIGQUIT));
    assert_false(rules_asks_end(&r, SIGHUP));
    assert_false(rules_drains(&r, SIGTERM));
    r.drain = 5000;
    assert_true(rules_drains(&r, SIGTERM));
    assert_false(rules_drains(&r, SIGINT));
    assert_int_equal(rules_rewrite(&r, "TERM:QUIT"), 0);
    assert_true(rules_asks_end(&r, SIGTERM));
    assert_true(rules_drains(&r, SIGTERM));
    assert_int_equal(rules_rewrite(&r, "TERM:none"), 0);
    assert_false(rules_asks_end(&r, SIGTERM));
    assert_false(rules_drains(&r, SIGTERM));
    assert_int_equal(rules_rewrite(&r, "USR1:TERM"), 0);
    assert_true(rules_asks_end(&r, SIGUSR1));
    assert_true(rules_drains(&r, SIGUSR1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at_first_everything_passes_as_it_comes),
        cmocka_unit_test(test_rewriting),
        cmocka_unit_test(test_codes_that_are_good),
        cmocka_unit_test(test_what_asks_for_the_end_and_what_drains),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
