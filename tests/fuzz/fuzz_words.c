/* SPDX-License-Identifier: MIT */
/* Fuzzes what people and images write: passwd and group files, USER words, options, seconds, signals. */
#include "core/options.h"
#include "core/passwd.h"
#include "core/signame.h"
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#define WORDS_MAX 32 /* of a command line; the rest of the input is one word */

static void check_spec(struct slice word)
{
    struct user_spec spec;
    int r = passwd_spec(word, &spec);

    must(r == 0 || r == -EINVAL, "a word is a user or it is not");
    if (r != 0) {
        return;
    }
    must(lies_within(spec.user, word) && lies_within(spec.group, word), "the parts are the word's");
    must(spec.user.len > 0 && memchr(spec.user.data, ':', spec.user.len) == NULL, "a user's name");
    must(!spec.user_is_id || spec.uid <= ID_MAX, "no uid is -1");
    must(!spec.group_is_id || spec.gid <= ID_MAX, "no gid is -1");
    must(word.len == spec.user.len + (spec.group.len > 0 ? 1 + spec.group.len : 0),
         "the word is user, colon, group");
}

static void check_file(struct slice text)
{
    struct slice rest = text;
    struct slice line;
    size_t left = text.len;

    while (passwd_next_line(&rest, &line)) {
        struct passwd_entry user;
        struct group_entry group;

        must(lies_within(line, text) && lies_within(rest, text), "a line lies within the text");
        must(line.len == 0 || memchr(line.data, '\n', line.len) == NULL,
             "a line has no end inside");
        must(rest.len < left, "every line takes bytes off the text");
        left = rest.len;
        if (passwd_line(line, &user)) {
            must(lies_within(user.name, line) && lies_within(user.home, line) &&
                     lies_within(user.shell, line),
                 "the fields lie within the line");
            must(user.name.len > 0 && user.uid <= ID_MAX && user.gid <= ID_MAX, "a user has ids");
        }
        if (group_line(line, &group)) {
            must(lies_within(group.name, line) && lies_within(group.members, line),
                 "the fields lie within the line");
            must(group.name.len > 0 && group.gid <= ID_MAX, "a group has an id");
            must(!group_has(&group, (struct slice){NULL, 0}), "nobody without a name is a member");
            (void)group_has(&group, group.name);
        }
    }
    must(rest.len == 0, "all of the text was read");
}

static void check_word(const char *word)
{
    msec_t ms = options_seconds(word);
    int number = signame_parse(word);

    must(ms == -EINVAL || ms == MSEC_NEVER || (ms >= 0 && ms <= INT64_C(1000000000000)),
         "a time is within its limits");
    must(number == -EINVAL || (number >= 1 && number <= 64), "a signal is 1 to 64");
    if (number > 0) {
        char buf[SIGNAME_MAX];
        const char *name = signame_format(number, buf);

        must(strcmp(name, "?") == 0 ? number == 32 || number == 33 : signame_parse(name) == number,
             "a signal's name is its own");
    }
}

/* The input's lines are the words of a command line. */
static void check_options(char *text)
{
    char *argv[WORDS_MAX + 2] = {text};
    struct options o = {.command = -1};
    const char *bad = NULL;
    const char *reason = NULL;
    int argc = 1;
    int r;

    for (char *end = text; argc <= WORDS_MAX && (end = strchr(end, '\n')) != NULL;) {
        *end++ = 0;
        argv[argc++] = end;
    }
    r = options_parse(argc, argv, &o, &bad, &reason);
    if (r == 0) {
        must(o.command >= 1 && o.command <= argc, "the command is a word, or there is none");
        must(o.grace >= 0, "a grace period is not negative");
        must(o.control == NULL || o.control[0] == '/', "a path is absolute");
        must(bad == NULL && reason == NULL, "nothing is wrong");
    } else {
        must(r == -EINVAL && bad != NULL && reason != NULL, "what is wrong is said");
        must(o.command == -1, "nothing was written");
    }
    for (int i = 0; i < argc; i++) {
        check_word(argv[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {data, size};
    char *text = malloc(size + 1);

    if (text == NULL) {
        return 0;
    }
    check_spec(input);
    check_file(input);
    memcpy(text, data != NULL ? (const char *)data : "", size);
    text[size] = 0;
    check_options(text);
    free(text);
    return 0;
}
