/* SPDX-License-Identifier: MIT */
/* What a handler answers. The first reply counts; one that cannot be sent becomes a 500. */
#include <msvc/http_router.h>

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>
#include <msvc/telemetry.h>

#include "base/alloc_internal.h"
#include "http/token_internal.h"
#include "http_server/exchange_internal.h"
#include "http_server/phrase_internal.h"

static bool is_framing(const char *name)
{
    const struct msvc_header list[] = { { "Connection", "" },
                                        { "Content-Length", "" },
                                        { "Date", "" },
                                        { "Transfer-Encoding", "" },
                                        { NULL, NULL } };

    return msvc_header_find(list, name, 0) != NULL;
}

/* Name and value in one block that the name owns. */
static void add_header(struct msvc_http_exchange *x, const char *name, const char *value)
{
    size_t name_size = strlen(name) + 1;
    size_t value_size = strlen(value) + 1;
    char *block = NULL;

    x->reply_head_bytes += name_size + value_size + strlen(": ");
    if (x->reply_header_count < MSVC__HTTP_REPLY_HEADERS_MAX &&
        x->reply_head_bytes <= MSVC__HTTP_REPLY_HEAD_MAX)
        block = msvc__new(name_size + value_size);
    if (block == NULL) {
        x->is_broken = true;
        return;
    }
    memcpy(block, name, name_size);
    memcpy(block + name_size, value, value_size);
    x->reply_headers[x->reply_header_count++] = (struct msvc_header){ block, block + name_size };
}

void msvc_http_reply_header(struct msvc_http_exchange *x, const char *name, const char *value)
{
    if (x == NULL || x->has_replied)
        return;
    if (!msvc__http_is_token(name) || !msvc__http_is_field_value(value) || is_framing(name))
        x->is_broken = true;
    else
        add_header(x, name, value);
}

/* Whether a reply may be made now; a second one is not. */
static bool begin_reply(struct msvc_http_exchange *x, int status, const char *content_type)
{
    if (x == NULL || x->has_replied)
        return false;
    if (status < 200 || status > 599)
        x->is_broken = true;
    if (content_type != NULL)
        msvc_http_reply_header(x, "Content-Type", content_type);
    x->status = status;
    return true;
}

/* A reply that cannot be sent must not look like one that was meant. */
static void end_reply(struct msvc_http_exchange *x)
{
    x->has_replied = true;
    if (x->is_broken || msvc_buffer_status(&x->reply_body) < 0)
        msvc__exchange_override(x, 500, NULL);
}

void msvc_http_reply(struct msvc_http_exchange *x, int status, const char *content_type,
                     const void *body, size_t length)
{
    if (!begin_reply(x, status, content_type))
        return;
    if (body != NULL && status != 204 && status != 304)
        msvc_buffer_bytes(&x->reply_body, body, length);
    end_reply(x);
}

static int append(const char *data, size_t size, void *user)
{
    struct msvc_buffer *out = user;

    msvc_buffer_bytes(out, data, size);
    return msvc_buffer_status(out) == 0 ? 0 : -1;
}

void msvc_http_reply_json(struct msvc_http_exchange *x, int status, struct json_t *body)
{
    if (begin_reply(x, status, "application/json")) {
        if (body == NULL ||
            json_dump_callback(body, append, &x->reply_body, JSON_COMPACT | JSON_ENCODE_ANY) < 0)
            x->is_broken = true;
        end_reply(x);
    }
    json_decref(body);
}

static void write_problem(struct msvc_buffer *out, int status, const char *type, const char *detail)
{
    struct msvc_json_writer w;

    msvc_json_writer_init(&w, out);
    msvc_json_begin_object(&w);
    msvc_json_member_text(&w, "type", type != NULL ? type : "about:blank");
    msvc_json_member_text(&w, "title", msvc__http_phrase(status));
    msvc_json_member_int(&w, "status", status);
    if (detail != NULL)
        msvc_json_member_text(&w, "detail", detail);
    msvc_json_end_object(&w);
}

/* Does not go through end_reply(): when even this has no memory the answer is a bare status. */
void msvc_http_reply_problem(struct msvc_http_exchange *x, int status, const char *type,
                             const char *detail)
{
    if (!begin_reply(x, status, "application/problem+json"))
        return;
    if (status < 200 || status > 599)
        x->status = status = 500;
    write_problem(&x->reply_body, status, type, detail);
    if (msvc_buffer_status(&x->reply_body) < 0)
        msvc_buffer_clear(&x->reply_body);
    x->is_broken = false;
    x->has_replied = true;
}

static int http_status_of(int status)
{
    static const struct {
        int status;
        int http;
    } table[] = {
        { MSVC_ERR_MALFORMED, 400 }, { MSVC_ERR_AUTH, 401 },        { MSVC_ERR_NOT_FOUND, 404 },
        { MSVC_ERR_CONFLICT, 409 },  { MSVC_ERR_EXISTS, 409 },      { MSVC_ERR_STATE, 409 },
        { MSVC_ERR_INVALID, 422 },   { MSVC_ERR_LIMIT, 422 },       { MSVC_ERR_REFUSED, 422 },
        { MSVC_ERR_REJECTED, 503 },  { MSVC_ERR_UNAVAILABLE, 503 }, { MSVC_ERR_UNSUPPORTED, 422 },
        { MSVC_ERR_TIMEOUT, 504 },
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].status == status)
            return table[i].http;
    }
    return 500;
}

void msvc_http_reply_error(struct msvc_http_exchange *x, const struct msvc_error *err)
{
    int status = http_status_of(err != NULL ? err->status : 0);

    if (x == NULL || x->has_replied)
        return;
    if (status == 503)
        msvc_http_reply_header(x, "Retry-After", "1");
    if (status >= 500 && err != NULL)
        msvc_log_error(msvc_telemetry_log(x->router->options.telemetry), "http.handler_error",
                       MSVC_I64("http.response.status_code", status),
                       MSVC_STR("error.type", msvc_status_name(err->status)),
                       MSVC_STR("error.message", err->message));
    msvc_http_reply_problem(x, status, NULL, status < 500 ? err->message : NULL);
}

void msvc_http_reply_stream(struct msvc_http_exchange *x, int status, const char *content_type,
                            msvc_http_produce_fn *produce, void (*release)(void *user), void *user)
{
    if (produce == NULL || !begin_reply(x, status, content_type)) {
        if (release != NULL)
            release(user);
        return;
    }
    x->stream = (struct reply_stream){ produce, release, user };
    end_reply(x);
}
