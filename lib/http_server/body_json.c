/* SPDX-License-Identifier: MIT */
/*
 * jansson parses by recursion and takes 2048 levels; the nesting is counted
 * first, so that a small body cannot ask for that much stack.
 */
#include <msvc/http_router.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include <msvc/status.h>

#include "http_server/body_json_internal.h"

#define DEPTH_MAX 64

bool msvc__is_json_type(const char *content_type)
{
    static const char json[] = "application/json";
    size_t length;

    if (content_type == NULL)
        return false;
    length = strcspn(content_type, "; \t");
    if (length == sizeof(json) - 1 && strncasecmp(content_type, json, length) == 0)
        return true;
    return length > strlen("application/+json") &&
           strncasecmp(content_type, "application/", strlen("application/")) == 0 &&
           strncasecmp(content_type + length - strlen("+json"), "+json", strlen("+json")) == 0;
}

bool msvc__json_is_shallow(const char *text, size_t length)
{
    bool in_string = false;
    unsigned depth = 0;

    for (size_t i = 0; i < length; i++) {
        char c = text[i];

        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '[' || c == '{') && ++depth > DEPTH_MAX)
            return false;
        else if (!in_string && (c == ']' || c == '}') && depth > 0)
            depth--;
    }
    return true;
}

static int refuse(struct msvc_http_exchange *x, const json_error_t *error)
{
    char detail[JSON_ERROR_TEXT_LENGTH + 64];

    if (json_error_code(error) == json_error_out_of_memory) {
        msvc_http_reply_problem(x, 500, NULL, NULL);
        return MSVC_ERR_NOMEM;
    }
    (void)snprintf(detail, sizeof(detail), "line %d, column %d: %s", error->line, error->column,
                   error->text);
    msvc_http_reply_problem(x, 400, NULL, detail);
    return MSVC_ERR_MALFORMED;
}

int msvc_http_body_json(struct msvc_http_exchange *x, struct json_t **out)
{
    json_error_t error;
    size_t length;
    const char *body = msvc_http_body(x, &length);
    json_t *json;

    if (x == NULL || out == NULL)
        return MSVC_ERR_INVALID;
    if (!msvc__is_json_type(msvc_http_header(x, "Content-Type", 0))) {
        msvc_http_reply_problem(x, 415, NULL, "the body must be application/json");
        return MSVC_ERR_UNSUPPORTED;
    }
    if (!msvc__json_is_shallow(body, length)) {
        msvc_http_reply_problem(x, 400, NULL, "the JSON is nested deeper than 64 levels");
        return MSVC_ERR_MALFORMED;
    }
    json = json_loadb(body, length, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        return refuse(x, &error);
    *out = json;
    return 0;
}
