/* SPDX-License-Identifier: MIT */
/*
 * What is told about an exchange: a server span with OpenTelemetry's HTTP
 * attributes, an access log line, a warning when it was slow. Of the request
 * only method, route, path and peer: header and query values may be secrets.
 */
#include "http_server/exchange_internal.h"

#include <string.h>

#include <msvc/clock.h>
#include <msvc/telemetry.h>

#define NS_PER_MS    1000000
#define NAME_SIZE    256
#define UNKNOWN_NAME "_OTHER"

static bool is_quiet(const struct msvc_http_exchange *x)
{
    return x->match.route != NULL && x->match.route->options.is_quiet;
}

/* A peer may invent methods; as a name they would be without bound. */
static const char *method_name(const struct msvc_http_exchange *x)
{
    static const char *const known[] = { "GET",     "HEAD",  "POST",    "PUT",  "DELETE",
                                         "OPTIONS", "PATCH", "CONNECT", "TRACE" };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i], x->method) == 0)
            return known[i];
    }
    return UNKNOWN_NAME;
}

/* The contexts of all tracestate headers as one; empty when they do not fit. */
static void join_tracestate(const struct msvc_http_exchange *x, struct msvc_buffer *out)
{
    const char *value;

    for (size_t i = 0; (value = msvc_header_find(x->headers, "tracestate", i)) != NULL; i++)
        msvc_buffer_printf(out, "%s%s", i > 0 ? "," : "", value);
}

static void read_parent(struct msvc_trace_context *out, const struct msvc_http_exchange *x)
{
    struct msvc_buffer state = MSVC_BUFFER_INIT;

    if (msvc_header_find(x->headers, "traceparent", 1) != NULL)
        return;
    join_tracestate(x, &state);
    (void)msvc_trace_context_parse(out, msvc_header_find(x->headers, "traceparent", 0),
                                   msvc_buffer_status(&state) == 0 ? state.data : NULL);
    msvc_buffer_clear(&state);
}

static void span_name(char out[NAME_SIZE], const struct msvc_http_exchange *x)
{
    struct msvc_buffer name = { .limit = NAME_SIZE - 1 };
    const char *method = method_name(x);

    msvc_buffer_text(&name, strcmp(method, UNKNOWN_NAME) == 0 ? "HTTP" : method);
    if (x->match.route != NULL)
        msvc_buffer_printf(&name, " %s", x->match.route->pattern);
    if (name.data != NULL)
        memcpy(out, name.data, name.length);
    out[name.length] = '\0';
    msvc_buffer_clear(&name);
}

void msvc__exchange_span_start(struct msvc_http_exchange *x)
{
    struct msvc_tracer *tracer = msvc_telemetry_tracer(x->router->options.telemetry);
    struct msvc_trace_context parent = { 0 };
    char name[NAME_SIZE];

    if (tracer == NULL || is_quiet(x) || x->span != NULL)
        return;
    read_parent(&parent, x);
    span_name(name, x);
    x->span = msvc_span_start(tracer, name,
                              MSVC_SPAN_OPTIONS(.kind = MSVC_SPAN_SERVER, .parent = &parent,
                                                .attributes = MSVC_ATTRIBUTES(
                                                    MSVC_STR("http.request.method", method_name(x)),
                                                    MSVC_STR("url.path", x->target.raw_path),
                                                    MSVC_STR("url.scheme", x->scheme),
                                                    MSVC_STR("network.peer.address", x->peer))));
    if (x->match.route != NULL)
        msvc_span_set(x->span, MSVC_ATTRIBUTES(MSVC_STR("http.route", x->match.route->pattern)));
}

static void end_span(struct msvc_http_exchange *x, uint64_t reply_bytes, bool is_complete)
{
    msvc_span_set(x->span, MSVC_ATTRIBUTES(MSVC_I64("http.response.status_code", x->status),
                                           MSVC_I64("http.request.body.size", x->body.length),
                                           MSVC_I64("http.response.body.size", reply_bytes)));
    if (x->status >= 500 || !is_complete)
        msvc_span_set_status(x->span, MSVC_SPAN_ERROR, NULL);
    if (!is_complete)
        msvc_span_set(x->span, MSVC_ATTRIBUTES(MSVC_STR("error.type", "connection_closed")));
    msvc_span_end(x->span);
    x->span = NULL;
}

void msvc__exchange_record(struct msvc_http_exchange *x, uint64_t reply_bytes, bool is_complete)
{
    struct msvc_log *log = msvc_telemetry_log(x->router->options.telemetry);
    uint64_t ns = msvc_clock_monotonic_ns(x->router->options.clock) - x->started_ns;
    const char *route = x->match.route != NULL ? x->match.route->pattern : "";
    bool is_slow = ns > (uint64_t)x->router->options.slow_ms * NS_PER_MS;
    struct msvc_span_scope scope;

    if (is_quiet(x))
        return;
    msvc_span_enter(&scope, x->span);
    msvc_log_at(log, is_slow ? MSVC_LOG_WARN : MSVC_LOG_INFO,
                is_slow ? "http.slow_request" : "http.request",
                MSVC_STR("http.request.method", method_name(x)), MSVC_STR("http.route", route),
                MSVC_I64("http.response.status_code", x->status),
                MSVC_F64("duration_ms", (double)ns / NS_PER_MS),
                MSVC_I64("http.response.body.size", reply_bytes),
                MSVC_STR("network.peer.address", x->peer), MSVC_BOOL("is_complete", is_complete));
    msvc_span_leave(&scope);
    end_span(x, reply_bytes, is_complete);
}
