/* SPDX-License-Identifier: MIT */
/* Tests of core/passwd.h: numbers, USER[:GROUP] words, and lines as images really have them. */
#include "core/passwd.h"

#include "check.h"

#include <errno.h>

static void expect_number(const char *word, bool good, uint32_t expected)
{
    struct slice s = exact_copy(word, strlen(word));
    uint32_t id = 77;
    bool r = passwd_number(s, &id);

    expect(r == good, "\"%s\": expected to be %s", word, good ? "a number" : "refused");
    expect(id == (good ? expected : 77), "\"%s\": expected %u, got %u", word, good ? expected : 77,
           id);
    exact_free(s);
}

static void test_numbers(void **state)
{
    (void)state;
    expect_number("0", true, 0);
    expect_number("1", true, 1);
    expect_number("9", true, 9);
    expect_number("1000", true, 1000);
    expect_number("65534", true, 65534);
    expect_number("007", true, 7);
    expect_number("0000000001", true, 1);
    expect_number("2147483648", true, 2147483648);
    expect_number("4294967294", true, ID_MAX);
}

static void test_numbers_that_are_none(void **state)
{
    static const char *const words[] = {
        "",
        "4294967295",
        "4294967296",
        "4294967297",
        "9999999999",
        "18446744073709551616",
        "42949672940",
        "-1",
        "-0",
        "+1",
        " 1",
        "1 ",
        "1a",
        "a",
        "0x1",
        "1.0",
        "1\n",
        "\xb2",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        expect_number(words[i], false, 0);
    }
    assert_false(passwd_number((struct slice){NULL, 0}, &(uint32_t){0}));
    assert_false(passwd_number(SLICE("1\0"), &(uint32_t){0}));
}

struct expected_spec {
    const char *word;
    const char *user;
    const char *group;
    bool user_is_id;
    bool group_is_id;
    uint32_t uid;
    uint32_t gid;
};

static void test_users_and_groups(void **state)
{
    static const struct expected_spec specs[] = {
        {"web", "web", "", false, false, 0, 0},
        {"web:www", "web", "www", false, false, 0, 0},
        {"web:33", "web", "33", false, true, 0, 33},
        {"1000", "1000", "", true, false, 1000, 0},
        {"0", "0", "", true, false, 0, 0},
        {"1:2", "1", "2", true, true, 1, 2},
        {"1:www", "1", "www", true, false, 1, 0},
        {"4294967294:4294967294", "4294967294", "4294967294", true, true, ID_MAX, ID_MAX},
        {"007:08", "007", "08", true, true, 7, 8},
        {"1a", "1a", "", false, false, 0, 0},
        {"-1", "-1", "", false, false, 0, 0},
        {"a b", "a b", "", false, false, 0, 0},
        {"user.name@host", "user.name@host", "", false, false, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(specs); i++) {
        const struct expected_spec *e = &specs[i];
        struct slice s = exact_copy(e->word, strlen(e->word));
        struct user_spec got;
        int r = passwd_spec(s, &got);

        expect(r == 0, "\"%s\": expected 0, got %d", e->word, r);
        expect(slice_equals(got.user, e->user), "\"%s\": expected user \"%s\", got \"%.*s\"",
               e->word, e->user, SHOW(got.user));
        expect(slice_equals(got.group, e->group), "\"%s\": expected group \"%s\", got \"%.*s\"",
               e->word, e->group, SHOW(got.group));
        expect(got.user_is_id == e->user_is_id, "\"%s\": user_is_id is %d", e->word,
               got.user_is_id);
        expect(got.group_is_id == e->group_is_id, "\"%s\": group_is_id is %d", e->word,
               got.group_is_id);
        expect(!e->user_is_id || got.uid == e->uid, "\"%s\": uid is %u", e->word, got.uid);
        expect(!e->group_is_id || got.gid == e->gid, "\"%s\": gid is %u", e->word, got.gid);
        exact_free(s);
    }
}

static void test_words_that_are_no_user(void **state)
{
    static const char *const words[] = {
        "",
        ":",
        "::",
        ":group",
        ":1",
        "user:",
        "1:",
        "a:b:c",
        "a:b:",
        "a::b",
        "4294967295",
        "4294967296",
        "99999999999999999999",
        "a:4294967295",
        "1:4294967295",
        "4294967295:1",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct slice s = exact_copy(words[i], strlen(words[i]));
        struct user_spec got = {.uid = 77};
        int r = passwd_spec(s, &got);

        expect(r == -EINVAL, "\"%s\": expected -EINVAL, got %d", words[i], r);
        expect(got.uid == 77, "\"%s\": refused, but the result was written", words[i]);
        exact_free(s);
    }
    assert_int_equal(passwd_spec((struct slice){NULL, 0}, &(struct user_spec){0}), -EINVAL);
}

static void expect_lines(struct slice text, const char *const *lines, size_t count)
{
    struct slice rest = text;
    struct slice line;

    for (size_t i = 0; i < count; i++) {
        expect(passwd_next_line(&rest, &line), "line %zu is missing", i);
        expect(slice_equals(line, lines[i]), "line %zu: expected \"%s\", got \"%.*s\"", i, lines[i],
               SHOW(line));
    }
    expect(!passwd_next_line(&rest, &line), "there is a line after the last");
    expect(!passwd_next_line(&rest, &line), "there is a line after the end");
}

static void test_lines(void **state)
{
    static const char *const two[] = {"one", "two"};
    static const char *const gap[] = {"one", "", "two"};
    static const char *const none[] = {""};
    static const char *const carriage[] = {"one\r", "two"};

    (void)state;
    expect_lines(SLICE("one\ntwo\n"), two, 2);
    expect_lines(SLICE("one\ntwo"), two, 2);
    expect_lines(SLICE("one\n\ntwo\n"), gap, 3);
    expect_lines(SLICE("\n"), none, 1);
    expect_lines(SLICE("one\r\ntwo"), carriage, 2);
    expect_lines(SLICE(""), none, 0);
    expect_lines((struct slice){NULL, 0}, none, 0);
}

static void test_a_passwd_line(void **state)
{
    struct passwd_entry e;

    (void)state;
    assert_true(passwd_line(SLICE("web:x:33:44:Web, the server:/srv/web:/bin/sh"), &e));
    assert_true(slice_equals(e.name, "web"));
    assert_int_equal(e.uid, 33);
    assert_int_equal(e.gid, 44);
    assert_true(slice_equals(e.home, "/srv/web"));
    assert_true(slice_equals(e.shell, "/bin/sh"));
    assert_true(passwd_line(SLICE("u::0:0:::"), &e));
    assert_int_equal(e.home.len, 0);
    assert_int_equal(e.shell.len, 0);
    assert_true(passwd_line(SLICE("u:x:4294967294:4294967294:::"), &e));
    assert_true(e.uid == ID_MAX && e.gid == ID_MAX);
    assert_true(passwd_line(SLICE("12:x:5:6:::"), &e)); // a name of digits only
    assert_true(slice_equals(e.name, "12"));
    assert_int_equal(e.uid, 5);
}

static void test_malformed_passwd_lines(void **state)
{
    static const char *const lines[] = {
        "",
        ":",
        "::::::",
        ":x:0:0:::",
        "#web:x:33",
        "# a comment",
        "web",
        "web:x:33:33:gecos:/home",
        "web:x:33:33:gecos:/home:/bin/sh:more",
        "web:x:33:33:gecos:/home:/bin/sh:",
        "web:x::33:::",
        "web:x:33::::",
        "web:x:a:33:::",
        "web:x:33:a:::",
        "web:x:-1:33:::",
        "web:x: 33:33:::",
        "web:x:33 :33:::",
        "web:x:4294967295:33:::",
        "web:x:33:4294967295:::",
        "web:x:99999999999:33:::",
        "+::::::",
        "+@nis::::::",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct slice s = exact_copy(lines[i], strlen(lines[i]));
        struct passwd_entry e;

        expect(!passwd_line(s, &e), "\"%s\" passes for an entry", lines[i]);
        exact_free(s);
    }
}

static void test_a_passwd_line_cut_short_anywhere(void **state)
{
    static const char line[] = "web:x:33:44:Web:/srv:/bin/sh";
    size_t six_colons = sizeof("web:x:33:44:Web:/srv:") - 1;

    (void)state;
    for (size_t len = 0; len < sizeof(line); len++) {
        struct slice s = exact_copy(line, len);
        struct passwd_entry e;

        expect(passwd_line(s, &e) == (len >= six_colons), "\"%.*s\"", SHOW(s));
        exact_free(s);
    }
}

static void test_a_group_line(void **state)
{
    struct group_entry g;

    (void)state;
    assert_true(group_line(SLICE("www:x:33:web,cgi"), &g));
    assert_true(slice_equals(g.name, "www"));
    assert_int_equal(g.gid, 33);
    assert_true(slice_equals(g.members, "web,cgi"));
    assert_true(group_line(SLICE("root:x:0:"), &g));
    assert_int_equal(g.members.len, 0);
    assert_true(group_line(SLICE("last::4294967294:"), &g));
    assert_true(g.gid == ID_MAX);
}

static void test_malformed_group_lines(void **state)
{
    static const char *const lines[] = {
        "",        ":",           ":x:0:",     "www",          "www:x",      "www:x:33",
        "www:x::", "www:x:a:web", "www:x:-1:", "www:x:33:a:b", "www:x:33::", "www:x:4294967295:",
        "+:::",    "#www:x:y:",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct slice s = exact_copy(lines[i], strlen(lines[i]));
        struct group_entry g;

        expect(!group_line(s, &g), "\"%s\" passes for an entry", lines[i]);
        exact_free(s);
    }
}

static void expect_member(const char *members, const char *name, bool expected)
{
    struct group_entry g = {.members = exact_copy(members, strlen(members))};

    expect(group_has(&g, slice_of(name)) == expected, "\"%s\" in \"%s\": expected %s", name,
           members, expected ? "yes" : "no");
    exact_free(g.members);
}

static void test_members(void **state)
{
    struct group_entry none = {.gid = 0};

    (void)state;
    expect_member("web", "web", true);
    expect_member("web,cgi,ftp", "web", true);
    expect_member("web,cgi,ftp", "cgi", true);
    expect_member("web,cgi,ftp", "ftp", true);
    expect_member(",web,,cgi,", "cgi", true);
    expect_member("web,cgi", "we", false);
    expect_member("web,cgi", "webb", false);
    expect_member("web,cgi", "eb", false);
    expect_member("web,cgi", "web,cgi", false);
    expect_member("web,cgi", "Web", false);
    expect_member("web, cgi", "cgi", false);
    expect_member("web", "", false);
    expect_member(",", "", false);
    expect_member("", "", false);
    expect_member("", "web", false);
    assert_false(group_has(&none, SLICE("web")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_numbers_that_are_none),
        cmocka_unit_test(test_users_and_groups),
        cmocka_unit_test(test_words_that_are_no_user),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_a_passwd_line),
        cmocka_unit_test(test_malformed_passwd_lines),
        cmocka_unit_test(test_a_passwd_line_cut_short_anywhere),
        cmocka_unit_test(test_a_group_line),
        cmocka_unit_test(test_malformed_group_lines),
        cmocka_unit_test(test_members),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
