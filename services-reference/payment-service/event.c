/* SPDX-License-Identifier: MIT */
/* Events about payments; their key is the order. */
#include "payments.h"

#include <msvc/buffer.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/outbox.h>

static void begin(struct msvc_json_writer *writer, struct msvc_buffer *payload)
{
    msvc_json_writer_init(writer, payload);
    msvc_json_begin_object(writer);
}

/* Ends the object. */
static int publish(struct msvc_tx *tx, const char *type, const struct payment *payment,
                   struct msvc_json_writer *writer, struct msvc_buffer *payload,
                   struct msvc_error *err)
{
    int status;

    msvc_json_member_text(writer, "orderId", payment->order_id);
    msvc_json_member_text(writer, "userId", payment->user_id);
    msvc_json_end_object(writer);
    status = msvc_json_writer_status(writer);
    if (status < 0)
        (void)msvc_error_set(err, status, "payments", 0, "event: %s", msvc_status_text(status));
    else
        status = msvc_outbox_append(tx,
                                    MSVC_MESSAGE(.type = type, .topic = "payments",
                                                 .key = payment->order_id, .payload = payload->data,
                                                 .payload_length = payload->length),
                                    MSVC_OUTBOX_OPTIONS(.source = "payment-service"), err);
    msvc_buffer_clear(payload);
    return status;
}

int publish_authorized(struct msvc_tx *tx, const struct payment *payment, struct msvc_error *err)
{
    struct msvc_buffer payload = MSVC_BUFFER_INIT;
    struct msvc_json_writer writer;

    begin(&writer, &payload);
    msvc_json_member_text(&writer, "paymentId", payment->id);
    money_write(&writer, "amount", payment->amount, payment->currency);
    return publish(tx, "payment.authorized", payment, &writer, &payload, err);
}

int publish_declined(struct msvc_tx *tx, const struct payment *payment, struct msvc_error *err)
{
    struct msvc_buffer payload = MSVC_BUFFER_INIT;
    struct msvc_json_writer writer;

    begin(&writer, &payload);
    msvc_json_member_text(&writer, "reason", payment->reason);
    return publish(tx, "payment.declined", payment, &writer, &payload, err);
}

int publish_refunded(struct msvc_tx *tx, const struct payment *payment, int64_t amount,
                     struct msvc_error *err)
{
    struct msvc_buffer payload = MSVC_BUFFER_INIT;
    struct msvc_json_writer writer;

    begin(&writer, &payload);
    msvc_json_member_text(&writer, "paymentId", payment->id);
    money_write(&writer, "amount", amount, payment->currency);
    return publish(tx, "payment.refunded", payment, &writer, &payload, err);
}
