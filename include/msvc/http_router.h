/* SPDX-License-Identifier: MIT */
/**
 * @file http_router.h
 *
 * Routes and the handlers that answer them, whichever way a request comes: by
 * a listening server (http_server.h) or by a call inside the process
 * (msvc_http_router_transport()).
 *
 *     msvc_http_router_new(&router, NULL);
 *     msvc_http_route(router, "GET", "/api/v1/orders/{id}", show_order, self, NULL);
 *
 *     static void show_order(struct msvc_http_exchange *exchange, void *user)
 *     {
 *         const char *id = msvc_http_param(exchange, "id");
 *         …
 *         msvc_http_reply_json(exchange, 200, object);
 *     }
 *
 * The router answers 404, 405 (with Allow), 413 and 500 itself, all as
 * application/problem+json (RFC 9457); HEAD is answered by GET's handler,
 * OPTIONS with Allow. A path that could be read in two ways (an encoded slash
 * or NUL, dot segments, bytes that are not UTF-8) is answered 400.
 */
#ifndef MSVC_HTTP_ROUTER_H
#define MSVC_HTTP_ROUTER_H

#include <msvc/base.h>
#include <msvc/http.h>

MSVC_BEGIN_DECLS

struct json_t;
struct msvc_clock;
struct msvc_error;
struct msvc_health;
struct msvc_telemetry;

/** Routes and their handlers. Fill it, then serve it: routes are added before the first request.
 * Threading: safe once it serves. */
struct msvc_http_router;

/** One request and the answer that is being made. Threading: one thread at a time. */
struct msvc_http_exchange;

/**
 * Answers one request: exactly one msvc_http_reply…() call. Without one the answer is 500. Called
 * on a worker, or on the loop for inline routes; its span is entered.
 */
typedef void msvc_http_handler_fn(struct msvc_http_exchange *exchange, void *user);

/** Start from #MSVC_HTTP_ROUTER_OPTIONS; 0 means the default. */
struct msvc_http_router_options {
    size_t size;       /**< Set by #MSVC_HTTP_ROUTER_OPTIONS. */
    size_t body_limit; /**< Longest request body in bytes. Default 1 MiB. */
    unsigned slow_ms;  /**< Answers slower than this are logged as slow. Default 500. */
    const struct msvc_clock *clock; /**< Borrowed. Default: the system's. */

    /** Borrowed. Access log at INFO, server spans. Optional. */
    const struct msvc_telemetry *telemetry;
};

#define MSVC_HTTP_ROUTER_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_http_router_options, __VA_ARGS__)

/** @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_UNSUPPORTED or #MSVC_ERR_NOMEM. */
MSVC_API MSVC_MUST_USE int msvc_http_router_new(struct msvc_http_router **out,
                                                const struct msvc_http_router_options *options);
MSVC_API void msvc_http_router_free(struct msvc_http_router *router);

/** Start from #MSVC_HTTP_ROUTE_OPTIONS; 0 means the default. */
struct msvc_http_route_options {
    size_t size;       /**< Set by #MSVC_HTTP_ROUTE_OPTIONS. */
    size_t body_limit; /**< Default: the router's. */
    bool is_inline;    /**< The handler never blocks: run it on the loop. */
    bool is_quiet;     /**< No access log, no span and no filters: probes. */

    /** Call the handler when the headers are there; it reads with msvc_http_read(). Not with
     * is_inline. */
    bool streams_request;
};

#define MSVC_HTTP_ROUTE_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_http_route_options, __VA_ARGS__)

/** Most `{names}` in one pattern. */
#define MSVC_HTTP_PARAM_MAX 16

/**
 * Add a route. A path is matched segment by segment, literal ones first; `{name}` takes one
 * segment that is not empty, decoded; `{name...}` at the end takes the rest, even an empty one.
 * Patterns are written decoded. A route is tried with its method, so that GET /a/{id} still
 * answers when only POST /a/b is literal.
 *
 * @return 0, #MSVC_ERR_INVALID (the pattern), #MSVC_ERR_EXISTS, #MSVC_ERR_STATE (it serves
 *         already), #MSVC_ERR_UNSUPPORTED (options of a newer version) or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_http_route(struct msvc_http_router *router, const char *method,
                                           const char *path, msvc_http_handler_fn *handler,
                                           void *user,
                                           const struct msvc_http_route_options *options);

/**
 * Add all that msvc_health_respond() answers, inline and quiet.
 *
 * @param health  Borrowed.
 * @return As msvc_http_route().
 */
MSVC_API MSVC_MUST_USE int msvc_http_route_health(struct msvc_http_router *router,
                                                  struct msvc_health *health);

/**
 * Called before each handler of a router; for authentication and the like.
 *
 * @return Whether to go on; false when it has replied.
 */
typedef bool msvc_http_filter_fn(struct msvc_http_exchange *exchange, void *user);

/**
 * Add a filter in front of all handlers but quiet ones; filters run in the order added.
 *
 * @return 0, #MSVC_ERR_INVALID, #MSVC_ERR_STATE or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_http_router_filter(struct msvc_http_router *router,
                                                   msvc_http_filter_fn *filter, void *user);

/**
 * A transport straight into @p router, which must outlive it: handlers run on the calling thread.
 *
 * @return 0, #MSVC_ERR_INVALID or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_http_router_transport(struct msvc_http_transport **out,
                                                      struct msvc_http_router *router);

/* What a handler reads. Everything is borrowed until it returns. */

MSVC_API const char *msvc_http_method(const struct msvc_http_exchange *exchange);
/** The path as sent, without the query. */
MSVC_API const char *msvc_http_path(const struct msvc_http_exchange *exchange);
/** The route's pattern, "/api/v1/orders/{id}". */
MSVC_API const char *msvc_http_route_pattern(const struct msvc_http_exchange *exchange);
MSVC_API const char *msvc_http_param(const struct msvc_http_exchange *exchange, const char *name);
/** The @p index-th query value named @p name, decoded; NULL when there are not so many. */
MSVC_API const char *msvc_http_query(const struct msvc_http_exchange *exchange, const char *name,
                                     size_t index);
/** The @p index-th value of header @p name; NULL when there are not so many. */
MSVC_API const char *msvc_http_header(const struct msvc_http_exchange *exchange, const char *name,
                                      size_t index);
/** All headers in the order they came, ended by a NULL name. */
MSVC_API const struct msvc_header *msvc_http_headers(const struct msvc_http_exchange *exchange);
/** What stands behind the '?', as sent; NULL when there is none. */
MSVC_API const char *msvc_http_query_text(const struct msvc_http_exchange *exchange);
/** The whole body, NUL-terminated; "" when there is none. @param[out] length  Optional. */
MSVC_API const char *msvc_http_body(const struct msvc_http_exchange *exchange, size_t *length);
/** When the caller stops waiting, monotonic; 0: it did not say. */
MSVC_API uint64_t msvc_http_deadline_ns(const struct msvc_http_exchange *exchange);
/** "127.0.0.1:51234"; "" in process. */
MSVC_API const char *msvc_http_peer(const struct msvc_http_exchange *exchange);

/**
 * Read the next bytes of a streamed request body, waiting for them.
 *
 * @return Bytes, 0 at the end, #MSVC_ERR_LIMIT, #MSVC_ERR_TIMEOUT, #MSVC_ERR_CANCELLED (the peer
 *         has gone) or #MSVC_ERR_INVALID (the route does not stream).
 */
MSVC_API MSVC_MUST_USE int msvc_http_read(struct msvc_http_exchange *exchange, void *out,
                                          size_t length);

/**
 * The body as jansson's JSON: duplicate names refused, depth at most 64.
 * On failure the answer was made already: 415 without a JSON content type, 400 with line and
 * column.
 *
 * @param[out] out  Owned by the caller (json_decref()); untouched on failure.
 * @return 0, #MSVC_ERR_UNSUPPORTED (no JSON content type), #MSVC_ERR_MALFORMED, #MSVC_ERR_NOMEM or
 *         #MSVC_ERR_INVALID: return from the handler.
 */
MSVC_API MSVC_MUST_USE int msvc_http_body_json(struct msvc_http_exchange *exchange,
                                               struct json_t **out);

/**
 * Keep a pointer for later filters and the handler.
 *
 * @param release  Optional; called when the exchange ends.
 */
MSVC_API void msvc_http_set_user(struct msvc_http_exchange *exchange, void *user,
                                 void (*release)(void *user));
MSVC_API void *msvc_http_user(const struct msvc_http_exchange *exchange);

/* What a handler answers. */

/**
 * Add a header to the answer; before the reply. At most 64 of 3584 bytes together. A name or value
 * that HTTP cannot carry, or one that frames the answer (Connection, Content-Length, Date,
 * Transfer-Encoding), makes the answer 500.
 */
MSVC_API void msvc_http_reply_header(struct msvc_http_exchange *exchange, const char *name,
                                     const char *value);
/** Reply with a body, copied. NULL @p content_type: none. Of several replies the first counts. */
MSVC_API void msvc_http_reply(struct msvc_http_exchange *exchange, int status,
                              const char *content_type, const void *body, size_t length);
/** Reply with JSON. @param body  Taken, always. NULL is out of memory: 500. */
MSVC_API void msvc_http_reply_json(struct msvc_http_exchange *exchange, int status,
                                   struct json_t *body);
/**
 * Reply with RFC 9457 problem details.
 *
 * @param type    A URI reference, or NULL for "about:blank".
 * @param detail  May be NULL.
 */
MSVC_API void msvc_http_reply_problem(struct msvc_http_exchange *exchange, int status,
                                      const char *type, const char *detail);
/**
 * Reply with the problem that fits @p err->status: 400 for MALFORMED, 401 for AUTH, 404 for
 * NOT_FOUND, 409 for CONFLICT, EXISTS and STATE, 422 for INVALID, LIMIT, REFUSED and UNSUPPORTED,
 * 503 with Retry-After for UNAVAILABLE and REJECTED, 504 for TIMEOUT, 500 for the rest. The message
 * of 4xx is sent, that of 5xx is logged instead.
 */
MSVC_API void msvc_http_reply_error(struct msvc_http_exchange *exchange,
                                    const struct msvc_error *err);

/**
 * Produces a streamed body, whenever the peer has taken what was there; may block (but not for an
 * inline route). Called on a worker, no span entered.
 *
 * @return Bytes written to @p out, 0 at the end, a status to cut the connection.
 */
typedef int msvc_http_produce_fn(void *out, size_t length, void *user);

/** Reply with a body of unknown length, chunked. @p release is optional; called at the end. */
MSVC_API void msvc_http_reply_stream(struct msvc_http_exchange *exchange, int status,
                                     const char *content_type, msvc_http_produce_fn *produce,
                                     void (*release)(void *user), void *user);

MSVC_END_DECLS

#endif
