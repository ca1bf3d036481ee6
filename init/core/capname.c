/* SPDX-License-Identifier: MIT */
/* Capabilities by name. */
#include "core/capname.h"

#define NUMBER_MAX 62 /* systemd takes numbers of capabilities that have no name yet, below this */

/* In the order of their numbers: linux/capability.h. */
static const char names[] =
    "CHOWN\0DAC_OVERRIDE\0DAC_READ_SEARCH\0FOWNER\0FSETID\0KILL\0SETGID\0SETUID\0SETPCAP\0"
    "LINUX_IMMUTABLE\0NET_BIND_SERVICE\0NET_BROADCAST\0NET_ADMIN\0NET_RAW\0IPC_LOCK\0IPC_OWNER\0"
    "SYS_MODULE\0SYS_RAWIO\0SYS_CHROOT\0SYS_PTRACE\0SYS_PACCT\0SYS_ADMIN\0SYS_BOOT\0SYS_NICE\0"
    "SYS_RESOURCE\0SYS_TIME\0SYS_TTY_CONFIG\0MKNOD\0LEASE\0AUDIT_WRITE\0AUDIT_CONTROL\0SETFCAP\0"
    "MAC_OVERRIDE\0MAC_ADMIN\0SYSLOG\0WAKE_ALARM\0BLOCK_SUSPEND\0AUDIT_READ\0PERFMON\0BPF\0"
    "CHECKPOINT_RESTORE\0";

static bool same(struct slice word, const char *prefix, const char *name)
{
    size_t skip = strlen(prefix);

    if (word.len != skip + strlen(name)) {
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        uint8_t c = word.data[i];

        c = c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
        if (c != (uint8_t)(i < skip ? prefix[i] : name[i - skip])) {
            return false;
        }
    }
    return true;
}

int capname_parse(struct slice word)
{
    uint32_t number;
    int n = 0;

    if (slice_number(word, &number)) {
        return number < NUMBER_MAX ? (int)number : -1;
    }
    for (const char *name = names; *name != 0; name += strlen(name) + 1, n++) {
        if (same(word, "CAP_", name)) {
            return n;
        }
    }
    return -1;
}
