/* SPDX-License-Identifier: MIT */
/**
 * @file inbox.h
 *
 * Idempotent consumer: the effect of a message happens exactly once, because
 * its id is remembered in the same transaction as the effect.
 *
 *     static int on_order(struct msvc_tx *tx, const struct msvc_message *m, void *user,
 *                         struct msvc_error *err)
 *     {
 *         return msvc_tx_exec(tx, "UPDATE stock …", values, err);
 *     }
 *
 *     static enum msvc_disposition deliver(struct msvc_delivery *delivery, void *user)
 *     {
 *         return msvc_inbox_consume(store, "inventory", delivery, on_order, user, log);
 *     }
 *
 * A duplicate that arrives while the first is still being handled waits for
 * its transaction, then is acknowledged.
 */
#ifndef MSVC_INBOX_H
#define MSVC_INBOX_H

#include <msvc/base.h>
#include <msvc/bus.h>

MSVC_BEGIN_DECLS

struct msvc_error;
struct msvc_log;
struct msvc_message;
struct msvc_store;
struct msvc_tx;

/**
 * Remember in @p tx that @p consumer has handled @p message: the first statement of its
 * transaction.
 *
 * @param message  Its (source, id) is what is remembered.
 * @return 0 the first time, #MSVC_ERR_EXISTS for a duplicate (the transaction stays usable), or a
 * store status.
 */
MSVC_API MSVC_MUST_USE int msvc_inbox_accept(struct msvc_tx *tx, const char *consumer,
                                             const struct msvc_message *message,
                                             struct msvc_error *err);

/** The effect of a message. @return 0 or more to commit and acknowledge, a status to roll back. */
typedef int msvc_inbox_fn(struct msvc_tx *tx, const struct msvc_message *message, void *user,
                          struct msvc_error *err);

/**
 * Accept @p delivery and run @p fn in one transaction, and say what becomes of it: ACK when it
 * committed or was a duplicate; RETRY when trying again may help (as msvc_status_retry() says,
 * UNKNOWN commits included: the inbox makes that safe); PARK with the message of the error
 * otherwise.
 *
 * @param log  Optional; failures are logged here.
 */
MSVC_API MSVC_MUST_USE enum msvc_disposition msvc_inbox_consume(struct msvc_store *store,
                                                                const char *consumer,
                                                                struct msvc_delivery *delivery,
                                                                msvc_inbox_fn *fn, void *user,
                                                                struct msvc_log *log);

/** Forget ids older than @p age_ms; a duplicate that comes later than that is not recognised.
 * @return How many, or a store status. */
MSVC_API int msvc_inbox_prune(struct msvc_store *store, uint64_t age_ms, struct msvc_error *err);

MSVC_END_DECLS

#endif
