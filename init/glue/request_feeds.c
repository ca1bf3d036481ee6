/* SPDX-License-Identifier: MIT */
/* The requests that hand out what goes on being written: LOGS, EVENTS. */
#include "glue/request_feeds.h"

#include "glue/control.h"
#include "glue/logger.h"
#include "glue/request_services.h"
#include "sys/fd.h"
#include "sys/sock.h"

#include <errno.h>
#include <fcntl.h>

void request_logs(struct init *in, int slot, const struct proto_msg *m)
{
    uint8_t buf[PROTO_HEADER];
    struct wire_writer w;
    int fds[2] = {-1, -1};
    int wake[2] = {-1, -1};
    bool follow = (m->num[TAG_FLAGS] & REQUEST_FOLLOW) != 0;
    int r;

    fds[0] = r = in->services == NULL ? -ENOENT : logger_ring_readonly(in);
    if (r >= 0 && follow) {
        r = fd_pipe(wake);
        fds[1] = wake[0];
    }
    if (r < 0) {
        control_error(in, slot, m->request, -r);
    } else {
        if (follow) {
            logger_follow(in, wake[1]);
        }
        proto_begin(&w, buf, sizeof(buf), PROTO_LOGS_OK, m->request);
        control_send(in, slot, &w, fds, follow ? 2 : 1);
    }
    fd_close(&fds[0]);
    fd_close(&wake[0]);
}

static bool may_follow(const struct init *in, enum role role)
{
    int most = role == ROLE_OPERATOR ? EVENT_FOLLOWERS_MAX : EVENT_FOLLOWERS_OTHERS;

    for (int i = 0; i < in->slot_end; i++) {
        const struct slot *s = &in->slots[i];

        most -= s->phase == SLOT_OPEN && s->role == (uint8_t)role && s->waiting == WAIT_EVENTS;
    }
    return most > 0;
}

void request_events(struct init *in, int slot, const struct proto_msg *m)
{
    uint8_t buf[PROTO_HEADER];
    struct wire_writer w;
    int fd = in->services == NULL || in->services->events < 0
                 ? -ENOENT
                 : fd_reopen(in->proc_fd, in->services->events, O_RDONLY);

    if (fd < 0) {
        control_error(in, slot, m->request, -fd);
        return;
    }
    if ((m->num[TAG_FLAGS] & REQUEST_FOLLOW) != 0 &&
        !may_follow(in, (enum role)in->slots[slot].role)) {
        control_error(in, slot, m->request, EUSERS);
    } else if ((m->num[TAG_FLAGS] & REQUEST_FOLLOW) == 0 ||
               request_wait_for(in, slot, WAIT_EVENTS, m->request)) {
        proto_begin(&w, buf, sizeof(buf), PROTO_EVENTS_OK, m->request);
        control_send(in, slot, &w, &fd, 1);
    }
    fd_close(&fd);
}

/* A follower that does not read has enough of these in its queue: it will look. */
void request_tell_followers(struct init *in)
{
    for (int i = 0; i < in->slot_end; i++) {
        const struct slot *s = &in->slots[i];
        uint8_t buf[PROTO_HEADER];
        struct wire_writer w;
        int len;
        int r;

        if (s->phase != SLOT_OPEN || s->waiting != WAIT_EVENTS) {
            continue;
        }
        proto_begin(&w, buf, sizeof(buf), PROTO_EVENT, s->wait_request);
        len = proto_end(&w);
        r = sock_send(s->fd, buf, (size_t)len, NULL, 0);
        if (r < 0 && r != -EAGAIN) {
            control_drop(in, i);
        }
    }
}
