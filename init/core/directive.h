/* SPDX-License-Identifier: MIT */
/* Every directive that systemd 252 knows in service units, and porthole's own: what becomes of each. */
#ifndef CORE_DIRECTIVE_H
#define CORE_DIRECTIVE_H

#include "core/wire.h"

#include <stdbool.h>

enum directive_section {
    SECTION_UNIT = 1 << 0,
    SECTION_SERVICE = 1 << 1,
    SECTION_INSTALL = 1 << 2,
    SECTION_PORTHOLE = 1 << 3,
};

/* What reads its value: unitset.c. */
enum directive_set {
    SET_IGNORED, /* arg: enum directive_note */
    SET_REFUSED, /* arg: enum directive_note, enum directive_idle: but a value that asks for nothing is ignored */
    SET_OTHER_DEPS, /* arg: enum directive_note; of targets alone it is ignored */
    SET_DESCRIPTION,
    SET_DEPS,    /* arg: enum unit_dep_kind */
    SET_INSTALL, /* arg: enum unit_dep_kind: WANTS, REQUIRES; DEP_KIND_COUNT: Alias= */
    SET_TYPE,
    SET_RESTART,
    SET_KILL_MODE,
    SET_KILL_SIGNAL,
    SET_FLAG, /* arg: enum service_flag */
    SET_RESTART_SEC,
    SET_LIMIT_INTERVAL,
    SET_LIMIT_BURST,
    SET_TIMEOUT, /* arg: 1 start, 2 stop, 3 both */
    SET_EXIT_STATUS,
    SET_RUN, /* arg: enum service_run */
    SET_ENV,
    SET_ENV_FILE,
    SET_PASS_ENV,
    SET_WORKDIR,
    SET_USER, /* arg: 0 user, 1 group */
    SET_GROUPS,
    SET_UMASK,
    SET_RLIMIT, /* arg: the resource */
    SET_CAPS,   /* arg: 0 bounding, 1 ambient */
    SET_NO_NEW_PRIVS,
    SET_INHERIT_ENV,
    SET_IGNORE_SIGPIPE,
    SET_STREAM, /* arg: 0 to 2 */
};

/* Why a directive does nothing here. */
#define DIRECTIVE_NOTES(X) \
    X(DOCUMENTATION, "for people") \
    X(ENABLING, "nothing is enabled or disabled here") \
    X(INSTANCE, "instances are started by name") \
    X(DEFAULT_DEPS, "there are no default dependencies here") \
    X(CONFINE, "not built yet: it is not enforced") \
    X(FILES, "not built yet: it is not enforced, the service sees the container's own files") \
    X(NETWORK, "not built yet: it is not enforced, the service has the container's network") \
    X(CONDITION, "not built yet: it is not checked, the service starts anyway") \
    X(DIRECTORY, "not built yet: no directory is made") \
    X(DEPENDENCY, "not built yet: it has no effect on other units, nor they on this one") \
    X(ACTION, "not built yet: nothing is done in that case") \
    X(RESOURCE, "not built yet: no such limit or weight is set") \
    X(ACCOUNTING, "not built yet: nothing is counted") \
    X(SCHEDULING, "not built yet: scheduling stays as the container's") \
    X(CREDENTIAL, "not built yet: no credential is passed") \
    X(TERMINAL, "services have no terminal here") \
    X(LOGGING, "not built yet: the log is the same for all services") \
    X(WATCHDOG, "not built yet: there is no watchdog") \
    X(NOTIFY, "not built yet: nobody listens for notifications") \
    X(FORKING, "not built yet: the main process is the one that was started") \
    X(EXEC_CONDITION, "not built yet: the command is not run, the service starts anyway") \
    X(EXIT_STATUS, "not built yet: restarts do not look at exit statuses one by one") \
    X(SIGNAL, "not built yet: no such signal is sent") \
    X(TIMEOUT, "not built yet: there is no such limit of time") \
    X(ENVIRONMENT, "not built yet: the environment stays as it is") \
    X(SOCKET, "not built yet: no socket is passed") \
    X(DBUS, "not built yet: there is no D-Bus") \
    X(LOGIN, "not built yet: there is no session or login record") \
    X(CGROUP, "not built yet: services have no cgroup of their choice") \
    X(MANUAL, "not built yet: requests to start and stop are not refused for it") \
    X(JOB, "not built yet: jobs have no such limit or mode") \
    X(PRIVILEGE, "not built yet: every command gets the same user and root") \
    X(IDENTIFIER, "lines in the log have the service's name") \
    X(LEVEL, "the log has no levels, and shows lines as they were written") \
    X(SLICE, "there are no slices here") \
    X(UTMP, "there are no login records here") \
    X(IDLE, "asks for nothing") \
    X(TARGETS, "targets are always fulfilled here, and never stop") \
    X(OTHER, "not built yet: it has no effect")

enum directive_note {
#define X(name, text) NOTE_##name,
    DIRECTIVE_NOTES(X)
#undef X
        DIRECTIVE_NOTE_COUNT
};

/* The value of a directive that asks for nothing, beside the empty one; NO and ZERO in any of their forms. */
#define DIRECTIVE_IDLE_WORDS(X) \
    X(NO, "no") \
    X(FALSE, "no") /* while the empty value asks for something */ \
    X(ZERO, "0") \
    X(INFINITY, "infinity") \
    X(NONE, "none") \
    X(DEFAULT, "default") \
    X(ALL, "all") \
    X(AUTO, "auto") \
    X(INHERIT, "inherit") \
    X(MAIN, "main") \
    X(CONTINUE, "continue") \
    X(OTHER, "other")

#define DIRECTIVE_IDLE_SHIFT 8 /* in directive.arg, above the note */
#define DIRECTIVE_NOTE_MASK ((1u << DIRECTIVE_IDLE_SHIFT) - 1)

enum directive_idle_number {
    IDLE_NOTHING, // the empty value alone
#define X(name, text) IDLE_##name,
    DIRECTIVE_IDLE_WORDS(X)
#undef X
};

enum directive_idle {
#define X(name, text) UNLESS_##name = IDLE_##name << DIRECTIVE_IDLE_SHIFT,
    DIRECTIVE_IDLE_WORDS(X)
#undef X
};

struct directive {
    uint8_t sections; // enum directive_section
    uint8_t set;      // enum directive_set
    uint16_t arg;
};

/* The directive of this key, in whatever section; NULL where no systemd knows it. */
const struct directive *directive_find(struct slice key);

/* The text of the note in arg. */
const char *directive_note(unsigned arg);

/* Of a SET_REFUSED's arg: the value that asks for nothing; NULL: the empty one alone. */
const char *directive_idle_word(unsigned arg);

/* For tables and tests: the nth key in the order of the table, NULL behind the last. */
const char *directive_name(unsigned n);

#endif
