/* SPDX-License-Identifier: MIT */
/* --help and --version. */
#include "glue/help.h"

#include "sys/fd.h"

#include <string.h>
#include <unistd.h>

static const char version_text[] = "porthole " PORTHOLE_VERSION "\n";

static const char help_text[] =
    "Usage: porthole-init [OPTION...] [--] COMMAND [ARG...]\n"
    "       porthole-init [OPTION...] --services DIR|--unit NAME [-- COMMAND [ARG...]]\n"
    "A container's PID 1: runs COMMAND and forwards signals to it, or supervises services from\n"
    "systemd unit files; reaps zombies, ends in order.\n"
    "\n"
    "  --services DIR   start every *.service in DIR (repeatable)\n"
    "  --unit NAME      start NAME and what it requires or wants (repeatable); looked up in the\n"
    "                   folders of --services, /etc/porthole, and systemd's\n"
    "  --main NAME      the service whose end is the container's end, with its exit code\n"
    "                   (default: the unit with Main=yes, else COMMAND)\n"
    "  --exit-when WHEN when the container ends by itself: main (the default where there is a\n"
    "                   main service or COMMAND), idle (the default else), failure, or never\n"
    "  --strict         start nothing where a unit has a line that cannot be honoured\n"
    "  --grace SECONDS  from SIGTERM to SIGKILL for the processes left when COMMAND has\n"
    "                   ended, or for all services (default 10; 0: at once; infinity: never)\n"
    "  --forward WHOM   who gets signals: main (COMMAND, the default), group, or all\n"
    "  --rewrite S:T    pass on signal T where S came; T none drops it (repeatable)\n"
    "  --drain SECONDS  wait before the first SIGTERM is passed on\n"
    "  --ok-exit LIST   report these exit codes, or signals, as 0: 3,SIGTERM\n"
    "  --parent-death S a signal to COMMAND when the parent of porthole-init dies\n"
    "  --warn-reap      say which orphans are reaped\n"
    "  --control DIR    listen for the porthole command in DIR/op/control.sock, and for\n"
    "                   this container's own processes in DIR/inside.sock\n"
    "                   (default with services: /run/porthole/self)\n"
    "  --no-control     no control socket (the default without services)\n"
    "  -v, --verbose    say what is reaped and passed on\n"
    "  -q, --quiet      say nothing but errors\n"
    "  -h, --help       this text\n"
    "  --version        print the version\n"
    "\n"
    "The exit code is COMMAND's, or 128 + the signal that killed it; 126 where it cannot be\n"
    "executed, 127 where it is not found, 125 where porthole-init itself failed. With services\n"
    "it is the main service's; without one 0, or 1 where a service has failed. SIGTERM, SIGINT,\n"
    "SIGPWR and SIGRTMIN+3 stop services in order, a second one at once; SIGHUP reads the units\n"
    "again. Called tini, docker-init, dumb-init or catatonit it is that program.\n";

int help_print(bool help)
{
    const char *text = help ? help_text : version_text;

    return fd_write_all(STDOUT_FILENO, text, strlen(text)) < 0 ? 125 : 0;
}
