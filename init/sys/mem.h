/* SPDX-License-Identifier: MIT */
/* Giving memory back that only the start needed. */
#ifndef SYS_MEM_H
#define SYS_MEM_H

/*
 * Drops the pages of the stack below the caller's frame: a boot's deep calls dirtied them, a loop's
 * shallow ones never touch them again. Safe at any time: below the frame (and the red zone) lies
 * nothing that is alive.
 */
void mem_trim_stack(void);

#endif
