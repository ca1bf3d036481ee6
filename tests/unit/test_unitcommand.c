/* SPDX-License-Identifier: MIT */
/* Tests of Exec lines: prefixes, words, several commands in one, and what is wrong with them. */
#include "parsed.h"

#include "core/unitimage.h"

/* Expects the nth command of a kind; words with "|" behind each. */
static void expect_command(const struct parsed *p, enum service_run run, uint32_t n, unsigned bits,
                           const char *words)
{
    struct slice got;
    unsigned got_bits;
    char text[256];

    expect(unitimage_command(&p->u.conf, run, n, &got_bits, &got), "command %u: there is none", n);
    expect(got_bits == bits, "%s: expected bits %u, got %u", words, bits, got_bits);
    assert_true(got.len < sizeof(text));
    for (size_t i = 0; i < got.len; i++) {
        text[i] = got.data[i] != 0 ? (char)got.data[i] : '|';
    }
    text[got.len] = 0;
    expect(strcmp(text, words) == 0, "expected <%s>, got <%s>", words, text);
}

/* A oneshot that lacks nothing, with these lines from line 4 on. */
static void parse_oneshot(struct parsed *p, const char *name, const char *lines)
{
    char text[4096];

    (void)snprintf(text, sizeof(text), "[Service]\nType=oneshot\nExecStopPost=/bin/true\n%s\n",
                   lines);
    parse_as(p, name, text);
}

struct row {
    const char *line;
    unsigned bits;
    const char *words;
};

static void test_words_and_prefixes(void **state)
{
    static const struct row rows[] = {
        {"/bin/a", 0, "/bin/a|"},
        {"a b c", 0, "a|b|c|"},
        {"/bin/a \"b c\" 'd' \\x41 \"\"", 0, "/bin/a|b c|d|A||"},
        {"\"/bin/a b\" c", 0, "/bin/a b|c|"},
        {"-/bin/a", RUN_IGNORE, "/bin/a|"},
        {"@/bin/a b c", RUN_ARGV0, "/bin/a|b|c|"},
        {":/bin/a $B", RUN_NO_EXPAND, "/bin/a|$B|"},
        {"+/bin/a", RUN_PRIVILEGED, "/bin/a|"},
        {"!!/bin/a", 0, "/bin/a|"},
        {"-!!:@/bin/a b", RUN_IGNORE | RUN_NO_EXPAND | RUN_ARGV0, "/bin/a|b|"},
        {"+-/bin/a", RUN_PRIVILEGED | RUN_IGNORE, "/bin/a|"},
        {":-+@/bin/a b", RUN_PRIVILEGED | RUN_IGNORE | RUN_NO_EXPAND | RUN_ARGV0, "/bin/a|b|"},
        {"\"-/bin/a\"", RUN_IGNORE, "/bin/a|"},
        {"/bin/a ${B} $C $$ %% %n %i", 0, "/bin/a|${B}|$C|$$|%|x@web-1.service|web-1|"},
        {"/bin/%p \"%I b\"", 0, "/bin/x|web/1 b|"},
        {"/bin/a ;b c; \\;d", 0, "/bin/a|;b|c;|\\;d|"},
        {"/bin/a \\; b", 0, "/bin/a|;|b|"},
        {"/bin/a \";\" ';'", 0, "/bin/a|;|;|"},
        {"/bin/a ;", 0, "/bin/a|"},
        {"; ; /bin/a", 0, "/bin/a|"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct parsed p;
        char line[256];

        (void)snprintf(line, sizeof(line), "ExecStart=%s", rows[i].line);
        parse_oneshot(&p, "x@web-1.service", line);
        assert_false(p.u.broken);
        assert_int_equal(p.u.conf.commands[RUN_START], 1);
        expect_command(&p, RUN_START, 0, rows[i].bits, rows[i].words);
        parsed_finish(&p);
    }
}

static void test_an_exclamation_mark_is_approximated(void **state)
{
    struct parsed p;

    (void)state;
    parse_oneshot(&p, "x.service", "ExecStart=!/bin/a");
    expect_command(&p, RUN_START, 0, RUN_PRIVILEGED, "/bin/a|");
    assert_int_equal(expect_said(&p, 4, VERDICT_APPROXIMATED, "capabilities")->column, 11);
    parsed_finish(&p);
}

static void test_several_commands_in_a_line(void **state)
{
    struct parsed p;

    (void)state;
    parse_oneshot(&p, "x.service", "ExecStart=/a b ; -/c ; @/d e ;\nExecStart=/f");
    expect_all_honoured(&p);
    assert_int_equal(p.u.conf.commands[RUN_START], 4);
    expect_command(&p, RUN_START, 0, 0, "/a|b|");
    expect_command(&p, RUN_START, 1, RUN_IGNORE, "/c|");
    expect_command(&p, RUN_START, 2, RUN_ARGV0, "/d|e|");
    expect_command(&p, RUN_START, 3, 0, "/f|");
    parsed_finish(&p);
}

static void test_every_kind_has_its_list_and_its_reset(void **state)
{
    (void)state;
    for (unsigned run = 0; run < SERVICE_RUN_COUNT; run++) {
        const char *name = service_run_name(run);
        struct parsed p;
        char text[256];

        (void)snprintf(text, sizeof(text), "[Service]\nType=oneshot\n%s=/a\n%s=/b ; /c\n", name,
                       name);
        parsed_init(&p, "x.service");
        parsed_read(&p, text);
        assert_int_equal(p.u.conf.commands[run], 3);
        (void)snprintf(text, sizeof(text), "[Service]\n%s=\n%s=/d\nExecStart=/e\n", name, name);
        parsed_read(&p, text); // a drop-in
        assert_int_equal(unit_finish(&p.u), 0);
        assert_int_equal(p.u.conf.commands[run], run == RUN_START ? 2 : 1);
        expect_command(&p, run, 0, 0, "/d|");
        expect_all_honoured(&p);
        parsed_finish(&p);
    }
}

struct bad_row {
    const char *line;
    unsigned column; // of the value's first byte 11
    const char *text;
};

static void test_what_is_wrong_is_fatal(void **state)
{
    static const struct bad_row rows[] = {
        {"/bin/a \"b", 18, "not closed"}, {"\"/bin/a", 11, "not closed"},
        {"bin/a", 11, "absolute"},        {"./a", 11, "absolute"},
        {"/bin/", 11, "absolute"},        {"\"\" a", 11, "no program"},
        {"@/bin/a", 11, "argv[0]"},       {"@/bin/a ; /b", 11, "argv[0]"},
        {"++/bin/a", 11, "absolute"},     {"!!!/bin/a", 11, "absolute"},
        {"+!/bin/a", 11, "absolute"},     {"/bin/a b %Z", 20, "specifier"},
        {"/bin/%Z", 11, "specifier"},     {"/bin/a ; bin/b", 20, "absolute"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct parsed p;
        const struct said *s;
        char line[256];

        (void)snprintf(line, sizeof(line), "ExecStart=%s", rows[i].line);
        parse_oneshot(&p, "x.service", line);
        s = expect_said(&p, 4, VERDICT_REFUSED, rows[i].text);
        expect(s->column == rows[i].column && s->fatal, "<%s>: got column %u, fatal %d",
               rows[i].line, s->column, s->fatal);
        assert_true(p.u.broken);
        parsed_finish(&p);
    }
}

static void test_with_a_dash_the_line_is_passed_over(void **state)
{
    static const char *const lines[] = {"-bin/a", "-/bin/a \"b", "-@/bin/a", "-/bin/a %Z", "-"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct parsed p;
        char line[256];

        (void)snprintf(line, sizeof(line), "ExecStart=/a\nExecStart=%s", lines[i]);
        parse_oneshot(&p, "x.service", line);
        assert_false(expect_said(&p, 5, VERDICT_REFUSED, "")->fatal);
        assert_false(p.u.broken);
        assert_int_equal(p.u.conf.commands[RUN_START], 1);
        parsed_finish(&p);
    }
}

static void test_an_unknown_escape_stays_and_is_told(void **state)
{
    struct parsed p;

    (void)state;
    parse_oneshot(&p, "x.service", "ExecStart=/bin/a b\\q \\\\");
    assert_false(p.u.broken);
    assert_int_equal(expect_said(&p, 4, VERDICT_APPROXIMATED, "escape")->column, 19);
    expect_command(&p, RUN_START, 0, 0, "/bin/a|b\\q|\\|");
    parsed_finish(&p);
}

static void test_columns_in_a_line_that_goes_on(void **state)
{
    struct parsed p;
    const struct said *s;

    (void)state;
    parse_oneshot(&p, "x.service", "ExecStart=/bin/a \\\n# comment\n  b \\\n \"c");
    s = expect_said(&p, 7, VERDICT_REFUSED, "not closed");
    assert_int_equal(s->column, 2);
    parsed_finish(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_and_prefixes),
        cmocka_unit_test(test_an_exclamation_mark_is_approximated),
        cmocka_unit_test(test_several_commands_in_a_line),
        cmocka_unit_test(test_every_kind_has_its_list_and_its_reset),
        cmocka_unit_test(test_what_is_wrong_is_fatal),
        cmocka_unit_test(test_with_a_dash_the_line_is_passed_over),
        cmocka_unit_test(test_an_unknown_escape_stays_and_is_told),
        cmocka_unit_test(test_columns_in_a_line_that_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
