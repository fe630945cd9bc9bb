/* SPDX-License-Identifier: MIT */
#include "version.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/idempotency.h>

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

#define TAG_SIZE 32

static void write_tag(char out[TAG_SIZE], const json_t *body)
{
    (void)snprintf(out, TAG_SIZE, "\"%" JSON_INTEGER_FORMAT "\"",
                   json_integer_value(json_object_get(body, "version")));
}

void version_reply(struct msvc_http_exchange *exchange, int status, struct json_t *body)
{
    char tag[TAG_SIZE];

    write_tag(tag, body);
    msvc_http_reply_header(exchange, "ETag", tag);
    msvc_http_reply_json(exchange, status, body);
}

int version_remember(struct msvc_idempotency *run, struct msvc_tx *tx, int status,
                     const char *location, const struct json_t *body, struct msvc_error *err)
{
    char *text = json_dumps(body, JSON_COMPACT);
    struct msvc_header headers[3] = { { "ETag", NULL } };
    char tag[TAG_SIZE];

    if (text == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "service", 0, "no memory for an answer");
    write_tag(tag, body);
    headers[0].value = tag;
    if (location != NULL)
        headers[1] = (struct msvc_header){ "Location", location };
    status = msvc_idempotency_finish(run, tx, status, headers, text, err);
    free(text);
    return status;
}
