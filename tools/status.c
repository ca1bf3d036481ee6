/* SPDX-License-Identifier: MIT */
/* A container's status as PID 1 and its procfs tell it. */
#include "status.h"

#include "core/life.h"
#include "core/place.h"

#include <string.h>

int status_get(struct client *c, struct status *ret)
{
    const struct proto_msg *m = &c->msg;
    struct procfs p;
    bool quiet = c->quiet;
    bool opened;
    int code = client_ask(c, PROTO_STATUS, PROTO_STATUS_OK);

    if (code != 0) {
        return code;
    }
    memset(ret, 0, sizeof(*ret));
    if (slice_to_string(m->text[TAG_RELEASE], ret->version, sizeof(ret->version)) < 0) {
        ret->version[0] = 0;
    }
    ret->state = life_public_name(m->num[TAG_STATE]);
    ret->place = place_name(m->num[TAG_PLACE]);
    ret->pid = c->pid;
    ret->uptime_ms = m->num[TAG_UPTIME];
    ret->grace_ms = m->num[TAG_GRACE] >= (uint64_t)MSEC_NEVER ? UINT64_MAX : m->num[TAG_GRACE];
    ret->sessions = m->num[TAG_SESSIONS];
    ret->reaped = m->num[TAG_REAPED];
    ret->monitored = m->num[TAG_MONITORED] != 0;
    ret->has_services = proto_has(m, TAG_SERVICES_ALL);
    ret->services_all = m->num[TAG_SERVICES_ALL];
    ret->services_up = m->num[TAG_SERVICES_UP];
    ret->main_alive = proto_has(m, TAG_PID);
    ret->main_pid = (long)m->num[TAG_PID];
    ret->main_uptime_ms = m->num[TAG_MAIN_UPTIME];
    ret->has_code = proto_has(m, TAG_CODE);
    ret->main_code = (int)m->num[TAG_CODE];
    c->quiet = true; // it may end between the two questions: then there is less to show
    opened = ret->main_alive && procfs_open(c, &p) == 0;
    c->quiet = quiet;
    if (opened) {
        ret->has_process = procfs_read(&p, ret->main_pid, &ret->main_process) == 0;
        procfs_close(&p);
    }
    return 0;
}
