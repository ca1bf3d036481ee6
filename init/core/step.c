/* SPDX-License-Identifier: MIT */
/* The steps of a launch and of a command's start. */
#include "core/step.h"

const char *step_text(uint64_t step)
{
    static const char *const texts[] = {
#define X(name, text) [STEP_##name] = (text),
        STEPS(X)
#undef X
    };

    return step < STEP_COUNT ? texts[step] : "do an unknown step";
}
