/* SPDX-License-Identifier: MIT */
/* Environment files: EnvironmentFile= of systemd.exec(5). */
#ifndef CORE_ENVFILE_H
#define CORE_ENVFILE_H

#include "core/wire.h"

/*
 * Takes the next assignment off *text: "K=V" with quotes, escapes and continuations resolved, written to buf with a
 * closing zero. Lines that are none (comments, blank ones, an invalid name) are passed over, as systemd does.
 * Returns its length, 0 at the end, or -ENAMETOOLONG where it does not fit into cap (it is taken all the same).
 */
long envfile_next(struct slice *text, char *buf, size_t cap);

#endif
