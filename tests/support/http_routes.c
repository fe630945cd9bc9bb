/* SPDX-License-Identifier: MIT */
#include "http_routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/status.h>

static void reply_text(struct msvc_http_exchange *x, const char *text)
{
    msvc_http_reply(x, 200, "text/plain", text, strlen(text));
}

static void say(struct msvc_http_exchange *x, void *user)
{
    reply_text(x, user);
}

static void echo(struct msvc_http_exchange *x, void *user)
{
    size_t length;
    const char *body = msvc_http_body(x, &length);

    (void)user;
    msvc_http_reply(x, 200, msvc_http_header(x, "Content-Type", 0), body, length);
}

static void show_param(struct msvc_http_exchange *x, void *user)
{
    const char *name = user;
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    msvc_buffer_printf(&text, "%s=%s", name, msvc_http_param(x, name));
    msvc_http_reply(x, strcmp(msvc_http_method(x), "POST") == 0 ? 201 : 200, "text/plain",
                    text.data, text.length);
    msvc_buffer_clear(&text);
}

typedef const char *values_fn(const struct msvc_http_exchange *x, const char *name, size_t index);

static void show_all(struct msvc_http_exchange *x, values_fn *values, const char *name)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    const char *value;

    for (size_t i = 0; (value = values(x, name, i)) != NULL; i++)
        msvc_buffer_printf(&text, "%s|", value);
    msvc_http_reply(x, 200, "text/plain", text.data, text.length);
    msvc_buffer_clear(&text);
}

static void show_query(struct msvc_http_exchange *x, void *user)
{
    (void)user;
    show_all(x, msvc_http_query, "q");
}

static void show_headers(struct msvc_http_exchange *x, void *user)
{
    (void)user;
    show_all(x, msvc_http_header, "X-Many");
}

/* Everything that says what was asked; the header that the test chose is the last one. */
static void show_request(struct msvc_http_exchange *x, void *user)
{
    const struct msvc_header *last = msvc_http_headers(x);
    struct msvc_buffer text = MSVC_BUFFER_INIT;

    (void)user;
    while (last->name != NULL && last[1].name != NULL && strcmp(last->name, "X-Many") != 0)
        last++;
    msvc_buffer_printf(&text, "%s|%s|%s|%s|%s", msvc_http_method(x), msvc_http_path(x),
                       msvc_http_route_pattern(x),
                       msvc_http_query_text(x) != NULL ? msvc_http_query_text(x) : "none",
                       last->name != NULL ? last->value : "none");
    msvc_http_reply(x, 200, "text/plain", text.data, text.length);
    msvc_buffer_clear(&text);
}

static void show_peer(struct msvc_http_exchange *x, void *user)
{
    const char *peer = msvc_http_peer(x);

    (void)user;
    msvc_http_reply(x, 200, "text/plain", peer, strlen(peer));
}

static void reply_same_json(struct msvc_http_exchange *x, void *user)
{
    struct json_t *json;

    (void)user;
    if (msvc_http_body_json(x, &json) == 0)
        msvc_http_reply_json(x, 200, json);
}

static void say_nothing(struct msvc_http_exchange *x, void *user)
{
    (void)x;
    (void)user;
}

static void break_header(struct msvc_http_exchange *x, void *user)
{
    msvc_http_reply_header(x, "X-Bad", "a\r\nSet-Cookie: stolen=1");
    reply_text(x, user);
}

static void fail(struct msvc_http_exchange *x, void *user)
{
    struct msvc_error err;

    (void)user;
    (void)msvc_error_set(&err, atoi(msvc_http_param(x, "status")), "test", 0, "because of 42");
    msvc_http_reply_error(x, &err);
}

struct stream {
    int next;
    int cut_at;
};

static int produce(void *out, size_t length, void *user)
{
    struct stream *stream = user;

    if (stream->next == stream->cut_at)
        return MSVC_ERR_UNAVAILABLE;
    if (stream->next == 100)
        return 0;
    return snprintf(out, length, "chunk %d\n", stream->next++);
}

static void reply_stream(struct msvc_http_exchange *x, void *user)
{
    struct stream *stream = calloc(1, sizeof(*stream));

    if (stream == NULL)
        return;
    stream->cut_at = user != NULL ? 3 : -1;
    msvc_http_reply_stream(x, 200, "text/plain", produce, free, stream);
}

static void count_body(struct msvc_http_exchange *x, void *user)
{
    char bytes[1000];
    char text[32];
    size_t count = 0;
    int got;

    (void)user;
    while ((got = msvc_http_read(x, bytes, sizeof(bytes))) > 0)
        count += (size_t)got;
    (void)snprintf(text, sizeof(text), "%zu", count);
    if (got == MSVC_ERR_LIMIT)
        msvc_http_reply_problem(x, 413, NULL, NULL);
    else if (got < 0)
        msvc_http_reply_problem(x, 400, NULL, NULL);
    else
        reply_text(x, text);
}

static char hello[] = "hello";
static char inline_[] = "inline";
static char special[] = "special";
static char id[] = "id";
static char path[] = "path";

#define ROUTE(...)                                                  \
    {                                                               \
        .size = sizeof(struct msvc_http_route_options), __VA_ARGS__ \
    }

static const struct {
    const char *method;
    const char *path;
    msvc_http_handler_fn *handler;
    void *user;
    struct msvc_http_route_options options;
} routes[] = {
    { "GET", "/hello", say, hello, ROUTE(.is_quiet = false) },
    { "GET", "/inline", say, inline_, ROUTE(.is_inline = true) },
    { "POST", "/echo", echo, NULL, ROUTE(.body_limit = 1000) },
    { "GET", "/items/{id}", show_param, id, ROUTE(.is_quiet = false) },
    { "POST", "/items/{id}", show_param, id, ROUTE(.is_quiet = false) },
    { "GET", "/items/special", say, special, ROUTE(.is_quiet = false) },
    { "GET", "/files/{path...}", show_param, path, ROUTE(.is_quiet = false) },
    { "GET", "/query", show_query, NULL, ROUTE(.is_quiet = false) },
    { "GET", "/headers", show_headers, NULL, ROUTE(.is_quiet = false) },
    { "GET", "/request/{id}", show_request, NULL, ROUTE(.is_quiet = false) },
    { "GET", "/peer", show_peer, NULL, ROUTE(.is_inline = true) },
    { "POST", "/json", reply_same_json, NULL, ROUTE(.is_quiet = false) },
    { "GET", "/silent", say_nothing, NULL, ROUTE(.is_quiet = false) },
    { "GET", "/broken-header", break_header, hello, ROUTE(.is_quiet = false) },
    { "GET", "/error/{status}", fail, NULL, ROUTE(.is_quiet = false) },
    { "GET", "/stream", reply_stream, NULL, ROUTE(.is_quiet = false) },
    { "GET", "/stream-cut", reply_stream, hello, ROUTE(.is_quiet = false) },
    { "POST", "/count", count_body, NULL, ROUTE(.streams_request = true, .body_limit = 4 << 20) },
};

int test_routes_add(struct msvc_http_router *router)
{
    int status = 0;

    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]) && status == 0; i++)
        status = msvc_http_route(router, routes[i].method, routes[i].path, routes[i].handler,
                                 routes[i].user, &routes[i].options);
    return status;
}
