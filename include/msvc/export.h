/* SPDX-License-Identifier: MIT */
/**
 * @file export.h
 *
 * The exporters that need nothing but libc.
 */
#ifndef MSVC_EXPORT_H
#define MSVC_EXPORT_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_error;
struct msvc_span_exporter;

/**
 * Append spans to a file, each batch as one line of OTLP/JSON: an
 * ExportTraceServiceRequest, as the OpenTelemetry file exporter writes it.
 *
 * @param[out] out  Owned by the caller until a tracer takes it; untouched on failure.
 * @param path      Created with mode 0600 when absent. "-" is standard output.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNAVAILABLE when it cannot be opened, #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_span_exporter_file(struct msvc_span_exporter **out,
                                                   const char *path, struct msvc_error *err);

/** Destroy an exporter that no tracer took. NULL is ignored. */
MSVC_API void msvc_span_exporter_free(struct msvc_span_exporter *exporter);

MSVC_END_DECLS

#endif
