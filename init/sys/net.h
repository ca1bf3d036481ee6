/* SPDX-License-Identifier: MIT */
/* The loopback interface of the current network namespace. */
#ifndef SYS_NET_H
#define SYS_NET_H

/* Brings lo up (netdevice(7)); fine where it is up already. 0 or -errno. */
int net_loopback_up(void);

#endif
