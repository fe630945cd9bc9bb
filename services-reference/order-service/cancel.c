/* SPDX-License-Identifier: MIT */
/*
 * POST /api/v1/orders/{id}/cancel
 *
 * An order that is not cancelled can be, whatever became of it meanwhile: stock
 * and payment follow the event. Somebody who minds says so with If-Match.
 */
#include "orders.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/idempotency.h>
#include <msvc/store.h>

#include "version.h"

struct cancellation {
    const char *id;
    const struct user_caller *caller;
    int64_t expected; /* version; 0: any */
    bool is_stale;
    struct msvc_idempotency *run;
    json_t *answer;
};

static int may_cancel(struct cancellation *cancellation, const struct order *order,
                      struct msvc_error *err)
{
    const struct user_caller *caller = cancellation->caller;

    if (strcmp(order->user_id, caller->id) != 0 && strcmp(caller->role, "staff") != 0)
        return msvc_error_set(err, MSVC_ERR_NOT_FOUND, "orders", 0, "no such order");
    cancellation->is_stale =
        cancellation->expected != 0 && cancellation->expected != order->version;
    if (cancellation->is_stale)
        return msvc_error_set(err, MSVC_ERR_STATE, "orders", 0, "the order has version %" PRId64,
                              order->version);
    if (order->status == ORDER_CANCELLED)
        return msvc_error_set(err, MSVC_ERR_STATE, "orders", 0, "the order is cancelled already");
    return 0;
}

static const char *reason_of(const struct cancellation *cancellation, const struct order *order)
{
    return strcmp(order->user_id, cancellation->caller->id) == 0 ? "cancelled by the customer"
                                                                 : "cancelled by staff";
}

static int remember_answer(struct cancellation *cancellation, struct msvc_tx *tx,
                           struct msvc_error *err)
{
    int status;

    json_decref(cancellation->answer);
    cancellation->answer = NULL;
    status = order_read_json(&cancellation->answer, tx, cancellation->id, err);
    if (status < 0)
        return status;
    return version_remember(cancellation->run, tx, 200, NULL, cancellation->answer, err);
}

static int cancel(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct cancellation *cancellation = user;
    struct order order;
    int status = order_find(&order, tx, cancellation->id, err);

    if (status == 0)
        status = may_cancel(cancellation, &order, err);
    if (status == 0)
        status = order_move(tx, &order, ORDER_CANCELLED, reason_of(cancellation, &order), err);
    return status < 0 ? status : remember_answer(cancellation, tx, err);
}

void handle_cancel_order(struct msvc_http_exchange *exchange, void *user)
{
    const struct orders *orders = user;
    struct cancellation cancellation = { .id = msvc_http_param(exchange, "id"),
                                         .caller = user_client_caller(exchange) };
    struct msvc_error err;

    if (!version_expected(&cancellation.expected, exchange) ||
        !msvc_idempotency_begin(&cancellation.run, exchange, orders->store,
                                cancellation.caller->id))
        return;
    if (msvc_store_transact(orders->store, NULL, cancel, &cancellation, &err) == 0) {
        version_reply(exchange, 200, cancellation.answer);
    } else {
        json_decref(cancellation.answer);
        if (cancellation.is_stale)
            msvc_http_reply_problem(exchange, 412, NULL, err.message);
        else
            msvc_http_reply_error(exchange, &err);
    }
    msvc_idempotency_free(cancellation.run);
}
