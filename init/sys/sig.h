/* SPDX-License-Identifier: MIT */
/* Signals: what the caller had, blocking all, a descriptor to read them from, giving them back. */
#ifndef SYS_SIG_H
#define SYS_SIG_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What a program started with, to be handed on to the command it starts. Ignored signals need no
 * note: a disposition that nobody touches passes through fork and exec, and a blocked signal is
 * queued even where it is ignored.
 */
struct sig_inherited {
    uint64_t mask;    // blocked signals, bit n - 1 for signal n, as the kernel has it
    uint64_t ignored; // of the few whose disposition we change
};

/*
 * Remembers the mask, blocks every signal, and sets SIGCHLD to its default: where it was inherited
 * as ignored the kernel reaps children unseen and waitpid(2) says ECHILD.
 */
void sig_take_over(struct sig_inherited *ret_inherited);

/*
 * Has the signals of a crash (ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS) handled: a namespace's init would
 * survive their default action and fault for ever. sent: the signal came from a process (kill(2)),
 * not from a fault of ours. The handler may use async-signal-safe calls only: signal-safety(7).
 */
void sig_catch_crashes(struct sig_inherited *inherited, void (*handler)(int number, bool sent));

/* Blocks everything again: who is about to say why it ends must not be ended before. */
void sig_block(void);

/* In a child, last before exec: dispositions and mask as inherited. */
void sig_give_back(const struct sig_inherited *inherited);

/*
 * For a launched container, once: every disposition default, and nothing blocked in what is given
 * back. What the launcher's caller ignored (nohup) is no business of the container's.
 */
void sig_reset(struct sig_inherited *inherited);

/*
 * For PID 1 with services, once: every disposition default, those that were ignored noted, for sig_give_back() to
 * COMMAND. Services inherit none of them.
 */
void sig_set_aside(struct sig_inherited *inherited);

/*
 * Takes one signal, waiting so many ms for it (-1: for ever). Its number, or 0 where none came. What is handled
 * (sig_catch_crashes()) is not taken. rt_sigtimedwait(2): one system call, where a descriptor takes two.
 */
int sig_wait(int64_t ms);

/* Takes one of these away that waits for this process, if there is one: nobody sees it. */
void sig_forget(int number);

/* signalfd(2) for all signals, CLOEXEC and NONBLOCK. Descriptor or -errno. */
int sig_open(void);

/*
 * Takes signals off the descriptor. Returns how many, fewer than SIG_BATCH where no more were waiting, or
 * -errno.
 */
#define SIG_BATCH 4
int sig_read(int fd, int ret_numbers[SIG_BATCH]);

#endif
