/* SPDX-License-Identifier: MIT */
/* What the other inits print when they are asked, or are asked wrongly, in their words. */
#include "glue/peer_usage.h"

#include "glue/say.h"
#include "sys/fd.h"

#include <string.h>
#include <unistd.h>

#define TINI_VERSION "tini version 0.19.0"
#define DUMB_VERSION "dumb-init v1.2.5"
#define CATATONIT_VERSION "0.2.1"

/* Ours, as this program is not made of theirs. */
__asm__(".pushsection .rodata.licence,\"a\"\n"
        "porthole_licence: .incbin \"LICENSE\"\n"
        ".byte 0\n"
        ".popsection\n");
extern const char porthole_licence[] __attribute__((visibility("hidden")));

static const char tini_options[] =
    "Command line options:\n"
    "\n"
    "  --version: Show version and exit.\n"
    "  -h: Show this help message and exit.\n"
    "  -s: Register as a process subreaper (requires Linux >= 3.4).\n"
    "  -p SIGNAL: Trigger SIGNAL when parent dies, e.g. \"-p SIGKILL\".\n"
    "  -v: Generate more verbose output. Repeat up to 3 times.\n"
    "  -w: Print a warning when processes are getting reaped.\n"
    "  -g: Send signals to the child's process group.\n"
    "  -e EXIT_CODE: Remap EXIT_CODE (from 0 to 255) to 0.\n"
    "  -l: Show license and exit.\n"
    "\n"
    "Environment variables:\n"
    "\n"
    "  TINI_SUBREAPER: Register as a process subreaper (requires Linux >= 3.4).\n"
    "  TINI_VERBOSITY: Set the verbosity level (default: 1).\n"
    "  TINI_KILL_PROCESS_GROUP: Send signals to the child's process group.\n"
    "\n";

static const char dumb_options[] =
    "\n"
    "dumb-init is a simple process supervisor that forwards signals to children.\n"
    "It is designed to run as PID1 in minimal container environments.\n"
    "\n"
    "Optional arguments:\n"
    "   -c, --single-child   Run in single-child mode.\n"
    "                        In this mode, signals are only proxied to the\n"
    "                        direct child and not any of its descendants.\n"
    "   -r, --rewrite s:r    Rewrite received signal s to new signal r before proxying.\n"
    "                        To ignore (not proxy) a signal, rewrite it to 0.\n"
    "                        This option can be specified multiple times.\n"
    "   -v, --verbose        Print debugging information to stderr.\n"
    "   -h, --help           Print this help message and exit.\n"
    "   -V, --version        Print the current version and exit.\n"
    "\n"
    "Full help is available online at https://github.com/Yelp/dumb-init\n";

static const char dumb_rewrite[] =
    "Usage: -r option takes <signum>:<signum>, where <signum> is between 1 and 31.\n"
    "This option can be specified multiple times.\n"
    "Use --help for full usage.\n";

static const char catatonit_line[] = "usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]\n";

static const char catatonit_options[] =
    "\n"
    "options:\n"
    "  -g              Forward signals to pid1's process group.\n"
    "  -h              Print this help page.\n"
    "  -L              Print license information.\n"
    "  -P              Run in pause mode (no program is run and quit on SIGINT).\n"
    "  -V, --version   Print version information.\n"
    "\n"
    "The source code can be found at <https://github.com/openSUSE/catatonit/>.\n"
    "For bug reporting instructions, please see: <https://bugs.opensuse.org/>.\n";

static void print(int fd, const char *text)
{
    (void)fd_write_all(fd, text, strlen(text));
}

static void tini_usage(int fd, const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash != NULL ? slash + 1 : name;

    say_as(fd, "%s (" TINI_VERSION ")\n", base);
    say_as(fd, "Usage: %s [OPTIONS] PROGRAM -- [ARGS] | --version\n\n", base);
    say_as(fd, "Execute a program under the supervision of a valid init process (%s)\n\n", base);
    print(fd, tini_options);
}

/* As getopt_long(3) says it. */
static void say_option(const struct peer *p, const char *name)
{
    char letter[2] = {p->letter, 0};

    switch (p->answer) {
    case PEER_BAD_LETTER:
        say_as(STDERR_FILENO, "%s: invalid option -- '%s'\n", name, letter);
        break;
    case PEER_NO_VALUE:
        say_as(STDERR_FILENO, "%s: option requires an argument -- '%s'\n", name, letter);
        break;
    case PEER_BAD_LONG:
        say_as(STDERR_FILENO, "%s: unrecognized option '--%s'\n", name, p->word);
        break;
    case PEER_AMBIGUOUS: // these two are all that there can be
        say_as(STDERR_FILENO,
               "%s: option '--%s' is ambiguous; possibilities: '--verbose' '--version'\n", name,
               p->word);
        break;
    case PEER_LONG_VALUE:
        say_as(STDERR_FILENO, "%s: option '--%s' doesn't allow an argument\n", name, p->word);
        break;
    case PEER_LONG_NONE:
        say_as(STDERR_FILENO, "%s: option '--%s' requires an argument\n", name, p->word);
        break;
    default:
        break;
    }
}

static int tini(const struct peer *p, const char *name)
{
    switch (p->answer) {
    case PEER_VERSION:
        print(STDOUT_FILENO, TINI_VERSION "\n");
        return 0;
    case PEER_LICENCE:
        print(STDOUT_FILENO, porthole_licence);
        return 0;
    case PEER_HELP:
        tini_usage(STDOUT_FILENO, name);
        return 0;
    case PEER_BAD_SIGNAL:
    case PEER_BAD_CODE:
        say_as(STDERR_FILENO, "[FATAL tini (%d)] Not a valid option for -%s: %s\n", getpid(),
               p->answer == PEER_BAD_SIGNAL ? "p" : "e", p->word);
        return 1;
    default:
        say_option(p, name);
        tini_usage(STDERR_FILENO, name);
        return 1;
    }
}

static int dumb_init(const struct peer *p, const char *name)
{
    switch (p->answer) {
    case PEER_VERSION:
        print(STDERR_FILENO, DUMB_VERSION "\n");
        return 0;
    case PEER_HELP:
        say_as(STDERR_FILENO, DUMB_VERSION "\nUsage: %s [option] command [[arg] ...]\n", name);
        print(STDERR_FILENO, dumb_options);
        return 0;
    case PEER_NO_COMMAND:
        say_as(STDERR_FILENO, "Usage: %s [option] program [args]\nTry %s --help for full usage.\n",
               name, name);
        return 1;
    case PEER_BAD_REWRITE:
        print(STDERR_FILENO, dumb_rewrite);
        return 1;
    default:
        say_option(p, name);
        return 1;
    }
}

static int catatonit(const struct peer *p, const char *name)
{
    switch (p->answer) {
    case PEER_VERSION: // Docker takes nothing else: its parser wants tini's form
        print(STDOUT_FILENO, "tini version " CATATONIT_VERSION "_catatonit\n");
        return 0;
    case PEER_LICENCE:
        print(STDOUT_FILENO, porthole_licence);
        return 0;
    case PEER_HELP:
        print(STDERR_FILENO, catatonit_line);
        print(STDERR_FILENO, catatonit_options);
        return 0;
    case PEER_RESERVED:
        say_as(STDERR_FILENO, "ERROR (catatonit:%d): CATATONIT_LOG is reserved for future use\n",
               getpid());
        return 1;
    case PEER_NO_COMMAND:
        say_as(STDERR_FILENO, "ERROR (catatonit:%d): missing program name\n", getpid());
        print(STDERR_FILENO, catatonit_line);
        return 1;
    default:
        say_option(p, name);
        print(STDERR_FILENO, catatonit_line);
        return 1;
    }
}

int peer_usage(enum manner manner, const struct peer *p, const char *name)
{
    return manner == MANNER_TINI        ? tini(p, name)
           : manner == MANNER_DUMB_INIT ? dumb_init(p, name)
                                        : catatonit(p, name);
}
