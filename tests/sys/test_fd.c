/* SPDX-License-Identifier: MIT */
/* Tests of sys/fd.h: what is open where, and that nothing else is. */
#include "sys/fd.h"

#include "child.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/time.h>

static bool is_null_device(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

/* A new file at exactly this number, CLOEXEC or not. */
static void put_file_at(int at, int flags)
{
    int fd = check_call(memfd_create("a file of its own", MFD_CLOEXEC));

    if (fd == at) {
        check_call(fcntl(fd, F_SETFD, (flags & O_CLOEXEC) != 0 ? FD_CLOEXEC : 0));
        return;
    }
    check_call(dup3(fd, at, flags));
    check_call(close(fd));
}

static void test_close_forgets_and_keeps_errno(void **state)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int number = fd;

    (void)state;
    assert_true(fd >= 0);
    errno = EXDEV;
    fd_close(&fd);
    assert_int_equal(fd, -1);
    assert_false(is_open(number));
    errno = EXDEV;
    fd_close(&fd);
    assert_int_equal(fd, -1);
    assert_int_equal(errno, EXDEV);
    fd = 1000000; // close(2) fails
    fd_close(&fd);
    assert_int_equal(fd, -1);
    assert_int_equal(errno, EXDEV);
}

static int scope(bool take, int *ret_number)
{
    int fd FD_CLEANUP = open("/dev/null", O_RDONLY | O_CLOEXEC);

    *ret_number = fd;
    return take ? TAKE_FD(fd) : -1;
}

static void test_a_scope_closes_what_it_did_not_give_away(void **state)
{
    int number;
    int fd;

    (void)state;
    (void)scope(false, &number);
    assert_true(number >= 0);
    assert_false(is_open(number));
    fd = scope(true, &number);
    assert_int_equal(fd, number);
    assert_true(is_open(fd));
    fd_close(&fd);
}

static void test_pipe(void **state)
{
    char c = 0;
    int ends[2];

    (void)state;
    assert_int_equal(fd_pipe(ends), 0);
    assert_true(is_cloexec(ends[0]) && is_cloexec(ends[1]));
    assert_false(is_nonblocking(ends[0]) || is_nonblocking(ends[1]));
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(read(ends[0], &c, 1), 1);
    assert_int_equal(c, 'x');
    fd_close(&ends[0]);
    fd_close(&ends[1]);
}

static void pipe_without_room(void)
{
    struct rlimit limit = {.rlim_cur = 3, .rlim_max = 3};
    int ends[2] = {-7, -7};

    check_call(setrlimit(RLIMIT_NOFILE, &limit));
    check_is(fd_pipe(ends), -EMFILE);
    check(ends[0] == -7 && ends[1] == -7, "a pipe that failed was returned");
}

static void test_a_pipe_that_fails_returns_nothing(void **state)
{
    (void)state;
    in_child(pipe_without_room);
}

#define ORIGINALS 20 /* descriptors 20 … 22 keep what 0 … 2 were */

/* Expects that descriptor `at` is what `source` was before the call. */
static void check_stdio(const int *from, int at)
{
    int source = from[at] >= 0 && from[at] < 3 ? ORIGINALS + from[at] : from[at];

    check(source < 0 ? is_null_device(at) : same_file(at, source),
          "from %d %d %d: descriptor %d is the wrong file", from[0], from[1], from[2], at);
    check(!is_cloexec(at), "from %d %d %d: descriptor %d is CLOEXEC", from[0], from[1], from[2],
          at);
}

static void every_arrangement(void)
{
    static const int sources[] = {-1, 0, 1, 2, 5, 6, 7};
    size_t n = COUNT_OF(sources);
    int before;

    for (int i = 0; i < 3; i++) {
        put_file_at(ORIGINALS + i, O_CLOEXEC);
        put_file_at(5 + i, i == 1 ? 0 : O_CLOEXEC);
    }
    for (size_t c = 0; c < n * n * n; c++) {
        int from[3] = {sources[c % n], sources[c / n % n], sources[c / n / n]};

        for (int i = 0; i < 3; i++) {
            check_call(dup3(ORIGINALS + i, i, O_CLOEXEC));
        }
        before = open_fds();
        check_is(fd_to_stdio(from), 0);
        for (int i = 0; i < 3; i++) {
            check_stdio(from, i);
            check(is_open(5 + i), "a source was closed");
            check(is_cloexec(5 + i) == (i != 1), "a source's CLOEXEC has changed");
        }
        check_is(open_fds(), before);
    }
}

static void test_stdio_from_every_arrangement(void **state)
{
    (void)state;
    in_child(every_arrangement);
}

static void stdio_was_closed(void)
{
    for (unsigned closed = 1; closed < 8; closed++) {
        static const int from[][3] = {{5, 6, 7}, {7, 5, 6}, {-1, 6, -1}, {-1, -1, -1}};

        for (size_t c = 0; c < COUNT_OF(from); c++) {
            for (int i = 0; i < 3; i++) {
                put_file_at(5 + i, O_CLOEXEC);
            }
            for (int i = 0; i < 3; i++) {
                put_file_at(i, 0);
            }
            for (int i = 0; i < 3; i++) {
                if ((closed >> i & 1) != 0) {
                    check_call(close(i));
                }
            }
            check_is(fd_to_stdio(from[c]), 0);
            for (int i = 0; i < 3; i++) {
                check_stdio(from[c], i);
            }
        }
    }
}

static void test_stdio_where_it_was_closed(void **state)
{
    (void)state;
    in_child(stdio_was_closed);
}

static void stdio_from_nothing(void)
{
    static const int from[3] = {0, 900, 1};
    int before = open_fds();

    check_is(fd_to_stdio(from), -EBADF);
    check_is(open_fds(), before);
}

static void test_stdio_from_a_closed_descriptor(void **state)
{
    (void)state;
    in_child(stdio_from_nothing);
}

static void fill_every_gap(void)
{
    for (unsigned closed = 0; closed < 8; closed++) {
        for (int i = 0; i < 3; i++) {
            put_file_at(i, 0);
        }
        for (int i = 0; i < 3; i++) {
            if ((closed >> i & 1) != 0) {
                check_call(close(i));
            }
        }
        check_is(fd_fill_stdio(), 0);
        for (int i = 0; i < 3; i++) {
            check(is_open(i), "%d is closed", i);
            check(is_null_device(i) == ((closed >> i & 1) != 0), "%d is the wrong file", i);
            check(!is_cloexec(i), "%d is CLOEXEC", i);
        }
    }
}

static void test_fill_stdio_opens_what_is_closed(void **state)
{
    (void)state;
    in_child(fill_every_gap);
}

static void cloexec_from_six(void)
{
    for (int fd = 3; fd < 10; fd++) {
        put_file_at(fd, fd == 8 ? O_CLOEXEC : 0);
    }
    put_file_at(500, 0);
    check_is(fd_cloexec_from(6), 0);
    for (int fd = 0; fd < 10; fd++) {
        check(is_cloexec(fd) == (fd >= 6), "%d: CLOEXEC is %d", fd, is_cloexec(fd));
    }
    check(is_cloexec(500), "500 is not CLOEXEC");
    check_is(fd_cloexec_from(100000), 0);
}

static void test_cloexec_from(void **state)
{
    (void)state;
    in_child(cloexec_from_six);
}

static void check_only(const int *keep, size_t count)
{
    for (int fd = 0; fd < 600; fd++) {
        bool kept = fd < 3;

        for (size_t i = 0; i < count; i++) {
            kept = kept || keep[i] == fd;
        }
        check(is_open(fd) == kept, "%d is %s", fd, kept ? "closed" : "open");
    }
}

static void keep_some(void)
{
    static const int cases[][6] = {
        {-1, -1, -1, -1, -1, -1}, {3, 4, 5, 6, 7, 8},    {8, 7, 6, 5, 4, 3},
        {500, -1, 5, 5, 0, 2},    {9, 3, -1, 500, 1, 9}, {-1, 500, -1, 500, -1, 499},
    };

    for (size_t c = 0; c < COUNT_OF(cases); c++) {
        int keep[6];

        for (int fd = 0; fd < 10; fd++) {
            put_file_at(fd, 0);
        }
        put_file_at(499, 0);
        put_file_at(500, 0);
        put_file_at(501, 0);
        memcpy(keep, cases[c], sizeof(keep));
        fd_close_all_but(keep, COUNT_OF(keep));
        check_only(cases[c], COUNT_OF(keep));
    }
    put_file_at(3, 0);
    put_file_at(599, 0);
    fd_close_all_but(NULL, 0);
    check_only(NULL, 0);
}

static void test_close_all_but(void **state)
{
    (void)state;
    in_child(keep_some);
}

static void open_anew(void)
{
    int proc = check_call(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    int ends[2];
    int again;
    int file;
    char byte;

    check_call(chdir(scratch));
    check_is(fd_pipe(ends), 0);
    again = check_ok(fd_reopen(proc, ends[0], O_RDONLY | O_NONBLOCK));
    check(again != ends[0] && same_file(again, ends[0]), "the same pipe");
    check(is_cloexec(again) && is_nonblocking(again), "with its flags, and CLOEXEC");
    check(!is_nonblocking(ends[0]), "the other description keeps its own");
    check(read(again, &byte, 1) == -1 && errno == EAGAIN, "nothing to read yet");
    write_file("file", "abc");
    file = check_call(open("file", O_RDONLY | O_CLOEXEC));
    check_is(read(file, &byte, 1), 1);
    check_call(unlink("file")); // by descriptor, not by name
    check_call(dup3(file, 789, O_CLOEXEC));
    again = check_ok(fd_reopen(proc, 789, O_RDWR));
    check(read(again, &byte, 1) == 1 && byte == 'a', "with a position of its own");
    check(write(again, "x", 1) == 1, "and to write");
    check_is(fd_reopen(proc, 900, O_RDONLY), -ENOENT);
    check_is(fd_reopen(proc, -1, O_RDONLY), -EBADF);
    check_is(fd_reopen(-1, file, O_RDONLY), -ENOENT);
    check_is(fd_reopen(check_call(open(".", O_PATH | O_CLOEXEC)), file, O_RDONLY), -ENOENT);
}

static void test_a_description_is_opened_anew(void **state)
{
    (void)state;
    in_child(open_anew);
}

static void kinds_of_pipes(void)
{
    int ends[2];
    int sockets[2];
    int fifo;
    int file;

    check_call(chdir(scratch));
    check_is(fd_pipe(ends), 0);
    check(fd_is_anonymous_pipe(ends[0]) && fd_is_anonymous_pipe(ends[1]), "a pipe is one");
    check_call(mkfifo("fifo", 0600));
    fifo = check_call(open("fifo", O_RDWR | O_CLOEXEC));
    check(!fd_is_anonymous_pipe(fifo), "a fifo has a name");
    fifo = check_call(open("fifo", O_PATH | O_CLOEXEC));
    check(!fd_is_anonymous_pipe(fifo), "a fifo's O_PATH descriptor has a name");
    write_file("file", "");
    file = check_call(open("file", O_RDWR | O_CLOEXEC));
    check(!fd_is_anonymous_pipe(file), "a file is no pipe");
    check_call(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
    check(!fd_is_anonymous_pipe(sockets[0]), "a socket is no pipe");
    check(!fd_is_anonymous_pipe(check_call(open("/dev/null", O_RDWR | O_CLOEXEC))),
          "a device is no pipe");
    check(!fd_is_anonymous_pipe(check_call(open(".", O_RDONLY | O_CLOEXEC))),
          "a directory is no pipe");
    check(!fd_is_anonymous_pipe(-1) && !fd_is_anonymous_pipe(900), "nothing is no pipe");
}

static void test_only_a_pipe_without_name_is_anonymous(void **state)
{
    (void)state;
    in_child(kinds_of_pipes);
}

#define ALL_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static void test_sealed_memory_holds_its_content(void **state)
{
    static const char content[] = "some\0content";
    char got[64];
    int fd = fd_sealed_memfd("test", content, sizeof(content), false);

    (void)state;
    assert_true(fd >= 0);
    assert_true(is_cloexec(fd));
    assert_int_equal(pread(fd, got, sizeof(got), 0), sizeof(content));
    assert_memory_equal(got, content, sizeof(content));
    fd_close(&fd);
}

static void expect_refused(long r, const char *what)
{
    if (r >= 0 || (errno != EPERM && errno != EACCES)) {
        fail_msg("%s: expected to be refused, got %ld (%s)", what, r, strerror(errno));
    }
}

static void test_sealed_memory_cannot_be_changed(void **state)
{
    (void)state;
    for (int executable = 0; executable <= 1; executable++) {
        char path[32];
        int fd = fd_sealed_memfd("test", "content", 7, executable != 0);
        int again;
        void *map;

        assert_true(fd >= 0);
        expect_refused(pwrite(fd, "x", 1, 0), "write");
        expect_refused(pwrite(fd, "x", 1, 7), "append");
        expect_refused(ftruncate(fd, 0), "shrink");
        expect_refused(ftruncate(fd, 8), "grow");
        expect_refused(fallocate(fd, 0, 0, 100), "allocate");
        expect_refused(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096),
                       "punch a hole");
        expect_refused(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), "add a seal");
        map = mmap(NULL, 7, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        expect_refused(map == MAP_FAILED ? -1 : 0, "map to write");
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        again = open(path, O_RDWR | O_CLOEXEC);
        if (again >= 0) {
            expect_refused(pwrite(again, "x", 1, 0), "write after opening again");
            fd_close(&again);
        }
        assert_int_equal(fcntl(fd, F_GET_SEALS) & ALL_SEALS, ALL_SEALS);
        fd_close(&fd);
    }
}

static void test_only_executable_memory_may_be_executed(void **state)
{
    struct stat st;
    int fd = fd_sealed_memfd("test", "", 0, true);
    int plain = (int)syscall(SYS_memfd_create, "probe", 0x0008U /* MFD_NOEXEC_SEAL */);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 0111, 0111);
    fd_close(&fd);
    if (plain < 0) {
        return; // before Linux 6.3 all of them may be
    }
    fd_close(&plain);
    fd = fd_sealed_memfd("test", "", 0, false);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 0111, 0);
    expect_refused(fchmod(fd, 0755), "make it executable");
    fd_close(&fd);
}

static void test_a_memfd_that_fails_leaves_nothing(void **state)
{
    char name[300];
    int before = open_fds();

    (void)state;
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = 0; // memfd_create(2): at most 249 bytes
    assert_int_equal(fd_sealed_memfd(name, "", 0, false), -EINVAL);
    assert_int_equal(open_fds(), before);
}

static void test_sealed_size(void **state)
{
    static const char content[100];
    int empty = fd_sealed_memfd("test", NULL, 0, false);
    int fd = fd_sealed_memfd("test", content, sizeof(content), false);

    (void)state;
    assert_true(fd >= 0 && empty >= 0);
    assert_int_equal(fd_sealed_size(fd, SIZE_MAX), 100);
    assert_int_equal(fd_sealed_size(fd, 101), 100);
    assert_int_equal(fd_sealed_size(fd, 100), 100);
    assert_int_equal(fd_sealed_size(fd, 99), -EFBIG);
    assert_int_equal(fd_sealed_size(fd, 0), -EFBIG);
    assert_int_equal(fd_sealed_size(empty, 0), 0);
    fd_close(&fd);
    fd_close(&empty);
}

static void expect_size(int fd, long expected, const char *what)
{
    long r = fd_sealed_size(fd, 4096);

    if (r != expected) {
        fail_msg("%s: expected %ld, got %ld", what, expected, r);
    }
}

static void test_only_a_memfd_with_all_seals_is_sealed(void **state)
{
    int ends[2];
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    (void)state;
    for (unsigned seals = 0; seals <= ALL_SEALS; seals++) {
        int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

        assert_true(fd >= 0);
        assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
        expect_size(fd, seals == ALL_SEALS ? 0 : -EPERM, "a memfd with some seals");
        fd_close(&fd);
    }
    assert_int_equal(fd_pipe(ends), 0);
    expect_size(ends[0], -EPERM, "a pipe");
    expect_size(file, -EPERM, "a file");
    expect_size(-1, -EPERM, "nothing");
    fd_close(&ends[0]);
    fd_close(&ends[1]);
    fd_close(&file);
}

/* Reads 100 bytes into a room of `cap`. */
static void expect_read(size_t cap, bool in_room)
{
    uint8_t content[100];
    uint8_t room[128];
    struct slice got = {NULL, 0};
    int fd;

    for (size_t i = 0; i < sizeof(content); i++) {
        content[i] = (uint8_t)(i + 1);
    }
    fd = fd_sealed_memfd("test", content, sizeof(content), false);
    assert_true(fd >= 0);
    memset(room, 0, sizeof(room));
    assert_int_equal(fd_read_sealed(fd, room, cap, SIZE_MAX, &got), 0);
    assert_int_equal(got.len, sizeof(content));
    assert_memory_equal(got.data, content, sizeof(content));
    assert_true((got.data == room) == in_room);
    if (!in_room) {
        assert_int_equal(room[0], 0);
        assert_int_equal(munmap((void *)(uintptr_t)got.data, got.len), 0);
    }
    assert_int_equal(fd_read_sealed(fd, room, cap, 99, &got), -EFBIG);
    fd_close(&fd);
}

static void test_sealed_memory_is_read_into_room_where_it_fits(void **state)
{
    struct slice got = {NULL, 0};
    uint8_t room[128];
    int empty = fd_sealed_memfd("test", NULL, 0, false);
    int open_fd = fd_memfd("test", false);

    (void)state;
    expect_read(128, true);
    expect_read(100, true);
    expect_read(99, false);
    expect_read(0, false);
    assert_int_equal(fd_read_sealed(empty, room, sizeof(room), SIZE_MAX, &got), -EBADMSG);
    assert_int_equal(fd_write_all(open_fd, "x", 1), 0);
    assert_int_equal(fd_read_sealed(open_fd, room, sizeof(room), SIZE_MAX, &got), -EPERM);
    assert_int_equal(fd_fill_sealed(open_fd, "yz", 2), 0); // behind what was written before
    assert_int_equal(fd_read_sealed(open_fd, room, sizeof(room), SIZE_MAX, &got), 0);
    assert_memory_equal(got.data, "xyz", 3);
    assert_int_equal(fd_fill_sealed(open_fd, "more", 4), -EPERM);
    fd_close(&empty);
    fd_close(&open_fd);
}

#define MUCH (4u << 20) /* bytes, many times what a pipe holds */

static void on_alarm(int number)
{
    (void)number;
}

/* Reads all there is and checks that it counts from 0. */
static void read_counting(int fd)
{
    static uint8_t buf[65536];
    size_t total = 0;
    ssize_t n;

    while ((n = read(fd, buf, sizeof(buf))) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            check(buf[i] == (uint8_t)((total + (size_t)i) % 251), "a byte was lost or doubled");
        }
        total += (size_t)n;
    }
    check(n == 0 && total == MUCH, "expected %u bytes, got %zu", MUCH, total);
    _exit(0);
}

static void write_while_interrupted(void)
{
    static uint8_t data[MUCH];
    struct sigaction action = {.sa_handler = on_alarm}; // no SA_RESTART: write(2) says EINTR
    struct itimerval often = {.it_interval = {.tv_usec = 200}, .it_value = {.tv_usec = 200}};
    int ends[2];
    int status;
    pid_t reader;

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i % 251);
    }
    check_is(fd_pipe(ends), 0);
    reader = check_call(fork());
    if (reader == 0) {
        check_call(close(ends[1]));
        read_counting(ends[0]);
    }
    check_call(sigaction(SIGALRM, &action, NULL));
    check_call(setitimer(ITIMER_REAL, &often, NULL));
    check_is(fd_write_all(ends[1], data, sizeof(data)), 0);
    check_call(close(ends[1]));
    memset(&often, 0, sizeof(often));
    check_call(setitimer(ITIMER_REAL, &often, NULL));
    check(waitpid(reader, &status, 0) == reader && WIFEXITED(status), "the reader has died");
    if (WEXITSTATUS(status) != 0) {
        _exit(WEXITSTATUS(status)); // its words are in child_text
    }
}

static void test_write_all_survives_interruptions(void **state)
{
    (void)state;
    in_child(write_while_interrupted);
}

static void write_to_trouble(void)
{
    static const uint8_t data[MUCH];
    int ends[2];

    (void)signal(SIGPIPE, SIG_IGN);
    check_is(fd_pipe(ends), 0);
    check_is(fd_write_all(900, "x", 1), -EBADF);
    check_is(fd_write_all(900, NULL, 0), 0);
    check_is(fd_write_all(ends[0], "x", 1), -EBADF);
    check_call(fcntl(ends[1], F_SETFL, O_NONBLOCK));
    check_is(fd_write_all(ends[1], data, sizeof(data)), -EAGAIN);
    check_call(close(ends[0]));
    check_is(fd_write_all(ends[1], "x", 1), -EPIPE);
    check_is(fd_write_all(check_call(open("/dev/full", O_WRONLY | O_CLOEXEC)), "x", 1), -ENOSPC);
}

static void test_write_all_says_what_went_wrong(void **state)
{
    (void)state;
    in_child(write_to_trouble);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_close_forgets_and_keeps_errno),
        cmocka_unit_test(test_a_scope_closes_what_it_did_not_give_away),
        cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_a_pipe_that_fails_returns_nothing),
        cmocka_unit_test(test_stdio_from_every_arrangement),
        cmocka_unit_test(test_stdio_where_it_was_closed),
        cmocka_unit_test(test_stdio_from_a_closed_descriptor),
        cmocka_unit_test(test_fill_stdio_opens_what_is_closed),
        cmocka_unit_test(test_cloexec_from),
        cmocka_unit_test(test_close_all_but),
        scratch_test(test_a_description_is_opened_anew),
        scratch_test(test_only_a_pipe_without_name_is_anonymous),
        cmocka_unit_test(test_sealed_memory_holds_its_content),
        cmocka_unit_test(test_sealed_memory_cannot_be_changed),
        cmocka_unit_test(test_only_executable_memory_may_be_executed),
        cmocka_unit_test(test_a_memfd_that_fails_leaves_nothing),
        cmocka_unit_test(test_sealed_size),
        cmocka_unit_test(test_only_a_memfd_with_all_seals_is_sealed),
        cmocka_unit_test(test_sealed_memory_is_read_into_room_where_it_fits),
        cmocka_unit_test(test_write_all_survives_interruptions),
        cmocka_unit_test(test_write_all_says_what_went_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
