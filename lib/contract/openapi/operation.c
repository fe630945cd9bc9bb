/* SPDX-License-Identifier: MIT */
/* An interaction against the operation that it uses. */
#include "contract/openapi/openapi_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <msvc/error.h>
#include <msvc/status.h>

/* Where two types part, parameters left out: how well a range takes a type, 0: not. */
static int fit_type(const char *range, const char *type)
{
    size_t length = strcspn(range, "; ");
    const char *slash = strchr(type, '/');

    if (strlen(type) == length && strncasecmp(range, type, length) == 0)
        return 3;
    if (length == 3 && strncmp(range, "*/*", 3) == 0)
        return 1;
    return slash != NULL && length == (size_t)(slash - type) + 2 && range[length - 1] == '*' &&
                   strncasecmp(range, type, length - 1) == 0
               ? 2
               : 0;
}

const struct msvc_json *msvc__openapi_media(const struct msvc_json *content, const char *type,
                                            const char **name)
{
    const struct msvc_json *best = NULL;
    int best_fit = 0;

    for (const struct msvc_json *one = msvc_json_first(content); one != NULL;
         one = msvc_json_next(one)) {
        const char *range = msvc_json_name(one, NULL);
        int fits = range != NULL ? fit_type(range, type) : 0;

        if (fits > best_fit) {
            best = one;
            best_fit = fits;
            *name = range;
        }
    }
    return best;
}

static void check_body(struct msvc__agree *c, const struct msvc_json *content,
                       const struct msvc__part *part)
{
    const char *name = NULL;
    const struct msvc_json *media = msvc__openapi_media(content, part->content_type, &name);
    const struct msvc_json *schema = msvc_json_member(media, "schema");
    struct msvc__place root = { .depth = 1 };
    size_t length = msvc__agree_enter(c, "content");

    if (media == NULL) {
        msvc__agree_fail(c, NULL, "the document describes no body of type %s",
                         part->content_type[0] != '\0' ? part->content_type : "(none)");
    } else if (part->json != NULL && schema != NULL) {
        (void)msvc__agree_enter(c, name);
        (void)msvc__agree_enter(c, "schema");
        msvc__agree_promised(c, schema, msvc_json_root(part->json), &root);
        msvc__agree_schema(c, schema, msvc_json_root(part->json), &root);
    }
    msvc__agree_leave(c, length);
}

static void check_request_body(struct msvc__agree *c, const struct msvc_json *operation,
                               const struct msvc__part *request)
{
    const struct msvc_json *given = msvc_json_member(operation, "requestBody");
    bool has_body = request->body_state == MSVC__BODY_PRESENT;
    size_t length = msvc__agree_enter(c, "requestBody");
    struct msvc__followed followed = { NULL };
    const struct msvc_json *body = given != NULL ? msvc__agree_follow(c, &followed, given) : NULL;

    c->part = "request.body";
    if (given == NULL && has_body)
        msvc__agree_fail(c, NULL, "the document describes no body");
    else if (body != NULL && has_body)
        check_body(c, msvc_json_member(body, "content"), request);
    else if (msvc_json_type(msvc_json_member(body, "required")) == MSVC_JSON_TRUE)
        msvc__agree_fail(c, NULL, "the document requires a body, the pact sends none");
    msvc__agree_back(c, &followed);
    msvc__agree_leave(c, length);
}

/* Headers that servers add by themselves, and those that belong to a body. */
static bool is_usual(const char *name)
{
    static const char *const names[] = { "Cache-Control",   "Connection",        "Content-Encoding",
                                         "Content-Length",  "Content-Type",      "Date",
                                         "Server",          "Transfer-Encoding", "Vary",
                                         "WWW-Authenticate" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(names[i], name) == 0)
            return true;
    }
    return strncasecmp(name, "Access-Control-", 15) == 0;
}

static const struct msvc_json *find_header(const struct msvc_json *headers, const char *name)
{
    for (const struct msvc_json *one = msvc_json_first(headers); one != NULL;
         one = msvc_json_next(one)) {
        const char *own = msvc_json_name(one, NULL);

        if (own != NULL && strcasecmp(own, name) == 0)
            return one;
    }
    return NULL;
}

static void check_headers(struct msvc__agree *c, const struct msvc_json *headers,
                          const struct msvc__part *response)
{
    size_t length = msvc__agree_enter(c, "headers");

    c->part = "response.header";
    for (size_t i = 0; i < response->headers.count; i++) {
        const struct msvc_header *one = &response->headers.items[i];
        const struct msvc_json *found = find_header(headers, one->name);
        const struct msvc_json *header = msvc__openapi_resolve(c->root, found);

        c->name = one->name;
        if (found == NULL && !is_usual(one->name))
            msvc__agree_fail(c, NULL,
                             "the document does not list this header: the provider does "
                             "not promise it");
        else if (header != NULL && msvc_json_member(header, "schema") != NULL)
            msvc__agree_text(c, msvc_json_member(header, "schema"), one->value);
    }
    c->name = NULL;
    msvc__agree_leave(c, length);
}

/* "404", "4XX", "default". */
static const struct msvc_json *find_response(const struct msvc_json *responses, int status)
{
    char name[16];
    const struct msvc_json *found;

    (void)snprintf(name, sizeof(name), "%d", status);
    found = msvc_json_member(responses, name);
    (void)snprintf(name, sizeof(name), "%dXX", status / 100);
    if (found == NULL)
        found = msvc_json_member(responses, name);
    return found != NULL ? found : msvc_json_member(responses, "default");
}

static void check_response(struct msvc__agree *c, const struct msvc_json *operation,
                           const struct msvc__part *response)
{
    size_t length = msvc__agree_enter(c, "responses");
    const struct msvc_json *given =
        find_response(msvc_json_member(operation, "responses"), response->status);
    struct msvc__followed followed = { NULL };
    const struct msvc_json *described = NULL;

    c->part = "response.status";
    if (given == NULL) {
        msvc__agree_fail(c, NULL, "the document describes no answer with status %d",
                         response->status);
    } else {
        (void)msvc__agree_enter(c, msvc_json_name(given, NULL));
        described = msvc__agree_follow(c, &followed, given);
    }
    if (described != NULL) {
        check_headers(c, msvc_json_member(described, "headers"), response);
        c->part = "response.body";
        if (response->body_state == MSVC__BODY_PRESENT)
            check_body(c, msvc_json_member(described, "content"), response);
    }
    msvc__agree_back(c, &followed);
    msvc__agree_leave(c, length);
}

static void check_operation(struct msvc__agree *c, const struct msvc__route *route,
                            const struct msvc__interaction *interaction)
{
    const struct msvc__part *request = &interaction->request;
    const struct msvc_json *item = msvc__openapi_resolve(c->root, route->item);
    const struct msvc_json *operation;
    char method[16];
    size_t i = 0;

    for (; request->method[i] != '\0' && i + 1 < sizeof(method); i++)
        method[i] = (char)tolower((unsigned char)request->method[i]);
    method[i] = '\0';
    operation = msvc_json_member(item, method);
    c->part = "request.method";
    if (operation == NULL) {
        msvc__agree_fail(c, NULL, "the document does not describe %s here", request->method);
        return;
    }
    (void)msvc__agree_enter(c, method);
    msvc__agree_parameters(c, route, operation, request);
    check_request_body(c, operation, request);
    c->is_answer = true;
    for (size_t k = 0; k < interaction->response_count; k++)
        check_response(c, operation, &interaction->responses[k]);
    c->is_answer = false;
}

void msvc__agree_interaction(struct msvc__agree *c, const struct msvc__interaction *interaction)
{
    struct msvc__route route;
    int status = 0;

    msvc_buffer_truncate(&c->pointer, 0);
    msvc_buffer_text(&c->pointer, "#/paths");
    c->part = "request.path";
    if (msvc__openapi_route(&route, c->root, interaction->request.path, &status)) {
        (void)msvc__agree_enter(c, route.key);
        check_operation(c, &route, interaction);
    } else if (status == 0) {
        msvc__agree_fail(c, NULL, "no path of the document fits %s", interaction->request.path);
    }
    if (status < 0 || msvc_buffer_status(&c->pointer) < 0)
        c->out->status = MSVC_ERR_NOMEM;
    msvc__pairs_clear(&route.params);
}
