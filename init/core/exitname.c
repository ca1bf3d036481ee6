/* SPDX-License-Identifier: MIT */
/* Exit codes by name. */
#include "core/exitname.h"

/* Of the C library, the LSB's init scripts, sysexits.h, and those that systemd itself ends a service with. */
static const struct {
    char name[24];
    uint8_t code;
} codes[] = {
    {"ADDRESS_FAMILIES", 232},
    {"APPARMOR_PROFILE", 231},
    {"BPF", 245},
    {"CACHE_DIRECTORY", 239},
    {"CANTCREAT", 73},
    {"CAPABILITIES", 218},
    {"CGROUP", 219},
    {"CHDIR", 200},
    {"CHOWN", 235},
    {"CHROOT", 210},
    {"CONFIG", 78},
    {"CONFIGURATION_DIRECTORY", 241},
    {"CONFIRM", 221},
    {"CPUAFFINITY", 215},
    {"CREDENTIALS", 243},
    {"DATAERR", 65},
    {"EXEC", 203},
    {"FAILURE", 1},
    {"FDS", 202},
    {"GROUP", 216},
    {"INVALIDARGUMENT", 2},
    {"IOERR", 74},
    {"IOPRIO", 211},
    {"KEYRING", 237},
    {"LIMITS", 205},
    {"LOGS_DIRECTORY", 240},
    {"MEMORY", 204},
    {"NAMESPACE", 226},
    {"NETWORK", 225},
    {"NICE", 201},
    {"NOHOST", 68},
    {"NOINPUT", 66},
    {"NOPERM", 77},
    {"NOPERMISSION", 4},
    {"NOTCONFIGURED", 6},
    {"NOTIMPLEMENTED", 3},
    {"NOTINSTALLED", 5},
    {"NOTRUNNING", 7},
    {"NOUSER", 67},
    {"NO_NEW_PRIVILEGES", 227},
    {"NUMA_POLICY", 242},
    {"OOM_ADJUST", 206},
    {"OSERR", 71},
    {"OSFILE", 72},
    {"PAM", 224},
    {"PERSONALITY", 230},
    {"PROTOCOL", 76},
    {"RUNTIME_DIRECTORY", 233},
    {"SECCOMP", 228},
    {"SECUREBITS", 213},
    {"SELINUX_CONTEXT", 229},
    {"SETSCHEDULER", 214},
    {"SETSID", 220},
    {"SIGNAL_MASK", 207},
    {"SMACK_PROCESS_LABEL", 236},
    {"SOFTWARE", 70},
    {"STATE_DIRECTORY", 238},
    {"STDERR", 222},
    {"STDIN", 208},
    {"STDOUT", 209},
    {"SUCCESS", 0},
    {"TEMPFAIL", 75},
    {"TIMERSLACK", 212},
    {"UNAVAILABLE", 69},
    {"USAGE", 64},
    {"USER", 217},
};

int exitname_parse(struct slice word)
{
    uint32_t number;

    if (slice_number(word, &number)) {
        return number <= 255 ? (int)number : -1;
    }
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (slice_equals(word, codes[i].name)) {
            return codes[i].code;
        }
    }
    return -1;
}
