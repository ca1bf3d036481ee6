/* SPDX-License-Identifier: MIT */
/* Tests of core/peer.h: the command lines and environments of tini, dumb-init and catatonit. */
#include "core/peer.h"

#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 8

static const char *const *environment; // "NAME=VALUE", ends with NULL; NULL: nothing

static char *find(const char *name)
{
    size_t len = strlen(name);

    for (const char *const *e = environment; e != NULL && *e != NULL; e++) {
        if (strncmp(*e, name, len) == 0 && (*e)[len] == '=') {
            return (char *)(uintptr_t)(*e + len + 1);
        }
    }
    return NULL;
}

struct parsed {
    struct rules r;
    struct peer p;
};

static struct parsed parse(enum manner manner, const char *const *words)
{
    struct parsed x = {.r = {.manner = (uint8_t)manner}};
    char *argv[WORDS_MAX + 2] = {(char *)(uintptr_t) "name"};
    int argc = 1;

    for (; words[argc - 1] != NULL; argc++) {
        assert_true(argc <= WORDS_MAX);
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    }
    peer_parse(argc, argv, find, &x.r, &x.p);
    return x;
}

#define TINI(...) parse(MANNER_TINI, (const char *const[]){__VA_ARGS__, NULL})
#define DUMB(...) parse(MANNER_DUMB_INIT, (const char *const[]){__VA_ARGS__, NULL})
#define CATATONIT(...) parse(MANNER_CATATONIT, (const char *const[]){__VA_ARGS__, NULL})
#define ENVIRONMENT(...) \
    environment = (const char *const[]) \
    { \
        __VA_ARGS__, NULL \
    }

static int reset(void **state)
{
    (void)state;
    environment = NULL;
    return 0;
}

static void answers(struct parsed x, enum peer_answer answer, char letter, const char *word)
{
    expect(x.p.answer == answer && x.p.letter == letter, "expected answer %d '%c', got %d '%c'",
           answer, letter, x.p.answer, x.p.letter);
    expect(word == NULL || (x.p.word != NULL && strcmp(x.p.word, word) == 0),
           "expected the word %s", word);
}

static void runs(struct parsed x, int command)
{
    expect(x.p.answer == PEER_RUN && x.p.command == command, "expected command %d, got %d: %d",
           command, x.p.answer, x.p.command);
}

static int passes(struct parsed x, int number)
{
    return rules_pass(&x.r, number);
}

static void test_names(void **state)
{
    (void)state;
    assert_int_equal(peer_manner("tini"), MANNER_TINI);
    assert_int_equal(peer_manner("/sbin/docker-init"), MANNER_TINI);
    assert_int_equal(peer_manner("./x/dumb-init"), MANNER_DUMB_INIT);
    assert_int_equal(peer_manner("/usr/bin/catatonit"), MANNER_CATATONIT);
    assert_int_equal(peer_manner("porthole-init"), MANNER_OWN);
    assert_int_equal(peer_manner("tini-"), MANNER_OWN);
    assert_int_equal(peer_manner("tini/"), MANNER_OWN);
    assert_int_equal(peer_manner(""), MANNER_OWN);
}

static void test_tini(void **state)
{
    struct parsed x;

    (void)state;
    runs(TINI("true"), 1);
    runs(TINI("--", "true"), 2);
    runs(TINI("-svg", "-e", "3", "-e143", "--", "ls", "-l"), 6);
    runs(TINI("ls", "-l"), 1); // glibc's getopt(3) would go on to -l
    runs(TINI("-"), 1);
    assert_int_equal(TINI("ls", "--", "-l").p.dashes, 2); // as its help has it: PROGRAM -- ARGS
    assert_int_equal(TINI("echo", "a", "--", "b").p.dashes, 3);
    assert_int_equal(TINI("--", "ls", "--", "-l").p.dashes, 0);
    assert_int_equal(TINI("sh", "-c", "x", "--").p.dashes, 0);
    assert_int_equal(DUMB("ls", "--").p.dashes, 0);
    x = TINI("-s", "-g", "-vv", "-w", "-p", "SIGUSR1", "true");
    assert_false(x.r.no_subreaper);
    assert_int_equal(x.r.to, FORWARD_GROUP);
    assert_int_equal(x.r.voice, 3);
    assert_true(x.r.warn_reap && x.r.at_once && !x.r.part);
    assert_int_equal(x.r.parent_death, SIGUSR1);
    x = TINI("-e", "0", "-e", "255", "true");
    assert_int_equal(rules_code(&x.r, 255), 0);
    assert_int_equal(rules_code(&x.r, 254), 254);
    assert_true(TINI("true").r.no_subreaper);
    answers(parse(MANNER_TINI, (const char *const[]){NULL}), PEER_NO_COMMAND, 0, NULL);
    answers(TINI("-s"), PEER_NO_COMMAND, 0, NULL);
    answers(TINI("--version"), PEER_VERSION, 0, NULL);
    answers(TINI("--version", "true"), PEER_BAD_LETTER, '-', NULL);
    answers(TINI("-h"), PEER_HELP, 0, NULL);
    answers(TINI("-sl"), PEER_LICENCE, 0, NULL);
    answers(TINI("-x", "true"), PEER_BAD_LETTER, 'x', NULL);
    answers(TINI("-:", "true"), PEER_BAD_LETTER, ':', NULL);
    answers(TINI("-R", "A", "true"), PEER_BAD_LETTER, 'R', NULL); // its next release
    answers(TINI("-p"), PEER_NO_VALUE, 'p', NULL);
    answers(TINI("-p", "USR1", "true"), PEER_BAD_SIGNAL, 0, "USR1");
    answers(TINI("-p", "SIGusr1", "true"), PEER_BAD_SIGNAL, 0, "SIGusr1");
    answers(TINI("-p", "10", "true"), PEER_BAD_SIGNAL, 0, "10");
    answers(TINI("-e", "256", "true"), PEER_BAD_CODE, 0, "256");
    answers(TINI("-e", "-1", "true"), PEER_BAD_CODE, 0, "-1");
    answers(TINI("-e", "1x", "true"), PEER_BAD_CODE, 0, "1x");
}

static void test_signals_of_tini_and_catatonit(void **state)
{
    static const int faults[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        assert_int_equal(passes(TINI("x"), faults[i]), 0);
        assert_int_equal(passes(CATATONIT("x"), faults[i]), 0);
        assert_int_equal(passes(DUMB("x"), faults[i]), faults[i]);
    }
    assert_int_equal(passes(TINI("x"), SIGTSTP), SIGTSTP);
    assert_int_equal(passes(TINI("x"), SIGTTIN), 0);
    assert_int_equal(passes(CATATONIT("x"), SIGTSTP), 0);
    assert_int_equal(passes(TINI("x"), SIGTERM), SIGTERM);
    assert_int_equal(passes(TINI("x"), 40), 40);
}

static void test_tinis_environment(void **state)
{
    (void)state;
    ENVIRONMENT("TINI_SUBREAPER=", "TINI_KILL_PROCESS_GROUP=0", "TINI_VERBOSITY=3");
    assert_false(TINI("true").r.no_subreaper);
    assert_int_equal(TINI("true").r.to, FORWARD_GROUP);
    assert_int_equal(TINI("-vvvvv", "true").r.voice, 3);
    ENVIRONMENT("TINI_VERBOSITY=x");
    assert_int_equal(TINI("true").r.voice, 0);
    ENVIRONMENT("TINI_VERBOSITY=-1");
    assert_int_equal(TINI("true").r.voice, 0);
}

static void test_dumb_init(void **state)
{
    struct parsed x;

    (void)state;
    runs(DUMB("true"), 1);
    runs(DUMB("-c", "--", "ls", "-c"), 3);
    runs(DUMB("--rewrite", "15:3", "--rewrite=10:0", "-r1:31", "--single", "true"), 6);
    x = DUMB("true");
    assert_int_equal(x.r.to, FORWARD_GROUP);
    assert_int_equal(x.r.isolation, ISOLATE_SESSION);
    assert_true(x.r.no_subreaper && x.r.part && x.r.suspend && x.r.at_once);
    assert_int_equal(rules_pass(&x.r, SIGTSTP), SIGSTOP);
    assert_int_equal(rules_pass(&x.r, SIGTTOU), SIGSTOP);
    x = DUMB("-c", "true");
    assert_int_equal(x.r.to, FORWARD_MAIN);
    assert_int_equal(x.r.isolation, ISOLATE_NONE);
    assert_int_equal(rules_pass(&x.r, SIGTSTP), SIGTSTP);
    x = DUMB("-r", "20:20", "-r", "21:0", "true"); // what is named stays
    assert_int_equal(rules_pass(&x.r, SIGTSTP), SIGTSTP);
    assert_int_equal(rules_pass(&x.r, SIGTTIN), 0);
    assert_int_equal(rules_pass(&x.r, SIGTTOU), SIGSTOP);
    answers(DUMB("-h", "true"), PEER_HELP, 0, NULL);
    answers(DUMB("--help"), PEER_HELP, 0, NULL);
    answers(DUMB("-V"), PEER_VERSION, 0, NULL);
    answers(DUMB("--vers"), PEER_VERSION, 0, NULL);
    answers(DUMB("-c"), PEER_NO_COMMAND, 0, NULL);
    answers(DUMB("--ver", "true"), PEER_AMBIGUOUS, 0, "ver");
    answers(DUMB("--nothing", "true"), PEER_BAD_LONG, 0, "nothing");
    answers(DUMB("--help=1", "true"), PEER_LONG_VALUE, 0, "help");
    answers(DUMB("--rewrite"), PEER_LONG_NONE, 0, "rewrite");
    answers(DUMB("-x", "true"), PEER_BAD_LETTER, 'x', NULL);
}

static void test_what_dumb_init_does_not_rewrite(void **state)
{
    static const char *const bad[] = {"derp",  "15",   "15::12", "15:derp", "15:12.5x:", "0:15",
                                      "-1:15", "32:3", "15:32",  "15:-1",   ":15",       ""};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (strcmp(bad[i], "15:12.5x:") != 0) { // scanf(3) is content with what comes first
            answers(DUMB("-r", bad[i], "true"), PEER_BAD_REWRITE, 0, bad[i]);
        }
    }
    runs(DUMB("-r", "15:12.5x:", "true"), 3);
    runs(DUMB("-r", " 15:\t+12", "true"), 3);
}

static void test_dumb_inits_environment(void **state)
{
    (void)state;
    ENVIRONMENT("DUMB_INIT_DEBUG=1", "DUMB_INIT_SETSID=0");
    assert_int_equal(DUMB("true").r.voice, 1);
    assert_true(DUMB("true").p.by_environment && DUMB("true").p.no_setsid);
    assert_int_equal(DUMB("true").r.isolation, ISOLATE_NONE);
    ENVIRONMENT("DUMB_INIT_DEBUG=yes", "DUMB_INIT_SETSID=false");
    assert_int_equal(DUMB("true").r.voice, 0);
    assert_int_equal(DUMB("true").r.isolation, ISOLATE_SESSION);
}

static void test_catatonit(void **state)
{
    (void)state;
    runs(CATATONIT("true"), 1);
    runs(CATATONIT("-g", "--", "true"), 3);
    runs(CATATONIT("ls", "-V"), 1);
    runs(CATATONIT("-P"), 2);
    assert_true(CATATONIT("-P").r.pause);
    assert_int_equal(CATATONIT("-g", "true").r.to, FORWARD_GROUP);
    assert_false(CATATONIT("true").r.no_subreaper);
    answers(CATATONIT("--version"), PEER_VERSION, 0, NULL);
    answers(CATATONIT("-V"), PEER_VERSION, 0, NULL);
    answers(CATATONIT("-L"), PEER_LICENCE, 0, NULL);
    answers(CATATONIT("-h"), PEER_HELP, 0, NULL);
    answers(CATATONIT("--help"), PEER_BAD_LONG, 0, "help");
    answers(CATATONIT("-g"), PEER_NO_COMMAND, 0, NULL);
    ENVIRONMENT("CATATONIT_DEBUG=");
    assert_int_equal(CATATONIT("true").r.voice, 1);
    ENVIRONMENT("CATATONIT_LOG=");
    answers(CATATONIT("true"), PEER_RESERVED, 0, NULL);
    answers(CATATONIT("-V"), PEER_RESERVED, 0, NULL);
}

#define peer_test(f) cmocka_unit_test_setup(f, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        peer_test(test_names),
        peer_test(test_tini),
        peer_test(test_signals_of_tini_and_catatonit),
        peer_test(test_tinis_environment),
        peer_test(test_dumb_init),
        peer_test(test_what_dumb_init_does_not_rewrite),
        peer_test(test_dumb_inits_environment),
        peer_test(test_catatonit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
