/* SPDX-License-Identifier: MIT */
/* What people are told of services: states, results, jobs and how a process ended, in words. */
#ifndef TOOLS_WORDING_H
#define TOOLS_WORDING_H

#include <stddef.h>
#include <stdint.h>

/* "up", "starting", …; "unknown" for a number that this build does not know. */
const char *wording_state(uint64_t state);
/* "start-pre", "back-off", …: the exact one. */
const char *wording_exact_state(uint64_t state);
/* What an exact state means, in one clause: "an ExecStartPre= command runs". */
const char *wording_state_meaning(uint64_t state);

/* "exit-code", …: systemd's names. */
const char *wording_result(uint64_t result);
const char *wording_result_meaning(uint64_t result);

/* "start", …, and how one ended: "done", "dependency", … */
const char *wording_job(uint64_t kind);
const char *wording_job_result(uint64_t result);

#define WORDING_ENDING 96 /* bytes of the longest text of an end, with its zero */

/*
 * How a process ended, of its wait status: "exit code 1", "exit code 203 (could not be executed)",
 * "killed by SIGSEGV (core dumped)". Codes from 200 to 243 are systemd's (systemd.exec(5)), 244 is porthole-init's own, for services.
 */
const char *wording_ending(int wait_status, char buf[WORDING_ENDING]);

/* The same for a column: "0", "203", "SIGSEGV". */
const char *wording_ending_short(int wait_status, char buf[WORDING_ENDING]);

#define WORDING_COMMAND (WORDING_ENDING + 32)

/* "ExecStartPre", …, and how a command of that list ended: "ExecStartPre= ended with exit code 9". */
const char *wording_run(uint64_t run);
const char *wording_command(uint64_t run, int wait_status, char buf[WORDING_COMMAND]);

/* What systemd and porthole mean by an exit code of a service; NULL where it is the program's own. */
const char *wording_exit_code(int code);

#define WORDING_TIME 40

/* Wall clock in ms since 1970: "2026-01-31T12:00:00.123Z". */
const char *wording_time_utc(int64_t ms, char buf[WORDING_TIME]);

#endif
