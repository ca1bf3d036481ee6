/* SPDX-License-Identifier: MIT */
/* Fuzzes environment files: every call takes bytes and returns an assignment that has a name and fits. */
#include "core/envfile.h"
#include "fuzz.h"

#include <errno.h>
#include <string.h>

static void check_assignment(const char *buf, size_t len)
{
    size_t name = strcspn(buf, "=");

    must(memchr(buf, 0, len) == NULL && buf[len] == 0, "the only zero is behind it");
    must(name > 0 && name < len, "it has a name");
    must(strspn(buf, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") == name &&
             !(buf[0] >= '0' && buf[0] <= '9'),
         "the name can be one");
}

/* What is quoted for a shell is read back as it was. */
static void check_quoted(const char *buf, size_t len)
{
    char *text = malloc(2 * len + 8);
    char *again = malloc(len + 1);
    size_t name = strcspn(buf, "=") + 1;
    size_t n = name;
    struct slice rest;

    must(text != NULL && again != NULL, "there is memory");
    memcpy(text, buf, name);
    text[n++] = '"';
    for (size_t i = name; i < len; i++) {
        if (strchr("\"\\`$", buf[i]) != NULL) {
            text[n++] = '\\';
        }
        text[n++] = buf[i];
    }
    text[n++] = '"';
    rest = (struct slice){(const uint8_t *)text, n};
    must(envfile_next(&rest, again, len + 1, NULL) == (long)len && memcmp(buf, again, len + 1) == 0,
         "a quoted value is the value");
    must(envfile_next(&rest, again, len + 1, NULL) == 0, "nothing comes after it");
    free(text);
    free(again);
}

/* Returns how many assignments there are, also counting those that do not fit. */
static size_t check_file(struct slice text, size_t cap)
{
    struct slice rest = text;
    char *buf = malloc(cap > 0 ? cap : 1);
    size_t count = 0;
    size_t left = rest.len;
    long len;

    must(buf != NULL, "there is memory");
    while ((len = envfile_next(&rest, buf, cap, NULL)) != 0) {
        must(lies_within(rest, text) && rest.len < left, "every call takes bytes off the text");
        left = rest.len;
        count++;
        must(len == -ENAMETOOLONG || (len > 0 && (size_t)len < cap), "it fits, or this is said");
        if (len > 0) {
            check_assignment(buf, (size_t)len);
            check_quoted(buf, (size_t)len);
        }
    }
    must(rest.len == 0, "all of the text was read");
    free(buf);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {data, size};
    size_t count = check_file(input, size + 2);

    must(check_file(input, 8) == count, "what does not fit is taken all the same");
    must(check_file(input, 0) == count, "what does not fit is taken all the same");
    return 0;
}
