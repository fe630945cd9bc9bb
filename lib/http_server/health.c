/* SPDX-License-Identifier: MIT */
#include <msvc/http_router.h>

#include <msvc/health.h>
#include <msvc/status.h>

#include "http_server/exchange_internal.h"

static void probe(struct msvc_http_exchange *x, void *user)
{
    struct msvc_health_answer answer = { .body = MSVC_BUFFER_INIT };

    if (msvc_health_respond(user, x->target.raw_path, x->target.raw_query, &answer) < 0)
        return;
    msvc_http_reply_header(x, "Cache-Control", answer.cache_control);
    msvc_http_reply(x, answer.status, answer.content_type, answer.body.data, answer.body.length);
    msvc_buffer_clear(&answer.body);
}

int msvc_http_route_health(struct msvc_http_router *router, struct msvc_health *health)
{
    static const char *const paths[] = { "/health",   "/health/{probe}",  "/livez",
                                         "/readyz",   "/livez/{check}",   "/readyz/{check}",
                                         "/startupz", "/startupz/{check}" };
    int status = 0;

    if (health == NULL)
        return MSVC_ERR_INVALID;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]) && status == 0; i++)
        status = msvc_http_route(router, "GET", paths[i], probe, health,
                                 MSVC_HTTP_ROUTE_OPTIONS(.is_inline = true, .is_quiet = true));
    return status;
}
