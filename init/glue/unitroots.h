/* SPDX-License-Identifier: MIT */
/* Which units are loaded: those of the folders, those that were named, COMMAND, and what they need. */
#ifndef GLUE_UNITROOTS_H
#define GLUE_UNITROOTS_H

#include "glue/unitload.h"

struct loader_request;

/*
 * Loads them all: SERVICE_BOOT is on those that start with the container, SERVICE_MAIN on at most one; COMMAND is
 * the first. own_folders: how many of l->folders are --services. Ends the process where nothing can be started.
 */
void unitroots_load(struct unitload *l, const struct loader_request *request, uint32_t own_folders);

#endif
