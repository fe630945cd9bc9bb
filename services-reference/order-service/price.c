/* SPDX-License-Identifier: MIT */
/*
 * PUT /api/v1/prices/{sku}, GET /api/v1/prices
 *
 * A price that is there is changed only by somebody who says which one he saw
 * (If-Match). To put the price that is there already changes nothing, so that
 * a PUT can be sent again when its answer was lost.
 */
#include "orders.h"

#include <inttypes.h>
#include <string.h>

#include <jansson.h>

#include <msvc/error.h>
#include <msvc/http_fields.h>
#include <msvc/http_router.h>
#include <msvc/store.h>

#include "page.h"
#include "version.h"

#define COLUMNS "sku, amount, currency, version"

static json_t *price_to_json(const char *sku, int64_t amount, const char *currency, int64_t version)
{
    return json_pack("{s:s, s:I, s:s, s:I}", "sku", sku, "amount", (json_int_t)amount, "currency",
                     currency, "version", (json_int_t)version);
}

struct change {
    const char *sku;
    int64_t amount;
    const char *currency;
    int64_t expected; /* version; 0: none */
    int64_t version;  /* as it is in the end */
    int answer;       /* HTTP status */
};

static int insert_price(struct msvc_tx *tx, struct change *change, struct msvc_error *err)
{
    int status;

    if (change->expected != 0) {
        change->answer = 412;
        return msvc_error_set(err, MSVC_ERR_STATE, "orders", 0, "\"%s\" has no price yet",
                              change->sku);
    }
    status = msvc_tx_exec(
        tx, "INSERT INTO prices (" COLUMNS ") VALUES ($1, $2, $3, 1)",
        MSVC_VALUES(MSVC_TEXT(change->sku), MSVC_INT(change->amount), MSVC_TEXT(change->currency)),
        err);
    if (status == MSVC_ERR_EXISTS)
        return msvc_error_set(err, MSVC_ERR_CONFLICT, "orders", 0, "somebody else set the price");
    change->answer = 201;
    change->version = 1;
    return status < 0 ? status : 0;
}

static int update_price(struct msvc_tx *tx, struct change *change, struct msvc_error *err)
{
    int changed;

    if (change->expected != change->version) {
        change->answer = change->expected == 0 ? 428 : 412;
        return msvc_error_set(err, MSVC_ERR_STATE, "orders", 0,
                              "the price has version %" PRId64 ", expected If-Match with it",
                              change->version);
    }
    changed = msvc_tx_exec(tx,
                           "UPDATE prices SET amount = $1, currency = $2, version = version + 1"
                           " WHERE sku = $3 AND version = $4",
                           MSVC_VALUES(MSVC_INT(change->amount), MSVC_TEXT(change->currency),
                                       MSVC_TEXT(change->sku), MSVC_INT(change->version)),
                           err);
    if (changed == 0)
        return msvc_error_set(err, MSVC_ERR_CONFLICT, "orders", 0, "somebody else set the price");
    change->version++;
    return changed < 0 ? changed : 0;
}

static int set_price(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct change *change = user;
    struct msvc_rows *rows;
    int status = msvc_tx_query(&rows, tx, "SELECT " COLUMNS " FROM prices WHERE sku = $1",
                               MSVC_VALUES(MSVC_TEXT(change->sku)), err);
    bool is_there;
    bool is_same = false;

    if (status < 0)
        return status;
    is_there = msvc_rows_next(rows);
    if (is_there) {
        is_same = msvc_rows_int(rows, 1) == change->amount &&
                  strcmp(msvc_rows_text(rows, 2), change->currency) == 0;
        change->version = msvc_rows_int(rows, 3);
        change->answer = 200;
    }
    msvc_rows_free(rows);
    if (!is_there)
        return insert_price(tx, change, err);
    return is_same ? 0 : update_price(tx, change, err);
}

static void set(struct msvc_http_exchange *exchange, const struct orders *orders,
                struct change *change)
{
    struct msvc_error err;
    int status;

    if (!money_is_currency(change->currency)) {
        msvc_http_reply_problem(exchange, 422, NULL,
                                "currency: expected three capitals, as in ISO 4217");
        return;
    }
    status = msvc_store_transact(orders->store, NULL, set_price, change, &err);
    if (status == MSVC_ERR_STATE)
        msvc_http_reply_problem(exchange, change->answer, NULL, err.message);
    else if (status < 0)
        msvc_http_reply_error(exchange, &err);
    else
        version_reply(
            exchange, change->answer,
            price_to_json(change->sku, change->amount, change->currency, change->version));
}

void handle_set_price(struct msvc_http_exchange *exchange, void *user)
{
    struct change change = { .sku = msvc_http_param(exchange, "sku") };
    json_t *body;

    if (!user_client_require_staff(exchange) || !version_expected(&change.expected, exchange))
        return;
    if (strlen(change.sku) > SKU_MAX) {
        msvc_http_reply_problem(exchange, 422, NULL, "sku: expected at most 64 bytes");
        return;
    }
    if (!msvc_http_body_fields(exchange, &body,
                               MSVC_FIELDS(MSVC_FIELD_INT("amount", &change.amount, 1, MONEY_MAX),
                                           MSVC_FIELD_TEXT("currency", &change.currency, 3, 3))))
        return;
    set(exchange, user, &change);
    json_decref(body);
}

static json_t *row_to_json(const struct msvc_rows *row)
{
    return price_to_json(msvc_rows_text(row, 0), msvc_rows_int(row, 1), msvc_rows_text(row, 2),
                         msvc_rows_int(row, 3));
}

static int read_page(struct page *page, struct msvc_tx *tx, const void *user,
                     struct msvc_error *err)
{
    (void)user;
    return page_query(
        page, tx, "SELECT " COLUMNS " FROM prices WHERE sku > $1 ORDER BY sku LIMIT $2",
        MSVC_VALUES(MSVC_TEXT(page->cursor), MSVC_INT(page->count)), row_to_json, err);
}

void handle_list_prices(struct msvc_http_exchange *exchange, void *user)
{
    const struct orders *orders = user;

    page_reply(exchange, orders->store, "sku", read_page, NULL);
}
