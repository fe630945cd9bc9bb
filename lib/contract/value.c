/* SPDX-License-Identifier: MIT */
/*
 * What a consumer writes in C becomes an interaction as a file has it, and is
 * then read like one: there is one way to understand a pact.
 *
 * Values are walked twice, once for the example and once for the rules.
 */
#include <msvc/contract.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/options_internal.h"
#include "contract/canonical_internal.h"
#include "contract/model_internal.h"

#define DEPTH_MAX     100
#define EXAMPLES_MAX  1000
#define METHOD_ABSENT "GET"

struct msvc_pact_value msvc_pact_text(const char *text)
{
    return (struct msvc_pact_value){ .kind = MSVC_PACT_TEXT_VALUE, .text = text };
}

struct msvc_pact_value msvc_pact_json(const char *json)
{
    return (struct msvc_pact_value){ .kind = MSVC_PACT_JSON_VALUE, .text = json };
}

struct msvc_pact_value msvc_pact_like(struct msvc_pact_value value)
{
    value.rule = MSVC_PACT_TYPE;
    return value;
}

struct msvc_pact_value msvc_pact_equal(struct msvc_pact_value value)
{
    value.rule = MSVC_PACT_EQUALS;
    return value;
}

struct msvc_pact_value msvc_pact_matches(const char *regex, const char *example)
{
    return (struct msvc_pact_value){
        .kind = MSVC_PACT_TEXT_VALUE, .rule = MSVC_PACT_REGEX, .text = example, .regex = regex
    };
}

struct msvc_pact_value msvc_pact_object(const struct msvc_pact_member *members)
{
    return (struct msvc_pact_value){ .kind = MSVC_PACT_OBJECT_VALUE, .members = members };
}

struct msvc_pact_value msvc_pact_each_like(const struct msvc_pact_value *element, size_t least,
                                           size_t most)
{
    return (struct msvc_pact_value){ .kind = MSVC_PACT_ARRAY_VALUE,
                                     .rule = MSVC_PACT_TYPE,
                                     .element = element,
                                     .least = least,
                                     .most = most };
}

struct draft {
    struct msvc_json_writer w;
    struct msvc_buffer path; /* of the value whose rules are being written */
    int path_status;         /* once it could not grow */
    struct msvc_error *err;
};

static int invalid(struct draft *d, const char *what)
{
    return msvc_error_set(d->err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0, "expected %s", what);
}

static int write_json(struct draft *d, const char *json)
{
    struct msvc_json_document *document = NULL;
    int status = msvc_json_parse(&document, json, strlen(json), NULL, d->err);

    if (status == 0)
        msvc_json_raw(&d->w, json, strlen(json));
    msvc_json_free(document);
    return status == MSVC_ERR_MALFORMED ? MSVC_ERR_INVALID : status;
}

static int write_example(struct draft *d, const struct msvc_pact_value *value, unsigned depth);

static int write_members(struct draft *d, const struct msvc_pact_value *value, unsigned depth)
{
    const struct msvc_pact_member *member = value->members;
    int status = 0;

    if (member == NULL)
        return invalid(d, "an object to have a list of members");
    msvc_json_begin_object(&d->w);
    for (; status == 0 && member->name != NULL; member++) {
        msvc_json_key(&d->w, member->name);
        status = write_example(d, &member->value, depth + 1);
    }
    msvc_json_end_object(&d->w);
    return status;
}

static int write_elements(struct draft *d, const struct msvc_pact_value *value, unsigned depth)
{
    size_t count = value->least > 0 ? value->least : 1;
    int status = 0;

    if (value->element == NULL || count > EXAMPLES_MAX || (value->most > 0 && value->most < count))
        return invalid(d, "an array to have an example, and limits from 1 to 1000 in order");
    msvc_json_begin_array(&d->w);
    for (size_t i = 0; status == 0 && i < count; i++)
        status = write_example(d, value->element, depth + 1);
    msvc_json_end_array(&d->w);
    return status;
}

static int write_example(struct draft *d, const struct msvc_pact_value *value, unsigned depth)
{
    if (depth > DEPTH_MAX)
        return msvc_error_set(d->err, MSVC_ERR_LIMIT, MSVC__CONTRACT, 0,
                              "values are nested more than %d deep", DEPTH_MAX);
    switch (value->kind) {
    case MSVC_PACT_OBJECT_VALUE:
        return write_members(d, value, depth);
    case MSVC_PACT_ARRAY_VALUE:
        return write_elements(d, value, depth);
    case MSVC_PACT_JSON_VALUE:
        return value->text != NULL ? write_json(d, value->text) : invalid(d, "JSON, found NULL");
    default:
        if (value->text == NULL)
            return invalid(d, "an example, found none");
        msvc_json_text(&d->w, value->text);
        return 0;
    }
}

/* The rule of one value: {"combine":"AND","matchers":[{…}]}. */
static void write_rule(struct draft *d, const struct msvc_pact_value *value)
{
    static const char *const names[] = {
        [MSVC_PACT_TYPE] = "type", [MSVC_PACT_REGEX] = "regex", [MSVC_PACT_EQUALS] = "equality"
    };

    msvc_json_begin_object(&d->w);
    msvc_json_member_text(&d->w, "combine", "AND");
    msvc_json_key(&d->w, "matchers");
    msvc_json_begin_array(&d->w);
    msvc_json_begin_object(&d->w);
    msvc_json_member_text(&d->w, "match", names[value->rule]);
    if (value->rule == MSVC_PACT_REGEX)
        msvc_json_member_text(&d->w, "regex", value->regex);
    if (value->least > 0)
        msvc_json_member_int(&d->w, "min", (int64_t)value->least);
    if (value->most > 0)
        msvc_json_member_int(&d->w, "max", (int64_t)value->most);
    msvc_json_end_object(&d->w);
    msvc_json_end_array(&d->w);
    msvc_json_end_object(&d->w);
}

/* The rules of a body and what is in it; the examples were written, so all of it is sound. */
static void write_body_rules(struct draft *d, const struct msvc_pact_value *value)
{
    size_t length = d->path.length;

    if (value->rule != MSVC_PACT_EXACT) {
        msvc_json_key(&d->w, d->path.data);
        write_rule(d, value);
    }
    if (value->kind == MSVC_PACT_ARRAY_VALUE) {
        msvc_buffer_text(&d->path, "[*]");
        write_body_rules(d, value->element);
        msvc_buffer_truncate(&d->path, length);
    }
    if (value->kind != MSVC_PACT_OBJECT_VALUE)
        return;
    for (const struct msvc_pact_member *member = value->members; member->name != NULL; member++) {
        msvc__path_write_name(&d->path, member->name, strlen(member->name));
        write_body_rules(d, &member->value);
        msvc_buffer_truncate(&d->path, length);
    }
}

static void write_named_rules(struct draft *d, const char *category,
                              const struct msvc_pact_member *members)
{
    msvc_json_key(&d->w, category);
    msvc_json_begin_object(&d->w);
    for (; members != NULL && members->name != NULL; members++) {
        if (members->value.rule == MSVC_PACT_EXACT)
            continue;
        msvc_json_key(&d->w, members->name);
        write_rule(d, &members->value);
    }
    msvc_json_end_object(&d->w);
}

static bool has_rule(const struct msvc_pact_value *value)
{
    if (value->rule != MSVC_PACT_EXACT)
        return true;
    if (value->kind == MSVC_PACT_ARRAY_VALUE)
        return has_rule(value->element);
    if (value->kind != MSVC_PACT_OBJECT_VALUE)
        return false;
    for (const struct msvc_pact_member *member = value->members; member->name != NULL; member++) {
        if (has_rule(&member->value))
            return true;
    }
    return false;
}

static bool have_rules(const struct msvc_pact_member *members)
{
    for (; members != NULL && members->name != NULL; members++) {
        if (members->value.rule != MSVC_PACT_EXACT)
            return true;
    }
    return false;
}

static void write_rules(struct draft *d, const struct msvc_pact_request *request,
                        const struct msvc_pact_member *headers, const struct msvc_pact_value *body)
{
    const char *path_regex = request != NULL ? request->path_regex : NULL;
    const struct msvc_pact_member *query = request != NULL ? request->query : NULL;

    if (!have_rules(headers) && !have_rules(query) && path_regex == NULL && !has_rule(body))
        return;
    msvc_json_key(&d->w, "matchingRules");
    msvc_json_begin_object(&d->w);
    if (path_regex != NULL) {
        msvc_json_key(&d->w, "path");
        write_rule(d, &(struct msvc_pact_value){ .rule = MSVC_PACT_REGEX, .regex = path_regex });
    }
    if (have_rules(query))
        write_named_rules(d, "query", query);
    if (have_rules(headers))
        write_named_rules(d, "header", headers);
    if (has_rule(body)) {
        msvc_json_key(&d->w, "body");
        msvc_json_begin_object(&d->w);
        msvc_buffer_text(&d->path, "$");
        write_body_rules(d, body);
        if (msvc_buffer_status(&d->path) < 0)
            d->path_status = msvc_buffer_status(&d->path);
        msvc_buffer_clear(&d->path);
        msvc_json_end_object(&d->w);
    }
    msvc_json_end_object(&d->w);
}

static bool is_text(const struct msvc_pact_value *value)
{
    return value->kind == MSVC_PACT_TEXT_VALUE && value->text != NULL &&
           (value->rule != MSVC_PACT_REGEX || value->regex != NULL);
}

/* A JSON body says so, unless a header does. */
static int write_headers(struct draft *d, const struct msvc_pact_member *headers,
                         const struct msvc_pact_value *body)
{
    bool has_type = body->kind == MSVC_PACT_ABSENT || body->kind == MSVC_PACT_TEXT_VALUE;

    msvc_json_key(&d->w, "headers");
    msvc_json_begin_object(&d->w);
    for (; headers != NULL && headers->name != NULL; headers++) {
        if (!is_text(&headers->value))
            return invalid(d, "the value of a header to be a text");
        has_type = has_type || strcmp(headers->name, "Content-Type") == 0;
        msvc_json_member_text(&d->w, headers->name, headers->value.text);
    }
    if (!has_type)
        msvc_json_member_text(&d->w, "Content-Type", "application/json");
    msvc_json_end_object(&d->w);
    return 0;
}

/* Whether an earlier parameter has this name: its values are written there. */
static bool is_repeated(const struct msvc_pact_member *first, const struct msvc_pact_member *one)
{
    for (; first != one; first++) {
        if (strcmp(first->name, one->name) == 0)
            return true;
    }
    return false;
}

static int write_query(struct draft *d, const struct msvc_pact_member *query)
{
    msvc_json_key(&d->w, "query");
    msvc_json_begin_object(&d->w);
    for (const struct msvc_pact_member *one = query; one->name != NULL; one++) {
        if (!is_text(&one->value))
            return invalid(d, "the value of a query parameter to be a text");
        if (is_repeated(query, one))
            continue;
        msvc_json_key(&d->w, one->name);
        msvc_json_begin_array(&d->w);
        for (const struct msvc_pact_member *same = one; same->name != NULL; same++) {
            if (strcmp(same->name, one->name) == 0)
                msvc_json_text(&d->w, same->value.text);
        }
        msvc_json_end_array(&d->w);
    }
    msvc_json_end_object(&d->w);
    return 0;
}

static int write_body(struct draft *d, const struct msvc_pact_value *body)
{
    if (body->kind == MSVC_PACT_ABSENT)
        return 0;
    msvc_json_key(&d->w, "body");
    return write_example(d, body, 0);
}

static int write_request(struct draft *d, const struct msvc_pact_request *request)
{
    int status = 0;

    if (request->path == NULL || request->path[0] != '/')
        return invalid(d, "a path that starts with a slash");
    msvc_json_key(&d->w, "request");
    msvc_json_begin_object(&d->w);
    msvc_json_member_text(&d->w, "method",
                          request->method != NULL ? request->method : METHOD_ABSENT);
    msvc_json_member_text(&d->w, "path", request->path);
    if (request->query != NULL && request->query->name != NULL)
        status = write_query(d, request->query);
    if (status == 0)
        status = write_headers(d, request->headers, &request->body);
    if (status == 0)
        status = write_body(d, &request->body);
    if (status == 0)
        write_rules(d, request, request->headers, &request->body);
    msvc_json_end_object(&d->w);
    return status;
}

static int write_response(struct draft *d, const struct msvc_pact_response *response)
{
    int status;

    msvc_json_key(&d->w, "response");
    msvc_json_begin_object(&d->w);
    msvc_json_member_int(&d->w, "status", response->status != 0 ? response->status : 200);
    status = write_headers(d, response->headers, &response->body);
    if (status == 0)
        status = write_body(d, &response->body);
    if (status == 0)
        write_rules(d, NULL, response->headers, &response->body);
    msvc_json_end_object(&d->w);
    return status;
}

static int write_states(struct draft *d, const struct msvc_pact_state *states)
{
    int status = 0;

    if (states == NULL || states->name == NULL)
        return 0;
    msvc_json_key(&d->w, "providerStates");
    msvc_json_begin_array(&d->w);
    for (; status == 0 && states->name != NULL; states++) {
        msvc_json_begin_object(&d->w);
        msvc_json_member_text(&d->w, "name", states->name);
        if (states->params != NULL) {
            msvc_json_key(&d->w, "params");
            status = write_json(d, states->params);
        }
        msvc_json_end_object(&d->w);
    }
    msvc_json_end_array(&d->w);
    return status;
}

static int write_interaction(struct draft *d, const struct msvc_pact_interaction *interaction)
{
    int status;

    if (interaction->description == NULL)
        return invalid(d, "a description");
    msvc_json_begin_object(&d->w);
    msvc_json_member_text(&d->w, "description", interaction->description);
    status = write_states(d, interaction->states);
    if (status == 0)
        status = write_request(d, &interaction->request);
    if (status == 0)
        status = write_response(d, &interaction->response);
    msvc_json_end_object(&d->w);
    return status;
}

/* What was written is read like a file; what cannot be read is the caller's mistake. */
static int read_back(struct msvc__interaction **out, const struct msvc_buffer *text,
                     struct msvc_error *err)
{
    struct msvc_json_document *document = NULL;
    int status = msvc_json_parse(&document, text->data, text->length, NULL, err);

    if (status == 0)
        status = msvc__interaction_read(out, msvc_json_root(document), MSVC_PACT_KIND_HTTP, 3, err);
    msvc_json_free(document);
    if (status != MSVC_ERR_MALFORMED)
        return status;
    if (err != NULL)
        err->status = MSVC_ERR_INVALID;
    return MSVC_ERR_INVALID;
}

static int make(struct msvc__interaction **out, const struct msvc_pact_interaction *interaction,
                struct msvc_error *err)
{
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct draft d = { .path = MSVC_BUFFER_INIT, .err = err };
    int status;

    msvc_json_writer_init(&d.w, &text);
    status = write_interaction(&d, interaction);
    if (status == 0 && d.path_status < 0)
        status = msvc_error_set(err, d.path_status, MSVC__CONTRACT, 0, "%s",
                                msvc_status_text(d.path_status));
    if (status == 0 && msvc_json_writer_status(&d.w) < 0)
        status = msvc_error_set(err, msvc_json_writer_status(&d.w), MSVC__CONTRACT, 0, "%s",
                                msvc_status_text(msvc_json_writer_status(&d.w)));
    if (status == 0)
        status = read_back(out, &text, err);
    msvc_buffer_clear(&text);
    msvc_buffer_clear(&d.path);
    return status;
}

int msvc_pact_add(struct msvc_pact *pact, const struct msvc_pact_interaction *interaction,
                  struct msvc_error *err)
{
    struct msvc_pact_interaction options;
    struct msvc__interaction *made = NULL;
    int status;

    if (pact == NULL || interaction == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, MSVC__CONTRACT, 0,
                              "expected a pact and an interaction, found NULL");
    status = msvc__options_copy(&options, sizeof(options), interaction);
    if (status < 0)
        return msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    status = make(&made, &options, err);
    if (status < 0)
        return status;
    if (msvc__pact_find(pact, made->key) != NULL)
        status = msvc_error_set(err, MSVC_ERR_EXISTS, MSVC__CONTRACT, 0,
                                "the pact has another interaction \"%s\" with the same states",
                                made->description);
    else if ((status = msvc__pact_append(pact, made)) < 0)
        msvc_error_set(err, status, MSVC__CONTRACT, 0, "%s", msvc_status_text(status));
    if (status < 0)
        msvc__interaction_free(made);
    return status;
}
