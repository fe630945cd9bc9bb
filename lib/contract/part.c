/* SPDX-License-Identifier: MIT */
/* Requests and responses as files of any version write them; bodies have a file of their own. */
#include <stdlib.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/model_internal.h"
#include "contract/xml_internal.h"

static int no_memory(struct msvc_error *err)
{
    return msvc_error_set(err, MSVC_ERR_NOMEM, MSVC__CONTRACT, 0, "no memory");
}

static int malformed(struct msvc_error *err, const char *what)
{
    return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__CONTRACT, 0, "expected %s", what);
}

/* A text; absent is NULL. */
static int read_text(char **out, const struct msvc_json *json, const char *name,
                     struct msvc_error *err)
{
    const struct msvc_json *member = msvc_json_member(json, name);
    const char *text = msvc_json_string(member, NULL);

    if (member == NULL || msvc_json_type(member) == MSVC_JSON_NULL)
        return 0;
    if (text == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, MSVC__CONTRACT, 0,
                              "expected %s to be a text", name);
    *out = msvc__copy_text(text);
    return *out != NULL ? 0 : no_memory(err);
}

static int add_pair(struct msvc__pairs *pairs, const struct msvc_json *member,
                    const struct msvc_json *value, struct msvc_error *err)
{
    size_t name_length = 0;
    size_t length = 0;
    const char *name = msvc_json_name(member, &name_length);
    const char *text = msvc_json_string(value, &length);

    if (text == NULL && msvc_json_number(value) != NULL) {
        text = msvc_json_number(value);
        length = strlen(text);
    }
    if (text == NULL)
        return malformed(err, "headers and query parameters to be texts or lists of texts");
    if (msvc__pairs_add(pairs, name, name_length, text, length) < 0)
        return no_memory(err);
    return 0;
}

/* An object of texts, or of lists of texts. */
static int read_pairs(struct msvc__pairs *pairs, const struct msvc_json *json,
                      struct msvc_error *err)
{
    int status = 0;

    if (json == NULL || msvc_json_type(json) == MSVC_JSON_NULL)
        return 0;
    if (msvc_json_type(json) != MSVC_JSON_OBJECT)
        return malformed(err, "headers and query to be objects");
    for (const struct msvc_json *member = msvc_json_first(json); status == 0 && member != NULL;
         member = msvc_json_next(member)) {
        const struct msvc_json *value = member;

        if (msvc_json_type(member) != MSVC_JSON_ARRAY) {
            status = add_pair(pairs, member, value, err);
            continue;
        }
        for (value = msvc_json_first(member); status == 0 && value != NULL;
             value = msvc_json_next(value))
            status = add_pair(pairs, member, value, err);
    }
    return status;
}

static int read_query(struct msvc__part *part, const struct msvc_json *query,
                      struct msvc_error *err)
{
    const char *text = msvc_json_string(query, NULL);

    if (text == NULL)
        return read_pairs(&part->query, query, err);
    part->query_text = msvc__copy_text(text);
    if (part->query_text == NULL || msvc__pairs_add_query(&part->query, text) < 0)
        return no_memory(err);
    return 0;
}

static int read_status(struct msvc__part *part, const struct msvc_json *status,
                       struct msvc_error *err)
{
    int64_t code = 200;

    if (status != NULL && (msvc_json_get_int(&code, status) < 0 || code < 100 || code > 999))
        return malformed(err, "status to be a number from 100 to 999");
    part->status = (int)code;
    return 0;
}

static int read_into(struct msvc__part *part, const struct msvc_json *json, unsigned version,
                     struct msvc_error *err)
{
    int status = read_text(&part->method, json, "method", err);

    if (status == 0)
        status = read_text(&part->path, json, "path", err);
    if (status == 0 && part->path != NULL)
        msvc__path_decode(part->path);
    if (status == 0 && part->is_request)
        status = read_query(part, msvc_json_member(json, "query"), err);
    if (status == 0)
        status = read_pairs(&part->headers, msvc_json_member(json, "headers"), err);
    if (status == 0 && !part->is_request)
        status = read_status(part, msvc_json_member(json, "status"), err);
    if (status == 0)
        status = version >= 4 ? msvc__body_read_v4(part, msvc_json_member(json, "body"), err)
                              : msvc__body_read(part, msvc_json_member(json, "body"), err);
    if (status == 0)
        status = msvc__rules_read(&part->rules, msvc_json_member(json, "matchingRules"), err);
    if (status == 0)
        status =
            msvc__generators_read(&part->generators, msvc_json_member(json, "generators"), err);
    if (status == 0 && part->is_request && part->method == NULL)
        part->method = msvc__copy_text("GET");
    if (status == 0 && part->is_request && part->path == NULL)
        part->path = msvc__copy_text("/");
    if (status == 0 && part->is_request && (part->method == NULL || part->path == NULL))
        status = no_memory(err);
    if (status == 0 && msvc__part_finish(part) < 0)
        status = no_memory(err);
    return status;
}

int msvc__part_read(struct msvc__part *out, const struct msvc_json *json, bool is_request,
                    unsigned version, struct msvc_error *err)
{
    struct msvc__part part = { .is_request = is_request, .compares_query_text = version == 1 };
    int status;

    if (msvc_json_type(json) != MSVC_JSON_OBJECT)
        status = malformed(err, "an object");
    else
        status = read_into(&part, json, version, err);
    if (status < 0) {
        msvc_error_prefix(err, "%s", is_request ? "request" : "response");
        msvc__part_clear(&part);
        return status;
    }
    *out = part;
    return 0;
}

void msvc__part_clear(struct msvc__part *part)
{
    free(part->method);
    free(part->path);
    free(part->query_text);
    msvc__pairs_clear(&part->query);
    msvc__pairs_clear(&part->headers);
    free(part->body);
    free(part->declared_type);
    msvc_json_free(part->metadata);
    msvc_json_free(part->json);
    msvc__xml_free(part->xml);
    msvc__rules_clear(&part->rules);
    msvc__generators_clear(&part->generators);
    *part = (struct msvc__part){ .method = NULL };
}
