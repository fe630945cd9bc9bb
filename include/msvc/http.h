/* SPDX-License-Identifier: MIT */
/**
 * @file http.h
 *
 * One HTTP call, and the transport it goes through: libcurl
 * (http_client.h) or straight into a router of the same process
 * (http_router.h). A client module takes a transport and does not know which.
 *
 *     msvc_http_call(transport, MSVC_HTTP_REQUEST(.method = "GET", .target = "/api/v1/users/123"),
 *                    &answer, &err);
 *     if (msvc_http_answer_status(answer) == 200) …
 *     msvc_http_answer_free(answer);
 */
#ifndef MSVC_HTTP_H
#define MSVC_HTTP_H

#include <msvc/base.h>
#include <msvc/header.h>

MSVC_BEGIN_DECLS

struct msvc_cancel;
struct msvc_error;
struct msvc_telemetry;
struct msvc_trace_context;

/** Header with the milliseconds that a caller is still willing to wait; never extended. */
#define MSVC_HTTP_TIMEOUT_HEADER "X-Request-Timeout-Ms"
/** The same as gRPC has it: "250m". Servers read both, and the earlier one counts. */
#define MSVC_HTTP_GRPC_TIMEOUT_HEADER "grpc-timeout"

/** Characters of a grpc-timeout with the NUL. */
#define MSVC_GRPC_TIMEOUT_SIZE 10

/**
 * Read a grpc-timeout: at most eight digits and a unit, H, M, S, m, u or n.
 *
 * @param[out] out_ns  Untouched on failure.
 * @return 0 or #MSVC_ERR_MALFORMED.
 */
MSVC_API MSVC_MUST_USE int msvc_grpc_timeout_parse(uint64_t *out_ns, const char *text);

/** Write @p timeout_ns rounded down to what fits, so that it is never extended. */
MSVC_API void msvc_grpc_timeout_format(char out[MSVC_GRPC_TIMEOUT_SIZE], uint64_t timeout_ns);

/** One call. Start from #MSVC_HTTP_REQUEST; 0 means the default. Everything is borrowed until the
 * call returns. */
struct msvc_http_request_options {
    size_t size;        /**< Set by #MSVC_HTTP_REQUEST. */
    const char *method; /**< Default "GET". */
    const char *target; /**< Path and query, encoded: "/api/v1/users?limit=2". Required. */
    const struct msvc_header
        *headers;       /**< Optional. Trace, timeout and length headers are the transport's. */
    const void *body;   /**< Optional. */
    size_t body_length; /**< Bytes. */
    const char *content_type; /**< Default "application/json" when there is a body. */
    const char
        *idempotency_key; /**< Optional: sent as Idempotency-Key; allows retries of any method. */
    uint64_t deadline_ns; /**< Monotonic; covers everything, DNS included, and is never later than
                             msvc_deadline_current(). Default: the transport's timeout. */
    size_t answer_limit;  /**< Longest body taken, in bytes. Default 16 MiB. */
    struct msvc_cancel *cancel;              /**< Optional. */
    const struct msvc_trace_context *parent; /**< Default: the thread's current context. */
};

#define MSVC_HTTP_REQUEST(...) MSVC_OPTIONS_OF(struct msvc_http_request_options, __VA_ARGS__)

/** What came back. Immutable. Threading: safe. */
struct msvc_http_answer;

struct msvc_http_transport;

/** What a transport does; for those who write one. */
struct msvc_http_transport_ops {
    size_t size;
    int (*call)(struct msvc_http_transport *self, const struct msvc_http_request_options *request,
                struct msvc_http_answer **out, struct msvc_error *err);
    void (*free)(struct msvc_http_transport *self);
};

/** A way to reach one service; embedded first in the implementer's struct. Threading: safe. */
struct msvc_http_transport {
    const struct msvc_http_transport_ops *ops; /**< Static. */
};

/**
 * Call and wait for the whole answer. Any HTTP status is a success of the call.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @return 0, #MSVC_ERR_INVALID (the request), #MSVC_ERR_UNAVAILABLE (not connected: nothing was
 * sent), #MSVC_ERR_UNKNOWN (the connection broke after sending), #MSVC_ERR_TIMEOUT,
 * #MSVC_ERR_CANCELLED, #MSVC_ERR_REJECTED (an open breaker), #MSVC_ERR_LIMIT (the answer is too
 * long, or has more than 256 headers), #MSVC_ERR_MALFORMED (the answer is no HTTP), #MSVC_ERR_AUTH
 * (TLS), #MSVC_ERR_STATE after a fork, #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_http_call(struct msvc_http_transport *transport,
                                          const struct msvc_http_request_options *request,
                                          struct msvc_http_answer **out, struct msvc_error *err);

/** Destroy @p transport; no call may be in flight. NULL is ignored. */
MSVC_API void msvc_http_transport_free(struct msvc_http_transport *transport);

MSVC_API int msvc_http_answer_status(const struct msvc_http_answer *answer);
/** The @p index-th value of header @p name, NULL when there are not so many. Borrowed. */
MSVC_API const char *msvc_http_answer_header(const struct msvc_http_answer *answer,
                                             const char *name, size_t index);
/** All headers in the order they came, ended by a NULL name. Borrowed. */
MSVC_API const struct msvc_header *msvc_http_answer_headers(const struct msvc_http_answer *answer);
/** The body, NUL-terminated. Borrowed. @param[out] length  Optional. */
MSVC_API const char *msvc_http_answer_body(const struct msvc_http_answer *answer, size_t *length);
MSVC_API void msvc_http_answer_free(struct msvc_http_answer *answer);

/**
 * Make an answer: for transports.
 *
 * @param headers  Copied; ended by a NULL name.
 * @param body     Copied.
 * @return 0, #MSVC_ERR_INVALID or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_http_answer_new(struct msvc_http_answer **out, int status,
                                                const struct msvc_header *headers, const void *body,
                                                size_t length);

/** Opens HTTP transports for a URL scheme: libmsvc-http-client has one for http and https. */
struct msvc_http_transport_driver {
    size_t size;
    const char *const *schemes; /**< Ended by NULL. */
    int (*open)(struct msvc_http_transport **out, const char *url,
                const struct msvc_telemetry *telemetry, struct msvc_error *err);
};

/** The drivers that a URL may choose from. */
#define MSVC_TRANSPORT_DRIVERS(...) \
    MSVC_LIST_OF(const struct msvc_http_transport_driver *, __VA_ARGS__)

MSVC_END_DECLS

#endif
