/* SPDX-License-Identifier: MIT */
/* Called by the name of another container init: its command line and environment. */
#include "core/peer.h"

#include "core/signame.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

#define DUMB_SIGNAL_MAX 31

struct long_option {
    const char *name;
    char letter;
};

struct syntax {
    const char *letters; // as getopt(3) has them
    const struct long_option *longs;
};

struct walk {
    int argc;
    char *const *argv;
    int next;
    const char *cluster; // letters of this word that are left
    const char *value;   // of the option that was taken
    bool ended;          // by "--"
    uint32_t rewritten;  // bits: signals that dumb-init -r has named
    struct peer *peer;
};

static const struct long_option dumb_longs[] = {{"help", 'h'},    {"single-child", 'c'},
                                                {"rewrite", 'r'}, {"verbose", 'v'},
                                                {"version", 'V'}, {NULL, 0}};
static const struct long_option catatonit_longs[] = {{"version", 'V'}, {NULL, 0}};

static const struct syntax syntaxes[] = {
    [MANNER_TINI] = {"p:hvwgle:s", NULL},
    [MANNER_DUMB_INIT] = {"hvVcr:", dumb_longs},
    [MANNER_CATATONIT] = {"ghLPV", catatonit_longs},
};

enum manner peer_manner(const char *name)
{
    static const struct {
        const char *name;
        enum manner manner;
    } names[] = {{"tini", MANNER_TINI},
                 {"tini-static", MANNER_TINI},
                 {"docker-init", MANNER_TINI},
                 {"dumb-init", MANNER_DUMB_INIT},
                 {"catatonit", MANNER_CATATONIT}};
    const char *slash = strrchr(name, '/');

    name = slash != NULL ? slash + 1 : name;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i].name) == 0) {
            return names[i].manner;
        }
    }
    return MANNER_OWN;
}

/* ---- options, as getopt_long(3) walks over them ---- */

static int refuse(struct walk *w, enum peer_answer answer, char letter, const char *word)
{
    w->peer->answer = (uint8_t)answer;
    w->peer->letter = letter;
    w->peer->word = word;
    return -1;
}

/* The same for whoever is asked whether to go on. */
static bool stop(struct walk *w, enum peer_answer answer, const char *word)
{
    (void)refuse(w, answer, 0, word);
    return false;
}

static bool needs_value(const struct syntax *s, char letter)
{
    const char *at = strchr(s->letters, letter);

    return at != NULL && at[1] == ':';
}

/* An option may be cut short where that leaves one: getopt_long(3). */
static int take_long(struct walk *w, const struct syntax *s, const char *word)
{
    size_t len = strcspn(word, "=");
    const struct long_option *found = NULL;
    int matches = 0;

    for (const struct long_option *o = s->longs; o->name != NULL; o++) {
        if (strncmp(o->name, word, len) == 0) {
            matches++;
            found = o;
            if (o->name[len] == 0) {
                matches = 1;
                break;
            }
        }
    }
    if (matches != 1) {
        return refuse(w, matches == 0 ? PEER_BAD_LONG : PEER_AMBIGUOUS, 0, word);
    }
    if (!needs_value(s, found->letter)) {
        return word[len] == '=' ? refuse(w, PEER_LONG_VALUE, 0, found->name) : found->letter;
    }
    if (word[len] == '=') {
        w->value = word + len + 1;
    } else if (w->next < w->argc) {
        w->value = w->argv[w->next++];
    } else {
        return refuse(w, PEER_LONG_NONE, 0, found->name);
    }
    return found->letter;
}

static int take_letter(struct walk *w, const struct syntax *s)
{
    char letter = *w->cluster++;

    if (letter == ':' || strchr(s->letters, letter) == NULL) {
        return refuse(w, PEER_BAD_LETTER, letter, NULL);
    }
    if (!needs_value(s, letter)) {
        return letter;
    }
    if (*w->cluster != 0) {
        w->value = w->cluster;
    } else if (w->next < w->argc) {
        w->value = w->argv[w->next++];
    } else {
        return refuse(w, PEER_NO_VALUE, letter, NULL);
    }
    w->cluster = "";
    return letter;
}

/* The letter of the next option; 0 where there are no more; -1 where it was refused. */
static int take(struct walk *w, const struct syntax *s)
{
    const char *word;

    if (*w->cluster != 0) {
        return take_letter(w, s);
    }
    word = w->next < w->argc ? w->argv[w->next] : "";
    if (word[0] != '-' || word[1] == 0) {
        return 0;
    }
    w->next++;
    if (strcmp(word, "--") == 0) {
        w->ended = true;
        return 0;
    }
    if (word[1] == '-' && s->longs != NULL) {
        return take_long(w, s, word + 2);
    }
    w->cluster = word + 1;
    return take_letter(w, s);
}

/* ---- their values ---- */

static const char *skip_blanks(const char *s)
{
    return s + strspn(s, " \t\n\v\f\r");
}

/* As strtol(3) and scanf(3) read one: -1 where there is none, or it is out of the range. *word moves behind it. */
static int number(const char **word, int most)
{
    const char *s = skip_blanks(*word);
    bool minus = *s == '-';
    int n = 0;

    s += *s == '-' || *s == '+';
    if (*s < '0' || *s > '9') {
        return -1;
    }
    for (; *s >= '0' && *s <= '9'; s++) {
        n = n > most ? n : n * 10 + (*s - '0');
    }
    *word = s;
    return n > most || (minus && n > 0) ? -1 : n;
}

/* tini knows full names only. */
static bool take_parent_death(struct rules *r, const char *word)
{
    int n = strncmp(word, "SIG", 3) == 0 ? signame_parse(word) : -1;
    char name[SIGNAME_MAX];

    if (n <= 0 || n == SIGSTKFLT || n == SIGIO || n == SIGPWR || n > SIGSYS ||
        strcmp(signame_format(n, name), word + 3) != 0) {
        return false;
    }
    r->parent_death = (uint8_t)n;
    return true;
}

static bool take_code(struct rules *r, const char *word)
{
    int code = number(&word, 255);

    if (code < 0 || *word != 0) {
        return false;
    }
    r->ok[code / 8] |= (uint8_t)(1u << code % 8);
    return true;
}

static bool take_rewrite(struct walk *w, struct rules *r, const char *word)
{
    int from = number(&word, DUMB_SIGNAL_MAX);
    int to;

    if (from < 1 || *word++ != ':') {
        return false;
    }
    to = number(&word, DUMB_SIGNAL_MAX);
    if (to < 0) {
        return false;
    }
    r->pass[from] = (uint8_t)to;
    w->rewritten |= 1u << from;
    return true;
}

/* ---- each of them ---- */

static void drop(struct rules *r, const int *signals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        r->pass[signals[i]] = 0;
    }
}

/* Those that say that a program has gone wrong: if they come from outside they mean that program. */
static const int faults[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS};
static const int of_terminal[] = {SIGTTIN, SIGTTOU, SIGTSTP};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool tini_option(struct walk *w, struct rules *r, int letter)
{
    switch (letter) {
    case 'h':
        return stop(w, PEER_HELP, NULL);
    case 'l':
        return stop(w, PEER_LICENCE, NULL);
    case 'p':
        return take_parent_death(r, w->value) || stop(w, PEER_BAD_SIGNAL, w->value);
    case 'e':
        return take_code(r, w->value) || stop(w, PEER_BAD_CODE, w->value);
    case 's':
        r->no_subreaper = false;
        return true;
    case 'v':
        r->voice++;
        return true;
    case 'w':
        r->warn_reap = true;
        return true;
    default:
        r->to = FORWARD_GROUP;
        return true;
    }
}

static bool dumb_option(struct walk *w, struct rules *r, int letter)
{
    switch (letter) {
    case 'h':
        return stop(w, PEER_HELP, NULL);
    case 'V':
        return stop(w, PEER_VERSION, NULL);
    case 'v':
        r->voice = 1;
        return true;
    case 'c':
        r->isolation = ISOLATE_NONE;
        return true;
    default:
        return take_rewrite(w, r, w->value) || stop(w, PEER_BAD_REWRITE, w->value);
    }
}

static bool catatonit_option(struct walk *w, struct rules *r, int letter)
{
    switch (letter) {
    case 'h':
        return stop(w, PEER_HELP, NULL);
    case 'L':
        return stop(w, PEER_LICENCE, NULL);
    case 'V':
        return stop(w, PEER_VERSION, NULL);
    case 'P':
        r->pause = true;
        return true;
    default:
        r->to = FORWARD_GROUP;
        return true;
    }
}

static void tini_environment(char *(*find)(const char *name), struct rules *r)
{
    const char *level = find("TINI_VERBOSITY");

    if (find("TINI_SUBREAPER") != NULL) { // presence counts: "" and "0" too
        r->no_subreaper = false;
    }
    if (find("TINI_KILL_PROCESS_GROUP") != NULL) {
        r->to = FORWARD_GROUP;
    }
    if (level != NULL) { // as atoi(3): nothing is 0
        int n = number(&level, 100);

        r->voice = (uint8_t)(n < 0 ? 0 : n);
    }
}

static bool is(const char *value, const char *wanted)
{
    return value != NULL && strcmp(value, wanted) == 0;
}

static void dumb_environment(char *(*find)(const char *name), struct rules *r, struct peer *p,
                             uint32_t rewritten)
{
    if (is(find("DUMB_INIT_DEBUG"), "1")) {
        r->voice = 1;
        p->by_environment = true;
    }
    if (is(find("DUMB_INIT_SETSID"), "0")) {
        r->isolation = ISOLATE_NONE;
        p->no_setsid = true;
    }
    if (r->isolation != ISOLATE_SESSION) {
        return;
    }
    r->to = FORWARD_GROUP;
    for (size_t i = 0; i < COUNT(of_terminal);
         i++) { // in an orphaned process group the kernel ignores them
        int n = of_terminal[i];

        r->pass[n] = (rewritten & 1u << n) == 0 ? SIGSTOP : r->pass[n];
    }
}

static void begin(struct rules *r)
{
    enum manner manner = (enum manner)r->manner;

    rules_init(r);
    r->manner = (uint8_t)manner;
    r->at_once = true;
    r->isolation = manner == MANNER_DUMB_INIT ? ISOLATE_SESSION : ISOLATE_GROUP;
    switch (manner) {
    case MANNER_TINI:
        r->voice = 1;
        r->no_subreaper = true;
        drop(r, faults, COUNT(faults));
        drop(r, of_terminal, 2);
        break;
    case MANNER_DUMB_INIT:
        r->no_subreaper = true;
        r->part = true;
        r->suspend = true;
        break;
    case MANNER_CATATONIT:
        drop(r, faults, COUNT(faults));
        drop(r, of_terminal, COUNT(of_terminal));
        break;
    case MANNER_OWN:
        break;
    }
}

/* Behind operands alone: the first word that begins with a dash. */
static int find_dashes(int argc, char *const *argv, int from)
{
    for (int i = from; i < argc; i++) {
        if (argv[i][0] == '-' && argv[i][1] != 0) {
            return i > from && strcmp(argv[i], "--") == 0 ? i : 0;
        }
    }
    return 0;
}

void peer_parse(int argc, char *const *argv, char *(*find)(const char *name), struct rules *rules,
                struct peer *ret)
{
    const struct syntax *s = &syntaxes[rules->manner];
    struct walk w = {
        .argc = argc, .argv = argv, .next = 1, .cluster = "", .value = "", .peer = ret};
    bool tini = rules->manner == MANNER_TINI;
    bool dumb = rules->manner == MANNER_DUMB_INIT;
    bool more = true;
    int letter = 1;

    *ret = (struct peer){.answer = PEER_RUN};
    begin(rules);
    if (!tini && !dumb) {
        rules->voice = find("CATATONIT_DEBUG") != NULL;
        more = find("CATATONIT_LOG") == NULL || stop(&w, PEER_RESERVED, NULL);
    } else if (tini && argc == 2 && strcmp(argv[1], "--version") == 0) {
        more = stop(&w, PEER_VERSION, NULL);
    }
    while (more && (letter = take(&w, s)) > 0) {
        more = tini   ? tini_option(&w, rules, letter)
               : dumb ? dumb_option(&w, rules, letter)
                      : catatonit_option(&w, rules, letter);
    }
    ret->command = w.next;
    if (tini && !w.ended) {
        ret->dashes = find_dashes(argc, argv, w.next);
    }
    if (ret->answer == PEER_RUN && w.next >= argc && !rules->pause) {
        ret->answer = PEER_NO_COMMAND;
    }
    if (tini) {
        tini_environment(find, rules);
    } else if (dumb && ret->answer == PEER_RUN) {
        dumb_environment(find, rules, ret, w.rewritten);
    }
}
