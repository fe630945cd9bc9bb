/* SPDX-License-Identifier: MIT */
/* GET /api/v1/payments/{id}, GET /api/v1/payments: for the customer, and for staff. */
#include "payments.h"

#include <string.h>

#include <jansson.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/http_router.h>
#include <msvc/store.h>

#include "page.h"
#include "version.h"

json_t *payment_to_json(const struct payment *payment)
{
    char created[MSVC_TIME_SIZE];

    msvc_time_format(created, payment->created_ms * 1000000);
    return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:o, s:o, s:I, s:s}", "id", payment->id, "orderId",
                     payment->order_id, "userId", payment->user_id, "status", payment->status,
                     "reason", payment->reason[0] != '\0' ? payment->reason : NULL, "amount",
                     money_to_json(payment->amount, payment->currency), "balance",
                     money_to_json(payment->balance, payment->currency), "version",
                     (json_int_t)payment->version, "createdAt", created);
}

static bool is_staff(const struct user_caller *caller)
{
    return strcmp(caller->role, "staff") == 0;
}

int payment_find_for(struct payment *out, struct msvc_tx *tx, const char *id,
                     const struct user_caller *caller, struct msvc_error *err)
{
    int status = payment_find(out, tx, id, err);

    if (status == 0 && !is_staff(caller) && strcmp(out->user_id, caller->id) != 0)
        return msvc_error_set(err, MSVC_ERR_NOT_FOUND, "payments", 0, "no such payment");
    return status;
}

struct request {
    const struct user_caller *caller;
    const char *id;
    struct payment payment;
};

static int read_one(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct request *request = user;

    return payment_find_for(&request->payment, tx, request->id, request->caller, err);
}

void handle_show_payment(struct msvc_http_exchange *exchange, void *user)
{
    const struct payments *payments = user;
    struct request request = { .caller = user_client_caller(exchange),
                               .id = msvc_http_param(exchange, "id") };
    struct msvc_error err;

    if (msvc_store_transact(payments->store, MSVC_TX_OPTIONS(.is_read_only = true), read_one,
                            &request, &err) < 0)
        msvc_http_reply_error(exchange, &err);
    else
        version_reply(exchange, 200, payment_to_json(&request.payment));
}

struct list {
    const struct user_caller *caller;
    const char *order_id; /* NULL: all */
};

#define PAGE        "SELECT id FROM payments WHERE id > $1 ORDER BY id LIMIT $2"
#define PAGE_OF_OWN "SELECT id FROM payments WHERE id > $1 AND user_id = $3 ORDER BY id LIMIT $2"

static int append_payment(json_t *items, struct msvc_tx *tx, const char *id, struct msvc_error *err)
{
    struct payment payment;
    int status = payment_find(&payment, tx, id, err);

    if (status == 0)
        (void)json_array_append_new(items, payment_to_json(&payment));
    return status;
}

static int read_all(struct page *page, struct msvc_tx *tx, const struct user_caller *caller,
                    struct msvc_error *err)
{
    struct msvc_value cursor = MSVC_TEXT(page->cursor);
    struct msvc_value count = MSVC_INT(page->count);
    struct msvc_rows *rows;
    int status;

    if (is_staff(caller))
        status = msvc_tx_query(&rows, tx, PAGE, MSVC_VALUES(cursor, count), err);
    else
        status = msvc_tx_query(&rows, tx, PAGE_OF_OWN,
                               MSVC_VALUES(cursor, count, MSVC_TEXT(caller->id)), err);
    if (status < 0)
        return status;
    while (status == 0 && msvc_rows_next(rows))
        status = append_payment(page->items, tx, msvc_rows_text(rows, 0), err);
    msvc_rows_free(rows);
    return status;
}

/* An order has one payment at most. */
static int read_of_order(struct page *page, struct msvc_tx *tx, const struct list *list,
                         struct msvc_error *err)
{
    struct payment payment;
    int status = payment_find_by_order(&payment, tx, list->order_id, err);

    if (status == 0 && strcmp(payment.id, page->cursor) > 0 &&
        (is_staff(list->caller) || strcmp(payment.user_id, list->caller->id) == 0))
        (void)json_array_append_new(page->items, payment_to_json(&payment));
    return status == MSVC_ERR_NOT_FOUND ? 0 : status;
}

static int read_page(struct page *page, struct msvc_tx *tx, const void *user,
                     struct msvc_error *err)
{
    const struct list *list = user;

    return list->order_id != NULL ? read_of_order(page, tx, list, err)
                                  : read_all(page, tx, list->caller, err);
}

void handle_list_payments(struct msvc_http_exchange *exchange, void *user)
{
    const struct payments *payments = user;
    struct list list = { .caller = user_client_caller(exchange),
                         .order_id = msvc_http_query(exchange, "orderId", 0) };

    page_reply(exchange, payments->store, "id", read_page, &list);
}
