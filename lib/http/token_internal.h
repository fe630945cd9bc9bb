/* SPDX-License-Identifier: MIT */
/* The grammar of RFC 9110 that keeps one line from becoming two. */
#ifndef MSVC_HTTP_TOKEN_INTERNAL_H
#define MSVC_HTTP_TOKEN_INTERNAL_H

#include <msvc/base.h>

/* A method or a header name: one or more tchar. False for NULL. */
MSVC_API bool msvc__http_is_token(const char *text);

/* A header value: no control characters but the tab. False for NULL. */
MSVC_API bool msvc__http_is_field_value(const char *text);

/* A request target in origin form: it starts with '/', has no fragment, blanks or control
 * characters, is ASCII, and every '%' is followed by two hexadecimal digits. False for NULL. */
MSVC_API bool msvc__http_is_target(const char *text);

/* The value of one hexadecimal digit, -1 for anything else. */
MSVC_API int msvc__http_hex(char digit);

#endif
