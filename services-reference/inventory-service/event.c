/* SPDX-License-Identifier: MIT */
/* Events about stock; their key is the order, whose events keep their order. */
#include "inventory.h"

#include <string.h>

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/outbox.h>

/* Ends the object. */
static int publish(struct msvc_tx *tx, const char *type, const char *order_id,
                   struct msvc_json_writer *writer, struct msvc_buffer *payload,
                   struct msvc_error *err)
{
    int status;

    msvc_json_end_object(writer);
    status = msvc_json_writer_status(writer);
    if (status < 0)
        (void)msvc_error_set(err, status, "inventory", 0, "event: %s", msvc_status_text(status));
    else
        status = msvc_outbox_append(tx,
                                    MSVC_MESSAGE(.type = type, .topic = "stock", .key = order_id,
                                                 .payload = payload->data,
                                                 .payload_length = payload->length),
                                    MSVC_OUTBOX_OPTIONS(.source = "inventory-service"), err);
    msvc_buffer_clear(payload);
    return status;
}

static void begin(struct msvc_json_writer *writer, struct msvc_buffer *payload,
                  const char *order_id)
{
    msvc_json_writer_init(writer, payload);
    msvc_json_begin_object(writer);
    msvc_json_member_text(writer, "orderId", order_id);
}

int publish_reserved(struct msvc_tx *tx, const char *order_id, const char *user_id,
                     const char *total_json, struct msvc_error *err)
{
    struct msvc_buffer payload = MSVC_BUFFER_INIT;
    struct msvc_json_writer writer;

    begin(&writer, &payload, order_id);
    msvc_json_member_text(&writer, "userId", user_id);
    msvc_json_key(&writer, "total");
    msvc_json_raw(&writer, total_json, strlen(total_json));
    return publish(tx, "stock.reserved", order_id, &writer, &payload, err);
}

int publish_rejected(struct msvc_tx *tx, const char *order_id, const char *sku, const char *reason,
                     struct msvc_error *err)
{
    struct msvc_buffer payload = MSVC_BUFFER_INIT;
    struct msvc_json_writer writer;

    begin(&writer, &payload, order_id);
    msvc_json_member_text(&writer, "reason", reason);
    msvc_json_member_text(&writer, "sku", sku);
    return publish(tx, "stock.rejected", order_id, &writer, &payload, err);
}

int publish_released(struct msvc_tx *tx, const char *order_id, struct msvc_error *err)
{
    struct msvc_buffer payload = MSVC_BUFFER_INIT;
    struct msvc_json_writer writer;

    begin(&writer, &payload, order_id);
    return publish(tx, "stock.released", order_id, &writer, &payload, err);
}
