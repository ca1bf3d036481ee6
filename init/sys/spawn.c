/* SPDX-License-Identifier: MIT */
/* Children that borrow their parent's memory until they execute something, and copies. */
#include "sys/spawn.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CODE_FAILED 125 /* of a child that returned against its contract */

/*
 * The system call itself, inline: the child would return from a library's wrapper first and overwrite
 * the return address that the parent needs. The functions below hold nothing on the stack across it
 * but what their caller saved, so that the child's calls, which go deeper, leave it whole.
 */
#if defined(__x86_64__)
#define MEMORY_SHARED (CLONE_VM | CLONE_VFORK)
static inline long system_call(long number, long a, long b)
{
    register long r10 __asm__("r10") = 0;
    register long r8 __asm__("r8") = 0;
    long r;

    __asm__ volatile("syscall"
                     : "=a"(r)
                     : "a"(number), "D"(a), "S"(b), "d"(0L), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return r;
}
#elif defined(__aarch64__)
#define MEMORY_SHARED (CLONE_VM | CLONE_VFORK)
static inline long system_call(long number, long a, long b)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = 0;
    register long x3 __asm__("x3") = 0;
    register long x4 __asm__("x4") = 0;

    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
}
#else
#define MEMORY_SHARED CLONE_VFORK // a copy of our memory: slower, and what the child writes is lost
static inline long system_call(long number, long a, long b)
{
    long r = syscall(number, a, b, 0L, 0L, 0L);

    return r < 0 ? -errno : r;
}
#endif

static __attribute__((noinline)) long clone_and_run(long number, long a, long b,
                                                    void (*child)(void *arg), void *arg)
{
    long r = system_call(number, a, b);

    if (r == 0) {
        child(arg);
        _exit(CODE_FAILED);
    }
    return r;
}

pid_t spawn_borrowing(void (*child)(void *arg), void *arg)
{
    // Not clone3: engines' seccomp filters answer that with ENOSYS.
    return (pid_t)clone_and_run(SYS_clone, MEMORY_SHARED | SIGCHLD, 0, child, arg);
}

pid_t spawn_borrowing_with(struct clone_args *args, void (*child)(void *arg), void *arg)
{
    args->flags |= MEMORY_SHARED;
    return (pid_t)clone_and_run(SYS_clone3, (long)args, sizeof(*args), child, arg);
}

static pid_t copy(long flags)
{
    long r = syscall(SYS_clone, flags, 0L, 0L, 0L, 0L);

    return r < 0 ? -errno : (pid_t)r;
}

pid_t spawn_copy(void)
{
    return copy(SIGCHLD);
}

pid_t spawn_sharing_files(void)
{
    return copy(CLONE_FILES | SIGCHLD);
}

/* What forks is short of memory or processes: elsewhere it would be no better. */
static bool is_shortage(int error)
{
    return error == EAGAIN || error == ENOMEM;
}

pid_t spawn_into(int cgroup, bool sharing_files, bool *ret_inside)
{
    struct clone_args args = {
        .flags = CLONE_INTO_CGROUP | (sharing_files ? CLONE_FILES : 0),
        .exit_signal = SIGCHLD,
        .cgroup = (uint64_t)cgroup,
    };
    long r = cgroup >= 0 ? syscall(SYS_clone3, &args, sizeof(args)) : -1;

    *ret_inside = r >= 0;
    if (r >= 0) {
        return (pid_t)r;
    }
    if (cgroup >= 0 && is_shortage(errno)) {
        return -errno;
    }
    return sharing_files ? spawn_sharing_files() : spawn_copy();
}

pid_t spawn_helper(void)
{
    return copy(0);
}
