/* SPDX-License-Identifier: MIT */
/* What a handler reads. */
#include <msvc/http_router.h>

#include <string.h>

#include <msvc/status.h>

#include "http_server/exchange_internal.h"

const char *msvc_http_method(const struct msvc_http_exchange *x)
{
    return x != NULL ? x->method : NULL;
}

const char *msvc_http_path(const struct msvc_http_exchange *x)
{
    return x != NULL ? x->target.raw_path : NULL;
}

const char *msvc_http_route_pattern(const struct msvc_http_exchange *x)
{
    return x != NULL && x->match.route != NULL ? x->match.route->pattern : NULL;
}

const char *msvc_http_param(const struct msvc_http_exchange *x, const char *name)
{
    const struct route *route = x != NULL ? x->match.route : NULL;

    if (route == NULL || name == NULL)
        return NULL;
    for (size_t i = 0; i < route->name_count; i++) {
        if (strcmp(route->names[i], name) == 0)
            return x->match.params[i];
    }
    return NULL;
}

const char *msvc_http_query(const struct msvc_http_exchange *x, const char *name, size_t index)
{
    if (x == NULL || name == NULL)
        return NULL;
    for (size_t i = 0; i < x->target.pair_count; i++) {
        if (strcmp(x->target.pairs[i].name, name) == 0 && index-- == 0)
            return x->target.pairs[i].value;
    }
    return NULL;
}

const char *msvc_http_header(const struct msvc_http_exchange *x, const char *name, size_t index)
{
    return x != NULL ? msvc_header_find(x->headers, name, index) : NULL;
}

const struct msvc_header *msvc_http_headers(const struct msvc_http_exchange *x)
{
    return x != NULL ? x->headers : NULL;
}

const char *msvc_http_query_text(const struct msvc_http_exchange *x)
{
    return x != NULL ? x->target.raw_query : NULL;
}

const char *msvc_http_body(const struct msvc_http_exchange *x, size_t *length)
{
    if (length != NULL)
        *length = x != NULL ? x->body.length : 0;
    return x != NULL && x->body.data != NULL ? x->body.data : "";
}

uint64_t msvc_http_deadline_ns(const struct msvc_http_exchange *x)
{
    return x != NULL ? x->deadline_ns : 0;
}

const char *msvc_http_peer(const struct msvc_http_exchange *x)
{
    return x != NULL ? x->peer : "";
}

int msvc_http_read(struct msvc_http_exchange *x, void *out, size_t length)
{
    if (x == NULL || out == NULL || !msvc__exchange_streams(x))
        return MSVC_ERR_INVALID;
    return length > 0 ? x->read(x, out, length) : 0;
}

void msvc_http_set_user(struct msvc_http_exchange *x, void *user, void (*release)(void *user))
{
    if (x == NULL)
        return;
    if (x->release != NULL)
        x->release(x->user);
    x->user = user;
    x->release = release;
}

void *msvc_http_user(const struct msvc_http_exchange *x)
{
    return x != NULL ? x->user : NULL;
}
