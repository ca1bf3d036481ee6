/* SPDX-License-Identifier: MIT */
/* A client's wait for a container that is just starting. */
#ifndef TOOLS_STARTING_H
#define TOOLS_STARTING_H

#include <stdbool.h>

#define STARTING_POLL_MS 5 /* ms between two looks; a boot takes about one */

/* Waits for so long. */
void starting_pause(void);

/*
 * True where the container in this folder is just starting: its launcher holds the lock, runtime.h. With
 * wait it has come up or failed by then, or taken too long: look again.
 */
bool starting_is(const char *path, bool wait);

/*
 * Waits for it as an observer, who may not look at the lock: until the socket is there, in a folder that
 * is open to us. False where there is no such folder.
 */
bool starting_await_observers(const char *path);

#endif
