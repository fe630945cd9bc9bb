/* SPDX-License-Identifier: MIT */
/*
 * Lists in pages: `?limit=` 1 to 100, default 20, and `?cursor=`, the last key
 * of the page before. The answer is {"items": […], "next": cursor or null}.
 */
#ifndef REFERENCE_PAGE_H
#define REFERENCE_PAGE_H

#include <stdbool.h>
#include <stdint.h>

struct json_t;
struct msvc_http_exchange;

struct page {
    int64_t limit;
    const char *cursor; /* "" for the first page */
};

/* False when it was answered with 400. */
bool page_read(struct page *out, struct msvc_http_exchange *exchange);

/*
 * Reply with items, taken: one more than page->limit when there is a next
 * page, whose cursor is the last item's member `key`.
 */
void page_reply(struct msvc_http_exchange *exchange, const struct page *page, struct json_t *items,
                const char *key);

#endif
