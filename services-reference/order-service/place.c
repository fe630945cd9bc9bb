/* SPDX-License-Identifier: MIT */
/*
 * POST /api/v1/orders
 *
 * user-service is asked before the transaction begins, so that a slow answer
 * holds no lock. The order, its event and the remembered answer are committed
 * together.
 */
#include "orders.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/http_fields.h>
#include <msvc/http_router.h>
#include <msvc/idempotency.h>
#include <msvc/store.h>
#include <msvc/uuid.h>

#include "version.h"

struct placement {
    struct order order;
    struct line lines[LINE_LIMIT];
    size_t count;
    struct msvc_idempotency *run;
    char location[ORDER_ID_SIZE + 32];
    json_t *answer;
};

static void read_line(struct placement *placement, const json_t *item, struct msvc_buffer *problems)
{
    size_t index = placement->count;
    struct line *line = &placement->lines[index];
    char where[32];

    (void)snprintf(where, sizeof(where), "items[%zu].", index);
    placement->count++;
    if (!msvc_json_fields(item,
                          MSVC_FIELDS(MSVC_FIELD_TEXT("sku", &line->sku, 1, SKU_MAX),
                                      MSVC_FIELD_INT("quantity", &line->quantity, 1, QUANTITY_MAX)),
                          where, problems))
        return;
    for (size_t i = 0; i < index; i++) {
        if (placement->lines[i].sku != NULL && strcmp(placement->lines[i].sku, line->sku) == 0)
            msvc_buffer_printf(problems, "%s%ssku: found \"%s\" again, expected each once",
                               problems->length > 0 ? "; " : "", where, line->sku);
    }
}

/* False when it was answered with 422. */
static bool read_lines(struct placement *placement, struct msvc_http_exchange *exchange,
                       const json_t *items)
{
    struct msvc_buffer problems = { .limit = 65536 };
    bool ok;

    for (size_t i = 0; i < json_array_size(items); i++)
        read_line(placement, json_array_get(items, i), &problems);
    ok = problems.length == 0 && msvc_buffer_status(&problems) == 0;
    if (!ok)
        msvc_http_reply_problem(exchange, 422, NULL, problems.data);
    msvc_buffer_clear(&problems);
    return ok;
}

/* Adds the line to the total. */
static int price_line(struct placement *placement, size_t index, const struct msvc_rows *price,
                      struct msvc_error *err)
{
    struct order *order = &placement->order;
    struct line *line = &placement->lines[index];
    const char *currency = msvc_rows_text(price, 1);

    line->amount = msvc_rows_int(price, 0);
    if (index == 0)
        (void)snprintf(order->currency, sizeof(order->currency), "%s", currency);
    if (strcmp(order->currency, currency) != 0)
        return msvc_error_set(err, MSVC_ERR_INVALID, "orders", 0,
                              "items[%zu].sku: its price is in %s, expected %s as the first one",
                              index, currency, order->currency);
    if (line->amount > (MONEY_MAX - order->amount) / line->quantity)
        return msvc_error_set(err, MSVC_ERR_LIMIT, "orders", 0,
                              "items: the total is more than %" PRId64, (int64_t)MONEY_MAX);
    order->amount += line->amount * line->quantity;
    return 0;
}

static int look_up_prices(struct placement *placement, struct msvc_tx *tx, struct msvc_error *err)
{
    int status = 0;

    placement->order.amount = 0;
    for (size_t i = 0; status == 0 && i < placement->count; i++) {
        struct msvc_rows *rows;

        status = msvc_tx_query(&rows, tx, "SELECT amount, currency FROM prices WHERE sku = $1",
                               MSVC_VALUES(MSVC_TEXT(placement->lines[i].sku)), err);
        if (status < 0)
            return status;
        if (msvc_rows_next(rows))
            status = price_line(placement, i, rows, err);
        else
            status = msvc_error_set(err, MSVC_ERR_INVALID, "orders", 0,
                                    "items[%zu].sku: found \"%s\", expected one with a price", i,
                                    placement->lines[i].sku);
        msvc_rows_free(rows);
    }
    return status;
}

static int remember_answer(struct placement *placement, struct msvc_tx *tx, struct msvc_error *err)
{
    int status;

    json_decref(placement->answer);
    placement->answer = NULL;
    status = order_read_json(&placement->answer, tx, placement->order.id, err);
    if (status < 0)
        return status;
    return version_remember(placement->run, tx, 201, placement->location, placement->answer, err);
}

static int place(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct placement *placement = user;
    int status = look_up_prices(placement, tx, err);

    if (status == 0)
        status = order_insert(tx, &placement->order, placement->lines, placement->count, err);
    if (status == 0)
        status = publish_created(tx, &placement->order, placement->lines, placement->count, err);
    return status < 0 ? status : remember_answer(placement, tx, err);
}

/* False when it was answered: 422 when there is no such user, 401, or 503 while nobody can tell. */
static bool is_customer(struct msvc_http_exchange *exchange, const struct orders *orders)
{
    const struct user_caller *caller = user_client_caller(exchange);
    struct user_profile profile;
    struct msvc_error err;
    int status = user_client_get(orders->users, caller->id, caller->token,
                                 msvc_http_deadline_ns(exchange), &profile, &err);

    if (status == MSVC_ERR_NOT_FOUND) {
        msvc_http_reply_problem(exchange, 422, NULL, "the customer is not known any more");
    } else if (status == MSVC_ERR_AUTH || status == MSVC_ERR_NOMEM) {
        msvc_http_reply_error(exchange, &err);
    } else if (status < 0) {
        err.status = MSVC_ERR_UNAVAILABLE;
        msvc_http_reply_error(exchange, &err);
    }
    return status == 0;
}

static void commit(struct msvc_http_exchange *exchange, const struct orders *orders,
                   struct placement *placement)
{
    struct msvc_error err;

    msvc_uuid_new(placement->order.id, NULL, NULL);
    (void)snprintf(placement->location, sizeof(placement->location), "/api/v1/orders/%s",
                   placement->order.id);
    placement->order.created_ms = msvc_clock_wall_ns(NULL) / 1000000;
    (void)snprintf(placement->order.user_id, sizeof(placement->order.user_id), "%s",
                   user_client_caller(exchange)->id);
    if (msvc_store_transact(orders->store, NULL, place, placement, &err) < 0) {
        json_decref(placement->answer);
        msvc_http_reply_error(exchange, &err);
        return;
    }
    msvc_http_reply_header(exchange, "Location", placement->location);
    version_reply(exchange, 201, placement->answer);
}

void handle_place_order(struct msvc_http_exchange *exchange, void *user)
{
    const struct orders *orders = user;
    struct placement placement = { .order = { .status = ORDER_PENDING, .version = 1 } };
    json_t *items;
    json_t *body;

    if (!msvc_http_body_fields(exchange, &body,
                               MSVC_FIELDS(MSVC_FIELD_ARRAY("items", &items, 1, LINE_LIMIT))))
        return;
    if (read_lines(&placement, exchange, items) &&
        msvc_idempotency_begin(&placement.run, exchange, orders->store,
                               user_client_caller(exchange)->id)) {
        if (is_customer(exchange, orders))
            commit(exchange, orders, &placement);
        msvc_idempotency_free(placement.run);
    }
    json_decref(body);
}
