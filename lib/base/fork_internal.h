/* SPDX-License-Identifier: MIT */
/* Tells a process from the one that it was forked from. */
#ifndef MSVC_BASE_FORK_INTERNAL_H
#define MSVC_BASE_FORK_INTERNAL_H

#include <msvc/base.h>

/*
 * A number that is another one in a child of fork(): keep it in an object, and
 * what differs later was inherited. The first call in a process counts from
 * then on, so call it when the object is made. _Fork() and vfork() are not
 * noticed. Costs one load.
 */
MSVC_API unsigned msvc__fork_generation(void);

#endif
