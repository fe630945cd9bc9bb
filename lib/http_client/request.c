/* SPDX-License-Identifier: MIT */
/*
 * What goes on the wire. libcurl 7.88 sends a request again by itself when a
 * kept connection turns out to be dead, POSTs included. It can only do so when
 * it can rewind the body: a read function without a seek function prevents
 * that, and an empty body, which needs no rewinding, goes out on a connection
 * of its own.
 */
#include "http_client/client_internal.h"

#include <stdio.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/status.h>
#include <msvc/trace_context.h>

#define HEADER_LINE_MAX 8192
#define NO_DEADLINE_MS  INT32_MAX

static bool is_safe_to_replay(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ||
           strcmp(method, "OPTIONS") == 0;
}

bool msvc__request_is_idempotent(const struct msvc_http_request_options *request)
{
    const char *method = request->method != NULL ? request->method : "GET";

    return request->idempotency_key != NULL || is_safe_to_replay(method) ||
           strcmp(method, "PUT") == 0 || strcmp(method, "DELETE") == 0;
}

static bool add_line(struct msvc__transfer *t, const char *name, const char *value)
{
    char line[HEADER_LINE_MAX];
    int length = snprintf(line, sizeof(line), value[0] != '\0' ? "%s: %s" : "%s;%s", name, value);
    struct curl_slist *longer;

    if (length < 0 || length >= (int)sizeof(line))
        return false;
    longer = curl_slist_append(t->headers, line);
    if (longer == NULL)
        return false;
    t->headers = longer;
    return true;
}

/* A line without a value takes a header of libcurl's own away. */
static bool take_away(struct msvc__transfer *t, const char *line)
{
    struct curl_slist *longer = curl_slist_append(t->headers, line);

    if (longer == NULL)
        return false;
    t->headers = longer;
    return true;
}

static bool add_trace(struct msvc__transfer *t)
{
    char traceparent[MSVC_TRACEPARENT_SIZE];

    if (!msvc_trace_context_is_valid(t->context))
        return true;
    msvc_trace_context_traceparent(traceparent, t->context);
    return add_line(t, "traceparent", traceparent) &&
           (t->context->tracestate[0] == '\0' || add_line(t, "tracestate", t->context->tracestate));
}

static bool add_timeout(struct msvc__transfer *t)
{
    char text[16];
    int left =
        msvc_deadline_left_ms(t->peer->client->options.clock, t->deadline_ns, NO_DEADLINE_MS);

    (void)snprintf(text, sizeof(text), "%d", left);
    return add_line(t, MSVC_HTTP_TIMEOUT_HEADER, text);
}

static bool add_headers(struct msvc__transfer *t)
{
    const struct msvc_http_request_options *request = t->request;
    const struct msvc_header *header = request->headers;
    const char *type = request->content_type != NULL ? request->content_type : "application/json";

    for (; header != NULL && header->name != NULL; header++) {
        if (!add_line(t, header->name, header->value))
            return false;
    }
    if (request->body_length > 0 && !add_line(t, "Content-Type", type))
        return false;
    if (request->body_length == 0 && !take_away(t, "Content-Type:"))
        return false;
    if (request->idempotency_key != NULL &&
        !add_line(t, "Idempotency-Key", request->idempotency_key))
        return false;
    return take_away(t, "Expect:") && add_trace(t) && add_timeout(t);
}

static size_t read_body(char *out, size_t size, size_t count, void *user)
{
    struct msvc__transfer *t = user;
    size_t left = t->request->body_length - t->sent;
    size_t length = size * count < left ? size * count : left;

    if (length > 0)
        memcpy(out, (const char *)t->request->body + t->sent, length);
    t->sent += length;
    return length;
}

static void set_method(struct msvc__transfer *t, CURL *easy)
{
    const char *method = t->request->method != NULL ? t->request->method : "GET";

    if (is_safe_to_replay(method) && t->request->body_length == 0) {
        (void)curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_NOBODY, strcmp(method, "HEAD") == 0 ? 1L : 0L);
    } else {
        (void)curl_easy_setopt(easy, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
        (void)curl_easy_setopt(easy, CURLOPT_READDATA, t);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                               (curl_off_t)t->request->body_length);
        (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, t->request->body_length == 0 ? 1L : 0L);
    }
    (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

static void set_limits(struct msvc__transfer *t, CURL *easy)
{
    const struct msvc_http_client_options *options = &t->peer->client->options;
    int left = msvc_deadline_left_ms(options->clock, t->deadline_ns, NO_DEADLINE_MS);
    long connect_ms = (long)options->connect_timeout_ms;

    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left > 0 ? (long)left : 1L);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* do not wait for a stuck resolver */
    (void)curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)(options->idle_ms + 999) / 1000);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* libcurl would ask the environment */
}

static void set_tls(const struct msvc_http_client_options *options, CURL *easy)
{
    if (options->tls_ca != NULL)
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, options->tls_ca);
    if (options->tls_certificate != NULL)
        (void)curl_easy_setopt(easy, CURLOPT_SSLCERT, options->tls_certificate);
    if (options->tls_key != NULL)
        (void)curl_easy_setopt(easy, CURLOPT_SSLKEY, options->tls_key);
}

int msvc__request_set_up(struct msvc__transfer *t, CURL *easy)
{
    struct msvc_buffer url = MSVC_BUFFER_INIT;
    CURLcode code = CURLE_OUT_OF_MEMORY;

    msvc_buffer_printf(&url, "%s%s", t->peer->base_url, t->request->target);
    if (msvc_buffer_status(&url) == 0)
        code = curl_easy_setopt(easy, CURLOPT_URL, url.data);
    msvc_buffer_clear(&url);
    if (code != CURLE_OK || !add_headers(t))
        return MSVC_ERR_NOMEM;

    set_method(t, easy);
    set_limits(t, easy);
    set_tls(&t->peer->client->options, easy);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, t->peer->client->options.user_agent);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
    return 0;
}
