/* SPDX-License-Identifier: MIT */
/* A batch of spans as OTLP/JSON. */
#ifndef MSVC_EXPORT_OTLP_JSON_INTERNAL_H
#define MSVC_EXPORT_OTLP_JSON_INTERNAL_H

#include <msvc/driver/exporter.h>

struct msvc_buffer;

/* Append an ExportTraceServiceRequest, without a line break. Returns 0 or MSVC_ERR_NOMEM. */
int msvc__otlp_json_write(struct msvc_buffer *out, const struct msvc_span_batch *batch);

#endif
