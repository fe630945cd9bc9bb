/* SPDX-License-Identifier: MIT */
/* GET /api/v1/notifications: the caller's own, the oldest first. */
#include "notifications.h"

#include <jansson.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/store.h>

#include "client.h"
#include "page.h"

static json_t *row_to_json(const struct msvc_rows *rows)
{
    char created[MSVC_TIME_SIZE];

    msvc_time_format(created, msvc_rows_int(rows, 5) * 1000000);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", msvc_rows_text(rows, 0), "kind",
                     msvc_rows_text(rows, 1), "channel", msvc_rows_text(rows, 2), "subject",
                     msvc_rows_text(rows, 3), "state", msvc_rows_text(rows, 4), "createdAt",
                     created);
}

static int read_page(struct page *page, struct msvc_tx *tx, const void *user_id,
                     struct msvc_error *err)
{
    return page_query(
        page, tx,
        "SELECT id, kind, channel, subject, state, created_ms"
        " FROM notifications WHERE user_id = $1 AND id > $2"
        " ORDER BY id LIMIT $3",
        MSVC_VALUES(MSVC_TEXT(user_id), MSVC_TEXT(page->cursor), MSVC_INT(page->count)),
        row_to_json, err);
}

void handle_list(struct msvc_http_exchange *exchange, void *user)
{
    const struct notifications *notifications = user;

    page_reply(exchange, notifications->store, "id", read_page, user_client_caller(exchange)->id);
}
