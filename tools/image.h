/* SPDX-License-Identifier: MIT */
/* Which copy of porthole-init a container executes. */
#ifndef TOOLS_IMAGE_H
#define TOOLS_IMAGE_H

#include <stdbool.h>

/*
 * A descriptor to execute porthole-init from, such that the container can write neither it nor what
 * lies behind it (CVE-2019-5736: /proc/1/exe). As root from a detached read-only clone of the
 * installed file's mount, so that its text stays shared and file-backed; without privilege, where no
 * installed file is the one this porthole was built with, or with PORTHOLE_INIT=memfd, from a
 * sealed memfd with the copy that porthole carries. Where policy forbids programs in memory: from the
 * installed file after all, if it is not the caller's to write. Descriptor (CLOEXEC), -EACCES (that
 * policy, and no such file), or -errno.
 */
int image_open(bool privileged);

#endif
