/* SPDX-License-Identifier: MIT */
/*
 * One request on its way through a router, whoever carries it: the listening
 * server or the transport inside the process. A carrier
 *
 *   new     copies method, target and headers in,
 *   open    lets the router look at them (the answer may be there already),
 *   body    appends what arrives,
 *   run     calls filters and handler; afterwards there is an answer,
 *   finish  says how it went: log, span; frees.
 */
#ifndef MSVC_HTTP_SERVER_EXCHANGE_INTERNAL_H
#define MSVC_HTTP_SERVER_EXCHANGE_INTERNAL_H

#include <msvc/buffer.h>
#include <msvc/http_router.h>
#include <msvc/trace.h>

#include "http_server/routes_internal.h"
#include "http_server/target_internal.h"

#define MSVC__HTTP_REQUEST_HEADERS_MAX 100
#define MSVC__HTTP_REPLY_HEADERS_MAX   64
#define MSVC__HTTP_REPLY_HEAD_MAX      3584 /* bytes of all of them */
#define MSVC__HTTP_PEER_SIZE           64

struct filter {
    struct filter *next;
    msvc_http_filter_fn *filter;
    void *user;
};

struct msvc_http_router {
    struct msvc_http_router_options options; /* defaults filled in */
    struct route_node *routes;
    struct filter *filters;
    _Atomic bool is_serving; /* no more routes */
};

/* A body that is produced while it is sent. */
struct reply_stream {
    msvc_http_produce_fn *produce; /* NULL: the body is in reply_body */
    void (*release)(void *user);
    void *user;
};

struct msvc_http_exchange {
    struct msvc_http_router *router;
    uint64_t started_ns;

    /* The request. */
    char *method;
    struct msvc_header *headers; /* one block with their text; ended by a NULL name */
    struct target target;
    struct route_match match;
    struct msvc_buffer body;
    uint64_t deadline_ns;
    char peer[MSVC__HTTP_PEER_SIZE];
    const char *scheme;

    /* Reads a streamed body; the carrier's. */
    int (*read)(struct msvc_http_exchange *exchange, void *out, size_t length);
    void *carrier;

    /* The answer. */
    bool has_replied;
    bool is_broken; /* a header of it cannot be sent */
    int status;
    size_t reply_header_count;
    size_t reply_head_bytes;
    struct msvc_header reply_headers[MSVC__HTTP_REPLY_HEADERS_MAX + 1];
    struct msvc_buffer reply_body;
    struct reply_stream stream;

    struct msvc_span *span;
    void *user;
    void (*release)(void *user);
};

/* What a carrier knows about a request. */
struct request_head {
    const char *method;
    const struct msvc_header *headers;
    const char *peer;
    const char *scheme; /* static */
    uint64_t started_ns;
};

/* Returns 0 or MSVC_ERR_NOMEM. */
int msvc__exchange_new(struct msvc_http_exchange **out, struct msvc_http_router *router,
                       const struct request_head *head);
void msvc__exchange_open(struct msvc_http_exchange *x, const char *target);
/* Returns 0, MSVC_ERR_LIMIT or MSVC_ERR_NOMEM. */
int msvc__exchange_body(struct msvc_http_exchange *x, const void *data, size_t length);
void msvc__exchange_run(struct msvc_http_exchange *x);
void msvc__exchange_finish(struct msvc_http_exchange *x, uint64_t reply_bytes, bool is_complete);

size_t msvc__exchange_body_limit(const struct msvc_http_exchange *x);
bool msvc__exchange_is_inline(const struct msvc_http_exchange *x);
bool msvc__exchange_streams(const struct msvc_http_exchange *x);

/* Take back what was replied, if anything, and reply with a problem. */
void msvc__exchange_override(struct msvc_http_exchange *x, int status, const char *detail);

/* Spans and log lines (record.c). */
void msvc__exchange_span_start(struct msvc_http_exchange *x);
void msvc__exchange_record(struct msvc_http_exchange *x, uint64_t reply_bytes, bool is_complete);

#endif
