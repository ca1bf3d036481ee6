/* SPDX-License-Identifier: MIT */
/* What people are told of services: states, results, jobs and how a process ended, in words. */
#ifndef TOOLS_WORDS_H
#define TOOLS_WORDS_H

#include <stddef.h>
#include <stdint.h>

/* "up", "starting", …; "unknown" for a number that this build does not know. */
const char *words_state(uint64_t state);
/* "start-pre", "back-off", …: the exact one. */
const char *words_exact_state(uint64_t state);
/* What an exact state means, in one clause: "an ExecStartPre= command runs". */
const char *words_state_meaning(uint64_t state);

/* "exit-code", …: systemd's names. */
const char *words_result(uint64_t result);
const char *words_result_meaning(uint64_t result);

/* "start", …, and how one ended: "done", "dependency", … */
const char *words_job(uint64_t kind);
const char *words_job_result(uint64_t result);

#define WORDS_ENDING 96 /* bytes of the longest text of an end, with its zero */

/*
 * How a process ended, of its wait status: "exit code 1", "exit code 203 (could not be executed)",
 * "killed by SIGSEGV (core dumped)". Codes from 200 on are systemd's (systemd.exec(5)), for services.
 */
const char *words_ending(int wait_status, char buf[WORDS_ENDING]);

/* The same for a column: "0", "203", "SIGSEGV". */
const char *words_ending_short(int wait_status, char buf[WORDS_ENDING]);

/* What systemd and porthole mean by an exit code of a service; NULL where it is the program's own. */
const char *words_exit_code(int code);

#define WORDS_TIME 40

/* Wall clock in ms since 1970: "2026-01-31T12:00:00.123Z" for programs, local time for people. */
const char *words_time_utc(int64_t ms, char buf[WORDS_TIME]);
const char *words_time_local(int64_t ms, char buf[WORDS_TIME]);

#endif
