/* SPDX-License-Identifier: MIT */
/**
 * @file driver/outbox.h
 *
 * The dialect of an outbox: what differs between databases. Window, order and
 * poison logic are the core's.
 *
 * This tier is less stable than the rest: it may change in a minor version.
 */
#ifndef MSVC_DRIVER_OUTBOX_H
#define MSVC_DRIVER_OUTBOX_H

#include <msvc/base.h>
#include <msvc/message.h>
#include <msvc/store.h>

MSVC_BEGIN_DECLS

struct msvc_store_target;
struct msvc_tx;

/** A row as the relay needs it; the message is owned by whoever takes the row. */
struct msvc_outbox_row {
    uint64_t seq;
    unsigned shard;
    int64_t created_wall_ns;
    struct msvc_message *message; /**< msvc_message_free() it. Topic filled in. */
};

/** Takes one row from fetch(). @return 0, or a status that ends the fetch. */
typedef int msvc_outbox_row_fn(struct msvc_outbox_row *row, void *user);

struct msvc_outbox_driver {
    size_t size;
    const struct msvc_migration *migrations; /**< Outbox and inbox tables. */

    /** @param message  With all defaults but source filled in. */
    int (*append)(struct msvc_tx *tx, const struct msvc_message *message, int64_t not_before_ns,
                  bool lock_key, struct msvc_error *err);

    /** A session on a connection of its own. */
    int (*open)(void **out, const struct msvc_store_target *target, const char *owner,
                struct msvc_error *err);
    void (*close)(void *session);

    /**
     * Acquire or renew leases on shards.
     *
     * @param[out] shards  A bit for each shard held.
     * @param[out] epoch   Fences every write of this holder.
     */
    int (*lease)(void *session, unsigned lease_ms, uint64_t *shards, uint64_t *epoch,
                 struct msvc_error *err);
    /** Give the leases back. */
    int (*release)(void *session, uint64_t epoch, struct msvc_error *err);

    /**
     * Hand over rows that were committed, are durable, due, and were not handed over by this
     * session before (or since rewind()), in an order that keeps commit order for serialised
     * writers.
     *
     * @return How many, or a store status.
     */
    int (*fetch)(void *session, uint64_t shards, size_t limit, msvc_outbox_row_fn *fn, void *user,
                 struct msvc_error *err);
    /** Start again from the oldest row: after a failure, a new lease, or lost rows. */
    void (*rewind)(void *session);

    /** Remove rows by identity, only while @p epoch still holds their lease. @return How many. */
    int (*remove)(void *session, const uint64_t *seqs, size_t count, uint64_t epoch,
                  struct msvc_error *err);
    /** Move a row to outbox_parked. */
    int (*park)(void *session, uint64_t seq, unsigned attempts, const char *reason, bool blocks_key,
                uint64_t epoch, struct msvc_error *err);
    /** Keys whose later messages wait: whether (topic, key) is blocked by a parked row. */
    int (*is_blocked)(void *session, const char *topic, const char *key, bool *out,
                      struct msvc_error *err);

    /** Readable when another process committed something; −1: poll. Cleared by fetch(). */
    int (*wake_fd)(const void *session);
};

MSVC_END_DECLS

#endif
