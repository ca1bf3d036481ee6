/* SPDX-License-Identifier: MIT */
/* Tests of glue/loader.h: the real child, on folders of unit files. */
#include "glue/loader.h"

#include "core/unitimage.h"
#include "glue/services.h"
#include "sys/fd.h"

#include "child.h"

#include <sys/mount.h>
#include <sys/utsname.h>
#include <time.h>

#define SAID_MAX 65536
#define OK "[Service]\nExecStart=/bin/true\n"
#define LOST " (the unit does not load)\n"
#define FOLDERS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* What the last load came to. */
static struct {
    int code;
    char said[SAID_MAX]; // with the scratch folder's name left out
    struct unitimage image;
} got;

/* A path below the scratch folder; eight at a time. */
static const char *at(const char *path)
{
    static char buf[8][1024];
    static unsigned next;
    char *p = buf[next++ % COUNT_OF(buf)];

    (void)snprintf(p, sizeof(buf[0]), "%s/%s", scratch, path);
    return p;
}

static void make_parents(const char *path)
{
    char buf[1024];

    (void)snprintf(buf, sizeof(buf), "%s", path);
    for (char *p = strchr(buf + strlen(scratch) + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
        *p = 0;
        check(mkdir(buf, 0755) == 0 || errno == EEXIST, "cannot make %s", buf);
        *p = '/';
    }
}

static void put(const char *path, const char *text)
{
    make_parents(at(path));
    write_file(at(path), text);
}

static void put_bytes(const char *path, const void *data, size_t len)
{
    int fd;

    put(path, "");
    fd = check_call(open(at(path), O_WRONLY | O_CLOEXEC));
    check_ok(fd_write_all(fd, data, len));
    (void)close(fd);
}

static void put_link(const char *path, const char *target)
{
    make_parents(at(path));
    check_call(symlink(target, at(path)));
}

/* Every mention of the scratch folder goes. */
static void strip(char *text)
{
    char where[80];
    size_t len;

    (void)snprintf(where, sizeof(where), "%s/", scratch);
    len = strlen(where);
    for (char *p = strstr(text, where); p != NULL; p = strstr(p, where)) {
        memmove(p, p + len, strlen(p + len) + 1);
    }
}

static void load(struct loader_request request)
{
    int said = check_call(memfd_create("what it says", MFD_CLOEXEC));
    int kept = check_call(dup(STDERR_FILENO));
    struct slice bytes;
    ssize_t n;
    int memfd;
    int status;
    pid_t pid;

    check_call(dup2(said, STDERR_FILENO));
    pid = loader_start(&request, &memfd);
    check_call(dup2(kept, STDERR_FILENO));
    (void)close(kept);
    check(pid > 0, "it does not start: %s", strerror(-pid));
    check_call(waitpid(pid, &status, 0));
    n = check_call(pread(said, got.said, sizeof(got.said) - 1, 0));
    got.said[n] = 0;
    strip(got.said);
    check(WIFEXITED(status), "it ended by signal %d: %s", WTERMSIG(status), got.said);
    got.code = WEXITSTATUS(status);
    got.image = (struct unitimage){.count = 0};
    if (got.code == 0) {
        check_ok(fd_map_sealed(memfd, UNITIMAGE_MAX, &bytes));
        check_ok(unitimage_open(bytes, &got.image));
    }
    (void)close(memfd);
    (void)close(said);
}

static void load_folder(const char *folder)
{
    load((struct loader_request){.folders = FOLDERS(at(folder))});
}

static void say_is(const char *text)
{
    check(strcmp(got.said, text) == 0, "expected:\n%sgot:\n%s", text, got.said);
}

static void fails_with(const char *text)
{
    say_is(text);
    check_is(got.code, 125);
}

static struct service_conf conf_of(const char *name)
{
    long index = unitimage_find(&got.image, (struct slice){(const uint8_t *)name, strlen(name)});
    struct service_conf conf;

    check_is(got.code, 0);
    check(index >= 0, "there is no %s; it says:\n%s", name, got.said);
    unitimage_get(&got.image, (uint32_t)index, &conf);
    return conf;
}

/* The names in the image, in its order; those that do not start with the container in brackets. */
static void services_are(const char *want)
{
    char names[1024] = "";

    check(got.code == 0, "it says:\n%s", got.said);
    for (uint32_t i = 0; i < got.image.count; i++) {
        struct service_conf conf;
        size_t len = strlen(names);
        bool boot;

        unitimage_get(&got.image, i, &conf);
        boot = (conf.flags & SERVICE_BOOT) != 0;
        (void)snprintf(names + len, sizeof(names) - len, "%s%s%s%s", i > 0 ? " " : "",
                       boot ? "" : "(", conf.name, boot ? "" : ")");
    }
    check(strcmp(names, want) == 0, "expected \"%s\", got \"%s\"; it says:\n%s", want, names,
          got.said);
}

static void list_is(struct slice list, const char *want)
{
    char names[1024] = "";

    for (uint32_t i = 0; i < service_dep_count(list); i++) {
        struct service_conf conf;
        size_t len = strlen(names);

        unitimage_get(&got.image, service_dep(list, i), &conf);
        (void)snprintf(names + len, sizeof(names) - len, "%s%s", i > 0 ? " " : "", conf.name);
    }
    check(strcmp(names, want) == 0, "expected \"%s\", got \"%s\"", want, names);
}

static void alias_is(const char *alias, const char *name)
{
    struct service_conf conf = conf_of(alias);

    check(strcmp(conf.name, name) == 0, "%s: expected %s, got %s", alias, name, conf.name);
}

static void broken_is(const char *name, const char *reason)
{
    struct service_conf conf = conf_of(name);
    char text[4096];

    (void)snprintf(text, sizeof(text), "%s", conf.description);
    strip(text);
    check((conf.flags & SERVICE_BROKEN) != 0, "%s is not broken", name);
    check(strcmp(text, reason) == 0, "%s: expected \"%s\", got \"%s\"", name, reason, text);
}

static void sound_is(const char *name)
{
    check((conf_of(name).flags & SERVICE_BROKEN) == 0, "%s: %s", name, conf_of(name).description);
}

static void main_is(const char *want)
{
    const char *found = "";

    check(got.code == 0, "it says:\n%s", got.said);
    for (uint32_t i = 0; i < got.image.count; i++) {
        struct service_conf conf;

        unitimage_get(&got.image, i, &conf);
        if ((conf.flags & SERVICE_MAIN) != 0) {
            check(found[0] == 0, "%s and %s are main", found, conf.name);
            check((conf.flags & SERVICE_BOOT) != 0, "%s is main and does not start", conf.name);
            found = conf.name;
        }
    }
    check(strcmp(found, want) == 0, "expected \"%s\" to be main, got \"%s\"", want, found);
}

#define TEST(name) \
    static void name##_child(void); \
    static void name(void **state) \
    { \
        (void)state; \
        in_child(name##_child); \
    } \
    static void name##_child(void)

TEST(folder_gives_its_services_in_order)
{
    put("d/b.service", OK);
    put("d/a.service", OK);
    put("d/c@1.service", OK);
    put("d/t@.service", OK);
    put("d/.hidden.service", OK);
    put("d/.service", OK);
    put("d/x.socket", "");
    put("d/README", "");
    put("d/b.service~", OK);
    load_folder("d");
    services_are("a b c@1");
    say_is("");
    main_is("");
}

TEST(masked_units_are_not_there)
{
    put_link("d/null.service", "/dev/null");
    put("d/empty.service", "");
    put_link("d/to-empty.service", "empty.service");
    put("d/a.service", "[Unit]\nWants=null.service empty.service\n" OK);
    put("d/b.service", "[Unit]\nRequires=null.service\n" OK);
    load_folder("d");
    services_are("a b");
    sound_is("a");
    broken_is("b", "requires \"null.service\", which is masked");
}

TEST(link_to_another_name_is_an_alias)
{
    put("d/nginx.service", OK);
    put_link("d/web.service", "nginx.service");
    put_link("d/www.service", "/somewhere/else/web.service");
    put("d/app.service", "[Unit]\nRequires=www.service\nAfter=web.service\n" OK);
    load((struct loader_request){.folders = FOLDERS(at("d")), .main = "web"});
    services_are("app nginx");
    list_is(conf_of("app").requires, "nginx");
    list_is(conf_of("app").after, "nginx");
    main_is("nginx");
    say_is("");
}

TEST(alias_of_a_file_elsewhere)
{
    put("opt/real.service", OK);
    put_link("d/nick.service", "../opt/real.service");
    put("opt/same.service", OK);
    put_link("d/same.service", "../opt/same.service");
    put("opt/data-1", OK);
    put_link("d/odd.service", "../opt/data-1");
    load_folder("d");
    services_are("real odd same");
    alias_is("nick", "real");
    say_is("");
}

TEST(links_that_lead_nowhere)
{
    put("d/good.service", OK);
    put_link("d/gone.service", "/nowhere/gone.service");
    put_link("d/nick.service", "nobody.service");
    put_link("d/one.service", "two.service");
    put_link("d/two.service", "one.service");
    load_folder("d");
    sound_is("good");
    broken_is("gone", "d/gone.service: No such file or directory");
    broken_is("nick", "d/nick.service: a link to a file that does not exist");
    say_is("porthole-init: d/gone.service: No such file or directory" LOST
           "porthole-init: d/nick.service: a link to a file that does not exist" LOST
           "porthole-init: d/one.service: too many links" LOST);
}

TEST(instances_share_the_template)
{
    put("d/t@.service", "[Unit]\nDescription=%i of %p\n" OK);
    put_link("d/t@a.service", "t@.service");
    put_link("d/u@.service", "t@.service");
    put("d/app.service", "[Unit]\nRequires=t@b.service\nWants=u@c.service\n" OK);
    load_folder("d");
    services_are("app t@a (t@b) (t@c)");
    list_is(conf_of("app").requires, "t@b");
    list_is(conf_of("app").wants, "t@c");
    check(strcmp(conf_of("t@a").description, "a of t") == 0, "%s", conf_of("t@a").description);
    check(strcmp(conf_of("t@b").description, "b of t") == 0, "%s", conf_of("t@b").description);
    say_is("");
}

TEST(first_folder_wins)
{
    put("one/a.service", "[Unit]\nDescription=one\n" OK);
    put("two/a.service", "[Unit]\nDescription=two\n" OK);
    put("two/b.service", OK);
    put_link("one/c.service", "/dev/null");
    put("two/c.service", OK);
    load((struct loader_request){.folders = FOLDERS(at("one"), at("two"))});
    services_are("a b");
    check(strcmp(conf_of("a").description, "one") == 0, "%s", conf_of("a").description);
    say_is("porthole-init: two/a.service: passed over: there is one/a.service\n");
    load((struct loader_request){.folders = FOLDERS(at("one"), at("two")), .quiet = true});
    services_are("a b");
    say_is("");
}

TEST(aliases_of_units)
{
    put("d/a.service", OK "[Install]\nAlias=nick.service\n");
    put("d/b.service", OK "[Install]\nAlias=nick.service a.service other.service\n");
    put("d/c.service", "[Unit]\nRequires=nick.service\nAfter=other.service\n" OK);
    load((struct loader_request){.folders = FOLDERS(at("d")), .main = "other"});
    services_are("a b c");
    list_is(conf_of("c").requires, "a");
    list_is(conf_of("c").after, "b");
    main_is("b");
    alias_is("nick", "a");
    alias_is("a", "a");
    alias_is("other", "b");
    say_is("porthole-init: d/b.service:4:7: Alias=: \"nick.service\" is an alias of \"a.service\" "
           "already\n"
           "porthole-init: d/b.service:4:20: Alias=: \"a.service\" is another unit's name\n");
}

TEST(named_units_and_what_they_need)
{
    put("d/in-folder.service", OK);
    load((struct loader_request){.folders = FOLDERS(at("d")),
                                 .units = FOLDERS("in-folder.service")});
    services_are("in-folder");

    be_root_in(CLONE_NEWNS);
    check_call(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
    check_call(mount("tmpfs", "/etc", "tmpfs", 0, NULL));
    check_call(mkdir("/etc/porthole", 0755));
    check_call(mkdir("/etc/systemd", 0755));
    check_call(mkdir("/etc/systemd/system", 0755));
    check_call(mkdir("/etc/systemd/system/web.service.wants", 0755));
    write_file("/etc/porthole/web.service",
               "[Unit]\nRequires=db.service\nAfter=db.service idle.service\n" OK);
    write_file("/etc/systemd/system/web.service", "[Unit]\nDescription=hidden\n" OK);
    write_file("/etc/systemd/system/db.service",
               "[Unit]\nWants=migrate@1.service gone.service\n" OK);
    write_file("/etc/systemd/system/migrate@.service", OK);
    write_file("/etc/systemd/system/idle.service", OK);
    write_file("/etc/systemd/system/side.service", OK);
    check_call(symlink("../side.service", "/etc/systemd/system/web.service.wants/side.service"));
    load((struct loader_request){.units = FOLDERS("web")});
    services_are("web (db) (side) (migrate@1)");
    list_is(conf_of("web").requires, "db");
    list_is(conf_of("web").wants, "side");
    list_is(conf_of("web").after, "db");
    list_is(conf_of("db").wants, "migrate@1");
    say_is("");

    load((struct loader_request){.folders = FOLDERS(at("d")), .units = FOLDERS("db", "migrate@2")});
    services_are("in-folder db migrate@2 (migrate@1)");
    load((struct loader_request){.units = FOLDERS("web", "nobody")});
    fails_with("porthole-init: nobody.service: no such unit\n");
    load((struct loader_request){.units = FOLDERS("migrate@")});
    fails_with("porthole-init: migrate@: a template needs an instance: NAME@INSTANCE\n");
    load((struct loader_request){.units = FOLDERS("a b")});
    fails_with("porthole-init: a b: no valid unit name\n");
    check_call(symlink("/dev/null", "/etc/porthole/db.service"));
    load((struct loader_request){.units = FOLDERS("db")});
    fails_with("porthole-init: db.service: the unit is masked\n");
}

TEST(folders_alone_do_not_reach_the_system)
{
    put("d/a.service", "[Unit]\nRequires=systemd-journald.service\n" OK);
    load_folder("d");
    services_are("a");
    broken_is("a", "requires \"systemd-journald.service\", which does not exist");
    say_is("porthole-init: d/a.service:2:10: Requires=: requires \"systemd-journald.service\", "
           "which does not exist" LOST);
}

TEST(folders_of_links_beside_a_unit)
{
    put("d/a.service", OK);
    put("d/b.service", OK);
    put("d/t@.service", OK);
    put_link("d/a.service.wants/b.service", "../b.service");
    put_link("d/a.service.wants/t@1.service", "../t@.service");
    put_link("d/a.service.wants/c.service", "/dev/null");
    put_link("d/a.service.requires/b.service", "../b.service");
    put_link("d/b.service.requires/gone.service", "../gone.service");
    load_folder("d");
    services_are("a b (t@1)");
    list_is(conf_of("a").wants, "b t@1");
    list_is(conf_of("a").requires, "b");
    broken_is("b", "requires \"gone.service\", which does not exist");
    say_is("porthole-init: d/b.service.requires: requires \"gone.service\", which does not "
           "exist" LOST);
}

TEST(drop_ins_are_read_in_order)
{
    put("one/t@a.service", OK);
    put("one/t@a.service.d/50-x.conf", "[Unit]\nDescription=one 50\n");
    put("two/t@a.service.d/60-y.conf", "[Unit]\nDescription=two 60\n");
    put("two/t@a.service.d/50-x.conf", "[Unit]\nDescription=two 50\nWants=never.service\n");
    put("one/t@.service.d/55-z.conf", "[Unit]\nWants=b.service\n");
    put("one/t@.service.d/60-y.conf", "[Unit]\nWants=never.service\n");
    put("one/t@a.service.d/.hidden.conf", "[Unit]\nDescription=hidden\n");
    put("one/t@a.service.d/99.txt", "[Unit]\nDescription=text\n");
    put("one/b.service", OK);
    put("one/never.service", OK);
    load((struct loader_request){.folders = FOLDERS(at("one"), at("two"))});
    check(strcmp(conf_of("t@a").description, "two 60") == 0, "%s", conf_of("t@a").description);
    list_is(conf_of("t@a").wants, "b");
    say_is("");

    check_call(unlink(at("two/t@a.service.d/60-y.conf")));
    put_link("two/t@a.service.d/60-y.conf", "/dev/null");
    load((struct loader_request){.folders = FOLDERS(at("one"), at("two"))});
    check(strcmp(conf_of("t@a").description, "one 50") == 0, "%s", conf_of("t@a").description);
    list_is(conf_of("t@a").wants, "b");
    say_is("");
}

TEST(drop_ins_of_wider_names)
{
    put("d/a-b-c@1.service", OK);
    put("d/-x.service", OK);
    put("d/y-.service", OK);
    put("d/b.service", OK);
    put("d/a-b-c@.service.d/50-a.conf", "[Unit]\nDescription=template\n");
    put("d/a-b-.service.d/50-a.conf", "[Unit]\nDescription=hidden\n");
    put("d/a-b-.service.d/60-a.conf", "[Unit]\nDescription=two dashes\nWants=b.service\n");
    put("d/a-.service.d/55-a.conf", "[Unit]\nDescription=one dash\nRequires=b.service\n");
    put("d/service.d/10-all.conf", "[Unit]\nDescription=all\n");
    put("d/-.service.d/99.conf", "[Unit]\nDescription=of no name\n");
    load_folder("d");
    check(strcmp(conf_of("a-b-c@1").description, "two dashes") == 0, "%s",
          conf_of("a-b-c@1").description);
    list_is(conf_of("a-b-c@1").wants, "b");
    list_is(conf_of("a-b-c@1").requires, "b");
    check(strcmp(conf_of("-x").description, "all") == 0, "%s", conf_of("-x").description);
    check(strcmp(conf_of("y-").description, "all") == 0, "%s", conf_of("y-").description);
    check(strcmp(conf_of("b").description, "all") == 0, "%s", conf_of("b").description);
    say_is("");
}

TEST(drop_ins_make_units_load)
{
    put("d/a.service", "[Service]\nType=forking\nExecStart=/bin/true\nStandardInput=tty\n");
    put("d/a.service.d/x.conf", "[Service]\nType=exec\nStandardInput=null\n");
    load_folder("d");
    sound_is("a");
    check_is(conf_of("a").type, TYPE_EXEC);
    say_is(
        "porthole-init: d/a.service:2:6: Type=: \"forking\": this type is not built yet: run it in "
        "the foreground, with Type=exec in a drop-in\n"
        "porthole-init: d/a.service:4:15: StandardInput=: \"tty\": not built yet\n");
}

TEST(drop_ins_that_cannot_be_read)
{
    put("d/a.service", OK);
    put("d/b.service", OK);
    put("d/b.service.d", "a file\n");
    put("d/a.service.d/x.conf/file", "");
    put_link("d/a.service.d/y.conf", "nowhere");
    load_folder("d");
    broken_is("a", "d/a.service.d/y.conf: No such file or directory");
    sound_is("b");
    say_is("porthole-init: d/a.service.d/x.conf: passed over: it is no regular file\n"
           "porthole-init: d/a.service.d/y.conf: No such file or directory" LOST
           "porthole-init: d/b.service.d: Not a directory\n");
}

TEST(drop_ins_of_an_alias_are_told)
{
    put("d/real.service", OK "[Install]\nAlias=other.service\n");
    put_link("d/nick.service", "real.service");
    put("d/nick.service.d/x.conf", "[Unit]\nDescription=never\n");
    put("d/other.service.wants/x.service", OK);
    load_folder("d");
    services_are("real");
    check(conf_of("real").description[0] == 0, "%s", conf_of("real").description);
    say_is("porthole-init: d/nick.service.d: passed over: an alias, name it real.service.d\n"
           "porthole-init: d/other.service.wants: passed over: an alias, name it "
           "real.service.wants\n");
}

TEST(main_is_chosen)
{
    put("d/a.service", OK);
    put("d/b.service", OK "[X-Porthole]\nMain=yes\n");
    put("e/a.service", OK);
    put("f/a.service", OK "[X-Porthole]\nMain=yes\n");
    put("f/b.service", OK "[X-Porthole]\nMain=yes\n");
    put("m/main.service", OK);
    load_folder("d");
    main_is("b");
    load((struct loader_request){.folders = FOLDERS(at("d")), .main = "a.service"});
    main_is("a");
    load((struct loader_request){.folders = FOLDERS(at("d")), .command = true});
    main_is("b");
    load((struct loader_request){.folders = FOLDERS(at("e")), .command = true});
    services_are("main a");
    main_is("main");
    load((struct loader_request){.folders = FOLDERS(at("e")), .command = true, .main = "a"});
    main_is("a");
    load((struct loader_request){.folders = FOLDERS(at("f")), .main = "a"});
    main_is("a");
    load_folder("f");
    fails_with("porthole-init: b.service: Main=yes, as in a.service: one unit can be it, --main "
               "says which\n");
    load((struct loader_request){.folders = FOLDERS(at("e")), .main = "nobody"});
    fails_with("porthole-init: nobody.service: no such unit\n");
    load_folder("m");
    services_are("main");
    load((struct loader_request){.folders = FOLDERS(at("m")), .command = true});
    fails_with("porthole-init: m/main.service: COMMAND is the service \"main\" already\n");
}

TEST(command_is_a_service)
{
    struct service_conf conf;

    check_call(mkdir(at("d"), 0755));
    load((struct loader_request){.folders = FOLDERS(at("d")), .command = true});
    services_are("main");
    conf = conf_of("main");
    check_is(conf.flags, SERVICE_COMMAND | SERVICE_MAIN | SERVICE_BOOT | SERVICE_SEND_SIGKILL);
    check_is(conf.type, TYPE_SIMPLE);
    check_is(conf.restart, RESTART_NO);
    check_is(conf.kill_mode, KILL_CONTROL_GROUP);
    check_is(conf.kill_signal, SIGTERM);
    check_is(conf.timeout_start, MSEC_NEVER);
    check_is(conf.timeout_stop, MSEC_NEVER);
    check_is(conf.exec.len, 0);
    check_is(conf.commands[RUN_START], 0);
    say_is("");
}

TEST(what_is_no_file_is_passed_over)
{
    put("d/good.service", "[Unit]\nWants=pipe.service\n" OK);
    put("d/bad.service", "[Unit]\nRequires=pipe.service\n" OK);
    put("d/folder.service/x", "");
    check_call(mkfifo(at("d/pipe.service"), 0644));
    put_link("d/link.service", "folder.service");
    put_link("d/zero.service", "/dev/zero");
    put("d/two words.service", OK);
    load_folder("d");
    services_are("bad good");
    broken_is("bad", "requires \"pipe.service\", which does not exist");
    say_is("porthole-init: d/folder.service: passed over: it is no regular file\n"
           "porthole-init: d/link.service: passed over: it is no regular file\n"
           "porthole-init: d/pipe.service: passed over: it is no regular file\n"
           "porthole-init: d/two words.service: passed over: it is no valid unit name\n"
           "porthole-init: d/zero.service: passed over: it is no regular file\n"
           "porthole-init: d/bad.service:2:10: Requires=: requires \"pipe.service\", which does "
           "not exist" LOST);
}

TEST(files_that_cannot_be_read)
{
    char *big = malloc((1 << 20) + 1);

    check(big != NULL, "no memory");
    memset(big, '\n', (1 << 20) + 1);
    memcpy(big, OK, strlen(OK));
    put_bytes("d/big.service", big, (1 << 20) + 1);
    put_bytes("d/just.service", big, 1 << 20);
    put("d/secret.service", OK);
    put("d/user.service", "[Unit]\nRequires=secret.service\n" OK);
    check_call(chmod(at("d/secret.service"), 0));
    check(geteuid() != 0 || setresuid(65534, 65534, 65534) == 0, "cannot become nobody");
    load_folder("d");
    services_are("big just secret user");
    broken_is("big", "d/big.service: larger than 1 MiB");
    broken_is("secret", "d/secret.service: Permission denied");
    sound_is("just");
    sound_is("user");
    list_is(conf_of("user").requires, "secret");
    say_is("porthole-init: d/big.service: larger than 1 MiB" LOST
           "porthole-init: d/secret.service: Permission denied" LOST);
}

TEST(folders_that_cannot_be_read)
{
    check_call(mkdir(at("empty"), 0755));
    put("file", "");
    put("templates/t@.service", OK);
    put("masked/a.service", "");
    load_folder("gone");
    fails_with("porthole-init: gone: No such file or directory\n");
    load_folder("file");
    fails_with("porthole-init: file: Not a directory\n");
    load_folder("empty");
    fails_with("porthole-init: empty: no unit to start\n");
    load_folder("templates");
    fails_with("porthole-init: templates: no unit to start\n");
    load_folder("masked");
    fails_with("porthole-init: masked: no unit to start\n");
    load((struct loader_request){.folders = FOLDERS(at("gone")), .command = true});
    fails_with("porthole-init: gone: No such file or directory\n");
    check_call(mkdir(at("closed"), 0));
    check(geteuid() != 0 || setresuid(65534, 65534, 65534) == 0, "cannot become nobody");
    load_folder("closed");
    fails_with("porthole-init: closed: Permission denied\n");
}

TEST(too_many_units)
{
    put("d/t@.service", OK);
    for (int i = 0; i <= UNITIMAGE_SERVICES_MAX; i++) {
        char name[32];

        if (i == UNITIMAGE_SERVICES_MAX) {
            load_folder("d");
            check_is(got.code, 0);
            check_is(got.image.count, UNITIMAGE_SERVICES_MAX);
        }
        (void)snprintf(name, sizeof(name), "d/t@%04d.service", i);
        put_link(name, "t@.service");
    }
    load_folder("d");
    fails_with("porthole-init: t@4095.service: there are more than 4095 units\n");
}

TEST(bad_lines_are_told_once_each)
{
    put("d/key.service", OK "Exceutable=1\n");
    put("d/misnamed.service", "[Sevrice]\n");
    put("d/noexec.service", "[Service]\nRestart=no\n");
    put("d/quote.service", "[Service]\nExecStart=/bin/echo 'a b\nRestart=always\n");
    put("d/section.service", OK "[Servce]\nRestart=no\n");
    put("d/sound.service", OK);
    put("d/type.service", "[Service]\nType=notify\nExecStart=/bin/true\n");
    put("d/value.service", OK "Restart=sometimes\n");
    put_bytes("d/zero.service", OK "Restart=no\0\n", sizeof(OK "Restart=no\0\n") - 1);
    load_folder("d");
    sound_is("key");
    sound_is("section");
    sound_is("sound");
    sound_is("value");
    sound_is("zero");
    broken_is("noexec", "d/noexec.service: there is neither ExecStart= nor ExecStop=");
    broken_is("misnamed", "d/misnamed.service: there is neither ExecStart= nor ExecStop=");
    broken_is("quote", "d/quote.service:2:21: ExecStart: this quote is not closed");
    broken_is("type", "d/type.service:2:6: Type: \"notify\": this type is not built yet: with "
                      "Type=exec in a drop-in it counts as up at once");
    say_is("porthole-init: d/key.service:3:1: Exceutable=: unknown key\n"
           "porthole-init: d/misnamed.service:1:1: [Sevrice]: unknown section: its lines are "
           "passed over\n"
           "porthole-init: d/misnamed.service: there is neither ExecStart= nor ExecStop=" LOST
           "porthole-init: d/noexec.service: there is neither ExecStart= nor ExecStop=" LOST
           "porthole-init: d/quote.service:2:21: ExecStart=: this quote is not closed" LOST
           "porthole-init: d/section.service:3:1: [Servce]: unknown section: its lines are "
           "passed over\n"
           "porthole-init: d/section.service:4:1: Restart=: in an unknown section\n"
           "porthole-init: d/type.service:2:6: Type=: \"notify\": this type is not built yet: with "
           "Type=exec in a drop-in it counts as up at once" LOST
           "porthole-init: d/value.service:3:9: Restart=: \"sometimes\": not no, on-success, "
           "on-failure, "
           "on-abnormal, on-watchdog, on-abort, always\n"
           "porthole-init: d/zero.service:3:11: a zero byte: the line is passed over\n");
    load((struct loader_request){.folders = FOLDERS(at("d")), .quiet = true});
    say_is("porthole-init: d/misnamed.service: there is neither ExecStart= nor ExecStop=" LOST
           "porthole-init: d/noexec.service: there is neither ExecStart= nor ExecStop=" LOST
           "porthole-init: d/quote.service:2:21: ExecStart=: this quote is not closed" LOST
           "porthole-init: d/type.service:2:6: Type=: \"notify\": this type is not built yet: with "
           "Type=exec in a drop-in it counts as up at once" LOST);
}

TEST(huge_files)
{
    size_t len = 1 << 20;
    char *text = malloc(len);
    size_t head = (size_t)snprintf(text, len, OK "Environment=A=");

    check(text != NULL, "no memory");
    memset(text + head, 'x', len - head - 1);
    text[len - 1] = '\n';
    put_bytes("one/long.service", text, len);
    load_folder("one");
    sound_is("long");
    check(conf_of("long").exec.len > len - 100, "%zu bytes", conf_of("long").exec.len);
    say_is("");

    head = strlen(OK);
    memset(text + head, '\n', len - head);
    put_bytes("two/lines.service", text, len);
    load_folder("two");
    sound_is("lines");
    say_is("");

    for (size_t i = head; i < len; i += 2) {
        text[i] = 'a';
    }
    put_bytes("three/bad.service", text, 1000000 + head);
    load((struct loader_request){.folders = FOLDERS(at("three")), .quiet = true});
    sound_is("bad");
    say_is("");
    load_folder("three");
    check(strstr(got.said,
                 "porthole-init: three/bad.service:66:2: no \"=\": neither a section nor an "
                 "assignment\nporthole-init: three/bad.service: 499936 more warnings\n") != NULL,
          "it says: %s", got.said);
    free(text);
}

TEST(strict_starts_nothing)
{
    put("a/a.service", OK "Exceutable=1\n");
    put("a/sound.service", OK);
    put("b/b.service", "[Unit]\nWants=gone.service\n" OK);
    put("c/c.service", "[Unit]\nRequires=gone.service\n" OK);
    load((struct loader_request){.folders = FOLDERS(at("a")), .strict = true, .quiet = true});
    fails_with("porthole-init: a/a.service:3:1: Exceutable=: unknown key\n"
               "porthole-init: --strict: nothing is started\n");
    load((struct loader_request){.folders = FOLDERS(at("b")), .strict = true});
    services_are("b");
    say_is("");
    load((struct loader_request){.folders = FOLDERS(at("c")), .strict = true});
    fails_with("porthole-init: c/c.service:2:10: Requires=: requires \"gone.service\", which does "
               "not exist" LOST "porthole-init: --strict: nothing is started\n");
}

TEST(specifiers_of_the_system)
{
    struct utsname host;
    char want[512];

    check_call(uname(&host));
    put("d/a.service", "[Unit]\nDescription=%v %H %t %S\n" OK);
    load_folder("d");
    (void)snprintf(want, sizeof(want), "%s %s /run /var/lib", host.release, host.nodename);
    check(strcmp(conf_of("a").description, want) == 0, "expected \"%s\", got \"%s\"", want,
          conf_of("a").description);
    say_is("");
}

TEST(cycles_are_told_once)
{
    put("d/a.service", "[Unit]\nAfter=c.service\n" OK);
    put("d/b.service", "[Unit]\nAfter=a.service\n" OK);
    put("d/c.service", "[Unit]\n# a comment\nWants=d.service\nAfter=d.service b.service\n" OK);
    put("d/d.service", "[Unit]\nRequires=a.service\n" OK);
    load_folder("d");
    broken_is("a", "ordering cycle: a.service after c.service after b.service after a.service");
    broken_is("b", "ordering cycle: a.service after c.service after b.service after a.service");
    broken_is("c", "ordering cycle: a.service after c.service after b.service after a.service");
    sound_is("d");
    say_is(
        "porthole-init: d/a.service:2:7: After=: ordering cycle: a.service after c.service after "
        "b.service after a.service" LOST);
}

/* Its name, and how many descriptors it has. */
static int look_at(pid_t pid, char *comm, size_t cap)
{
    char path[64];
    int count = 0;
    ssize_t n;
    DIR *d;
    int fd;

    (void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    fd = check_call(open(path, O_RDONLY | O_CLOEXEC));
    n = read(fd, comm, cap - 1);
    comm[n > 0 ? n : 0] = 0;
    (void)close(fd);
    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    d = opendir(path);
    check(d != NULL, "cannot read %s", path);
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        count += e->d_name[0] != '.' ? 1 : 0;
    }
    (void)closedir(d);
    return count;
}

TEST(child_keeps_nothing_it_does_not_need)
{
    struct loader_request request = {.folders = FOLDERS(at("gone"))};
    int kept = check_call(dup(STDERR_FILENO));
    char fill[4096];
    char comm[32] = "";
    int p[2];
    int memfd;
    int status;
    int count = 0;
    pid_t pid;

    // A reader of stderr that does not read: the child waits for it, but not for ever.
    check_call(pipe2(p, O_CLOEXEC | O_NONBLOCK));
    memset(fill, 'x', sizeof(fill));
    while (write(p[1], fill, sizeof(fill)) > 0) {
    }
    check_call(fcntl(p[1], F_SETFL, 0));
    check_call(dup2(p[1], STDERR_FILENO));
    pid = loader_start(&request, &memfd);
    check_call(dup2(kept, STDERR_FILENO));
    check(pid > 0, "it does not start");
    for (int i = 0; i < 900 && (count != 4 || strcmp(comm, "porthole-load\n") != 0); i++) {
        (void)poll(NULL, 0, 1);
        count = look_at(pid, comm, sizeof(comm));
    }
    check(strcmp(comm, "porthole-load\n") == 0, "it is called %s", comm);
    check_is(count, 4); // stdio and the memfd
    check_call(waitpid(pid, &status, 0));
    check(WIFEXITED(status) && WEXITSTATUS(status) == 125, "status %x", (unsigned)status);
}

/* ms of the quickest of five. */
static double load_chain(const char *folder, int count)
{
    double best = 1e9;

    for (int i = 0; i < count; i++) {
        char name[64];
        char text[256];

        (void)snprintf(name, sizeof(name), "%s/s%04d.service", folder, i);
        (void)snprintf(text, sizeof(text),
                       "[Unit]\nDescription=Number %d\nAfter=s%04d.service\n"
                       "[Service]\nExecStart=/bin/sleep infinity\nRestart=always\n",
                       i, i > 0 ? i - 1 : 2000);
        put(name, text);
    }
    for (int round = 0; round < 5; round++) {
        struct timespec from;
        struct timespec to;
        double ms;

        (void)clock_gettime(CLOCK_MONOTONIC, &from);
        load_folder(folder);
        (void)clock_gettime(CLOCK_MONOTONIC, &to);
        ms = (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
        best = ms < best ? ms : best;
    }
    check_is(got.image.count, count);
    return best;
}

TEST(twenty_times_the_units_take_no_square_of_it)
{
    double few = load_chain("few", 100);
    double many = load_chain("many", 2000);

    check(many < few * 100, "100 units take %.1f ms, 2,000 take %.1f", few, many);
}

TEST(a_loader_that_takes_too_long_is_killed)
{
    static struct init in;
    static struct services services;
    int status = 0;

    init_prepare(&in);
    services = (struct services){.settle_at = MSEC_NEVER, .loader_due = 5000};
    services.loader = check_call(fork());
    if (services.loader == 0) {
        (void)pause();
        _exit(0);
    }
    in.services = &services;
    check_is(services_deadline(&in), 5000);
    services_expire(&in, 4999);
    check_is(waitpid(services.loader, &status, WNOHANG), 0);
    services_expire(&in, 5000);
    check_is(waitpid(services.loader, &status, 0), services.loader);
    check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %x", (unsigned)status);
    check_is(services_deadline(&in), MSEC_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(folder_gives_its_services_in_order),
        scratch_test(masked_units_are_not_there),
        scratch_test(link_to_another_name_is_an_alias),
        scratch_test(alias_of_a_file_elsewhere),
        scratch_test(links_that_lead_nowhere),
        scratch_test(instances_share_the_template),
        scratch_test(first_folder_wins),
        scratch_test(aliases_of_units),
        scratch_test(named_units_and_what_they_need),
        scratch_test(folders_alone_do_not_reach_the_system),
        scratch_test(folders_of_links_beside_a_unit),
        scratch_test(drop_ins_are_read_in_order),
        scratch_test(drop_ins_of_wider_names),
        scratch_test(drop_ins_make_units_load),
        scratch_test(drop_ins_that_cannot_be_read),
        scratch_test(drop_ins_of_an_alias_are_told),
        scratch_test(main_is_chosen),
        scratch_test(command_is_a_service),
        scratch_test(what_is_no_file_is_passed_over),
        scratch_test(files_that_cannot_be_read),
        scratch_test(folders_that_cannot_be_read),
        scratch_test(too_many_units),
        scratch_test(bad_lines_are_told_once_each),
        scratch_test(huge_files),
        scratch_test(strict_starts_nothing),
        scratch_test(specifiers_of_the_system),
        scratch_test(cycles_are_told_once),
        scratch_test(child_keeps_nothing_it_does_not_need),
        scratch_test(twenty_times_the_units_take_no_square_of_it),
        scratch_test(a_loader_that_takes_too_long_is_killed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
