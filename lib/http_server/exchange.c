/* SPDX-License-Identifier: MIT */
/* The life of an exchange. */
#include "http_server/exchange_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"

#define TIMEOUT_DIGITS_MAX 9

static char *put(char **at, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*at, text, size);

    *at += size;
    return copy;
}

/* Headers, their text and the method in one block. */
static int copy_head(struct msvc_http_exchange *x, const struct request_head *head)
{
    size_t size = strlen(head->method) + 1;
    size_t count = 0;
    char *text;

    for (const struct msvc_header *h = head->headers; h->name != NULL; h++, count++)
        size += strlen(h->name) + strlen(h->value) + 2;
    x->headers = msvc__new((count + 1) * sizeof(x->headers[0]) + size);
    if (x->headers == NULL)
        return MSVC_ERR_NOMEM;
    text = (char *)&x->headers[count + 1];
    for (size_t i = 0; i < count; i++) {
        x->headers[i].name = put(&text, head->headers[i].name);
        x->headers[i].value = put(&text, head->headers[i].value);
    }
    x->method = put(&text, head->method);
    return 0;
}

int msvc__exchange_new(struct msvc_http_exchange **out, struct msvc_http_router *router,
                       const struct request_head *head)
{
    struct msvc_http_exchange *x = msvc__new(sizeof(*x));
    size_t peer_length = strlen(head->peer);

    if (x == NULL || copy_head(x, head) < 0) {
        free(x);
        return MSVC_ERR_NOMEM;
    }
    x->router = router;
    x->started_ns = head->started_ns;
    x->scheme = head->scheme;
    if (peer_length < sizeof(x->peer))
        memcpy(x->peer, head->peer, peer_length);
    *out = x;
    return 0;
}

/* 0: no header; a negative number: it is no number of milliseconds. */
static int64_t timeout_of(const struct msvc_http_exchange *x, bool *is_set)
{
    const char *text = msvc_header_find(x->headers, MSVC_HTTP_TIMEOUT_HEADER, 0);
    int64_t ms = 0;

    *is_set = text != NULL;
    if (text == NULL)
        return 0;
    if (*text == '\0' || strspn(text, "0123456789") != strlen(text) ||
        strlen(text) > TIMEOUT_DIGITS_MAX ||
        msvc_header_find(x->headers, MSVC_HTTP_TIMEOUT_HEADER, 1) != NULL)
        return -1;
    for (; *text != '\0'; text++)
        ms = ms * 10 + (*text - '0');
    return ms;
}

/* Of two headers, and of a call in this thread, the earliest counts. */
static bool set_deadline(struct msvc_http_exchange *x)
{
    const char *grpc = msvc_header_find(x->headers, MSVC_HTTP_GRPC_TIMEOUT_HEADER, 0);
    uint64_t grpc_ns = 0;
    bool is_set;
    int64_t ms = timeout_of(x, &is_set);

    if (ms < 0 || (grpc != NULL && msvc_grpc_timeout_parse(&grpc_ns, grpc) < 0))
        return false;
    x->deadline_ns = msvc_deadline_current();
    if (is_set)
        x->deadline_ns =
            msvc_deadline_earlier(x->deadline_ns, x->started_ns + (uint64_t)ms * 1000000);
    if (grpc != NULL)
        x->deadline_ns = msvc_deadline_earlier(x->deadline_ns, x->started_ns + grpc_ns);
    return true;
}

static void reply_allow(struct msvc_http_exchange *x)
{
    struct msvc_buffer list = MSVC_BUFFER_INIT;

    for (size_t i = 0; i < x->match.allow_count; i++)
        msvc_buffer_printf(&list, "%s, ", x->match.allow[i]);
    msvc_buffer_text(&list, "OPTIONS");
    if (msvc_buffer_status(&list) == 0)
        msvc_http_reply_header(x, "Allow", list.data);
    msvc_buffer_clear(&list);
}

static void reply_without_route(struct msvc_http_exchange *x)
{
    if (x->match.allow_count == 0) {
        msvc_http_reply_problem(x, 404, NULL, "no such resource");
        return;
    }
    reply_allow(x);
    if (strcmp(x->method, "OPTIONS") == 0)
        msvc_http_reply(x, 204, NULL, NULL, 0);
    else
        msvc_http_reply_problem(x, 405, NULL, "the resource has other methods, see Allow");
}

void msvc__exchange_open(struct msvc_http_exchange *x, const char *target)
{
    const char *problem;
    int status = msvc__target_parse(&x->target, target, &problem);

    if (status == 0)
        msvc__routes_find(&x->match, x->router->routes, x->method, x->target.path);
    msvc__exchange_span_start(x);
    x->body.limit = msvc__exchange_body_limit(x);
    if (status == MSVC_ERR_NOMEM)
        msvc_http_reply_problem(x, 500, NULL, NULL);
    else if (status < 0)
        msvc_http_reply_problem(x, 400, NULL, problem);
    else if (!set_deadline(x))
        msvc_http_reply_problem(x, 400, NULL,
                                MSVC_HTTP_TIMEOUT_HEADER
                                " is no number of milliseconds, or grpc-timeout is none of gRPC");
    else if (x->match.route == NULL)
        reply_without_route(x);
}

int msvc__exchange_body(struct msvc_http_exchange *x, const void *data, size_t length)
{
    msvc_buffer_bytes(&x->body, data, length);
    return msvc_buffer_status(&x->body);
}

size_t msvc__exchange_body_limit(const struct msvc_http_exchange *x)
{
    const struct route *route = x->match.route;

    return route != NULL && route->options.body_limit > 0 ? route->options.body_limit
                                                          : x->router->options.body_limit;
}

bool msvc__exchange_is_inline(const struct msvc_http_exchange *x)
{
    return x->match.route != NULL && x->match.route->options.is_inline;
}

bool msvc__exchange_streams(const struct msvc_http_exchange *x)
{
    return x->match.route != NULL && x->match.route->options.streams_request;
}

static void call_handler(struct msvc_http_exchange *x)
{
    const struct route *route = x->match.route;

    if (!route->options.is_quiet) {
        for (const struct filter *f = x->router->filters; f != NULL; f = f->next) {
            if (!f->filter(x, f->user))
                return;
        }
    }
    route->handler(x, route->user);
}

void msvc__exchange_run(struct msvc_http_exchange *x)
{
    uint64_t now_ns = msvc_clock_monotonic_ns(x->router->options.clock);
    struct msvc_span_scope scope;
    uint64_t previous;

    if (x->has_replied)
        return;
    if (x->deadline_ns != 0 && now_ns >= x->deadline_ns) {
        msvc_http_reply_problem(x, 504, NULL, "the caller's deadline passed before it was begun");
        return;
    }
    previous = msvc_deadline_enter(x->deadline_ns);
    msvc_span_enter(&scope, x->span);
    call_handler(x);
    if (!x->has_replied)
        msvc_http_reply_problem(x, 500, NULL, NULL);
    msvc_span_leave(&scope);
    msvc_deadline_leave(previous);
}

static void clear_reply(struct msvc_http_exchange *x)
{
    for (size_t i = 0; i < x->reply_header_count; i++)
        free((void *)(uintptr_t)x->reply_headers[i].name);
    memset(x->reply_headers, 0, x->reply_header_count * sizeof(x->reply_headers[0]));
    x->reply_header_count = 0;
    x->reply_head_bytes = 0;
    msvc_buffer_clear(&x->reply_body);
    if (x->stream.release != NULL)
        x->stream.release(x->stream.user);
    x->stream = (struct reply_stream){ 0 };
    x->has_replied = false;
    x->is_broken = false;
}

void msvc__exchange_override(struct msvc_http_exchange *x, int status, const char *detail)
{
    clear_reply(x);
    msvc_http_reply_problem(x, status, NULL, detail);
}

void msvc__exchange_finish(struct msvc_http_exchange *x, uint64_t reply_bytes, bool is_complete)
{
    msvc__exchange_record(x, reply_bytes, is_complete);
    clear_reply(x);
    if (x->release != NULL)
        x->release(x->user);
    msvc_buffer_clear(&x->body);
    msvc__target_clear(&x->target);
    free(x->headers);
    free(x);
}
