/* SPDX-License-Identifier: MIT */
/*
 * Events become rows that wait to be sent, in the transaction that remembers
 * the event. Who a user is comes from user-service's events, never from its
 * database; an order's event may overtake them, its row then waits for the address.
 */
#include "notifications.h"

#include <string.h>

#include <jansson.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/message.h>
#include <msvc/store.h>
#include <msvc/uuid.h>

static int insert(struct msvc_tx *tx, const char *user_id, const char *kind, const char *channel,
                  const struct msvc_buffer *subject, const struct msvc_buffer *body,
                  struct msvc_error *err)
{
    int64_t now_ms = msvc_clock_wall_ns(NULL) / 1000000;
    char id[MSVC_UUID_SIZE];

    msvc_uuid_new(id, NULL, NULL);
    return msvc_tx_exec(
        tx,
        "INSERT INTO notifications"
        " (id, user_id, kind, channel, subject, body, state, attempts, next_ms, created_ms)"
        " VALUES ($1, $2, $3, $4, $5, $6, 'pending', 0, $7, $7)",
        MSVC_VALUES(MSVC_TEXT(id), MSVC_TEXT(user_id), MSVC_TEXT(kind), MSVC_TEXT(channel),
                    MSVC_TEXT(subject->data), MSVC_TEXT(body->data), MSVC_INT(now_ms)),
        err);
}

static int insert_for_each_channel(struct msvc_tx *tx, const struct notifications *notifications,
                                   const char *user_id, const char *kind,
                                   const struct msvc_buffer *subject,
                                   const struct msvc_buffer *body, struct msvc_error *err)
{
    int status = insert(tx, user_id, kind, "email", subject, body, err);

    if (status >= 0 && notifications->sms != NULL)
        status = insert(tx, user_id, kind, "sms", subject, body, err);
    if (status >= 0 && notifications->push != NULL)
        status = insert(tx, user_id, kind, "push", subject, body, err);
    return status < 0 ? status : 0;
}

static int notify(struct msvc_tx *tx, const struct msvc_message *message,
                  const struct notifications *notifications, const char *user_id,
                  struct msvc_error *err)
{
    struct msvc_buffer subject = MSVC_BUFFER_INIT;
    struct msvc_buffer body = MSVC_BUFFER_INIT;
    int status = 0;

    if (compose(&subject, &body, message)) {
        if (msvc_buffer_status(&subject) < 0 || msvc_buffer_status(&body) < 0)
            status =
                msvc_error_set(err, MSVC_ERR_NOMEM, "notifications", 0, "no memory for a text");
        else
            status = insert_for_each_channel(tx, notifications, user_id, message->type, &subject,
                                             &body, err);
    }
    msvc_buffer_clear(&subject);
    msvc_buffer_clear(&body);
    return status;
}

int notify_about(struct msvc_tx *tx, const struct msvc_message *message, void *user,
                 struct msvc_error *err)
{
    json_t *event = json_loadb(message->payload, message->payload_length, 0, NULL);
    const char *user_id = json_string_value(json_object_get(event, "userId"));
    int status;

    if (user_id == NULL)
        status = msvc_error_set(err, MSVC_ERR_MALFORMED, "notifications", 0,
                                "%s: expected the text userId", message->type);
    else
        status = notify(tx, message, user, user_id, err);
    json_decref(event);
    return status;
}

static int upsert_recipient(struct msvc_tx *tx, const json_t *event, struct msvc_error *err)
{
    const char *user_id = json_string_value(json_object_get(event, "userId"));
    const char *email = json_string_value(json_object_get(event, "email"));
    const char *name = json_string_value(json_object_get(event, "name"));

    if (user_id == NULL || email == NULL || name == NULL)
        return msvc_error_set(err, MSVC_ERR_MALFORMED, "notifications", 0,
                              "user event: expected the texts userId, email and name");
    return msvc_tx_exec(tx,
                        "INSERT INTO recipients (user_id, email, name) VALUES ($1, $2, $3)"
                        " ON CONFLICT (user_id) DO UPDATE"
                        " SET email = excluded.email, name = excluded.name",
                        MSVC_VALUES(MSVC_TEXT(user_id), MSVC_TEXT(email), MSVC_TEXT(name)), err);
}

int remember_user(struct msvc_tx *tx, const struct msvc_message *message, void *notifications,
                  struct msvc_error *err)
{
    json_t *event = json_loadb(message->payload, message->payload_length, 0, NULL);
    int status = upsert_recipient(tx, event, err);

    json_decref(event);
    return status < 0 ? status : notify_about(tx, message, notifications, err);
}
