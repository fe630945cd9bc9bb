/* SPDX-License-Identifier: MIT */
/*
 * stock.reserved charges an order, order.cancelled gives the money back. The
 * two come on different topics, in any order: a cancellation that comes first
 * leaves a mark, and the order is never charged.
 */
#include "payments.h"

#include <stdio.h>

#include <jansson.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/log.h>
#include <msvc/message.h>
#include <msvc/service.h>
#include <msvc/store.h>
#include <msvc/uuid.h>

static int issue_invoice(struct msvc_tx *tx, const struct payment *payment, struct msvc_error *err)
{
    int status =
        msvc_tx_exec(tx, "INSERT INTO invoices (payment_id, issued_ms) VALUES ($1, $2)",
                     MSVC_VALUES(MSVC_TEXT(payment->id), MSVC_INT(payment->created_ms)), err);

    return status < 0 ? status : 0;
}

static int authorize(struct msvc_tx *tx, struct payment *payment, struct msvc_error *err)
{
    int status;

    (void)snprintf(payment->status, sizeof(payment->status), "authorized");
    status = payment_insert(tx, payment, err);
    if (status == 0)
        status = ledger_append(tx, payment, "authorization", payment->amount, err);
    if (status == 0)
        status = issue_invoice(tx, payment, err);
    return status < 0 ? status : publish_authorized(tx, payment, err);
}

static int decline(struct msvc_tx *tx, struct payment *payment, const char *reason,
                   struct msvc_error *err)
{
    int status;

    (void)snprintf(payment->status, sizeof(payment->status), "declined");
    (void)snprintf(payment->reason, sizeof(payment->reason), "%s", reason);
    status = payment_insert(tx, payment, err);
    return status < 0 ? status : publish_declined(tx, payment, err);
}

static int charge(struct msvc_tx *tx, const struct payments *payments, struct payment *payment,
                  struct msvc_error *err)
{
    struct payment known;
    bool is_cancelled;
    int status = order_lock(&is_cancelled, tx, payment->order_id, false, err);

    if (status < 0)
        return status;
    status = payment_find_by_order(&known, tx, payment->order_id, err);
    if (is_cancelled || status == 0) {
        msvc_log_info(msvc_service_log(payments->service), "order is not charged",
                      MSVC_STR("order.id", payment->order_id),
                      MSVC_STR("why", is_cancelled ? "it is cancelled" : "it was before"));
        return 0;
    }
    if (status != MSVC_ERR_NOT_FOUND)
        return status;
    msvc_uuid_new(payment->id, NULL, NULL);
    payment->version = 1;
    payment->created_ms = msvc_clock_wall_ns(NULL) / 1000000;
    if (payment->amount > msvc_service_number(payments->service, "LIMIT"))
        return decline(tx, payment, "limit exceeded", err);
    return authorize(tx, payment, err);
}

static bool copy_text(char *out, size_t size, const json_t *event, const char *name)
{
    const char *text = json_string_value(json_object_get(event, name));

    return text != NULL && (size_t)snprintf(out, size, "%s", text) < size;
}

int charge_order(struct msvc_tx *tx, const struct msvc_message *message, void *user,
                 struct msvc_error *err)
{
    struct payment payment = { .version = 0 };
    json_t *event = json_loadb(message->payload, message->payload_length, 0, NULL);
    int status;

    if (copy_text(payment.order_id, sizeof(payment.order_id), event, "orderId") &&
        copy_text(payment.user_id, sizeof(payment.user_id), event, "userId") &&
        money_from_json(&payment.amount, payment.currency, json_object_get(event, "total")))
        status = charge(tx, user, &payment, err);
    else
        status = msvc_error_set(err, MSVC_ERR_MALFORMED, "payments", 0,
                                "stock.reserved: expected the texts orderId and userId, and a "
                                "total with amount and currency");
    json_decref(event);
    return status;
}

static int give_back(struct msvc_tx *tx, const char *order_id, struct msvc_error *err)
{
    struct payment payment;
    bool is_cancelled;
    int status = order_lock(&is_cancelled, tx, order_id, true, err);

    if (status == 0)
        status = payment_find_by_order(&payment, tx, order_id, err);
    if (status == MSVC_ERR_NOT_FOUND || (status == 0 && payment.balance == 0))
        return 0;
    return status < 0 ? status : payment_refund(tx, &payment, 0, err);
}

int refund_cancelled_order(struct msvc_tx *tx, const struct msvc_message *message, void *user,
                           struct msvc_error *err)
{
    char order_id[ORDER_ID_SIZE];
    json_t *event = json_loadb(message->payload, message->payload_length, 0, NULL);
    int status;

    (void)user;
    if (copy_text(order_id, sizeof(order_id), event, "orderId"))
        status = give_back(tx, order_id, err);
    else
        status = msvc_error_set(err, MSVC_ERR_MALFORMED, "payments", 0,
                                "order.cancelled: expected the text orderId");
    json_decref(event);
    return status;
}
