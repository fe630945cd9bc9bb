/* SPDX-License-Identifier: MIT */
/* Events about orders; their key is the order. */
#include "orders.h"

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/outbox.h>

static void begin(struct msvc_json_writer *writer, struct msvc_buffer *payload,
                  const struct order *order)
{
    msvc_json_writer_init(writer, payload);
    msvc_json_begin_object(writer);
    msvc_json_member_text(writer, "orderId", order->id);
    msvc_json_member_text(writer, "userId", order->user_id);
}

/* Ends the object. */
static int publish(struct msvc_tx *tx, const char *type, const struct order *order,
                   struct msvc_json_writer *writer, struct msvc_buffer *payload,
                   struct msvc_error *err)
{
    int status;

    msvc_json_end_object(writer);
    status = msvc_json_writer_status(writer);
    if (status < 0)
        (void)msvc_error_set(err, status, "orders", 0, "event: %s", msvc_status_text(status));
    else
        status = msvc_outbox_append(tx,
                                    MSVC_MESSAGE(.type = type, .topic = "orders", .key = order->id,
                                                 .payload = payload->data,
                                                 .payload_length = payload->length),
                                    MSVC_OUTBOX_OPTIONS(.source = "order-service"), err);
    msvc_buffer_clear(payload);
    return status;
}

int publish_created(struct msvc_tx *tx, const struct order *order, const struct line *lines,
                    size_t count, struct msvc_error *err)
{
    struct msvc_buffer payload = MSVC_BUFFER_INIT;
    struct msvc_json_writer writer;

    begin(&writer, &payload, order);
    msvc_json_key(&writer, "items");
    msvc_json_begin_array(&writer);
    for (size_t i = 0; i < count; i++) {
        msvc_json_begin_object(&writer);
        msvc_json_member_text(&writer, "sku", lines[i].sku);
        msvc_json_member_int(&writer, "quantity", lines[i].quantity);
        msvc_json_end_object(&writer);
    }
    msvc_json_end_array(&writer);
    money_write(&writer, "total", order->amount, order->currency);
    return publish(tx, "order.created", order, &writer, &payload, err);
}

int publish_confirmed(struct msvc_tx *tx, const struct order *order, struct msvc_error *err)
{
    struct msvc_buffer payload = MSVC_BUFFER_INIT;
    struct msvc_json_writer writer;

    begin(&writer, &payload, order);
    money_write(&writer, "total", order->amount, order->currency);
    return publish(tx, "order.confirmed", order, &writer, &payload, err);
}

int publish_cancelled(struct msvc_tx *tx, const struct order *order, const char *reason,
                      struct msvc_error *err)
{
    struct msvc_buffer payload = MSVC_BUFFER_INIT;
    struct msvc_json_writer writer;

    begin(&writer, &payload, order);
    msvc_json_member_text(&writer, "reason", reason);
    return publish(tx, "order.cancelled", order, &writer, &payload, err);
}
