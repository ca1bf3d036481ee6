/* SPDX-License-Identifier: MIT */
/* Tests of sys/copytree.h: what is copied, what is left out, and what is never followed. */
#include "sys/copytree.h"

#include "child.h"

#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#define LARGE (3u << 20) /* bytes, several times what one sendfile(2) takes */

/* In a child: works in the scratch folder, with an empty from/ and to/. */
static void begin(void)
{
    (void)umask(0022);
    check_call(chdir(scratch));
    check_call(mkdir("from", 0755));
    check_call(mkdir("to", 0755));
}

/* Copies from/ to to/; nothing may be left open but what was. */
static int copy(void)
{
    int from = check_call(open("from", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    int to = check_call(open("to", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    int before = open_fds();
    int r = copytree(from, to);

    check_is(open_fds(), before);
    check(is_open(from) && is_open(to), "a folder was closed");
    check_call(close(from));
    check_call(close(to));
    return r;
}

static struct stat look(const char *path)
{
    struct stat st;

    check(lstat(path, &st) == 0, "%s: %s", path, strerror(errno));
    return st;
}

static void check_mode(const char *path, mode_t expected)
{
    mode_t mode = look(path).st_mode;

    check(mode == expected, "%s: expected mode %o, got %o", path, expected, mode);
}

static void check_content(const char *path, const char *expected)
{
    char buf[128];
    int fd = check_call(open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    ssize_t n = read(fd, buf, sizeof(buf) - 1);

    check(n >= 0, "%s: %s", path, strerror(errno));
    buf[n] = 0;
    check(strcmp(buf, expected) == 0, "%s: expected \"%s\", got \"%s\"", path, expected, buf);
    check_call(close(fd));
}

static void check_link(const char *path, const char *expected)
{
    char buf[5000];
    ssize_t n = readlink(path, buf, sizeof(buf) - 1);

    check(n >= 0, "%s: %s", path, strerror(errno));
    buf[n] = 0;
    check(strcmp(buf, expected) == 0, "%s: expected a link to %s, got %s", path, expected, buf);
}

static int count_entries(const char *path)
{
    DIR *d = opendir(path);
    int count = -2; // . and ..

    check(d != NULL, "%s: %s", path, strerror(errno));
    while (readdir(d) != NULL) {
        count++;
    }
    (void)closedir(d);
    return count;
}

static void copy_nothing(void)
{
    begin();
    check_is(copy(), 0);
    check_is(count_entries("to"), 0);
}

static void test_an_empty_tree(void **state)
{
    (void)state;
    in_child(copy_nothing);
}

static void copy_small_tree(void)
{
    begin();
    write_file("from/file", "content");
    write_file("from/empty", "");
    write_file("from/.hidden", "hidden");
    write_file("from/...", "a name of dots");
    check_call(mkdir("from/lock", 0755));
    check_call(mkdir("from/a", 0755));
    check_call(mkdir("from/a/b", 0755));
    write_file("from/a/b/deep", "deep");
    write_file("from/a/file", "another of that name");
    check_is(copy(), 0);
    check_content("to/file", "content");
    check_content("to/empty", "");
    check_content("to/.hidden", "hidden");
    check_content("to/...", "a name of dots");
    check_content("to/a/b/deep", "deep");
    check_content("to/a/file", "another of that name");
    check_is(count_entries("to"), 6);
    check_is(count_entries("to/lock"), 0);
    check_is(count_entries("from"), 6);
    check_content("from/a/b/deep", "deep");
}

static void test_files_and_folders(void **state)
{
    (void)state;
    in_child(copy_small_tree);
}

static void copy_modes(void)
{
    static const mode_t modes[] = {0400, 0444, 0600, 0640, 0666, 0755, 0777, 04755, 02755, 01777};

    begin();
    (void)umask(0077); // must not matter
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        char path[32];

        (void)snprintf(path, sizeof(path), "from/f%o", modes[i]);
        write_file(path, "x");
        check_call(chmod(path, modes[i]));
        (void)snprintf(path, sizeof(path), "from/d%o", modes[i]);
        check_call(mkdir(path, 0700));
        (void)snprintf(path, sizeof(path), "from/d%o/inside", modes[i]);
        write_file(path, "x");
        (void)snprintf(path, sizeof(path), "from/d%o", modes[i]);
        check_call(chmod(path, modes[i] | 0500));
    }
    check_is(copy(), 0);
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        char path[32];

        (void)snprintf(path, sizeof(path), "to/f%o", modes[i]);
        check_mode(path, S_IFREG | modes[i]);
        (void)snprintf(path, sizeof(path), "to/d%o/inside", modes[i]);
        check_content(path, "x");
        (void)snprintf(path, sizeof(path), "to/d%o", modes[i]);
        check_mode(path, S_IFDIR | modes[i] | 0500);
        check_call(chmod(path, 0700)); // so that it can be removed
        (void)snprintf(path, sizeof(path), "from/d%o", modes[i]);
        check_call(chmod(path, 0700));
    }
}

static void test_modes(void **state)
{
    (void)state;
    in_child(copy_modes);
}

static void check_owner(const char *path, uid_t uid, gid_t gid)
{
    struct stat st = look(path);

    check(st.st_uid == uid && st.st_gid == gid, "%s: expected owner %u:%u, got %u:%u", path, uid,
          gid, st.st_uid, st.st_gid);
}

static void copy_owners(void)
{
    if (geteuid() != 0) {
        skip_because("only root gives files away");
    }
    begin();
    write_file("from/file", "x");
    check_call(chown("from/file", 1234, 2345));
    check_call(chmod("from/file", 06711));
    check_call(mkdir("from/folder", 0750));
    check_call(chown("from/folder", 3456, 4567));
    check_is(copy(), 0);
    check_owner("to/file", 1234, 2345);
    check_mode("to/file", S_IFREG | 06711); // chown(2) takes these bits away
    check_owner("to/folder", 3456, 4567);
    check_mode("to/folder", S_IFDIR | 0750);
}

static void test_owners(void **state)
{
    (void)state;
    in_child(copy_owners);
}

static void copy_links(void)
{
    char longest[4096];

    begin();
    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = 0;
    write_file("outside", "not to be copied");
    check_call(mkdir("folder", 0755));
    write_file("folder/file", "not to be copied either");
    check_call(symlink("../outside", "from/file"));
    check_call(symlink("../folder", "from/folder"));
    check_call(symlink("/nowhere/at/all", "from/dangling"));
    check_call(symlink("loop", "from/loop"));
    check_call(symlink(longest, "from/longest"));
    check_is(copy(), 0);
    check_link("to/file", "../outside");
    check_link("to/folder", "../folder");
    check_link("to/dangling", "/nowhere/at/all");
    check_link("to/loop", "loop");
    check_link("to/longest", longest);
    check_is(count_entries("to"), 5);
}

static void test_links_are_copied_and_not_followed(void **state)
{
    (void)state;
    in_child(copy_links);
}

static void copy_other_kinds(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = "from/socket"};

    begin();
    check_call(mkfifo("from/fifo", 0644));
    check_call(bind(check_call(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
                    (const struct sockaddr *)&addr, sizeof(addr)));
    if (geteuid() == 0) {
        check_call(mknod("from/device", S_IFCHR | 0666, makedev(1, 3)));
    }
    write_file("from/file", "x");
    check_is(copy(), 0);
    check_is(count_entries("to"), 1);
    check_content("to/file", "x");
}

static void test_other_kinds_are_left_out(void **state)
{
    (void)state;
    in_child(copy_other_kinds);
}

/* The path of a folder this many levels below top, or of the file in it. */
static void level_path(char *buf, size_t cap, const char *top, int levels, const char *file)
{
    size_t len = (size_t)snprintf(buf, cap, "%s", top);

    for (int i = 0; i < levels; i++) {
        len += (size_t)snprintf(buf + len, cap - len, "/d");
    }
    (void)snprintf(buf + len, cap - len, "%s", file);
}

/* Folders below `from`, one in the other, with a file in the last. */
static void make_levels(int levels)
{
    char path[256];

    for (int i = 1; i <= levels; i++) {
        level_path(path, sizeof(path), "from", i, "");
        check_call(mkdir(path, 0755));
    }
    level_path(path, sizeof(path), "from", levels, "/file");
    write_file(path, "deepest");
}

static void copy_deep(void)
{
    char path[256];

    begin();
    make_levels(COPYTREE_DEPTH);
    check_is(copy(), 0);
    level_path(path, sizeof(path), "to", COPYTREE_DEPTH, "/file");
    check_content(path, "deepest");
}

static void copy_too_deep(void)
{
    begin();
    make_levels(COPYTREE_DEPTH + 1);
    check_is(copy(), -EFBIG);
}

static void test_as_deep_as_the_limit(void **state)
{
    (void)state;
    in_child(copy_deep);
}

static void test_deeper_than_the_limit(void **state)
{
    (void)state;
    in_child(copy_too_deep);
}

static void copy_many(void)
{
    char path[300];

    begin();
    for (int i = 0; i < 300; i++) { // several buffers of getdents64(2), with long names
        (void)snprintf(path, sizeof(path), "from/%0*d", i % 2 == 0 ? 255 : 8, i);
        write_file(path, "x");
    }
    check_is(copy(), 0);
    check_is(count_entries("to"), 300);
}

static void test_many_files(void **state)
{
    (void)state;
    in_child(copy_many);
}

static void copy_large(void)
{
    static uint8_t data[LARGE];
    static uint8_t got[LARGE + 1];
    int fd;

    begin();
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i % 253);
    }
    fd = check_call(open("from/large", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    check_is(write(fd, data, sizeof(data)), LARGE);
    check_is(copy(), 0);
    fd = check_call(open("to/large", O_RDONLY | O_CLOEXEC));
    check_is(read(fd, got, sizeof(got)), LARGE);
    check(memcmp(data, got, LARGE) == 0, "the copy differs");
}

static void test_a_large_file(void **state)
{
    (void)state;
    in_child(copy_large);
}

static void copy_over_others(void)
{
    begin();
    write_file("outside", "mine");
    write_file("from/name", "theirs");
    check_call(symlink("../outside", "to/name"));
    check_is(copy(), 0);
    check_content("outside", "mine");
    check_call(unlink("to/name"));
    check_call(symlink("../new", "to/name"));
    check_is(copy(), 0);
    check_is(access("new", F_OK), -1);
    check_call(unlink("to/name"));
    check_call(unlink("from/name"));
    check_call(mkdir("from/name", 0755));
    write_file("from/name/file", "theirs");
    check_call(mkdir("folder", 0755));
    check_call(symlink("../folder", "to/name"));
    check_is(copy(), 0);
    check_is(count_entries("folder"), 0);
    check_call(unlink("to/name"));
    check_call(mkdir("to/name", 0700));
    write_file("from/other", "theirs");
    check_is(copy(), 0);
    check_is(count_entries("to/name"), 0); // a folder of ours is not added to
    check_content("to/other", "theirs");   // and what comes behind it is copied
}

static void test_what_is_there_already_is_not_written_through(void **state)
{
    (void)state;
    in_child(copy_over_others);
}

static void copy_from_a_file(void)
{
    int file;

    begin();
    write_file("file", "x");
    file = check_call(open("file", O_RDONLY | O_CLOEXEC));
    check_is(copytree(file, file), -ENOTDIR);
    check_is(copytree(900, file), -EBADF);
    write_file("from/a", "x");
    check_is(copytree(check_call(open("from", O_RDONLY | O_CLOEXEC)), file), -ENOTDIR);
}

static void test_only_folders_are_trees(void **state)
{
    (void)state;
    in_child(copy_from_a_file);
}

static void copy_link_owner(void)
{
    if (geteuid() != 0) {
        skip_because("only root gives links away");
    }
    begin();
    check_call(symlink("target", "from/link"));
    check_call(lchown("from/link", 1234, 2345));
    check_is(copy(), 0);
    check_owner("to/link", 1234, 2345);
}

/* "Copies directories, regular files and symbolic links … with owner and mode." */
static void test_04_a_copied_link_lost_its_owner(void **state)
{
    (void)state;
    in_child(copy_link_owner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_an_empty_tree),
        scratch_test(test_files_and_folders),
        scratch_test(test_modes),
        scratch_test(test_owners),
        scratch_test(test_links_are_copied_and_not_followed),
        scratch_test(test_other_kinds_are_left_out),
        scratch_test(test_as_deep_as_the_limit),
        scratch_test(test_deeper_than_the_limit),
        scratch_test(test_many_files),
        scratch_test(test_a_large_file),
        scratch_test(test_what_is_there_already_is_not_written_through),
        scratch_test(test_only_folders_are_trees),
        scratch_test(test_04_a_copied_link_lost_its_owner),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
