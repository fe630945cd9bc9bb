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

struct list {
    struct page page;
    const char *user_id;
    json_t *items;
};

static json_t *row_to_json(const struct msvc_rows *rows)
{
    char created[MSVC_TIME_SIZE];

    msvc_time_format(created, msvc_rows_int(rows, 5) * 1000000);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", msvc_rows_text(rows, 0), "kind",
                     msvc_rows_text(rows, 1), "channel", msvc_rows_text(rows, 2), "subject",
                     msvc_rows_text(rows, 3), "state", msvc_rows_text(rows, 4), "createdAt",
                     created);
}

static int read_list(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct list *list = user;
    struct msvc_rows *rows;
    int status = msvc_tx_query(&rows, tx,
                               "SELECT id, kind, channel, subject, state, created_ms"
                               " FROM notifications WHERE user_id = $1 AND id > $2"
                               " ORDER BY id LIMIT $3",
                               MSVC_VALUES(MSVC_TEXT(list->user_id), MSVC_TEXT(list->page.cursor),
                                           MSVC_INT(list->page.limit + 1)),
                               err);

    if (status < 0)
        return status;
    (void)json_array_clear(list->items);
    while (msvc_rows_next(rows))
        (void)json_array_append_new(list->items, row_to_json(rows));
    msvc_rows_free(rows);
    return 0;
}

void handle_list(struct msvc_http_exchange *exchange, void *user)
{
    const struct notifications *notifications = user;
    struct list list = { .user_id = user_client_caller(exchange)->id };
    struct msvc_error err;

    if (!page_read(&list.page, exchange))
        return;
    list.items = json_array();
    if (msvc_store_transact(notifications->store, MSVC_TX_OPTIONS(.is_read_only = true), read_list,
                            &list, &err) == 0) {
        page_reply(exchange, &list.page, list.items, "id");
    } else {
        json_decref(list.items);
        msvc_http_reply_error(exchange, &err);
    }
}
