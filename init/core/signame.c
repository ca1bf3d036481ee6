/* SPDX-License-Identifier: MIT */
/* Signal names and numbers of Linux, as people write them. */
#include "core/signame.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define RT_FIRST 34 /* the kernel's 32 and 33 are the C libraries' own */
#define RT_LAST 64

static const char *const names[] = {
    [SIGHUP] = "HUP",   [SIGINT] = "INT",       [SIGQUIT] = "QUIT", [SIGILL] = "ILL",
    [SIGTRAP] = "TRAP", [SIGABRT] = "ABRT",     [SIGBUS] = "BUS",   [SIGFPE] = "FPE",
    [SIGKILL] = "KILL", [SIGUSR1] = "USR1",     [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",
    [SIGPIPE] = "PIPE", [SIGALRM] = "ALRM",     [SIGTERM] = "TERM", [SIGSTKFLT] = "STKFLT",
    [SIGCHLD] = "CHLD", [SIGCONT] = "CONT",     [SIGSTOP] = "STOP", [SIGTSTP] = "TSTP",
    [SIGTTIN] = "TTIN", [SIGTTOU] = "TTOU",     [SIGURG] = "URG",   [SIGXCPU] = "XCPU",
    [SIGXFSZ] = "XFSZ", [SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGWINCH] = "WINCH",
    [SIGIO] = "IO",     [SIGPWR] = "PWR",       [SIGSYS] = "SYS",
};

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Whole-word comparison without regard to case. */
static bool same(const char *word, const char *name)
{
    while (*word != 0 && upper(*word) == *name) {
        word++;
        name++;
    }
    return *word == 0 && *name == 0;
}

/* Skips prefix, without regard to case; NULL where it is not there. */
static const char *skip(const char *word, const char *prefix)
{
    while (*prefix != 0) {
        if (upper(*word++) != *prefix++) {
            return NULL;
        }
    }
    return word;
}

/* One or two digits and nothing else; -1 otherwise. */
static int number(const char *word)
{
    int n = 0;
    size_t len = strlen(word);

    if (len == 0 || len > 2) {
        return -1;
    }
    for (; *word != 0; word++) {
        if (*word < '0' || *word > '9') {
            return -1;
        }
        n = n * 10 + (*word - '0');
    }
    return n;
}

static int realtime(const char *word)
{
    const char *rest = skip(word, "RTMIN");
    int base = RT_FIRST;
    int sign = 1;
    int offset = 0;

    if (rest == NULL) {
        rest = skip(word, "RTMAX");
        base = RT_LAST;
        sign = -1;
    }
    if (rest == NULL) {
        return -EINVAL;
    }
    if (*rest != 0) {
        offset = *rest == (sign > 0 ? '+' : '-') ? number(rest + 1) : -1;
    }
    if (offset < 0 || offset > RT_LAST - RT_FIRST) {
        return -EINVAL;
    }
    return base + sign * offset;
}

int signame_parse(const char *word)
{
    const char *bare = skip(word, "SIG");
    int n = number(word);

    if (n >= 0) {
        return n >= 1 && n <= RT_LAST ? n : -EINVAL;
    }
    if (bare == NULL) {
        bare = word;
    }
    for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i] != NULL && same(bare, names[i])) {
            return (int)i;
        }
    }
    if (same(bare, "POLL")) {
        return SIGIO;
    }
    if (same(bare, "CLD")) {
        return SIGCHLD;
    }
    return realtime(bare);
}

const char *signame_format(int n, char *buf)
{
    if (n > 0 && n < (int)(sizeof(names) / sizeof(names[0])) && names[n] != NULL) {
        return names[n];
    }
    if (n < RT_FIRST || n > RT_LAST) {
        return "?";
    }
    memcpy(buf, "RTMIN", 6);
    if (n > RT_FIRST) {
        int offset = n - RT_FIRST;
        size_t at = 5;

        buf[at++] = '+';
        if (offset >= 10) {
            buf[at++] = (char)('0' + offset / 10);
        }
        buf[at++] = (char)('0' + offset % 10);
        buf[at] = 0;
    }
    return buf;
}
