/* SPDX-License-Identifier: MIT */
/* Tests of sys/net.h, in a network namespace of their own. */
#include "sys/net.h"

#include "child.h"
#include "sys/caps.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static int lo_flags(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = check_call(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

    check_call(ioctl(fd, SIOCGIFFLAGS, &request));
    check_call(close(fd));
    return request.ifr_flags;
}

/* Sends a datagram to oneself by this address. */
static void reach_oneself(const char *address)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    int a = check_call(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    int b = check_call(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    socklen_t len = sizeof(to);
    char buf[8];

    check_is(inet_pton(AF_INET, address, &to.sin_addr), 1);
    check_call(bind(a, (const struct sockaddr *)&to, sizeof(to)));
    check_call(getsockname(a, (struct sockaddr *)&to, &len));
    check_is(sendto(b, "hello", 5, 0, (const struct sockaddr *)&to, sizeof(to)), 5);
    check_is(recv(a, buf, sizeof(buf), 0), 5);
    check_call(close(a));
    check_call(close(b));
}

static int loopback_up(void)
{
    int net = net_open();
    int r;

    check(net >= 0, "no socket: %d", net);
    r = net_loopback_up(net);
    check_call(close(net));
    return r;
}

static void bring_up(void)
{
    int before;

    be_root_in(CLONE_NEWNET);
    before = open_fds();
    check((lo_flags() & IFF_UP) == 0, "a new namespace's lo is up already");
    check_is(loopback_up(), 0);
    check((lo_flags() & IFF_UP) != 0, "lo is not up");
    check((lo_flags() & IFF_LOOPBACK) != 0, "lo is no loopback any more");
    reach_oneself("127.0.0.1");
    reach_oneself("127.1.2.3");
    check_is(loopback_up(), 0);
    check((lo_flags() & IFF_UP) != 0, "lo is not up after the second time");
    check_is(open_fds(), before);
}

static void test_loopback_comes_up_and_stays(void **state)
{
    (void)state;
    in_child(bring_up);
}

static void bring_up_without_right(void)
{
    int before;

    be_root_in(CLONE_NEWNET);
    check_is(caps_set(0), 0);
    before = open_fds();
    check_is(loopback_up(), -EPERM);
    check((lo_flags() & IFF_UP) == 0, "lo is up");
    check_is(open_fds(), before);
}

static void test_loopback_without_the_right_to(void **state)
{
    (void)state;
    in_child(bring_up_without_right);
}

static void look_only(void)
{
    be_root_in(CLONE_NEWNET);
    check_is(loopback_up(), 0);
    check_is(caps_set(0), 0);
    check_is(loopback_up(), 0); // it is up: nothing that needs a right
}

static void test_loopback_that_is_up_needs_no_right(void **state)
{
    (void)state;
    in_child(look_only);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loopback_comes_up_and_stays),
        cmocka_unit_test(test_loopback_without_the_right_to),
        cmocka_unit_test(test_loopback_that_is_up_needs_no_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
