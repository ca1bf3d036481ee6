// SPDX-License-Identifier: MIT
// Times whole processes, the subjects interleaved in one run: medians, p95, ratios.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_DEFAULT 200
#define ROUNDS_QUICK 40
#define ROUNDS_MAX 100000
#define WARMUP_DEFAULT 10
#define SUBJECTS_MAX 16
#define RUN_LIMIT_S 20 /* a single run that takes longer is a broken one */
#define REASON_BYTES 200
#define PERCENTILE 95
#define NS_PER_S INT64_C(1000000000)
#define NS_PER_US INT64_C(1000)
#define NS_PER_MS 1e6
#define EXIT_USAGE 2
#define JSON_SCHEMA 1

enum state { SUBJECT_OK, SUBJECT_SKIP, SUBJECT_BROKEN };

struct sample {
    int64_t wall_ns;
    int64_t cpu_ns; /* user and system, of the process and of what it waited for */
};

struct subject {
    const char *name;
    char **argv; /* points into main's argv, ended by a NULL put in place of ";" */
    char path[PATH_MAX];
    enum state state;
    char reason[REASON_BYTES]; /* why it is not SUBJECT_OK */
    int64_t *wall_ns;          /* one entry a round; owned */
    int64_t *cpu_ns;           /* likewise */
    double median_ms, p95_ms, min_ms, cpu_ms;
};

struct bench {
    const char *title;
    const char *baseline;
    const char *json_path;
    uint64_t seed;
    int rounds, warmup;
    int subject_count;
    struct subject subjects[SUBJECTS_MAX];
    int null_fd; /* stdin and stdout of each run */
    int err_fd;  /* a memfd that takes stderr of each run */
};

extern char **environ;

static void usage(FILE *out)
{
    fputs("usage: bench [OPTION...] --subject NAME COMMAND [ARG...] ';' [--subject ...]...\n"
          "  --rounds N       timed runs of each subject (default 200)\n"
          "  --quick          40 rounds\n"
          "  --warmup N       untimed rounds before them (default 10)\n"
          "  --baseline NAME  the subject that ratios refer to (default: the first)\n"
          "  --title TEXT     what the table is about\n"
          "  --seed N         of the shuffled order (default: from the clock)\n"
          "  --json FILE      write the same as JSON\n",
          out);
}

static int64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* xorshift64*: the order needs no better randomness, and a seed makes it repeatable. */
static uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static void shuffle(int *order, int count, uint64_t *state)
{
    for (int last = count - 1; last > 0; last--) {
        int pick = (int)(random_next(state) % (uint64_t)(last + 1));
        int held = order[last];

        order[last] = order[pick];
        order[pick] = held;
    }
}

__attribute__((format(printf, 3, 4))) static void subject_drop(struct subject *subject,
                                                               enum state state, const char *format,
                                                               ...)
{
    va_list args;

    va_start(args, format);
    subject->state = state;
    vsnprintf(subject->reason, sizeof(subject->reason), format, args);
    va_end(args);
}

/* Finds the program once, so that no timed run searches PATH. */
static void subject_resolve(struct subject *subject)
{
    const char *program = subject->argv[0];
    const char *rest = getenv("PATH");

    if (strchr(program, '/')) {
        snprintf(subject->path, sizeof(subject->path), "%s", program);
        if (access(subject->path, X_OK) < 0)
            subject_drop(subject, SUBJECT_SKIP, "%.100s: %s", program, strerror(errno));
        return;
    }
    while (rest && *rest) {
        int length = (int)strcspn(rest, ":");

        int size = snprintf(subject->path, sizeof(subject->path), "%.*s/%s", length, rest, program);

        if (size < (int)sizeof(subject->path) && access(subject->path, X_OK) == 0)
            return;
        rest += length + (rest[length] == ':');
    }
    subject_drop(subject, SUBJECT_SKIP, "%.100s is not installed", program);
}

/* The handler only has to exist: it makes wait4 return EINTR. */
static void on_alarm(int signal_number)
{
    (void)signal_number;
}

/* The last line that the run wrote to stderr, for the reason; empty if none. */
static void stderr_last_line(int fd, char *line, size_t size)
{
    char text[REASON_BYTES];
    off_t end = lseek(fd, 0, SEEK_END);
    off_t from = end > (off_t)sizeof(text) - 1 ? end - (off_t)sizeof(text) + 1 : 0;
    ssize_t got = end > 0 ? pread(fd, text, sizeof(text) - 1, from) : 0;
    char *start;

    while (got > 0 && text[got - 1] == '\n')
        got--;
    text[got > 0 ? got : 0] = '\0';
    start = strrchr(text, '\n');
    snprintf(line, size, "%.*s", (int)size - 1, start ? start + 1 : text);
}

static void subject_check(struct subject *subject, int err_fd, int status)
{
    char line[REASON_BYTES / 2];

    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    stderr_last_line(err_fd, line, sizeof(line));
    if (WIFEXITED(status))
        subject_drop(subject, SUBJECT_BROKEN, "exit code %d%s%s", WEXITSTATUS(status),
                     *line ? ": " : "", line);
    else
        subject_drop(subject, SUBJECT_BROKEN, "signal %d%s%s", WTERMSIG(status), *line ? ": " : "",
                     line);
}

static int64_t timeval_ns(struct timeval time)
{
    return time.tv_sec * NS_PER_S + time.tv_usec * NS_PER_US;
}

/* Runs the subject once. posix_spawn is a vfork-style clone in glibc and in musl alike, so
 * the harness's own size costs the subject nothing. A failure marks the subject as broken. */
static void subject_run(struct subject *subject, const struct bench *bench,
                        const posix_spawn_file_actions_t *actions, struct sample *ret_sample)
{
    struct rusage spent;
    int64_t start, end;
    pid_t pid, waited;
    int status = 0;
    int error;

    alarm(RUN_LIMIT_S);
    start = clock_ns();
    error = posix_spawn(&pid, subject->path, actions, NULL, subject->argv, environ);
    if (error) {
        alarm(0);
        subject_drop(subject, SUBJECT_BROKEN, "cannot be started: %s", strerror(error));
        return;
    }
    waited = wait4(pid, &status, 0, &spent);
    end = clock_ns();
    alarm(0);
    if (waited < 0) {
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        subject_drop(subject, SUBJECT_BROKEN, "did not end within %d s", RUN_LIMIT_S);
        return;
    }
    ret_sample->wall_ns = end - start;
    ret_sample->cpu_ns = timeval_ns(spent.ru_utime) + timeval_ns(spent.ru_stime);
    subject_check(subject, bench->err_fd, status);
    if (ftruncate(bench->err_fd, 0) < 0)
        subject_drop(subject, SUBJECT_BROKEN, "stderr file: %s", strerror(errno));
}

/* Every round runs each subject once, in a new order, so that noise hits all alike. */
static void bench_measure(struct bench *bench, const posix_spawn_file_actions_t *actions)
{
    uint64_t state = bench->seed;
    int order[SUBJECTS_MAX];

    for (int i = 0; i < bench->subject_count; i++)
        order[i] = i;
    for (int round = -bench->warmup; round < bench->rounds; round++) {
        shuffle(order, bench->subject_count, &state);
        for (int i = 0; i < bench->subject_count; i++) {
            struct subject *subject = &bench->subjects[order[i]];
            struct sample sample = {0, 0};

            if (subject->state != SUBJECT_OK)
                continue;
            subject_run(subject, bench, actions, &sample);
            if (round < 0)
                continue;
            subject->wall_ns[round] = sample.wall_ns;
            subject->cpu_ns[round] = sample.cpu_ns;
        }
    }
}

static int compare_ns(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

static double median_of_sorted(const int64_t *sorted, int count)
{
    int64_t upper = sorted[count / 2];
    int64_t lower = sorted[(count - 1) / 2];

    return (double)(lower + upper) / 2 / NS_PER_MS;
}

static void subject_summarise(struct subject *subject, int rounds)
{
    int rank = (rounds * PERCENTILE + 99) / 100; /* nearest rank, from 1 */

    qsort(subject->wall_ns, (size_t)rounds, sizeof(int64_t), compare_ns);
    qsort(subject->cpu_ns, (size_t)rounds, sizeof(int64_t), compare_ns);
    subject->median_ms = median_of_sorted(subject->wall_ns, rounds);
    subject->p95_ms = (double)subject->wall_ns[rank - 1] / NS_PER_MS;
    subject->min_ms = (double)subject->wall_ns[0] / NS_PER_MS;
    subject->cpu_ms = median_of_sorted(subject->cpu_ns, rounds);
}

/* The baseline's subject, or NULL if there is no figure of it. */
static const struct subject *bench_baseline(const struct bench *bench)
{
    for (int i = 0; i < bench->subject_count; i++) {
        const struct subject *subject = &bench->subjects[i];

        if (strcmp(subject->name, bench->baseline) == 0)
            return subject->state == SUBJECT_OK ? subject : NULL;
    }
    return NULL;
}

static void print_table(const struct bench *bench)
{
    const struct subject *base = bench_baseline(bench);

    printf("%s (%d rounds, ms)\n", bench->title, bench->rounds);
    printf("%-28s %8s %8s %8s %8s  x %s\n", "subject", "median", "p95", "min", "cpu",
           bench->baseline);
    for (int i = 0; i < bench->subject_count; i++) {
        const struct subject *subject = &bench->subjects[i];

        if (subject->state != SUBJECT_OK) {
            printf("%s %s: %s\n", subject->state == SUBJECT_SKIP ? "SKIP" : "BROKEN", subject->name,
                   subject->reason);
            continue;
        }
        printf("%-28s %8.3f %8.3f %8.3f %8.3f", subject->name, subject->median_ms, subject->p95_ms,
               subject->min_ms, subject->cpu_ms);
        if (base)
            printf("  %.3f\n", subject->median_ms / base->median_ms);
        else
            puts("  -");
    }
}

static void json_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte == '"' || byte == '\\')
            fprintf(out, "\\%c", byte);
        else if (byte < ' ' || byte > '~')
            fprintf(out, "\\u%04x", byte);
        else
            fputc(byte, out);
    }
    fputc('"', out);
}

static void json_subject(FILE *out, const struct subject *subject, const struct subject *base)
{
    static const char *const states[] = {
        [SUBJECT_OK] = "ok", [SUBJECT_SKIP] = "skip", [SUBJECT_BROKEN] = "broken"};

    fputs("    {\"name\": ", out);
    json_string(out, subject->name);
    fprintf(out, ", \"state\": \"%s\", ", states[subject->state]);
    if (subject->state != SUBJECT_OK) {
        fputs("\"reason\": ", out);
        json_string(out, subject->reason);
        fputc('}', out);
        return;
    }
    fprintf(out, "\"median_ms\": %.4f, \"p95_ms\": %.4f, \"min_ms\": %.4f, \"cpu_ms\": %.4f, ",
            subject->median_ms, subject->p95_ms, subject->min_ms, subject->cpu_ms);
    if (base)
        fprintf(out, "\"ratio\": %.4f}", subject->median_ms / base->median_ms);
    else
        fputs("\"ratio\": null}", out);
}

static int write_json(const struct bench *bench)
{
    const struct subject *base = bench_baseline(bench);
    FILE *out = fopen(bench->json_path, "we");
    bool failed;

    if (!out)
        return -errno;
    fprintf(out, "{\n  \"schema\": %d,\n  \"title\": ", JSON_SCHEMA);
    json_string(out, bench->title);
    fprintf(out, ",\n  \"rounds\": %d,\n  \"warmup\": %d,\n  \"seed\": %" PRIu64 ",\n",
            bench->rounds, bench->warmup, bench->seed);
    fputs("  \"baseline\": ", out);
    json_string(out, bench->baseline);
    fputs(",\n  \"subjects\": [\n", out);
    for (int i = 0; i < bench->subject_count; i++) {
        json_subject(out, &bench->subjects[i], base);
        fputs(i + 1 < bench->subject_count ? ",\n" : "\n", out);
    }
    fputs("  ]\n}\n", out);
    failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed)
        return -EIO;
    return 0;
}

/* A whole number from min to max; anything else returns false. */
static bool parse_number(const char *text, int min, int max, int *ret_value)
{
    char *end;
    long value;

    errno = 0;
    value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < min || value > max)
        return false;
    *ret_value = (int)value;
    return true;
}

/* Takes NAME COMMAND [ARG...] ";" from argv; returns how many words, or 0 if malformed. */
static int parse_subject(struct bench *bench, char **argv)
{
    struct subject *subject;
    int count = 0;

    while (argv[count] && strcmp(argv[count], ";") != 0)
        count++;
    if (!argv[count] || count < 2 || bench->subject_count == SUBJECTS_MAX)
        return 0;
    argv[count] = NULL;
    subject = &bench->subjects[bench->subject_count++];
    subject->name = argv[0];
    subject->argv = argv + 1;
    return count + 1;
}

/* Options that take one value; returns false if the option is unknown or its value is bad. */
static bool parse_valued(struct bench *bench, const char *option, const char *value)
{
    int seed;

    if (strcmp(option, "--title") == 0)
        bench->title = value;
    else if (strcmp(option, "--baseline") == 0)
        bench->baseline = value;
    else if (strcmp(option, "--json") == 0)
        bench->json_path = value;
    else if (strcmp(option, "--rounds") == 0)
        return parse_number(value, 1, ROUNDS_MAX, &bench->rounds);
    else if (strcmp(option, "--warmup") == 0)
        return parse_number(value, 0, ROUNDS_MAX, &bench->warmup);
    else if (strcmp(option, "--seed") == 0 && parse_number(value, 1, INT_MAX, &seed))
        bench->seed = (uint64_t)seed;
    else
        return false;
    return true;
}

/* Returns NULL, or the word that is wrong. */
static const char *parse_arguments(struct bench *bench, char **argv)
{
    while (*argv) {
        const char *option = *argv++;
        int taken = 1;

        if (strcmp(option, "--quick") == 0) {
            bench->rounds = ROUNDS_QUICK;
            continue;
        }
        if (strcmp(option, "--subject") == 0)
            taken = parse_subject(bench, argv);
        else if (!*argv || !parse_valued(bench, option, *argv))
            taken = 0;
        if (taken == 0)
            return option;
        argv += taken;
    }
    if (bench->subject_count == 0)
        return "--subject";
    if (!bench->baseline)
        bench->baseline = bench->subjects[0].name;
    return NULL;
}

static int bench_prepare(struct bench *bench, posix_spawn_file_actions_t *actions)
{
    const struct sigaction alarmed = {.sa_handler = on_alarm};

    bench->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (bench->null_fd < 0)
        return -errno;
    bench->err_fd = memfd_create("bench-stderr", MFD_CLOEXEC);
    if (bench->err_fd < 0 || fcntl(bench->err_fd, F_SETFL, O_APPEND) < 0)
        return -errno;
    if (sigaction(SIGALRM, &alarmed, NULL) < 0)
        return -errno;
    for (int i = 0; i < bench->subject_count; i++) {
        struct subject *subject = &bench->subjects[i];

        subject->wall_ns = calloc((size_t)bench->rounds, sizeof(int64_t));
        subject->cpu_ns = calloc((size_t)bench->rounds, sizeof(int64_t));
        if (!subject->wall_ns || !subject->cpu_ns)
            return -ENOMEM;
        subject_resolve(subject);
    }
    if (posix_spawn_file_actions_init(actions) ||
        posix_spawn_file_actions_adddup2(actions, bench->null_fd, STDIN_FILENO) ||
        posix_spawn_file_actions_adddup2(actions, bench->null_fd, STDOUT_FILENO) ||
        posix_spawn_file_actions_adddup2(actions, bench->err_fd, STDERR_FILENO))
        return -ENOMEM;
    return 0;
}

/* Returns whether a subject broke; frees the samples. */
static bool bench_finish(struct bench *bench)
{
    bool broken = false;

    for (int i = 0; i < bench->subject_count; i++) {
        struct subject *subject = &bench->subjects[i];

        broken = broken || subject->state == SUBJECT_BROKEN;
        free(subject->wall_ns);
        free(subject->cpu_ns);
    }
    return broken;
}

int main(int argc, char **argv)
{
    static struct bench bench = {
        .title = "bench", .rounds = ROUNDS_DEFAULT, .warmup = WARMUP_DEFAULT};
    posix_spawn_file_actions_t actions;
    const char *wrong;
    int ret;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        usage(stdout);
        return EXIT_SUCCESS;
    }
    bench.seed = (uint64_t)clock_ns() | 1;
    wrong = parse_arguments(&bench, argv + 1);
    if (wrong) {
        fprintf(stderr, "bench: %s: unknown, or its value is missing or malformed\n", wrong);
        return EXIT_USAGE;
    }
    ret = bench_prepare(&bench, &actions);
    if (ret < 0) {
        fprintf(stderr, "bench: cannot prepare: %s\n", strerror(-ret));
        return EXIT_FAILURE;
    }
    bench_measure(&bench, &actions);
    posix_spawn_file_actions_destroy(&actions);
    for (int i = 0; i < bench.subject_count; i++)
        if (bench.subjects[i].state == SUBJECT_OK)
            subject_summarise(&bench.subjects[i], bench.rounds);
    print_table(&bench);
    ret = bench.json_path ? write_json(&bench) : 0;
    if (ret < 0)
        fprintf(stderr, "bench: %s: %s\n", bench.json_path, strerror(-ret));
    return bench_finish(&bench) || ret < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
