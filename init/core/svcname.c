/* SPDX-License-Identifier: MIT */
/* The names of a service's states, events and results. */
#include "core/svc.h"

#include <stddef.h>

const char *svc_state_name(unsigned state)
{
    static const char *const names[] = {
#define X(name, text, public) [SVC_##name] = (text),
        SVC_STATES(X)
#undef X
    };

    return state < SVC_STATE_COUNT ? names[state] : NULL;
}

const char *svc_public_name(unsigned state)
{
    static const char *const names[] = {
#define X(name, text, public) [SVC_##name] = (public),
        SVC_STATES(X)
#undef X
    };

    return state < SVC_STATE_COUNT ? names[state] : NULL;
}

const char *svc_event_name(unsigned event)
{
    static const char *const names[] = {
#define X(name, text) [SVC_EV_##name] = (text),
        SVC_EVENTS(X)
#undef X
    };

    return event < SVC_EVENT_COUNT ? names[event] : NULL;
}

const char *svc_result_name(unsigned result)
{
    static const char *const names[] = {
#define X(name, text) [RESULT_##name] = (text),
        SVC_RESULTS(X)
#undef X
    };

    return result < SVC_RESULT_COUNT ? names[result] : NULL;
}
