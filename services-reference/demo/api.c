/* SPDX-License-Identifier: MIT */
/* Calls to the services, as any client would make them. */
#include "demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/export.h>
#include <msvc/http_client.h>
#include <msvc/telemetry.h>

#define TOKEN_SIZE 8192

static struct msvc_telemetry telemetry = { .size = sizeof(telemetry) };

int api_open(struct demo *demo, struct msvc_error *err)
{
    struct msvc_span_exporter *exporters[] = { NULL, NULL };
    char path[PATH_MAX];
    int status;

    (void)snprintf(path, sizeof(path), "%s/traces/demo.jsonl", demo->folder);
    status = msvc_span_exporter_file(&exporters[0], path, err);
    if (status < 0)
        return status;
    status = msvc_tracer_new(
        &demo->tracer, MSVC_TRACER_OPTIONS(.service_name = "customer", .exporters = exporters));
    if (status < 0) {
        msvc_span_exporter_free(exporters[0]);
        return msvc_error_set(err, status, "demo", 0, "tracer: %s", msvc_status_text(status));
    }
    telemetry.tracer = demo->tracer;
    status =
        msvc_http_client_new(&demo->traced,
                             MSVC_HTTP_CLIENT_OPTIONS(.timeout_ms = 10000, .has_no_breaker = true,
                                                      .telemetry = &telemetry),
                             err);
    if (status == 0)
        status = msvc_http_client_new(
            &demo->silent,
            MSVC_HTTP_CLIENT_OPTIONS(.timeout_ms = 5000, .attempts = 1, .has_no_breaker = true),
            err);
    return status;
}

void api_close(struct demo *demo)
{
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        msvc_http_transport_free(demo->calls[i]);
        msvc_http_transport_free(demo->questions[i]);
    }
    msvc_http_client_free(demo->traced);
    msvc_http_client_free(demo->silent);
    msvc_tracer_free(demo->tracer);
    free(demo->staff_token);
    free(demo->customer_token);
    free(demo->customer_id);
}

/* Made when the address is known. */
static int transport_of(struct msvc_http_transport **out, struct demo *demo,
                        const struct call *call, struct msvc_error *err)
{
    struct msvc_http_transport **slot =
        call->is_silent ? &demo->questions[call->service] : &demo->calls[call->service];
    char url[ADDRESS_SIZE + 16];
    int status = 0;

    if (*slot == NULL) {
        (void)snprintf(url, sizeof(url), "http://%s", demo->addresses[call->service]);
        status = msvc_http_client_transport(slot, call->is_silent ? demo->silent : demo->traced,
                                            url, err);
    }
    *out = *slot;
    return status;
}

static int send_call(struct msvc_http_answer **out, struct demo *demo, const struct call *call,
                     const char *body, struct msvc_error *err)
{
    struct msvc_header headers[] = { { NULL, NULL }, { NULL, NULL } };
    struct msvc_http_transport *transport;
    char authorization[TOKEN_SIZE];
    uint64_t deadline = call->timeout_ms > 0 ? msvc_deadline_in(NULL, call->timeout_ms) : 0;
    int status = transport_of(&transport, demo, call, err);

    if (status < 0)
        return status;
    if (call->token != NULL) {
        (void)snprintf(authorization, sizeof(authorization), "Bearer %s", call->token);
        headers[0] = (struct msvc_header){ "Authorization", authorization };
    }
    return msvc_http_call(
        transport,
        MSVC_HTTP_REQUEST(.method = call->method, .target = call->target, .headers = headers,
                          .body = body, .body_length = body != NULL ? strlen(body) : 0,
                          .idempotency_key = call->idempotency_key, .deadline_ns = deadline),
        out, err);
}

int api_try(struct json_t **answer, struct demo *demo, const struct call *call,
            struct msvc_error *err)
{
    char *body = call->body != NULL ? json_dumps(call->body, JSON_COMPACT) : NULL;
    struct msvc_http_answer *got;
    const char *text;
    size_t length;
    int status = send_call(&got, demo, call, body, err);

    free(body);
    if (status < 0)
        return status;
    status = msvc_http_answer_status(got);
    if (call->is_replayed != NULL)
        *call->is_replayed = msvc_http_answer_header(got, "Idempotent-Replayed", 0) != NULL;
    text = msvc_http_answer_body(got, &length);
    if (answer != NULL)
        *answer = json_loadb(text, length, 0, NULL);
    msvc_http_answer_free(got);
    return status;
}

int api_call(struct json_t **answer, struct demo *demo, const struct call *call,
             struct msvc_error *err)
{
    json_t *got = NULL;
    int status = api_try(&got, demo, call, err);

    if (status < 0)
        return status;
    if (call->expected != 0 && status != call->expected) {
        const char *detail = json_string_value(json_object_get(got, "detail"));

        (void)msvc_error_set(
            err, MSVC_ERR_REFUSED, "demo", status, "%s %s%s answered %d instead of %d: %s",
            call->method != NULL ? call->method : "GET", service_names[call->service], call->target,
            status, call->expected, detail != NULL ? detail : "");
        json_decref(got);
        return MSVC_ERR_REFUSED;
    }
    if (answer != NULL)
        *answer = got;
    else
        json_decref(got);
    return 0;
}
