/* SPDX-License-Identifier: MIT */
/* What `porthole logs` shows of a log ring. */
#include "logview.h"

#include "json.h"
#include "report.h"
#include "wording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define RING_BYTES_MAX (INT64_C(1) << 30) /* more than any porthole-init makes */

int logview_map(struct logview *v, int fd)
{
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat st;
    void *base;

    // What can shrink could end us by SIGBUS while we read it.
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || fstat(fd, &st) < 0 ||
        st.st_size < LOGRING_HEADER || st.st_size > RING_BYTES_MAX) {
        return -EBADMSG;
    }
    base = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) {
        return -errno;
    }
    if (!logreader_open(&v->reader, base, (uint64_t)st.st_size)) {
        (void)munmap(base, (size_t)st.st_size);
        return -EBADMSG;
    }
    v->mapped = (size_t)st.st_size; // cppcheck-suppress memleak
    return 0;                       // cppcheck-suppress memleak
}

void logview_finish(struct logview *v)
{
    if (v->mapped > 0) {
        (void)munmap((void *)(uintptr_t)v->reader.base, v->mapped);
        v->mapped = 0;
    }
}

void logview_from_first(struct logview *v)
{
    v->reader.began = true; // and expects line 0
}

static bool is_shown(const struct logview *v, const struct logring_record *rec)
{
    return rec->time >= v->since && (v->service == NULL || slice_equals(rec->name, v->service));
}

/* Does the record's last piece without a newline end its line? */
static bool ends_bare(const struct logring_record *rec)
{
    return rec->text.len > 0 && (rec->flags & LOGRING_PARTIAL) == 0 &&
           rec->text.data[rec->text.len - 1] != '\n';
}

static uint64_t count_lines(const struct logring_record *rec)
{
    const uint8_t *end = rec->text.data + rec->text.len;
    const uint8_t *p = rec->text.data;
    uint64_t lines = ends_bare(rec) ? 1 : 0;

    while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        lines++;
        p++;
    }
    return lines;
}

/* Streams whose last line has no end yet: each is one line more. Beyond so many they are not counted. */
struct open_lines {
    uint64_t owner[64];
    size_t count;
};

static uint64_t owner_of(const struct logring_record *rec)
{
    return ((uint64_t)rec->service << 8 | rec->stream) + 1;
}

static void note_open(struct open_lines *o, const struct logring_record *rec)
{
    uint64_t owner = owner_of(rec);
    size_t i = 0;

    while (i < o->count && o->owner[i] != owner) {
        i++;
    }
    if ((rec->flags & LOGRING_PARTIAL) == 0 && i < o->count) {
        o->owner[i] = o->owner[--o->count];
    } else if ((rec->flags & LOGRING_PARTIAL) != 0 && i == o->count && i < 64) {
        o->owner[o->count++] = owner;
    }
}

int logview_tail(struct logview *v, uint64_t lines)
{
    uint8_t buf[LOGRING_RECORD_MAX];
    struct logreader reader = v->reader;
    struct open_lines open = {.count = 0};
    uint64_t end = logreader_head(&reader);
    struct logring_record rec;
    uint64_t all = 0;
    uint64_t lost;
    int r = 0;

    while (reader.pos < end && (r = logreader_next(&reader, buf, &rec, &lost)) == 1) {
        if (is_shown(v, &rec)) {
            all += count_lines(&rec);
            note_open(&open, &rec);
        }
    }
    all += open.count;
    v->skip = all > lines ? all - lines : 0;
    return r < 0 ? r : 0;
}

/* Takes the lines that are skipped off the front of the record's text. */
static void skip_lines(struct logview *v, struct logring_record *rec)
{
    while (v->skip > 0 && rec->text.len > 0) {
        const uint8_t *end = memchr(rec->text.data, '\n', rec->text.len);
        size_t len = end != NULL ? (size_t)(end - rec->text.data) + 1 : rec->text.len;

        v->skip -= end != NULL || ends_bare(rec) ? 1 : 0;
        rec->text.data += len;
        rec->text.len -= len;
    }
}

/* A tab drives nothing, and tables in logs live on it. */
static void put_escaped(const uint8_t *text, size_t len)
{
    char safe[4 * 256 + 8];

    while (len > 0) {
        const uint8_t *tab = memchr(text, '\t', len);
        size_t n = tab != NULL ? (size_t)(tab - text) : len;

        n = n < 256 ? n : 256;
        while (n == 256 && n < len && n > 252 &&
               (text[n] & 0xc0) == 0x80) { // not through a character
            n--;
        }
        (void)fputs(report_escape(safe, sizeof(safe), (const char *)text, n), stdout);
        text += n;
        len -= n;
        if (len > 0 && *text == '\t') {
            (void)putchar('\t');
            text++;
            len--;
        }
    }
}

static void put(const struct logview *v, struct slice s)
{
    if (v->escape) {
        put_escaped(s.data, s.len);
    } else {
        (void)fwrite(s.data, 1, s.len, stdout);
    }
}

void logview_end(struct logview *v)
{
    if (v->open != 0 && !v->raw && !v->json) {
        (void)putchar('\n');
    }
    v->open = 0;
}

/* A line, or the piece of one. As on PID 1's stdout, another stream's line never goes on an open one. PID 1's own
 * lines say themselves whose they are. */
static void show_line(struct logview *v, const struct logring_record *rec, struct slice line,
                      bool ended)
{
    uint64_t owner = owner_of(rec);
    char when[WORDING_TIME];

    if (v->open != owner) {
        logview_end(v);
    }
    if (v->times && v->open == 0) {
        (void)printf("%s ", wording_time_utc(rec->time, when));
    }
    if (v->service == NULL && v->open == 0 && !slice_equals(rec->name, LOGRING_INIT)) {
        put(v, rec->name);
        (void)fputs(": ", stdout);
    }
    put(v, line);
    v->open = ended ? 0 : owner;
    if (ended) {
        (void)putchar('\n');
    }
}

static void show_json(const struct logring_record *rec, struct slice line, bool ended)
{
    char when[WORDING_TIME];
    struct json j;

    json_to_stdout(&j);
    json_open(&j, NULL, '{');
    json_number(&j, "schema", 1);
    json_text(&j, "time", wording_time_utc(rec->time, when));
    json_string(&j, "service", (const char *)rec->name.data, rec->name.len);
    json_text(&j, "stream", rec->stream == LOG_STDERR ? "stderr" : "stdout");
    json_string(&j, "text", (const char *)line.data, line.len);
    json_bool(&j, "partial", !ended);
    json_close(&j, '}');
    (void)putchar('\n');
}

static void show_record(struct logview *v, const struct logring_record *rec)
{
    const uint8_t *p = rec->text.data;
    const uint8_t *end = p + rec->text.len;

    if (rec->text.len == 0 && v->open == owner_of(rec)) {
        logview_end(v); // its line had no end, and will have none
    }
    while (p < end) {
        const uint8_t *newline = memchr(p, '\n', (size_t)(end - p));
        struct slice line = {p, (size_t)((newline != NULL ? newline : end) - p)};
        bool ended = newline != NULL || (rec->flags & LOGRING_PARTIAL) == 0;

        if (v->json) {
            show_json(rec, line, ended);
        } else {
            show_line(v, rec, line, ended);
        }
        p += line.len + (newline != NULL ? 1 : 0);
    }
}

static void show_lost(struct logview *v, uint64_t lost)
{
    if (v->raw) { // stdout is the services' alone
        report_error("lost=%llu", (unsigned long long)lost);
    } else if (v->json) {
        (void)printf("{\"schema\":1,\"lost\":%llu}\n", (unsigned long long)lost);
    } else {
        logview_end(v);
        (void)printf("lost=%llu\n", (unsigned long long)lost);
    }
}

int logview_show(struct logview *v)
{
    uint8_t buf[LOGRING_RECORD_MAX];
    struct logring_record rec;
    uint64_t lost;
    int r;

    while ((r = logreader_next(&v->reader, buf, &rec, &lost)) == 1 && ferror(stdout) == 0) {
        if (lost > 0 && v->skip > 0) { // they were among the first, or we are late
            v->skip = lost < v->skip ? v->skip - lost : 0;
        } else if (lost > 0) {
            show_lost(v, lost);
        }
        if (!is_shown(v, &rec)) {
            continue;
        }
        skip_lines(v, &rec);
        if (v->raw) {
            (void)fwrite(rec.text.data, 1, rec.text.len, stdout);
        } else {
            show_record(v, &rec);
        }
    }
    return report_flush() != 0 ? -EPIPE : r < 0 ? r : 0;
}
