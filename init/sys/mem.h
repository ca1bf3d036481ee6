/* SPDX-License-Identifier: MIT */
/* Memory: taking some without a heap, giving back what only the start needed. */
#ifndef SYS_MEM_H
#define SYS_MEM_H

#include <stddef.h>

/* Memory without a heap: zeroed, touched only where it is used; munmap(2) gives it back. NULL, errno. */
void *mem_map(size_t len);

/* The same, shared with children: what one writes all see. */
void *mem_shared(size_t len);

/*
 * Drops the pages of the stack below the caller's frame: a boot's deep calls dirtied them, a loop's
 * shallow ones never touch them again. Safe at any time: below the frame (and the red zone) lies
 * nothing that is alive.
 */
void mem_trim_stack(void);

#endif
