/* SPDX-License-Identifier: MIT */
/* Tests of sys/sock.h: datagrams whole or not at all, and no descriptor left behind. */
#include "sys/sock.h"

#include "child.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#define SUN_PATH_MAX 107 /* bytes of a path that fits sun_path with its zero */

static void pair(int ret[2])
{
    check_call(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret));
}

static int scratch_dir(void)
{
    return check_call(open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static void listen_and_connect(void)
{
    int dir = scratch_dir();
    int listener;
    int client;
    int server;
    struct stat st;
    char path[128];

    (void)umask(0027);
    listener = check_ok(sock_listen_at(dir, "socket", 4));
    check(is_cloexec(listener) && is_nonblocking(listener), "the listener's flags");
    check(same_file(dir, check_call(open(".", O_PATH | O_CLOEXEC))), "it works in another folder");
    check_call(stat("socket", &st));
    check(S_ISSOCK(st.st_mode), "there is no socket");
    check((st.st_mode & 0777) == 0750, "expected mode 0750, got %o", st.st_mode & 0777);
    check_is(sock_accept(listener), -EAGAIN);
    (void)snprintf(path, sizeof(path), "%s/socket", scratch);
    client = check_ok(sock_connect(path));
    check(is_cloexec(client) && !is_nonblocking(client), "the client's flags");
    server = check_ok(sock_accept(listener));
    check(is_cloexec(server) && is_nonblocking(server), "the server's flags");
    check_is(sock_send(client, "hello", 5, NULL, 0), 0);
    check_is(sock_recv(server, path, sizeof(path), NULL), 5);
    check(memcmp(path, "hello", 5) == 0, "the wrong bytes came");
    check_ok(sock_connect("socket")); // relative
}

static void test_listen_connect_accept(void **state)
{
    (void)state;
    in_child(listen_and_connect);
}

static void listen_in_vain(void)
{
    int dir = scratch_dir();
    char name[SUN_PATH_MAX + 2];
    int before;

    check_ok(sock_listen_at(dir, "taken", 1));
    before = open_fds();
    check_is(sock_listen_at(dir, "taken", 1), -EADDRINUSE);
    write_file("file", "");
    check_is(sock_listen_at(dir, "file", 1), -EADDRINUSE);
    check_is(sock_listen_at(dir, "no/such/folder", 1), -ENOENT);
    check_is(sock_listen_at(900, "x", 1), -EBADF);
    check_is(open_fds(), before);
    check_is(sock_listen_at(check_call(open("file", O_PATH | O_CLOEXEC)), "x", 1), -ENOTDIR);
    memset(name, 'n', sizeof(name));
    name[SUN_PATH_MAX + 1] = 0;
    check_is(sock_listen_at(dir, name, 1), -ENAMETOOLONG);
    name[SUN_PATH_MAX] = 0;
    check_ok(sock_listen_at(dir, name, 1));
}

static void test_listen_says_why_not(void **state)
{
    (void)state;
    in_child(listen_in_vain);
}

/* Makes folders below the current one until a socket's path in there has this length. */
static int folder_for(char *path, size_t cap, size_t length)
{
    size_t len = strlen(scratch);
    int dir;

    check(length < cap, "the test's buffer is too small");
    memcpy(path, scratch, len);
    while (len + 2 < length) { // "/s" comes last
        size_t part = length - 2 - len - 1;

        part = part > 200 ? 100 : part;
        path[len++] = '/';
        memset(path + len, 'd', part);
        len += part;
        path[len] = 0;
        check(mkdir(path, 0755) == 0 || errno == EEXIST, "mkdir: %s", strerror(errno));
    }
    dir = check_call(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    memcpy(path + len, "/s", 3);
    return dir;
}

static void connect_by_long_paths(void)
{
    static const size_t lengths[] = {SUN_PATH_MAX - 1, SUN_PATH_MAX,     SUN_PATH_MAX + 1,
                                     SUN_PATH_MAX + 2, SUN_PATH_MAX * 3, 4000};
    char path[5000];

    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        int dir = folder_for(path, sizeof(path), lengths[i]);
        int listener;
        int client;
        int before;

        check_is(strlen(path), lengths[i]);
        listener = check_ok(sock_listen_at(dir, "s", 1));
        before = open_fds();
        client = check_ok(sock_connect(path));
        check(is_cloexec(client), "a path of %zu bytes: not CLOEXEC", lengths[i]);
        check_is(open_fds(), before + 1);
        check_ok(sock_accept(listener));
        path[lengths[i] - 1] = 'x';
        check_is(sock_connect(path), -ENOENT);
    }
    memset(path, '/', sizeof(path));
    path[sizeof(path) - 1] = 0;
    check_is(sock_connect(path), -ENAMETOOLONG);
}

static void test_connect_takes_paths_of_any_length(void **state)
{
    (void)state;
    in_child(connect_by_long_paths);
}

static void connect_in_vain(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = "stream"};
    int dir = scratch_dir();
    int listener = check_ok(sock_listen_at(dir, "dead", 1));
    int stream = check_call(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    int before;

    check_call(bind(stream, (const struct sockaddr *)&addr, sizeof(addr)));
    check_call(listen(stream, 1));
    check_call(close(listener));
    write_file("file", "");
    before = open_fds();
    check_is(sock_connect("dead"), -ECONNREFUSED);
    check_is(sock_connect("file"), -ECONNREFUSED);
    check_is(sock_connect("nothing"), -ENOENT);
    check_is(sock_connect("file/x"), -ENOTDIR);
    check_is(sock_connect("stream"), -EPROTOTYPE);
    check_is(open_fds(), before);
}

static void test_connect_says_why_not(void **state)
{
    (void)state;
    in_child(connect_in_vain);
}

static void look_at_the_peer(void)
{
    int ends[2];
    pid_t pid = -1;
    uid_t uid = 77;

    pair(ends);
    check_is(sock_peer(ends[0], &pid, &uid), 0);
    check(pid == getpid() && uid == geteuid(), "expected %d and %u, got %d and %u", getpid(),
          geteuid(), pid, uid);
    pid = -1;
    check_is(sock_peer(check_call(open("/dev/null", O_RDWR | O_CLOEXEC)), &pid, &uid), -ENOTSOCK);
    check(pid == -1, "a result was written");
}

static void test_peer(void **state)
{
    (void)state;
    in_child(look_at_the_peer);
}

/* As many descriptors as wanted, each a file of its own. */
static void make_fds(int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fds[i] = check_call(memfd_create("sent", 0));
    }
}

static void send_fds(void)
{
    for (size_t count = 0; count <= SOCK_FDS_MAX; count++) {
        struct sock_fds got = {.count = 77};
        int fds[SOCK_FDS_MAX];
        int before;
        char buf[16];
        int ends[2];

        pair(ends);
        make_fds(fds, count);
        before = open_fds();
        check_is(sock_send(ends[0], "message", 7, fds, count), 0);
        check_is(sock_recv(ends[1], buf, sizeof(buf), &got), 7);
        check(memcmp(buf, "message", 7) == 0, "the wrong bytes came");
        check_is(got.count, count);
        for (size_t i = 0; i < count; i++) {
            check(same_file(got.fd[i], fds[i]), "descriptor %zu is another file", i);
            check(is_cloexec(got.fd[i]), "descriptor %zu is not CLOEXEC", i);
        }
        check_is(open_fds(), before + (int)count);
        sock_fds_close(&got);
        check_is(got.count, 0);
        check_is(open_fds(), before);
        sock_fds_close(&got);
    }
}

static void test_up_to_four_descriptors_come_along(void **state)
{
    (void)state;
    in_child(send_fds);
}

static void send_five(void)
{
    int fds[SOCK_FDS_MAX + 1];
    int ends[2];
    char buf[16];

    pair(ends);
    make_fds(fds, SOCK_FDS_MAX + 1);
    check_is(sock_send(ends[0], "x", 1, fds, SOCK_FDS_MAX + 1), -EINVAL);
    check_call(fcntl(ends[1], F_SETFL, O_NONBLOCK));
    check_is(sock_recv(ends[1], buf, sizeof(buf), NULL), -EAGAIN);
    fds[1] = 900;
    check_is(sock_send(ends[0], "x", 1, fds, 2), -EBADF);
}

static void test_a_fifth_descriptor_is_not_sent(void **state)
{
    (void)state;
    in_child(send_five);
}

/* What a client of another kind may send: up to SCM_MAX_FD descriptors, in one or two messages. */
static void send_raw(int fd, size_t len, const int *fds, size_t count, size_t split)
{
    static const uint8_t data[8192];
    struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};
    union {
        struct cmsghdr header;
        char bytes[2 * CMSG_SPACE(253 * sizeof(int))];
    } control;
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    size_t at = 0;

    memset(&control, 0, sizeof(control));
    for (size_t done = 0; done < count;) {
        size_t n = done == 0 && split > 0 ? split : count - done;
        struct cmsghdr c = {.cmsg_len = CMSG_LEN(n * sizeof(int)),
                            .cmsg_level = SOL_SOCKET,
                            .cmsg_type = SCM_RIGHTS};

        memcpy(control.bytes + at, &c, sizeof(c));
        memcpy(control.bytes + at + CMSG_LEN(0), fds + done, n * sizeof(int));
        at += CMSG_SPACE(n * sizeof(int));
        done += n;
    }
    msg.msg_control = at > 0 ? control.bytes : NULL;
    msg.msg_controllen = at;
    check_call(sendmsg(fd, &msg, MSG_NOSIGNAL));
}

static void receive_too_many(void)
{
    static const struct {
        size_t count;
        size_t split;
    } cases[] = {{5, 0}, {6, 3}, {6, 5}, {8, 4}, {5, 1}, {253, 0}};
    int fds[253];
    int ends[2];
    char buf[16];
    int before;

    pair(ends);
    make_fds(fds, COUNT_OF(fds));
    before = open_fds();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sock_fds got = {.count = 77};

        send_raw(ends[0], 1, fds, cases[i].count, cases[i].split);
        check_is(sock_recv(ends[1], buf, sizeof(buf), &got), -EMSGSIZE);
        check_is(got.count, 0);
        check_is(open_fds(), before);
    }
    send_raw(ends[0], 1, fds, 4, 2); // two messages, but no more than four in all
    check_is(sock_recv(ends[1], buf, sizeof(buf), &(struct sock_fds){.count = 0}), 1);
    check_is(open_fds(), before + 4);
}

static void test_too_many_descriptors_are_all_closed(void **state)
{
    (void)state;
    in_child(receive_too_many);
}

/* The table has room for fewer than come: all of them are closed. */
static void receive_into_a_full_table(void)
{
    for (size_t room = 0; room < SOCK_FDS_MAX; room++) {
        struct sock_fds got = {.count = 77};
        struct rlimit limit;
        int fds[SOCK_FDS_MAX];
        char buf[16];
        int before;
        int ends[2];

        pair(ends);
        make_fds(fds, SOCK_FDS_MAX);
        check_is(sock_send(ends[0], "message", 7, fds, SOCK_FDS_MAX), 0);
        before = open_fds();
        check_call(getrlimit(RLIMIT_NOFILE, &limit));
        limit.rlim_cur = (rlim_t)fds[SOCK_FDS_MAX - 1] + 1 + room;
        check_call(setrlimit(RLIMIT_NOFILE, &limit));
        check_is(sock_recv(ends[1], buf, sizeof(buf), &got), -EMFILE);
        limit.rlim_cur = limit.rlim_max;
        check_call(setrlimit(RLIMIT_NOFILE, &limit));
        check_is(got.count, 0);
        check_is(open_fds(), before);
    }
}

static void test_a_full_table_is_told_from_too_many(void **state)
{
    (void)state;
    in_child(receive_into_a_full_table);
}

static void receive_too_long(void)
{
    int fds[4];
    int ends[2];
    char buf[100];
    int before;

    pair(ends);
    make_fds(fds, 4);
    before = open_fds();
    for (size_t count = 0; count <= 4; count++) {
        struct sock_fds got = {.count = 77};

        send_raw(ends[0], sizeof(buf) + 1, fds, count, 0);
        send_raw(ends[0], sizeof(buf), NULL, 0, 0);
        check_is(sock_recv(ends[1], buf, sizeof(buf), &got), -EMSGSIZE);
        check_is(got.count, 0);
        check_is(open_fds(), before);
        check_is(sock_recv(ends[1], buf, sizeof(buf), &got), sizeof(buf)); // the next is whole
        check_is(got.count, 0);
        send_raw(ends[0], 8192, fds, count, 0);
        check_is(sock_recv(ends[1], buf, sizeof(buf), NULL), -EMSGSIZE);
        check_is(open_fds(), before);
    }
}

static void test_a_datagram_too_long_is_refused_whole(void **state)
{
    (void)state;
    in_child(receive_too_long);
}

static void receive_without_fds(void)
{
    int fds[253];
    int ends[2];
    char buf[16];
    int before;

    pair(ends);
    make_fds(fds, COUNT_OF(fds));
    before = open_fds();
    send_raw(ends[0], 3, fds, 1, 0);
    send_raw(ends[0], 4, fds, 253, 0);
    check_is(sock_recv(ends[1], buf, sizeof(buf), NULL), 3);
    check_is(sock_recv(ends[1], buf, sizeof(buf), NULL), 4);
    check_is(open_fds(), before);
}

static void test_unwanted_descriptors_are_discarded(void **state)
{
    (void)state;
    in_child(receive_without_fds);
}

static void peek_first(void)
{
    struct sock_fds got;
    int fds[253];
    int ends[2];
    char buf[8];
    bool with_fds = true;
    int before;

    pair(ends);
    check_is(sock_peek(ends[1], buf, sizeof(buf), &with_fds), -EAGAIN); // though it blocks
    check(with_fds, "a result was written");
    make_fds(fds, COUNT_OF(fds));
    check_is(sock_send(ends[0], "plain", 5, NULL, 0), 0);
    check_is(sock_send(ends[0], "with", 4, fds, 2), 0);
    send_raw(ends[0], 3000, fds, 253, 0);
    before = open_fds();
    for (int i = 0; i < 3; i++) {
        memset(buf, 0, sizeof(buf));
        check_is(sock_peek(ends[1], buf, sizeof(buf), &with_fds), 5);
        check(!with_fds && memcmp(buf, "plain", 5) == 0, "it looks like another datagram");
    }
    check_is(sock_recv(ends[1], buf, sizeof(buf), &got), 5);
    check_is(sock_peek(ends[1], NULL, 0, &with_fds), 4);
    check(with_fds, "descriptors come with it");
    check_is(open_fds(), before);
    check_is(sock_recv(ends[1], buf, sizeof(buf), &got), 4);
    check_is(got.count, 2);
    sock_fds_close(&got);
    check_is(sock_peek(ends[1], buf, sizeof(buf), &with_fds), 3000);
    check(with_fds, "descriptors come with it");
    check_is(open_fds(), before);
}

static void test_a_peek_takes_and_installs_nothing(void **state)
{
    (void)state;
    in_child(peek_first);
}

static void send_nothing(void)
{
    struct sock_fds got;
    int fds[1];
    int ends[2];
    char buf[8];
    bool with_fds = true;

    pair(ends);
    make_fds(fds, 1);
    check_is(sock_send(ends[0], NULL, 0, NULL, 0), 0);
    check_is(sock_send(ends[0], "", 0, fds, 1), 0);
    check_is(sock_send(ends[0], "after", 5, NULL, 0), 0);
    check_is(sock_peek(ends[1], buf, sizeof(buf), &with_fds), 0);
    check(!with_fds, "no descriptors come with it");
    check_is(sock_recv(ends[1], buf, sizeof(buf), &got), 0);
    check_is(got.count, 0);
    check_is(sock_peek(ends[1], buf, sizeof(buf), &with_fds), 0);
    check(with_fds, "a descriptor comes with it");
    check_is(sock_recv(ends[1], buf, sizeof(buf), &got), 0);
    check_is(got.count, 1);
    check_is(sock_recv(ends[1], buf, sizeof(buf), &got), 5);
}

static void test_an_empty_datagram(void **state)
{
    (void)state;
    in_child(send_nothing);
}

static void reach_the_end(void)
{
    struct sock_fds got = {.count = 77};
    char buf[8];
    int ends[2];
    bool with_fds = true;

    pair(ends);
    check_is(sock_send(ends[0], "last", 4, NULL, 0), 0);
    check_call(close(ends[0]));
    check_is(sock_recv(ends[1], buf, sizeof(buf), &got), 4);
    check_is(sock_peek(ends[1], buf, sizeof(buf), &with_fds), 0);
    check(!with_fds, "nothing comes with the end");
    check_is(sock_recv(ends[1], buf, sizeof(buf), &got), 0);
    check_is(got.count, 0);
    check_is(sock_send(ends[1], "x", 1, NULL, 0), -EPIPE); // and no SIGPIPE ends us
    check_is(sock_recv(900, buf, sizeof(buf), &got), -EBADF);
    check_is(sock_peek(900, buf, sizeof(buf), &with_fds), -EBADF);
}

static void test_the_end_of_a_connection(void **state)
{
    (void)state;
    in_child(reach_the_end);
}

static void fill_the_queue(void)
{
    static const char data[4096];
    struct sock_fds got = {.count = 77};
    char buf[4096];
    int ends[2];
    int sent = 0;
    int r;

    pair(ends);
    check_call(fcntl(ends[0], F_SETFL, O_NONBLOCK));
    check_call(fcntl(ends[1], F_SETFL, O_NONBLOCK));
    while ((r = sock_send(ends[0], data, sizeof(data), NULL, 0)) == 0) {
        check(++sent < 100000, "the queue has no end");
    }
    check_is(r, -EAGAIN);
    for (int i = 0; i < sent; i++) {
        check_is(sock_recv(ends[1], buf, sizeof(buf), &got), sizeof(buf));
    }
    check_is(sock_recv(ends[1], buf, sizeof(buf), &got), -EAGAIN);
    check_is(got.count, 0);
}

static void test_a_full_queue_says_so(void **state)
{
    (void)state;
    in_child(fill_the_queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_listen_connect_accept),
        scratch_test(test_listen_says_why_not),
        scratch_test(test_connect_takes_paths_of_any_length),
        scratch_test(test_connect_says_why_not),
        cmocka_unit_test(test_peer),
        cmocka_unit_test(test_up_to_four_descriptors_come_along),
        cmocka_unit_test(test_a_fifth_descriptor_is_not_sent),
        cmocka_unit_test(test_too_many_descriptors_are_all_closed),
        cmocka_unit_test(test_a_full_table_is_told_from_too_many),
        cmocka_unit_test(test_a_datagram_too_long_is_refused_whole),
        cmocka_unit_test(test_unwanted_descriptors_are_discarded),
        cmocka_unit_test(test_a_peek_takes_and_installs_nothing),
        cmocka_unit_test(test_an_empty_datagram),
        cmocka_unit_test(test_the_end_of_a_connection),
        cmocka_unit_test(test_a_full_queue_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
