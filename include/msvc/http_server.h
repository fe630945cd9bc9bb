/* SPDX-License-Identifier: MIT */
/**
 * @file http_server.h
 *
 * A server that listens for a router (http_router.h). Handlers run on a
 * bounded set of workers, so that they may block; when all are busy and the
 * queue is full the answer is 503. Routes known not to block run inline on the
 * loop (`is_inline`).
 *
 *     msvc_http_server_start(&server, router,
 *                            MSVC_HTTP_SERVER_OPTIONS(.address = "127.0.0.1:0"), &err);
 *     …
 *     msvc_http_server_drain(server);
 *     msvc_http_server_stop(server, 10000);
 *     msvc_http_server_free(server);
 *
 * Requests whose framing could be read in two ways are refused, never
 * repaired; slow headers and slow bodies are cut off. Destroy the server
 * first, then the router.
 */
#ifndef MSVC_HTTP_SERVER_H
#define MSVC_HTTP_SERVER_H

#include <msvc/base.h>
#include <msvc/http_router.h>

MSVC_BEGIN_DECLS

struct msvc_clock;
struct msvc_error;

/** A listening server: a loop thread and its workers. Threading: safe. */
struct msvc_http_server;

/** Start from #MSVC_HTTP_SERVER_OPTIONS; 0 means the default. */
struct msvc_http_server_options {
    size_t size; /**< Set by #MSVC_HTTP_SERVER_OPTIONS. */

    /** "127.0.0.1:8080", "[::]:0", "unix:/run/orders.sock". Default "127.0.0.1:0". */
    const char *address;

    unsigned worker_count;       /**< Default 16. */
    unsigned queue_limit;        /**< Requests that may wait for a worker. Default 256. */
    unsigned connection_limit;   /**< More wait in the backlog. Default 1024. */
    unsigned connections_per_ip; /**< More are closed at once. Default: no limit. */

    /** Request line and headers, 1024 to 1048576 bytes; each header counts 64 more. Default 8192.
     */
    size_t header_limit;

    /** From the connection, or the request line, to the end of the headers. Default 10000. */
    unsigned header_timeout_ms;
    unsigned body_timeout_ms; /**< For the whole request body. Default 30000. */
    unsigned idle_timeout_ms; /**< A kept connection without a request. Default 15000. */

    const char *tls_certificate; /**< PEM file; with tls_key turns TLS on. */
    const char *tls_key;         /**< PEM file. */
    const char *tls_client_ca;   /**< PEM file: clients must show a certificate signed by it. */

    const struct msvc_clock *clock;         /**< Borrowed. Default: the system's. */
    const struct msvc_telemetry *telemetry; /**< Borrowed. Optional. */
};

#define MSVC_HTTP_SERVER_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_http_server_options, __VA_ARGS__)

/**
 * Listen and serve.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param router    Borrowed; must outlive the server.
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED, #MSVC_ERR_UNAVAILABLE (the address is
 *         taken), #MSVC_ERR_AUTH (certificate files), #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_http_server_start(struct msvc_http_server **out,
                                                  struct msvc_http_router *router,
                                                  const struct msvc_http_server_options *options,
                                                  struct msvc_error *err);

/** Where it really listens, "127.0.0.1:41235". Borrowed. */
MSVC_API const char *msvc_http_server_address(const struct msvc_http_server *server);

/** From now on every answer says `Connection: close`; still accepting. */
MSVC_API void msvc_http_server_drain(struct msvc_http_server *server);

/**
 * Stop listening, wait for requests in flight.
 *
 * @return 0, #MSVC_ERR_TIMEOUT when some are left, #MSVC_ERR_STATE after a fork or
 *         #MSVC_ERR_INVALID.
 */
MSVC_API int msvc_http_server_stop(struct msvc_http_server *server, int timeout_ms);

/** Stop at once and destroy. NULL is ignored. */
MSVC_API void msvc_http_server_free(struct msvc_http_server *server);

MSVC_END_DECLS

#endif
