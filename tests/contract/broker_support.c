/* SPDX-License-Identifier: MIT */
#include "broker_support.h"

#include <stdio.h>
#include <string.h>

#define AT "{\"href\":\"http://localhost:1234"

const char broker_index[] =
    "{\"_links\":{\"self\":" AT "\"},"
    "\"pb:publish-contracts\":" AT "/contracts/publish\"},"
    "\"pb:publish-pact\":" AT "/pacts/provider/{provider}/consumer/{consumer}/version/"
    "{consumerApplicationVersion}\",\"templated\":true},"
    "\"pb:latest-pact-versions\":" AT "/pacts/latest\"},"
    "\"pb:tagged-pact-versions\":" AT "/pacts/latest/{tag}\"},"
    "\"pb:latest-provider-pacts\":" AT "/pacts/provider/{provider}/latest\"},"
    "\"pb:latest-provider-pacts-with-tag\":" AT "/pacts/provider/{provider}/latest/{tag}\"},"
    "\"pb:provider-pacts-for-verification\":" AT "/pacts/provider/{provider}/for-verification\"},"
    "\"pb:pacticipants\":" AT "/pacticipants\"},"
    "\"pb:pacticipant\":" AT "/pacticipants/{pacticipant}\"},"
    "\"pb:pacticipant-version\":" AT "/pacticipants/{pacticipant}/versions/{version}\"},"
    "\"pb:pacticipant-version-tag\":" AT "/pacticipants/{pacticipant}/versions/{version}/tags/"
    "{tag}\"},"
    "\"pb:pacticipant-branch\":" AT "/pacticipants/{pacticipant}/branches/{branch}\"},"
    "\"pb:pacticipant-branch-version\":" AT "/pacticipants/{pacticipant}/branches/{branch}/"
    "versions/{version}\"},"
    "\"pb:latest-version\":" AT "/pacticipants/{pacticipant}/latest-version\"},"
    "\"pb:latest-tagged-version\":" AT "/pacticipants/{pacticipant}/latest-version/{tag}\"},"
    "\"pb:environments\":" AT "/environments\"},"
    "\"pb:webhooks\":" AT "/webhooks\"},"
    "\"pb:webhook\":" AT "/webhooks/{uuid}\",\"templated\":true}}}";

static void note(struct scripted *s, const struct msvc_http_request_options *request)
{
    const char *authorization = msvc_header_find(request->headers, "Authorization", 0);

    s->calls++;
    (void)snprintf(s->method, sizeof(s->method), "%s",
                   request->method != NULL ? request->method : "GET");
    (void)snprintf(s->target, sizeof(s->target), "%s", request->target);
    (void)snprintf(s->authorization, sizeof(s->authorization), "%s",
                   authorization != NULL ? authorization : "");
    (void)snprintf(s->sent, sizeof(s->sent), "%.*s", (int)request->body_length,
                   request->body != NULL ? (const char *)request->body : "");
}

static int answer(struct msvc_http_transport *self, const struct msvc_http_request_options *request,
                  struct msvc_http_answer **out, struct msvc_error *err)
{
    struct scripted *s = (struct scripted *)self;
    bool is_index = strcmp(request->target, "/") == 0;
    const char *body = is_index ? s->index : s->body;

    (void)err;
    note(s, request);
    return msvc_http_answer_new(out, is_index ? 200 : s->status, NULL, body, strlen(body));
}

static void nothing(struct msvc_http_transport *self)
{
    (void)self;
}

void scripted_init(struct scripted *s, int status, const char *body)
{
    static const struct msvc_http_transport_ops ops = { sizeof(ops), answer, nothing };

    memset(s, 0, sizeof(*s));
    s->transport.ops = &ops;
    s->index = broker_index;
    s->status = status;
    s->body = body;
}
