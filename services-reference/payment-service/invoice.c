/* SPDX-License-Identifier: MIT */
/* GET /api/v1/payments/{id}/invoice: the ledger of a payment under a number of its own. */
#include "payments.h"

#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/store.h>

struct invoice {
    const struct user_caller *caller;
    const char *id; /* of the payment */
    struct payment payment;
    char number[32];
    char issued[MSVC_TIME_SIZE];
    json_t *lines;
};

static int read_head(struct invoice *invoice, struct msvc_tx *tx, struct msvc_error *err)
{
    struct msvc_rows *rows;
    int status =
        msvc_tx_query(&rows, tx, "SELECT number, issued_ms FROM invoices WHERE payment_id = $1",
                      MSVC_VALUES(MSVC_TEXT(invoice->id)), err);

    if (status < 0)
        return status;
    if (msvc_rows_next(rows)) {
        (void)snprintf(invoice->number, sizeof(invoice->number), "INV-%06" PRId64,
                       msvc_rows_int(rows, 0));
        msvc_time_format(invoice->issued, msvc_rows_int(rows, 1) * 1000000);
    } else {
        status = msvc_error_set(err, MSVC_ERR_NOT_FOUND, "payments", 0,
                                "the payment is %s, there is no invoice", invoice->payment.status);
    }
    msvc_rows_free(rows);
    return status;
}

static json_t *line_to_json(const struct msvc_rows *rows, const char *currency)
{
    char created[MSVC_TIME_SIZE];

    msvc_time_format(created, msvc_rows_int(rows, 2) * 1000000);
    return json_pack("{s:s, s:o, s:s}", "kind", msvc_rows_text(rows, 0), "amount",
                     money_to_json(msvc_rows_int(rows, 1), currency), "createdAt", created);
}

static int read_lines(struct invoice *invoice, struct msvc_tx *tx, struct msvc_error *err)
{
    struct msvc_rows *rows;
    int status = msvc_tx_query(
        &rows, tx,
        "SELECT kind, amount, created_ms FROM ledger WHERE payment_id = $1 ORDER BY number",
        MSVC_VALUES(MSVC_TEXT(invoice->id)), err);

    if (status < 0)
        return status;
    (void)json_array_clear(invoice->lines);
    while (msvc_rows_next(rows))
        (void)json_array_append_new(invoice->lines, line_to_json(rows, invoice->payment.currency));
    msvc_rows_free(rows);
    return 0;
}

static int read_invoice(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct invoice *invoice = user;
    int status = payment_find_for(&invoice->payment, tx, invoice->id, invoice->caller, err);

    if (status == 0)
        status = read_head(invoice, tx, err);
    return status < 0 ? status : read_lines(invoice, tx, err);
}

void handle_show_invoice(struct msvc_http_exchange *exchange, void *user)
{
    const struct payments *payments = user;
    struct invoice invoice = { .caller = user_client_caller(exchange),
                               .id = msvc_http_param(exchange, "id"),
                               .lines = json_array() };
    const struct payment *payment = &invoice.payment;
    struct msvc_error err;

    if (msvc_store_transact(payments->store, MSVC_TX_OPTIONS(.is_read_only = true), read_invoice,
                            &invoice, &err) < 0) {
        json_decref(invoice.lines);
        msvc_http_reply_error(exchange, &err);
        return;
    }
    msvc_http_reply_json(exchange, 200,
                         json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "number", invoice.number,
                                   "paymentId", payment->id, "orderId", payment->order_id, "userId",
                                   payment->user_id, "issuedAt", invoice.issued, "lines",
                                   invoice.lines, "total",
                                   money_to_json(payment->balance, payment->currency)));
}
