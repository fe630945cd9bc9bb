/* SPDX-License-Identifier: MIT */
/*
 * One interaction after the other: its states, its request, its answer. What
 * goes wrong on the way is a mismatch of that interaction, and the next one
 * goes on; only a provider that is not there ends it.
 */
#include <msvc/contract_verify.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/http.h>
#include <msvc/status.h>
#include <msvc/url.h>

#include "base/alloc_internal.h"
#include "base/options_internal.h"
#include "contract/report_internal.h"

#define UNRESERVED "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"

struct run {
    struct msvc_contract_options options;
    struct msvc_http_transport *provider;
    struct msvc_error *err;
};

/* What is sent. */
struct sending {
    struct msvc_buffer target;
    struct msvc__pairs headers; /* without Content-Type */
    char *content_type;         /* NULL without a body */
};

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
}

static void encode(struct msvc_buffer *out, const char *text, const char *also)
{
    for (; *text != '\0'; text++) {
        if (strchr(UNRESERVED, *text) != NULL || strchr(also, *text) != NULL)
            msvc_buffer_byte(out, *text);
        else
            msvc_buffer_printf(out, "%%%02X", (unsigned char)*text);
    }
}

static void write_target(struct msvc_buffer *out, const struct msvc__part *request)
{
    if (request->path[0] != '/')
        msvc_buffer_byte(out, '/');
    encode(out, request->path, "/:@!$&'()*+,;=");
    if (request->query_text != NULL && request->query_text[0] != '\0') {
        msvc_buffer_byte(out, '?');
        encode(out, request->query_text, "%/:@!$&'()*+,;=?[]");
        return;
    }
    for (size_t i = 0; i < request->query.count; i++) {
        msvc_buffer_byte(out, i == 0 ? '?' : '&');
        encode(out, request->query.items[i].name, "");
        msvc_buffer_byte(out, '=');
        encode(out, request->query.items[i].value, "");
    }
}

static int add_header(struct sending *s, const char *name, const char *value)
{
    if (strcasecmp(name, "Content-Type") == 0) {
        free(s->content_type);
        s->content_type = msvc__copy_text(value);
        return s->content_type != NULL ? 0 : MSVC_ERR_NOMEM;
    }
    if (strcasecmp(name, "Content-Length") == 0) /* the transport's */
        return 0;
    return msvc__pairs_add(&s->headers, name, strlen(name), value, strlen(value));
}

static int add_headers(struct sending *s, const struct run *r,
                       const struct msvc__interaction *interaction)
{
    const struct msvc__pairs *pact = &interaction->request.headers;
    const struct msvc_header *own = r->options.headers;
    int status = 0;

    for (size_t i = 0; status == 0 && i < pact->count; i++) {
        const char *name = pact->items[i].name;
        const char *value = pact->items[i].value;

        if (msvc_header_find(own, name, 0) != NULL)
            continue;
        if (r->options.header != NULL)
            value = r->options.header(interaction->description, name, value, r->options.user);
        if (value != NULL)
            status = add_header(s, name, value);
    }
    for (; status == 0 && own != NULL && own->name != NULL; own++)
        status = add_header(s, own->name, own->value);
    return status;
}

static int prepare(struct sending *s, const struct run *r,
                   const struct msvc__interaction *interaction)
{
    const struct msvc__part *request = &interaction->request;
    int status;

    write_target(&s->target, request);
    status = msvc_buffer_status(&s->target);
    if (status == 0)
        status = add_headers(s, r, interaction);
    if (status == 0 && s->content_type == NULL && request->body_state == MSVC__BODY_PRESENT)
        status = add_header(s, "Content-Type", request->content_type);
    return status;
}

static void clear_sending(struct sending *s)
{
    msvc_buffer_clear(&s->target);
    msvc__pairs_clear(&s->headers);
    free(s->content_type);
}

static void quote(struct msvc_buffer *out, const char *text)
{
    msvc_buffer_byte(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            msvc_buffer_text(out, "'\\''");
        else
            msvc_buffer_byte(out, *text);
    }
    msvc_buffer_byte(out, '\'');
}

static bool is_secret(const char *name)
{
    static const char *const names[] = { "Authorization", "Cookie", "Proxy-Authorization",
                                         "X-Api-Key" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static void write_curl_header(struct msvc_buffer *out, const char *name, const char *value)
{
    struct msvc_buffer line = MSVC_BUFFER_INIT;

    msvc_buffer_printf(&line, "%s: %s", name, is_secret(name) ? "***" : value);
    msvc_buffer_text(out, " -H ");
    quote(out, line.data != NULL ? line.data : "");
    msvc_buffer_clear(&line);
}

/* Whoever passes a URL may have put a password into it; the report is for everybody. */
static void write_base(struct msvc_buffer *out, const char *base)
{
    struct msvc_url *url = NULL;

    if (base != NULL && msvc_url_parse(&url, base, NULL) == 0)
        msvc_buffer_text(out, msvc_url_redacted(url));
    else
        msvc_buffer_text(out, "http://provider");
    msvc_url_free(url);
}

/* The request as somebody would repeat it by hand. */
static char *make_curl(const struct run *r, const struct sending *s,
                       const struct msvc__part *request)
{
    struct msvc_buffer line = MSVC_BUFFER_INIT;
    struct msvc_buffer url = MSVC_BUFFER_INIT;
    char *text;

    write_base(&url, r->options.base_url);
    msvc_buffer_bytes(&url, s->target.data, s->target.length);
    msvc_buffer_printf(&line, "curl -i -X %s ", request->method);
    quote(&line, url.data != NULL ? url.data : "");
    for (size_t i = 0; i < s->headers.count; i++)
        write_curl_header(&line, s->headers.items[i].name, s->headers.items[i].value);
    if (request->body_state == MSVC__BODY_PRESENT) {
        write_curl_header(&line, "Content-Type", s->content_type);
        msvc_buffer_text(&line, " --data-binary ");
        quote(&line, request->body);
    }
    text = msvc_buffer_status(&line) == 0 ? msvc_buffer_steal(&line) : NULL;
    msvc_buffer_clear(&line);
    msvc_buffer_clear(&url);
    return text;
}

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
                   const struct msvc_http_answer *answer, struct msvc_error *err)
{
    struct msvc__part actual = { .is_request = false };
    int status = read_answer(&actual, answer);

    if (status == 0)
        status = msvc__match(&result->mismatches, expected, &actual);
    msvc__part_clear(&actual);
    return status < 0 ? no_memory(err) : 0;
}

/* Send and compare. What the transport says is a finding, unless the provider is not there. */
static int exchange(struct msvc__result *result, const struct run *r, const struct sending *s,
                    const struct msvc__interaction *interaction)
{
    const struct msvc__part *request = &interaction->request;
    bool has_body = request->body_state == MSVC__BODY_PRESENT;
    struct msvc_http_answer *answer = NULL;
    struct msvc_error err;
    int status = msvc_http_call(
        r->provider,
        MSVC_HTTP_REQUEST(.method = request->method, .target = s->target.data,
                          .headers = s->headers.items, .body = has_body ? request->body : NULL,
                          .body_length = request->body_length, .content_type = s->content_type),
        &answer, &err);

    if (status == MSVC_ERR_UNAVAILABLE || status == MSVC_ERR_NOMEM) {
        if (r->err != NULL)
            *r->err = err;
        return status;
    }
    if (status < 0) {
        msvc__mismatch_add(&result->mismatches,
                           &(struct msvc_contract_mismatch){ .part = "transport",
                                                             .expected = "an answer",
                                                             .actual = msvc_status_name(status) },
                           "%s", err.message);
        return 0;
    }
    status = compare(result, &interaction->responses[0], answer, r->err);
    msvc_http_answer_free(answer);
    return status;
}

/* Whether all states are there now. */
static bool set_up(struct msvc__result *result, const struct run *r,
                   const struct msvc__interaction *interaction)
{
    for (size_t i = 0; i < interaction->state_count; i++) {
        const struct msvc__state *state = &interaction->states[i];
        struct msvc_error err;
        int status;

        if (r->options.state == NULL) {
            result->has_unset_states = true;
            continue;
        }
        msvc_error_set(&err, 0, MSVC__CONTRACT, 0, " ");
        status = r->options.state(state->name, state->params, r->options.user, &err);
        if (status >= 0)
            continue;
        msvc__mismatch_add(&result->mismatches,
                           &(struct msvc_contract_mismatch){ .part = "state",
                                                             .path = state->name,
                                                             .actual = msvc_status_name(status) },
                           "%s%s%s",
                           status == MSVC_ERR_NOT_FOUND ? "the provider does not know this state"
                                                        : "the state could not be set up",
                           err.status < 0 ? ": " : "", err.status < 0 ? err.message : "");
        return false;
    }
    return true;
}

static char *list_states(const struct msvc__interaction *interaction)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    char *list;

    for (size_t i = 0; i < interaction->state_count; i++) {
        msvc_buffer_text(&text, i > 0 ? " and " : "");
        msvc_buffer_text(&text, interaction->states[i].name);
    }
    list = text.length > 0 ? msvc_buffer_steal(&text) : msvc__copy_text("");
    msvc_buffer_clear(&text);
    return list;
}

static int verify_one(struct msvc__result *result, const struct run *r,
                      const struct msvc__interaction *interaction)
{
    struct sending s = { .target = MSVC_BUFFER_INIT };
    int status;

    if (interaction->kind != MSVC_PACT_KIND_HTTP)
        return msvc_error_set(r->err, MSVC_ERR_UNSUPPORTED, MSVC__CONTRACT, 0,
                              "interaction \"%s\" is a message, expected a request over HTTP",
                              interaction->description);
    status = prepare(&s, r, interaction);
    result->description = msvc__copy_text(interaction->description);
    result->states = list_states(interaction);
    if (status == 0)
        result->curl = make_curl(r, &s, &interaction->request);
    if (status < 0 || result->description == NULL || result->states == NULL || result->curl == NULL)
        status = no_memory(r->err);
    if (status == 0 && set_up(result, r, interaction))
        status = exchange(result, r, &s, interaction);
    if (status == 0 && result->mismatches.status < 0)
        status = no_memory(r->err);
    clear_sending(&s);
    return status;
}

static int verify_all(struct msvc_contract_report *report, const struct run *r,
                      const struct msvc_pact *pact)
{
    const char *wanted = r->options.description;
    int status = 0;

    report->consumer = msvc__copy_text(pact->consumer);
    report->provider = msvc__copy_text(pact->provider);
    report->results = msvc__new_array(pact->count + 1, sizeof(*report->results));
    if (report->consumer == NULL || report->provider == NULL || report->results == NULL)
        return no_memory(r->err);
    for (size_t i = 0; status == 0 && i < pact->count; i++) {
        if (wanted == NULL || strstr(pact->interactions[i]->description, wanted) != NULL)
            status = verify_one(&report->results[report->count++], r, pact->interactions[i]);
    }
    return status;
}

int msvc_contract_verify(struct msvc_contract_report **out, const struct msvc_pact *pact,
                         struct msvc_http_transport *provider,
                         const struct msvc_contract_options *options, struct msvc_error *err)
{
    struct run r = { .provider = provider, .err = err };
    struct msvc_contract_report *report;
    int status = out != NULL && pact != NULL && provider != NULL
                     ? msvc__options_copy(&r.options, sizeof(r.options), options)
                     : MSVC_ERR_INVALID;

    if (status < 0)
        return msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    report = msvc__new(sizeof(*report));
    if (report == NULL)
        return no_memory(err);
    status = verify_all(report, &r, pact);
    if (status < 0)
        msvc_contract_report_free(report);
    else
        *out = report;
    return status;
}
