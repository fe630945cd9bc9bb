/* SPDX-License-Identifier: MIT */
/*
 * A router that takes every path and asks the pact. Where two interactions
 * want the same request (they differ in their states), each is answered in
 * turn; after that the last one answers again.
 */
#include <msvc/contract_mock.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/http_server.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "contract/match_internal.h"
#include "contract/model_internal.h"

#define BODY_LIMIT ((size_t)16 << 20)

/* Most bytes that are kept of what was unexpected. */
#define REPORT_LIMIT ((size_t)1 << 20)

static const char *const methods[] = { "DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT" };

struct msvc_pact_mock {
    const struct msvc_pact *pact;
    struct msvc_http_router *router;
    struct msvc_http_server *server; /* NULL without a listener */
    char url[128];

    pthread_mutex_t lock;       /* guards what follows */
    size_t *uses;               /* of each interaction */
    struct msvc_buffer strange; /* a paragraph for each unexpected request */
    size_t strange_count;
    struct msvc_error first;   /* the first of them in one line */
    bool is_short;             /* memory ran out while something was noted */
    struct msvc_buffer report; /* of the last check */
};

/* What is known of one request when every interaction was tried. */
struct search {
    const struct msvc__interaction *found;
    size_t index;
    const struct msvc__interaction *nearest;
    struct msvc__mismatches differences; /* to the nearest */
};

static int read_request(struct msvc__part *out, struct msvc_http_exchange *x)
{
    const struct msvc_header *headers = msvc_http_headers(x);
    size_t length = 0;
    const char *body = msvc_http_body(x, &length);
    const char *path = msvc_http_param(x, "path");
    const char *query = msvc_http_query_text(x);
    int status = msvc__part_set_body(out, body, length);

    out->is_request = true;
    out->method = msvc__copy_text(msvc_http_method(x));
    out->path = msvc__new(strlen(path) + 2);
    out->query_text = msvc__copy_text(query != NULL ? query : "");
    if (status < 0 || out->method == NULL || out->path == NULL || out->query_text == NULL)
        return MSVC_ERR_NOMEM;
    out->path[0] = '/';
    memcpy(out->path + 1, path, strlen(path));
    for (; headers != NULL && headers->name != NULL; headers++) {
        if (msvc__pairs_add(&out->headers, headers->name, strlen(headers->name), headers->value,
                            strlen(headers->value)) < 0)
            return MSVC_ERR_NOMEM;
    }
    status = msvc__pairs_add_query(&out->query, query);
    return status == 0 ? msvc__part_finish(out) : status;
}

/* The part that has to be right before another request counts as near. */
static size_t distance(const struct msvc__mismatches *differences)
{
    size_t distance = differences->found;

    for (size_t i = 0; i < differences->count; i++) {
        const char *part = differences->items[i].part;

        if (strcmp(part, "path") == 0 || strcmp(part, "method") == 0)
            distance += MSVC_CONTRACT_MISMATCHES_MAX;
    }
    return distance;
}

static void consider(struct search *s, const struct msvc__interaction *one,
                     struct msvc__mismatches *differences)
{
    if (s->nearest != NULL && distance(differences) >= distance(&s->differences)) {
        msvc__mismatches_clear(differences);
        return;
    }
    msvc__mismatches_clear(&s->differences);
    s->differences = *differences;
    s->nearest = one;
}

/* Under the lock, because of the uses. Returns 0 or MSVC_ERR_NOMEM. */
static int search(struct search *s, const struct msvc_pact_mock *mock,
                  const struct msvc__part *request)
{
    for (size_t i = 0; i < mock->pact->count; i++) {
        const struct msvc__interaction *one = mock->pact->interactions[i];
        struct msvc__mismatches differences = { .items = NULL };

        if (one->kind != MSVC_PACT_KIND_HTTP)
            continue;
        if (msvc__match(&differences, &one->request, request) < 0) {
            msvc__mismatches_clear(&differences);
            return MSVC_ERR_NOMEM;
        }
        if (differences.found == 0 && (s->found == NULL || mock->uses[s->index] > 0)) {
            s->found = one;
            s->index = i;
        }
        consider(s, one, &differences);
    }
    return 0;
}

static void note_strange(struct msvc_pact_mock *mock, const struct search *s,
                         const struct msvc__part *request)
{
    const struct msvc_contract_mismatch *first = s->differences.items;

    if (mock->strange_count++ == 0 && s->nearest == NULL)
        msvc_error_set(&mock->first, MSVC_ERR_REFUSED, MSVC__CONTRACT, 0,
                       "unexpected %s %s; the pact is empty", request->method, request->path);
    else if (mock->strange_count == 1)
        msvc_error_set(&mock->first, MSVC_ERR_REFUSED, MSVC__CONTRACT, 0,
                       "unexpected %s %s; nearest is \"%s\", but %s %s: %s (expected %s, found %s)",
                       request->method, request->path, s->nearest->description, first->part,
                       first->path, first->message, first->expected, first->actual);
    msvc_buffer_printf(&mock->strange, "unexpected request %s %s%s%s\n", request->method,
                       request->path, request->query_text[0] != '\0' ? "?" : "",
                       request->query_text);
    if (s->nearest == NULL)
        return;
    msvc_buffer_printf(&mock->strange, "  nearest is \"%s\", but\n", s->nearest->description);
    msvc__mismatches_write(&mock->strange, &s->differences, "    ");
}

/* The peer is told too: its log is often nearer than the test's. */
static void reply_strange(struct msvc_http_exchange *x, const struct search *s)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_json_writer w;

    msvc_json_writer_init(&w, &text);
    msvc_json_begin_object(&w);
    msvc_json_member_text(&w, "error", "the pact does not know this request");
    if (s->nearest != NULL)
        msvc_json_member_text(&w, "nearest", s->nearest->description);
    msvc_json_key(&w, "mismatches");
    msvc_json_begin_array(&w);
    for (size_t i = 0; i < s->differences.count; i++)
        msvc__mismatch_json(&w, &s->differences.items[i]);
    msvc_json_end_array(&w);
    msvc_json_end_object(&w);
    if (msvc_json_writer_status(&w) == 0)
        msvc_http_reply(x, 500, "application/json", text.data, text.length);
    else
        msvc_http_reply_problem(x, 500, NULL, "out of memory");
    msvc_buffer_clear(&text);
}

static bool is_framing(const char *name)
{
    static const char *const names[] = { "Connection", "Content-Length", "Content-Type", "Date",
                                         "Transfer-Encoding" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static void reply(struct msvc_http_exchange *x, const struct msvc__part *response)
{
    bool has_body = response->body_state == MSVC__BODY_PRESENT;
    const char *type = msvc_header_find(response->headers.items, "Content-Type", 0);

    if (type == NULL && has_body)
        type = response->content_type;
    for (size_t i = 0; i < response->headers.count; i++) {
        const struct msvc_header *header = &response->headers.items[i];

        if (!is_framing(header->name))
            msvc_http_reply_header(x, header->name, header->value);
    }
    msvc_http_reply(x, response->status, type, has_body ? response->body : "",
                    has_body ? response->body_length : 0);
}

static void handle(struct msvc_http_exchange *x, void *user)
{
    struct msvc_pact_mock *mock = user;
    struct msvc__part request = { .is_request = true };
    struct search s = { .found = NULL };
    int status = read_request(&request, x);

    (void)pthread_mutex_lock(&mock->lock);
    if (status == 0)
        status = search(&s, mock, &request);
    if (status == 0 && s.found != NULL)
        mock->uses[s.index]++;
    else if (status == 0)
        note_strange(mock, &s, &request);
    else
        mock->is_short = true;
    (void)pthread_mutex_unlock(&mock->lock);

    if (status < 0)
        msvc_http_reply_problem(x, 500, NULL, "out of memory");
    else if (s.found != NULL)
        reply(x, &s.found->responses[0]);
    else
        reply_strange(x, &s);
    msvc__mismatches_clear(&s.differences);
    msvc__part_clear(&request);
}

static int add_routes(struct msvc_pact_mock *mock)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < sizeof(methods) / sizeof(methods[0]); i++)
        status = msvc_http_route(mock->router, methods[i], "/{path...}", handle, mock, NULL);
    return status;
}

static int listen(struct msvc_pact_mock *mock, const struct msvc_pact_mock_options *options,
                  struct msvc_error *err)
{
    int status = msvc_http_server_start(
        &mock->server, mock->router,
        MSVC_HTTP_SERVER_OPTIONS(.address = options->address, .worker_count = 2), err);

    if (status == 0)
        (void)snprintf(mock->url, sizeof(mock->url), "http://%s",
                       msvc_http_server_address(mock->server));
    return status;
}

static int start(struct msvc_pact_mock *mock, const struct msvc_pact_mock_options *options,
                 struct msvc_error *err)
{
    int status;

    mock->uses = msvc__new_array(mock->pact->count + 1, sizeof(*mock->uses));
    status = mock->uses != NULL
                 ? msvc_http_router_new(&mock->router,
                                        MSVC_HTTP_ROUTER_OPTIONS(.body_limit = BODY_LIMIT))
                 : MSVC_ERR_NOMEM;
    if (status == 0)
        status = add_routes(mock);
    if (status < 0)
        return msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    return options->has_no_listener ? 0 : listen(mock, options, err);
}

int msvc_pact_mock_start(struct msvc_pact_mock **out, const struct msvc_pact *pact,
                         const struct msvc_pact_mock_options *options, struct msvc_error *err)
{
    struct msvc_pact_mock_options o;
    struct msvc_pact_mock *mock;
    int status =
        out != NULL && pact != NULL ? msvc__options_copy(&o, sizeof(o), options) : MSVC_ERR_INVALID;

    if (status < 0)
        return msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    mock = msvc__new(sizeof(*mock));
    if (mock == NULL || pthread_mutex_init(&mock->lock, NULL) != 0) {
        free(mock);
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
    }
    mock->pact = pact;
    mock->strange.limit = REPORT_LIMIT;
    status = start(mock, &o, err);
    if (status < 0)
        msvc_pact_mock_free(mock);
    else
        *out = mock;
    return status;
}

void msvc_pact_mock_free(struct msvc_pact_mock *mock)
{
    if (mock == NULL)
        return;
    msvc_http_server_free(mock->server);
    msvc_http_router_free(mock->router);
    msvc_buffer_clear(&mock->strange);
    msvc_buffer_clear(&mock->report);
    (void)pthread_mutex_destroy(&mock->lock);
    free(mock->uses);
    free(mock);
}

const char *msvc_pact_mock_url(const struct msvc_pact_mock *mock)
{
    return mock != NULL ? mock->url : "";
}

int msvc_pact_mock_transport(struct msvc_http_transport **out, struct msvc_pact_mock *mock)
{
    return out != NULL && mock != NULL ? msvc_http_router_transport(out, mock->router)
                                       : MSVC_ERR_INVALID;
}

/* Under the lock. */
static int judge(struct msvc_pact_mock *mock, struct msvc_error *err)
{
    const char *unused = NULL;

    msvc_buffer_clear(&mock->report);
    msvc_buffer_bytes(&mock->report, mock->strange.length > 0 ? mock->strange.data : "",
                      mock->strange.length);
    if (msvc_buffer_status(&mock->strange) < 0)
        msvc_buffer_text(&mock->report, "… and more\n");
    for (size_t i = 0; i < mock->pact->count; i++) {
        if (mock->uses[i] > 0 || mock->pact->interactions[i]->kind != MSVC_PACT_KIND_HTTP)
            continue;
        if (unused == NULL)
            unused = mock->pact->interactions[i]->description;
        msvc_buffer_printf(&mock->report, "not used: \"%s\"\n",
                           mock->pact->interactions[i]->description);
    }
    if (mock->is_short || msvc_buffer_status(&mock->report) < 0)
        return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
    if (mock->strange_count > 0) {
        if (err != NULL)
            *err = mock->first;
        return MSVC_ERR_REFUSED;
    }
    if (unused == NULL)
        return 0;
    return msvc_error_set(err, MSVC_ERR_NOT_FOUND, MSVC__CONTRACT, 0,
                          "the interaction \"%s\" was not used", unused);
}

int msvc_pact_mock_check(struct msvc_pact_mock *mock, struct msvc_error *err)
{
    int status;

    if (mock == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "expected a mock, found NULL");
    (void)pthread_mutex_lock(&mock->lock);
    status = judge(mock, err);
    (void)pthread_mutex_unlock(&mock->lock);
    return status;
}

const char *msvc_pact_mock_report(const struct msvc_pact_mock *mock)
{
    return mock != NULL && mock->report.data != NULL ? mock->report.data : "";
}
