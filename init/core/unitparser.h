/* SPDX-License-Identifier: MIT */
/* What the parts of the unit parser share: its state, what it says of a line, and values as words. */
#ifndef CORE_UNITPARSER_H
#define CORE_UNITPARSER_H

#include "core/directive.h"
#include "core/rlimit.h"
#include "core/unit.h"
#include "core/unitfile.h"
#include "core/unitname.h"
#include "core/words.h"

struct unit_item {
    struct unit_item *next;
    struct slice bytes; // in the arena: the value of an exec list's element
};

/* Lists that a line adds to, and an empty value empties; elements of an exec list. */
enum unit_list {
    LIST_ENV,
    LIST_ENV_FILE,
    LIST_PASS_ENV,
    LIST_SUPP_GROUP,
    LIST_RUN,
    LIST_COUNT = LIST_RUN + SERVICE_RUN_COUNT
};

struct unit_items {
    struct unit_item *first;
    struct unit_item **end; // NULL: it is empty
};

struct unit_stream {
    uint8_t kind;     // enum exec_stream
    bool set;         // by a line
    const char *path; // in the arena; NULL: none
};

/*
 * What a directive's value is held in, as long as it is the last one: of single values first, then of lists, which
 * an empty line empties.
 */
enum unit_holder {
    HOLDER_TYPE,
    HOLDER_WORKDIR,
    HOLDER_USER,
    HOLDER_STREAM = HOLDER_USER + 2,
    HOLDER_GROUPS = HOLDER_STREAM + 3,
    HOLDER_RUN,
    HOLDER_COUNT = HOLDER_RUN + SERVICE_RUN_COUNT,
    HOLDER_NONE = HOLDER_COUNT
};

/* A finding that is fatal unless a later line replaces the value. */
struct unit_doubt {
    struct unit_doubt *next;
    struct unit_finding finding; // its texts are in the arena
    uint32_t holder;             // enum unit_holder
    uint32_t version;            // of that, when it was found
};

struct unit_parser {
    struct unitfile file;
    const char *path;     // of the file being read
    const char *own_path; // of the first one; NULL: none was read
    uint8_t section;      // enum directive_section; 0: none, or one that is passed over
    bool private_section; // one that begins with "X-"
    bool any_section;
    bool said;           // the line has a finding
    bool doubted;        // … that is in doubt
    uint32_t holder;     // enum unit_holder: whose value it sets
    const uint8_t *line; // where it begins
    struct slice key;

    struct unit_doubt *doubts; // in their order
    struct unit_doubt **doubts_end;
    uint32_t versions[HOLDER_COUNT]; // how often the value has been replaced

    struct unit_items lists[LIST_COUNT];
    const char *workdir; // in the arena; NULL: not set, here and below
    const char *user[2]; // user, group
    bool workdir_optional;
    bool has_umask;
    bool has_type;
    bool has_timeout_start;
    bool has_no_new_privs;
    bool no_new_privs;
    bool inherit_env;
    bool ignore_sigpipe;
    uint32_t umask;
    uint32_t limits; // a bit a resource that has one
    uint64_t soft[RLIMIT_COUNT];
    uint64_t hard[RLIMIT_COUNT];
    uint64_t caps[2]; // bounding, ambient
    struct unit_stream stream[3];
    uint8_t codes[SERVICE_OK_BYTES];
    // Lists of names, each with where its end is: one of DEP_REQUIRES, one of DEP_WANTS, Alias= last
    struct unit_dep *installs[3];
    struct unit_dep **installs_end[3];
    struct unit_dep **deps_end;
};

static inline struct unit_parser *unit_parser(const struct unit *u)
{
    return u->parser;
}

/* One finding about the line being read; `at` is a byte of it, `word` what is meant (may be empty). */
void unit_say(struct unit *u, const uint8_t *at, enum verdict verdict, struct slice word,
              const char *text);

/*
 * REFUSED, and so that the unit does not load; for a value that a later line may replace that is told at the end:
 * unit_judge(). Of a line with several the first decides.
 */
void unit_fatal(struct unit *u, const uint8_t *at, struct slice word, const char *text);

/* The value that the line sets replaces what lines before it said. */
void unit_replace(struct unit *u);

/* Findings about the unit as a whole, at its end. */
void unit_fatal_whole(struct unit *u, const char *text);

/*
 * The next word of a value, unquoted as flags (words.h) say and with its specifiers resolved, in the arena.
 * 1 with the word, 0 at the end; what is wrong has been said: -EINVAL, or -EBADSLT for a specifier, behind
 * which the next word can be read. w->at is where the word begins.
 */
int unit_word(struct unit *u, struct words *w, unsigned flags, bool fatal, struct slice *ret_word);

/* The same in a list, where a word whose specifier is wrong is passed over, and the others hold. */
int unit_list_word(struct unit *u, struct words *w, unsigned flags, bool fatal,
                   struct slice *ret_word);

/* Specifiers of raw, which stands at `at`, resolved into the arena. False: what is wrong has been said. */
bool unit_resolve(struct unit *u, struct slice raw, const uint8_t *at, bool fatal,
                  struct slice *ret_text);

/* The same of a whole value, which is not made of words. False: what is wrong has been said. */
bool unit_text(struct unit *u, struct slice value, bool fatal, struct slice *ret_text);

/* Appends to a list; the bytes are in the arena already. */
void unit_add(struct unit *u, unsigned list, struct slice bytes);
void unit_empty(struct unit *u, unsigned list);

/* Puts one byte before a text, in the arena. */
struct slice unit_flagged(struct unit *u, bool flag, struct slice text);

/* What a directive's line does: says what is wrong with it, or nothing. unitset.c; by subject below. */
void unit_set(struct unit *u, const struct directive *d, struct slice value);

/* unitcommand.c: Exec lines. unitcontext.c: what a command runs in. unitdeps.c: dependencies and [Install]. */
void unit_set_run(struct unit *u, unsigned run, struct slice value);
void unit_set_env(struct unit *u, struct slice value);
void unit_set_env_file(struct unit *u, struct slice value);
void unit_set_pass_env(struct unit *u, struct slice value);
void unit_set_workdir(struct unit *u, struct slice value);
void unit_set_user(struct unit *u, unsigned which, struct slice value);
void unit_set_groups(struct unit *u, struct slice value);
void unit_set_caps(struct unit *u, unsigned which, struct slice value);
void unit_set_stream(struct unit *u, unsigned which, struct slice value);
void unit_set_deps(struct unit *u, unsigned kind, struct slice value);
void unit_set_other_deps(struct unit *u, unsigned note, struct slice value);
void unit_set_install(struct unit *u, unsigned kind, struct slice value);

/* unitdeps.c: hands the lists of [Install] over, once all has been read. */
void unit_take_install(struct unit *u);

/* unitexec.c: the exec list, once all has been read. */
void unit_write_exec(struct unit *u);

#endif
