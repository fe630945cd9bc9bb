/* SPDX-License-Identifier: MIT */
/* Requests, responses and the contents of messages. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "contract/compose_internal.h"
#include "contract/model_internal.h"

/* Whether an earlier member has this name: its values are written there. */
static bool is_repeated(const struct msvc_pact_member *first, const struct msvc_pact_member *one)
{
    for (; first != one; first++) {
        if (strcmp(first->name, one->name) == 0)
            return true;
    }
    return false;
}

static size_t count_name(const struct msvc_pact_member *members, const char *name)
{
    size_t count = 0;

    for (; members != NULL && members->name != NULL; members++)
        count += strcmp(members->name, name) == 0;
    return count;
}

/* All values of one name; where there are several a rule says which one it is for. */
static int write_values(struct msvc__draft *d, enum msvc__section section,
                        const struct msvc_pact_member *first, bool is_list)
{
    size_t count = count_name(first, first->name);
    size_t index = 0;
    int status = 0;

    msvc_json_key(&d->w, first->name);
    if (is_list || count > 1)
        msvc_json_begin_array(&d->w);
    for (const struct msvc_pact_member *one = first; status == 0 && one->name != NULL; one++) {
        struct msvc_buffer key = MSVC_BUFFER_INIT;

        if (strcmp(one->name, first->name) != 0)
            continue;
        msvc_buffer_text(&key, one->name);
        if (count > 1)
            msvc_buffer_printf(&key, "[%zu]", index++);
        status = msvc_buffer_status(&key);
        if (status == 0)
            status = msvc__draft_value(d, section, key.data, &one->value);
        else
            msvc_error_set(d->err, status, MSVC__CONTRACT, 0, "no memory");
        msvc_buffer_clear(&key);
    }
    if (is_list || count > 1)
        msvc_json_end_array(&d->w);
    return status;
}

static bool is_text(const struct msvc_pact_value *value)
{
    return value->kind == MSVC_PACT_TEXT_VALUE || value->kind == MSVC_PACT_JSON_VALUE ||
           value->kind == MSVC_PACT_DEFINED_VALUE;
}

static int write_members(struct msvc__draft *d, enum msvc__section section,
                         const struct msvc_pact_member *members, bool is_list)
{
    int status = 0;

    for (const struct msvc_pact_member *one = members;
         status == 0 && one != NULL && one->name != NULL; one++) {
        if (!is_text(&one->value))
            return msvc__draft_invalid(d, section == MSVC__SECTION_QUERY
                                              ? "the value of a query parameter to be a text"
                                              : "the value of a header to be a text");
        if (!is_repeated(members, one))
            status = write_values(d, section, one, is_list);
    }
    return status;
}

static const char *declared_type(const struct msvc_pact_member *headers)
{
    for (; headers != NULL && headers->name != NULL; headers++) {
        if (strcasecmp(headers->name, "Content-Type") == 0 &&
            headers->value.kind == MSVC_PACT_TEXT_VALUE)
            return headers->value.text;
    }
    return NULL;
}

/* A body that is no text says what it is, unless a header does. */
static int write_headers(struct msvc__draft *d, const struct msvc_pact_member *headers,
                         const struct msvc_pact_value *body)
{
    const struct msvc_pact_member type[] = {
        { "Content-Type", msvc_pact_text(msvc__draft_type(body)) }, { .name = NULL }
    };
    bool needs_type = body->kind != MSVC_PACT_ABSENT && body->kind != MSVC_PACT_TEXT_VALUE &&
                      declared_type(headers) == NULL;
    int status;

    msvc_json_key(&d->w, "headers");
    msvc_json_begin_object(&d->w);
    status = write_members(d, MSVC__SECTION_HEADER, headers, d->version >= 4);
    if (status == 0 && needs_type && count_name(headers, "Content-Type") == 0)
        status = write_members(d, MSVC__SECTION_HEADER, type, d->version >= 4);
    msvc_json_end_object(&d->w);
    return status;
}

static int write_path(struct msvc__draft *d, const struct msvc_pact_request *request)
{
    struct msvc_pact_value path = msvc_pact_text(request->path);

    if (request->path == NULL || (request->path[0] != '/' && request->path[0] != '{'))
        return msvc__draft_invalid(d, "a path that starts with a slash");
    if (request->path_regex != NULL)
        path = msvc_pact_matches(request->path_regex, request->path);
    if (request->path_from_state != NULL)
        path = msvc_pact_from_state(request->path_from_state, path);
    if (request->path[0] == '{')
        path = msvc_pact_json(request->path);
    msvc_json_key(&d->w, "path");
    return msvc__draft_value(d, MSVC__SECTION_PATH, "", &path);
}

static int write_query(struct msvc__draft *d, const struct msvc_pact_member *query)
{
    int status;

    if (query == NULL || query->name == NULL)
        return 0;
    msvc_json_key(&d->w, "query");
    msvc_json_begin_object(&d->w);
    status = write_members(d, MSVC__SECTION_QUERY, query, true);
    msvc_json_end_object(&d->w);
    return status;
}

/* The rules and generators of the part that ends here. */
static void end_part(struct msvc__draft *d)
{
    msvc__statement_write(&d->w, &d->statement);
    msvc__statement_clear(&d->statement);
    d->statement = (struct msvc__statement){ .version = d->version };
}

int msvc__draft_request(struct msvc__draft *d, const struct msvc_pact_request *request)
{
    int status;

    msvc_json_begin_object(&d->w);
    msvc_json_member_text(&d->w, "method", request->method != NULL ? request->method : "GET");
    status = write_path(d, request);
    if (status == 0)
        status = write_query(d, request->query);
    if (status == 0)
        status = write_headers(d, request->headers, &request->body);
    if (status == 0)
        status = msvc__draft_body(d, "body", declared_type(request->headers), &request->body);
    end_part(d);
    msvc_json_end_object(&d->w);
    return status;
}

static int write_status(struct msvc__draft *d, const struct msvc_pact_response *response)
{
    struct msvc_pact_value value;
    char number[16];
    struct msvc_buffer attributes = MSVC_BUFFER_INIT;
    int status;

    (void)snprintf(number, sizeof(number), "%d", response->status != 0 ? response->status : 200);
    value = msvc_pact_json(number);
    msvc_json_key(&d->w, "status");
    if (response->status_class == NULL)
        return msvc__draft_value(d, MSVC__SECTION_STATUS, "", &value);
    msvc_buffer_printf(&attributes, "{\"status\":\"%s\"}", response->status_class);
    value = msvc_pact_rule("statusCode", attributes.data, value);
    status = msvc__draft_value(d, MSVC__SECTION_STATUS, "", &value);
    msvc_buffer_clear(&attributes);
    return status;
}

int msvc__draft_response(struct msvc__draft *d, const struct msvc_pact_response *response)
{
    int status;

    msvc_json_begin_object(&d->w);
    status = write_status(d, response);
    if (status == 0)
        status = write_headers(d, response->headers, &response->body);
    if (status == 0)
        status = msvc__draft_body(d, "body", declared_type(response->headers), &response->body);
    end_part(d);
    msvc_json_end_object(&d->w);
    return status;
}

/* The content type goes into the metadata too, where version 3 has its only place. */
static int write_metadata(struct msvc__draft *d, const struct msvc_pact_contents *contents)
{
    const char *type =
        contents->content_type != NULL ? contents->content_type : msvc__draft_type(&contents->body);
    const struct msvc_pact_member *one = contents->metadata;
    int status = 0;

    msvc_json_key(&d->w, "metadata");
    msvc_json_begin_object(&d->w);
    if (type != NULL && count_name(one, "contentType") == 0)
        msvc_json_member_text(&d->w, "contentType", type);
    for (; status == 0 && one != NULL && one->name != NULL; one++) {
        msvc_json_key(&d->w, one->name);
        status = msvc__draft_value(d, MSVC__SECTION_METADATA, one->name, &one->value);
    }
    msvc_json_end_object(&d->w);
    return status;
}

int msvc__draft_contents(struct msvc__draft *d, const struct msvc_pact_contents *contents)
{
    int status = write_metadata(d, contents);

    if (status == 0)
        status = msvc__draft_body(d, "contents", contents->content_type, &contents->body);
    end_part(d);
    return status;
}
