/* SPDX-License-Identifier: MIT */
/* Memory: taking some without a heap, giving back what only the start needed. */
#include "sys/mem.h"

#include <stdint.h>
#include <sys/mman.h>

#define PAGE 4096
#define RED_ZONE 256      /* bytes below the frame that a leaf function may use; 128 by the ABI */
#define DEPTH (64 * 1024) /* as deep as a boot goes, and more */

void *mem_map(size_t len)
{
    void *p =
        mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    // cppcheck-suppress memleak
    return p == MAP_FAILED ? NULL : p;
}

void *mem_shared(size_t len)
{
    void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    // cppcheck-suppress memleak
    return p == MAP_FAILED ? NULL : p;
}

__attribute__((noinline)) void mem_trim_stack(void)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    uintptr_t end = (frame - RED_ZONE) & ~(uintptr_t)(PAGE - 1);

    // The stack has grown less deep than that: ENOMEM for the hole, and done for the rest.
    (void)madvise((void *)(end - DEPTH), DEPTH, MADV_DONTNEED);
}
