/* SPDX-License-Identifier: MIT */
/* Loading units: running the loader, and taking its image in the place of the one before. */
#ifndef GLUE_UNITS_H
#define GLUE_UNITS_H

#include "glue/services.h"

/*
 * The loader has ended. The first image is booted; a later one waits until what is in it no more has stopped, by the
 * unit that it was started by. An image that cannot be had leaves everything as it is, or (the first) ends the
 * container with code 125.
 */
void units_ended(struct init *in, int status, msec_t now);

/* The loader's time is up (services.loader_due): it is killed, which units_ended() hears of. */
void units_too_slow(struct init *in);

/* Takes the image that waits, once nothing stands in its way. */
void units_swap(struct init *in, msec_t now);

#endif
