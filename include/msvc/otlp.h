/* SPDX-License-Identifier: MIT */
/**
 * @file otlp.h
 *
 * Send spans to an OpenTelemetry collector: OTLP over HTTP, as protobuf.
 *
 *     msvc_span_exporter_otlp(&exporter, MSVC_OTLP_OPTIONS(.endpoint =
 *                             "http://127.0.0.1:4318/v1/traces"), &err);
 *     msvc_tracer_new(&tracer, MSVC_TRACER_OPTIONS(.exporters = MSVC_EXPORTERS(exporter)));
 *
 * or, as the specification's OTEL_EXPORTER_OTLP_* variables say,
 *
 *     msvc_span_exporter_otlp_from_env(&exporter, environ, "ORDER_", &err);
 *
 * A batch is tried again, after a wait that doubles and varies, when the
 * collector cannot be reached or answers 429, 502, 503 or 504; it is not
 * after any other answer. A Retry-After is obeyed. Redirects are not followed.
 */
#ifndef MSVC_OTLP_H
#define MSVC_OTLP_H

#include <msvc/base.h>
#include <msvc/header.h>

MSVC_BEGIN_DECLS

struct msvc_clock;
struct msvc_error;
struct msvc_random;
struct msvc_span_exporter;

/** Largest request, before compression; a batch above it is not sent. */
#define MSVC_OTLP_REQUEST_MAX ((size_t)64 << 20)
/** Largest answer that is read. */
#define MSVC_OTLP_RESPONSE_MAX ((size_t)4 << 20)

enum msvc_otlp_compression {
    MSVC_OTLP_PLAIN,
    MSVC_OTLP_GZIP,
};

/** Where and how to send. Start from #MSVC_OTLP_OPTIONS; 0 means the default. */
struct msvc_otlp_options {
    size_t size;                       /**< Set by #MSVC_OTLP_OPTIONS. */
    const char *endpoint;              /**< The whole URL, http or https. Copied. Default
                                          "http://localhost:4318/v1/traces". */
    const struct msvc_header *headers; /**< Optional; added to every request. Copied. Secret. */
    unsigned timeout_ms;               /**< For a batch, with every attempt. Default 10000. */
    enum msvc_otlp_compression compression; /**< Default: none. */
    const char *ca_file;                    /**< PEM. Copied. Default: the system's. */
    const char *certificate_file;           /**< PEM, the client's. Optional. Copied. */
    const char *key_file;                   /**< PEM, of that certificate. Copied. */
    const char *proxy;              /**< URL. Copied. Default: none; the environment is not read. */
    unsigned retry_delay_ms;        /**< Before the second attempt; doubles. Default 1000. */
    unsigned retry_delay_limit_ms;  /**< Where the doubling ends. Default 5000. */
    const struct msvc_clock *clock; /**< Borrowed. Default: the system's. */
    const struct msvc_random *random; /**< Borrowed. Default: the system's. */
};

#define MSVC_OTLP_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_otlp_options, __VA_ARGS__)

/**
 * @param[out] out  Owned by the caller until a tracer takes it; untouched on failure.
 * @param options   Copied; NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_MALFORMED when the endpoint is no http or https URL,
 *         #MSVC_ERR_LIMIT when it is too long, #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_span_exporter_otlp(struct msvc_span_exporter **out,
                                                   const struct msvc_otlp_options *options,
                                                   struct msvc_error *err);

/**
 * Read OTEL_EXPORTER_OTLP_ENDPOINT, _HEADERS, _TIMEOUT, _COMPRESSION, _CERTIFICATE,
 * _CLIENT_CERTIFICATE, _CLIENT_KEY and _PROTOCOL, of which the forms with TRACES_ win. The path
 * /v1/traces is added to the general endpoint only. An empty value counts as unset.
 *
 * @param environment  As environ.
 * @param prefix       "ORDER_": ORDER_OTEL_… wins over OTEL_…. NULL for none.
 * @return What msvc_span_exporter_otlp() does, with the name of the variable; #MSVC_ERR_MALFORMED
 *         for a value that is wrong, #MSVC_ERR_UNSUPPORTED for a protocol or compression that is
 *         not known.
 */
MSVC_API MSVC_MUST_USE int msvc_span_exporter_otlp_from_env(struct msvc_span_exporter **out,
                                                            char *const *environment,
                                                            const char *prefix,
                                                            struct msvc_error *err);

MSVC_END_DECLS

#endif
