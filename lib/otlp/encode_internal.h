/* SPDX-License-Identifier: MIT */
/* OTLP's messages as bytes. */
#ifndef MSVC_OTLP_ENCODE_INTERNAL_H
#define MSVC_OTLP_ENCODE_INTERNAL_H

#include <msvc/driver/exporter.h>

#include "otlp/arena_internal.h"

struct msvc_buffer;

/* Append an ExportTraceServiceRequest. Returns 0, MSVC_ERR_NOMEM, or MSVC_ERR_LIMIT when it would
 * have more than `most` bytes. */
int msvc__otlp_encode(struct msvc_buffer *out, struct msvc__arena *arena,
                      const struct msvc_span_batch *batch, size_t most);

/* How many spans an ExportTraceServiceResponse says were rejected; 0 for what cannot be read. */
size_t msvc__otlp_decode_rejected(const void *bytes, size_t length);

/* Copy the message of a google.rpc.Status, cut to fit; "" for what cannot be read. */
void msvc__otlp_decode_error(char *out, size_t size, const void *bytes, size_t length);

#endif
