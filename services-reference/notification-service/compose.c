/* SPDX-License-Identifier: MIT */
/* What each event says to a person. */
#include "notifications.h"

#include <string.h>

#include <jansson.h>

#include <msvc/buffer.h>
#include <msvc/message.h>

static const struct {
    const char *kind;
    const char *subject; /* %s: the order's id */
    const char *body;
} texts[] = {
    { "user.registered", "Welcome", "your account is ready." },
    { "order.created", "We have your order %s", "we received your order and look after it now." },
    { "order.confirmed", "Your order %s is confirmed", "your order is paid and on its way." },
    { "order.cancelled", "Your order %s is cancelled", "your order was cancelled" },
    { "payment.declined", "The payment of order %s was declined", "we could not charge you" },
    { "payment.refunded", "The payment of order %s was refunded", "we paid back" },
};

/* Minor units with two digits; good enough for the currencies these services sell in. */
static void append_money(struct msvc_buffer *out, const json_t *money)
{
    json_int_t amount = json_integer_value(json_object_get(money, "amount"));
    const char *currency = json_string_value(json_object_get(money, "currency"));

    if (currency != NULL)
        msvc_buffer_printf(out, " %" JSON_INTEGER_FORMAT ".%02" JSON_INTEGER_FORMAT " %.3s",
                           amount / 100, amount % 100, currency);
}

static void append_details(struct msvc_buffer *body, const json_t *event)
{
    const char *reason = json_string_value(json_object_get(event, "reason"));

    if (reason != NULL)
        msvc_buffer_printf(body, ": %s", reason);
    append_money(body, json_object_get(event, "amount"));
    if (json_object_get(event, "total") != NULL) {
        msvc_buffer_text(body, "\n\nTotal:");
        append_money(body, json_object_get(event, "total"));
    }
    msvc_buffer_byte(body, '\n');
}

/* The subject has one place for the order's id, or none. */
static void append_subject(struct msvc_buffer *subject, const char *text, const char *order_id)
{
    const char *place = strstr(text, "%s");

    if (place == NULL) {
        msvc_buffer_text(subject, text);
        return;
    }
    msvc_buffer_bytes(subject, text, (size_t)(place - text));
    msvc_buffer_text(subject, order_id != NULL ? order_id : "");
    msvc_buffer_text(subject, place + 2);
}

bool compose(struct msvc_buffer *subject, struct msvc_buffer *body,
             const struct msvc_message *message)
{
    json_t *event;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(texts[i].kind, message->type) != 0)
            continue;
        event = json_loadb(message->payload, message->payload_length, 0, NULL);
        append_subject(subject, texts[i].subject,
                       json_string_value(json_object_get(event, "orderId")));
        msvc_buffer_text(body, texts[i].body);
        append_details(body, event);
        json_decref(event);
        return true;
    }
    return false;
}
