/* SPDX-License-Identifier: MIT */
/* GET /api/v1/orders/{id}, GET /api/v1/orders: for the customer, and for staff. */
#include "orders.h"

#include <string.h>

#include <jansson.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/store.h>

#include "page.h"
#include "version.h"

/* Around the choice of orders: their items come with them, so that a page is one query. */
#define SELECT_FROM                                                                \
    "SELECT o.id, o.user_id, o.status, o.reason, o.amount, o.currency, o.version," \
    " o.created_ms, i.sku, i.quantity, i.amount FROM (SELECT * FROM orders WHERE "
#define WITH_ITEMS ") AS o JOIN order_items AS i ON i.order_id = o.id ORDER BY o.id, i.line"

#define ONE         SELECT_FROM "id = $1" WITH_ITEMS
#define PAGE        SELECT_FROM "id > $1 ORDER BY id LIMIT $2" WITH_ITEMS
#define PAGE_OF_OWN SELECT_FROM "id > $1 AND user_id = $3 ORDER BY id LIMIT $2" WITH_ITEMS

static json_t *order_to_json(const struct msvc_rows *rows)
{
    char created[MSVC_TIME_SIZE];
    const char *reason = msvc_rows_text(rows, 3);

    msvc_time_format(created, msvc_rows_int(rows, 7) * 1000000);
    return json_pack("{s:s, s:s, s:s, s:s?, s:[], s:o, s:I, s:s}", "id", msvc_rows_text(rows, 0),
                     "userId", msvc_rows_text(rows, 1), "status", msvc_rows_text(rows, 2), "reason",
                     reason, "items", "total",
                     money_to_json(msvc_rows_int(rows, 4), msvc_rows_text(rows, 5)), "version",
                     (json_int_t)msvc_rows_int(rows, 6), "createdAt", created);
}

static json_t *item_to_json(const struct msvc_rows *rows)
{
    return json_pack("{s:s, s:I, s:o}", "sku", msvc_rows_text(rows, 8), "quantity",
                     (json_int_t)msvc_rows_int(rows, 9), "price",
                     money_to_json(msvc_rows_int(rows, 10), msvc_rows_text(rows, 5)));
}

/* A row is an item; rows of one order follow each other. */
static int read_orders(json_t *out, struct msvc_tx *tx, const char *sql,
                       const struct msvc_value *values, struct msvc_error *err)
{
    struct msvc_rows *rows;
    json_t *order = NULL;
    int status = msvc_tx_query(&rows, tx, sql, values, err);

    if (status < 0)
        return status;
    while (msvc_rows_next(rows)) {
        const char *id = json_string_value(json_object_get(order, "id"));

        if (id == NULL || strcmp(id, msvc_rows_text(rows, 0)) != 0) {
            order = order_to_json(rows);
            (void)json_array_append_new(out, order);
        }
        (void)json_array_append_new(json_object_get(order, "items"), item_to_json(rows));
    }
    msvc_rows_free(rows);
    return 0;
}

int order_read_json(struct json_t **out, struct msvc_tx *tx, const char *id, struct msvc_error *err)
{
    json_t *found = json_array();
    int status = read_orders(found, tx, ONE, MSVC_VALUES(MSVC_TEXT(id)), err);

    if (status == 0 && json_array_size(found) == 0)
        status = msvc_error_set(err, MSVC_ERR_NOT_FOUND, "orders", 0, "no such order");
    if (status == 0)
        *out = json_incref(json_array_get(found, 0));
    json_decref(found);
    return status;
}

struct request {
    const struct user_caller *caller;
    const char *id;
    json_t *order;
};

static bool is_staff(const struct user_caller *caller)
{
    return strcmp(caller->role, "staff") == 0;
}

/* Another user's order is not there. */
static int read_one(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct request *request = user;
    const char *owner;
    int status;

    json_decref(request->order);
    request->order = NULL;
    status = order_read_json(&request->order, tx, request->id, err);
    owner = json_string_value(json_object_get(request->order, "userId"));
    if (status == 0 && !is_staff(request->caller) && strcmp(owner, request->caller->id) != 0)
        status = msvc_error_set(err, MSVC_ERR_NOT_FOUND, "orders", 0, "no such order");
    return status;
}

void handle_show_order(struct msvc_http_exchange *exchange, void *user)
{
    const struct orders *orders = user;
    struct request request = { .caller = user_client_caller(exchange),
                               .id = msvc_http_param(exchange, "id") };
    struct msvc_error err;

    if (msvc_store_transact(orders->store, MSVC_TX_OPTIONS(.is_read_only = true), read_one,
                            &request, &err) == 0) {
        version_reply(exchange, 200, request.order);
    } else {
        json_decref(request.order);
        msvc_http_reply_error(exchange, &err);
    }
}

static int read_page(struct page *page, struct msvc_tx *tx, const void *user,
                     struct msvc_error *err)
{
    const struct user_caller *caller = user;
    struct msvc_value cursor = MSVC_TEXT(page->cursor);
    struct msvc_value count = MSVC_INT(page->count);

    if (is_staff(caller))
        return read_orders(page->items, tx, PAGE, MSVC_VALUES(cursor, count), err);
    return read_orders(page->items, tx, PAGE_OF_OWN,
                       MSVC_VALUES(cursor, count, MSVC_TEXT(caller->id)), err);
}

void handle_list_orders(struct msvc_http_exchange *exchange, void *user)
{
    const struct orders *orders = user;

    page_reply(exchange, orders->store, "id", read_page, user_client_caller(exchange));
}
