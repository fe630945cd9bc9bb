/* SPDX-License-Identifier: MIT */
#include "page.h"

#include <stdbool.h>
#include <stdlib.h>

#include <jansson.h>

#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/store.h>

#define DEFAULT_LIMIT 20
#define MOST_LIMIT    100

struct reading {
    struct page page;
    page_fn *read;
    const void *user;
};

/* False when it was answered with 400. */
static bool read_query(struct page *out, struct msvc_http_exchange *exchange)
{
    const char *limit = msvc_http_query(exchange, "limit", 0);
    const char *cursor = msvc_http_query(exchange, "cursor", 0);
    char *end = NULL;
    long shown = limit != NULL ? strtol(limit, &end, 10) : DEFAULT_LIMIT;

    out->cursor = cursor != NULL ? cursor : "";
    out->count = shown + 1;
    if (limit == NULL || (end != limit && *end == '\0' && shown >= 1 && shown <= MOST_LIMIT))
        return true;
    msvc_http_reply_problem(exchange, 400, NULL, "limit: expected a number from 1 to 100");
    return false;
}

static int read_items(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct reading *reading = user;

    (void)json_array_clear(reading->page.items);
    return reading->read(&reading->page, tx, reading->user, err);
}

/* Takes the items. */
static void reply(struct msvc_http_exchange *exchange, const struct page *page, const char *key)
{
    size_t count = json_array_size(page->items);
    json_t *next = json_null();

    if (count == (size_t)page->count) {
        (void)json_array_remove(page->items, count - 1);
        next = json_incref(json_object_get(json_array_get(page->items, count - 2), key));
    }
    msvc_http_reply_json(exchange, 200,
                         json_pack("{s:o, s:o}", "items", page->items, "next", next));
}

void page_reply(struct msvc_http_exchange *exchange, struct msvc_store *store, const char *key,
                page_fn *read, const void *user)
{
    struct reading reading = { .read = read, .user = user };
    struct msvc_error err;

    if (!read_query(&reading.page, exchange))
        return;
    reading.page.items = json_array();
    if (msvc_store_transact(store, MSVC_TX_OPTIONS(.is_read_only = true), read_items, &reading,
                            &err) == 0) {
        reply(exchange, &reading.page, key);
    } else {
        json_decref(reading.page.items);
        msvc_http_reply_error(exchange, &err);
    }
}

int page_query(struct page *page, struct msvc_tx *tx, const char *sql,
               const struct msvc_value *values, json_t *to_json(const struct msvc_rows *row),
               struct msvc_error *err)
{
    struct msvc_rows *rows;
    int status = msvc_tx_query(&rows, tx, sql, values, err);

    if (status < 0)
        return status;
    while (msvc_rows_next(rows))
        (void)json_array_append_new(page->items, to_json(rows));
    msvc_rows_free(rows);
    return 0;
}
