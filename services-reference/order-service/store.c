/* SPDX-License-Identifier: MIT */
/* Tables orders and order_items. */
#include "orders.h"

#include <stdio.h>
#include <string.h>

#include <msvc/error.h>
#include <msvc/store.h>

static const struct {
    enum order_status status;
    const char *name;
} names[] = {
    { ORDER_PENDING, "pending" },
    { ORDER_RESERVED, "reserved" },
    { ORDER_CONFIRMED, "confirmed" },
    { ORDER_CANCELLED, "cancelled" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *order_status_name(enum order_status status)
{
    size_t i = 0;

    while (i < COUNT(names) - 1 && names[i].status != status)
        i++;
    return names[i].name;
}

static enum order_status status_named(const char *name)
{
    size_t i = 0;

    while (i < COUNT(names) - 1 && strcmp(names[i].name, name) != 0)
        i++;
    return names[i].status;
}

static int insert_lines(struct msvc_tx *tx, const char *order_id, const struct line *lines,
                        size_t count, struct msvc_error *err)
{
    for (size_t i = 0; i < count; i++) {
        int status = msvc_tx_exec(tx,
                                  "INSERT INTO order_items (order_id, line, sku, quantity, amount)"
                                  " VALUES ($1, $2, $3, $4, $5)",
                                  MSVC_VALUES(MSVC_TEXT(order_id), MSVC_INT((int64_t)i + 1),
                                              MSVC_TEXT(lines[i].sku), MSVC_INT(lines[i].quantity),
                                              MSVC_INT(lines[i].amount)),
                                  err);

        if (status < 0)
            return status;
    }
    return 0;
}

int order_insert(struct msvc_tx *tx, const struct order *order, const struct line *lines,
                 size_t count, struct msvc_error *err)
{
    int status = msvc_tx_exec(
        tx,
        "INSERT INTO orders (id, user_id, status, amount, currency, version, created_ms)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        MSVC_VALUES(MSVC_TEXT(order->id), MSVC_TEXT(order->user_id),
                    MSVC_TEXT(order_status_name(order->status)), MSVC_INT(order->amount),
                    MSVC_TEXT(order->currency), MSVC_INT(order->version),
                    MSVC_INT(order->created_ms)),
        err);

    return status < 0 ? status : insert_lines(tx, order->id, lines, count, err);
}

int order_find(struct order *out, struct msvc_tx *tx, const char *id, struct msvc_error *err)
{
    struct msvc_rows *rows;
    int status = msvc_tx_query(&rows, tx,
                               "SELECT id, user_id, status, amount, currency, version, created_ms"
                               " FROM orders WHERE id = $1",
                               MSVC_VALUES(MSVC_TEXT(id)), err);

    if (status < 0)
        return status;
    if (msvc_rows_next(rows)) {
        (void)snprintf(out->id, sizeof(out->id), "%s", msvc_rows_text(rows, 0));
        (void)snprintf(out->user_id, sizeof(out->user_id), "%s", msvc_rows_text(rows, 1));
        out->status = status_named(msvc_rows_text(rows, 2));
        out->amount = msvc_rows_int(rows, 3);
        (void)snprintf(out->currency, sizeof(out->currency), "%s", msvc_rows_text(rows, 4));
        out->version = msvc_rows_int(rows, 5);
        out->created_ms = msvc_rows_int(rows, 6);
    } else {
        status = msvc_error_set(err, MSVC_ERR_NOT_FOUND, "orders", 0, "no such order");
    }
    msvc_rows_free(rows);
    return status;
}

int order_move(struct msvc_tx *tx, struct order *order, enum order_status to, const char *reason,
               struct msvc_error *err)
{
    int changed = msvc_tx_exec(tx,
                               "UPDATE orders SET status = $1, reason = $2, version = version + 1"
                               " WHERE id = $3 AND version = $4",
                               MSVC_VALUES(MSVC_TEXT(order_status_name(to)), MSVC_TEXT(reason),
                                           MSVC_TEXT(order->id), MSVC_INT(order->version)),
                               err);

    if (changed == 0)
        return msvc_error_set(err, MSVC_ERR_CONFLICT, "orders", 0,
                              "somebody else changed the order");
    if (changed < 0)
        return changed;
    order->version++;
    order->status = to;
    if (to == ORDER_CONFIRMED)
        return publish_confirmed(tx, order, err);
    return to == ORDER_CANCELLED ? publish_cancelled(tx, order, reason, err) : 0;
}
