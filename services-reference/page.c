/* SPDX-License-Identifier: MIT */
#include "page.h"

#include <stdlib.h>

#include <jansson.h>

#include <msvc/http_router.h>

#define DEFAULT_LIMIT 20
#define MOST_LIMIT    100

bool page_read(struct page *out, struct msvc_http_exchange *exchange)
{
    const char *limit = msvc_http_query(exchange, "limit", 0);
    const char *cursor = msvc_http_query(exchange, "cursor", 0);
    char *end = NULL;

    out->cursor = cursor != NULL ? cursor : "";
    out->limit = limit != NULL ? strtol(limit, &end, 10) : DEFAULT_LIMIT;
    if (limit == NULL ||
        (end != limit && *end == '\0' && out->limit >= 1 && out->limit <= MOST_LIMIT))
        return true;
    msvc_http_reply_problem(exchange, 400, NULL, "limit: expected a number from 1 to 100");
    return false;
}

void page_reply(struct msvc_http_exchange *exchange, const struct page *page, struct json_t *items,
                const char *key)
{
    size_t count = json_array_size(items);
    json_t *next = json_null();

    if (count > (size_t)page->limit) {
        (void)json_array_remove(items, count - 1);
        next = json_incref(json_object_get(json_array_get(items, count - 2), key));
    }
    msvc_http_reply_json(exchange, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}
