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
    SET_REFUSED, /* arg: enum directive_note */
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
    X(TERMINAL, "not built yet: services have no terminal") \
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
    X(OTHER, "not built yet: it has no effect")

enum directive_note {
#define X(name, text) NOTE_##name,
    DIRECTIVE_NOTES(X)
#undef X
        DIRECTIVE_NOTE_COUNT
};

struct directive {
    uint8_t sections; // enum directive_section
    uint8_t set;      // enum directive_set
    uint16_t arg;
};

/* The directive of this key, in whatever section; NULL where no systemd knows it. */
const struct directive *directive_find(struct slice key);

const char *directive_note(unsigned note);

/* For tables and tests: the nth key in the order of the table, NULL behind the last. */
const char *directive_name(unsigned n);

#endif
