/* SPDX-License-Identifier: MIT */
/*
 * What goes on the wire. libcurl 7.88 sends a request again by itself when a
 * kept connection turns out to be dead, POSTs included. It can only do so when
 * it can rewind the body: a read function without a seek function prevents
 * that, and an empty body, which needs no rewinding, goes out on a connection
 * of its own.
 */
#include "http_client/client_internal.h"

#include <string.h>

#include <msvc/clock.h>
#include <msvc/status.h>
#include <msvc/trace_context.h>

#include "base/alloc_internal.h"
#include "base/number_internal.h"

#define HEADERS_LIMIT   ((size_t)256 << 10)
#define NS_PER_MS       1000000
#define TIMEOUT_MOST_MS INT32_MAX

static bool is_safe_to_replay(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ||
           strcmp(method, "OPTIONS") == 0;
}

bool msvc__request_is_idempotent(const struct msvc_http_request_options *request)
{
    return request->idempotency_key != NULL || is_safe_to_replay(request->method) ||
           strcmp(request->method, "PUT") == 0 || strcmp(request->method, "DELETE") == 0;
}

static void add_line(struct msvc__handle *h, const char *name, const char *value)
{
    msvc_buffer_text(&h->lines, name);
    msvc_buffer_text(&h->lines, value[0] != '\0' ? ": " : ";");
    msvc_buffer_bytes(&h->lines, value, strlen(value) + 1);
}

/* A name without a value takes a header of libcurl's own away. */
static void take_away(struct msvc__handle *h, const char *name)
{
    msvc_buffer_text(&h->lines, name);
    msvc_buffer_bytes(&h->lines, ":", 2);
}

static void add_trace(struct msvc__transfer *t, struct msvc__handle *h)
{
    char traceparent[MSVC_TRACEPARENT_SIZE];

    if (!msvc_trace_context_is_valid(t->context))
        return;
    msvc_trace_context_traceparent(traceparent, t->context);
    add_line(h, "traceparent", traceparent);
    if (t->context->tracestate[0] != '\0')
        add_line(h, "tracestate", t->context->tracestate);
}

/* libcurl's own option for User-Agent formats it twice. */
static void add_headers(struct msvc__transfer *t, struct msvc__handle *h, uint64_t left_ns)
{
    const struct msvc_http_request_options *request = t->request;
    const struct msvc_header *header = request->headers;
    char number[MSVC__NUMBER_SIZE];

    for (; header != NULL && header->name != NULL; header++)
        add_line(h, header->name, header->value);
    if (request->body_length > 0) {
        add_line(h, "Content-Type", request->content_type);
        take_away(h, "Expect");
    } else if (!is_safe_to_replay(request->method)) {
        take_away(h, "Content-Type");
    }
    if (t->idempotency_key != NULL)
        add_line(h, "Idempotency-Key", t->idempotency_key);
    add_trace(t, h);
    add_line(h, "User-Agent", t->peer->client->options.user_agent);
    (void)msvc__format_uint(number, left_ns / NS_PER_MS);
    add_line(h, MSVC_HTTP_TIMEOUT_HEADER, number);
    if (t->peer->client->options.sends_grpc_timeout) {
        msvc_grpc_timeout_format(number, left_ns);
        add_line(h, MSVC_HTTP_GRPC_TIMEOUT_HEADER, number);
    }
}

/* libcurl wants a list; its nodes are ours, and are used again. */
static int link_lines(struct msvc__handle *h)
{
    size_t count = 0;
    struct curl_slist *nodes = h->nodes;
    char *end = h->lines.data + h->lines.length;

    if (msvc_buffer_status(&h->lines) < 0) {
        int status = msvc_buffer_status(&h->lines);

        msvc_buffer_clear(&h->lines);
        return status == MSVC_ERR_LIMIT ? MSVC_ERR_INVALID : status;
    }
    for (char *at = h->lines.data; at < end; at += strlen(at) + 1)
        count++;
    if (count > h->node_count) {
        nodes = msvc__grow(h->nodes, count * 2 * sizeof(*nodes));
        if (nodes == NULL)
            return MSVC_ERR_NOMEM;
        h->nodes = nodes;
        h->node_count = count * 2;
    }
    for (char *at = h->lines.data; at < end; at += strlen(at) + 1, nodes++)
        *nodes = (struct curl_slist){ at, nodes + 1 };
    nodes[-1].next = NULL;
    return 0;
}

static size_t read_body(char *out, size_t size, size_t count, void *user)
{
    struct msvc__transfer *t = ((struct msvc__handle *)user)->transfer;
    size_t left = t->request->body_length - t->sent;
    size_t length = size * count < left ? size * count : left;

    if (length > 0)
        memcpy(out, (const char *)t->request->body + t->sent, length);
    t->sent += length;
    return length;
}

static void set_body(const struct msvc_http_request_options *request, struct msvc__handle *h)
{
    size_t length = request->body_length;

    (void)curl_easy_setopt(h->easy, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(h->easy, CURLOPT_READFUNCTION, read_body);
    (void)curl_easy_setopt(h->easy, CURLOPT_READDATA, h);
    (void)curl_easy_setopt(h->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length);
    (void)curl_easy_setopt(h->easy, CURLOPT_FRESH_CONNECT, length == 0 ? 1L : 0L);
    (void)curl_easy_setopt(h->easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_method(const struct msvc_http_request_options *request, struct msvc__handle *h)
{
    bool is_get = strcmp(request->method, "GET") == 0 && request->body_length == 0;

    if (is_get && h->is_get)
        return;
    h->is_get = is_get;
    if (!is_safe_to_replay(request->method) || request->body_length > 0) {
        set_body(request, h);
        return;
    }
    (void)curl_easy_setopt(h->easy, CURLOPT_HTTPGET, 1L);
    (void)curl_easy_setopt(h->easy, CURLOPT_NOBODY, strcmp(request->method, "HEAD") == 0 ? 1L : 0L);
    (void)curl_easy_setopt(h->easy, CURLOPT_FRESH_CONNECT, 0L);
    (void)curl_easy_setopt(h->easy, CURLOPT_CUSTOMREQUEST, is_get ? NULL : request->method);
}

/* Only when it is another one than that of the handle's last request. */
static int set_url(const struct msvc__transfer *t, struct msvc__handle *h)
{
    size_t base_length = t->endpoint->host->base_length;
    size_t target_length = strlen(t->request->target);

    if (h->url.length == base_length + target_length &&
        memcmp(h->url.data, t->endpoint->host->base_url, base_length) == 0 &&
        memcmp(h->url.data + base_length, t->request->target, target_length) == 0)
        return 0;
    msvc_buffer_clear(&h->url);
    msvc_buffer_bytes(&h->url, t->endpoint->host->base_url, base_length);
    msvc_buffer_bytes(&h->url, t->request->target, target_length);
    if (msvc_buffer_status(&h->url) < 0 ||
        curl_easy_setopt(h->easy, CURLOPT_URL, h->url.data) != CURLE_OK) {
        msvc_buffer_clear(&h->url);
        return MSVC_ERR_NOMEM;
    }
    return 0;
}

/* An id names one endpoint for ever, so that a list of libcurl's that is gone is never used. */
static void set_endpoint(const struct msvc__transfer *t, struct msvc__handle *h)
{
    const struct msvc__endpoint *endpoint = t->endpoint;
    uint64_t id = endpoint->address[0] != '\0' ? endpoint->id : 0;

    if (h->endpoint_id == id)
        return;
    h->endpoint_id = id;
    (void)curl_easy_setopt(h->easy, CURLOPT_CONNECT_TO, id != 0 ? &endpoint->connect_to : NULL);
}

/* What the callee is told is rounded down, what we wait ourselves up. */
int msvc__request_set_up(struct msvc__transfer *t, struct msvc__handle *h)
{
    uint64_t now_ns = msvc_clock_monotonic_ns(t->peer->client->options.clock);
    uint64_t left_ns = t->deadline_ns > now_ns ? t->deadline_ns - now_ns : 0;
    uint64_t left_ms = left_ns / NS_PER_MS + 1;
    int status = set_url(t, h);

    msvc_buffer_truncate(&h->lines, 0);
    h->lines.limit = HEADERS_LIMIT;
    add_headers(t, h, left_ns);
    if (status == 0)
        status = link_lines(h);
    if (status < 0)
        return status;
    set_method(t->request, h);
    set_endpoint(t, h);
    (void)curl_easy_setopt(h->easy, CURLOPT_TIMEOUT_MS,
                           left_ms < TIMEOUT_MOST_MS ? (long)left_ms : (long)TIMEOUT_MOST_MS);
    (void)curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, h->nodes);
    return 0;
}
