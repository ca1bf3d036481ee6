/* SPDX-License-Identifier: MIT */
/* Capability sets by number: what a command gets by default, and what PID 1 keeps for itself. */
#ifndef CORE_CAPSET_H
#define CORE_CAPSET_H

#include <linux/capability.h>
#include <stdint.h>

#define CAPSET_BIT(cap) (UINT64_C(1) << (cap))

/*
 * The command and exec get these by default: enough to run a distribution's packages as root, and
 * nothing that reaches the host. Unlike Docker's set it has no CAP_MKNOD: Docker confines device
 * nodes with a cgroup program, and porthole gives its containers no device controller.
 */
#define CAPSET_DEFAULT \
    (CAPSET_BIT(CAP_CHOWN) | CAPSET_BIT(CAP_DAC_OVERRIDE) | CAPSET_BIT(CAP_FOWNER) | \
     CAPSET_BIT(CAP_FSETID) | CAPSET_BIT(CAP_KILL) | CAPSET_BIT(CAP_SETGID) | \
     CAPSET_BIT(CAP_SETUID) | CAPSET_BIT(CAP_SETPCAP) | CAPSET_BIT(CAP_NET_BIND_SERVICE) | \
     CAPSET_BIT(CAP_NET_RAW) | CAPSET_BIT(CAP_SYS_CHROOT) | CAPSET_BIT(CAP_AUDIT_WRITE) | \
     CAPSET_BIT(CAP_SETFCAP))

/*
 * PID 1 keeps these beside what it hands to commands: to signal any process, to give a session its
 * user, its capabilities and its terminal.
 */
#define CAPSET_PID1 \
    (CAPSET_BIT(CAP_KILL) | CAPSET_BIT(CAP_SETUID) | CAPSET_BIT(CAP_SETGID) | \
     CAPSET_BIT(CAP_SETPCAP) | CAPSET_BIT(CAP_CHOWN) | CAPSET_BIT(CAP_DAC_OVERRIDE))

#endif
