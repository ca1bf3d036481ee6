/* SPDX-License-Identifier: MIT */
/* The loopback interface of a network namespace. */
#ifndef SYS_NET_H
#define SYS_NET_H

/*
 * A socket that stands for the current network namespace, whoever holds it: netdevice(7) acts on the
 * namespace that a socket was made in. Descriptor (CLOEXEC) or -errno.
 */
int net_open(void);

/* Brings lo up in that socket's namespace; fine where it is up already. 0 or -errno. */
int net_loopback_up(int net);

#endif
