/* SPDX-License-Identifier: MIT */
/**
 * @file driver/store.h
 *
 * For people who write store drivers: one connection, its transactions, and
 * how rows get out. The core owns the pool and the waiting.
 *
 * This tier is less stable than the rest: it may change in a minor version.
 */
#ifndef MSVC_DRIVER_STORE_H
#define MSVC_DRIVER_STORE_H

#include <msvc/base.h>
#include <msvc/store.h>

MSVC_BEGIN_DECLS

struct msvc_inbox_driver;
struct msvc_outbox_driver;
struct msvc_url;

/** What a connection is opened with. */
struct msvc_store_target {
    size_t size;
    const struct msvc_url *url; /**< Borrowed as long as the store. */
    const char *text;           /**< The URL as given; holds secrets. */
    unsigned timeout_ms;
    const struct msvc_clock *clock;
};

struct msvc_store_driver {
    size_t size;
    const char *const *schemes; /**< Ended by NULL. */
    const char *dialect;        /**< "sqlite", "postgres"; also the origin of errors. */

    /** Check the URL without connecting. */
    int (*check)(const struct msvc_store_target *target, struct msvc_error *err);

    int (*connect)(void **out, const struct msvc_store_target *target, uint64_t deadline_ns,
                   struct msvc_error *err);
    void (*disconnect)(void *connection);
    /** After a fork: close descriptors without a word to the peer. */
    void (*abandon)(void *connection);
    /** Whether it can be used again; false after a broken connection. */
    bool (*is_usable)(void *connection);

    int (*begin)(void *connection, const struct msvc_tx_options *options, struct msvc_error *err);
    /** After a failure the core asks for rollback(), which then may find nothing to undo. */
    int (*commit)(void *connection, struct msvc_error *err);
    int (*rollback)(void *connection, struct msvc_error *err);

    /** @param deadline_ns  When the statement ends at the latest; 0: never. @return Rows changed or
     * a status. */
    int (*exec)(void *connection, const char *sql, const struct msvc_value *values,
                size_t value_count, uint64_t deadline_ns, struct msvc_error *err);
    /** @param[out] out  Made with msvc_rows_new() and msvc_rows_append(); untouched on failure. */
    int (*query)(struct msvc_rows **out, void *connection, const char *sql,
                 const struct msvc_value *values, size_t value_count, uint64_t deadline_ns,
                 struct msvc_error *err);
    int (*script)(void *connection, const char *sql, uint64_t deadline_ns, struct msvc_error *err);

    /** Hold a lock that every migrating process takes, until the transaction ends. */
    int (*lock_migrations)(void *connection, struct msvc_error *err);

    const struct msvc_outbox_driver *outbox;
    const struct msvc_inbox_driver *inbox;
};

/** An empty set of rows. NULL when out of memory. */
MSVC_API struct msvc_rows *msvc_rows_new(size_t column_count);

/** Copy one row of column_count values. @return 0, #MSVC_ERR_LIMIT or #MSVC_ERR_NOMEM. */
MSVC_API MSVC_MUST_USE int msvc_rows_append(struct msvc_rows *rows,
                                            const struct msvc_value *values);

/** Make a transaction over a connection of the user, for enlist(). @return 0 or #MSVC_ERR_NOMEM. */
MSVC_API MSVC_MUST_USE int msvc_tx_enlist(struct msvc_tx **out,
                                          const struct msvc_store_driver *driver, void *connection,
                                          void (*release)(void *connection));

/** The driver's own connection under @p tx: for dialects. */
MSVC_API void *msvc_tx_connection(struct msvc_tx *tx);
MSVC_API const struct msvc_store_driver *msvc_tx_driver(const struct msvc_tx *tx);

/** What a dialect's session connects with. */
MSVC_API const struct msvc_store_target *msvc_store_target(const struct msvc_store *store);
MSVC_API const struct msvc_store_driver *msvc_store_driver(const struct msvc_store *store);

MSVC_END_DECLS

#endif
