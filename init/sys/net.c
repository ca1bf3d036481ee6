/* SPDX-License-Identifier: MIT */
/* The loopback interface of a network namespace. */
#include "sys/net.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int net_open(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    return fd < 0 ? -errno : fd;
}

int net_loopback_up(int net)
{
    struct ifreq request;
    int r;

    memset(&request, 0, sizeof(request));
    memcpy(request.ifr_name, "lo", sizeof("lo"));
    request.ifr_flags = IFF_UP; // lo is new: it has none of the flags that this would clear
    if (ioctl(net, SIOCSIFFLAGS, &request) == 0) {
        return 0;
    }
    r = -errno;
    if (ioctl(net, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) != 0) {
        return 0; // it is up already: that takes no right
    }
    return r;
}
