/* SPDX-License-Identifier: MIT */
/* Executing a program as a shell finds it. */
#ifndef GLUE_EXECUTE_H
#define GLUE_EXECUTE_H

/*
 * Becomes the program, with these arguments and `environ`: a path as it is, a name by PATH, a script without "#!" by
 * /bin/sh. argv[-1] must be there, and is overwritten, as is argv[0]. Returns only where that failed: -ENOENT,
 * -ELIBACC (what is missing is what its first line, or its program header, names), -ENOEXEC (a program, but not for
 * this machine), or -errno.
 */
int execute_program(char *program, char **argv);

#endif
