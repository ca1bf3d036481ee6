/* SPDX-License-Identifier: MIT */
/* What the tests against the kernel share: a child to run in, a scratch folder, a look at /proc. */
#ifndef SYS_CHILD_H
#define SYS_CHILD_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define CHILD_LIMIT_MS 30000 /* ms; a child that takes longer hangs */
#define CHILD_FAILED 61      /* exit codes that nothing else uses */
#define CHILD_SKIPPED 62

/* A page that the child writes its complaint to: it may have no descriptor left to say it on. */
static char *child_text;
#define CHILD_TEXT 4096 /* bytes */

__attribute__((format(printf, 4, 5))) _Noreturn static inline void child_leave(
    int code, const char *file, int line, const char *format, ...)
{
    int len = code == CHILD_FAILED ? snprintf(child_text, CHILD_TEXT, "%s:%d: ", file, line) : 0;
    va_list args;

    va_start(args, format);
    (void)vsnprintf(child_text + len, CHILD_TEXT - (size_t)len, format, args);
    va_end(args);
    _exit(code);
}

/* In a child: the test fails, with these words, where the condition does not hold. */
#define check(condition, ...) \
    do { \
        if (!(condition)) { \
            child_leave(CHILD_FAILED, __FILE__, __LINE__, __VA_ARGS__); \
        } \
    } while (0)

static inline int child_checked(long got, const char *call, const char *file, int line)
{
    if (got < 0) {
        child_leave(CHILD_FAILED, file, line, "%s: %s", call, strerror(errno));
    }
    return (int)got;
}

static inline int child_checked_negative(long got, const char *call, const char *file, int line)
{
    errno = got < 0 ? (int)-got : errno;
    return child_checked(got, call, file, line);
}

static inline const char *child_errno(long r)
{
    return r < 0 ? strerror((int)-r) : "no error";
}

static inline void child_compared(long got, long want, const char *call, const char *file, int line)
{
    if (got != want) {
        child_leave(CHILD_FAILED, file, line, "%s: expected %ld (%s), got %ld (%s)", call, want,
                    child_errno(want), got, child_errno(got));
    }
}

/* In a child: a call that returns 0 or -errno (or more than 0) must not fail. */
#define check_ok(call) child_checked_negative((long)(call), #call, __FILE__, __LINE__)

/* In a child: a system call must not fail. */
#define check_call(call) child_checked((long)(call), #call, __FILE__, __LINE__)

/* In a child: expects this number, an -errno perhaps. */
#define check_is(call, expected) \
    child_compared((long)(call), (long)(expected), #call, __FILE__, __LINE__)

/* In a child: the test is skipped, and says why. */
#define skip_because(...) child_leave(CHILD_SKIPPED, __FILE__, __LINE__, __VA_ARGS__)

/* Waits for its end; one that hangs is killed. Returns its wait status, -1 where it hung. */
static inline int child_wait(pid_t pid)
{
    struct pollfd p = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
    int status = 0;
    int ready;

    assert_true(p.fd >= 0);
    do {
        ready = poll(&p, 1, CHILD_LIMIT_MS);
    } while (ready < 0 && errno == EINTR);
    (void)close(p.fd);
    if (ready == 0) {
        (void)kill(pid, SIGKILL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return ready == 0 ? -1 : status;
}

/* Runs the function in a child of this process; fails or skips the test as the child says. */
static inline void in_child(void (*run)(void))
{
    pid_t pid;
    int status;

    if (child_text == NULL) {
        child_text =
            mmap(NULL, CHILD_TEXT, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        assert_true(child_text != MAP_FAILED);
    }
    child_text[0] = 0;
    (void)fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        run();
        _exit(0);
    }
    status = child_wait(pid);
    if (status == -1) {
        fail_msg("the child did not end within %d ms", CHILD_LIMIT_MS);
    } else if (WIFSIGNALED(status)) {
        fail_msg("the child ended by signal %d", WTERMSIG(status));
    } else if (WEXITSTATUS(status) == CHILD_SKIPPED) {
        print_message("[  SKIP    ] because %s\n", child_text);
        skip();
    } else if (WEXITSTATUS(status) != 0) {
        fail_msg("%s", child_text[0] != 0 ? child_text : "the child failed without a word");
    }
}

/* A folder for one test: the setup and teardown of each test that uses it. */
static char scratch[64];

static inline int scratch_setup(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    (void)snprintf(scratch, sizeof(scratch), "%.40s/porthole-XXXXXX", tmp != NULL ? tmp : "/tmp");
    return mkdtemp(scratch) != NULL && chmod(scratch, 0755) == 0 ? 0 : -1;
}

static inline int scratch_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline int scratch_teardown(void **state)
{
    (void)state;
    return nftw(scratch, scratch_remove, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

#define scratch_test(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

/* In a child: a file with this text, made or replaced. */
static inline void write_file(const char *path, const char *text)
{
    int fd = check_call(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));

    check(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "cannot write %s", path);
    (void)close(fd);
}

/* How many descriptors are open. */
static inline int open_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    int count = -1; // the folder's own

    if (d == NULL) {
        return -1;
    }
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        count += e->d_name[0] != '.' ? 1 : 0;
    }
    (void)closedir(d);
    return count;
}

static inline bool is_cloexec(int fd)
{
    return (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

static inline bool is_nonblocking(int fd)
{
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

static inline bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* True where both are open on the same file. */
static inline bool same_file(int a, int b)
{
    struct stat sa;
    struct stat sb;

    return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
           sa.st_ino == sb.st_ino;
}

/* In a child: a set of bits from /proc/self/status, "SigBlk" or "CapEff". */
static inline uint64_t status_bits(const char *name)
{
    char line[256];
    FILE *f = fopen("/proc/self/status", "re");
    uint64_t bits = 0;
    bool found = false;
    size_t len = strlen(name);

    check(f != NULL, "cannot read /proc/self/status");
    while (!found && fgets(line, sizeof(line), f) != NULL) {
        found = strncmp(line, name, len) == 0 && line[len] == ':';
        bits = found ? strtoull(line + len + 1, NULL, 16) : 0;
    }
    (void)fclose(f);
    check(found, "/proc/self/status has no %s", name);
    return bits;
}

static inline void map_id(const char *path, unsigned id)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "0 %u 1", id);
    write_file(path, text);
}

/* In a child: root with all capabilities, in a user namespace of its own where it was nobody. */
static inline void be_root(void)
{
    unsigned uid = geteuid();
    unsigned gid = getegid();

    if (uid == 0) {
        return;
    }
    if (unshare(CLONE_NEWUSER) < 0) {
        skip_because("this user may not make a user namespace: %s", strerror(errno));
    }
    write_file("/proc/self/setgroups", "deny");
    map_id("/proc/self/uid_map", uid);
    map_id("/proc/self/gid_map", gid);
}

/* In a child: root in namespaces of its own. */
static inline void be_root_in(int namespaces)
{
    be_root();
    if (unshare(namespaces) < 0) {
        skip_because("no namespaces 0x%x of one's own: %s", (unsigned)namespaces, strerror(errno));
    }
}

#endif
