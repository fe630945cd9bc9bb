/* SPDX-License-Identifier: MIT */
/* GET /api/v1/stock, GET /api/v1/stock/{sku}, POST /api/v1/stock/{sku}/restock */
#include "inventory.h"

#include <string.h>

#include <jansson.h>

#include <msvc/error.h>
#include <msvc/http_fields.h>
#include <msvc/http_router.h>
#include <msvc/idempotency.h>
#include <msvc/store.h>

#include "client.h"
#include "page.h"
#include "version.h"

#define COLUMNS "sku, free, reserved, version"

static json_t *stock_to_json(const struct msvc_rows *rows)
{
    return json_pack("{s:s, s:I, s:I, s:I}", "sku", msvc_rows_text(rows, 0), "free",
                     (json_int_t)msvc_rows_int(rows, 1), "reserved",
                     (json_int_t)msvc_rows_int(rows, 2), "version",
                     (json_int_t)msvc_rows_int(rows, 3));
}

static int read_page(struct page *page, struct msvc_tx *tx, const void *user,
                     struct msvc_error *err)
{
    (void)user;
    return page_query(
        page, tx, "SELECT " COLUMNS " FROM stock WHERE sku > $1 ORDER BY sku LIMIT $2",
        MSVC_VALUES(MSVC_TEXT(page->cursor), MSVC_INT(page->count)), stock_to_json, err);
}

void handle_list_stock(struct msvc_http_exchange *exchange, void *user)
{
    const struct inventory *inventory = user;

    page_reply(exchange, inventory->store, "sku", read_page, NULL);
}

struct change {
    const char *sku;
    int64_t quantity;
    struct msvc_idempotency *run;
    json_t *stock;
};

static int read_stock(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct change *change = user;
    struct msvc_rows *rows;
    int status = msvc_tx_query(&rows, tx, "SELECT " COLUMNS " FROM stock WHERE sku = $1",
                               MSVC_VALUES(MSVC_TEXT(change->sku)), err);

    if (status < 0)
        return status;
    json_decref(change->stock);
    change->stock = NULL;
    if (msvc_rows_next(rows))
        change->stock = stock_to_json(rows);
    else
        status = msvc_error_set(err, MSVC_ERR_NOT_FOUND, "inventory", 0, "no stock of \"%s\"",
                                change->sku);
    msvc_rows_free(rows);
    return status;
}

void handle_show_stock(struct msvc_http_exchange *exchange, void *user)
{
    const struct inventory *inventory = user;
    struct change request = { .sku = msvc_http_param(exchange, "sku") };
    struct msvc_error err;

    if (msvc_store_transact(inventory->store, MSVC_TX_OPTIONS(.is_read_only = true), read_stock,
                            &request, &err) < 0)
        msvc_http_reply_error(exchange, &err);
    else
        version_reply(exchange, 200, request.stock);
}

static int add_stock(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct change *change = user;
    int status =
        msvc_tx_exec(tx,
                     "INSERT INTO stock (sku, free, reserved, version) VALUES ($1, $2, 0, 1)"
                     " ON CONFLICT (sku) DO UPDATE"
                     " SET free = stock.free + excluded.free, version = stock.version + 1",
                     MSVC_VALUES(MSVC_TEXT(change->sku), MSVC_INT(change->quantity)), err);

    if (status >= 0)
        status = read_stock(tx, change, err);
    if (status < 0)
        return status;
    return version_remember(change->run, tx, 200, NULL, change->stock, err);
}

static void restock(struct msvc_http_exchange *exchange, const struct inventory *inventory,
                    struct change *change)
{
    struct msvc_error err;

    if (!msvc_idempotency_begin(&change->run, exchange, inventory->store,
                                user_client_caller(exchange)->id))
        return;
    if (msvc_store_transact(inventory->store, NULL, add_stock, change, &err) < 0) {
        json_decref(change->stock);
        msvc_http_reply_error(exchange, &err);
    } else {
        version_reply(exchange, 200, change->stock);
    }
    msvc_idempotency_free(change->run);
}

void handle_restock(struct msvc_http_exchange *exchange, void *user)
{
    struct change change = { .sku = msvc_http_param(exchange, "sku") };
    json_t *body;

    if (!user_client_require_staff(exchange))
        return;
    if (strlen(change.sku) > SKU_MAX) {
        msvc_http_reply_problem(exchange, 422, NULL, "sku: expected at most 64 bytes");
        return;
    }
    if (!msvc_http_body_fields(
            exchange, &body,
            MSVC_FIELDS(MSVC_FIELD_INT("quantity", &change.quantity, 1, QUANTITY_MAX))))
        return;
    restock(exchange, user, &change);
    json_decref(body);
}
