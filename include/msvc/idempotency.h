/* SPDX-License-Identifier: MIT */
/**
 * @file idempotency.h
 *
 * The Idempotency-Key request header: a client that repeats a POST with the
 * same key gets the first answer again, and nothing happens twice. The answer
 * is remembered in the transaction of the effect.
 *
 *     if (!msvc_idempotency_begin(&run, exchange, store, user_id))
 *         return;  // it was answered
 *     …
 *     msvc_idempotency_finish(run, tx, 201, MSVC_HEADERS({ "Location", url }), json, &err);
 *     msvc_tx_commit(tx, &err);
 *     msvc_idempotency_free(run);
 *
 * The same key with another body is 422, a key whose first request is still
 * running is 409; of the body only a digest is kept. A key is remembered for a
 * day. A request that died with its process can be repeated once its deadline
 * (#MSVC_HTTP_TIMEOUT_HEADER) has passed, after a minute when it had none.
 */
#ifndef MSVC_IDEMPOTENCY_H
#define MSVC_IDEMPOTENCY_H

#include <msvc/base.h>
#include <msvc/header.h>

MSVC_BEGIN_DECLS

struct msvc_error;
struct msvc_http_exchange;
struct msvc_store;
struct msvc_tx;

/** Longest key, in bytes. */
#define MSVC_IDEMPOTENCY_KEY_MAX 255

/** One request that may be repeated. NULL is one without a key: it runs each time. Threading: one
 * thread at a time. */
struct msvc_idempotency;

/**
 * Look at the request's key before anything happens.
 *
 * @param[out] out  Owned by the caller; NULL when the request has no key. Untouched when it was
 * answered.
 * @param scope     Whose keys they are: keys of different scopes never meet. Method and path are
 * part of it.
 * @return Whether to go on; false when @p exchange was answered: the first answer again, 400 for a
 *         key that is no key, 409, 422, or the problem of the store.
 */
MSVC_API MSVC_MUST_USE bool msvc_idempotency_begin(struct msvc_idempotency **out,
                                                   struct msvc_http_exchange *exchange,
                                                   struct msvc_store *store, const char *scope);

/**
 * Remember the answer in @p tx, the transaction of the effect.
 *
 * @param run      NULL does nothing.
 * @param headers  That go with it, such as Location and ETag; copied. NULL: none.
 * @param json     The body of the answer; copied.
 * @return 0, #MSVC_ERR_CONFLICT when the request took so long that it was begun again elsewhere,
 *         #MSVC_ERR_INVALID for a header with a line break, or a store status.
 */
MSVC_API MSVC_MUST_USE int msvc_idempotency_finish(struct msvc_idempotency *run, struct msvc_tx *tx,
                                                   int status, const struct msvc_header *headers,
                                                   const char *json, struct msvc_error *err);

/** Let go. Without a finish the key is free again; after a finish that was not committed, as if the
 * process had died. NULL is ignored. */
MSVC_API void msvc_idempotency_free(struct msvc_idempotency *run);

/** Create the table; the chassis does it. @return 0 or a store status. */
MSVC_API MSVC_MUST_USE int msvc_idempotency_migrate(struct msvc_store *store,
                                                    struct msvc_error *err);

/** Forget keys older than a day. @return How many, or a store status. */
MSVC_API int msvc_idempotency_prune(struct msvc_store *store, struct msvc_error *err);

MSVC_END_DECLS

#endif
