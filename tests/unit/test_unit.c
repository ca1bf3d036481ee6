/* SPDX-License-Identifier: MIT */
/* Tests of core/unit.h: a unit from its lines to what supervision works with. */
#include "core/unit.h"

#include "core/directive.h"
#include "parsed.h"

#include <errno.h>

static void expect_deps(const struct unit_dep *d, const char *const *expected)
{
    static const char *const kinds[] = {"requires", "wants", "after", "before"};
    size_t n = 0;

    for (; d != NULL; d = d->next, n++) {
        char text[300];

        (void)snprintf(text, sizeof(text), "%s %s", kinds[d->kind], d->name);
        expect(expected[n] != NULL, "one more: %s", text);
        expect(strcmp(text, expected[n]) == 0, "expected \"%s\", got \"%s\"", expected[n], text);
    }
    expect(expected[n] == NULL, "\"%s\" is missing", expected[n]);
}

static void test_a_unit_without_more_than_it_needs(void **state)
{
    struct parsed p;
    const struct service_conf *c = &p.u.conf;

    (void)state;
    parse_as(&p, "x.service", "[Service]\nExecStart=/bin/true\n");
    expect_all_honoured(&p);
    assert_string_equal(c->name, "x");
    assert_string_equal(c->description, "");
    assert_int_equal(c->flags, SERVICE_SEND_SIGKILL | SERVICE_OUTPUT_LOG | SERVICE_ERROR_LOG);
    assert_int_equal(c->type, TYPE_SIMPLE);
    assert_int_equal(c->restart, RESTART_NO);
    assert_int_equal(c->kill_mode, KILL_CONTROL_GROUP);
    assert_int_equal(c->kill_signal, 15);
    assert_int_equal(c->restart_ms, 100);
    assert_int_equal(c->timeout_start, 90000);
    assert_int_equal(c->timeout_stop, 90000);
    assert_int_equal(c->limit_interval, 10000);
    assert_int_equal(c->limit_burst, 5);
    assert_true(c->ok_signals == 0);
    assert_null(p.u.deps);
    assert_null(p.u.wanted_by);
    assert_null(p.u.aliases);
    parsed_finish(&p);
}

static void test_an_instance_has_its_whole_name(void **state)
{
    struct parsed p;

    (void)state;
    parse_as(&p, "x@a-b.service", "[Unit]\nDescription=%i is %I\n[Service]\nExecStart=/bin/true");
    assert_string_equal(p.u.conf.name, "x@a-b");
    assert_string_equal(p.u.conf.description, "a-b is a/b");
    parsed_finish(&p);
}

static void test_every_line_is_told_once(void **state)
{
    struct parsed p;

    (void)state;
    parse_as(
        &p, "x.service",
        "# comment\n[Unit]\nDescription=d\n\nDocumentation=man:x\n[Service]\nExecStart=/a \\\n  b\n"
        "PrivateTmp=yes\nBogus=1\n X-Other = 1\n");
    assert_int_equal(p.count, 8);
    assert_string_equal(expect_said(&p, 2, VERDICT_HONOURED, "")->key, "[Unit]");
    assert_string_equal(expect_said(&p, 3, VERDICT_HONOURED, "")->key, "Description");
    assert_string_equal(expect_said(&p, 5, VERDICT_IGNORED, "")->key, "Documentation");
    assert_string_equal(expect_said(&p, 6, VERDICT_HONOURED, "")->key, "[Service]");
    assert_string_equal(expect_said(&p, 7, VERDICT_HONOURED, "")->key, "ExecStart");
    assert_string_equal(expect_said(&p, 9, VERDICT_REFUSED, "not enforced")->key, "PrivateTmp");
    assert_string_equal(expect_said(&p, 10, VERDICT_REFUSED, "unknown key")->key, "Bogus");
    assert_int_equal(expect_said(&p, 11, VERDICT_IGNORED, "other programs")->column, 2);
    assert_false(p.u.broken);
    parsed_finish(&p);
}

static void test_sections_that_are_passed_over(void **state)
{
    struct parsed p;

    (void)state;
    parse_as(&p, "x.service",
             "Type=exec\n[Socket]\nType=exec\n[X-Foo]\nType=exec\n[X-Porthole]\nType=exec\nX-a=b\n"
             "[ Service ]\n[service]\n[Service]\nExecStart=/a\nAfter=b.service\n");
    (void)expect_said(&p, 1, VERDICT_REFUSED, "before any section");
    (void)expect_said(&p, 2, VERDICT_REFUSED, "unknown section");
    (void)expect_said(&p, 3, VERDICT_REFUSED, "in an unknown section");
    (void)expect_said(&p, 4, VERDICT_IGNORED, "other programs");
    (void)expect_said(&p, 5, VERDICT_IGNORED, "other programs");
    (void)expect_said(&p, 7, VERDICT_REFUSED, "unknown key");
    (void)expect_said(&p, 8, VERDICT_REFUSED, "unknown key");
    (void)expect_said(&p, 9, VERDICT_REFUSED, "unknown section");
    (void)expect_said(&p, 10, VERDICT_REFUSED, "unknown section");
    (void)expect_said(&p, 13, VERDICT_REFUSED, "unknown key in this section");
    assert_int_equal(p.u.conf.type, TYPE_SIMPLE);
    assert_null(p.u.deps);
    assert_false(p.u.broken);
    parsed_finish(&p);
}

/* Every directive that is not built loads, is refused on its line, and says something. */
static void test_what_is_not_built_is_refused_and_loads(void **state)
{
    (void)state;
    for (unsigned n = 0; directive_name(n) != NULL; n++) {
        const struct directive *d = directive_find(slice_of(directive_name(n)));
        struct parsed p;
        char text[128];

        if (d->set != SET_REFUSED && d->set != SET_IGNORED) {
            continue;
        }
        (void)snprintf(text, sizeof(text), "[Service]\nExecStart=/a\n[%s]\n%s=a b\n",
                       d->sections & SECTION_UNIT      ? "Unit"
                       : d->sections & SECTION_SERVICE ? "Service"
                                                       : "Install",
                       directive_name(n));
        parse_as(&p, "x.service", text);
        assert_int_equal(p.count, 4);
        assert_int_equal(p.said[3].verdict,
                         d->set == SET_REFUSED ? VERDICT_REFUSED : VERDICT_IGNORED);
        assert_string_not_equal(p.said[3].text, "");
        assert_false(p.u.broken);
        parsed_finish(&p);
    }
}

static void test_what_asks_for_nothing_is_ignored(void **state)
{
    static const char *const idle[] = {
        "PrivateTmp=no",
        "ProtectSystem=false",
        "ProtectHome=off",
        "DynamicUser=0",
        "Nice=0",
        "OOMScoreAdjust=0",
        "WatchdogSec=0s",
        "RestrictRealtime=no",
        "SystemCallFilter=",
        "ReadOnlyPaths=",
        "DeviceAllow=",
        "RuntimeDirectory=",
        "MemoryMax=infinity",
        "Delegate=no",
        "ProtectProc=default",
        "OOMPolicy=continue",
        "NotifyAccess=none",
        "SyslogIdentifier=a",
        "SyslogLevelPrefix=no",
        "Slice=a.slice",
        "TTYPath=/dev/tty1",
        "[Unit]\nConflicts=shutdown.target\nConflicts=",
        "[Unit]\nPartOf=a.target b.slice",
        "[Unit]\nConditionPathExists=",
        "[Unit]\nFailureAction=none",
    };
    static const char *const asking[] = {
        "PrivateTmp=yes",
        "ProtectSystem=strict",
        "Nice=-1",
        "Nice=none",
        "OOMScoreAdjust=1",
        "WatchdogSec=1",
        "Delegate=",
        "PrivateTmp=perhaps",
        "MemoryMax=0",
        "SystemCallFilter=no",
        "ProtectProc=all",
        "[Unit]\nConflicts=a.service shutdown.target",
        "[Unit]\nConflicts=shutdown",
        "[Unit]\nPartOf=a.socket",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(idle) + COUNT_OF(asking); i++) {
        bool asks = i >= COUNT_OF(idle);
        const char *line = asks ? asking[i - COUNT_OF(idle)] : idle[i];
        struct parsed p;

        parse_lines(&p, line);
        expect(p.said[p.count - 1].verdict == (asks ? VERDICT_REFUSED : VERDICT_IGNORED),
               "<%s>: got %s, %s", line, verdict_name(p.said[p.count - 1].verdict),
               p.said[p.count - 1].text);
        assert_false(p.u.broken);
        parsed_finish(&p);
    }
}

static void test_strict_takes_no_refusal(void **state)
{
    struct parsed p;

    (void)state;
    parsed_init(&p, "x.service");
    p.u.strict = true;
    parsed_read(&p, "[Unit]\nDocumentation=b\n[Service]\nExecStart=/a\nPrivateTmp=yes\nNice=5\n");
    assert_int_equal(unit_finish(&p.u), 0);
    assert_true(p.u.broken);
    assert_true(p.u.conf.flags & SERVICE_BROKEN);
    assert_ptr_equal(strstr(p.u.conf.description, "x.service:5:1: PrivateTmp: not built yet"),
                     p.u.conf.description);
    parsed_finish(&p);
}

static void test_types(void **state)
{
    static const char *const fatal[] = {"forking", "notify", "notify-reload",
                                        "dbus",    "bogus",  "Simple"};
    struct parsed p;

    (void)state;
    for (unsigned i = 0; i < SERVICE_TYPE_COUNT; i++) {
        char line[64];

        (void)snprintf(line, sizeof(line), "Type=%s", service_type_name(i));
        parse_lines(&p, line);
        expect_all_honoured(&p);
        assert_int_equal(p.u.conf.type, i);
        parsed_finish(&p);
    }
    parse_lines(&p, "Type=idle");
    (void)expect_said(&p, 3, VERDICT_APPROXIMATED, "simple");
    assert_int_equal(p.u.conf.type, TYPE_SIMPLE);
    parsed_finish(&p);
    for (size_t i = 0; i < COUNT_OF(fatal); i++) {
        char line[64];

        (void)snprintf(line, sizeof(line), "Type=%s", fatal[i]);
        parse_lines(&p, line);
        assert_true(expect_said(&p, 3, VERDICT_REFUSED, fatal[i])->fatal);
        assert_int_equal(p.said[2].column, 6);
        assert_true(p.u.broken);
        parsed_finish(&p);
    }
    parse_lines(&p, "Type=exec\nType=");
    assert_false(expect_said(&p, 4, VERDICT_REFUSED, "")->fatal);
    assert_int_equal(p.u.conf.type, TYPE_EXEC);
    parsed_finish(&p);
}

static void test_what_a_later_line_replaces_is_not_fatal(void **state)
{
    static const char *const rows[][3] = {
        // the bad line; one that does not replace it; one that does
        {"Type=forking", "Type=", "Type=exec"},
        {"Type=bogus", "Restart=no", "Type=idle"},
        {"StandardInput=tty", "StandardInput=bogus", "StandardInput=null"},
        {"StandardError=socket", "StandardOutput=null", "StandardError=file:/a"},
        {"User=a:b", "Group=a", "User=a"},
        {"Group=a:b", "User=a", "Group="},
        {"WorkingDirectory=a", "WorkingDirectory=-b", "WorkingDirectory="},
        {"SupplementaryGroups=a : b", "SupplementaryGroups=c", "SupplementaryGroups="},
        {"ExecStop=bin/a", "ExecStop=/a", "ExecStop="},
        {"ExecStartPre=/a 'b", "ExecStop=", "ExecStartPre="},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t n = 1; n <= 2; n++) {
            struct parsed p;
            char dropin[128];
            char text[128];

            (void)snprintf(text, sizeof(text), "[Service]\nExecStart=/a\n%s\n", rows[i][0]);
            (void)snprintf(dropin, sizeof(dropin), "[Service]\n%s\n", rows[i][n]);
            parsed_init(&p, "x.service");
            parsed_read(&p, text);
            parsed_read(&p, dropin);
            assert_int_equal(unit_finish(&p.u), 0);
            expect(expect_said(&p, 3, VERDICT_REFUSED, "")->fatal == (n == 1), "%s, %s: fatal",
                   rows[i][0], rows[i][n]);
            expect(p.u.broken == (n == 1), "%s, %s: broken is %d", rows[i][0], rows[i][n],
                   p.u.broken);
            parsed_finish(&p);
        }
    }
}

static void test_the_last_bad_value_decides(void **state)
{
    struct parsed p;

    (void)state;
    parse_lines(&p, "Type=bogus\nType=exec\nType=forking\nExecStop=a/ ; b/");
    assert_false(expect_said(&p, 3, VERDICT_REFUSED, "bogus")->fatal);
    assert_true(expect_said(&p, 5, VERDICT_REFUSED, "foreground")->fatal);
    assert_true(expect_said(&p, 6, VERDICT_REFUSED, "a/")->fatal);
    assert_non_null(strstr(p.u.conf.description, "x.service:5:6: Type: \"forking\""));
    parsed_finish(&p);
}

static void test_words_of_a_set(void **state)
{
    struct parsed p;

    (void)state;
    for (unsigned i = 0; i < SERVICE_RESTART_COUNT; i++) {
        char line[64];

        (void)snprintf(line, sizeof(line),
                       "Restart=%s\nRestart=bogus\nRestart=", service_restart_name(i));
        parse_lines(&p, line);
        assert_int_equal(p.u.conf.restart, i);
        (void)expect_said(&p, 4, VERDICT_REFUSED, "\"bogus\"");
        (void)expect_said(&p, 5, VERDICT_REFUSED, "always");
        parsed_finish(&p);
    }
    for (unsigned i = 0; i < SERVICE_KILL_MODE_COUNT; i++) {
        char line[64];

        (void)snprintf(line, sizeof(line), "KillMode=%s\nKillMode=bogus",
                       service_kill_mode_name(i));
        parse_lines(&p, line);
        assert_int_equal(p.u.conf.kill_mode, i);
        (void)expect_said(&p, 4, VERDICT_REFUSED, "\"bogus\"");
        parsed_finish(&p);
    }
    parse_lines(&p,
                "KillMode=mixed\nKillMode=\nKillSignal=SIGQUIT\nKillSignal=sigint\nKillSignal=");
    assert_int_equal(p.u.conf.kill_mode, KILL_CONTROL_GROUP);
    assert_int_equal(p.u.conf.kill_signal, 3);
    (void)expect_said(&p, 6, VERDICT_REFUSED, "no such signal");
    (void)expect_said(&p, 7, VERDICT_REFUSED, "no such signal");
    parsed_finish(&p);
}

static void test_flags(void **state)
{
    struct parsed p;

    (void)state;
    parse_lines(&p, "RemainAfterExit=yes\nSendSIGKILL=no\nRemainAfterExit=\nSendSIGKILL=x");
    assert_true(p.u.conf.flags & SERVICE_REMAIN);
    assert_false(p.u.conf.flags & SERVICE_SEND_SIGKILL);
    (void)expect_said(&p, 5, VERDICT_REFUSED, "yes");
    (void)expect_said(&p, 6, VERDICT_REFUSED, "yes");
    parsed_finish(&p);
    parse_lines(&p, "RemainAfterExit=yes\nSendSIGKILL=no\nRemainAfterExit=no\nSendSIGKILL=yes");
    assert_false(p.u.conf.flags & SERVICE_REMAIN);
    assert_true(p.u.conf.flags & SERVICE_SEND_SIGKILL);
    parsed_finish(&p);
}

static void test_times(void **state)
{
    struct parsed p;

    (void)state;
    parse_lines(&p, "RestartSec=1min 2s\nTimeoutStartSec=5\nTimeoutStopSec=100us");
    expect_all_honoured(&p);
    assert_int_equal(p.u.conf.restart_ms, 62000);
    assert_int_equal(p.u.conf.timeout_start, 5000);
    assert_int_equal(p.u.conf.timeout_stop, 1); // not 0, which would mean another thing
    parsed_finish(&p);
    parse_lines(&p, "TimeoutSec=7\nRestartSec=infinity\nRestartSec=x\nTimeoutSec=-1");
    assert_int_equal(p.u.conf.timeout_start, 7000);
    assert_int_equal(p.u.conf.timeout_stop, 7000);
    assert_true(p.u.conf.restart_ms == MSEC_NEVER);
    (void)expect_said(&p, 5, VERDICT_REFUSED, "time");
    (void)expect_said(&p, 6, VERDICT_REFUSED, "time");
    parsed_finish(&p);
    parse_lines(&p, "TimeoutStartSec=0\nTimeoutStopSec=infinity\nRestartSec=0");
    assert_true(p.u.conf.timeout_start == MSEC_NEVER);
    assert_true(p.u.conf.timeout_stop == MSEC_NEVER);
    assert_int_equal(p.u.conf.restart_ms, 0);
    parsed_finish(&p);
}

static void test_a_oneshot_has_no_start_timeout_of_itself(void **state)
{
    struct parsed p;

    (void)state;
    parse_lines(&p, "Type=oneshot");
    assert_true(p.u.conf.timeout_start == MSEC_NEVER);
    assert_int_equal(p.u.conf.timeout_stop, 90000);
    parsed_finish(&p);
    parse_lines(&p, "Type=oneshot\nTimeoutSec=3");
    assert_int_equal(p.u.conf.timeout_start, 3000);
    parsed_finish(&p);
}

static void test_limits_of_starts(void **state)
{
    struct parsed p;

    (void)state;
    parse_lines(&p, "[Unit]\nStartLimitIntervalSec=3s\nStartLimitBurst=9\nStartLimitBurst=-1");
    assert_int_equal(p.u.conf.limit_interval, 3000);
    assert_int_equal(p.u.conf.limit_burst, 9);
    (void)expect_said(&p, 6, VERDICT_REFUSED, "number");
    parsed_finish(&p);
    parse_lines(&p, "StartLimitInterval=4\nStartLimitBurst=2\n[Unit]\nStartLimitInterval=5");
    expect_all_honoured(&p);
    assert_int_equal(p.u.conf.limit_interval, 5000);
    assert_int_equal(p.u.conf.limit_burst, 2);
    parsed_finish(&p);
    parse_lines(&p, "StartLimitBurst=0");
    assert_int_equal(p.u.conf.limit_interval, 0);
    parsed_finish(&p);
    parse_lines(&p, "[Unit]\nStartLimitIntervalSec=infinity");
    assert_true(p.u.conf.limit_interval == MSEC_NEVER);
    parsed_finish(&p);
}

static void test_exit_statuses(void **state)
{
    struct parsed p;

    (void)state;
    parse_lines(&p, "SuccessExitStatus=1 TEMPFAIL SIGKILL\nSuccessExitStatus=255 HUP foo 256");
    assert_int_equal(p.u.conf.codes[0], 2);
    assert_int_equal(p.u.conf.codes[75 / 8], 1 << 75 % 8);
    assert_int_equal(p.u.conf.codes[31], 128);
    assert_true(p.u.conf.ok_signals == ((1 << 8) | 1));
    assert_int_equal(expect_said(&p, 4, VERDICT_REFUSED, "\"foo\"")->column, 27);
    assert_int_equal(expect_said(&p, 4, VERDICT_REFUSED, "\"256\"")->column, 31);
    parsed_finish(&p);
    parse_lines(&p, "SuccessExitStatus=1 SIGKILL\nSuccessExitStatus=\nSuccessExitStatus=2");
    expect_all_honoured(&p);
    assert_int_equal(p.u.conf.codes[0], 4);
    assert_true(p.u.conf.ok_signals == 0);
    parsed_finish(&p);
}

static void test_dependencies(void **state)
{
    struct parsed p;

    (void)state;
    parse_as(&p, "x@i.service",
             "[Unit]\nAfter=a.service b.target \"i.target\"\nRequires=c@.service d@%i.service\n"
             "Wants=e.socket\nBefore=f.service\nAfter=\nAfter=g a.service/ h.service\n"
             "[Service]\nExecStart=/a\n");
    expect_deps(p.u.deps,
                (const char *const[]){"after a.service", "after b.target", "requires c@i.service",
                                      "requires d@i.service", "wants e.socket", "before f.service",
                                      "after h.service", NULL});
    (void)expect_said(&p, 2, VERDICT_REFUSED, "i.target"); // quotes stay, as systemd has it
    (void)expect_said(&p, 6, VERDICT_IGNORED, "taken back");
    assert_int_equal(expect_said(&p, 7, VERDICT_REFUSED, "\"g\"")->column, 7);
    assert_int_equal(expect_said(&p, 7, VERDICT_REFUSED, "\"a.service/\"")->column, 9);
    assert_int_equal(p.u.deps->next->line, 2);
    assert_int_equal(p.u.deps->next->column, 17);
    assert_string_equal(p.u.deps->path, "x.service");
    parsed_finish(&p);
    parse_as(&p, "plain.service", "[Unit]\nAfter=c@.service\n[Service]\nExecStart=/a\n");
    expect_deps(p.u.deps, (const char *const[]){"after c@plain.service", NULL});
    parsed_finish(&p);
}

static void test_dependencies_on_what_is_not_built(void **state)
{
    static const char *const kinds[] = {"socket", "mount", "timer",    "path",
                                        "device", "swap",  "automount"};
    static const char *const keys[] = {"Requires", "Wants", "After"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds) * COUNT_OF(keys); i++) {
        struct parsed p;
        char line[128];

        (void)snprintf(line, sizeof(line), "[Unit]\n%s=a.target b.slice c.service d.%s",
                       keys[i % COUNT_OF(keys)], kinds[i / COUNT_OF(keys)]);
        parse_lines(&p, line);
        assert_int_equal(p.count, 4);
        assert_int_equal(expect_said(&p, 4, VERDICT_APPROXIMATED, "\"d.")->column,
                         strlen(keys[i % COUNT_OF(keys)]) + 29);
        assert_non_null(strstr(p.said[3].text, "counts as fulfilled"));
        parsed_finish(&p);
    }
}

static void test_install(void **state)
{
    struct parsed p;

    (void)state;
    parse_as(
        &p, "x.service",
        "[Service]\nExecStart=/a\n[Install]\nWantedBy=multi-user.target \"a.target\"\n"
        "RequiredBy=b.service\nAlias=y.service z.service\nAlso=c.service\nDefaultInstance=d\n");
    expect_deps(p.u.wanted_by,
                (const char *const[]){"requires b.service", "wants multi-user.target",
                                      "wants a.target", NULL});
    assert_string_equal(p.u.aliases->name, "y.service");
    assert_string_equal(p.u.aliases->next->name, "z.service");
    (void)expect_said(&p, 7, VERDICT_IGNORED, "enabled");
    (void)expect_said(&p, 8, VERDICT_IGNORED, "instance");
    parsed_finish(&p);
    parse_as(
        &p, "x.service",
        "[Service]\nExecStart=/a\n[Install]\nWantedBy=a.target\nRequiredBy=b.service\nWantedBy=\n"
        "WantedBy=c.target\nAlias=y.service\nAlias=\nAlias=z.service\n");
    expect_all_honoured(&p);
    expect_deps(p.u.wanted_by, (const char *const[]){"requires b.service", "wants c.target", NULL});
    assert_string_equal(p.u.aliases->name, "z.service");
    assert_null(p.u.aliases->next);
    parsed_finish(&p);
}

static void test_description(void **state)
{
    struct parsed p;

    (void)state;
    parse_lines(&p, "[Unit]\nDescription= a  b %p \nDescription=%Z");
    assert_string_equal(p.u.conf.description, "a  b x");
    (void)expect_said(&p, 5, VERDICT_REFUSED, "\"%Z\"");
    parsed_finish(&p);
    parse_lines(&p, "[Unit]\nDescription=a\nDescription=");
    assert_string_equal(p.u.conf.description, "");
    parsed_finish(&p);
}

static void test_the_last_of_all_files_holds(void **state)
{
    struct parsed p;

    (void)state;
    parsed_init(&p, "x.service");
    parsed_read(&p, "[Service]\nExecStart=/a\nType=simple\nEnvironment=A=1");
    parsed_read(&p, "[Service]\nExecStart=\nExecStart=/b\nEnvironment=A=2\n");
    parsed_read(
        &p, "Type=oneshot\n[Service]\nRestartSec=5\n"); // a section does not go on in the next file
    assert_int_equal(unit_finish(&p.u), 0);
    assert_int_equal(p.u.conf.type, TYPE_SIMPLE);
    assert_int_equal(p.u.conf.commands[RUN_START], 1);
    assert_int_equal(p.u.conf.restart_ms, 5000);
    (void)expect_said(&p, 1, VERDICT_REFUSED, "before any section");
    parsed_finish(&p);
}

struct whole_row {
    const char *lines;
    const char *text; // NULL: it loads
};

static void test_what_can_only_be_known_at_the_end(void **state)
{
    static const struct whole_row rows[] = {
        {"", "neither ExecStart="},
        {"Type=simple", "no ExecStart="},
        {"Type=exec\nExecStop=/a\nRemainAfterExit=yes", "no ExecStart="},
        {"Type=oneshot", "neither ExecStart="},
        {"Type=oneshot\nRemainAfterExit=yes", "neither ExecStart="},
        {"Type=oneshot\nExecStop=/a", "RemainAfterExit=yes"},
        {"Type=oneshot\nExecStop=/a\nRemainAfterExit=yes", NULL},
        {"ExecStop=/a\nRemainAfterExit=yes", NULL}, // the type is oneshot of itself
        {"ExecStart=/a\nExecStart=/b", "several ExecStart="},
        {"ExecStart=/a ; /b", "several ExecStart="},
        {"Type=oneshot\nExecStart=/a ; /b", NULL},
        {"ExecStart=/a\nExecStart=\nExecStart=/b", NULL},
        {"Type=oneshot\nExecStart=/a\nRestart=always", "Restart=always"},
        {"Type=oneshot\nExecStart=/a\nRestart=on-success", "Restart=always"},
        {"Type=oneshot\nExecStart=/a\nRestart=on-failure", NULL},
        {"ExecStart=/a\nRestart=always", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct parsed p;
        char text[256];

        (void)snprintf(text, sizeof(text), "[Service]\n%s\n", rows[i].lines);
        parse_as(&p, "x.service", text);
        expect(p.u.broken == (rows[i].text != NULL), "<%s>: broken is %d", rows[i].lines,
               p.u.broken);
        if (rows[i].text != NULL) {
            assert_true(expect_said(&p, 0, VERDICT_REFUSED, rows[i].text)->fatal);
            assert_non_null(strstr(p.u.conf.description, rows[i].text));
        } else {
            expect_all_honoured(&p);
        }
        parsed_finish(&p);
    }
}

static void test_the_first_reason_is_kept(void **state)
{
    struct parsed p;

    (void)state;
    parse_as(&p, "x.service",
             "[Unit]\nDescription=a\n[Service]\n Type=forking\nUser=a:b\nExecStart=/a\n[Unit]\n"
             "Description=b\n");
    assert_true(p.u.broken);
    assert_string_equal(
        p.u.conf.description,
        "x.service:4:7: Type: \"forking\": this type is not built yet: run it in the "
        "foreground, with Type=exec in a drop-in");
    parsed_finish(&p);
}

static void test_files_that_systemd_does_not_load(void **state)
{
    static const char *const texts[] = {"[Service\nExecStart=/a\n",
                                        "[Service]\nExecStart=/a\nUser=\xff\n"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct parsed p;

        parse_as(&p, "x.service", texts[i]);
        assert_true(p.u.broken);
        parsed_finish(&p);
    }
}

static void test_a_zero_byte_spoils_its_line_alone(void **state)
{
    static const char text[] = "[Service]\nExecStart=/a\nUser=a\0b\nGroup=c\n";
    struct parsed p;

    (void)state;
    parsed_init(&p, "x.service");
    assert_int_equal(unit_read(&p.u, SLICE(text), "x.service"), 0);
    assert_int_equal(unit_finish(&p.u), 0);
    assert_int_equal(expect_said(&p, 3, VERDICT_REFUSED, "zero byte")->column, 7);
    assert_false(p.u.broken);
    parsed_finish(&p);
}

static void test_a_long_word_is_cut_where_a_character_begins(void **state)
{
    struct parsed p;
    char line[512] = "Restart=a";
    const char *at;

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        memcpy(line + 9 + 2 * i, "\xc3\xa9", 3);
    }
    parse_lines(&p, line);
    at = strstr(expect_said(&p, 3, VERDICT_REFUSED, "a\xc3\xa9")->text, "...\": ");
    assert_non_null(at);
    assert_int_equal((uint8_t)at[-1], 0xa9);
    parsed_finish(&p);
}

/* Whatever does not fit into the arena is told, and nothing is written outside of it. */
static void test_an_arena_of_any_size(void **state)
{
    static const char text[] =
        "[Unit]\nDescription=%n\nAfter=a.service b@.service\n[Service]\nExecStart=/a b \\\n c ; "
        "/d\n"
        "Environment=A=b C=d\nEnvironmentFile=-/e\nUser=f\nType=oneshot\nWorkingDirectory=~\n"
        "StandardOutput=append:/g\n[Install]\nWantedBy=h.target\n";
    bool fits = false;

    (void)state;
    for (size_t size = 0; !fits; size++) {
        uint8_t *memory = malloc(size > 0 ? size : 1);
        struct arena a;
        struct unit u;
        int r;

        assert_non_null(memory);
        assert_true(size < 1 << 16);
        arena_init(&a, memory, size);
        unit_init(&u, &a, "x@i.service", &test_values);
        r = unit_read(&u, SLICE(text), "x@.service");
        assert_true(r == 0 || r == -ENOMEM);
        if (r == 0) {
            r = unit_finish(&u);
        }
        assert_int_equal(r == 0, !a.full);
        fits = r == 0;
        assert_false(fits && u.broken);
        free(memory);
    }
}

static void test_verdicts_have_names(void **state)
{
    (void)state;
    assert_string_equal(verdict_name(VERDICT_HONOURED), "honoured");
    assert_string_equal(verdict_name(VERDICT_REFUSED), "refused");
    assert_null(verdict_name(VERDICT_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_unit_without_more_than_it_needs),
        cmocka_unit_test(test_an_instance_has_its_whole_name),
        cmocka_unit_test(test_every_line_is_told_once),
        cmocka_unit_test(test_sections_that_are_passed_over),
        cmocka_unit_test(test_what_is_not_built_is_refused_and_loads),
        cmocka_unit_test(test_what_asks_for_nothing_is_ignored),
        cmocka_unit_test(test_strict_takes_no_refusal),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_what_a_later_line_replaces_is_not_fatal),
        cmocka_unit_test(test_the_last_bad_value_decides),
        cmocka_unit_test(test_words_of_a_set),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_a_oneshot_has_no_start_timeout_of_itself),
        cmocka_unit_test(test_limits_of_starts),
        cmocka_unit_test(test_exit_statuses),
        cmocka_unit_test(test_dependencies),
        cmocka_unit_test(test_dependencies_on_what_is_not_built),
        cmocka_unit_test(test_install),
        cmocka_unit_test(test_description),
        cmocka_unit_test(test_the_last_of_all_files_holds),
        cmocka_unit_test(test_what_can_only_be_known_at_the_end),
        cmocka_unit_test(test_the_first_reason_is_kept),
        cmocka_unit_test(test_files_that_systemd_does_not_load),
        cmocka_unit_test(test_a_zero_byte_spoils_its_line_alone),
        cmocka_unit_test(test_a_long_word_is_cut_where_a_character_begins),
        cmocka_unit_test(test_an_arena_of_any_size),
        cmocka_unit_test(test_verdicts_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
