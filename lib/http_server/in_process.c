/* SPDX-License-Identifier: MIT */
/*
 * A call inside the process goes the way a request from a socket goes: the
 * same head, the same limits, filters, spans and answers. Only bytes do not
 * travel; handlers run on the calling thread.
 */
#include <msvc/http_router.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>
#include <msvc/trace.h>

#include "base/alloc_internal.h"
#include "http_server/exchange_internal.h"

#define OWN_HEADERS   6
#define NUMBER_SIZE   24
#define PRODUCE_BYTES 16384

struct in_process {
    struct msvc_http_transport transport; /* first: this is one */
    struct msvc_http_router *router;
};

/* A request as headers, with the text that the headers point to. */
struct head {
    struct msvc_header headers[MSVC__HTTP_REQUEST_HEADERS_MAX + OWN_HEADERS + 1];
    size_t count;
    char traceparent[MSVC_TRACEPARENT_SIZE];
    char timeout_ms[NUMBER_SIZE];
    char length[NUMBER_SIZE];
};

/* The part of the body that a streaming handler has not read. */
struct unread {
    const char *body;
    size_t length;
};

static void add(struct head *h, const char *name, const char *value)
{
    if (value != NULL)
        h->headers[h->count++] = (struct msvc_header){ name, value };
}

static void add_own(struct head *h, const struct msvc_http_request_options *request,
                    const struct msvc_clock *clock)
{
    const struct msvc_trace_context *parent =
        request->parent != NULL ? request->parent : msvc_trace_current();

    if (msvc_trace_context_is_valid(parent)) {
        msvc_trace_context_traceparent(h->traceparent, parent);
        add(h, "traceparent", h->traceparent);
        add(h, "tracestate", parent->tracestate[0] != '\0' ? parent->tracestate : NULL);
    }
    if (request->deadline_ns != 0) {
        (void)snprintf(h->timeout_ms, sizeof(h->timeout_ms), "%d",
                       msvc_deadline_left_ms(clock, request->deadline_ns, 999999999));
        add(h, MSVC_HTTP_TIMEOUT_HEADER, h->timeout_ms);
    }
    if (request->body != NULL) {
        (void)snprintf(h->length, sizeof(h->length), "%zu", request->body_length);
        add(h, "Content-Length", h->length);
        add(h, "Content-Type", request->content_type);
    }
    add(h, "Idempotency-Key", request->idempotency_key);
}

static int make_head(struct head *h, const struct msvc_http_request_options *request,
                     const struct msvc_clock *clock, struct msvc_error *err)
{
    add_own(h, request, clock);
    for (const struct msvc_header *one = request->headers; one != NULL && one->name != NULL;
         one++) {
        if (h->count == MSVC__HTTP_REQUEST_HEADERS_MAX)
            return msvc_error_set(err, MSVC_ERR_INVALID, "http", 431, "more than %d headers",
                                  MSVC__HTTP_REQUEST_HEADERS_MAX);
        h->headers[h->count++] = *one;
    }
    return 0;
}

static int read_body(struct msvc_http_exchange *x, void *out, size_t length)
{
    struct unread *unread = x->carrier;

    if (length > unread->length)
        length = unread->length;
    memcpy(out, unread->body, length);
    unread->body += length;
    unread->length -= length;
    return (int)length;
}

/* A streamed body is read to its end here. Returns 0 or what cut it. */
static int produce_all(struct msvc_http_exchange *x)
{
    int produced = 1;

    while (x->stream.produce != NULL && produced > 0) {
        char *room = msvc_buffer_reserve(&x->reply_body, PRODUCE_BYTES);

        if (room == NULL)
            return msvc_buffer_status(&x->reply_body);
        produced = x->stream.produce(room, PRODUCE_BYTES, x->stream.user);
        if (produced < 0)
            return MSVC_ERR_UNKNOWN;
        msvc_buffer_added(&x->reply_body, (size_t)produced);
    }
    return 0;
}

static int answer(struct msvc_http_exchange *x, const struct msvc_http_request_options *request,
                  struct msvc_http_answer **out, struct msvc_error *err)
{
    bool is_head = strcmp(request->method, "HEAD") == 0;
    int status;

    x->reply_body.limit = request->answer_limit + PRODUCE_BYTES;
    status = is_head ? 0 : produce_all(x);
    if (status == MSVC_ERR_UNKNOWN)
        return msvc_error_set(err, status, "http", x->status, "the answer was cut off");
    if (status == MSVC_ERR_LIMIT || x->reply_body.length > request->answer_limit)
        return msvc_error_set(err, MSVC_ERR_LIMIT, "http", x->status,
                              "the answer is longer than %zu bytes", request->answer_limit);
    if (status == 0)
        status = msvc_http_answer_new(out, x->status, x->reply_headers, x->reply_body.data,
                                      is_head ? 0 : x->reply_body.length);
    return status == 0 ? 0 : msvc_error_set(err, status, "http", 0, "%s", msvc_status_text(status));
}

static void serve(struct msvc_http_exchange *x, const struct msvc_http_request_options *request,
                  struct unread *unread)
{
    msvc__exchange_open(x, request->target);
    if (!x->has_replied && msvc__exchange_streams(x)) {
        x->carrier = unread;
        x->read = read_body;
    } else if (!x->has_replied && msvc__exchange_body(x, request->body, request->body_length) < 0) {
        msvc_http_reply_problem(x, 413, NULL, "the body is longer than this resource takes");
    }
    msvc__exchange_run(x);
}

/* The caller's deadline holds whatever the handler did. */
static int check_caller(const struct in_process *self,
                        const struct msvc_http_request_options *request, struct msvc_error *err)
{
    if (msvc_cancel_is_requested(request->cancel))
        return msvc_error_set(err, MSVC_ERR_CANCELLED, "http", 0, "the caller cancelled the call");
    if (msvc_deadline_left_ms(self->router->options.clock, request->deadline_ns, 1) == 0)
        return msvc_error_set(err, MSVC_ERR_TIMEOUT, "http", 0, "the deadline has passed");
    return 0;
}

static int call(struct msvc_http_transport *transport,
                const struct msvc_http_request_options *request, struct msvc_http_answer **out,
                struct msvc_error *err)
{
    struct in_process *self = (struct in_process *)transport;
    const struct msvc_clock *clock = self->router->options.clock;
    struct unread unread = { request->body, request->body_length };
    struct msvc_http_answer *made = NULL;
    struct msvc_http_exchange *x;
    struct head head = { .count = 0 };
    int status = check_caller(self, request, err);

    if (status == 0)
        status = make_head(&head, request, clock, err);
    if (status < 0)
        return status;
    if (msvc__exchange_new(&x, self->router,
                           &(struct request_head){ request->method, head.headers, "", "http",
                                                   msvc_clock_monotonic_ns(clock) }) < 0)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "http", 0, "out of memory");
    serve(x, request, &unread);
    status = answer(x, request, &made, err);
    msvc__exchange_finish(x, x->reply_body.length, status == 0);
    if (status == 0)
        status = check_caller(self, request, err);
    if (status == 0)
        *out = made;
    else
        msvc_http_answer_free(made);
    return status;
}

static void destroy(struct msvc_http_transport *transport)
{
    free(transport);
}

static const struct msvc_http_transport_ops ops = { sizeof(ops), call, destroy };

int msvc_http_router_transport(struct msvc_http_transport **out, struct msvc_http_router *router)
{
    struct in_process *self;

    if (out == NULL || router == NULL)
        return MSVC_ERR_INVALID;
    self = msvc__new(sizeof(*self));
    if (self == NULL)
        return MSVC_ERR_NOMEM;
    self->transport.ops = &ops;
    self->router = router;
    router->is_serving = true;
    *out = &self->transport;
    return 0;
}
