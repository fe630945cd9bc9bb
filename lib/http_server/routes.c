/* SPDX-License-Identifier: MIT */
/*
 * Every node stands for one segment at one depth, so that a search visits a
 * node at most once, whatever the path: literal children first, then the one
 * that takes any segment, then the one that takes the rest.
 */
#include "http_server/routes_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "http/token_internal.h"

struct route_node {
    struct route_node *next; /* a sibling: another literal */
    char *literal;           /* of those in literals */
    struct route_node *literals;
    struct route_node *any;
    struct route_node *rest;
    struct route *routes;
};

static void free_route(struct route *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->name_count; i++)
        free(r->names[i]);
    free(r->method);
    free(r->pattern);
    free(r);
}

void msvc__routes_free(struct route_node *node)
{
    while (node != NULL) {
        struct route_node *next = node->next;

        msvc__routes_free(node->literals);
        msvc__routes_free(node->any);
        msvc__routes_free(node->rest);
        while (node->routes != NULL) {
            struct route *route = node->routes;

            node->routes = route->next;
            free_route(route);
        }
        free(node->literal);
        free(node);
        node = next;
    }
}

static bool is_name(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool is_letter = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
                         text[i] == '_';

        if (!is_letter && (i == 0 || text[i] < '0' || text[i] > '9'))
            return false;
    }
    return length > 0;
}

static int add_name(struct route *r, const char *text, size_t length)
{
    if (!is_name(text, length) || r->name_count == MSVC_HTTP_PARAM_MAX)
        return MSVC_ERR_INVALID;
    for (size_t i = 0; i < r->name_count; i++) {
        if (strncmp(r->names[i], text, length) == 0 && r->names[i][length] == '\0')
            return MSVC_ERR_INVALID;
    }
    r->names[r->name_count] = msvc__copy_bytes(text, length);
    if (r->names[r->name_count] == NULL)
        return MSVC_ERR_NOMEM;
    r->name_count++;
    return 0;
}

/* A literal segment: empty only at the end, nothing that a decoded path cannot have. */
static bool is_literal(const char *text, size_t length, bool is_last)
{
    if (length == 0)
        return is_last;
    if (text[0] == '.' && (length == 1 || (length == 2 && text[1] == '.')))
        return false;
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f || strchr("{}?#%\\", text[i]) != NULL)
            return false;
    }
    return true;
}

static int child(struct route_node **out, struct route_node **place)
{
    if (*place == NULL)
        *place = msvc__new(sizeof(**place));
    *out = *place;
    return *place != NULL ? 0 : MSVC_ERR_NOMEM;
}

static int literal_child(struct route_node **out, struct route_node *node, const char *text,
                         size_t length)
{
    struct route_node **place = &node->literals;
    struct route_node *made;

    for (; *place != NULL; place = &(*place)->next) {
        if (strncmp((*place)->literal, text, length) == 0 && (*place)->literal[length] == '\0') {
            *out = *place;
            return 0;
        }
    }
    made = msvc__new(sizeof(*made));
    if (made != NULL)
        made->literal = msvc__copy_bytes(text, length);
    if (made == NULL || made->literal == NULL) {
        free(made);
        return MSVC_ERR_NOMEM;
    }
    *place = made;
    *out = made;
    return 0;
}

/* One step down the tree for the segment at text. */
static int descend(struct route_node **node, struct route *r, const char *text, size_t length)
{
    bool is_last = text[length] == '\0';
    int status;

    if (length < 2 || text[0] != '{' || text[length - 1] != '}') {
        if (!is_literal(text, length, is_last))
            return MSVC_ERR_INVALID;
        return literal_child(node, *node, text, length);
    }
    if (length > 5 && memcmp(text + length - 4, "...", 3) == 0) {
        if (!is_last)
            return MSVC_ERR_INVALID;
        status = add_name(r, text + 1, length - 5);
        return status == 0 ? child(node, &(*node)->rest) : status;
    }
    status = add_name(r, text + 1, length - 2);
    return status == 0 ? child(node, &(*node)->any) : status;
}

static int place_of(struct route_node **out, struct route_node *root, struct route *r)
{
    struct route_node *node = root;
    const char *at = r->pattern;

    if (*at != '/')
        return MSVC_ERR_INVALID;
    while (*at == '/') {
        size_t length = strcspn(++at, "/");
        int status = descend(&node, r, at, length);

        if (status < 0)
            return status;
        at += length;
    }
    for (const struct route *other = node->routes; other != NULL; other = other->next) {
        if (strcmp(other->method, r->method) == 0)
            return MSVC_ERR_EXISTS;
    }
    *out = node;
    return 0;
}

int msvc__routes_add(struct route_node **root, const struct route *route, const char *method,
                     const char *pattern)
{
    struct route_node *node;
    struct route *r;
    int status = MSVC_ERR_NOMEM;

    if (!msvc__http_is_token(method) || pattern == NULL || route->handler == NULL)
        return MSVC_ERR_INVALID;
    if (child(&node, root) < 0)
        return MSVC_ERR_NOMEM;
    r = msvc__new(sizeof(*r));
    if (r == NULL)
        return MSVC_ERR_NOMEM;
    *r = (struct route){ .handler = route->handler,
                         .user = route->user,
                         .options = route->options,
                         .method = msvc__copy_text(method),
                         .pattern = msvc__copy_text(pattern) };
    if (r->method != NULL && r->pattern != NULL)
        status = place_of(&node, *root, r);
    if (status < 0) {
        free_route(r);
        return status;
    }
    r->next = node->routes;
    node->routes = r;
    return 0;
}

struct search {
    struct route_match *match;
    const char *method;
    char *ends[MSVC_HTTP_PARAM_MAX]; /* where each param ends */
};

static void allow(struct route_match *m, const char *method)
{
    for (size_t i = 0; i < m->allow_count; i++) {
        if (strcmp(m->allow[i], method) == 0)
            return;
    }
    if (m->allow_count < MSVC__HTTP_ALLOW_MAX)
        m->allow[m->allow_count++] = method;
}

/* Notes the methods of a node that the path ends at; whether one is the method asked. HEAD is GET
 * without a body. */
static bool take_route(struct search *s, const struct route_node *node)
{
    const struct route *get = NULL;

    for (const struct route *r = node->routes; r != NULL; r = r->next) {
        allow(s->match, r->method);
        if (strcmp(r->method, s->method) == 0)
            s->match->route = r;
        if (strcmp(r->method, "GET") == 0)
            get = r;
    }
    if (get != NULL)
        allow(s->match, "HEAD");
    if (s->match->route == NULL && strcmp(s->method, "HEAD") == 0)
        s->match->route = get;
    return s->match->route != NULL;
}

static void set_param(struct search *s, size_t index, char *from, char *end)
{
    s->match->params[index] = from;
    s->ends[index] = end;
}

/* at is the start of a segment, or NULL behind the last one. */
static bool search(struct search *s, const struct route_node *node, char *at, size_t params)
{
    size_t length;
    char *next;

    if (at == NULL)
        return take_route(s, node);
    length = strcspn(at, "/");
    next = at[length] == '/' ? at + length + 1 : NULL;
    for (const struct route_node *n = node->literals; n != NULL; n = n->next) {
        if (strncmp(n->literal, at, length) == 0 && n->literal[length] == '\0') {
            if (search(s, n, next, params))
                return true;
            break;
        }
    }
    if (node->any != NULL && length > 0) {
        set_param(s, params, at, at + length);
        if (search(s, node->any, next, params + 1))
            return true;
    }
    if (node->rest == NULL)
        return false;
    set_param(s, params, at, at + strlen(at));
    return take_route(s, node->rest);
}

void msvc__routes_find(struct route_match *out, const struct route_node *root, const char *method,
                       char *path)
{
    struct search s = { .match = out, .method = method };

    *out = (struct route_match){ 0 };
    if (root == NULL || *path != '/')
        return;
    if (!search(&s, root, path + 1, 0))
        return;
    for (size_t i = 0; i < out->route->name_count; i++)
        *s.ends[i] = '\0';
}
