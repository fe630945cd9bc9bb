/* SPDX-License-Identifier: MIT */
/**
 * @file outbox.h
 *
 * Transactional outbox: an event is a row in the caller's own transaction, and
 * a relay (relay.h) publishes the rows of committed transactions.
 *
 *     msvc_tx_exec(tx, "INSERT INTO orders …", values, &err);
 *     msvc_outbox_append(tx, MSVC_MESSAGE(.type = "order.created", .key = id, …), NULL, &err);
 *     msvc_tx_commit(tx, &err);
 *
 * From anywhere else plain SQL will do; every other column has a default:
 *
 *     INSERT INTO outbox_events (type, payload) VALUES ('order.created', $1)
 *
 * The guarantee: at least once. Never a ghost: nothing is published whose
 * transaction could still be lost. For two messages of one (topic, key): if
 * append(e1)'s transaction committed before append(e2) was called, the broker
 * confirms e1 before e2 is sent; with `lock_key`, append order is commit order.
 * No order across keys; delayed rows carry no order promise. Duplicates carry
 * the same id and are bounded by the relay's window per crash. A row is removed
 * only after the broker confirmed it.
 */
#ifndef MSVC_OUTBOX_H
#define MSVC_OUTBOX_H

#include <msvc/base.h>
#include <msvc/message.h>

MSVC_BEGIN_DECLS

struct msvc_error;
struct msvc_store;
struct msvc_tx;

/** How to append. Start from #MSVC_OUTBOX_OPTIONS; 0 means the default. */
struct msvc_outbox_options {
    size_t size; /**< Set by #MSVC_OUTBOX_OPTIONS. */
    const char
        *source; /**< CloudEvents source of a message without one. Default: the relay's bus says. */
    int64_t not_before_ns; /**< Publish at this wall time or later. Default: at once. */
    bool lock_key; /**< Other transactions that append with this lock for the same (topic, key) wait
                      for this one's end. */
};

#define MSVC_OUTBOX_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_outbox_options, __VA_ARGS__)

/**
 * Append @p message to the outbox in @p tx. Nothing is visible until the transaction commits.
 *
 * @param options  NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID or #MSVC_ERR_LIMIT (the message), or a store status.
 */
MSVC_API MSVC_MUST_USE int msvc_outbox_append(struct msvc_tx *tx,
                                              const struct msvc_message *message,
                                              const struct msvc_outbox_options *options,
                                              struct msvc_error *err);

/** Create or update the tables of outbox and inbox; also installed as SQL files. @return 0 or a
 * store status. */
MSVC_API MSVC_MUST_USE int msvc_outbox_migrate(struct msvc_store *store, struct msvc_error *err);

/** Number of the 64 shards that (topic, key) belongs to: FNV-1a-32 of topic, 0, key, low six bits;
 * SQL computes the same. NULL @p key hashes as "". */
MSVC_API unsigned msvc_outbox_shard(const char *topic, const char *key);

MSVC_END_DECLS

#endif
