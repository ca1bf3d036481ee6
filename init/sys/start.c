/* SPDX-License-Identifier: MIT */
/*
 * Where both programs begin, before the C library's _start: they apply the packed relative relocations themselves (RELR:
 * gABI, "Relative Relocation Table"), as musl does only from 1.2.4 on. These take a word for up to 64 of them, where RELA
 * takes three for each: 4 of porthole-init's 200 KiB. In plain .text, which the linker puts beside _start.
 */
#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>

#ifndef DT_RELR
#define DT_RELRSZ 35
#define DT_RELR 36
#endif
#define WORD_BITS (8 * sizeof(uintptr_t))

#if defined(__x86_64__)
__asm__(
    ".text\n"
    ".globl porthole_start\n"
    ".type porthole_start,@function\n"
    "porthole_start:\n"
    "\torl $0, _DYNAMIC(%rip)\n" // changes nothing, but its page is ours then: it is read, and later written to
    "\tleaq _DYNAMIC(%rip), %rdi\n"
    "\tleaq __ehdr_start(%rip), %rsi\n"
    "\tcall start_relocate\n" // the stack is aligned to 16, as the kernel gives it
    "\tjmp _start\n"
    ".size porthole_start, . - porthole_start\n");
#elif defined(__aarch64__)
__asm__(".text\n"
        ".globl porthole_start\n"
        ".type porthole_start,%function\n"
        "porthole_start:\n"
        "\tadrp x0, _DYNAMIC\n"
        "\tadd x0, x0, :lo12:_DYNAMIC\n"
        "\tadrp x1, __ehdr_start\n"
        "\tadd x1, x1, :lo12:__ehdr_start\n"
        "\tbl start_relocate\n"
        "\tb _start\n"
        ".size porthole_start, . - porthole_start\n");
#endif

/* A word is an address to relocate, or (lowest bit) says which of the 63 words behind the last one are. */
static inline void apply(const uintptr_t *word, const uintptr_t *end, uintptr_t base)
{
    uintptr_t *where = (uintptr_t *)base;

    for (; word < end; word++) {
        if ((*word & 1) == 0) {
            where = (uintptr_t *)(base + *word);
            *where++ += base;
            continue;
        }
        for (size_t i = 0; i < WORD_BITS - 1; i++) {
            if ((*word >> (i + 1) & 1) != 0) {
                where[i] += base;
            }
        }
        where += WORD_BITS - 1;
    }
}

void start_relocate(ElfW(Dyn) * dynamic, uintptr_t base);

/* It uses nothing that is to be relocated, and no stack protector, whose canary is not there yet. */
__attribute__((used, noinline, no_stack_protector)) void start_relocate(ElfW(Dyn) * dynamic,
                                                                        uintptr_t base)
{
    const uintptr_t *table = NULL;
    size_t size = 0;

    for (ElfW(Dyn) *d = dynamic; d->d_tag != DT_NULL; d++) {
        if (d->d_tag == DT_RELR) {
            table = (const uintptr_t *)(base + d->d_un.d_ptr);
        } else if (d->d_tag == DT_RELRSZ) {
            size = d->d_un.d_val;
            d->d_un.d_val = 0; // a newer musl would do it once more
        }
    }
    apply(table, table + size / sizeof(*table), base);
}
