/* SPDX-License-Identifier: MIT */
#ifndef MSVC_OTLP_GZIP_INTERNAL_H
#define MSVC_OTLP_GZIP_INTERNAL_H

#include <msvc/base.h>

struct msvc_buffer;

/* Append the gzip form of bytes. Returns 0 or MSVC_ERR_NOMEM. */
int msvc__otlp_gzip(struct msvc_buffer *out, const void *bytes, size_t length);

#endif
