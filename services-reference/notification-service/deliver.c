/* SPDX-License-Identifier: MIT */
/*
 * Sends what is pending. A row is leased before it is sent, so that several
 * instances share the work, and marked sent together with its event. A crash
 * in between sends it again, with the same id for the receiver to notice.
 */
#include "notifications.h"

#include <string.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/json.h>
#include <msvc/log.h>
#include <msvc/outbox.h>
#include <msvc/runner.h>
#include <msvc/service.h>
#include <msvc/store.h>

#define POLL_MS       200
#define BATCH         20
#define LEASE_MS      60000
#define BACKOFF_MS    500
#define BACKOFF_STEPS 10

static int64_t now_ms(void)
{
    return msvc_clock_wall_ns(NULL) / 1000000;
}

static int find_due(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct msvc_rows **out = user;

    msvc_rows_free(*out);
    *out = NULL;
    return msvc_tx_query(out, tx,
                         "SELECT n.id, n.user_id, n.channel, n.kind, n.subject, n.body, r.email,"
                         " r.name, n.attempts, n.created_ms"
                         " FROM notifications n JOIN recipients r ON r.user_id = n.user_id"
                         " WHERE n.state = 'pending' AND n.next_ms <= $1"
                         " ORDER BY n.next_ms, n.id LIMIT $2",
                         MSVC_VALUES(MSVC_INT(now_ms()), MSVC_INT(BATCH)), err);
}

static struct notification read_row(const struct msvc_rows *rows)
{
    return (struct notification){
        .id = msvc_rows_text(rows, 0),
        .user_id = msvc_rows_text(rows, 1),
        .channel = msvc_rows_text(rows, 2),
        .kind = msvc_rows_text(rows, 3),
        .subject = msvc_rows_text(rows, 4),
        .body = msvc_rows_text(rows, 5),
        .email = msvc_rows_text(rows, 6),
        .name = msvc_rows_text(rows, 7),
        .attempts = msvc_rows_int(rows, 8),
        .created_ms = msvc_rows_int(rows, 9),
    };
}

/* 1: ours to send now; 0: somebody else was faster. */
static int lease(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    const struct notification *n = user;

    return msvc_tx_exec(
        tx,
        "UPDATE notifications SET attempts = attempts + 1, next_ms = $1"
        " WHERE id = $2 AND state = 'pending' AND attempts = $3",
        MSVC_VALUES(MSVC_INT(now_ms() + LEASE_MS), MSVC_TEXT(n->id), MSVC_INT(n->attempts)), err);
}

static int send_one(const struct notifications *notifications, const struct notification *n,
                    struct msvc_error *err)
{
    if (strcmp(n->channel, "email") == 0)
        return send_email(notifications, n, err);
    if (strcmp(n->channel, "sms") == 0 && notifications->sms != NULL)
        return send_webhook(notifications->sms, n, err);
    if (strcmp(n->channel, "push") == 0 && notifications->push != NULL)
        return send_webhook(notifications->push, n, err);
    return msvc_error_set(err, MSVC_ERR_UNSUPPORTED, "notifications", 0,
                          "channel %s is not configured", n->channel);
}

static int publish_sent(struct msvc_tx *tx, const struct notification *n, struct msvc_error *err)
{
    struct msvc_buffer payload = MSVC_BUFFER_INIT;
    struct msvc_json_writer writer;
    int status;

    msvc_json_writer_init(&writer, &payload);
    msvc_json_begin_object(&writer);
    msvc_json_member_text(&writer, "notificationId", n->id);
    msvc_json_member_text(&writer, "userId", n->user_id);
    msvc_json_member_text(&writer, "channel", n->channel);
    msvc_json_member_text(&writer, "kind", n->kind);
    msvc_json_end_object(&writer);
    status = msvc_json_writer_status(&writer);
    if (status < 0)
        (void)msvc_error_set(err, status, "notifications", 0, "event: %s",
                             msvc_status_text(status));
    else
        status = msvc_outbox_append(
            tx,
            MSVC_MESSAGE(.type = "notification.sent", .topic = "notifications", .key = n->id,
                         .payload = payload.data, .payload_length = payload.length),
            MSVC_OUTBOX_OPTIONS(.source = "notification-service"), err);
    msvc_buffer_clear(&payload);
    return status;
}

static int mark_sent(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    const struct notification *n = user;
    int status =
        msvc_tx_exec(tx, "UPDATE notifications SET state = 'sent', sent_ms = $1 WHERE id = $2",
                     MSVC_VALUES(MSVC_INT(now_ms()), MSVC_TEXT(n->id)), err);

    return status < 0 ? status : publish_sent(tx, n, err);
}

struct failure {
    const struct notification *notification;
    const char *reason;
    bool is_final;
};

static int mark_failed(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    const struct failure *failure = user;
    int64_t steps = failure->notification->attempts;
    int64_t wait_ms = BACKOFF_MS << (steps < BACKOFF_STEPS ? steps : BACKOFF_STEPS);

    return msvc_tx_exec(
        tx, "UPDATE notifications SET state = $1, next_ms = $2, last_error = $3 WHERE id = $4",
        MSVC_VALUES(MSVC_TEXT(failure->is_final ? "failed" : "pending"),
                    MSVC_INT(now_ms() + wait_ms), MSVC_TEXT(failure->reason),
                    MSVC_TEXT(failure->notification->id)),
        err);
}

static int finish(const struct notifications *notifications, struct notification *n, int status,
                  const struct msvc_error *sending, struct msvc_error *err)
{
    int64_t most = msvc_service_number(notifications->service, "SEND_ATTEMPTS");
    struct failure failure = { n, sending->message, n->attempts + 1 >= most };

    if (status >= 0)
        return msvc_store_transact(notifications->store, NULL, mark_sent, n, err);
    msvc_log_warn(msvc_service_log(notifications->service), "notification was not sent",
                  MSVC_STR("notification.id", n->id), MSVC_STR("channel", n->channel),
                  MSVC_I64("attempt", n->attempts + 1),
                  MSVC_STR("error.message", sending->message));
    return msvc_store_transact(notifications->store, NULL, mark_failed, &failure, err);
}

static int run_once(void *object, int timeout_ms, struct msvc_error *err)
{
    const struct notifications *notifications = object;
    struct msvc_rows *rows = NULL;
    int count = 0;
    int status = msvc_store_transact(notifications->store, MSVC_TX_OPTIONS(.is_read_only = true),
                                     find_due, &rows, err);

    (void)timeout_ms;
    while (status >= 0 && msvc_rows_next(rows)) {
        struct notification n = read_row(rows);
        struct msvc_error sending = { 0 };

        status = msvc_store_transact(notifications->store, NULL, lease, &n, err);
        if (status <= 0)
            continue;
        status = finish(notifications, &n, send_one(notifications, &n, &sending), &sending, err);
        count++;
    }
    msvc_rows_free(rows);
    return status < 0 ? status : count;
}

static int no_fd(void *object)
{
    (void)object;
    return -1;
}

static int poll_ms(void *object)
{
    (void)object;
    return POLL_MS;
}

int deliver_start(struct notifications *notifications, struct msvc_error *err)
{
    struct msvc_pump pump = { run_once, no_fd, poll_ms, notifications };
    int status = msvc_runner_new(
        &notifications->runner,
        MSVC_RUNNER_OPTIONS(.telemetry = msvc_service_telemetry(notifications->service)));

    if (status < 0)
        return msvc_error_set(err, status, "notifications", 0, "%s", msvc_status_text(status));
    return msvc_runner_add(notifications->runner, "deliver", pump, err);
}
