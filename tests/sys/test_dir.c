/* SPDX-License-Identifier: MIT */
/* Reading a directory without a heap: every name once, however many there are. */
#include "sys/dir.h"

#include "child.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANY 500 /* far more than one buffer holds */

static void test_every_name_once(void **state)
{
    char folder[] = "/tmp/porthole-dir-XXXXXX";
    char seen[MANY] = {0};
    struct dir_reader dir;
    const char *name;
    int fd;
    int count = 0;

    (void)state;
    assert_non_null(mkdtemp(folder));
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (int i = 0; i < MANY; i++) {
        char file[32];

        (void)snprintf(file, sizeof(file), "%d", i);
        assert_int_equal(mkdirat(fd, file, 0700), 0);
    }
    dir_start(&dir, fd);
    while ((name = dir_next(&dir)) != NULL) {
        long n = strtol(name, NULL, 10);

        assert_true(n >= 0 && n < MANY);
        assert_int_equal(seen[n], 0);
        seen[n] = 1;
        count++;
    }
    assert_int_equal(dir.error, 0);
    assert_int_equal(count, MANY);
    for (int i = 0; i < MANY; i++) {
        char file[32];

        (void)snprintf(file, sizeof(file), "%d", i);
        assert_int_equal(unlinkat(fd, file, AT_REMOVEDIR), 0);
    }
    (void)close(fd);
    assert_int_equal(rmdir(folder), 0);
}

static void test_what_is_no_directory_is_an_error(void **state)
{
    struct dir_reader dir;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)state;
    dir_start(&dir, fd);
    assert_null(dir_next(&dir));
    assert_true(dir.error < 0);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_name_once),
        cmocka_unit_test(test_what_is_no_directory_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
