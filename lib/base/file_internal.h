/* SPDX-License-Identifier: MIT */
#ifndef MSVC_BASE_FILE_INTERNAL_H
#define MSVC_BASE_FILE_INTERNAL_H

#include <msvc/base.h>

/* Write all of it, in as few calls as the descriptor lets. Returns how much was written: less than
 * `length` when it failed, with errno. */
MSVC_API size_t msvc__write_all(int fd, const char *bytes, size_t length);

#endif
