/* SPDX-License-Identifier: MIT */
#include <msvc/http_router.h>

#include <stdatomic.h>
#include <stdlib.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "http_server/exchange_internal.h"

#define DEFAULT_BODY_LIMIT ((size_t)1 << 20)
#define DEFAULT_SLOW_MS    500

int msvc_http_router_new(struct msvc_http_router **out,
                         const struct msvc_http_router_options *options)
{
    struct msvc_http_router_options copy;
    struct msvc_http_router *router;
    int status;

    if (out == NULL)
        return MSVC_ERR_INVALID;
    status = msvc__options_copy(&copy, sizeof(copy), options);
    if (status < 0)
        return status;
    router = msvc__new(sizeof(*router));
    if (router == NULL)
        return MSVC_ERR_NOMEM;
    router->options = copy;
    if (copy.body_limit == 0)
        router->options.body_limit = DEFAULT_BODY_LIMIT;
    if (copy.slow_ms == 0)
        router->options.slow_ms = DEFAULT_SLOW_MS;
    *out = router;
    return 0;
}

void msvc_http_router_free(struct msvc_http_router *router)
{
    if (router == NULL)
        return;
    while (router->filters != NULL) {
        struct filter *filter = router->filters;

        router->filters = filter->next;
        free(filter);
    }
    msvc__routes_free(router->routes);
    free(router);
}

int msvc_http_route(struct msvc_http_router *router, const char *method, const char *path,
                    msvc_http_handler_fn *handler, void *user,
                    const struct msvc_http_route_options *options)
{
    struct route route = { .handler = handler, .user = user };
    int status;

    if (router == NULL)
        return MSVC_ERR_INVALID;
    if (atomic_load(&router->is_serving))
        return MSVC_ERR_STATE;
    status = msvc__options_copy(&route.options, sizeof(route.options), options);
    if (status < 0)
        return status;
    if (route.options.is_inline && route.options.streams_request)
        return MSVC_ERR_INVALID;
    return msvc__routes_add(&router->routes, &route, method, path);
}

int msvc_http_router_filter(struct msvc_http_router *router, msvc_http_filter_fn *filter,
                            void *user)
{
    struct filter **place;

    if (router == NULL || filter == NULL)
        return MSVC_ERR_INVALID;
    if (atomic_load(&router->is_serving))
        return MSVC_ERR_STATE;
    for (place = &router->filters; *place != NULL; place = &(*place)->next)
        ;
    *place = msvc__new(sizeof(**place));
    if (*place == NULL)
        return MSVC_ERR_NOMEM;
    (*place)->filter = filter;
    (*place)->user = user;
    return 0;
}
