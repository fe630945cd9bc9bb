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

struct msvc_buffer;
struct msvc_store_target;
struct msvc_tx;

/** A row as the relay needs it; the message is owned by whoever takes the row. */
struct msvc_outbox_row {
    uint64_t seq;
    unsigned shard;
    int64_t created_wall_ns;
    struct msvc_message *message; /**< msvc_message_free() it. Topic filled in; source, traceparent
                                     and tracestate NULL when the row has none. */
    const char *problem; /**< When message is NULL: why the row cannot be one; it gets parked.
                            Borrowed until the callback returns. */
};

/** Takes one row from fetch(). @return 0, or a status that ends the fetch: then the row stays the
 * driver's, and counts as not handed over. */
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

    /** Remove rows by identity, only while @p epoch still holds their lease. @return How many:
     * fewer than @p count when a lease is lost or somebody else removed them. */
    int (*remove)(void *session, const uint64_t *seqs, size_t count, uint64_t epoch,
                  struct msvc_error *err);
    /** Move a row to outbox_parked, under the same condition. @return 1, or 0 when it was not there
     * or the lease is lost. */
    int (*park)(void *session, uint64_t seq, unsigned attempts, const char *reason, bool blocks_key,
                uint64_t epoch, struct msvc_error *err);
    /** Keys whose later messages wait: whether (topic, key) is blocked by a parked row. NULL @p
     * topic: whether any is. */
    int (*is_blocked)(void *session, const char *topic, const char *key, bool *out,
                      struct msvc_error *err);

    /** Readable when another process committed something; −1: poll. Cleared by fetch(). */
    int (*wake_fd)(const void *session);
};

/** Write headers as a JSON object of strings. @return 0 or what the buffer says. */
MSVC_API MSVC_MUST_USE int msvc_outbox_headers_write(struct msvc_buffer *out,
                                                     const struct msvc_header *headers);

/**
 * Make the message of a row. Rows may come from anybody's SQL: everything is checked.
 *
 * @param[out] out  Owned by the caller, msvc_message_free(); untouched on failure.
 * @param columns   The row's; its headers are ignored.
 * @param headers   As msvc_outbox_headers_write() writes them; numbers and booleans are taken as
 *                  written. NULL for none.
 * @return 0; #MSVC_ERR_NOMEM; #MSVC_ERR_MALFORMED, #MSVC_ERR_INVALID or #MSVC_ERR_LIMIT: the row
 *         has a problem, which @p err describes.
 */
MSVC_API MSVC_MUST_USE int msvc_outbox_row_message(struct msvc_message **out,
                                                   const struct msvc_message *columns,
                                                   const char *headers, struct msvc_error *err);

MSVC_END_DECLS

#endif
