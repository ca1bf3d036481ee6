/* SPDX-License-Identifier: MIT */
/* Tests of glue/logout.h: what the real log worker writes to stdout, killed at any moment, and read slowly. */
#include "logging.h"

#include "sys/fd.h"
#include "sys/pty.h"

#include <termios.h>

#define NUMBERED 20000 /* lines of each service */
#define KILLS 100

static void write_lines(uint32_t index)
{
    for (int i = 0; i < NUMBERED; i++) {
        char line[96];

        put(line, (size_t)snprintf(line, sizeof(line), "%u %d %.*s\n", index, i, i % 61,
                                   "............................................................"));
        if (i % 50 == 0) {
            (void)poll(NULL, 0, 1);
        }
    }
}

/* Each line of each service once, in order. */
static void check_lines(char *text)
{
    int next[SERVICES] = {0};

    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        unsigned who;
        int number;
        int at = 0;

        check(sscanf(line, "%u %d %n", &who, &number, &at) == 2 && at > 0 && who < SERVICES &&
                  strlen(line + at) == (size_t)(number % 61),
              "this is no line: \"%.90s\"", line);
        check(number == next[who], "service %u: line %d where %d was to come", who, number,
              next[who]);
        next[who]++;
    }
    for (unsigned i = 0; i < SERVICES; i++) {
        check_is(next[i], NUMBERED);
    }
}

static void kill_while(pid_t pid[SERVICES])
{
    msec_t end = clock_monotonic() + LIMIT_MS;
    unsigned seed = (unsigned)clock_micro();
    int left = SERVICES;

    for (int kills = 0; left > 0 || kills < KILLS; kills++) {
        struct timespec pause = {.tv_nsec = (long)((seed >> 16) % 3000) * 1000};

        seed = seed * 1103515245 + 12345;
        check(clock_monotonic() < end, "after %d kills %d services are there", kills, left);
        (void)ppoll(NULL, 0, &pause, NULL); // the random moment
        check_call(kill(services.logger.pid, SIGKILL));
        reap_and_renew();
        for (uint32_t i = 0; i < SERVICES; i++) {
            int status;

            if (pid[i] > 0 && waitpid(pid[i], &status, WNOHANG) == pid[i]) {
                check(status == 0, "service %u failed: %.900s", i, strdup(child_text));
                pid[i] = 0;
                left--;
            }
        }
    }
}

static void write_and_kill(void)
{
    pid_t pid[SERVICES];

    for (uint32_t i = 0; i < SERVICES; i++) {
        pid[i] = service(i, write_lines);
    }
    kill_while(pid);
    end_worker();
    check(services.logger.stage[0] >= 0, "there was no stage");
    close_out();
}

/* A child that reads it to its end into a file, which is returned. */
static pid_t reader_of(int from, int *ret_file)
{
    pid_t pid;

    *ret_file = check_ok(fd_memfd("test", false));
    pid = check_call(fork());
    if (pid == 0) {
        char buf[5000];
        ssize_t n;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        close_out();
        while ((n = read(from, buf, sizeof(buf))) > 0) {
            check_ok(fd_write_all(*ret_file, buf, (size_t)n));
        }
        check(n == 0 || errno == EIO, "it cannot be read: %s",
              strerror(errno)); // EIO: a terminal's end
        _exit(0);
    }
    return pid;
}

static char *text_of(int file)
{
    check_call(lseek(file, 0, SEEK_SET));
    return read_out(file);
}

static void killed_to_a_file(void)
{
    int file = check_ok(fd_memfd("test", false));

    begin(check_call(dup(file)));
    write_and_kill();
    check_lines(text_of(file));
}

static void killed_to_a_pipe(void)
{
    int out[2];
    int file;
    pid_t reader;

    begin(pipe_out(out));
    reader = reader_of(out[0], &file);
    write_and_kill();
    must_end(reader);
    check_lines(text_of(file));
}

/* The worker may not open the pipe anew: it is somebody else's. */
static void killed_to_a_shared_pipe(void)
{
    int proc = check_call(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    int out[2];
    int file;
    pid_t reader;

    begin_with(pipe_out(out), -1);
    in.proc_fd = -1;
    reader = reader_of(out[0], &file);
    write_and_kill();
    check((fcntl(out[0], F_GETFL) & O_NONBLOCK) == 0, "O_NONBLOCK was set on a shared description");
    must_end(reader);
    (void)close(proc);
    check_lines(text_of(file));
}

static void killed_to_a_terminal(void)
{
    int devpts = check_call(open("/dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC));
    struct termios t;
    struct pty pty;
    int file;
    pid_t reader;

    check_ok(pty_open(devpts, 24, 80, &pty));
    check_call(tcgetattr(pty.slave, &t));
    cfmakeraw(&t);
    check_call(tcsetattr(pty.slave, TCSANOW, &t));
    begin(pty.slave);
    reader = reader_of(pty.master, &file);
    write_and_kill();
    must_end(reader);
    check_lines(text_of(file));
}

static void test_killed_to_a_file_every_line_is_there_once(void **state)
{
    (void)state;
    in_child(killed_to_a_file);
}

static void test_killed_to_a_pipe_every_line_is_there_once(void **state)
{
    (void)state;
    in_child(killed_to_a_pipe);
}

static void test_killed_to_a_shared_pipe_every_line_is_there_once(void **state)
{
    (void)state;
    in_child(killed_to_a_shared_pipe);
}

static void test_killed_to_a_terminal_every_line_is_there_once(void **state)
{
    (void)state;
    in_child(killed_to_a_terminal);
}

/* Writing to a memfd does not lock its position. */
static int real_file(void)
{
    char path[] = "/tmp/test_logout.XXXXXX";
    int file = check_call(mkstemp(path));

    check_call(unlink(path));
    return file;
}

/* Without a stage: splice(2) does not append. No line is missing, and that is all. */
static void killed_to_an_appended_file(void)
{
    int file = real_file();
    bool seen[SERVICES][NUMBERED] = {{false}};
    char *text;

    check_call(fcntl(file, F_SETFL, O_APPEND));
    begin(check_call(dup(file)));
    write_and_kill();
    text = text_of(file);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        unsigned who;
        int number;

        if (sscanf(line, "%u %d ", &who, &number) == 2 && who < SERVICES && number < NUMBERED) {
            seen[who][number] = true;
        }
    }
    for (unsigned i = 0; i < SERVICES * NUMBERED; i++) {
        check(seen[i / NUMBERED][i % NUMBERED], "line %u of service %u is missing", i % NUMBERED,
              i / NUMBERED);
    }
}

static void test_killed_to_an_appended_file_no_line_is_missing(void **state)
{
    (void)state;
    in_child(killed_to_an_appended_file);
}

/* Somebody else has the same description, as a main command has: what both write is there. */
static void shared_file(void)
{
    int file = real_file();
    unsigned own = 0;
    pid_t other;
    char *text;

    begin(check_call(dup(file)));
    other = check_call(fork());
    if (other == 0) {
        for (int i = 0; i < NUMBERED; i++) {
            char line[32];
            int n = snprintf(line, sizeof(line), "other %d\n", i);

            check(write(file, line, (size_t)n) == n, "write: %s", strerror(errno));
        }
        _exit(0);
    }
    must_end(service(0, write_lines));
    must_end(other);
    end_worker();
    close_out();
    text = text_of(file);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        own += strncmp(line, "0 ", 2) == 0;
        check(strncmp(line, "0 ", 2) == 0 || strncmp(line, "other ", 6) == 0,
              "a line was torn: %.90s", line);
    }
    check_is(own, NUMBERED);
}

static void test_a_file_that_somebody_else_writes_to(void **state)
{
    (void)state;
    in_child(shared_file);
}

/* ---- read slowly ---- */

static void write_fast(uint32_t index)
{
    FILE *f = fdopen(STDOUT_FILENO, "w");

    for (int i = 0; i < NUMBERED; i++) {
        check(fprintf(f, "%u %d %.*s\n", index, i, i % 61,
                      "............................................................") > 0,
              "fprintf");
    }
    check(fflush(f) == 0, "fflush");
}

/* Far more than ring and pipes hold, and a reader that always takes something, but never much. */
static void slow_reader(void)
{
    size_t cap = 8u << 20;
    char *text = malloc(cap);
    pid_t pid[SERVICES];
    size_t len = 0;
    int out[2];
    ssize_t n;

    check(text != NULL, "no memory");
    begin(pipe_out(out));
    for (uint32_t i = 0; i < SERVICES; i++) {
        pid[i] = service(i, write_fast);
    }
    while (len < 2u << 20) { // more than the ring holds
        n = read(out[0], text + len, 4096);
        check(n > 0, "stdout has ended");
        len += (size_t)n;
        (void)poll(NULL, 0, 1);
    }
    close_out();
    (void)close(out[1]);
    logger_end(&in);
    while ((n = read(out[0], text + len, cap - len - 1)) > 0) {
        len += (size_t)n;
    }
    text[len] = 0;
    for (uint32_t i = 0; i < SERVICES; i++) {
        must_end(pid[i]);
    }
    end_worker();
    check_lines(text);
}

static void test_services_wait_for_a_slow_reader(void **state)
{
    (void)state;
    in_child(slow_reader);
}

/* The worker waits for its stdout, and obeys PID 1 all the same. */
static void obedient(void)
{
    pid_t pid[2];
    msec_t begun = clock_monotonic();
    struct view *v;
    int out[2];

    begin(pipe_out(out));
    v = view_open();
    pid[0] = service(0, write_fast);
    pid[1] = service(1, write_fast); // nobody reads: the ring fills, and then their pipes
    must_end(pid[0]);
    must_end(pid[1]);
    check(clock_monotonic() - begun >= LOG_PATIENCE_MS / 2, "nobody has waited for stdout");
    must_end(service(2, write_fast)); // and now nobody waits any more
    view_until(v, 2, 100000);
    check(kill(services.logger.pid, 0) == 0, "the worker is gone");
    (void)close(out[0]);
    end_worker();
}

static void test_nobody_waits_long_for_a_reader_that_takes_nothing(void **state)
{
    (void)state;
    in_child(obedient);
}

/* Nobody takes the last lines: they are counted, those on their way too. */
static void left_at_the_end(void)
{
    unsigned lines = 0;
    int out[2];
    char *text;

    begin(pipe_out(out));
    must_end(service(0, write_lines));
    end_worker();
    close_out();
    (void)close(out[1]);
    check_call(fcntl(out[0], F_SETFL, O_NONBLOCK));
    text = read_out(out[0]);
    for (const char *p = text; *p != 0; p++) {
        lines += *p == '\n';
    }
    check_is((int)(lines + logger_left(&in)), NUMBERED);
    check(lines < NUMBERED, "all was taken");
}

static void test_what_nobody_takes_at_the_end_is_counted(void **state)
{
    (void)state;
    in_child(left_at_the_end);
}

/* Its end, in PID 1's words. */
static void renewed(void)
{
    begin(-1);
    for (int i = 0; i < 3; i++) {
        pid_t before = services.logger.pid;

        logger_renew(&in);
        reap_and_renew();
        check(services.logger.pid > 0 && services.logger.pid != before, "there is no successor");
        check_is(services.logger.starts, 1);
    }
    check_call(kill(services.logger.pid, SIGKILL));
    reap_and_renew();
    check_is(services.logger.starts, 2);
    end_worker();
}

static void test_one_that_is_renewed_is_no_news(void **state)
{
    (void)state;
    in_child(renewed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_to_a_file_every_line_is_there_once),
        cmocka_unit_test(test_killed_to_a_pipe_every_line_is_there_once),
        cmocka_unit_test(test_killed_to_a_shared_pipe_every_line_is_there_once),
        cmocka_unit_test(test_killed_to_a_terminal_every_line_is_there_once),
        cmocka_unit_test(test_killed_to_an_appended_file_no_line_is_missing),
        cmocka_unit_test(test_a_file_that_somebody_else_writes_to),
        cmocka_unit_test(test_services_wait_for_a_slow_reader),
        cmocka_unit_test(test_nobody_waits_long_for_a_reader_that_takes_nothing),
        cmocka_unit_test(test_what_nobody_takes_at_the_end_is_counted),
        cmocka_unit_test(test_one_that_is_renewed_is_no_news),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
