/* SPDX-License-Identifier: MIT */
/* Base64 of RFC 4648 section 4, with padding. */
#ifndef MSVC_MESSAGE_BASE64_INTERNAL_H
#define MSVC_MESSAGE_BASE64_INTERNAL_H

#include <msvc/base.h>

struct msvc_buffer;

MSVC_API void msvc__base64_append(struct msvc_buffer *out, const void *data, size_t length);

/* Append the bytes; false when text is not exactly one encoding, or out failed. */
MSVC_API bool msvc__base64_decode(struct msvc_buffer *out, const char *text, size_t length);

#endif
