/* SPDX-License-Identifier: MIT */
/* Requests over HTTP as parts of the model, and the other way round. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <msvc/http_router.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/generate_internal.h"
#include "contract/mock_internal.h"

int msvc__exchange_read(struct msvc__part *out, struct msvc_http_exchange *x)
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

/* The peer is told too: its log is often nearer than the test's. */
void msvc__exchange_refuse(struct msvc_http_exchange *x, int status, const struct msvc__search *s)
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
        msvc_http_reply(x, status, "application/json", text.data, text.length);
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

void msvc__exchange_reply(struct msvc_http_exchange *x, const struct msvc__part *response)
{
    bool has_body =
        response->body_state == MSVC__BODY_PRESENT || response->body_state == MSVC__BODY_NULL;
    const char *body = response->body_state == MSVC__BODY_NULL ? "null" : response->body;
    const char *type = msvc_header_find(response->headers.items, "Content-Type", 0);

    has_body = has_body && (response->body_state == MSVC__BODY_PRESENT ||
                            (type != NULL && strstr(type, "json") != NULL));
    if (type == NULL && has_body)
        type =
            msvc__part_type(response) != NULL ? msvc__part_type(response) : response->content_type;
    for (size_t i = 0; i < response->headers.count; i++) {
        const struct msvc_header *header = &response->headers.items[i];

        if (!is_framing(header->name))
            msvc_http_reply_header(x, header->name, header->value);
    }
    msvc_http_reply(x, response->status, type, has_body ? body : "",
                    !has_body                                    ? 0
                    : response->body_state == MSVC__BODY_PRESENT ? response->body_length
                                                                 : strlen(body));
}

/* What the interaction says, its generators applied: anew for each answer. */
static void reply_generated(struct msvc_http_exchange *x, const struct msvc_pact_mock *mock,
                            const struct msvc__part *response)
{
    struct msvc_error err = { .message = "" };
    struct msvc__part made = { .method = NULL };

    if (!msvc__part_has_generators(response))
        msvc__exchange_reply(x, response);
    else if (msvc__mock_generate(&made, mock, response, &err) == 0)
        msvc__exchange_reply(x, &made);
    else
        msvc_http_reply_problem(x, 500, NULL, err.message);
    msvc__part_clear(&made);
}

/* A browser asks before it sends; what it may send is for the request itself to show. */
void msvc__exchange_reply_preflight(struct msvc_http_exchange *x)
{
    const char *wanted =
        msvc_header_find(msvc_http_headers(x), "Access-Control-Request-Headers", 0);

    msvc_http_reply_header(x, "Access-Control-Allow-Methods",
                           "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
    msvc_http_reply_header(x, "Access-Control-Allow-Headers", wanted != NULL ? wanted : "*");
    msvc_http_reply(x, 204, NULL, "", 0);
}

static bool is_preflight(const struct msvc_pact_mock *mock, const struct msvc__search *s,
                         const struct msvc__part *request)
{
    return mock->has_cors && s->found == NULL && strcmp(request->method, "OPTIONS") == 0;
}

void msvc__mock_handle(struct msvc_http_exchange *x, void *user)
{
    struct msvc_pact_mock *mock = user;
    struct msvc__part request = { .is_request = true };
    struct msvc__search s = { .found = NULL };
    int status = msvc__exchange_read(&request, x);

    (void)pthread_mutex_lock(&mock->lock);
    if (status == 0)
        status = msvc__mock_search(&s, mock, MSVC_PACT_KIND_HTTP, &request);
    if (status < 0)
        mock->is_short = true;
    else if (!is_preflight(mock, &s, &request))
        msvc__mock_note(mock, &s, &request);
    (void)pthread_mutex_unlock(&mock->lock);

    if (mock->has_cors)
        msvc_http_reply_header(x, "Access-Control-Allow-Origin", "*");
    if (status < 0)
        msvc_http_reply_problem(x, 500, NULL, "out of memory");
    else if (s.found != NULL)
        reply_generated(x, mock, &s.found->responses[0]);
    else if (is_preflight(mock, &s, &request))
        msvc__exchange_reply_preflight(x);
    else
        msvc__exchange_refuse(x, 500, &s);
    msvc__mismatches_clear(&s.differences);
    msvc__part_clear(&request);
}
