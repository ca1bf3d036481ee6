/* SPDX-License-Identifier: MIT */
/* Tests of glue/logger.h: the real log worker, without PID 1: killed at any moment, stalled, flooded. */
#include "logging.h"

static void say_hello(uint32_t index)
{
    (void)index;
    PUT("hello\nwor");
    PUT("ld\n");
    check(write(STDERR_FILENO, "err\n", 4) == 4, "stderr");
    check((fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK) == 0, "its stdout does not block");
    check(open("/dev/stdout", O_WRONLY | O_CLOEXEC) >= 0, "/dev/stdout: %s", strerror(errno));
}

static void hello_as_nobody(uint32_t index)
{
    (void)index;
    check_ok(logstore_connect((const int[]){check_call(dup(STDOUT_FILENO)), -1}, true, true));
    check_call(syscall(SYS_setresgid, 65534, 65534, 65534));
    check_call(syscall(SYS_setresuid, 65534, 65534, 65534));
    say_hello(index);
}

static void another_user(void)
{
    struct view *v;

    if (geteuid() != 0) {
        skip_because("only root can become somebody else");
    }
    begin(-1);
    v = view_open();
    must_end(service(0, hello_as_nobody));
    view_until(v, 0, 16);
    end_worker();
}

static void test_another_user_opens_dev_stdout(void **state)
{
    (void)state;
    in_child(another_user);
}

static void lines_arrive(void)
{
    int out[2];
    struct view *v;
    char *text;

    flags_of[1] = SERVICE_PREFIX;
    begin(pipe_out(out));
    v = view_open();
    must_end(service(0, say_hello));
    view_until(v, 0, 16);
    check(strcmp(v->text, "hello\nworld\nerr\n") == 0, "the ring has: %s", v->text);
    must_end(service(1, say_hello));
    end_worker();
    close_out();
    text = read_out(out[0]);
    check(strcmp(text, "hello\nworld\nerr\ndb: hello\ndb: world\ndb: err\n") == 0, "stdout has: %s",
          text);
}

static void test_lines_go_to_ring_and_stdout(void **state)
{
    (void)state;
    in_child(lines_arrive);
}

static void write_odd(uint32_t index)
{
    (void)index;
    PUT("a\0b\n\xff\xfe\n\n");
    PUT("no end");
}

static void odd_lines(void)
{
    static const char want[] = "a\0b\n\xff\xfe\n\nno end";
    int out[2];
    struct view *v;

    begin(pipe_out(out));
    v = view_open();
    must_end(service(0, write_odd));
    logger_ended(&in, 0, true);
    check(pipes[0][0] < 0, "the pipe is still open");
    view_until(v, 0, sizeof(want) - 1);
    check(v->len == sizeof(want) - 1 && memcmp(v->text, want, v->len) == 0, "other bytes came");
    end_worker();
    close_out();
    check(memcmp(read_out(out[0]), "a\0b\n\xff\xfe\n\nno end\n", sizeof(want)) == 0,
          "stdout has other bytes");
}

static void test_nul_bytes_and_a_last_line_without_end(void **state)
{
    (void)state;
    in_child(odd_lines);
}

#define HUGE (15u << 16) /* bytes: a reader that is late must find all of it in the ring */

static void write_huge(uint32_t index)
{
    char *line = malloc(HUGE);
    size_t done = 0;

    check(line != NULL, "no memory");
    memset(line, 'a' + (int)index, HUGE);
    line[HUGE - 1] = '\n';
    while (done < HUGE) { // in one write(2), as far as the kernel takes it
        ssize_t n = write(STDOUT_FILENO, line + done, HUGE - done);

        check(n > 0, "write: %s", strerror(errno));
        done += (size_t)n;
    }
}

static void write_rest_then_huge(uint32_t index)
{
    PUT("rest");
    (void)poll(NULL, 0, 5); // the worker has seen a line without end, and sleeps
    write_huge(index);
}

static void huge_lines(void)
{
    struct view *v;
    pid_t pid;

    begin(-1);
    v = view_open();
    pid = service(0, write_rest_then_huge);
    view_until(v, 0, HUGE + 4);
    must_end(pid);
    check(v->len == HUGE + 4 && memcmp(v->text, "restaaaa", 8) == 0 &&
              v->text[v->len - 1] == '\n' && strspn(v->text + 4, "a") == HUGE - 1,
          "the line is not whole");
    check_is(v->lost, 0);
    end_worker();
}

static void test_a_huge_line_in_one_write(void **state)
{
    (void)state;
    in_child(huge_lines);
}

static void write_small_pipe(uint32_t index)
{
    (void)index;
    for (int i = 0; i < 200; i++) {
        char line[3000];

        memset(line, 'x', sizeof(line));
        line[sizeof(line) - 1] = '\n';
        put(line, sizeof(line));
    }
}

static void small_pipes(void)
{
    struct view *v;
    pid_t pid;

    begin(-1);
    v = view_open();
    open_pipes(0);
    check_call(fcntl(pipes[0][0], F_SETPIPE_SZ, 8192));
    pid = service(0, write_small_pipe);
    view_until(v, 0, 600000);
    must_end(pid);
    check_is(v->len, 600000);
    for (size_t i = 0; i < v->len; i++) {
        check(v->text[i] == (i % 3000 == 2999 ? '\n' : 'x'), "byte %zu is another", i);
    }
    end_worker();
}

static void test_pipes_of_two_slots(void **state)
{
    (void)state;
    in_child(small_pipes);
}

#define NUMBERED 40000 /* lines of each service */
#define KILLS 100

static void write_numbers(uint32_t index)
{
    FILE *f = index % 2 == 0 ? fdopen(STDOUT_FILENO, "w") : NULL; // some by blocks, some by lines

    for (int i = 0; i < NUMBERED; i++) {
        char line[96];
        int n = snprintf(line, sizeof(line), "%u %d %.*s\n", index, i, i % 61,
                         "............................................................");

        if (f != NULL) {
            check(fwrite(line, 1, (size_t)n, f) == (size_t)n, "fwrite");
        } else {
            put(line, (size_t)n);
        }
        if (i % 50 == 0) {
            (void)poll(NULL, 0, 1);
        }
    }
    check(f == NULL || fflush(f) == 0, "fflush");
}

/* Reads the ring while the worker is killed; ends when all services have, and all lines were seen. */
struct tally {
    uint64_t counted; // lost, by the ring's own word: this reader was too slow
    uint64_t missing; // numbers that did not come
    uint64_t seen;
    bool cut[SERVICES];       // something was lost: the next line may lack its beginning
    char line[SERVICES][128]; // of each service, its beginning
    size_t len[SERVICES];
    int next[SERVICES];
};

static bool is_whole(const char *line)
{
    int number = 0;
    int at = 0;

    return sscanf(line, "%*u %d %n", &number, &at) == 1 && at > 0 &&
           strlen(line + at) == (size_t)(number % 61);
}

static void tally_line(struct tally *t, uint32_t service)
{
    unsigned who;
    int number;

    t->line[service][t->len[service]] = 0;
    t->len[service] = 0;
    if (t->cut[service] && !is_whole(t->line[service])) {
        t->cut[service] = false;
        return;
    }
    t->cut[service] = false;
    check(sscanf(t->line[service], "%u %d ", &who, &number) == 2 && who == service,
          "service %u wrote a line \"%s\"", service, t->line[service]);
    check(number >= t->next[service], "service %u: line %d came twice", service, number);
    check(is_whole(t->line[service]), "a line was cut: \"%s\"", t->line[service]);
    t->missing += (uint64_t)(number - t->next[service]);
    t->next[service] = number + 1;
    t->seen++;
}

static void tally_read(struct view *v, struct tally *t)
{
    struct logring_record rec;
    uint64_t lost;
    int r;

    while ((r = logreader_next(&v->reader, v->record, &rec, &lost)) == 1) {
        t->counted += lost;
        for (int i = 0; i < SERVICES && lost > 0; i++) {
            t->cut[i] = true;
            t->len[i] = 0;
        }
        check(rec.service < SERVICES, "service %u", rec.service);
        for (size_t i = 0; i < rec.text.len; i++) {
            if (rec.text.data[i] == '\n') {
                tally_line(t, rec.service);
            } else {
                check(t->len[rec.service] < sizeof(t->line[0]) - 1, "a line without end");
                t->line[rec.service][t->len[rec.service]++] = (char)rec.text.data[i];
            }
        }
    }
    check_is(r, 0);
}

static unsigned rough(unsigned *seed)
{
    *seed = *seed * 1103515245 + 12345;
    return *seed >> 16;
}

static void kill_hundred_times(void)
{
    struct view *v;
    struct tally *t = calloc(1, sizeof(*t));
    pid_t pid[SERVICES];
    unsigned seed = (unsigned)clock_micro();
    msec_t end = clock_monotonic() + LIMIT_MS;
    int kills = 0;
    int left = SERVICES;

    check(t != NULL, "no memory");
    begin(check_call(open("/dev/null", O_WRONLY | O_CLOEXEC)));
    v = view_open();
    for (uint32_t i = 0; i < SERVICES; i++) {
        pid[i] = service(i, write_numbers);
    }
    while (t->seen + t->counted < (uint64_t)SERVICES * NUMBERED || left > 0) {
        struct timespec pause = {.tv_nsec = (long)(rough(&seed) % 2000) * 1000};

        check(clock_monotonic() < end, "after %d kills %llu lines are missing", kills,
              (unsigned long long)((uint64_t)SERVICES * NUMBERED - t->seen));
        (void)ppoll(NULL, 0, &pause, NULL); // the random moment
        if (kills < KILLS) {
            kills++;
            check_call(kill(services.logger.pid, SIGKILL));
            reap_and_renew();
        }
        tally_read(v, t);
        for (uint32_t i = 0; i < SERVICES && left > 0; i++) {
            int status;

            if (pid[i] > 0 && waitpid(pid[i], &status, WNOHANG) == pid[i]) {
                check(status == 0, "service %u failed", i);
                pid[i] = 0;
                left--;
            }
        }
    }
    check_is(kills, KILLS);
    end_worker();
    tally_read(v, t);
    check(t->missing <= t->counted, "%llu lines are missing, %llu were counted as lost",
          (unsigned long long)t->missing, (unsigned long long)t->counted);
    check(t->counted > 0 || t->seen == (uint64_t)SERVICES * NUMBERED, "%llu lines came",
          (unsigned long long)t->seen);
}

static void test_killed_a_hundred_times_every_line_is_there_once(void **state)
{
    (void)state;
    in_child(kill_hundred_times);
}

static void stalled_stdout(void)
{
    int out[2];
    uint64_t lines = 0;
    uint64_t lost = 0;
    uint64_t marks = 0;
    char *text;
    pid_t reader;
    int status;

    begin(pipe_out(out));
    for (uint32_t i = 0; i < 2; i++) {
        must_end(service(i, write_numbers)); // more than pipe and ring hold; nobody reads stdout
    }
    reader = check_call(fork());
    if (reader == 0) {
        close_out();
        text = read_out(out[0]);
        for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            unsigned long n;

            if (sscanf(line, "porthole-init: lost=%lu", &n) == 1) {
                lost += n;
                marks++;
            } else { // a line that was cut is one of the lost
                lines += is_whole(line) ? 1 : 0;
            }
        }
        check(lost > 0, "nothing was lost");
        // A line before a mark may lack nothing but its newline: it is one of the lost, and looks whole.
        check(lines + lost >= 2 * NUMBERED && lines + lost <= 2 * NUMBERED + marks,
              "%llu lines came, and %llu were lost, by %llu marks", (unsigned long long)lines,
              (unsigned long long)lost, (unsigned long long)marks);
        _exit(0);
    }
    (void)close(out[0]);
    logger_end(&in);
    close_out();
    (void)close(out[1]);
    while (logger_alive(&in)) {
        reap_and_renew();
    }
    check_call(waitpid(reader, &status, 0));
    check(status == 0, "the reader failed: %.900s", strdup(child_text));
}

static void test_a_stalled_stdout_loses_and_says_how_much(void **state)
{
    (void)state;
    in_child(stalled_stdout);
}

static void broken_stdout(void)
{
    int out[2];
    struct view *v;

    begin(pipe_out(out));
    (void)close(out[0]);
    v = view_open();
    must_end(service(0, say_hello));
    must_end(service(0, say_hello));
    view_until(v, 0, 32);
    check(kill(services.logger.pid, 0) == 0, "the worker is gone");
    end_worker();
    check_is(services.logger.starts, 1);
}

static void test_a_broken_stdout_ends_nothing_else(void **state)
{
    (void)state;
    in_child(broken_stdout);
}

/* stdout is a socket, and a pipe that cannot be opened anew. */
static void other_stdouts(void)
{
    int ends[2];
    char buf[64];
    struct view *v;
    int flags;

    check_call(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    begin(ends[1]);
    v = view_open();
    must_end(service(0, say_hello));
    view_until(v, 0, 16);
    end_worker();
    flags = check_call(fcntl(ends[1], F_GETFL));
    check((flags & O_NONBLOCK) == 0, "O_NONBLOCK was set on a shared description");
    check_is(recv(ends[0], buf, sizeof(buf), MSG_WAITALL | MSG_DONTWAIT), 16);
}

static void test_stdout_is_a_socket(void **state)
{
    (void)state;
    in_child(other_stdouts);
}

static void write_prompt(uint32_t index)
{
    (void)index;
    PUT("login: ");
    (void)pause();
}

static void prompt_is_seen(void)
{
    struct view *v;
    pid_t pid;

    begin(-1);
    v = view_open();
    pid = service(0, write_prompt);
    view_until(v, 0, 7);
    check(strcmp(v->text, "login: ") == 0, "the ring has \"%s\"", v->text);
    check_call(kill(pid, SIGKILL));
    end_worker();
}

static bool knows(void)
{
    return services.logger.shown[LOGFEED_MAX];
}

/* The worker need not be woken where a service has ended its last line; where not, it is told, whoever wrote the line. */
static void only_open_lines_are_told_of(void)
{
    struct view *v;
    pid_t pid;

    begin(-1);
    v = view_open();
    await(knows);
    must_end(service(0, say_hello));
    view_until(v, 0, 16);
    logger_ended(&in, 0, false);
    check(!services.logger.untold, "the worker is told of a service whose lines are whole");
    pid = service(1, write_prompt);
    view_until(v, 1, 16 + 7);
    check_call(kill(pid, SIGKILL));
    check_call(waitpid(pid, NULL, 0));
    logger_ended(&in, 1, false);
    check(services.logger.untold, "the worker is not told of a line without its end");
    check_call(kill(services.logger.pid, SIGKILL));
    reap_and_renew();
    services.logger.untold = false;
    await(knows);
    logger_ended(&in, 1, false);
    check(services.logger.untold, "its successor does not know of that line");
    end_worker();
}

static void test_only_open_lines_are_told_of(void **state)
{
    (void)state;
    in_child(only_open_lines_are_told_of);
}

static void test_a_line_without_end_is_seen_after_a_while(void **state)
{
    (void)state;
    in_child(prompt_is_seen);
}

static void follow(void)
{
    int wake[2];
    struct pollfd p;
    struct view *v;
    char byte;

    begin(-1);
    v = view_open();
    check_call(pipe2(wake, O_CLOEXEC | O_NONBLOCK));
    logger_follow(&in, wake[1]);
    must_end(service(0, say_hello));
    p = (struct pollfd){.fd = wake[0], .events = POLLIN};
    for (view_read(v, 0); v->len < 16; view_read(v, 0)) {
        check_is(poll(&p, 1, LIMIT_MS), 1);
        check(read(wake[0], &byte, 1) == 1, "no wake");
    }
    while (read(wake[0], &byte, 1) > 0) {
    }
    check_call(kill(services.logger.pid, SIGKILL));
    check_is(poll(&p, 1, LIMIT_MS), 1);
    check(read(wake[0], &byte, 1) == 0, "no end of the wakes with the worker's");
    reap_and_renew();
    end_worker();
}

static void test_followers_are_woken_and_told_of_the_end(void **state)
{
    (void)state;
    in_child(follow);
}

/* Sleeps in the kernel while nothing happens. */
static long switches(pid_t pid)
{
    char path[64];
    char line[128];
    long n = -1;
    FILE *f;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    f = fopen(path, "re");
    check(f != NULL, "no %s", path);
    while (fgets(line, sizeof(line), f) != NULL) {
        (void)sscanf(line, "voluntary_ctxt_switches: %ld", &n);
    }
    (void)fclose(f);
    return n;
}

static void idle(void)
{
    struct view *v;
    long before;

    begin(-1);
    v = view_open();
    must_end(service(0, say_hello));
    must_end(service(0, write_odd));
    view_until(v, 0, 16 + 14); // and the rest has gone to the ring: no timer is left
    (void)poll(NULL, 0, 50);
    before = switches(services.logger.pid);
    (void)poll(NULL, 0, 500);
    check_is(switches(services.logger.pid), before);
    end_worker();
}

static void test_idle_means_asleep(void **state)
{
    (void)state;
    in_child(idle);
}

/* More pipes than the worker's queue takes while it is stopped. */
static void full_queue(void)
{
    struct view *v;
    struct pollfd p = {.events = POLLOUT};

    begin(-1);
    v = view_open();
    check_call(kill(services.logger.pid, SIGSTOP));
    open_pipes(0);
    for (int i = 0; logger_events(&in) == 0; i++) {
        check(i < 100000, "the queue has no end");
        logger_ended(&in, 0, false);
    }
    open_pipes(1);
    check_call(kill(services.logger.pid, SIGCONT));
    while (logger_events(&in) != 0) {
        p.fd = services.logger.sock;
        check_is(poll(&p, 1, LIMIT_MS), 1);
        logger_ready(&in, p.revents);
    }
    must_end(service(1, say_hello));
    view_until(v, 1, 16);
    end_worker();
}

static void test_what_a_full_queue_refused_is_told_later(void **state)
{
    (void)state;
    in_child(full_queue);
}

static void write_many(uint32_t index)
{
    static char line[4096];

    for (size_t i = 0; i < sizeof(line); i++) {
        line[i] = i % 64 == 63 ? '\n' : (char)('a' + index);
    }
    for (;;) {
        (void)!write(STDOUT_FILENO, line, sizeof(line));
    }
}

static void fair(void)
{
    msec_t end = clock_monotonic() + LIMIT_MS;
    pid_t noisy;

    begin(check_call(open("/dev/null", O_WRONLY | O_CLOEXEC)));
    noisy = service(0, write_many);
    for (int i = 1; i <= 20; i++) {
        int held = 1;

        must_end(service(1, say_hello));
        while (held > 0) { // until all of it was taken
            check_call(ioctl(pipes[1][0], FIONREAD, &held));
            check(clock_monotonic() < end, "%d bytes are still in the pipe", held);
        }
    }
    check_call(kill(noisy, SIGKILL));
    check_call(waitpid(noisy, NULL, 0));
    end_worker();
}

static void test_a_noisy_service_starves_nobody(void **state)
{
    (void)state;
    in_child(fair);
}

/* stdout is a pipe that the worker cannot open anew: what PID 1 has is shared, and may block. */
static void shared_stdout(void)
{
    static char text[4u << 20];
    struct timespec pause = {.tv_nsec = 1000000};
    size_t len = 0;
    struct view *v;
    int out[2];
    int proc;

    (void)pipe_out(out);
    proc = check_call(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    begin_with(out[1], -1);
    in.proc_fd = proc;
    v = view_open();
    for (size_t i = 1; i <= 3; i++) {
        must_end(service(0, write_small_pipe)); // more than the pipe holds, and nobody reads
        view_until(v, 0, i * 600000);
    }
    check((fcntl(out[1], F_GETFL) & O_NONBLOCK) == 0, "O_NONBLOCK was set on a shared description");
    check_call(fcntl(out[0], F_SETFL, O_NONBLOCK));
    for (msec_t end = clock_monotonic() + LIMIT_MS; len < 900000 && clock_monotonic() < end;) {
        ssize_t n = read(out[0], text + len, sizeof(text) - len);

        len += n > 0 ? (size_t)n : 0;
        if (n < 0) {
            (void)ppoll(NULL, 0, &pause, NULL);
        }
    }
    check(strstr(text, "porthole-init: lost=") != NULL, "after %zu bytes nothing is marked as lost",
          len);
    end_worker();
}

static void test_a_shared_stdout_blocks_nothing(void **state)
{
    (void)state;
    in_child(shared_stdout);
}

/* In this process: tee(2) that fails is a sandbox's doing. */
static void without_tee(void)
{
    static uint8_t memory[LOGRING_HEADER + LOGRING_SIZE_MIN] __attribute__((aligned(4096)));
    struct logring_record rec;
    struct logring ring;
    struct logfeeds f;
    int ends[2];

    logring_format(memory, LOGRING_SIZE_MIN);
    check(logring_attach(&ring, memory, sizeof(memory)), "it is a ring");
    check_ok(logfeed_init(&f, &ring, check_call(epoll_create1(EPOLL_CLOEXEC))));
    f.no_tee = true;
    check_call(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
    check_ok(logfeed_add(&f, 3, LOG_STDERR, (struct slice){(const uint8_t *)"x", 1}, ends[0]));
    check_is(write(ends[1], "a\nb\nc", 5), 5);
    logfeed_ready(&f, 7);
    check(logfeed_turn(&f) && !logfeed_turn(&f), "it has one turn");
    check(logring_at(&ring, 0, &rec) && rec.text.len == 5 &&
              memcmp(rec.text.data, "a\nb\nc", 5) == 0,
          "the text did not come");
    check(rec.lines == 3 && rec.flags == LOGRING_PARTIAL && rec.stream == LOG_STDERR &&
              rec.service == 3,
          "%u lines, flags %x", rec.lines, rec.flags);
    logfeed_ended(&f, 3, true);
    check(logfeed_turn(&f), "its end is a turn");
    check(logring_at(&ring, rec.length, &rec) && rec.text.len == 0 && rec.flags == 0,
          "the line was not ended");
    check(!is_open(ends[0]), "the pipe is still open");
}

static void test_without_tee(void **state)
{
    (void)state;
    in_child(without_tee);
}

static void without_procfs(void)
{
    begin(-1);
    (void)close(in.proc_fd);
    in.proc_fd = -1;
    writers[0] = -1;
    check_ok(logger_open(&in, 0, false, false, writers));
    check(writers[0] >= 0 && pipes[0][0] >= 0, "a pipe needs no procfs");
    (void)close(writers[0]);
    check_is(logger_ring_readonly(&in), -ENOENT);
    end_worker();
}

static void test_without_a_procfs_there_are_pipes_all_the_same(void **state)
{
    (void)state;
    in_child(without_procfs);
}

static void write_in_two(uint32_t index)
{
    (void)index;
    PUT("one ");
    (void)poll(NULL, 0, 20); // ms; the worker has looked, and waits for the rest
    PUT("line\n");
}

static void two_writes(void)
{
    struct logring_record rec;
    struct view *v;
    uint64_t lost;

    begin(-1);
    v = view_open();
    must_end(service(0, write_in_two));
    end_worker();
    check_is(logreader_next(&v->reader, v->record, &rec, &lost), 1);
    check(rec.text.len == 9 && rec.lines == 1 && (rec.flags & LOGRING_PARTIAL) == 0,
          "the first record has %zu bytes, flags %x", rec.text.len, rec.flags);
}

/* A reading end is never ready to be written to: a pipe that looked full had its lines cut wherever a write ended. */
static void test_01_a_line_in_two_writes_was_cut(void **state)
{
    (void)state;
    in_child(two_writes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_go_to_ring_and_stdout),
        cmocka_unit_test(test_another_user_opens_dev_stdout),
        cmocka_unit_test(test_nul_bytes_and_a_last_line_without_end),
        cmocka_unit_test(test_a_huge_line_in_one_write),
        cmocka_unit_test(test_pipes_of_two_slots),
        cmocka_unit_test(test_killed_a_hundred_times_every_line_is_there_once),
        cmocka_unit_test(test_a_stalled_stdout_loses_and_says_how_much),
        cmocka_unit_test(test_a_broken_stdout_ends_nothing_else),
        cmocka_unit_test(test_stdout_is_a_socket),
        cmocka_unit_test(test_a_line_without_end_is_seen_after_a_while),
        cmocka_unit_test(test_only_open_lines_are_told_of),
        cmocka_unit_test(test_followers_are_woken_and_told_of_the_end),
        cmocka_unit_test(test_idle_means_asleep),
        cmocka_unit_test(test_what_a_full_queue_refused_is_told_later),
        cmocka_unit_test(test_a_noisy_service_starves_nobody),
        cmocka_unit_test(test_a_shared_stdout_blocks_nothing),
        cmocka_unit_test(test_without_tee),
        cmocka_unit_test(test_without_a_procfs_there_are_pipes_all_the_same),
        cmocka_unit_test(test_01_a_line_in_two_writes_was_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
