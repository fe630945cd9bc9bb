/* SPDX-License-Identifier: MIT */
/*
 * Requests and responses as files of any version write them. A body that is
 * absent, empty or null is three different things, and only a file can tell
 * the three apart.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "contract/canonical_internal.h"
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

static bool says_json(const char *type)
{
    size_t length = strlen(type);

    return length >= 4 && strcmp(type + length - 4, "json") == 0;
}

static void read_content_type(char out[128], const struct msvc__part *part)
{
    const char *header = msvc_header_find(part->headers.items, "Content-Type", 0);
    size_t length = header != NULL ? strcspn(header, "; \t") : 0;

    if (length >= 128)
        length = 127;
    for (size_t i = 0; i < length; i++)
        out[i] = (char)tolower((unsigned char)header[i]);
    out[length] = '\0';
}

/* Keep a body of a file as the bytes that would be sent. */
static int read_body(struct msvc__part *part, const struct msvc_json *body, struct msvc_error *err)
{
    struct msvc_buffer bytes = MSVC_BUFFER_INIT;
    size_t length = 0;
    const char *text = msvc_json_string(body, &length);
    char type[128];

    if (body == NULL)
        return 0;
    part->body_state = MSVC__BODY_NULL;
    if (msvc_json_type(body) == MSVC_JSON_NULL)
        return 0;
    part->body_state = text != NULL && length == 0 ? MSVC__BODY_EMPTY : MSVC__BODY_PRESENT;
    read_content_type(type, part);
    if (text == NULL)
        (void)msvc__canonical(&bytes, body);
    else if (says_json(type) && text[0] != '{' && text[0] != '"' && length > 0)
        msvc__canonical_text(&bytes, text, length); /* a text that is meant as JSON's */
    else
        msvc_buffer_bytes(&bytes, text, length);
    part->body_length = bytes.length;
    if (msvc_buffer_status(&bytes) == 0)
        part->body = bytes.data != NULL ? msvc_buffer_steal(&bytes) : msvc__copy_bytes("", 0);
    msvc_buffer_clear(&bytes);
    return part->body != NULL ? 0 : no_memory(err);
}

int msvc__part_set_body(struct msvc__part *part, const void *body, size_t length)
{
    part->body = msvc__copy_bytes(length > 0 ? body : "", length);
    if (part->body == NULL)
        return MSVC_ERR_NOMEM;
    part->body_length = length;
    part->body_state = length > 0 ? MSVC__BODY_PRESENT : MSVC__BODY_EMPTY;
    return 0;
}

/* What a body looks like, for those that come without a Content-Type. */
static const char *guess_type(const struct msvc__part *part)
{
    size_t start = strspn(part->body, " \t\r\n");

    if (part->json != NULL)
        return "application/json";
    return part->body[start] == '<' ? "application/xml" : "text/plain";
}

int msvc__part_finish(struct msvc__part *part)
{
    int status = 0;

    read_content_type(part->content_type, part);
    if (part->body_state != MSVC__BODY_PRESENT)
        return 0;
    if (part->content_type[0] == '\0' || says_json(part->content_type))
        status = msvc_json_parse(&part->json, part->body, part->body_length, NULL, NULL);
    if (part->content_type[0] == '\0')
        (void)snprintf(part->content_type, sizeof(part->content_type), "%s", guess_type(part));
    if (msvc__xml_is_type(part->content_type))
        status = msvc__xml_parse(&part->xml, part->body, part->body_length, NULL);
    return status == MSVC_ERR_NOMEM ? status : 0;
}

static int read_into(struct msvc__part *part, const struct msvc_json *json, struct msvc_error *err)
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
        status = read_body(part, msvc_json_member(json, "body"), err);
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
        status = read_into(&part, json, err);
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
    msvc_json_free(part->json);
    msvc__xml_free(part->xml);
    msvc__rules_clear(&part->rules);
    msvc__generators_clear(&part->generators);
    *part = (struct msvc__part){ .method = NULL };
}
