/* SPDX-License-Identifier: MIT */
/* Where PID 1 can find itself. */
#include "core/place.h"

const char *place_name(uint64_t place)
{
    static const char *const names[] = {
#define X(name, text) [PLACE_##name] = (text),
        PLACES(X)
#undef X
    };

    return place < PLACE_COUNT ? names[place] : "unknown";
}
