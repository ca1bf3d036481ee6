/* SPDX-License-Identifier: MIT */
/* Tables for people. */
#include "table.h"

#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_init(struct table *t, const char *const *heading)
{
    *t = (struct table){0};
    while (heading[t->columns] != NULL) {
        t->columns++;
    }
    (void)table_add(t, heading);
}

int table_add(struct table *t, const char *const *cells)
{
    char **grown = realloc(t->cell, (t->rows + 1) * t->columns * sizeof(*grown));

    if (grown == NULL) {
        return -ENOMEM;
    }
    t->cell = grown;
    for (size_t i = 0; i < t->columns; i++) {
        size_t len = strlen(cells[i]);
        size_t cap = 4 * len + 8;
        char *safe = malloc(cap);

        if (safe == NULL) {
            while (i > 0) {
                free(t->cell[t->rows * t->columns + --i]);
            }
            return -ENOMEM;
        }
        (void)report_escape(safe, cap, cells[i], len);
        t->cell[t->rows * t->columns + i] = safe;
    }
    t->rows++;
    return 0;
}

/* Characters, not bytes: continuation bytes of UTF-8 take no room. */
static int width(const char *s)
{
    int n = 0;

    for (; *s != 0; s++) {
        n += ((unsigned char)*s & 0xc0) != 0x80;
    }
    return n;
}

int table_print(const struct table *t)
{
    for (size_t row = 0; row < t->rows; row++) {
        for (size_t i = 0; i < t->columns; i++) {
            const char *cell = t->cell[row * t->columns + i];
            int most = 0;

            for (size_t k = 0; k < t->rows && i + 1 < t->columns; k++) {
                int w = width(t->cell[k * t->columns + i]);

                most = w > most ? w : most;
            }
            (void)fputs(cell, stdout);
            (void)printf("%*s", i + 1 < t->columns ? most - width(cell) + 2 : 0, "");
        }
        (void)putchar('\n');
    }
    return report_flush();
}

void table_finish(struct table *t)
{
    for (size_t i = 0; i < t->rows * t->columns; i++) {
        free(t->cell[i]);
    }
    free(t->cell);
    *t = (struct table){0};
}

const char *table_duration(uint64_t ms, char *buf, size_t cap)
{
    unsigned long long s = ms / 1000;

    if (s < 60) {
        (void)snprintf(buf, cap, "%llus", s);
    } else if (s < 3600) {
        (void)snprintf(buf, cap, "%llum %02llus", s / 60, s % 60);
    } else if (s < 86400) {
        (void)snprintf(buf, cap, "%lluh %02llum", s / 3600, s / 60 % 60);
    } else {
        (void)snprintf(buf, cap, "%llud %02lluh", s / 86400, s / 3600 % 24);
    }
    return buf;
}

const char *table_bytes(uint64_t bytes, char *buf, size_t cap)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double v = (double)bytes / 1024;
    size_t unit = 0;

    while (v >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        v /= 1024;
        unit++;
    }
    (void)snprintf(buf, cap, unit == 0 || v >= 100 ? "%.0f %s" : "%.1f %s", v, units[unit]);
    return buf;
}
