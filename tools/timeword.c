/* SPDX-License-Identifier: MIT */
/* Points in time as people write them. */
#include "timeword.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#define SECONDS_MAX \
    INT64_C(100000000000) /* the year 5138; a thousand times as many ms fit, and a day's of them */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The number at *at, which moves behind it. -1: none, or too large. */
static int64_t take_number(const char **at)
{
    int64_t n = 0;

    if (!is_digit(**at)) {
        return -1;
    }
    for (; is_digit(**at); (*at)++) {
        n = n * 10 + (**at - '0');
        if (n > SECONDS_MAX) {
            return -1;
        }
    }
    return n;
}

/* ".5" in ms; 0 where there is none. -1: a point without digits. */
static int64_t take_fraction(const char **at)
{
    int64_t ms = 0;
    int64_t unit = 100;

    if (**at != '.') {
        return 0;
    }
    (*at)++;
    if (!is_digit(**at)) {
        return -1;
    }
    for (; is_digit(**at); (*at)++) {
        ms += (**at - '0') * unit;
        unit /= 10;
    }
    return ms;
}

/* Exactly so many digits, a number from least to most, and what follows it. -1: it is not so. */
static int take_field(const char **at, int digits, int least, int most, char end)
{
    int n = 0;

    for (int i = 0; i < digits; i++) {
        if (!is_digit(**at)) {
            return -1;
        }
        n = n * 10 + (*(*at)++ - '0');
    }
    if (n < least || n > most || (end != 0 && **at != end)) {
        return -1;
    }
    *at += end != 0;
    return n;
}

/* "Z", "+02:00": minutes. False where it is none, or something follows. */
static bool take_offset(const char *at, int *ret_minutes)
{
    int sign = *at == '-' ? -1 : 1;
    int hours;
    int minutes;

    *ret_minutes = 0;
    if ((*at == 'Z' || *at == 'z') && at[1] == 0) {
        return true;
    }
    if (*at != '+' && *at != '-') {
        return false;
    }
    at++;
    hours = take_field(&at, 2, 0, 23, ':');
    minutes = hours < 0 ? -1 : take_field(&at, 2, 0, 59, 0);
    *ret_minutes = sign * (hours * 60 + minutes);
    return minutes >= 0 && *at == 0;
}

static msec_t parse_date(const char *word)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct tm tm = {0};
    const char *at = word;
    bool leap;
    int64_t ms;
    int offset;

    tm.tm_year = take_field(&at, 4, 1970, 9999, '-');
    leap = (tm.tm_year % 4 == 0 && tm.tm_year % 100 != 0) || tm.tm_year % 400 == 0;
    tm.tm_mon = tm.tm_year < 0 ? -1 : take_field(&at, 2, 1, 12, '-') - 1;
    if (tm.tm_mon < 0) {
        return -EINVAL;
    }
    tm.tm_mday = take_field(&at, 2, 1, days[tm.tm_mon] + (leap && tm.tm_mon == 1), 0);
    if (tm.tm_mday < 0 || (*at != 'T' && *at != 't' && *at != ' ')) {
        return -EINVAL;
    }
    at++;
    tm.tm_hour = take_field(&at, 2, 0, 23, ':');
    tm.tm_min = tm.tm_hour < 0 ? -1 : take_field(&at, 2, 0, 59, ':');
    tm.tm_sec = tm.tm_min < 0 ? -1 : take_field(&at, 2, 0, 60, 0); // a leap second
    ms = tm.tm_sec < 0 ? -1 : take_fraction(&at);
    if (ms < 0 || !take_offset(at, &offset)) {
        return -EINVAL;
    }
    tm.tm_year -= 1900;
    return ((msec_t)timegm(&tm) - (msec_t)offset * 60) * 1000 + ms;
}

/* Midnight of the day that now is in, in local time. */
static msec_t midnight(msec_t now)
{
    time_t seconds = (time_t)(now / 1000);
    struct tm tm;

    if (localtime_r(&seconds, &tm) == NULL) {
        return -EINVAL;
    }
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_isdst = -1; // the clocks may have changed since
    return (msec_t)mktime(&tm) * 1000;
}

/* ms of "h", or "h ago"; -1: it is no unit. */
static msec_t unit_of(const char *word)
{
    static const struct {
        const char *word;
        msec_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t len = strlen(units[i].word);

        if (strncmp(word, units[i].word, len) == 0 &&
            (word[len] == 0 || strcmp(word + len, " ago") == 0)) {
            return units[i].ms;
        }
    }
    return -1;
}

msec_t timeword_parse(const char *word, msec_t now)
{
    const char *at = word;
    int64_t n;
    msec_t unit;

    if (word[0] == '@') {
        int64_t ms;

        at++;
        n = take_number(&at);
        ms = n < 0 ? -1 : take_fraction(&at);
        return ms < 0 || *at != 0 ? -EINVAL : n * 1000 + ms;
    }
    if (strcmp(word, "today") == 0) {
        return midnight(now);
    }
    n = take_number(&at);
    if (n >= 0 && *at == '-') {
        return parse_date(word);
    }
    unit = n < 0 ? -1 : unit_of(at);
    if (unit <= 0) {
        return -EINVAL;
    }
    return n > now / unit ? 0 : now - n * unit;
}
