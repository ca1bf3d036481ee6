/* SPDX-License-Identifier: MIT */
/* Tests of sys/user.h, in a root of their own with its own /etc. */
#include "sys/user.h"

#include "child.h"
#include "core/passwd.h"

#include <grp.h>

#define PASSWD \
    "root:x:0:0:root:/root:/bin/bash\n" \
    "# a comment\n" \
    "broken:x:1:1\n" \
    "web:x:33:44:Web:/srv/web:/bin/sh\n" \
    "twin:x:33:45:the second of two with that number:/twin:/bin/twin\n" \
    "web:x:66:66:the second of that name:/:/\n" \
    "12:x:5:6:a name of digits:/digits:/bin/digits\n" \
    "homeless:x:70:71:::\n" \
    "last:x:4294967294:4294967294::/last:/bin/last"

#define GROUP \
    "root:x:0:root\n" \
    "www:x:44:\n" \
    "audio:x:29:web,music\n" \
    "broken:x:web\n" \
    "video:x:28:music,web\n" \
    "other:x:27:webmaster\n" \
    "www:x:99:web\n" \
    "12:x:500:homeless"

/* In a child: the scratch folder becomes the root. */
static void be_in_scratch(void)
{
    be_root();
    check_call(chdir(scratch));
    check_call(mkdir("etc", 0755));
    if (chroot(".") < 0) {
        skip_because("this user may not change its root: %s", strerror(errno));
    }
}

static void be_in_image(void)
{
    be_in_scratch();
    write_file("/etc/passwd", PASSWD);
    write_file("/etc/group", GROUP);
}

static int resolve(const char *word, struct user *ret_user)
{
    return user_resolve((struct slice){(const uint8_t *)word, strlen(word)}, ret_user);
}

struct expected {
    const char *word;
    uid_t uid;
    gid_t gid;
    const char *home;
    const char *shell;
    gid_t groups[4];
    size_t group_count;
};

static void check_users(const struct expected *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct expected *e = &list[i];
        struct user u;
        int r;

        memset(&u, 0xff, sizeof(u));
        r = resolve(e->word, &u);
        check(r == 0, "\"%s\": expected a user, got %d", e->word, r);
        check(u.uid == e->uid && u.gid == e->gid, "\"%s\": expected %u:%u, got %u:%u", e->word,
              e->uid, e->gid, u.uid, u.gid);
        check(strcmp(u.home, e->home) == 0, "\"%s\": expected home %s, got %s", e->word, e->home,
              u.home);
        check(strcmp(u.shell, e->shell) == 0, "\"%s\": expected shell %s, got %s", e->word,
              e->shell, u.shell);
        check(u.group_count == e->group_count, "\"%s\": expected %zu groups, got %zu", e->word,
              e->group_count, u.group_count);
        for (size_t g = 0; g < e->group_count; g++) {
            check(u.groups[g] == e->groups[g], "\"%s\": expected group %u, got %u", e->word,
                  e->groups[g], u.groups[g]);
        }
    }
}

static void check_group(const char *word, int expected, gid_t gid)
{
    gid_t got = 7777;
    int r = user_group((struct slice){(const uint8_t *)word, strlen(word)}, &got);

    check(r == expected, "group \"%.40s\": expected %d, got %d", word, expected, r);
    check(got == (r == 0 ? gid : 7777), "group \"%.40s\": got %u", word, got);
}

static void check_refused(const char *word, int expected)
{
    struct user u;
    int r = resolve(word, &u);

    check(r == expected, "\"%.40s\": expected %d, got %d", word, expected, r);
}

static void look_up(void)
{
    static const struct expected users[] = {
        {"", 0, 0, "/root", "/bin/bash", {0}, 0},
        {"root", 0, 0, "/root", "/bin/bash", {0}, 1},
        {"0", 0, 0, "/root", "/bin/bash", {0}, 1},
        {"web", 33, 44, "/srv/web", "/bin/sh", {29, 28, 99}, 3},
        {"33", 33, 44, "/srv/web", "/bin/sh", {29, 28, 99}, 3},
        {"twin", 33, 45, "/twin", "/bin/twin", {0}, 0},
        {"web:www", 33, 44, "/srv/web", "/bin/sh", {0}, 0},
        {"web:audio", 33, 29, "/srv/web", "/bin/sh", {0}, 0},
        {"web:1234", 33, 1234, "/srv/web", "/bin/sh", {0}, 0},
        {"12", 12, 0, "/", "", {0}, 0}, // digits are always an id
        {"5", 5, 6, "/digits", "/bin/digits", {0}, 0},
        {"web:12", 33, 12, "/srv/web", "/bin/sh", {0}, 0},
        {"homeless", 70, 71, "/", "", {500}, 1},
        {"last", ID_MAX, ID_MAX, "/last", "/bin/last", {0}, 0},
        {"1000", 1000, 0, "/", "", {0}, 0},
        {"1000:1001", 1000, 1001, "/", "", {0}, 0},
        {"1000:video", 1000, 28, "/", "", {0}, 0},
        {"1:2", 1, 2, "/", "", {0}, 0}, // its line is malformed
    };

    be_in_image();
    check_users(users, COUNT_OF(users));
    check_refused("nobody", -ENOENT);
    check_refused("broken", -ENOENT);
    check_refused("webmaster", -ENOENT);
    check_refused("# a comment", -ENOENT);
    check_refused("nobody:www", -ENOENT);
    check_refused("web:nosuch", -ESRCH);
    check_refused("web:broken", -ESRCH);
    check_refused("1000:nosuch", -ESRCH);
}

static void test_users_of_the_image(void **state)
{
    (void)state;
    in_child(look_up);
}

static void refuse_words(void)
{
    static const char *const words[] = {":",          "web:",       ":www",         "web:www:x",
                                        "4294967295", "4294967296", "0:4294967295", "::"};

    be_in_image();
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        check_refused(words[i], -EINVAL);
    }
}

static void test_a_malformed_word_is_refused(void **state)
{
    (void)state;
    in_child(refuse_words);
}

static void look_up_nowhere(void)
{
    static const struct expected users[] = {
        {"", 0, 0, "/", "", {0}, 0},
        {"0", 0, 0, "/", "", {0}, 0},
        {"1000", 1000, 0, "/", "", {0}, 0},
        {"1000:1001", 1000, 1001, "/", "", {0}, 0},
    };

    be_in_scratch();
    for (int i = 0; i < 4; i++) {
        check_users(users, COUNT_OF(users));
        check_refused("root", -ENOENT);
        check_refused("1000:www", -ESRCH);
        if (i == 0) {
            write_file("/etc/passwd", "");
            write_file("/etc/group", "");
        } else if (i == 1) {
            check_call(unlink("/etc/passwd"));
            check_call(unlink("/etc/group"));
            check_call(rmdir("/etc"));
        } else {
            check_call(unlink("/etc") < 0 && errno != ENOENT ? -1 : 0);
            write_file("/etc", "a file, not a folder");
        }
    }
}

static void test_an_image_without_users_has_root_and_numbers(void **state)
{
    (void)state;
    in_child(look_up_nowhere);
}

static void look_up_in_trouble(void)
{
    be_in_scratch();
    check_call(mkdir("/etc/passwd", 0755));
    check_refused("", -EMEDIUMTYPE);
    check_call(rmdir("/etc/passwd"));
    check_call(mkfifo("/etc/passwd", 0644)); // and nobody waits for a writer
    check_refused("", -EMEDIUMTYPE);
    check_call(unlink("/etc/passwd"));
    check_call(symlink("passwd", "/etc/passwd"));
    check_refused("0", -ELOOP);
    check_call(unlink("/etc/passwd"));
    write_file("/etc/passwd", "web:x:1:1:::\n");
    check_call(mkfifo("/etc/group", 0644));
    check_refused("web", -EMEDIUMTYPE);
    check_refused("web:www", -EMEDIUMTYPE);
    check_call(unlink("/etc/group"));
    check_call(truncate("/etc/passwd", USER_FILE_MAX));
    check_refused("web", 0);
    check_call(truncate("/etc/passwd", USER_FILE_MAX + 1));
    check_refused("web", -EFBIG);
    check_refused("0", -EFBIG);
}

static void test_what_is_no_user_file_is_not_read(void **state)
{
    (void)state;
    in_child(look_up_in_trouble);
}

static void check_own(uid_t uid, const char *home, const char *shell)
{
    struct user u;

    memset(&u, 0xff, sizeof(u));
    check_call(seteuid(uid));
    user_own(&u);
    check_call(seteuid(0));
    check(u.uid == uid, "expected %u, got %u", uid, u.uid);
    check(strcmp(u.home, home) == 0, "%u: expected home %s, got %s", uid, home, u.home);
    check(strcmp(u.shell, shell) == 0, "%u: expected shell %s, got %s", uid, shell, u.shell);
    check_is(u.group_count, 0);
}

static void look_up_own(void)
{
    be_in_image();
    check_own(0, "/root", "/bin/bash");
    check_own(33, "/srv/web", "/bin/sh");
    check_own(1000620000, "/", "");
    check_call(chmod("/etc/passwd", 0600));
    check_own(33, "/", "");
    check_call(unlink("/etc/passwd"));
    check_own(0, "/", "");
    check_call(mkfifo("/etc/passwd", 0644));
    check_own(33, "/", "");
}

static void test_who_one_is_can_be_a_number_alone(void **state)
{
    (void)state;
    in_child(look_up_own);
}

static void look_up_many_groups(void)
{
    struct user u;
    FILE *f;

    be_in_scratch();
    write_file("/etc/passwd", "web:x:1:1:::\n");
    f = fopen("/etc/group", "we");
    check(f != NULL, "cannot write /etc/group");
    for (int i = 0; i < USER_GROUPS_MAX + 50; i++) {
        check(fprintf(f, "g%d:x:%d:web\n", i, 1000 + i) > 0, "cannot write /etc/group");
    }
    check_is(fclose(f), 0);
    check_is(resolve("web", &u), 0);
    check_is(u.group_count, USER_GROUPS_MAX);
    check_is(u.groups[USER_GROUPS_MAX - 1], 1000 + USER_GROUPS_MAX - 1);
}

static void test_more_groups_than_the_limit_are_left_out(void **state)
{
    (void)state;
    in_child(look_up_many_groups);
}

static void look_up_long_paths(void)
{
    static char line[3 * USER_PATH_MAX];

    be_in_scratch();
    for (int length = USER_PATH_MAX - 1; length <= USER_PATH_MAX; length++) {
        bool fits = length < USER_PATH_MAX;
        struct user u;

        (void)snprintf(line, sizeof(line), "web:x:1:2::%0*d:%0*d\n", length, 1, length, 2);
        write_file("/etc/passwd", line);
        check_is(resolve("web", &u), 0);
        check(u.uid == 1 && u.gid == 2, "expected 1:2, got %u:%u", u.uid, u.gid);
        check_is(strlen(u.home), fits ? length : 1);
        check_is(strlen(u.shell), fits ? length : 0);
        check(fits || strcmp(u.home, "/") == 0, "expected home /, got %s", u.home);
    }
}

static void test_paths_longer_than_the_limit_are_passed_over(void **state)
{
    (void)state;
    in_child(look_up_long_paths);
}

static struct user somebody(void)
{
    struct user u = {.uid = 1234, .gid = 2345, .groups = {29, 28}, .group_count = 2};

    return u;
}

/* In a child: root that may become anybody. */
static void be_real_root(void)
{
    if (geteuid() != 0) {
        skip_because("only root becomes somebody else");
    }
}

static void check_ids(uid_t uid, gid_t gid)
{
    uid_t u[3];
    gid_t g[3];

    check_call(getresuid(&u[0], &u[1], &u[2]));
    check_call(getresgid(&g[0], &g[1], &g[2]));
    for (int i = 0; i < 3; i++) {
        check(u[i] == uid && g[i] == gid, "expected %u:%u, got %u:%u", uid, gid, u[i], g[i]);
    }
}

static void become(void)
{
    struct user u = somebody();
    gid_t groups[8];

    be_real_root();
    check_is(user_become(&u, false), 0);
    check_ids(1234, 2345);
    check_is(getgroups(8, groups), 2);
    check((groups[0] == 28 && groups[1] == 29) || (groups[0] == 29 && groups[1] == 28),
          "expected groups 28 and 29, got %u and %u", groups[0], groups[1]);
    check_is(user_become(&u, false), -EPERM); // no way back, not even to the same groups
    check_is(setuid(0), -1);
    u.uid = 0;
    check_is(user_become(&u, true), -EPERM);
    check_ids(1234, 2345);
}

static void test_become(void **state)
{
    (void)state;
    in_child(become);
}

static void become_with_groups(void)
{
    static const gid_t mine[] = {100, 101, 102};
    struct user u = somebody();

    be_real_root();
    check_call(setgroups(COUNT_OF(mine), mine));
    check_is(user_become(&u, true), 0);
    check_ids(1234, 2345);
    check_is(getgroups(0, NULL), 3);
}

static void test_become_may_keep_the_groups(void **state)
{
    (void)state;
    in_child(become_with_groups);
}

static void become_without_groups(void)
{
    static const gid_t mine[] = {100, 101, 102};
    struct user u = {.uid = 0, .gid = 0};

    be_real_root();
    check_call(setgroups(COUNT_OF(mine), mine));
    check_is(user_become(&u, false), 0);
    check_is(getgroups(0, NULL), 0);
}

static void test_become_gives_up_groups_that_are_not_the_users(void **state)
{
    (void)state;
    in_child(become_without_groups);
}

static void become_unmapped(void)
{
    struct user u = {.uid = 0, .gid = 0};

    if (geteuid() == 0) { // as nobody, whose user namespace maps a single id
        check_call(setgroups(0, NULL));
        check_call(setresgid(65534, 65534, 65534));
        check_call(setresuid(65534, 65534, 65534));
        check_call(syscall(SYS_prctl, 4 /* PR_SET_DUMPABLE */, 1, 0, 0, 0)); // /proc/self is ours
    }
    be_root();
    check_is(user_become(&u, true), 0);
    check_is(user_become(&u, false), -EPERM); // setgroups(2) is denied
    u.gid = 5;
    check_is(user_become(&u, true), -EINVAL);
    u.gid = 0;
    u.uid = 1234;
    check_is(user_become(&u, true), -EINVAL);
    check_ids(0, 0);
}

static void test_an_id_that_is_not_mapped_is_refused(void **state)
{
    (void)state;
    in_child(become_unmapped);
}

static void look_groups_up(void)
{
    be_in_image();
    check_group("root", 0, 0);
    check_group("video", 0, 28);
    check_group("www", 0, 44);    // the first of two
    check_group("1234", 0, 1234); // a number needs no line
    check_group("12", 0, 12);     // digits are always an id
    check_group("4294967294", 0, ID_MAX);
    check_group("4294967295", -EINVAL, 0);
    check_group("12x", -EINVAL, 0);
    check_group("", -EINVAL, 0);
    check_group("broken", -ESRCH, 0);
    check_group("web", -ESRCH, 0); // a user
    check_group("vide", -ESRCH, 0);
    check_call(unlink("/etc/group"));
    check_group("root", -ESRCH, 0); // names need a file: nothing is known of itself
    check_group("28", 0, 28);
    check_call(mkfifo("/etc/group", 0644));
    check_group("video", -EMEDIUMTYPE, 0);
}

static void test_groups_of_the_image(void **state)
{
    (void)state;
    in_child(look_groups_up);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_users_of_the_image),
        scratch_test(test_a_malformed_word_is_refused),
        scratch_test(test_an_image_without_users_has_root_and_numbers),
        scratch_test(test_what_is_no_user_file_is_not_read),
        scratch_test(test_paths_longer_than_the_limit_are_passed_over),
        scratch_test(test_who_one_is_can_be_a_number_alone),
        scratch_test(test_more_groups_than_the_limit_are_left_out),
        scratch_test(test_groups_of_the_image),
        cmocka_unit_test(test_become),
        cmocka_unit_test(test_become_may_keep_the_groups),
        cmocka_unit_test(test_become_gives_up_groups_that_are_not_the_users),
        cmocka_unit_test(test_an_id_that_is_not_mapped_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
