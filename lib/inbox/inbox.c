/* SPDX-License-Identifier: MIT */
/*
 * Insert first: the row that remembers the message is the first thing its
 * transaction writes, so that a concurrent duplicate waits right there and
 * then sees that there is nothing left to do.
 */
#include <msvc/inbox.h>

#include <msvc/clock.h>
#include <msvc/driver/inbox.h>
#include <msvc/driver/store.h>
#include <msvc/error.h>
#include <msvc/message.h>
#include <msvc/status.h>
#include <msvc/store.h>

#define NS_PER_MS      1000000
#define DEFAULT_SOURCE "/"

static const struct msvc_inbox_driver *inbox_of(const struct msvc_store_driver *driver,
                                                struct msvc_error *err)
{
    if (driver->inbox == NULL)
        (void)msvc_error_set(err, MSVC_ERR_UNSUPPORTED, "core", 0, "the %s store has no inbox",
                             driver->dialect);
    return driver->inbox;
}

int msvc_inbox_accept(struct msvc_tx *tx, const char *consumer, const struct msvc_message *message,
                      struct msvc_error *err)
{
    const struct msvc_inbox_driver *inbox;
    const char *source;

    if (tx == NULL || consumer == NULL || message == NULL || message->id == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0,
                              "accepting needs a transaction, a consumer and a message with an id");
    inbox = inbox_of(msvc_tx_driver(tx), err);
    if (inbox == NULL)
        return MSVC_ERR_UNSUPPORTED;
    source = message->source != NULL ? message->source : DEFAULT_SOURCE;
    return inbox->accept(tx, consumer, source, message->id, err);
}

struct prune {
    const struct msvc_inbox_driver *inbox;
    int64_t before_wall_ns;
};

static int prune(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    const struct prune *p = user;

    return p->inbox->prune(tx, p->before_wall_ns, err);
}

int msvc_inbox_prune(struct msvc_store *store, uint64_t age_ms, struct msvc_error *err)
{
    struct prune p;
    int64_t now;

    if (store == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0, "no store to prune");
    p.inbox = inbox_of(msvc_store_driver(store), err);
    if (p.inbox == NULL)
        return MSVC_ERR_UNSUPPORTED;
    now = msvc_clock_wall_ns(msvc_store_target(store)->clock);
    if (now < 0 || age_ms > (uint64_t)now / NS_PER_MS)
        return 0;
    p.before_wall_ns = now - (int64_t)age_ms * NS_PER_MS;
    return msvc_store_transact(store, NULL, prune, &p, err);
}
