/* SPDX-License-Identifier: MIT */
/*
 * Where both programs begin: one write before the C library's _start. That reads the dynamic section first
 * and then writes to the page it is in, to relocate the program: two page faults, of which the first is in
 * vain (2 of the 80 microseconds that a start and an end of a program take). In plain .text, which the
 * linker puts beside _start.
 */
#if defined(__x86_64__)
__asm__(".text\n"
        ".globl porthole_start\n"
        ".type porthole_start,@function\n"
        "porthole_start:\n"
        "\torl $0, _DYNAMIC(%rip)\n" // changes nothing, but the page is ours then
        "\tjmp _start\n"
        ".size porthole_start, . - porthole_start\n");
#else
__asm__(".text\n"
        ".globl porthole_start\n"
        ".type porthole_start,%function\n"
        "porthole_start:\n"
        "\tb _start\n"
        ".size porthole_start, . - porthole_start\n");
#endif
