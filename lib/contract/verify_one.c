/* SPDX-License-Identifier: MIT */
/*
 * One interaction: its states, its request, its answer. What goes wrong on the
 * way is a finding; only a provider that was never there ends everything.
 */
#include "contract/verify_internal.h"

#include <stdlib.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/generate_internal.h"

static int read_answer(struct msvc__part *out, const struct msvc_http_answer *answer)
{
    const struct msvc_header *header = msvc_http_answer_headers(answer);
    size_t length = 0;
    const char *body = msvc_http_answer_body(answer, &length);
    int status = msvc__part_set_body(out, body, length);

    out->status = msvc_http_answer_status(answer);
    for (; status == 0 && header != NULL && header->name != NULL; header++)
        status = msvc__pairs_add(&out->headers, header->name, strlen(header->name), header->value,
                                 strlen(header->value));
    return status == 0 ? msvc__part_finish(out) : status;
}

static int compare(struct msvc__result *result, const struct msvc__part *expected,
                   const struct msvc_http_answer *answer)
{
    struct msvc__part actual = { .is_request = false };
    int status = read_answer(&actual, answer);

    if (status == 0)
        status = msvc__match(&result->mismatches, expected, &actual);
    msvc__part_clear(&actual);
    return status;
}

static int note_transport(struct msvc__result *result, int status, const char *message)
{
    msvc__mismatch_add(&result->mismatches,
                       &(struct msvc_contract_mismatch){ .part = "transport",
                                                         .expected = "an answer",
                                                         .actual = msvc_status_name(status) },
                       "%s", message);
    return 0;
}

static int call(struct msvc__run *r, const struct msvc__sending *s,
                const struct msvc__part *request, struct msvc_http_answer **answer,
                struct msvc_error *err)
{
    bool has_body = request->body_state == MSVC__BODY_PRESENT;
    int status = msvc_http_call(
        r->provider,
        MSVC_HTTP_REQUEST(.method = request->method, .target = s->target.data,
                          .headers = s->headers.items, .body = has_body ? request->body : NULL,
                          .body_length = request->body_length, .content_type = s->content_type),
        answer, err);

    if (status != MSVC_ERR_UNAVAILABLE && status != MSVC_ERR_NOMEM)
        r->has_answered = true;
    return status;
}

static int exchange(struct msvc__result *result, struct msvc__run *r, const struct msvc__sending *s,
                    const struct msvc__part *request, const struct msvc__part *response,
                    struct msvc_error *err)
{
    struct msvc_http_answer *answer = NULL;
    int status = call(r, s, request, &answer, err);

    if (status == MSVC_ERR_NOMEM || (status == MSVC_ERR_UNAVAILABLE && !r->has_answered))
        return status;
    if (status < 0)
        status = note_transport(result, status, err->message);
    else
        status = compare(result, response, answer);
    msvc_http_answer_free(answer);
    return status == MSVC_ERR_NOMEM ? status : 0;
}

static int perform(struct msvc__result *result, struct msvc__run *r,
                   const struct msvc__interaction *interaction, const struct msvc__part *request,
                   struct msvc_error *err)
{
    struct msvc__sending s;
    int status = msvc__sending_make(&s, &r->options, interaction->description, request);

    if (status == 0)
        result->curl = msvc__sending_curl(&s, r->options.base_url, request);
    if (status == 0 && result->curl != NULL)
        status = exchange(result, r, &s, request, &interaction->responses[0], err);
    else
        status = MSVC_ERR_NOMEM;
    msvc__sending_clear(&s);
    return status;
}

/* The request with values of this run, some of them from provider states. */
static int generate(struct msvc__part *out, const struct msvc__part *request,
                    const struct msvc_buffer *values, struct msvc_error *err)
{
    struct msvc_json_document *document = NULL;
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    int status;

    msvc_buffer_byte(&text, '{');
    if (values->length > 0) /* without the last comma */
        msvc_buffer_bytes(&text, values->data, values->length - 1);
    msvc_buffer_byte(&text, '}');
    status = msvc_buffer_status(&text);
    if (status == 0)
        status = msvc_json_parse(&document, text.data, text.length,
                                 MSVC_JSON_OPTIONS(.allow_duplicates = true), err);
    if (status == 0)
        status = msvc__generators_apply(
            out, request, MSVC__GENERATE_FOR_PROVIDER,
            &(struct msvc__generate_context){ .provider_state = msvc_json_root(document) }, err);
    msvc_json_free(document);
    msvc_buffer_clear(&text);
    return status;
}

static int note_generator(struct msvc__result *result, int status, const char *message)
{
    msvc__mismatch_add(
        &result->mismatches,
        &(struct msvc_contract_mismatch){ .part = "generator", .actual = msvc_status_name(status) },
        "%s", message);
    return 0;
}

static int verify_http(struct msvc__result *result, struct msvc__run *r,
                       const struct msvc__interaction *interaction,
                       const struct msvc_buffer *values, struct msvc_error *err)
{
    struct msvc__part generated = { .is_request = true };
    int status;

    if (r->provider == NULL)
        return note_transport(result, MSVC_ERR_INVALID, "there is no provider to send it to");
    if (!msvc__part_has_generators(&interaction->request))
        return perform(result, r, interaction, &interaction->request, err);
    status = generate(&generated, &interaction->request, values, err);
    if (status == 0)
        status = perform(result, r, interaction, &generated, err);
    else if (status != MSVC_ERR_NOMEM)
        status = note_generator(result, status, err->message);
    msvc__part_clear(&generated);
    return status;
}

static int verify_any(struct msvc__result *result, struct msvc__run *r,
                      const struct msvc__interaction *interaction, const struct msvc_buffer *values,
                      struct msvc_error *err)
{
    if (interaction->kind != MSVC_PACT_KIND_HTTP)
        return msvc__verify_message(result, &r->options, interaction);
    return verify_http(result, r, interaction, values, err);
}

static void note_plugin(struct msvc__result *result)
{
    msvc__mismatch_add(&result->mismatches, &(struct msvc_contract_mismatch){ .part = "plugin" },
                       "only a plugin knows what this interaction means, and there are none here");
}

int msvc__verify_one(struct msvc__result *result, struct msvc__run *r,
                     const struct msvc__interaction *interaction, struct msvc_error *err)
{
    uint64_t begun = msvc_clock_monotonic_ns(NULL);
    struct msvc_buffer values = MSVC_BUFFER_INIT;
    struct msvc_error own;
    int status = 0;

    if (interaction->needs_plugin) {
        note_plugin(result);
    } else if (msvc__states_set_up(result, &r->options, interaction, &values)) {
        status = verify_any(result, r, interaction, &values, &own);
        msvc__states_tear_down(result, &r->options, interaction);
    }
    msvc_buffer_clear(&values);
    result->duration_ns = msvc_clock_monotonic_ns(NULL) - begun;
    if (result->mismatches.status < 0)
        status = result->mismatches.status;
    if (status == MSVC_ERR_NOMEM)
        return msvc_error_set(err, status, MSVC__CONTRACT, 0, "no memory");
    if (status < 0 && err != NULL)
        *err = own;
    return status;
}
