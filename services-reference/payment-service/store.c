/* SPDX-License-Identifier: MIT */
/* Tables payments, ledger and order_locks. */
#include "payments.h"

#include <stdio.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/store.h>

#define COLUMNS "id, order_id, user_id, status, reason, amount, currency, version, created_ms"
#define BALANCE "(SELECT COALESCE(SUM(l.amount), 0) FROM ledger AS l WHERE l.payment_id = p.id)"

int payment_insert(struct msvc_tx *tx, const struct payment *payment, struct msvc_error *err)
{
    int status = msvc_tx_exec(
        tx, "INSERT INTO payments (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        MSVC_VALUES(MSVC_TEXT(payment->id), MSVC_TEXT(payment->order_id),
                    MSVC_TEXT(payment->user_id), MSVC_TEXT(payment->status),
                    payment->reason[0] != '\0' ? MSVC_TEXT(payment->reason) : MSVC_NULL(),
                    MSVC_INT(payment->amount), MSVC_TEXT(payment->currency),
                    MSVC_INT(payment->version), MSVC_INT(payment->created_ms)),
        err);

    return status < 0 ? status : 0;
}

static void copy_column(char *out, size_t size, const struct msvc_rows *rows, size_t column)
{
    const char *text = msvc_rows_text(rows, column);

    (void)snprintf(out, size, "%s", text != NULL ? text : "");
}

static int find(struct payment *out, struct msvc_tx *tx, const char *sql, const char *value,
                struct msvc_error *err)
{
    struct msvc_rows *rows;
    int status = msvc_tx_query(&rows, tx, sql, MSVC_VALUES(MSVC_TEXT(value)), err);

    if (status < 0)
        return status;
    if (msvc_rows_next(rows)) {
        copy_column(out->id, sizeof(out->id), rows, 0);
        copy_column(out->order_id, sizeof(out->order_id), rows, 1);
        copy_column(out->user_id, sizeof(out->user_id), rows, 2);
        copy_column(out->status, sizeof(out->status), rows, 3);
        copy_column(out->reason, sizeof(out->reason), rows, 4);
        out->amount = msvc_rows_int(rows, 5);
        copy_column(out->currency, sizeof(out->currency), rows, 6);
        out->version = msvc_rows_int(rows, 7);
        out->created_ms = msvc_rows_int(rows, 8);
        out->balance = msvc_rows_int(rows, 9);
    } else {
        status = msvc_error_set(err, MSVC_ERR_NOT_FOUND, "payments", 0, "no such payment");
    }
    msvc_rows_free(rows);
    return status;
}

int payment_find(struct payment *out, struct msvc_tx *tx, const char *id, struct msvc_error *err)
{
    return find(out, tx, "SELECT " COLUMNS ", " BALANCE " FROM payments AS p WHERE id = $1", id,
                err);
}

int payment_find_by_order(struct payment *out, struct msvc_tx *tx, const char *order_id,
                          struct msvc_error *err)
{
    return find(out, tx, "SELECT " COLUMNS ", " BALANCE " FROM payments AS p WHERE order_id = $1",
                order_id, err);
}

int order_lock(bool *is_cancelled, struct msvc_tx *tx, const char *order_id, bool cancel,
               struct msvc_error *err)
{
    struct msvc_rows *rows;
    int status =
        msvc_tx_exec(tx,
                     "INSERT INTO order_locks (order_id, is_cancelled) VALUES ($1, $2)"
                     " ON CONFLICT (order_id) DO UPDATE"
                     " SET is_cancelled = order_locks.is_cancelled | excluded.is_cancelled",
                     MSVC_VALUES(MSVC_TEXT(order_id), MSVC_INT(cancel)), err);

    if (status >= 0)
        status =
            msvc_tx_query(&rows, tx, "SELECT is_cancelled FROM order_locks WHERE order_id = $1",
                          MSVC_VALUES(MSVC_TEXT(order_id)), err);
    if (status < 0)
        return status;
    *is_cancelled = msvc_rows_next(rows) && msvc_rows_int(rows, 0) != 0;
    msvc_rows_free(rows);
    return 0;
}

int ledger_append(struct msvc_tx *tx, const struct payment *payment, const char *kind,
                  int64_t amount, struct msvc_error *err)
{
    int status = msvc_tx_exec(tx,
                              "INSERT INTO ledger (payment_id, number, kind, amount, created_ms)"
                              " VALUES ($1, $2, $3, $4, $5)",
                              MSVC_VALUES(MSVC_TEXT(payment->id), MSVC_INT(payment->version),
                                          MSVC_TEXT(kind), MSVC_INT(amount),
                                          MSVC_INT(msvc_clock_wall_ns(NULL) / 1000000)),
                              err);

    return status < 0 ? status : 0;
}
