/* SPDX-License-Identifier: MIT */
/* The services of a container: the unit image, what runs of it, and carrying out what the core decides. */
#ifndef GLUE_SERVICES_H
#define GLUE_SERVICES_H

#include "core/super.h"
#include "glue/init.h"

/* One mapping for all, made when units are loaded: PID 1 has no heap. */
struct services {
    struct unitimage image; // borrowed from `bytes`
    struct slice bytes;     // owned: the mapping of the image
    uint32_t count;
    /*
     * The log pipes of each service, owned, CLOEXEC, O_RDWR and O_NONBLOCK: one descriptor holds both ends, so
     * that what is in a pipe outlives both the service and the log worker. [0] carries stdout, [1] stderr; -1
     * where there is none (yet). Made by logger_open().
     */
    int (*log)[2];
};

#endif
