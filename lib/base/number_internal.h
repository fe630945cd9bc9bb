/* SPDX-License-Identifier: MIT */
/* Numbers as text, the same in every locale. */
#ifndef MSVC_BASE_NUMBER_INTERNAL_H
#define MSVC_BASE_NUMBER_INTERNAL_H

#include <msvc/base.h>

/* Enough for any number below, with the final NUL. */
#define MSVC__NUMBER_SIZE 32

/* Each writes text and a NUL, at most MSVC__NUMBER_SIZE bytes, and returns the text's length. */
MSVC_API size_t msvc__format_uint(char *out, uint64_t number);
MSVC_API size_t msvc__format_int(char *out, int64_t number);

/* The fewest digits that read back as the same double; 0 and "" for NaN and infinities. */
MSVC_API size_t msvc__format_double(char *out, double number);

#endif
