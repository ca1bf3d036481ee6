/* SPDX-License-Identifier: MIT */
/* The loopback interface of the current network namespace. */
#include "sys/net.h"

#include "sys/fd.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int net_loopback_up(void)
{
    struct ifreq request;
    int r;
    int fd FD_CLEANUP = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return -errno;
    }
    memset(&request, 0, sizeof(request));
    memcpy(request.ifr_name, "lo", sizeof("lo"));
    request.ifr_flags = IFF_UP; // lo is new: it has none of the flags that this would clear
    if (ioctl(fd, SIOCSIFFLAGS, &request) == 0) {
        return 0;
    }
    r = -errno;
    if (ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) != 0) {
        return 0; // it is up already: that takes no right
    }
    return r;
}
