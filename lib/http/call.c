/* SPDX-License-Identifier: MIT */
/*
 * What a transport is given has been checked here: a transport writes method,
 * target and headers to the wire as they are, so that nothing in them may end
 * a line.
 */
#include <msvc/http.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/options_internal.h"
#include "http/request_internal.h"
#include "http/token_internal.h"

#define DEFAULT_ANSWER_LIMIT ((size_t)16 << 20)

static int check_headers(const struct msvc_header *headers, struct msvc_error *err)
{
    for (; headers != NULL && headers->name != NULL; headers++) {
        if (!msvc__http_is_token(headers->name))
            return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0,
                                  "header name '%s' is not a token", headers->name);
        if (!msvc__http_is_field_value(headers->value))
            return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0,
                                  "header %s has no value, or one with control characters",
                                  headers->name);
    }
    return 0;
}

static int check_value(const char *name, const char *value, struct msvc_error *err)
{
    if (value == NULL || msvc__http_is_field_value(value))
        return 0;
    return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0, "the %s has control characters", name);
}

static int check(const struct msvc_http_request_options *request, struct msvc_error *err)
{
    int status;

    if (!msvc__http_is_token(request->method))
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0, "method '%s' is not a token",
                              request->method);
    if (!msvc__http_is_target(request->target))
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0,
                              "the target must be an encoded path that starts with '/'");
    if (request->body == NULL && request->body_length > 0)
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0, "a length without a body");
    status = check_value("content type", request->content_type, err);
    if (status == 0)
        status = check_value("idempotency key", request->idempotency_key, err);
    return status == 0 ? check_headers(request->headers, err) : status;
}

int msvc__http_request_take(struct msvc_http_request_options *out,
                            const struct msvc_http_request_options *request, struct msvc_error *err)
{
    int status = msvc__options_copy(out, sizeof(*out), request);

    if (status < 0)
        return msvc_error_set(err, status, "http", 0, "request options of a newer version");
    if (out->method == NULL)
        out->method = "GET";
    if (out->content_type == NULL && out->body != NULL)
        out->content_type = "application/json";
    if (out->answer_limit == 0)
        out->answer_limit = DEFAULT_ANSWER_LIMIT;
    return check(out, err);
}

int msvc_http_call(struct msvc_http_transport *transport,
                   const struct msvc_http_request_options *request, struct msvc_http_answer **out,
                   struct msvc_error *err)
{
    struct msvc_http_request_options taken;
    int status;

    if (transport == NULL || request == NULL || out == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "http", 0,
                              "a call needs a transport, a request and somewhere for its answer");
    status = msvc__http_request_take(&taken, request, err);
    return status == 0 ? transport->ops->call(transport, &taken, out, err) : status;
}

void msvc_http_transport_free(struct msvc_http_transport *transport)
{
    if (transport != NULL)
        transport->ops->free(transport);
}
