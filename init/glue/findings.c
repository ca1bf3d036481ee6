/* SPDX-License-Identifier: MIT */
/* What the loader says on stderr: its own sentences, and what is found in units. */
#include "glue/findings.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#define CODE_FAILED 125 /* the loader's, and porthole-init's: nothing was started */

struct line {
    char text[PIPE_BUF]; // what a pipe that polls writable takes without blocking: pipe(7)
    size_t len;
};

static void put_bytes(struct line *l, const void *data, size_t len)
{
    const unsigned char *p = data;

    // Units are whoever's: nothing in them may drive the terminal that shows this.
    for (size_t i = 0; i < len && l->len < sizeof(l->text) - 1; i++) {
        l->text[l->len++] = p[i] < ' ' || p[i] == 0x7f ? '?' : (char)p[i];
    }
}

static void put(struct line *l, const char *s)
{
    put_bytes(l, s, strlen(s));
}

static void put_number(struct line *l, uint32_t n)
{
    char digits[10];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    put_bytes(l, digits + at, sizeof(digits) - at);
}

static void begin(struct line *l, const char *object)
{
    l->len = 0;
    put(l, "porthole-init: ");
    if (object != NULL) {
        put(l, object);
    }
}

/* A reader who never reads costs the lines, not the start; one who is slow is waited for. */
static void emit(struct findings *f, struct line *l)
{
    struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};

    l->text[l->len++] = '\n';
    if (poll(&p, 1, f->wait_ms) == 1 && (p.revents & POLLOUT) != 0) {
        ssize_t n = write(STDERR_FILENO, l->text, l->len);

        (void)n;
        return;
    }
    f->wait_ms = 0;
}

void findings_init(struct findings *f, bool quiet, bool strict)
{
    *f = (struct findings){.quiet = quiet, .strict = strict, .wait_ms = UNIT_SAY_WAIT_MS};
}

void findings_error(struct findings *f, const char *object, const char *reason)
{
    struct line l;

    begin(&l, object);
    put(&l, object != NULL ? ": " : "");
    put(&l, reason);
    emit(f, &l);
}

void findings_warning(struct findings *f, const char *object, const char *reason)
{
    if (!f->quiet) {
        findings_error(f, object, reason);
    }
}

void findings_end(struct findings *f, const char *object, const char *reason)
{
    findings_error(f, object, reason);
    _exit(CODE_FAILED);
}

/* True where it is to be printed; counted in any case. */
static bool counted(struct findings_unit *u, const struct unit_finding *finding)
{
    bool error = finding->fatal || u->all->strict;

    if (!finding->fatal && finding->verdict != VERDICT_REFUSED) {
        return false;
    }
    u->all->refused = true;
    if ((!error && u->all->quiet) || (finding->path == NULL && u->errors > 0)) {
        return false;
    }
    return (error ? ++u->errors : ++u->warnings) <= UNIT_FINDINGS_MAX;
}

void findings_say(void *context, const struct unit_finding *finding)
{
    struct findings_unit *u = context;
    struct line l;

    if (!counted(u, finding)) {
        return;
    }
    begin(&l, finding->path != NULL ? finding->path : u->path);
    if (finding->path != NULL && finding->line > 0) {
        put(&l, ":");
        put_number(&l, finding->line);
        put(&l, ":");
        put_number(&l, finding->column);
    }
    put(&l, ": ");
    if (finding->key.len > 0) {
        put_bytes(&l, finding->key.data, finding->key.len);
        put(&l, finding->key.data[0] == '[' ? ": " : "=: "); // "[Section]: "
    }
    put(&l, finding->text);
    put(&l, finding->fatal ? FINDINGS_NOT_LOADED : "");
    emit(u->all, &l);
}

static void say_rest(struct findings_unit *u, uint32_t count, const char *what)
{
    struct line l;

    if (count <= UNIT_FINDINGS_MAX) {
        return;
    }
    begin(&l, u->path);
    put(&l, ": ");
    put_number(&l, count - UNIT_FINDINGS_MAX);
    put(&l, what);
    emit(u->all, &l);
}

void findings_rest(struct findings_unit *u)
{
    say_rest(u, u->errors, " more errors");
    say_rest(u, u->warnings, " more warnings");
    u->errors = u->warnings = 0;
}
