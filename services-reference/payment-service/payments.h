/* SPDX-License-Identifier: MIT */
/* What the files of payment-service share. */
#ifndef PAYMENTS_H
#define PAYMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "client.h"
#include "money.h"

struct json_t;
struct msvc_error;
struct msvc_http_exchange;
struct msvc_message;
struct msvc_service;
struct msvc_store;
struct msvc_tx;
struct user_client;

#define PAYMENT_ID_SIZE     64
#define PAYMENT_REASON_SIZE 128
#define ORDER_ID_SIZE       256

/* The service's state. */
struct payments {
    struct msvc_service *service;
    struct msvc_store *store;
    struct user_client *users;
};

/* A row of table payments, and the sum of its ledger. */
struct payment {
    char id[PAYMENT_ID_SIZE];
    char order_id[ORDER_ID_SIZE];
    char user_id[USER_ID_SIZE];
    char status[16];                  /* "authorized", "declined", "refunded" */
    char reason[PAYMENT_REASON_SIZE]; /* "" unless declined */
    int64_t amount;
    char currency[CURRENCY_SIZE];
    int64_t version;
    int64_t created_ms;
    int64_t balance; /* what was not refunded */
};

/* store.c: rows. Statuses are those of store.h; MSVC_ERR_NOT_FOUND when there is no such payment.
 */
int payment_insert(struct msvc_tx *tx, const struct payment *payment, struct msvc_error *err);
int payment_find(struct payment *out, struct msvc_tx *tx, const char *id, struct msvc_error *err);
int payment_find_by_order(struct payment *out, struct msvc_tx *tx, const char *order_id,
                          struct msvc_error *err);
/* Lock the order's row until the end of the transaction; a cancellation is never taken back. */
int order_lock(bool *is_cancelled, struct msvc_tx *tx, const char *order_id, bool cancel,
               struct msvc_error *err);
int ledger_append(struct msvc_tx *tx, const struct payment *payment, const char *kind,
                  int64_t amount, struct msvc_error *err);

/* refund.c: give back amount, or all that is left when it is 0, and publish it. Refreshes the
 * payment. MSVC_ERR_STATE when nothing is left, MSVC_ERR_INVALID when less is. */
int payment_refund(struct msvc_tx *tx, struct payment *payment, int64_t amount,
                   struct msvc_error *err);

/* event.c: what is published on topic "payments". */
int publish_authorized(struct msvc_tx *tx, const struct payment *payment, struct msvc_error *err);
int publish_declined(struct msvc_tx *tx, const struct payment *payment, struct msvc_error *err);
int publish_refunded(struct msvc_tx *tx, const struct payment *payment, int64_t amount,
                     struct msvc_error *err);

/* charge.c: stock.reserved charges an order once, order.cancelled gives the money back. */
int charge_order(struct msvc_tx *tx, const struct msvc_message *message, void *payments,
                 struct msvc_error *err);
int refund_cancelled_order(struct msvc_tx *tx, const struct msvc_message *message, void *payments,
                           struct msvc_error *err);

/* show.c: what a payment looks like outside; NULL when out of memory. */
struct json_t *payment_to_json(const struct payment *payment);
/* Whether the caller may see the payment; MSVC_ERR_NOT_FOUND when not. */
int payment_find_for(struct payment *out, struct msvc_tx *tx, const char *id,
                     const struct user_caller *caller, struct msvc_error *err);

/* Handlers. */
void handle_list_payments(struct msvc_http_exchange *exchange, void *payments);
void handle_show_payment(struct msvc_http_exchange *exchange, void *payments);
void handle_refund(struct msvc_http_exchange *exchange, void *payments);
void handle_show_invoice(struct msvc_http_exchange *exchange, void *payments);

#endif
