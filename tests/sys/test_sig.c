/* SPDX-License-Identifier: MIT */
/* Tests of sys/sig.h: what a child gets is what its parent had, for all 64 signals. */
#include "sys/sig.h"

#include "child.h"

#define BIT(n) (UINT64_C(1) << ((n)-1))

/* All that can be blocked or ignored at all: not SIGKILL, not SIGSTOP. */
#define ALL_SIGNALS (~(BIT(SIGKILL) | BIT(SIGSTOP)))

/* What the C library keeps to itself, and what whoever started this test may have left ignored. */
#define LIBRARY (BIT(32) | BIT(33))

/* The system calls themselves, for all 64. */
static void block_exactly(uint64_t mask)
{
    check_call(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask)));
}

static void ignore(int number)
{
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        uint64_t mask;
    } action = {.handler = SIG_IGN};

    check_call(syscall(SYS_rt_sigaction, number, &action, NULL, sizeof(action.mask)));
}

static void check_bits(const char *name, uint64_t expected)
{
    uint64_t got = status_bits(name);

    check(got == expected, "%s: expected %016llx, got %016llx", name, (unsigned long long)expected,
          (unsigned long long)got);
}

static const uint64_t masks[] = {
    0, BIT(SIGUSR1) | BIT(34) | BIT(64), BIT(32) | BIT(33), BIT(1), ALL_SIGNALS,
};

static void take_over_and_give_back(void)
{
    for (size_t i = 0; i < COUNT_OF(masks); i++) {
        struct sig_inherited inherited;

        memset(&inherited, 0xff, sizeof(inherited));
        block_exactly(masks[i]);
        sig_take_over(&inherited);
        check(inherited.mask == masks[i], "expected mask %016llx, got %016llx",
              (unsigned long long)masks[i], (unsigned long long)inherited.mask);
        check(inherited.ignored == 0, "SIGCHLD was not ignored");
        check_bits("SigBlk", ALL_SIGNALS);
        sig_give_back(&inherited);
        check_bits("SigBlk", masks[i]);
        check((status_bits("SigIgn") & BIT(SIGCHLD)) == 0, "SIGCHLD is ignored");
    }
}

static void test_the_mask_comes_back(void **state)
{
    (void)state;
    in_child(take_over_and_give_back);
}

static void sigchld_was_ignored(void)
{
    struct sig_inherited inherited;
    uint64_t before;
    pid_t pid;

    ignore(SIGCHLD);
    ignore(SIGHUP);
    ignore(34);
    before = status_bits("SigIgn");
    sig_take_over(&inherited);
    check(inherited.ignored == UINT64_C(1) << (SIGCHLD - 1), "SIGCHLD was ignored");
    check_bits("SigIgn", before & ~BIT(SIGCHLD)); // the others pass through fork and exec
    pid = check_call(fork());
    if (pid == 0) {
        sig_give_back(&inherited);
        check_bits("SigIgn", before);
        check_bits("SigBlk", 0);
        _exit(0);
    }
    check_is(child_wait(pid), 0); // waitpid(2) finds it: nothing was reaped unseen
}

static void test_an_ignored_sigchld_is_taken_and_given_back(void **state)
{
    (void)state;
    in_child(sigchld_was_ignored);
}

static void reset_all(void)
{
    struct sig_inherited inherited;

    block_exactly(BIT(SIGUSR1) | BIT(34));
    for (int n = 1; n <= 31; n++) {
        if (n != SIGKILL && n != SIGSTOP) {
            ignore(n);
        }
    }
    for (int n = SIGRTMIN; n <= 64; n++) {
        ignore(n);
    }
    check((status_bits("SigIgn") | LIBRARY) == ALL_SIGNALS, "not all are ignored");
    sig_take_over(&inherited);
    sig_reset(&inherited);
    check((status_bits("SigIgn") & ~LIBRARY) == 0, "%016llx are still ignored",
          (unsigned long long)status_bits("SigIgn"));
    check_bits("SigCgt", 0);
    check_bits("SigBlk", ALL_SIGNALS); // until it is given back
    check(inherited.mask == 0 && inherited.ignored == 0, "something is inherited");
    sig_give_back(&inherited);
    check((status_bits("SigIgn") & ~LIBRARY) == 0, "something is ignored again");
    check_bits("SigBlk", 0);
}

static void test_a_reset_leaves_nothing(void **state)
{
    (void)state;
    in_child(reset_all);
}

/* Expects that no more than these signals wait, in this order. */
static void expect_waiting(int fd, const int *numbers, int count)
{
    for (int taken = 0; taken < count;) {
        int got[SIG_BATCH];
        int n = sig_read(fd, got);

        check_is(n, count - taken < SIG_BATCH ? count - taken : SIG_BATCH);
        for (int i = 0; i < n; i++) {
            check_is(got[i], numbers[taken + i]);
        }
        taken += n;
    }
    check_is(sig_read(fd, (int[SIG_BATCH]){0}), 0);
}

static void expect_one(int fd, int number)
{
    expect_waiting(fd, &number, 1);
}

static void read_signals(void)
{
    static const int numbers[] = {SIGHUP,  SIGINT, SIGTERM, SIGUSR1, SIGCHLD, SIGCONT, SIGSEGV,
                                  SIGTSTP, SIGSYS, 32,      33,      34,      35,      64};
    struct sig_inherited inherited;
    int fd;

    sig_take_over(&inherited);
    fd = check_ok(sig_open());
    check(is_cloexec(fd) && is_nonblocking(fd), "the descriptor's flags");
    expect_waiting(fd, NULL, 0);
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        check_call(kill(getpid(), numbers[i]));
        expect_one(fd, numbers[i]);
    }
}

static void test_every_signal_can_be_read(void **state)
{
    (void)state;
    in_child(read_signals);
}

static void read_many(void)
{
    static const int waiting[] = {SIGTERM, 34, 34, 34, 34, 34, 35, 36};
    struct sig_inherited inherited;
    int fd;

    sig_take_over(&inherited);
    fd = check_ok(sig_open());
    for (int i = 0; i < 5; i++) {
        check_call(kill(getpid(), SIGTERM)); // counts once
        check_call(kill(getpid(), 34));      // queued
    }
    check_call(kill(getpid(), 36));
    check_call(kill(getpid(), 35)); // the lower number first: signal(7)
    expect_waiting(fd, waiting, COUNT_OF(waiting));
    for (int i = 0; i < SIG_BATCH; i++) { // a whole batch, and no more
        check_call(kill(getpid(), 34));
    }
    expect_waiting(fd, waiting + 1, SIG_BATCH);
}

static void test_signals_wait_their_turn(void **state)
{
    (void)state;
    in_child(read_many);
}

/* What sig.h relies on: a blocked signal is queued even where it is ignored. */
static void read_ignored(void)
{
    struct sig_inherited inherited;
    int fd;

    ignore(SIGUSR1);
    ignore(34);
    sig_take_over(&inherited);
    fd = check_ok(sig_open());
    check_call(kill(getpid(), SIGUSR1));
    check_call(kill(getpid(), 34));
    expect_waiting(fd, (const int[]){SIGUSR1, 34}, 2);
}

static void test_an_ignored_signal_can_be_read(void **state)
{
    (void)state;
    in_child(read_ignored);
}

static void read_from_no_signalfd(void)
{
    int numbers[SIG_BATCH] = {-7};

    check_is(sig_read(900, numbers), -EBADF);
    check_is(sig_read(check_call(open("/dev/null", O_RDONLY | O_CLOEXEC)), numbers), -EIO);
    check_is(numbers[0], -7);
}

static void test_reading_from_something_else_fails(void **state)
{
    (void)state;
    in_child(read_from_no_signalfd);
}

static void reset_private(void)
{
    struct sig_inherited inherited;

    ignore(32);
    ignore(33);
    sig_reset(&inherited);
    check_bits("SigIgn", 0);
}

/*
 * The C library refuses to set its own signals (in musl also 34, everybody else's SIGRTMIN), and
 * glibc's posix_spawn(3), by which make starts us, leaves 32 and 33 ignored.
 */
static void test_03_a_reset_left_the_c_librarys_signals_ignored(void **state)
{
    (void)state;
    in_child(reset_private);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_mask_comes_back),
        cmocka_unit_test(test_an_ignored_sigchld_is_taken_and_given_back),
        cmocka_unit_test(test_a_reset_leaves_nothing),
        cmocka_unit_test(test_every_signal_can_be_read),
        cmocka_unit_test(test_signals_wait_their_turn),
        cmocka_unit_test(test_an_ignored_signal_can_be_read),
        cmocka_unit_test(test_reading_from_something_else_fails),
        cmocka_unit_test(test_03_a_reset_left_the_c_librarys_signals_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
