/* SPDX-License-Identifier: MIT */
/* Tests of sys/mnt.h, in mount namespaces of their own: no path leaves its root, no mount its place. */
#include "sys/mnt.h"

#include "child.h"

#include <linux/mount.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

/*
 * In a child: works in the scratch folder, in a mount namespace that shares nothing with the
 * machine's. Made private by mount(2) and not by what is under test.
 */
static void begin(void)
{
    be_root_in(CLONE_NEWNS);
    check_call(syscall(SYS_mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
    (void)umask(0);
    check_call(chdir(scratch));
}

static int folder(const char *path)
{
    return check_call(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

static void make_folder(const char *path)
{
    check_call(mkdir(path, 0755));
}

static int tmpfs(const char *options)
{
    return check_ok(mnt_create("tmpfs", "tmpfs", options, 0));
}

static bool exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

/* How many lines of this process's mountinfo have the word. */
static int count_mounts(const char *word)
{
    FILE *f = fopen("/proc/self/mountinfo", "re");
    char line[4096];
    int count = 0;

    check(f != NULL, "cannot read /proc/self/mountinfo");
    while (fgets(line, sizeof(line), f) != NULL) {
        count += strstr(line, word) != NULL ? 1 : 0;
    }
    (void)fclose(f);
    return count;
}

/* Expects that path, below rootfd, is this file. */
static void check_opens(int rootfd, const char *path, enum mnt_resolve how, const char *expected)
{
    int want = check_call(open(expected, O_PATH | O_CLOEXEC));
    int fd = mnt_open(rootfd, path, O_PATH, how);

    check(fd >= 0, "%s: expected %s, got %s", path, expected, child_errno(fd));
    check(same_file(fd, want), "%s: expected %s, got another file", path, expected);
    check(is_cloexec(fd), "%s: not CLOEXEC", path);
    check_call(close(fd));
    check_call(close(want));
}

static void check_not_opened(int rootfd, const char *path, enum mnt_resolve how, int expected)
{
    int fd = mnt_open(rootfd, path, O_PATH, how);

    check(fd == expected, "%s: expected %s, got %s", path, child_errno(expected), child_errno(fd));
}

/* A root with links of all kinds, and a secret beside it. */
static int make_root(void)
{
    write_file("secret", "of the host");
    write_file("secret2", "of the host");
    make_folder("root");
    make_folder("root/a");
    make_folder("root/a/b");
    write_file("root/a/file", "x");
    write_file("root/inner", "x");
    check_call(symlink("/a/file", "root/absolute"));
    check_call(symlink("a/file", "root/relative"));
    check_call(symlink("/", "root/slash"));
    check_call(symlink("..", "root/up"));
    check_call(symlink("../../..", "root/a/far"));
    check_call(symlink("../secret", "root/secret")); // to itself, where ".." is the root
    check_call(symlink("../secret2", "root/leak"));
    check_call(symlink("/a", "root/a/b/folder"));
    check_call(symlink("/nowhere", "root/dangling"));
    check_call(symlink("loop2", "root/loop1"));
    check_call(symlink("loop1", "root/loop2"));
    return folder("root");
}

static void open_in_root(void)
{
    int root;

    begin();
    root = make_root();
    check_opens(root, "", MNT_IN_ROOT, "root");
    check_opens(root, "/", MNT_IN_ROOT, "root");
    check_opens(root, ".", MNT_IN_ROOT, "root");
    check_opens(root, "..", MNT_IN_ROOT, "root");
    check_opens(root, "/../../..", MNT_IN_ROOT, "root");
    check_opens(root, "a/file", MNT_IN_ROOT, "root/a/file");
    check_opens(root, "/a/file", MNT_IN_ROOT, "root/a/file");
    check_opens(root, "//a//file", MNT_IN_ROOT, "root/a/file");
    check_opens(root, "../../a/../a/file", MNT_IN_ROOT, "root/a/file");
    check_opens(root, "absolute", MNT_IN_ROOT, "root/a/file");
    check_opens(root, "relative", MNT_IN_ROOT, "root/a/file");
    check_opens(root, "slash", MNT_IN_ROOT, "root");
    check_opens(root, "slash/slash/inner", MNT_IN_ROOT, "root/inner");
    check_opens(root, "up", MNT_IN_ROOT, "root");
    check_opens(root, "up/up/inner", MNT_IN_ROOT, "root/inner");
    check_opens(root, "a/far", MNT_IN_ROOT, "root");
    check_opens(root, "a/far/inner", MNT_IN_ROOT, "root/inner");
    check_opens(root, "a/b/folder/file", MNT_IN_ROOT, "root/a/file");
}

static void test_every_path_stays_in_its_root(void **state)
{
    (void)state;
    in_child(open_in_root);
}

static void open_nothing(void)
{
    char path[5000];
    int root;

    begin();
    root = make_root();
    check_not_opened(root, "secret", MNT_IN_ROOT, -ELOOP);
    check_not_opened(root, "../secret", MNT_IN_ROOT, -ELOOP); // ".." is the root: a link to itself
    check_not_opened(root, "up/../../secret", MNT_IN_ROOT, -ELOOP);
    check_not_opened(root, "leak", MNT_IN_ROOT, -ENOENT);
    check_not_opened(root, "../secret2", MNT_IN_ROOT, -ENOENT);
    check_not_opened(root, "dangling", MNT_IN_ROOT, -ENOENT);
    check_not_opened(root, "loop1", MNT_IN_ROOT, -ELOOP);
    check_not_opened(root, "none", MNT_IN_ROOT, -ENOENT);
    check_not_opened(root, "a/file/x", MNT_IN_ROOT, -ENOTDIR);
    check_not_opened(root, "a/file/..", MNT_IN_ROOT, -ENOTDIR);
    check_not_opened(900, "a", MNT_IN_ROOT, -EBADF);
    memset(path, '/', sizeof(path));
    path[sizeof(path) - 1] = 0;
    check_not_opened(root, path, MNT_IN_ROOT, -ENAMETOOLONG);
    check_is(mnt_open(root, "a", O_WRONLY, MNT_IN_ROOT), -EISDIR);
    check_is(mnt_open(root, "inner", O_PATH | O_DIRECTORY, MNT_IN_ROOT), -ENOTDIR);
}

static void test_what_is_not_in_the_root_is_not_found(void **state)
{
    (void)state;
    in_child(open_nothing);
}

static void open_without_links(void)
{
    static const char *const links[] = {"absolute", "relative", "slash",        "up",
                                        "a/far",    "secret",   "dangling",     "loop1",
                                        "slash/a",  "up/inner", "a/b/folder",   "a/b/folder/file",
                                        "/slash",   "up/..",    "a/../absolute"};
    int root;

    begin();
    root = make_root();
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        check_not_opened(root, links[i], MNT_NO_SYMLINKS, -ELOOP);
    }
    check_opens(root, "a/file", MNT_NO_SYMLINKS, "root/a/file");
    check_opens(root, "/a/../../a/b", MNT_NO_SYMLINKS, "root/a/b");
    check_opens(root, "", MNT_NO_SYMLINKS, "root");
    check_not_opened(root, "none", MNT_NO_SYMLINKS, -ENOENT);
}

static void test_no_symlinks_means_none(void **state)
{
    (void)state;
    in_child(open_without_links);
}

static void open_magic(void)
{
    static const char *const links[] = {"self/cwd", "self/root", "self/exe", "self/fd/0",
                                        "self/root/etc"};
    int proc = folder("/proc");

    for (size_t i = 0; i < COUNT_OF(links); i++) {
        check_not_opened(proc, links[i], MNT_IN_ROOT, -ELOOP);
        check_not_opened(proc, links[i], MNT_NO_SYMLINKS, -ELOOP);
    }
}

static void test_magic_links_are_refused(void **state)
{
    (void)state;
    in_child(open_magic);
}

static void check_created(int root, const char *path, bool file, const char *expected, mode_t mode)
{
    int fd = mnt_open_create(root, path, file);
    int want;
    struct stat st;

    check(fd >= 0, "%s: expected %s, got %s", path, expected, child_errno(fd));
    check(is_cloexec(fd), "%s: not CLOEXEC", path);
    check(exists(expected), "%s: %s was not made", path, expected);
    want = check_call(open(expected, O_PATH | O_NOFOLLOW | O_CLOEXEC));
    check(same_file(fd, want), "%s: expected %s, got another file", path, expected);
    check_call(fstat(fd, &st));
    check(st.st_mode == mode, "%s: expected mode %o, got %o", path, mode, st.st_mode);
    check((fcntl(fd, F_GETFL) & O_PATH) != 0, "%s: not O_PATH", path);
    check_call(close(fd));
    check_call(close(want));
}

static void create_missing(void)
{
    int root;
    int before;

    begin();
    root = make_root();
    before = open_fds();
    check_created(root, "new", false, "root/new", S_IFDIR | 0755);
    check_created(root, "x/y/z", false, "root/x/y/z", S_IFDIR | 0755);
    check_created(root, "/p/q/file", true, "root/p/q/file", S_IFREG | 0644);
    check_created(root, "//m//n//", false, "root/m/n", S_IFDIR | 0755);
    check_created(root, "a/b/file", true, "root/a/b/file", S_IFREG | 0644);
    check_created(root, "t/../u", false, "root/u", S_IFDIR | 0755);
    check_created(root, "../../v", false, "root/v", S_IFDIR | 0755);
    check(exists("root/p/q") && !exists("root/p/q/q"), "the parents of p/q/file");
    check_created(root, "x/y/z", false, "root/x/y/z", S_IFDIR | 0755); // there already
    check_created(root, "x/y/z", true, "root/x/y/z", S_IFDIR | 0755);  // stays what it is
    check_created(root, "a/file", false, "root/a/file", S_IFREG | 0644);
    check_created(root, "", false, "root", S_IFDIR | 0755);
    check_created(root, "/", true, "root", S_IFDIR | 0755);
    check_is(open_fds(), before);
}

static void test_what_is_missing_is_made(void **state)
{
    (void)state;
    in_child(create_missing);
}

static void create_through_links(void)
{
    int root;

    begin();
    root = make_root();
    check_created(root, "a/b/folder/new", false, "root/a/new", S_IFDIR | 0755);
    check_created(root, "up/up/outside", false, "root/outside", S_IFDIR | 0755);
    check_created(root, "a/far/etc/file", true, "root/etc/file", S_IFREG | 0644);
    check_created(root, "slash/tmp/x", false, "root/tmp/x", S_IFDIR | 0755);
    check_created(root, "absolute", true, "root/a/file", S_IFREG | 0644);
    check(!exists("outside") && !exists("etc") && !exists("tmp"), "something was made outside");
}

static void test_what_is_made_stays_in_the_root(void **state)
{
    (void)state;
    in_child(create_through_links);
}

static void create_in_vain(void)
{
    char path[5000];
    int root;
    int before;

    begin();
    root = make_root();
    before = open_fds();
    check_is(mnt_open_create(root, "dangling", true), -ENOENT);
    check_is(mnt_open_create(root, "dangling", false), -ENOENT);
    check_is(mnt_open_create(root, "dangling/x", false), -ENOENT);
    check(!exists("root/nowhere") && !exists("/nowhere"), "the target of a link was made");
    check_is(mnt_open_create(root, "secret", true), -ELOOP);
    check_is(mnt_open_create(root, "loop1/x", true), -ELOOP);
    check_is(mnt_open_create(root, "a/file/x", true), -ENOTDIR);
    check_is(mnt_open_create(root, "inner/x/y", false), -ENOTDIR);
    memset(path, 'n', sizeof(path));
    path[256] = 0;
    check_is(mnt_open_create(root, path, true), -ENAMETOOLONG);
    path[256] = 'n';
    for (size_t i = 1; i < sizeof(path); i += 2) {
        path[i] = '/';
    }
    path[sizeof(path) - 1] = 0;
    check_is(mnt_open_create(root, path, false), -ENAMETOOLONG);
    check(!exists("root/n"), "the beginning of a path too long was made");
    check_is(open_fds(), before);
}

static void test_create_says_why_not(void **state)
{
    (void)state;
    in_child(create_in_vain);
}

static void check_parent(int root, const char *path, const char *parent, const char *last)
{
    int want = folder(parent);
    char name[256];
    int fd = mnt_open_parent(root, path, name, sizeof(name));

    check(fd >= 0, "%s: expected %s, got %s", path, parent, child_errno(fd));
    check(same_file(fd, want), "%s: expected %s, got another folder", path, parent);
    check(strcmp(name, last) == 0, "%s: expected name %s, got %s", path, last, name);
    check_call(close(fd));
    check_call(close(want));
}

static void open_parents(void)
{
    char name[256];
    char longest[300];
    int root;
    int before;

    begin();
    root = make_root();
    before = open_fds();
    check_parent(root, "a", "root", "a");
    check_parent(root, "/a", "root", "a");
    check_parent(root, "a/", "root", "a");
    check_parent(root, "a/b", "root/a", "b");
    check_parent(root, "a//b///", "root/a", "b");
    check_parent(root, "a/b/none", "root/a/b", "none");
    check_parent(root, "absolute", "root", "absolute"); // the last is not followed
    check_parent(root, "a/b/folder/file", "root/a", "file");
    check_parent(root, "a/far/x", "root", "x");
    check_parent(root, "../x", "root", "x");
    check_is(mnt_open_parent(root, "", name, sizeof(name)), -EINVAL);
    check_is(mnt_open_parent(root, "/", name, sizeof(name)), -EINVAL);
    check_is(mnt_open_parent(root, "///", name, sizeof(name)), -EINVAL);
    check_is(mnt_open_parent(root, "none/x", name, sizeof(name)), -ENOENT);
    check_is(mnt_open_parent(root, "dangling/x", name, sizeof(name)), -ENOENT);
    check_is(mnt_open_parent(root, "inner/x", name, sizeof(name)), -ENOTDIR);
    check_ok(close(check_ok(mnt_open_parent(root, "a/four", name, 5))));
    check_is(mnt_open_parent(root, "a/four", name, 4), -ENAMETOOLONG);
    check_is(mnt_open_parent(root, "a/four", name, 0), -ENAMETOOLONG);
    memset(longest, 'n', sizeof(longest));
    longest[255] = 0;
    check_parent(root, longest, "root", longest);
    longest[255] = 'n';
    longest[256] = 0;
    check_is(mnt_open_parent(root, longest, name, sizeof(name)), -ENAMETOOLONG);
    check_is(open_fds(), before);
}

static void test_a_path_is_its_folder_and_its_name(void **state)
{
    (void)state;
    in_child(open_parents);
}

static void create_and_attach(void)
{
    int fs;
    struct stat st;
    int mounts;

    begin();
    make_folder("target");
    write_file("target/below", "x");
    mounts = count_mounts(" - ");
    fs = check_ok(mnt_create("tmpfs", "a-source", "mode=750,size=1m", 0));
    check(is_cloexec(fs), "not CLOEXEC");
    check_is(count_mounts(" - "), mounts); // nowhere yet
    check(exists("target/below"), "it is mounted already");
    check_is(mnt_attach(fs, folder("target"), ""), 0);
    check_is(count_mounts(" - "), mounts + 1);
    check_is(count_mounts(" - tmpfs a-source "), 1);
    check(!exists("target/below"), "it is not mounted");
    check_call(stat("target", &st));
    check((st.st_mode & 07777) == 0750, "expected mode 0750, got %o", st.st_mode & 07777);
    write_file("target/file", "x");
}

static void test_a_file_system_is_made_and_attached(void **state)
{
    (void)state;
    in_child(create_and_attach);
}

/* Size in KiB and mode of a new tmpfs with these options. */
static void check_options(const char *options, unsigned long kib, mode_t mode)
{
    int fs = mnt_create("tmpfs", "tmpfs", options, 0);
    struct statvfs size;
    struct stat st;

    check(fs >= 0, "\"%s\": %s", options, child_errno(fs));
    check_call(fstatvfs(fs, &size));
    check(kib == 0 || size.f_blocks * (size.f_frsize / 1024) == kib,
          "\"%s\": expected %lu KiB, got %lu", options, kib,
          (unsigned long)(size.f_blocks * (size.f_frsize / 1024)));
    check_call(fstat(fs, &st));
    check((st.st_mode & 07777) == mode, "\"%s\": expected mode %o, got %o", options, mode,
          st.st_mode & 07777);
    check_call(close(fs));
}

static void parse_options(void)
{
    char options[300];
    int before;

    begin();
    before = open_fds();
    check_options("", 0, 01777);
    check_options("mode=700", 0, 0700);
    check_options("size=64k", 64, 01777);
    check_options("mode=711,size=128k", 128, 0711);
    check_options("size=128k,mode=711,", 128, 0711);
    check_options("mode=700,mode=755", 0, 0755);
    check_options("mode=1755,nr_inodes=10,size=4k", 4, 01755);
    check_is(mnt_create("tmpfs", "tmpfs", "nosuch=1", 0), -EINVAL);
    check_is(mnt_create("tmpfs", "tmpfs", "nosuch", 0), -EINVAL);
    check_is(mnt_create("tmpfs", "tmpfs", "mode=755,nosuch", 0), -EINVAL);
    check_is(mnt_create("tmpfs", "tmpfs", "size", 0), -EINVAL);
    check_is(mnt_create("tmpfs", "tmpfs", "mode=7=5", 0), -EINVAL);
    check_is(mnt_create("tmpfs", "tmpfs", "mode=999", 0), -EINVAL);
    check_is(mnt_create("nosuchfs", "x", "", 0), -ENODEV);
    (void)snprintf(options, sizeof(options), "mode=%0*d", 250, 755); // 255 bytes: the longest
    check_options(options, 0, 0755);
    (void)snprintf(options, sizeof(options), "mode=%0*d", 251, 755);
    check_is(mnt_create("tmpfs", "tmpfs", options, 0), -ENAMETOOLONG);
    check_is(open_fds(), before);
}

static void test_options(void **state)
{
    (void)state;
    in_child(parse_options);
}

static void create_with_flag(void)
{
    int fs;
    struct statvfs st;

    begin();
    fs = tmpfs("mode=755,ro"); // a word without a value is a flag
    check_call(fstatvfs(fs, &st));
    check((st.f_flag & ST_RDONLY) != 0, "the file system can be written");
    fs = check_ok(
        mnt_create("tmpfs", "tmpfs", "", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
    check_call(fstatvfs(fs, &st));
    check((st.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_RDONLY)) ==
              (ST_NOSUID | ST_NODEV | ST_NOEXEC),
          "expected nosuid, nodev, noexec, got flags %lx", st.f_flag);
    fs = check_ok(mnt_create("tmpfs", "tmpfs", "", MOUNT_ATTR_RDONLY));
    check_is(mkdirat(fs, "x", 0755), -1);
    check_is(errno, EROFS);
}

static void test_flags_and_attributes(void **state)
{
    (void)state;
    in_child(create_with_flag);
}

/* A tmpfs at outer with a tmpfs at outer/inner in it. */
static void make_nested(void)
{
    make_folder("outer");
    check_is(mnt_attach(tmpfs("mode=755"), folder("outer"), ""), 0);
    make_folder("outer/inner");
    make_folder("outer/plain");
    write_file("outer/file", "x");
    check_is(mnt_attach(tmpfs("mode=755"), folder("outer/inner"), ""), 0);
    write_file("outer/inner/file", "x");
}

static void clone_trees(void)
{
    int tree;
    int file;

    begin();
    make_nested();
    make_folder("copy");
    tree = check_ok(mnt_clone(AT_FDCWD, "outer", false));
    check(is_cloexec(tree), "not CLOEXEC");
    check(faccessat(tree, "file", F_OK, 0) == 0, "the clone has no file");
    check(faccessat(tree, "inner/file", F_OK, 0) < 0, "a mount below came along");
    tree = check_ok(mnt_clone(folder("outer"), "", true));
    check(faccessat(tree, "inner/file", F_OK, 0) == 0, "the mount below did not come along");
    check(!exists("copy/file"), "it is attached already");
    check_is(mnt_attach(tree, folder("copy"), ""), 0);
    check(exists("copy/inner/file"), "it is not attached");
    write_file("copy/new", "x");
    check(exists("outer/new"), "it is another file system");
    file = check_call(open("outer/file", O_PATH | O_CLOEXEC));
    tree = check_ok(mnt_clone(file, "", false)); // that file itself
    check(same_file(tree, file), "it is another file");
    tree = check_ok(mnt_clone(folder("outer"), "plain", false)); // no mount's root
    check(same_file(tree, folder("outer/plain")), "it is another folder");
    check_is(mnt_clone(AT_FDCWD, "none", false), -ENOENT);
    check_is(mnt_clone(900, "", false), -EBADF);
}

static void test_clones(void **state)
{
    (void)state;
    in_child(clone_trees);
}

static bool writable(int dir, const char *path)
{
    int fd = openat(dir, path, O_WRONLY | O_CLOEXEC);

    check(fd >= 0 || errno == EROFS, "%s: %s", path, strerror(errno));
    if (fd >= 0) {
        check_call(close(fd));
    }
    return fd >= 0;
}

static void set_attributes(void)
{
    int tree;

    begin();
    make_nested();
    tree = check_ok(mnt_clone(AT_FDCWD, "outer", true));
    check_is(mnt_set(tree, MOUNT_ATTR_RDONLY, false), 0);
    check(!writable(tree, "file"), "the clone can be written");
    check(writable(tree, "inner/file"), "the mount below cannot be written");
    check_is(mnt_set(tree, MOUNT_ATTR_RDONLY, true), 0);
    check(!writable(tree, "file") && !writable(tree, "inner/file"), "the clone can be written");
    check(writable(folder("outer"), "file"), "the original cannot be written");
    check(writable(folder("outer"), "inner/file"), "the original cannot be written");
    check_is(mnt_set(tree, MOUNT_ATTR_NOSUID, false), 0); // adds, and takes nothing away
    check(!writable(tree, "file"), "the clone can be written again");
    check_is(mnt_set(folder("outer/plain"), MOUNT_ATTR_RDONLY, false), -EINVAL); // no mount's root
    check_is(mnt_set(900, MOUNT_ATTR_RDONLY, false), -EBADF);
}

static void test_attributes_are_the_clones_own(void **state)
{
    (void)state;
    in_child(set_attributes);
}

static void attach_to_files(void)
{
    int file;
    int fs;

    begin();
    make_folder("folder");
    write_file("source", "content of the source");
    write_file("target", "");
    file = check_call(open("target", O_PATH | O_CLOEXEC));
    fs = tmpfs("");
    check_is(mnt_attach(fs, file, ""), -EINVAL); // a folder on a file
    check_is(mnt_attach(fs, 900, ""), -EBADF);
    check_is(mnt_attach(900, file, ""), -EBADF);
    check_is(mnt_attach(folder("folder"), file, ""), -EINVAL); // not a mount
    check_is(mnt_attach(check_ok(mnt_clone(AT_FDCWD, "source", false)), file, ""), 0);
    check(same_file(check_call(open("target", O_PATH | O_CLOEXEC)),
                    check_call(open("source", O_PATH | O_CLOEXEC))),
          "the file is not attached");
    check_is(mnt_attach(fs, folder("folder"), ""), 0);
    check_is(mnt_attach(tmpfs(""), folder("folder"), ""), 0); // on top of another
}

static void test_a_file_goes_on_a_file(void **state)
{
    (void)state;
    in_child(attach_to_files);
}

/* No mount is made here: if nothing became private, nothing leaves this namespace all the same. */
static void make_private(void)
{
    be_root_in(CLONE_NEWNS);
    check_is(mnt_make_private(), 0);
    check_is(count_mounts(" shared:"), 0);
    check_is(count_mounts(" master:"), 0);
    check_is(mnt_make_private(), 0);
}

static void test_nothing_stays_shared(void **state)
{
    (void)state;
    in_child(make_private);
}

static void make_shared_private(void)
{
    begin();
    make_nested();
    check_call(syscall(SYS_mount, NULL, "/", NULL, MS_REC | MS_SHARED, NULL));
    check(count_mounts(" shared:") > 2, "nothing is shared");
    check_is(mnt_make_private(), 0);
    check_is(count_mounts(" shared:"), 0);
}

static void test_shared_mounts_become_private(void **state)
{
    (void)state;
    in_child(make_shared_private);
}

static void pivot(void)
{
    struct stat st;
    struct stat root;
    struct stat up;
    int fs;

    begin();
    make_folder("new");
    fs = tmpfs("mode=711");
    check_is(mnt_attach(fs, folder("new"), ""), 0);
    check_call(fstat(fs, &st));
    write_file("new/marker", "x");
    check_call(chdir("new"));
    check_is(mnt_pivot(), 0);
    check_call(stat("/", &root));
    check(root.st_dev == st.st_dev && root.st_ino == st.st_ino, "the root is another");
    check(exists("/marker") && exists("marker"), "the root is not the new one");
    check(!exists(scratch), "the old root is still there");
    check_call(stat("/..", &up));
    check(up.st_ino == root.st_ino && up.st_dev == root.st_dev, "there is a way up");
}

static void test_the_current_folder_becomes_the_root(void **state)
{
    (void)state;
    in_child(pivot);
    assert_true(exists(scratch));
    assert_true(access("/proc/self", F_OK) == 0);
}

static void pivot_in_vain(void)
{
    int r;

    begin();
    make_folder("plain");
    check_call(chdir("plain"));
    r = mnt_pivot(); // not a mount: EBUSY on the root's own file system
    check(r == -EINVAL || r == -EBUSY, "expected -EINVAL or -EBUSY, got %s", child_errno(r));
    check(exists(scratch), "the root has changed");
}

static void test_only_a_mount_becomes_the_root(void **state)
{
    (void)state;
    in_child(pivot_in_vain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_every_path_stays_in_its_root),
        scratch_test(test_what_is_not_in_the_root_is_not_found),
        scratch_test(test_no_symlinks_means_none),
        cmocka_unit_test(test_magic_links_are_refused),
        scratch_test(test_what_is_missing_is_made),
        scratch_test(test_what_is_made_stays_in_the_root),
        scratch_test(test_create_says_why_not),
        scratch_test(test_a_path_is_its_folder_and_its_name),
        scratch_test(test_a_file_system_is_made_and_attached),
        scratch_test(test_options),
        scratch_test(test_flags_and_attributes),
        scratch_test(test_clones),
        scratch_test(test_attributes_are_the_clones_own),
        scratch_test(test_a_file_goes_on_a_file),
        cmocka_unit_test(test_nothing_stays_shared),
        scratch_test(test_shared_mounts_become_private),
        scratch_test(test_the_current_folder_becomes_the_root),
        scratch_test(test_only_a_mount_becomes_the_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
