/* SPDX-License-Identifier: MIT */
/* One value of a directive. */
#include "core/value.h"

#include "core/signame.h"
#include "core/words.h"

#define PATH_BYTES 4096 /* with the closing zero: PATH_MAX */
#define NAME_BYTES 256  /* of one file name, likewise */

static bool digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void advance(struct slice *s, size_t n)
{
    s->data += n;
    s->len -= n;
}

static void skip_blanks(struct slice *s)
{
    while (s->len > 0 && words_blank(*s->data)) {
        advance(s, 1);
    }
}

static bool is_one_of(struct slice s, const char *words)
{
    for (; *words != 0; words += strlen(words) + 1) {
        if (slice_equals(s, words)) {
            return true;
        }
    }
    return false;
}

bool value_bool(struct slice s, bool *ret_b)
{
    uint8_t lower[5];

    if (s.len == 0 || s.len > sizeof(lower)) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        lower[i] = letter(s.data[i]) ? s.data[i] | 0x20 : s.data[i];
    }
    s.data = lower;
    if (is_one_of(s, "1\0yes\0y\0true\0t\0on\0")) {
        *ret_b = true;
        return true;
    }
    if (is_one_of(s, "0\0no\0n\0false\0f\0off\0")) {
        *ret_b = false;
        return true;
    }
    return false;
}

/* Takes the digits off s; false where there is none, or they are too many. */
static bool take_digits(struct slice *s, unsigned base, uint64_t *ret_v)
{
    struct slice from = *s;
    uint64_t v = 0;

    for (; s->len > 0; advance(s, 1)) {
        uint8_t c = *s->data;
        unsigned d = digit(c) ? c - '0' + 0u : letter(c) ? (c | 0x20) - 'a' + 10u : base;

        if (d >= base) {
            break;
        }
        if (v > (UINT64_MAX - d) / base) {
            return false;
        }
        v = v * base + d;
    }
    *ret_v = v;
    return s->len < from.len;
}

static unsigned take_base(struct slice *s)
{
    uint8_t c = s->len > 2 && *s->data == '0' ? s->data[1] | 0x20 : 0;
    unsigned base = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 0;

    if (base != 0) {
        advance(s, 2);
        return base;
    }
    return s->len > 1 && *s->data == '0' ? 8 : 10;
}

bool value_number(struct slice s, uint64_t *ret_v)
{
    uint64_t v;

    if (s.len > 0 && *s.data == '+') {
        advance(&s, 1);
    }
    if (!take_digits(&s, take_base(&s), &v) || s.len > 0) {
        return false;
    }
    *ret_v = v;
    return true;
}

/* A decimal number that may have a fraction, times what follows it: what times and sizes are sums of. */
struct quantity {
    uint64_t whole;
    struct slice fraction; // digits
};

static bool take_quantity(struct slice *s, struct quantity *ret_q)
{
    bool has_digits;

    if (s->len > 0 && *s->data == '+') {
        advance(s, 1);
    }
    has_digits = s->len > 0 && digit(*s->data);
    ret_q->whole = 0;
    ret_q->fraction = (struct slice){s->data, 0};
    if (has_digits && !take_digits(s, 10, &ret_q->whole)) {
        return false;
    }
    if (s->len > 0 && *s->data == '.') {
        advance(s, 1);
        ret_q->fraction.data = s->data;
        while (s->len > 0 && digit(*s->data)) {
            advance(s, 1);
            ret_q->fraction.len++;
        }
        return true;
    }
    return has_digits;
}

/* Adds it to *sum in units of `unit`, at most 2^60. False where that is too much. */
static bool add_quantity(const struct quantity *q, uint64_t unit, uint64_t *sum)
{
    uint64_t part = 0;
    uint64_t whole;

    for (size_t i = q->fraction.len; i-- > 0;) { // from its last digit, so that nothing is lost
        part = ((uint64_t)(q->fraction.data[i] - '0') * unit + part) / 10;
    }
    if (q->whole > (UINT64_MAX - 1) / unit) {
        return false;
    }
    whole = q->whole * unit;
    if (part > UINT64_MAX - 1 - whole || whole + part > UINT64_MAX - 1 - *sum) {
        return false;
    }
    *sum += whole + part;
    return true;
}

#define MINUTE (60 * VALUE_SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define MONTH (UINT64_C(2629800) * VALUE_SECOND) /* a twelfth of a year: systemd.time(7) */
#define YEAR (UINT64_C(31557600) * VALUE_SECOND) /* 365.25 days */

/* The first that fits holds, so a word stands before those that it begins with. */
static const struct {
    char name[8];
    uint64_t us;
} time_units[] = {
    {"seconds", VALUE_SECOND},
    {"second", VALUE_SECOND},
    {"sec", VALUE_SECOND},
    {"s", VALUE_SECOND},
    {"minutes", MINUTE},
    {"minute", MINUTE},
    {"min", MINUTE},
    {"months", MONTH},
    {"month", MONTH},
    {"M", MONTH},
    {"msec", 1000},
    {"ms", 1000},
    {"m", MINUTE},
    {"hours", HOUR},
    {"hour", HOUR},
    {"hr", HOUR},
    {"h", HOUR},
    {"days", DAY},
    {"day", DAY},
    {"d", DAY},
    {"weeks", 7 * DAY},
    {"week", 7 * DAY},
    {"w", 7 * DAY},
    {"years", YEAR},
    {"year", YEAR},
    {"y", YEAR},
    {"usec", 1},
    {"us", 1},
    {"\xc2\xb5s", 1},
    {"\xce\xbcs", 1},
};

static uint64_t take_time_unit(struct slice *s, uint64_t unit)
{
    for (size_t i = 0; i < sizeof(time_units) / sizeof(time_units[0]); i++) {
        size_t len = strlen(time_units[i].name);

        if (s->len >= len && memcmp(s->data, time_units[i].name, len) == 0) {
            advance(s, len);
            return time_units[i].us;
        }
    }
    return unit;
}

bool value_time(struct slice s, uint64_t unit, uint64_t *ret_us)
{
    uint64_t sum = 0;

    s = words_strip(s);
    if (slice_equals(s, "infinity")) {
        *ret_us = VALUE_FOREVER;
        return true;
    }
    if (s.len == 0) {
        return false;
    }
    while (s.len > 0) {
        struct quantity q;
        size_t left;

        if (!take_quantity(&s, &q)) {
            return false;
        }
        left = s.len;
        skip_blanks(&s);
        if (!add_quantity(&q, take_time_unit(&s, unit), &sum) || (s.len == left && left > 0)) {
            return false; // "12.34.56"
        }
        skip_blanks(&s);
    }
    *ret_us = sum;
    return true;
}

bool value_size(struct slice s, uint64_t *ret_bytes)
{
    static const char suffixes[] = "EPTGMKB";
    size_t next = 0; // they stand in falling order
    uint64_t sum = 0;

    s = words_strip(s);
    if (s.len == 0) {
        return false;
    }
    while (s.len > 0) {
        struct quantity q;
        const char *at;
        size_t which = sizeof(suffixes) - 2; // bytes

        if (!take_quantity(&s, &q)) {
            return false;
        }
        skip_blanks(&s);
        at = s.len > 0 && *s.data != 0 ? strchr(suffixes, *s.data) : NULL;
        if (at != NULL) {
            which = (size_t)(at - suffixes);
            advance(&s, 1);
        }
        if (which < next || !add_quantity(&q, UINT64_C(1) << 10 * (6 - which), &sum)) {
            return false;
        }
        next = which + 1;
        skip_blanks(&s);
    }
    *ret_bytes = sum;
    return true;
}

bool value_mode(struct slice s, uint32_t *ret_mode)
{
    uint64_t v;

    if (!take_digits(&s, 8, &v) || s.len > 0 || v > 07777) {
        return false;
    }
    *ret_mode = (uint32_t)v;
    return true;
}

int value_signal(struct slice s)
{
    char word[24];
    int n;

    if (s.len > 0 && *s.data >= 'a' && *s.data <= 'z') {
        return 0; // signame_parse() takes small letters too, systemd does not
    }
    n = slice_to_string(s, word, sizeof(word)) == 0 ? signame_parse(word) : 0;
    return n > 0 ? n : 0;
}

/* Length of the well-formed character at the beginning of s, or 0. */
static size_t character(struct slice s)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = *s.data;
    size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t c;

    if (n == 1) {
        return 1;
    }
    if (first < 0xc2 || first > 0xf4 || s.len < n) {
        return 0;
    }
    c = first & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((s.data[i] & 0xc0) != 0x80) {
            return 0;
        }
        c = c << 6 | (s.data[i] & 0x3fu);
    }
    return c < least[n] || c > 0x10ffff || (c & 0xfffff800) == 0xd800 ? 0 : n;
}

bool value_utf8(struct slice s)
{
    while (s.len > 0) {
        size_t n = character(s);

        if (n == 0) {
            return false;
        }
        advance(&s, n);
    }
    return true;
}

/* No control characters, but those in `but`. */
static bool is_safe(struct slice s, const char *but)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.data[i];

        if ((c < ' ' || c == 0x7f) && (c == 0 || strchr(but, c) == NULL)) {
            return false;
        }
    }
    return true;
}

bool value_env_name(struct slice s)
{
    if (s.len == 0 || digit(*s.data)) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (!digit(s.data[i]) && !letter(s.data[i]) && s.data[i] != '_') {
            return false;
        }
    }
    return true;
}

bool value_env(struct slice s)
{
    const uint8_t *equals = s.len > 0 ? memchr(s.data, '=', s.len) : NULL;

    return equals != NULL && value_env_name((struct slice){s.data, (size_t)(equals - s.data)}) &&
           is_safe(s, "\t\n") && value_utf8(s);
}

bool value_user(struct slice s)
{
    struct slice digits = s;
    uint32_t id;

    if (s.len == 0 || s.len >= NAME_BYTES || memchr(s.data, ':', s.len) != NULL ||
        memchr(s.data, '/', s.len) != NULL || !is_safe(s, "") || !value_utf8(s) ||
        is_one_of(s, ".\0..\0")) {
        return false;
    }
    if (*digits.data == '-' && digits.len > 1) {
        advance(&digits, 1);
    }
    while (digits.len > 0 && digit(*digits.data)) {
        advance(&digits, 1);
    }
    if (digits.len > 0) {
        return true;
    }
    return slice_number(s, &id) && (*s.data != '0' || s.len == 1) && id != UINT16_MAX &&
           id != UINT32_MAX;
}

bool value_path(struct slice s)
{
    return s.len > 0 && s.len < PATH_BYTES && *s.data == '/' && is_safe(s, "");
}

bool value_program(struct slice s)
{
    if (s.len == 0 || s.data[s.len - 1] == '/') {
        return false;
    }
    return value_path(s) || (s.len < NAME_BYTES && memchr(s.data, '/', s.len) == NULL &&
                             is_safe(s, "") && !is_one_of(s, ".\0..\0"));
}
