/* SPDX-License-Identifier: MIT */
#include <msvc/inbox.h>

#include <msvc/error.h>
#include <msvc/log.h>
#include <msvc/message.h>
#include <msvc/status.h>
#include <msvc/store.h>

struct consumption {
    const char *consumer;
    const struct msvc_message *message;
    msvc_inbox_fn *fn;
    void *user;
    bool is_duplicate; /* tells accept()'s EXISTS from one of fn's own */
};

static int consume(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct consumption *c = user;
    int status = msvc_inbox_accept(tx, c->consumer, c->message, err);

    c->is_duplicate = status == MSVC_ERR_EXISTS;
    if (status < 0)
        return status;
    return c->fn(tx, c->message, c->user, err);
}

static enum msvc_disposition decide(struct msvc_delivery *delivery, int status,
                                    const struct msvc_error *err)
{
    if (msvc_status_retry(status) != MSVC_RETRY_NEVER)
        return MSVC_DELIVERY_RETRY;
    return msvc_delivery_park(delivery, err->status == status && err->message[0] != '\0'
                                            ? err->message
                                            : msvc_status_text(status));
}

enum msvc_disposition msvc_inbox_consume(struct msvc_store *store, const char *consumer,
                                         struct msvc_delivery *delivery, msvc_inbox_fn *fn,
                                         void *user, struct msvc_log *log)
{
    struct msvc_error err = { 0 };
    struct consumption c = { consumer, NULL, fn, user, false };
    int status;

    if (store == NULL || delivery == NULL || fn == NULL)
        return MSVC_DELIVERY_RETRY;
    c.message = msvc_delivery_message(delivery);
    status = msvc_store_transact(store, NULL, consume, &c, &err);
    if (status >= 0 || c.is_duplicate)
        return MSVC_DELIVERY_ACK;
    msvc_log_warn(log, "inbox.failed", MSVC_STR("messaging.message.id", c.message->id),
                  MSVC_STR("consumer", consumer), MSVC_STR("status", msvc_status_name(status)),
                  MSVC_STR("error.message", err.message));
    return decide(delivery, status, &err);
}
