/* SPDX-License-Identifier: MIT */
/*
 * order.cancelled: give back what was reserved. The order's events come in
 * their order, so that a cancellation never overtakes its order; one without a
 * reservation was rejected before, and there is nothing to give back.
 */
#include "inventory.h"

#include <jansson.h>

#include <msvc/error.h>
#include <msvc/message.h>
#include <msvc/store.h>

static int give_back(struct msvc_tx *tx, struct msvc_rows *rows, struct msvc_error *err)
{
    while (msvc_rows_next(rows)) {
        int status = msvc_tx_exec(
            tx,
            "UPDATE stock SET free = free + $1, reserved = reserved - $1,"
            " version = version + 1 WHERE sku = $2",
            MSVC_VALUES(MSVC_INT(msvc_rows_int(rows, 1)), MSVC_TEXT(msvc_rows_text(rows, 0))), err);

        if (status < 0)
            return status;
    }
    return 0;
}

static int release(struct msvc_tx *tx, const char *order_id, struct msvc_error *err)
{
    struct msvc_rows *rows;
    int removed;
    int status = msvc_tx_query(
        &rows, tx, "SELECT sku, quantity FROM reservations WHERE order_id = $1 ORDER BY sku",
        MSVC_VALUES(MSVC_TEXT(order_id)), err);

    if (status < 0)
        return status;
    status = give_back(tx, rows, err);
    msvc_rows_free(rows);
    if (status < 0)
        return status;
    removed = msvc_tx_exec(tx, "DELETE FROM reservations WHERE order_id = $1",
                           MSVC_VALUES(MSVC_TEXT(order_id)), err);
    return removed > 0 ? publish_released(tx, order_id, err) : removed;
}

int release_for_order(struct msvc_tx *tx, const struct msvc_message *message, void *inventory,
                      struct msvc_error *err)
{
    json_t *event = json_loadb(message->payload, message->payload_length, 0, NULL);
    const char *order_id = json_string_value(json_object_get(event, "orderId"));
    int status;

    (void)inventory;
    if (order_id == NULL)
        status = msvc_error_set(err, MSVC_ERR_MALFORMED, "inventory", 0,
                                "order.cancelled: expected the text orderId");
    else
        status = release(tx, order_id, err);
    json_decref(event);
    return status;
}
