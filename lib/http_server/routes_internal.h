/* SPDX-License-Identifier: MIT */
/* A tree of path segments, and the routes at its nodes. */
#ifndef MSVC_HTTP_SERVER_ROUTES_INTERNAL_H
#define MSVC_HTTP_SERVER_ROUTES_INTERNAL_H

#include <msvc/http_router.h>

/* Most methods an Allow header names, for one path. */
#define MSVC__HTTP_ALLOW_MAX 16

struct route {
    struct route *next; /* of the same node */
    char *method;
    char *pattern;
    char *names[MSVC_HTTP_PARAM_MAX]; /* of its {params}, in the order of the path */
    size_t name_count;
    msvc_http_handler_fn *handler;
    void *user;
    struct msvc_http_route_options options;
};

struct route_node; /* one segment */

/* What a path led to. */
struct route_match {
    const struct route *route;         /* NULL: none for the method */
    char *params[MSVC_HTTP_PARAM_MAX]; /* for route->names; inside the path that was given */
    const char *allow[MSVC__HTTP_ALLOW_MAX];
    size_t allow_count; /* methods that the path has, whichever was asked */
};

/* Copies what route has, beside handler, user and options, from method and pattern. Returns 0,
 * MSVC_ERR_INVALID, MSVC_ERR_EXISTS or MSVC_ERR_NOMEM. */
int msvc__routes_add(struct route_node **root, const struct route *route, const char *method,
                     const char *pattern);

/* Find the route; its params are cut out of path, which changes. */
void msvc__routes_find(struct route_match *out, const struct route_node *root, const char *method,
                       char *path);

void msvc__routes_free(struct route_node *root);

#endif
