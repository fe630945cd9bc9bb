/* SPDX-License-Identifier: MIT */
/* UTF-8 as RFC 3629 and Unicode's table 3-7 define it: no overlongs, no surrogates. */
#ifndef MSVC_BASE_UTF8_INTERNAL_H
#define MSVC_BASE_UTF8_INTERNAL_H

#include <msvc/base.h>

/*
 * How many bytes the character at text has, 1 to 4; 0 when it is not valid.
 * *bad (optional) is then the length of the maximal part to replace, 1 to 3.
 */
MSVC_API size_t msvc__utf8_length(const char *text, size_t length, size_t *bad);

/* Whether all of it is valid. */
MSVC_API bool msvc__utf8_is_valid(const char *text, size_t length);

/* The longest prefix of at most `most` bytes that does not cut a character. */
MSVC_API size_t msvc__utf8_cut(const char *text, size_t length, size_t most);

#endif
