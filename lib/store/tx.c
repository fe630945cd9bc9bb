/* SPDX-License-Identifier: MIT */
/*
 * After a failed statement only rollback is left, on every engine: what
 * PostgreSQL enforces by itself is enforced here for all.
 */
#include <msvc/store.h>

#include <stdlib.h>

#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/driver/store.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "base/fork_internal.h"
#include "base/options_internal.h"
#include "store/store_internal.h"

#define VALUES_MAX 64

static uint64_t deadline_of(const struct msvc_tx *tx)
{
    if (tx->deadline_ns != 0 || tx->store == NULL)
        return tx->deadline_ns;
    return msvc_deadline_in(tx->store->options.clock, tx->store->options.timeout_ms);
}

/* An idle connection may have died unnoticed: then nothing has happened yet, try the next one. */
static int begin_on_some_connection(struct msvc_tx *tx, const struct msvc_tx_options *options,
                                    struct msvc_error *err)
{
    uint64_t deadline_ns = deadline_of(tx);
    bool was_idle;
    int status;

    do {
        status =
            msvc__pool_take(&tx->connection, &was_idle, tx->store, deadline_ns, tx->cancel, err);
        if (status < 0)
            return status;
        status = tx->driver->begin(tx->connection, options, err);
        if (status == 0)
            return 0;
        was_idle = was_idle && !tx->driver->is_usable(tx->connection);
        msvc__pool_give(tx->store, tx->connection);
    } while (was_idle);
    return status;
}

int msvc_tx_begin(struct msvc_tx **out, struct msvc_store *store,
                  const struct msvc_tx_options *options, struct msvc_error *err)
{
    struct msvc_tx_options chosen;
    struct msvc_tx *tx;
    int status;

    if (out == NULL || store == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0,
                              "a transaction needs a store and somewhere to put it");
    status = msvc__options_copy(&chosen, sizeof(chosen), options);
    if (status < 0)
        return msvc_error_set(err, status, "core", 0, "transaction options: %s",
                              msvc_status_text(status));
    status = msvc__store_check_process(store, err);
    if (status < 0)
        return status;
    tx = msvc__new(sizeof(*tx));
    if (tx == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "core", 0, "no memory for a transaction");
    tx->store = store;
    tx->driver = store->driver;
    tx->generation = store->generation;
    tx->cancel = chosen.cancel;
    tx->deadline_ns = msvc_deadline_earlier(chosen.deadline_ns, msvc_deadline_current());
    chosen.deadline_ns = tx->deadline_ns;
    status = begin_on_some_connection(tx, &chosen, err);
    if (status < 0) {
        free(tx);
        return status;
    }
    *out = tx;
    return 0;
}

int msvc_tx_enlist(struct msvc_tx **out, const struct msvc_store_driver *driver, void *connection,
                   void (*release)(void *connection))
{
    struct msvc_tx *tx = msvc__new(sizeof(*tx));

    if (tx == NULL)
        return MSVC_ERR_NOMEM;
    tx->driver = driver;
    tx->connection = connection;
    tx->release = release;
    tx->generation = msvc__fork_generation();
    *out = tx;
    return 0;
}

/* In a forked child the connection is the parent's. */
static bool is_ours(const struct msvc_tx *tx)
{
    return tx->generation == msvc__fork_generation();
}

static void end(struct msvc_tx *tx)
{
    if (!is_ours(tx) && tx->store != NULL)
        tx->driver->abandon(tx->connection);
    else if (is_ours(tx) && tx->store != NULL)
        msvc__pool_give(tx->store, tx->connection);
    else if (is_ours(tx) && tx->release != NULL)
        tx->release(tx->connection);
    free(tx);
}

static void undo(struct msvc_tx *tx)
{
    if (is_ours(tx) && tx->store != NULL && tx->driver->is_usable(tx->connection))
        (void)tx->driver->rollback(tx->connection, NULL);
}

void msvc_tx_rollback(struct msvc_tx *tx)
{
    if (tx == NULL)
        return;
    undo(tx);
    end(tx);
}

void msvc_tx_release(struct msvc_tx *tx)
{
    msvc_tx_rollback(tx);
}

static int check_commit(const struct msvc_tx *tx, struct msvc_error *err)
{
    if (!is_ours(tx))
        return msvc_error_set(err, MSVC_ERR_STATE, "core", 0,
                              "the transaction was begun before a fork");
    if (tx->store == NULL)
        return msvc_error_set(err, MSVC_ERR_STATE, "core", 0,
                              "an enlisted transaction is committed on its own connection");
    if (tx->has_failed)
        return msvc_error_set(err, MSVC_ERR_STATE, "core", 0,
                              "a statement of the transaction failed, it was rolled back");
    return 0;
}

int msvc_tx_commit(struct msvc_tx *tx, struct msvc_error *err)
{
    int status;

    if (tx == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0, "no transaction to commit");
    status = check_commit(tx, err);
    if (status == 0)
        status = tx->driver->commit(tx->connection, err);
    if (status < 0)
        undo(tx);
    else if (tx->has_appended)
        msvc__wakes_signal(&tx->store->wakes);
    end(tx);
    return status;
}

const char *msvc_tx_dialect(const struct msvc_tx *tx)
{
    return tx != NULL ? tx->driver->dialect : NULL;
}

void *msvc_tx_connection(struct msvc_tx *tx)
{
    return tx->connection;
}

const struct msvc_store_driver *msvc_tx_driver(const struct msvc_tx *tx)
{
    return tx->driver;
}

static int check_statement(struct msvc_tx *tx, const char *sql, uint64_t deadline_ns,
                           struct msvc_error *err)
{
    if (tx == NULL || sql == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0,
                              "a statement needs a transaction and SQL");
    if (!is_ours(tx))
        return msvc_error_set(err, MSVC_ERR_STATE, "core", 0,
                              "the transaction was begun before a fork");
    if (tx->has_failed)
        return msvc_error_set(err, MSVC_ERR_STATE, "core", 0,
                              "an earlier statement failed, only rollback is left");
    tx->has_failed = true; /* until the statement has succeeded */
    if (msvc_cancel_is_requested(tx->cancel))
        return msvc_error_set(err, MSVC_ERR_CANCELLED, "core", 0, "cancelled before the statement");
    if (tx->store != NULL && msvc_deadline_left_ms(tx->store->options.clock, deadline_ns, 1) == 0)
        return msvc_error_set(err, MSVC_ERR_TIMEOUT, "core", 0,
                              "the deadline passed before the statement");
    return 0;
}

static int count_values(size_t *out, const struct msvc_value *values, struct msvc_error *err)
{
    size_t count = 0;

    while (values != NULL && count <= VALUES_MAX && values[count].type != MSVC_VALUE_END)
        count++;
    if (count > VALUES_MAX)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0,
                              "more than %d parameters: a list ends with MSVC_VALUE_END",
                              VALUES_MAX);
    *out = count;
    return 0;
}

int msvc_tx_exec(struct msvc_tx *tx, const char *sql, const struct msvc_value *values,
                 struct msvc_error *err)
{
    uint64_t deadline_ns = tx != NULL ? deadline_of(tx) : 0;
    size_t count = 0;
    int status = check_statement(tx, sql, deadline_ns, err);

    if (status == 0)
        status = count_values(&count, values, err);
    if (status < 0)
        return status;
    status = tx->driver->exec(tx->connection, sql, values, count, deadline_ns, err);
    tx->has_failed = status < 0;
    return status;
}

int msvc_tx_query(struct msvc_rows **out, struct msvc_tx *tx, const char *sql,
                  const struct msvc_value *values, struct msvc_error *err)
{
    uint64_t deadline_ns = tx != NULL ? deadline_of(tx) : 0;
    size_t count = 0;
    int status;

    if (out == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0, "nowhere to put the rows");
    status = check_statement(tx, sql, deadline_ns, err);
    if (status == 0)
        status = count_values(&count, values, err);
    if (status < 0)
        return status;
    status = tx->driver->query(out, tx->connection, sql, values, count, deadline_ns, err);
    tx->has_failed = status < 0;
    return status;
}

int msvc_tx_script(struct msvc_tx *tx, const char *sql, struct msvc_error *err)
{
    uint64_t deadline_ns = tx != NULL ? deadline_of(tx) : 0;
    int status = check_statement(tx, sql, deadline_ns, err);

    if (status < 0)
        return status;
    status = tx->driver->script(tx->connection, sql, deadline_ns, err);
    tx->has_failed = status < 0;
    return status;
}
