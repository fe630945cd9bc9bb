/* SPDX-License-Identifier: MIT */
/*
 * Lists in pages: `?limit=` 1 to 100, default 20, and `?cursor=`, the last key
 * of the page before. The answer is {"items": […], "next": cursor or null}.
 */
#ifndef REFERENCE_PAGE_H
#define REFERENCE_PAGE_H

#include <stdint.h>

struct json_t;
struct msvc_error;
struct msvc_http_exchange;
struct msvc_rows;
struct msvc_store;
struct msvc_tx;
struct msvc_value;

struct page {
    const char *cursor; /* "" for the first page: items come after it */
    int64_t count;      /* at most so many: one more than are shown */
    struct json_t *items;
};

/* Append the items of a page, in a read-only transaction; run again when that is. */
typedef int page_fn(struct page *page, struct msvc_tx *tx, const void *user,
                    struct msvc_error *err);

/* Reply with the page that the request asks for. The next cursor is the last item's member `key`.
 */
void page_reply(struct msvc_http_exchange *exchange, struct msvc_store *store, const char *key,
                page_fn *read, const void *user);

/* Append what a query finds, one item a row. */
int page_query(struct page *page, struct msvc_tx *tx, const char *sql,
               const struct msvc_value *values, struct json_t *to_json(const struct msvc_rows *row),
               struct msvc_error *err);

#endif
