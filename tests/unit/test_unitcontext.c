/* SPDX-License-Identifier: MIT */
/* Tests of what a unit's commands run in: environment, folder, user, limits, capabilities, streams. */
#include "parsed.h"

#include <sys/resource.h>

#define BIT(n) (UINT64_C(1) << (n))

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NOTHING ((const char *const[]){NULL})

static void test_environment(void **state)
{
    struct parsed p;

    (void)state;
    parse_lines(&p, "Environment=A=b \"C=d e\" 'F=%p' G=\\x41\nEnvironment=A=2");
    expect_all_honoured(&p);
    expect_elements(&p, EXEC_ENV, 0, TEXTS("A=b", "C=d e", "F=x", "G=A", "A=2"));
    parsed_finish(&p);
    parse_lines(&p, "Environment=A=b\nEnvironment=\nEnvironment=C=d");
    expect_elements(&p, EXEC_ENV, 0, TEXTS("C=d"));
    parsed_finish(&p);
    parse_lines(&p, "Environment=A=b c 1D=e F=%Z G=h \"I=j");
    expect_elements(&p, EXEC_ENV, 0, TEXTS("A=b", "G=h"));
    assert_int_equal(expect_said(&p, 3, VERDICT_REFUSED, "\"c\"")->column, 17);
    assert_int_equal(expect_said(&p, 3, VERDICT_REFUSED, "\"1D=e\"")->column, 19);
    assert_int_equal(expect_said(&p, 3, VERDICT_REFUSED, "specifier")->column, 24);
    assert_int_equal(expect_said(&p, 3, VERDICT_REFUSED, "not closed")->column, 33);
    assert_false(p.u.broken);
    parsed_finish(&p);
    parse_lines(&p, "Environment=A=\\q");
    (void)expect_said(&p, 3, VERDICT_REFUSED, "escape");
    expect_elements(&p, EXEC_ENV, 0, NOTHING);
    parsed_finish(&p);
}

static void test_environment_files_and_their_reset(void **state)
{
    struct parsed p;
    struct slice v = {NULL, 0};

    (void)state;
    parse_lines(&p, "EnvironmentFile=/etc/a b\nEnvironmentFile=-/etc/%p");
    expect_all_honoured(&p);
    expect_elements(&p, EXEC_ENV_FILE, 1, TEXTS("/etc/a b", "/etc/x"));
    assert_true(exec_element(&p, EXEC_ENV_FILE, 0, &v) && v.data[0] == 0);
    assert_true(exec_element(&p, EXEC_ENV_FILE, 1, &v) && v.data[0] == 1);
    parsed_finish(&p);
    parse_lines(&p,
                "EnvironmentFile=/a\nEnvironmentFile=\nEnvironmentFile=b\nEnvironmentFile=--/c");
    expect_elements(&p, EXEC_ENV_FILE, 1, NOTHING);
    assert_int_equal(expect_said(&p, 5, VERDICT_REFUSED, "absolute")->column, 17);
    assert_int_equal(expect_said(&p, 6, VERDICT_REFUSED, "absolute")->column, 18);
    assert_false(p.u.broken);
    parsed_finish(&p);
}

static void test_passed_environment(void **state)
{
    struct parsed p;

    (void)state;
    parse_lines(&p,
                "PassEnvironment=A\nPassEnvironment=\nPassEnvironment=B 1C D\nPassEnvironment=E");
    expect_elements(&p, EXEC_PASS_ENV, 0, TEXTS("B", "D", "E"));
    assert_int_equal(expect_said(&p, 5, VERDICT_REFUSED, "\"1C\"")->column, 19);
    parsed_finish(&p);
}

static void test_inherited_environment(void **state)
{
    struct parsed p;
    struct slice v = {NULL, 0};

    (void)state;
    parse_lines(&p, "[X-Porthole]\nInheritEnvironment=no\nMain=yes\nLogPrefix=on");
    expect_all_honoured(&p);
    assert_true(exec_element(&p, EXEC_INHERIT_ENV, 0, &v) && v.len == 1 && v.data[0] == 0);
    assert_true(p.u.conf.flags & SERVICE_MAIN);
    assert_true(p.u.conf.flags & SERVICE_PREFIX);
    parsed_finish(&p);
    parse_lines(&p,
                "[X-Porthole]\nInheritEnvironment=no\nInheritEnvironment=yes\nMain=yes\nMain=no");
    assert_false(exec_element(&p, EXEC_INHERIT_ENV, 0, &v));
    assert_false(p.u.conf.flags & SERVICE_MAIN);
    parsed_finish(&p);
}

static void test_working_directory(void **state)
{
    struct parsed p;
    struct slice v = {NULL, 0};

    (void)state;
    parse_lines(&p, "WorkingDirectory=/a\nWorkingDirectory=-/srv/%i%p");
    expect_all_honoured(&p);
    expect_elements(&p, EXEC_WORKDIR, 1, TEXTS("/srv/x"));
    assert_true(exec_element(&p, EXEC_WORKDIR, 0, &v) && v.data[0] == 1);
    parsed_finish(&p);
    parse_lines(&p, "WorkingDirectory=~");
    expect_elements(&p, EXEC_WORKDIR, 1, TEXTS("~"));
    parsed_finish(&p);
    parse_lines(&p, "WorkingDirectory=-/a\nWorkingDirectory=");
    expect_elements(&p, EXEC_WORKDIR, 1, NOTHING);
    parsed_finish(&p);
    parse_lines(&p, "WorkingDirectory=a");
    assert_true(expect_said(&p, 3, VERDICT_REFUSED, "absolute")->fatal);
    assert_true(p.u.broken);
    parsed_finish(&p);
    parse_lines(&p, "WorkingDirectory=-a");
    assert_false(expect_said(&p, 3, VERDICT_REFUSED, "absolute")->fatal);
    assert_false(p.u.broken);
    parsed_finish(&p);
}

static void test_users_and_groups(void **state)
{
    struct parsed p;

    (void)state;
    parse_lines(&p,
                "User=a\nUser=www-%p\nGroup=12\nSupplementaryGroups=a 3\nSupplementaryGroups=b");
    expect_all_honoured(&p);
    expect_elements(&p, EXEC_USER, 0, TEXTS("www-x"));
    expect_elements(&p, EXEC_GROUP, 0, TEXTS("12"));
    expect_elements(&p, EXEC_SUPP_GROUP, 0, TEXTS("a", "3", "b"));
    parsed_finish(&p);
    parse_lines(&p, "User=a\nUser=\nGroup=b\nGroup=\nSupplementaryGroups=c\nSupplementaryGroups=");
    expect_all_honoured(&p);
    expect_elements(&p, EXEC_USER, 0, NOTHING);
    expect_elements(&p, EXEC_GROUP, 0, NOTHING);
    expect_elements(&p, EXEC_SUPP_GROUP, 0, NOTHING);
    parsed_finish(&p);
}

static void test_a_bad_user_is_fatal(void **state)
{
    static const char *const lines[] = {"User=a:b", "User=65535", "Group=a/b", "User=%Z",
                                        "SupplementaryGroups=a b:c"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct parsed p;

        parse_lines(&p, lines[i]);
        assert_true(expect_said(&p, 3, VERDICT_REFUSED, "")->fatal);
        parsed_finish(&p);
    }
}

static void test_umask(void **state)
{
    struct parsed p;
    struct slice v = {NULL, 0};

    (void)state;
    parse_lines(&p, "UMask=077\nUMask=0027\nUMask=\nUMask=9");
    assert_true(exec_element(&p, EXEC_UMASK, 0, &v) && v.len == 4 && wire_load_u32(v.data) == 027);
    (void)expect_said(&p, 5, VERDICT_REFUSED, "octal");
    (void)expect_said(&p, 6, VERDICT_REFUSED, "octal");
    parsed_finish(&p);
}

static void test_every_limit(void **state)
{
    static const struct {
        const char *key;
        unsigned resource;
    } rows[] = {
        {"CPU", RLIMIT_CPU},           {"FSIZE", RLIMIT_FSIZE}, {"DATA", RLIMIT_DATA},
        {"STACK", RLIMIT_STACK},       {"CORE", RLIMIT_CORE},   {"RSS", RLIMIT_RSS},
        {"NOFILE", RLIMIT_NOFILE},     {"AS", RLIMIT_AS},       {"NPROC", RLIMIT_NPROC},
        {"MEMLOCK", RLIMIT_MEMLOCK},   {"LOCKS", RLIMIT_LOCKS}, {"SIGPENDING", RLIMIT_SIGPENDING},
        {"MSGQUEUE", RLIMIT_MSGQUEUE}, {"NICE", RLIMIT_NICE},   {"RTPRIO", RLIMIT_RTPRIO},
        {"RTTIME", RLIMIT_RTTIME},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct parsed p;
        struct slice v = {NULL, 0};
        char line[128];

        (void)snprintf(line, sizeof(line), "Limit%s=9\nLimit%s=7:infinity\nLimit%s=x", rows[i].key,
                       rows[i].key, rows[i].key);
        parse_lines(&p, line);
        (void)expect_said(&p, 5, VERDICT_REFUSED, "limit");
        assert_true(exec_element(&p, EXEC_RLIMIT, 0, &v));
        assert_int_equal(v.len, 20);
        assert_int_equal(wire_load_u32(v.data), rows[i].resource);
        assert_true(wire_load_u64(v.data + 4) == 7 && wire_load_u64(v.data + 12) == UINT64_MAX);
        assert_false(exec_element(&p, EXEC_RLIMIT, 1, &v));
        parsed_finish(&p);
    }
}

struct caps_row {
    const char *lines; // with # for the key
    uint64_t bounding;
    uint64_t ambient;
};

/* The lines with a key in the place of each "#". */
static void put_keys(char *buf, size_t cap, const char *lines, const char *key)
{
    size_t len = 0;

    for (; *lines != 0; lines++) {
        size_t more = *lines == '#' ? strlen(key) : 1;

        assert_true(len + more < cap);
        memcpy(buf + len, *lines == '#' ? key : lines, more);
        len += more;
    }
    buf[len] = 0;
}

/* systemd.exec(5), CapabilityBoundingSet=. UINT64_MAX of the one and 0 of the other: not set. */
static void test_capabilities_merge_and_reset(void **state)
{
    static const struct caps_row rows[] = {
        {"#=CAP_KILL", BIT(5), BIT(5)},
        {"#=CAP_KILL cap_chown 12", BIT(5) | BIT(0) | BIT(12), BIT(5) | BIT(0) | BIT(12)},
        {"#=CAP_KILL\n#=CAP_CHOWN", BIT(5) | BIT(0), BIT(5) | BIT(0)},
        {"#=CAP_KILL CAP_CHOWN\n#=~CAP_KILL", BIT(0), BIT(0)},
        {"#=~CAP_KILL", ~BIT(5), ~BIT(5)},
        {"#=~CAP_KILL\n#=~CAP_CHOWN", ~(BIT(5) | BIT(0)), ~(BIT(5) | BIT(0))},
        {"#=", 0, 0},
        {"#=~", UINT64_MAX, UINT64_MAX},
        {"#=CAP_KILL\n#=\n#=CAP_CHOWN", BIT(0), BIT(0)},
        {"#=CAP_KILL\n#=~\n#=CAP_CHOWN", BIT(0), UINT64_MAX},
        {"#=CAP_NONE CAP_KILL", BIT(5), BIT(5)},
    };
    static const char *const keys[] = {"CapabilityBoundingSet", "AmbientCapabilities"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (unsigned which = 0; which < 2; which++) {
            uint64_t expected = which == 0 ? rows[i].bounding : rows[i].ambient;
            uint64_t unset = which == 0 ? UINT64_MAX : 0;
            struct parsed p;
            struct slice v = {NULL, 0};
            char lines[256];
            bool there;

            put_keys(lines, sizeof(lines), rows[i].lines, keys[which]);
            parse_lines(&p, lines);
            assert_false(p.u.broken);
            there = exec_element(&p, which == 0 ? EXEC_CAP_BOUND : EXEC_CAP_AMBIENT, 0, &v);
            expect(there == (expected != unset), "%s: there is %d", lines, there);
            if (there) {
                expect(wire_load_u64(v.data) == expected, "%s: got %llx", lines,
                       (unsigned long long)wire_load_u64(v.data));
            }
            parsed_finish(&p);
        }
    }
}

static void test_no_new_privileges(void **state)
{
    struct parsed p;
    struct slice v = {NULL, 0};

    (void)state;
    parse_lines(&p, "NoNewPrivileges=yes\nNoNewPrivileges=maybe");
    assert_true(exec_element(&p, EXEC_NO_NEW_PRIVS, 0, &v) && v.data[0] == 1);
    (void)expect_said(&p, 4, VERDICT_REFUSED, "neither yes nor no");
    parsed_finish(&p);
    parse_lines(&p, "NoNewPrivileges=no");
    assert_true(exec_element(&p, EXEC_NO_NEW_PRIVS, 0, &v) && v.data[0] == 0);
    parsed_finish(&p);
    parse_lines(&p, "");
    assert_false(exec_element(&p, EXEC_NO_NEW_PRIVS, 0, &v));
    parsed_finish(&p);
}

struct stream_row {
    const char *lines;
    uint8_t in;
    uint8_t out;
    uint8_t error;
    const char *path; // of stdout
};

static void test_streams(void **state)
{
    static const struct stream_row rows[] = {
        {"", STREAM_NULL, STREAM_LOG, STREAM_LOG, ""},
        {"StandardOutput=null", STREAM_NULL, STREAM_NULL, STREAM_INHERIT, ""},
        {"StandardOutput=inherit", STREAM_NULL, STREAM_INHERIT, STREAM_INHERIT, ""},
        {"StandardOutput=inherit\nStandardError=journal", STREAM_NULL, STREAM_INHERIT, STREAM_LOG,
         ""},
        {"StandardOutput=journal\nStandardError=inherit", STREAM_NULL, STREAM_LOG, STREAM_LOG, ""},
        {"StandardError=null", STREAM_NULL, STREAM_LOG, STREAM_NULL, ""},
        {"StandardOutput=file:/a b", STREAM_NULL, STREAM_FILE, STREAM_INHERIT, "/a b"},
        {"StandardOutput=append:/log/%p", STREAM_NULL, STREAM_APPEND, STREAM_INHERIT, "/log/x"},
        {"StandardOutput=truncate:/a", STREAM_NULL, STREAM_TRUNCATE, STREAM_INHERIT, "/a"},
        {"StandardInput=file:/in", STREAM_FILE, STREAM_LOG, STREAM_LOG, ""},
        {"StandardInput=null", STREAM_NULL, STREAM_LOG, STREAM_LOG, ""},
        {"StandardOutput=append:/a\nStandardOutput=journal", STREAM_NULL, STREAM_LOG, STREAM_LOG,
         ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct stream_row *row = &rows[i];
        struct parsed p;
        struct slice v = {NULL, 0};

        parse_lines(&p, row->lines);
        expect_all_honoured(&p);
        assert_true(exec_element(&p, EXEC_STDIN, 0, &v) && v.data[0] == row->in);
        assert_true(exec_element(&p, EXEC_STDERR, 0, &v));
        expect(v.data[0] == row->error, "%s: stderr is %d", row->lines, v.data[0]);
        assert_true(exec_element(&p, EXEC_STDOUT, 0, &v));
        expect(v.data[0] == row->out, "%s: stdout is %d", row->lines, v.data[0]);
        v.data++;
        v.len--;
        assert_true(slice_equals(v, row->path));
        assert_int_equal((p.u.conf.flags & SERVICE_OUTPUT_LOG) != 0, row->out == STREAM_LOG);
        assert_int_equal((p.u.conf.flags & SERVICE_ERROR_LOG) != 0, row->error == STREAM_LOG);
        parsed_finish(&p);
    }
}

static void test_streams_that_are_approximated(void **state)
{
    static const char *const words[] = {"syslog", "kmsg", "journal+console", "syslog+console",
                                        "kmsg+console"};
    struct parsed p;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        char line[64];

        (void)snprintf(line, sizeof(line), "StandardOutput=%s", words[i]);
        parse_lines(&p, line);
        (void)expect_said(&p, 3, VERDICT_APPROXIMATED, "log");
        assert_true(p.u.conf.flags & SERVICE_OUTPUT_LOG);
        parsed_finish(&p);
    }
    parse_lines(&p, "StandardInput=inherit");
    (void)expect_said(&p, 3, VERDICT_APPROXIMATED, "stdin");
    parsed_finish(&p);
}

static void test_sigpipe(void **state)
{
    struct parsed p;
    struct slice v;

    (void)state;
    parse_lines(&p, "IgnoreSIGPIPE=no\nIgnoreSIGPIPE=maybe");
    assert_true(exec_element(&p, EXEC_IGNORE_SIGPIPE, 0, &v) && v.data[0] == 0);
    (void)expect_said(&p, 4, VERDICT_REFUSED, "yes");
    parsed_finish(&p);
    parse_lines(&p, "IgnoreSIGPIPE=no\nIgnoreSIGPIPE=yes");
    expect_all_honoured(&p);
    assert_false(exec_element(&p, EXEC_IGNORE_SIGPIPE, 0, &v)); // the default
    parsed_finish(&p);
}

static void test_streams_that_are_not_built_are_fatal(void **state)
{
    static const char *const lines[] = {
        "StandardInput=tty",  "StandardInput=tty-force", "StandardInput=socket",
        "StandardInput=fd",   "StandardInput=fd:x",      "StandardInput=data",
        "StandardOutput=tty", "StandardOutput=socket",   "StandardError=fd:xy",
        "StandardError=tty",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct parsed p;

        parse_lines(&p, lines[i]);
        assert_true(expect_said(&p, 3, VERDICT_REFUSED, "not built yet")->fatal);
        parsed_finish(&p);
    }
}

static void test_bad_streams_are_passed_over(void **state)
{
    static const char *const lines[] = {
        "StandardInput=bogus",     "StandardInput=append:/a", "StandardInput=journal",
        "StandardOutput=",         "StandardOutput=file:a",   "StandardError=file:",
        "StandardOutput=appendix", "StandardOutput=%p"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct parsed p;

        parse_lines(&p, lines[i]);
        assert_false(expect_said(&p, 3, VERDICT_REFUSED, "")->fatal);
        assert_true(p.u.conf.flags & SERVICE_OUTPUT_LOG);
        parsed_finish(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_environment_files_and_their_reset),
        cmocka_unit_test(test_passed_environment),
        cmocka_unit_test(test_inherited_environment),
        cmocka_unit_test(test_working_directory),
        cmocka_unit_test(test_users_and_groups),
        cmocka_unit_test(test_a_bad_user_is_fatal),
        cmocka_unit_test(test_umask),
        cmocka_unit_test(test_every_limit),
        cmocka_unit_test(test_capabilities_merge_and_reset),
        cmocka_unit_test(test_no_new_privileges),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_streams_that_are_approximated),
        cmocka_unit_test(test_sigpipe),
        cmocka_unit_test(test_streams_that_are_not_built_are_fatal),
        cmocka_unit_test(test_bad_streams_are_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
