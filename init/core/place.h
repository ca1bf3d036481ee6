/* SPDX-License-Identifier: MIT */
/* Where PID 1 can find itself. */
#ifndef CORE_PLACE_H
#define CORE_PLACE_H

#include <stdint.h>

/* Travels on the wire: append only. */
#define PLACES(X) \
    X(LAUNCHED, "porthole") /* porthole run made the namespaces */ \
    X(DOCKER, "docker") \
    X(PODMAN, "podman") \
    X(KUBERNETES, "kubernetes") \
    X(CONTAINER, "container") /* of some other engine */ \
    X(HOST, "none")

enum place {
#define X(name, text) PLACE_##name,
    PLACES(X)
#undef X
        PLACE_COUNT
};

/* "porthole", "docker", …; "unknown" for a number that is none. */
const char *place_name(uint64_t place);

#endif
