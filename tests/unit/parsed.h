/* SPDX-License-Identifier: MIT */
/* What the tests of the unit parser share: a text as a unit, and what was said of its lines. */
#ifndef UNIT_PARSED_H
#define UNIT_PARSED_H

#include "check.h"
#include "core/unit.h"

#include <stdio.h>

#define FINDINGS_MAX 64

struct said {
    enum verdict verdict;
    bool fatal;
    unsigned line;
    unsigned column;
    char key[40];
    char text[300];
};

struct parsed {
    struct unit u;
    struct arena arena;
    uint8_t *memory;
    struct said said[FINDINGS_MAX];
    size_t count;
};

static const struct unit_values test_values = {
    .hostname = "box.example.org",
    .runtime = "/run",
    .state = "/var/lib",
    .cache = "/var/cache",
    .logs = "/var/log",
    .config = "/etc",
    .tmp = "/tmp",
    .machine_id = "0123",
    .boot_id = "4567",
    .release = "6.1.0",
    .arch = "x86-64",
};

static void parsed_say(void *context, const struct unit_finding *f)
{
    struct parsed *p = context;
    struct said *s = &p->said[p->count];

    assert_true(p->count < FINDINGS_MAX);
    p->count++;
    *s = (struct said){
        .verdict = f->verdict, .fatal = f->fatal, .line = f->line, .column = f->column};
    (void)snprintf(s->key, sizeof(s->key), "%.*s", SHOW(f->key));
    (void)snprintf(s->text, sizeof(s->text), "%s", f->text);
}

static inline void parsed_init(struct parsed *p, const char *name)
{
    size_t size = 1 << 20;

    p->memory = malloc(size);
    p->count = 0;
    assert_non_null(p->memory);
    arena_init(&p->arena, p->memory, size);
    unit_init(&p->u, &p->arena, name, &test_values);
    p->u.say = parsed_say;
    p->u.context = p;
}

/* Reads one file's text from memory of exactly its size. */
static inline void parsed_read(struct parsed *p, const char *text)
{
    struct slice copy = exact_copy(text, strlen(text));

    assert_int_equal(unit_read(&p->u, copy, "x.service"), 0);
    exact_free(copy);
}

/* A whole unit of this name. */
static inline void parse_as(struct parsed *p, const char *name, const char *text)
{
    parsed_init(p, name);
    parsed_read(p, text);
    assert_int_equal(unit_finish(&p->u), 0);
}

/* A service whose [Service] section is `lines` behind an ExecStart=: line 3 is its first. */
static inline void parse_lines(struct parsed *p, const char *lines)
{
    char text[4096];

    (void)snprintf(text, sizeof(text), "[Service]\nExecStart=/bin/true\n%s\n", lines);
    parse_as(p, "x.service", text);
}

static inline void parsed_finish(struct parsed *p)
{
    free(p->memory);
}

/* Expects a finding of this verdict on this line whose text holds `text`. */
static inline const struct said *expect_said(const struct parsed *p, unsigned line,
                                             enum verdict verdict, const char *text)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct said *s = &p->said[i];

        if (s->line == line && s->verdict == verdict && strstr(s->text, text) != NULL) {
            return s;
        }
    }
    for (size_t i = 0; i < p->count; i++) {
        print_error("  %u:%u: %s: %s: %s\n", p->said[i].line, p->said[i].column,
                    verdict_name(p->said[i].verdict), p->said[i].key, p->said[i].text);
    }
    fail_msg("line %u: expected %s with \"%s\"", line, verdict_name(verdict), text);
    return NULL;
}

/* Expects that every line was honoured and nothing else was said. */
static inline void expect_all_honoured(const struct parsed *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct said *s = &p->said[i];

        expect(s->verdict == VERDICT_HONOURED, "%u:%u: %s: %s: %s: expected honoured", s->line,
               s->column, verdict_name(s->verdict), s->key, s->text);
        assert_string_equal(s->text, "");
    }
    assert_false(p->u.broken);
}

/* The nth element of this tag in the exec list; false where there is none. */
static inline bool exec_element(const struct parsed *p, unsigned tag, unsigned n,
                                struct slice *ret_value)
{
    struct slice exec = p->u.conf.exec;
    struct wire_tlv tlv;

    while (wire_next_tlv(&exec, &tlv) > 0) {
        if (tlv.tag == tag && n-- == 0) {
            *ret_value = tlv.value;
            return true;
        }
    }
    return false;
}

/* Expects the elements of this tag to be these bytes; NULL ends them. `skip`: bytes before the text. */
static inline void expect_elements(const struct parsed *p, unsigned tag, size_t skip,
                                   const char *const *texts)
{
    struct slice v;
    unsigned n = 0;

    for (; texts[n] != NULL; n++) {
        expect(exec_element(p, tag, n, &v), "element %u of tag %u: expected \"%s\", there is none",
               n, tag, texts[n]);
        assert_true(v.len >= skip);
        v.data += skip;
        v.len -= skip;
        expect(slice_equals(v, texts[n]), "element %u of tag %u: expected \"%s\", got \"%.*s\"", n,
               tag, texts[n], SHOW(v));
    }
    expect(!exec_element(p, tag, n, &v), "tag %u: more than %u elements: \"%.*s\"", tag, n,
           SHOW(v));
}

#endif
