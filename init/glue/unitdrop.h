/* SPDX-License-Identifier: MIT */
/* What lies beside a unit's file: drop-ins, and folders of links to what it wants and requires. */
#ifndef GLUE_UNITDROP_H
#define GLUE_UNITDROP_H

#include "glue/unitload.h"

/*
 * Reads *.conf of NAME.service.d in all folders, in the order of their names. Of two with the same name only the
 * first is read: a-b@i.service.d comes before a-b@.service.d, a-.service.d and service.d, and each in the order of
 * the folders. Files that cannot be read break the unit.
 */
void unitdrop_read(struct unitload *l, struct unit *u);

/* Adds what NAME.service.wants and NAME.service.requires name. */
void unitdrop_links(struct unitload *l, struct unit *u);

#endif
