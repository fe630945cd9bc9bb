/* SPDX-License-Identifier: MIT */
/*
 * Each step looks, applies and records in one transaction, under a lock that
 * every migrating process takes: whoever comes second finds it done.
 */
#include <msvc/store.h>

#include <stdio.h>
#include <string.h>

#include <msvc/clock.h>
#include <msvc/driver/store.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "store/store_internal.h"

/* A step may rewrite a table; the store's timeout for statements would be too short for that. */
#define STEP_TIMEOUT_MS 600000

#define CHECKSUM_SIZE 17

static const char create_table[] = "CREATE TABLE IF NOT EXISTS msvc_migrations ("
                                   "component text NOT NULL, name text NOT NULL, "
                                   "checksum text NOT NULL, applied_at text NOT NULL, "
                                   "PRIMARY KEY (component, name))";

struct step {
    const char *component;
    const struct msvc_migration *migration;
    char checksum[CHECKSUM_SIZE];
};

/* FNV-1a, 64 bits: finds edits, not attacks. */
static void checksum(char out[CHECKSUM_SIZE], const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    (void)snprintf(out, CHECKSUM_SIZE, "%016llx", (unsigned long long)hash);
}

/* 1 when the step was applied, 0 when it was not, or a status. */
static int was_applied(struct msvc_tx *tx, const struct step *step, struct msvc_error *err)
{
    struct msvc_rows *rows;
    int result = 0;
    int status = msvc_tx_query(
        &rows, tx, "SELECT checksum FROM msvc_migrations WHERE component = $1 AND name = $2",
        MSVC_VALUES(MSVC_TEXT(step->component), MSVC_TEXT(step->migration->name)), err);

    if (status < 0)
        return status;
    if (msvc_rows_next(rows)) {
        const char *applied = msvc_rows_text(rows, 0);

        result =
            strcmp(applied, step->checksum) == 0
                ? 1
                : msvc_error_set(err, MSVC_ERR_STATE, "core", 0,
                                 "step %s of %s was applied with other text before "
                                 "(checksum %s, now %s)",
                                 step->migration->name, step->component, applied, step->checksum);
    }
    msvc_rows_free(rows);
    return result;
}

static int record(struct msvc_tx *tx, const struct step *step, struct msvc_error *err)
{
    char now[MSVC_TIME_SIZE];

    msvc_time_format(now, msvc_clock_wall_ns(tx->store->options.clock));
    return msvc_tx_exec(tx,
                        "INSERT INTO msvc_migrations (component, name, checksum, applied_at) "
                        "VALUES ($1, $2, $3, $4)",
                        MSVC_VALUES(MSVC_TEXT(step->component), MSVC_TEXT(step->migration->name),
                                    MSVC_TEXT(step->checksum), MSVC_TEXT(now)),
                        err);
}

/* Returns 1 when it was applied now, 0 when it had been. */
static int apply(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    const struct step *step = user;
    int status = tx->driver->lock_migrations(tx->connection, err);

    if (status == 0)
        status = msvc_tx_script(tx, create_table, err);
    if (status == 0)
        status = was_applied(tx, step, err);
    if (status != 0)
        return status < 0 ? status : 0;
    status = msvc_tx_script(tx, step->migration->sql, err);
    if (status < 0) {
        msvc_error_prefix(err, "step %s of %s", step->migration->name, step->component);
        return status;
    }
    status = record(tx, step, err);
    return status < 0 ? status : 1;
}

int msvc_store_migrate(struct msvc_store *store, const char *component,
                       const struct msvc_migration *migrations, struct msvc_error *err)
{
    int applied = 0;

    if (store == NULL || component == NULL || migrations == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "core", 0,
                              "migrating needs a store, a component and a list of steps");
    for (; migrations->name != NULL; migrations++) {
        struct step step = { component, migrations, "" };
        uint64_t deadline_ns = msvc_deadline_in(store->options.clock, STEP_TIMEOUT_MS);
        int status;

        checksum(step.checksum, migrations->sql);
        status = msvc_store_transact(store, MSVC_TX_OPTIONS(.deadline_ns = deadline_ns), apply,
                                     &step, err);
        if (status < 0)
            return status;
        applied += status;
    }
    return applied;
}
