/* SPDX-License-Identifier: MIT */
/*
 * How options get in: older (shorter) structs are filled up with zeros, newer
 * (longer) ones are taken only if what we do not know is zero.
 */
#ifndef MSVC_BASE_OPTIONS_INTERNAL_H
#define MSVC_BASE_OPTIONS_INTERNAL_H

#include <msvc/base.h>

/*
 * Copy *from (NULL: all defaults) to *to, which has to_size bytes and starts
 * with its size_t size. Returns 0, MSVC_ERR_INVALID when size is smaller than
 * a size_t, or MSVC_ERR_UNSUPPORTED when a field we do not know is set.
 * *to is untouched on failure.
 */
MSVC_API MSVC_MUST_USE int msvc__options_copy(void *to, size_t to_size, const void *from);

#endif
