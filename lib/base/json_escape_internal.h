/* SPDX-License-Identifier: MIT */
/* What JSON strings cannot hold as it is; shared by the JSON writer and the logger. */
#ifndef MSVC_BASE_JSON_ESCAPE_INTERNAL_H
#define MSVC_BASE_JSON_ESCAPE_INTERNAL_H

#include <msvc/base.h>

#define MSVC__JSON_ESCAPE_MAX 6

/* How many bytes from the start can stand in a string as they are; never ends inside a character.
 */
MSVC_API size_t msvc__json_plain_length(const char *text, size_t length);

/*
 * Write what stands for the start of text, which is not plain: an escape, or
 * U+FFFD for bytes that are not UTF-8. Returns how many bytes were written;
 * *taken is how many of text they stand for.
 */
MSVC_API size_t msvc__json_escape(char out[MSVC__JSON_ESCAPE_MAX], size_t *taken, const char *text,
                                  size_t length);

#endif
