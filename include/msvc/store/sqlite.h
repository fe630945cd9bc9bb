/* SPDX-License-Identifier: MIT */
/**
 * @file store/sqlite.h
 *
 * SQLite: `sqlite:path/to/file.db`. WAL mode, synchronous=FULL, foreign keys
 * on, writers begin IMMEDIATE. Query keys: `busy_ms` (default: the store's timeout).
 */
#ifndef MSVC_STORE_SQLITE_H
#define MSVC_STORE_SQLITE_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_bus_driver;
struct msvc_error;
struct msvc_store_driver;
struct msvc_tx;
struct sqlite3;

/** The driver behind `sqlite:`. Static. */
MSVC_API const struct msvc_store_driver *msvc_store_sqlite(void);

/**
 * Use the transaction that is open on the user's own connection, to append to
 * the outbox or to ask the inbox in it. Commit stays the user's.
 *
 * @param[out] out  Ended by msvc_tx_release(); untouched on failure.
 * @param database  Borrowed until then.
 * @return 0, #MSVC_ERR_STATE when no transaction is open, #MSVC_ERR_INVALID or #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_store_sqlite_enlist(struct msvc_tx **out, struct sqlite3 *database,
                                                    struct msvc_error *err);

MSVC_END_DECLS

#endif
