/* SPDX-License-Identifier: MIT */
/* Tables for people: columns as wide as they need to be, and figures in human units. */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table {
    size_t columns;
    size_t rows;
    char **cell; // owned, row by row
};

/* The heading is the first row; NULL ends the list. */
void table_init(struct table *t, const char *const *heading);

/* One row: as many strings as there are columns. Unsafe bytes are escaped. 0 or -ENOMEM. */
int table_add(struct table *t, const char *const *cells);

/* To stdout. Returns the exit code: 0, or 1 where stdout is gone. */
int table_print(const struct table *t);
void table_finish(struct table *t);

/* "5s", "2m 05s", "3h 12m", "4d 01h" into buf. Returns buf. */
const char *table_duration(uint64_t ms, char *buf, size_t cap);

/* "812 KiB", "1.4 MiB" into buf. Returns buf. */
const char *table_bytes(uint64_t bytes, char *buf, size_t cap);

#endif
