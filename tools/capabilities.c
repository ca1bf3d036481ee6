/* SPDX-License-Identifier: MIT */
/* Capability names, through libcap. */
#include "capabilities.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>

uint64_t capabilities_parse(const char *word, uint64_t all)
{
    char name[64];
    cap_value_t value;

    if (strcasecmp(word, "ALL") == 0) {
        return all;
    }
    (void)snprintf(name, sizeof(name), "%s%s", strncasecmp(word, "cap_", 4) == 0 ? "" : "cap_",
                   word);
    return cap_from_name(name, &value) == 0 && value < 64 ? UINT64_C(1) << value : 0;
}

const char *capabilities_name(int cap, char *buf, size_t cap_bytes)
{
    char *name = cap_to_name(cap);

    (void)snprintf(buf, cap_bytes, "CAP_%d", cap);
    if (name != NULL && strncmp(name, "cap_", 4) == 0) {
        (void)snprintf(buf, cap_bytes, "%s", name);
        for (char *c = buf; *c != 0; c++) {
            *c = (char)toupper((unsigned char)*c);
        }
    }
    (void)cap_free(name);
    return buf;
}
