/* SPDX-License-Identifier: MIT */
/* POST /api/v1/payments/{id}/refunds, for staff; and the refund itself. */
#include "payments.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include <msvc/error.h>
#include <msvc/http_fields.h>
#include <msvc/http_router.h>
#include <msvc/idempotency.h>
#include <msvc/store.h>

#include "version.h"

/* Others who refund the same payment wait here, so that the balance read next is true. */
static int lock_payment(struct msvc_tx *tx, const struct payment *payment, struct msvc_error *err)
{
    int changed = msvc_tx_exec(tx,
                               "UPDATE payments SET version = version + 1"
                               " WHERE id = $1 AND status = 'authorized'",
                               MSVC_VALUES(MSVC_TEXT(payment->id)), err);

    if (changed == 0)
        return msvc_error_set(err, MSVC_ERR_STATE, "payments", 0,
                              "the payment is %s, nothing of it can be refunded", payment->status);
    return changed < 0 ? changed : 0;
}

static int end_payment(struct msvc_tx *tx, struct payment *payment, struct msvc_error *err)
{
    int status = msvc_tx_exec(tx, "UPDATE payments SET status = 'refunded' WHERE id = $1",
                              MSVC_VALUES(MSVC_TEXT(payment->id)), err);

    (void)snprintf(payment->status, sizeof(payment->status), "refunded");
    return status < 0 ? status : 0;
}

int payment_refund(struct msvc_tx *tx, struct payment *payment, int64_t amount,
                   struct msvc_error *err)
{
    int status = lock_payment(tx, payment, err);

    if (status == 0)
        status = payment_find(payment, tx, payment->id, err);
    if (status < 0)
        return status;
    if (amount == 0)
        amount = payment->balance;
    if (amount > payment->balance)
        return msvc_error_set(err, MSVC_ERR_INVALID, "payments", 0,
                              "amount: found %" PRId64 ", expected 1 to %" PRId64, amount,
                              payment->balance);
    status = ledger_append(tx, payment, "refund", -amount, err);
    payment->balance -= amount;
    if (status == 0 && payment->balance == 0)
        status = end_payment(tx, payment, err);
    return status < 0 ? status : publish_refunded(tx, payment, amount, err);
}

struct request {
    const char *id;
    int64_t amount; /* 0: all */
    struct msvc_idempotency *run;
    struct payment payment;
};

static int remember_answer(const struct request *request, struct msvc_tx *tx,
                           struct msvc_error *err)
{
    json_t *json = payment_to_json(&request->payment);
    int status = version_remember(request->run, tx, 201, NULL, json, err);

    json_decref(json);
    return status;
}

static int refund(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct request *request = user;
    int status = payment_find(&request->payment, tx, request->id, err);

    if (status == 0)
        status = payment_refund(tx, &request->payment, request->amount, err);
    return status < 0 ? status : remember_answer(request, tx, err);
}

void handle_refund(struct msvc_http_exchange *exchange, void *user)
{
    const struct payments *payments = user;
    struct request request = { .id = msvc_http_param(exchange, "id") };
    struct msvc_error err;
    json_t *body;

    if (!user_client_require_staff(exchange) ||
        !msvc_http_body_fields(
            exchange, &body,
            MSVC_FIELDS(MSVC_FIELD_OPTIONAL_INT("amount", &request.amount, 1, MONEY_MAX))))
        return;
    json_decref(body);
    if (!msvc_idempotency_begin(&request.run, exchange, payments->store,
                                user_client_caller(exchange)->id))
        return;
    if (msvc_store_transact(payments->store, NULL, refund, &request, &err) < 0)
        msvc_http_reply_error(exchange, &err);
    else
        version_reply(exchange, 201, payment_to_json(&request.payment));
    msvc_idempotency_free(request.run);
}
