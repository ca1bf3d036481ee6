/* SPDX-License-Identifier: MIT */
/* The exec list of a unit: how its commands are executed, once all of its files have been read. */
#include "core/unitparser.h"

static void put_lists(const struct unit_parser *p, struct wire_writer *w)
{
    static const uint16_t tags[LIST_RUN + 1] = {
        [LIST_ENV] = EXEC_ENV,           [LIST_ENV_FILE] = EXEC_ENV_FILE,
        [LIST_PASS_ENV] = EXEC_PASS_ENV, [LIST_SUPP_GROUP] = EXEC_SUPP_GROUP,
        [LIST_RUN] = EXEC_COMMAND,
    };

    for (size_t list = 0; list < LIST_COUNT; list++) {
        const struct unit_item *item = p->lists[list].first;

        for (; item != NULL; item = item->next) {
            wire_tlv_bytes(w, tags[list < LIST_RUN ? list : LIST_RUN], item->bytes.data,
                           item->bytes.len);
        }
    }
}

static void put_byte(struct wire_writer *w, uint16_t tag, bool value)
{
    uint8_t byte = value;

    wire_tlv_bytes(w, tag, &byte, 1);
}

/* An element of a number (or a flag) and a text. */
static void put_with_text(struct wire_writer *w, uint16_t tag, uint8_t byte, const char *text)
{
    size_t len = text != NULL ? strlen(text) : 0;

    wire_put_u16(w, tag);
    wire_put_u16(w, 0);
    wire_put_u32(w, (uint32_t)len + 1);
    wire_put_bytes(w, &byte, 1);
    wire_put_bytes(w, text, len);
}

static void put_who_where(const struct unit_parser *p, struct wire_writer *w)
{
    uint32_t umask = htole32(p->umask);

    if (!p->inherit_env) {
        put_byte(w, EXEC_INHERIT_ENV, false);
    }
    if (p->workdir != NULL) {
        put_with_text(w, EXEC_WORKDIR, p->workdir_optional, p->workdir);
    }
    if (p->user[0] != NULL) {
        wire_tlv_str(w, EXEC_USER, p->user[0]);
    }
    if (p->user[1] != NULL) {
        wire_tlv_str(w, EXEC_GROUP, p->user[1]);
    }
    if (p->has_umask) {
        wire_tlv_bytes(w, EXEC_UMASK, &umask, sizeof(umask));
    }
}

static void put_confinement(const struct unit_parser *p, struct wire_writer *w)
{
    for (uint32_t i = 0; i < RLIMIT_COUNT; i++) {
        if (p->limits & 1u << i) {
            wire_put_u16(w, EXEC_RLIMIT);
            wire_put_u16(w, 0);
            wire_put_u32(w, 20);
            wire_put_u32(w, i);
            wire_put_u64(w, p->soft[i]);
            wire_put_u64(w, p->hard[i]);
        }
    }
    if (p->caps[0] != UINT64_MAX) {
        wire_tlv_u64(w, EXEC_CAP_BOUND, p->caps[0]);
    }
    if (p->caps[1] != 0) {
        wire_tlv_u64(w, EXEC_CAP_AMBIENT, p->caps[1]);
    }
    if (p->has_no_new_privs) {
        put_byte(w, EXEC_NO_NEW_PRIVS, p->no_new_privs);
    }
    if (!p->ignore_sigpipe) {
        put_byte(w, EXEC_IGNORE_SIGPIPE, false);
    }
}

static void put_stream(struct wire_writer *w, uint16_t tag, const struct unit_stream *s)
{
    put_with_text(w, tag, s->kind, s->path);
}

/* What is not set is: stdin nothing, stdout the log, stderr what stdout is: systemd.exec(5). */
static void put_streams(struct unit *u, struct wire_writer *w)
{
    struct unit_parser *p = unit_parser(u);

    if (!p->stream[1].set) {
        p->stream[1] = (struct unit_stream){.kind = STREAM_LOG};
    }
    if (!p->stream[2].set || p->stream[2].kind == STREAM_INHERIT) {
        // A pipe of its own, so that the log knows the two apart.
        bool log = p->stream[1].kind == STREAM_LOG;

        p->stream[2] = (struct unit_stream){.kind = log ? STREAM_LOG : STREAM_INHERIT};
    }
    put_stream(w, EXEC_STDIN, &p->stream[0]);
    put_stream(w, EXEC_STDOUT, &p->stream[1]);
    put_stream(w, EXEC_STDERR, &p->stream[2]);
    u->conf.flags |= p->stream[1].kind == STREAM_LOG ? SERVICE_OUTPUT_LOG : 0;
    u->conf.flags |= p->stream[2].kind == STREAM_LOG ? SERVICE_ERROR_LOG : 0;
}

void unit_write_exec(struct unit *u)
{
    struct unit_parser *p = unit_parser(u);
    struct wire_writer w;
    const uint8_t *kept;

    arena_draft(u->arena, &w);
    put_who_where(p, &w);
    put_lists(p, &w);
    put_confinement(p, &w);
    put_streams(u, &w);
    kept = (const uint8_t *)arena_keep(u->arena, &w);
    u->conf.exec = (struct slice){kept, kept != NULL ? w.len : 0};
}
