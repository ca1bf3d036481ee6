/* SPDX-License-Identifier: MIT */
/* The words of units for types, restarts, kill modes and commands. */
#include "core/service.h"

static const char *const types[] = {
#define X(name, text) [TYPE_##name] = (text),
    SERVICE_TYPES(X)
#undef X
};

static const char *const restarts[] = {
#define X(name, text) [RESTART_##name] = (text),
    SERVICE_RESTARTS(X)
#undef X
};

static const char *const kill_modes[] = {
#define X(name, text) [KILL_##name] = (text),
    SERVICE_KILL_MODES(X)
#undef X
};

static const char *const runs[] = {
#define X(name, text) [RUN_##name] = (text),
    SERVICE_RUNS(X)
#undef X
};

static int find(const char *const *words, unsigned count, struct slice word)
{
    for (unsigned i = 0; i < count; i++) {
        if (slice_equals(word, words[i])) {
            return (int)i;
        }
    }
    return -1;
}

const char *service_type_name(unsigned type)
{
    return type < SERVICE_TYPE_COUNT ? types[type] : NULL;
}

const char *service_restart_name(unsigned restart)
{
    return restart < SERVICE_RESTART_COUNT ? restarts[restart] : NULL;
}

const char *service_kill_mode_name(unsigned mode)
{
    return mode < SERVICE_KILL_MODE_COUNT ? kill_modes[mode] : NULL;
}

const char *service_run_name(unsigned run)
{
    return run < SERVICE_RUN_COUNT ? runs[run] : NULL;
}

int service_type_find(struct slice word)
{
    return find(types, SERVICE_TYPE_COUNT, word);
}

int service_restart_find(struct slice word)
{
    return find(restarts, SERVICE_RESTART_COUNT, word);
}

int service_kill_mode_find(struct slice word)
{
    return find(kill_modes, SERVICE_KILL_MODE_COUNT, word);
}
