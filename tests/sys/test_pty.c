/* SPDX-License-Identifier: MIT */
/* Tests of sys/pty.h: a terminal of the devpts it was asked of, and of no other. */
#include "sys/pty.h"

#include "child.h"
#include "sys/mnt.h"

#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <termios.h>

/* A devpts of one's own, not mounted anywhere; the machine's where that may not be made. */
static int devpts(const char *options)
{
    int fd;

    be_root_in(CLONE_NEWNS);
    fd = mnt_create("devpts", "devpts", options, 0);
    if (fd == -ENODEV) {
        fd = open("/dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) {
            skip_because("no devpts: no file system of that name and no /dev/pts");
        }
    }
    return check_ok(fd);
}

#define OPTIONS "mode=0620,ptmxmode=0666"

static void open_one(void)
{
    int pts = devpts(OPTIONS);
    struct winsize size = {0};
    struct pty p = {-1, -1};
    char buf[16];
    int before = open_fds();

    check_is(pty_open(pts, 24, 80, &p), 0);
    check(is_cloexec(p.master) && is_cloexec(p.slave), "not CLOEXEC");
    check(isatty(p.slave) == 1, "the slave is no terminal");
    check_call(ioctl(p.slave, TIOCGWINSZ, &size));
    check(size.ws_row == 24 && size.ws_col == 80, "expected 24 × 80, got %d × %d", size.ws_row,
          size.ws_col);
    check_is(write(p.slave, "out", 3), 3);
    check_is(read(p.master, buf, sizeof(buf)), 3);
    check_is(write(p.master, "in\n", 3), 3);
    check_is(read(p.slave, buf, sizeof(buf)), 3);
    check(memcmp(buf, "in\n", 3) == 0, "the wrong bytes came");
    pty_finish(&p);
    check(p.master == -1 && p.slave == -1, "finished, but not forgotten");
    check_is(open_fds(), before);
    pty_finish(&p);
}

static void test_a_terminal_has_two_ends(void **state)
{
    (void)state;
    in_child(open_one);
}

static void open_of_size(void)
{
    static const uint16_t sizes[][2] = {{0, 0}, {1, 1}, {50, 132}, {UINT16_MAX, UINT16_MAX}};
    int pts = devpts(OPTIONS);

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct winsize size = {0};
        struct pty p;

        check_is(pty_open(pts, sizes[i][0], sizes[i][1], &p), 0);
        check_call(ioctl(p.slave, TIOCGWINSZ, &size));
        check(size.ws_row == sizes[i][0] && size.ws_col == sizes[i][1],
              "expected %d × %d, got %d × %d", sizes[i][0], sizes[i][1], size.ws_row, size.ws_col);
        pty_finish(&p);
    }
}

static void test_a_terminal_has_its_size_at_once(void **state)
{
    (void)state;
    in_child(open_of_size);
}

static void open_two(void)
{
    int pts = devpts(OPTIONS);
    struct pty a;
    struct pty b;
    struct stat sa;
    struct stat sb;

    check_is(pty_open(pts, 24, 80, &a), 0);
    check_is(pty_open(pts, 24, 80, &b), 0);
    check_call(fstat(a.slave, &sa));
    check_call(fstat(b.slave, &sb));
    check(sa.st_rdev != sb.st_rdev, "both are the same terminal");
    check(major(sa.st_rdev) == 136, "expected a device 136:n, got %u:n", major(sa.st_rdev));
}

static void test_two_terminals_are_two(void **state)
{
    (void)state;
    in_child(open_two);
}

static void become_controlling(void)
{
    int pts = devpts(OPTIONS);
    struct pty p;
    int other;

    check_is(pty_open(pts, 24, 80, &p), 0);
    check_is(pty_control(p.slave), -EPERM); // not a session leader yet
    check_call(setsid());
    check_is(open("/dev/tty", O_RDWR | O_CLOEXEC), -1);
    check_is(errno, ENXIO);
    pty_finish(&p);
    check_is(pty_open(pts, 24, 80, &p), 0);
    other = open("/dev/tty", O_RDWR | O_CLOEXEC);
    check(other < 0, "opening a terminal made it the controlling one");
    check_is(pty_control(p.slave), 0);
    check_is(tcgetsid(p.slave), getsid(0));
    check_call(open("/dev/tty", O_RDWR | O_CLOEXEC));
    check_is(pty_control(check_call(open("/dev/null", O_RDWR | O_CLOEXEC))), -ENOTTY);
}

static void test_only_a_session_leader_gets_a_controlling_terminal(void **state)
{
    (void)state;
    in_child(become_controlling);
}

static void run_out(void)
{
    int pts = devpts("max=1," OPTIONS);
    struct pty p = {-7, -7};
    struct pty q = {-7, -7};
    int before;

    if (pty_open(pts, 24, 80, &p) != 0) {
        skip_because("devpts does not count");
    }
    before = open_fds();
    check_is(pty_open(pts, 24, 80, &q), -ENOSPC);
    check_is(open_fds(), before);
    check(q.master == -7 && q.slave == -7, "a terminal that failed was returned");
    pty_finish(&p);
    check_is(pty_open(pts, 24, 80, &q), 0);
}

static void test_a_devpts_may_be_full(void **state)
{
    (void)state;
    in_child(run_out);
}

/* Expects that the scratch folder passes for no devpts. */
static void check_no_devpts(int expected)
{
    int dir = check_call(open(scratch, O_PATH | O_DIRECTORY | O_CLOEXEC));
    struct pty p = {-7, -7};
    int before = open_fds();

    check_is(pty_open(dir, 24, 80, &p), expected);
    check_is(open_fds(), before);
    check(p.master == -7 && p.slave == -7, "a terminal that failed was returned");
    check_call(close(dir));
}

static void ask_another_folder(void)
{
    struct pty p;

    check_call(chdir(scratch));
    check_no_devpts(-ENOENT);
    write_file("ptmx", "");
    check_no_devpts(-EXDEV);
    check_call(unlink("ptmx"));
    check_call(mkfifo("ptmx", 0666));
    check_no_devpts(-EXDEV); // and it does not wait for somebody to write
    check_call(unlink("ptmx"));
    check_call(symlink("/dev/pts/ptmx", "ptmx"));
    check_no_devpts(-ELOOP);
    check_call(unlink("ptmx"));
    check_call(symlink("file", "ptmx"));
    write_file("file", "");
    check_no_devpts(-ELOOP);
    check_is(pty_open(900, 24, 80, &p), -EBADF);
    check_is(pty_open(check_call(open("file", O_PATH | O_CLOEXEC)), 24, 80, &p), -ENOTDIR);
}

static void test_another_folder_is_no_devpts(void **state)
{
    (void)state;
    in_child(ask_another_folder);
}

/* A device node of that number opens the devpts beside it, not the one that was asked. */
static void ask_a_node(void)
{
    int pts;
    struct pty p;
    int r;

    if (geteuid() != 0 || chdir(scratch) < 0 || mknod("ptmx", S_IFCHR | 0666, makedev(5, 2)) < 0) {
        skip_because("only root makes device nodes");
    }
    r = pty_open(check_call(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)), 24, 80, &p);
    check(r < 0, "a terminal without a devpts"); // which error depends on what lies beside the node
    be_root_in(CLONE_NEWNS);
    check_is(mnt_make_private(), 0);
    pts = devpts(OPTIONS);
    check_call(mkdir("pts", 0755));
    check_is(mnt_attach(pts, check_call(open("pts", O_PATH | O_CLOEXEC)), ""), 0);
    check_is(pty_open(check_call(open(".", O_PATH | O_CLOEXEC)), 24, 80, &p), -EXDEV);
}

static void test_a_device_node_is_no_devpts(void **state)
{
    (void)state;
    in_child(ask_a_node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_terminal_has_two_ends),
        cmocka_unit_test(test_a_terminal_has_its_size_at_once),
        cmocka_unit_test(test_two_terminals_are_two),
        cmocka_unit_test(test_only_a_session_leader_gets_a_controlling_terminal),
        cmocka_unit_test(test_a_devpts_may_be_full),
        scratch_test(test_another_folder_is_no_devpts),
        scratch_test(test_a_device_node_is_no_devpts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
