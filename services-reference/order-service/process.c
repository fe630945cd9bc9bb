/* SPDX-License-Identifier: MIT */
/*
 * The order process, as order-service sees it: each event of stock or payments
 * moves an order from some states to another, and does nothing in all others.
 * Topics have no order between them, so that a payment may be heard of before
 * its reservation, and either of them after the order was cancelled.
 */
#include "orders.h"

#include <string.h>

#include <jansson.h>

#include <msvc/error.h>
#include <msvc/log.h>
#include <msvc/message.h>
#include <msvc/service.h>
#include <msvc/store.h>

static const struct step {
    const char *event;
    unsigned from; /* a set of enum order_status */
    enum order_status to;
} steps[] = {
    { "stock.reserved", ORDER_PENDING, ORDER_RESERVED },
    { "stock.rejected", ORDER_PENDING, ORDER_CANCELLED },
    { "payment.authorized", ORDER_PENDING | ORDER_RESERVED, ORDER_CONFIRMED },
    { "payment.declined", ORDER_PENDING | ORDER_RESERVED, ORDER_CANCELLED },
};

static const struct step *find_step(const char *event)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (strcmp(steps[i].event, event) == 0)
            return &steps[i];
    }
    return NULL;
}

static int apply(struct msvc_tx *tx, const struct orders *orders, const struct step *step,
                 const char *order_id, const char *reason, struct msvc_error *err)
{
    struct order order;
    int status = order_find(&order, tx, order_id, err);

    if (status < 0)
        return status;
    if ((step->from & order.status) == 0) {
        msvc_log_info(msvc_service_log(orders->service), "event comes too late for its order",
                      MSVC_STR("order.id", order.id), MSVC_STR("event", step->event),
                      MSVC_STR("order.status", order_status_name(order.status)));
        return 0;
    }
    return order_move(tx, &order, step->to, step->to == ORDER_CANCELLED ? reason : NULL, err);
}

int follow_event(struct msvc_tx *tx, const struct msvc_message *message, void *user,
                 struct msvc_error *err)
{
    const struct step *step = find_step(message->type);
    json_t *event = json_loadb(message->payload, message->payload_length, 0, NULL);
    const char *order_id = json_string_value(json_object_get(event, "orderId"));
    const char *reason = json_string_value(json_object_get(event, "reason"));
    int status;

    if (step == NULL)
        status = msvc_error_set(err, MSVC_ERR_UNSUPPORTED, "orders", 0, "unknown event %s",
                                message->type);
    else if (order_id == NULL || (step->to == ORDER_CANCELLED && reason == NULL))
        status = msvc_error_set(err, MSVC_ERR_MALFORMED, "orders", 0,
                                "%s: expected the texts orderId and, for a refusal, reason",
                                message->type);
    else
        status = apply(tx, user, step, order_id, reason, err);
    json_decref(event);
    return status;
}
