/* SPDX-License-Identifier: MIT */
/**
 * @file store.h
 *
 * A relational database behind one small interface: a pool, transactions,
 * statements with parameters, rows. SQL stays SQL: parameters are $1, $2, …
 * on every engine, dialects are not hidden.
 *
 *     msvc_store_open(&store, "sqlite:orders.db", MSVC_STORE_DRIVERS(msvc_store_sqlite()),
 *                     NULL, &err);
 *     msvc_tx_begin(&tx, store, NULL, &err);
 *     msvc_tx_exec(tx, "UPDATE stock SET free = free - $1 WHERE sku = $2",
 *                  MSVC_VALUES(MSVC_INT(3), MSVC_TEXT("apple")), &err);
 *     msvc_outbox_append(tx, message, NULL, &err);
 *     msvc_tx_commit(tx, &err);
 *
 * Statuses of everything that talks to the database: #MSVC_ERR_EXISTS (unique
 * key), #MSVC_ERR_REFUSED (another constraint), #MSVC_ERR_CONFLICT (a
 * serialization failure, deadlock or busy database: run the transaction again),
 * #MSVC_ERR_TIMEOUT, #MSVC_ERR_UNAVAILABLE (no connection), #MSVC_ERR_UNKNOWN
 * (the connection broke during commit), #MSVC_ERR_AUTH, #MSVC_ERR_INVALID (the
 * SQL), #MSVC_ERR_NOMEM, #MSVC_ERR_STATE (after a fork, or a transaction that
 * has failed), #MSVC_ERR_LIMIT (of the database), #MSVC_ERR_CANCELLED,
 * #MSVC_ERR_INTERNAL (a damaged database). Below they are "a store status".
 */
#ifndef MSVC_STORE_H
#define MSVC_STORE_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_cancel;
struct msvc_clock;
struct msvc_error;
struct msvc_store_driver;
struct msvc_telemetry;

/** A pool of connections. Threading: safe. */
struct msvc_store;

/** One transaction on one connection. Threading: one thread at a time. */
struct msvc_tx;

/** The rows a query gave, all of them. Threading: one thread at a time. */
struct msvc_rows;

enum msvc_value_type {
    MSVC_VALUE_END, /**< Ends a list. */
    MSVC_VALUE_NULL,
    MSVC_VALUE_INT,
    MSVC_VALUE_DOUBLE,
    MSVC_VALUE_TEXT,
    MSVC_VALUE_BLOB,
};

/** A parameter or a column. */
struct msvc_value {
    enum msvc_value_type type;
    int64_t integer;
    double number;
    const char *bytes; /**< Borrowed. Text is NUL-terminated as well. */
    size_t length;
};

/** Make parameters. NULL text or bytes are SQL's NULL. */
MSVC_API struct msvc_value msvc_value_null(void);
MSVC_API struct msvc_value msvc_value_int(int64_t integer);
MSVC_API struct msvc_value msvc_value_double(double number);
MSVC_API struct msvc_value msvc_value_text(const char *text);
MSVC_API struct msvc_value msvc_value_text_n(const char *text, size_t length);
MSVC_API struct msvc_value msvc_value_blob(const void *bytes, size_t length);

#define MSVC_NULL()              msvc_value_null()
#define MSVC_INT(integer)        msvc_value_int(integer)
#define MSVC_DOUBLE(number)      msvc_value_double(number)
#define MSVC_TEXT(text)          msvc_value_text(text)
#define MSVC_BLOB(bytes, length) msvc_value_blob((bytes), (length))

#ifdef __cplusplus
MSVC_END_DECLS
namespace msvc
{
template <size_t N> struct values_of {
    struct msvc_value items[N];
};
template <class... A> values_of<sizeof...(A) + 1> values(A... given)
{
    return values_of<sizeof...(A) + 1>{ { given..., msvc_value() } };
}
} // namespace msvc
MSVC_BEGIN_DECLS
#define MSVC_VALUES(...) (msvc::values(__VA_ARGS__).items)
#else
/** A list of parameters that lives to the end of the block; at most 64. */
#define MSVC_VALUES(...) \
    ((const struct msvc_value[]){ __VA_ARGS__, { MSVC_VALUE_END, 0, 0, NULL, 0 } })
#endif

/** How to open. Start from #MSVC_STORE_OPTIONS; 0 means the default. */
struct msvc_store_options {
    size_t size;               /**< Set by #MSVC_STORE_OPTIONS. */
    unsigned connection_limit; /**< Most connections, opened as needed. Default 8. */
    unsigned timeout_ms;       /**< To get a connection, and for each statement. Default 5000. */
    const struct msvc_clock *clock;         /**< Borrowed. Default: the system's. */
    const struct msvc_telemetry *telemetry; /**< Borrowed. Optional. */
};

#define MSVC_STORE_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_store_options, __VA_ARGS__)

/** The drivers that a URL may choose from. */
#define MSVC_STORE_DRIVERS(...) MSVC_LIST_OF(const struct msvc_store_driver *, __VA_ARGS__)

/**
 * Open a store. The database need not be there yet: each transaction connects when it must.
 *
 * @param[out] out  Owned by the caller; untouched on failure.
 * @param options   Copied; NULL for the defaults.
 * @return 0, #MSVC_ERR_INVALID or #MSVC_ERR_MALFORMED (the URL), #MSVC_ERR_UNSUPPORTED (no driver
 * for its scheme), #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_store_open(struct msvc_store **out, const char *url,
                                           const struct msvc_store_driver *const *drivers,
                                           const struct msvc_store_options *options,
                                           struct msvc_error *err);

/** Close the pool. No transaction may be open. NULL is ignored. */
MSVC_API void msvc_store_close(struct msvc_store *store);

/** "sqlite" or "postgres": for the few statements that differ. Static. */
MSVC_API const char *msvc_store_dialect(const struct msvc_store *store);

/** Connect and ask for nothing: for health checks. @return 0 or a store status. */
MSVC_API MSVC_MUST_USE int msvc_store_ping(struct msvc_store *store, int timeout_ms,
                                           struct msvc_error *err);

/** How a transaction begins. Start from #MSVC_TX_OPTIONS; 0 means the default. */
struct msvc_tx_options {
    size_t size;          /**< Set by #MSVC_TX_OPTIONS. */
    uint64_t deadline_ns; /**< For all of it, and never later than msvc_deadline_current();
                             statements end then (statement_timeout). Default: the
                             store's timeout for each. */
    bool is_read_only;    /**< Writing is an error. On SQLite others may write meanwhile. */
    bool is_serializable; /**< PostgreSQL: SERIALIZABLE, not READ COMMITTED. SQLite always is. */
    struct msvc_cancel *cancel; /**< Borrowed. Optional; looked at before each statement and while
                                   waiting for a connection. */
};

#define MSVC_TX_OPTIONS(...) MSVC_OPTIONS_OF(struct msvc_tx_options, __VA_ARGS__)

/**
 * Begin a transaction on a connection of the pool.
 *
 * @param[out] out  Ended by msvc_tx_commit() or msvc_tx_rollback(); untouched on failure.
 * @return 0 or a store status.
 */
MSVC_API MSVC_MUST_USE int msvc_tx_begin(struct msvc_tx **out, struct msvc_store *store,
                                         const struct msvc_tx_options *options,
                                         struct msvc_error *err);

/** Commit; @p tx is gone, also on failure. @return 0 or a store status; #MSVC_ERR_UNKNOWN: it may
 * have happened. */
MSVC_API MSVC_MUST_USE int msvc_tx_commit(struct msvc_tx *tx, struct msvc_error *err);

/** Undo; @p tx is gone. NULL is ignored. */
MSVC_API void msvc_tx_rollback(struct msvc_tx *tx);

/** End an enlisted transaction and leave the user's connection alone. NULL is ignored. */
MSVC_API void msvc_tx_release(struct msvc_tx *tx);

/** As msvc_store_dialect(). Static. */
MSVC_API const char *msvc_tx_dialect(const struct msvc_tx *tx);

/**
 * Run one statement.
 *
 * @param values  Parameters; NULL for none.
 * @return Rows changed, at most INT_MAX, or a store status; after a failure only rollback is left.
 */
MSVC_API int msvc_tx_exec(struct msvc_tx *tx, const char *sql, const struct msvc_value *values,
                          struct msvc_error *err);

/**
 * Run one query and read all its rows.
 *
 * @param[out] out  Owned by the caller; untouched on failure. Before the first row.
 * @return 0, a store status, or #MSVC_ERR_LIMIT above 1,000,000 rows or 256 MiB.
 */
MSVC_API MSVC_MUST_USE int msvc_tx_query(struct msvc_rows **out, struct msvc_tx *tx,
                                         const char *sql, const struct msvc_value *values,
                                         struct msvc_error *err);

/** Run several statements without parameters, separated by semicolons: for schemas. @return 0 or a
 * store status. */
MSVC_API MSVC_MUST_USE int msvc_tx_script(struct msvc_tx *tx, const char *sql,
                                          struct msvc_error *err);

/** Go to the next row. @return Whether there is one. */
MSVC_API bool msvc_rows_next(struct msvc_rows *rows);
MSVC_API size_t msvc_rows_count(const struct msvc_rows *rows);
MSVC_API void msvc_rows_free(struct msvc_rows *rows);

/** Columns of the current row, from 0. Borrowed until the rows are freed. */
MSVC_API bool msvc_rows_is_null(const struct msvc_rows *rows, size_t column);
/** A number, or the number a text holds; 0 for anything else. */
MSVC_API int64_t msvc_rows_int(const struct msvc_rows *rows, size_t column);
MSVC_API double msvc_rows_double(const struct msvc_rows *rows, size_t column);
/** Text, or a number as text; NULL for SQL's NULL. */
MSVC_API const char *msvc_rows_text(const struct msvc_rows *rows, size_t column);
/** Bytes of a text or blob; NULL for SQL's NULL. */
MSVC_API const void *msvc_rows_blob(const struct msvc_rows *rows, size_t column, size_t *length);

/** What msvc_store_transact() runs. @return 0 to commit, a status to roll back. */
typedef int msvc_tx_fn(struct msvc_tx *tx, void *user, struct msvc_error *err);

/**
 * Begin, run @p fn, commit; on #MSVC_ERR_CONFLICT roll back and run it again, up to five times with
 * jitter.
 *
 * @return What @p fn returned, or a store status.
 */
MSVC_API MSVC_MUST_USE int msvc_store_transact(struct msvc_store *store,
                                               const struct msvc_tx_options *options,
                                               msvc_tx_fn *fn, void *user, struct msvc_error *err);

/** One step of a schema. */
struct msvc_migration {
    const char *name; /**< "0001_orders"; steps run in the order of the list. */
    const char *sql;  /**< A script; #MSVC_ERR_STATE when it was applied with other text before. */
};

/**
 * Apply what is missing, each step in a transaction of its own, recorded in
 * table msvc_migrations (component, name, checksum, applied_at). Safe when several processes start
 * at once.
 *
 * @param component   Whose steps: "outbox", "order-service".
 * @param migrations  Ended by one whose name is NULL.
 * @return How many were applied, #MSVC_ERR_STATE, or a store status.
 */
MSVC_API MSVC_MUST_USE int msvc_store_migrate(struct msvc_store *store, const char *component,
                                              const struct msvc_migration *migrations,
                                              struct msvc_error *err);

MSVC_END_DECLS

#endif
