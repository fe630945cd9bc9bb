/* SPDX-License-Identifier: MIT */
/**
 * @file store/postgres.h
 *
 * PostgreSQL 13 and later: `postgres://user:password@host:port/database`, or
 * `postgresql://`. Query keys: those of libpq's connection URIs, handed on to it.
 */
#ifndef MSVC_STORE_POSTGRES_H
#define MSVC_STORE_POSTGRES_H

#include <msvc/base.h>

MSVC_BEGIN_DECLS

struct msvc_error;
struct msvc_store_driver;
struct msvc_tx;
struct pg_conn;

/** The driver behind `postgres:` and `postgresql:`. Static. */
MSVC_API const struct msvc_store_driver *msvc_store_postgres(void);

/**
 * Use the transaction that is open on the user's own connection, to append to
 * the outbox or to ask the inbox in it. Commit stays the user's.
 *
 * @param[out] out    Ended by msvc_tx_release(); untouched on failure.
 * @param connection  Borrowed until then; not in pipeline mode, its client_encoding UTF8.
 * @return 0, #MSVC_ERR_STATE when no transaction is open or it has failed, #MSVC_ERR_INVALID or
 * #MSVC_ERR_NOMEM.
 */
MSVC_API MSVC_MUST_USE int msvc_store_postgres_enlist(struct msvc_tx **out,
                                                      struct pg_conn *connection,
                                                      struct msvc_error *err);

MSVC_END_DECLS

#endif
