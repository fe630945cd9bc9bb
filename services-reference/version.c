/* SPDX-License-Identifier: MIT */
#include "version.h"

#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include <msvc/http_router.h>

bool version_expected(int64_t *out, struct msvc_http_exchange *exchange)
{
    const char *tag = msvc_http_header(exchange, "If-Match", 0);
    int64_t version = 0;
    int end = 0;

    if (tag == NULL ||
        (sscanf(tag, "\"%18" SCNd64 "\"%n", &version, &end) == 1 && end > 0 && tag[end] == '\0')) {
        *out = version;
        return true;
    }
    msvc_http_reply_problem(exchange, 412, NULL,
                            "If-Match: expected one version in quotes, as ETag gave it");
    return false;
}

void version_reply(struct msvc_http_exchange *exchange, int status, struct json_t *body)
{
    char tag[32];

    (void)snprintf(tag, sizeof(tag), "\"%" JSON_INTEGER_FORMAT "\"",
                   json_integer_value(json_object_get(body, "version")));
    msvc_http_reply_header(exchange, "ETag", tag);
    msvc_http_reply_json(exchange, status, body);
}
