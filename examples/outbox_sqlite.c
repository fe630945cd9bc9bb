/* SPDX-License-Identifier: MIT */
/*
 * An order and its event in one transaction, on a SQLite connection that the
 * program has already: msvc only joins it. A relay would publish the event.
 *
 *     cc outbox_sqlite.c $(pkg-config --cflags --libs libmsvc-sqlite sqlite3) -o outbox_sqlite
 *     ./outbox_sqlite
 *
 * prints
 *
 *     rolled back: 0 orders, 0 events
 *     committed: 1 orders, 1 events
 */
#include <sqlite3.h>
#include <stdio.h>

#include <msvc/error.h>
#include <msvc/outbox.h>
#include <msvc/store.h>
#include <msvc/store/sqlite.h>

static int count(void *user, int columns, char **values, char **names)
{
    (void)columns;
    (void)names;
    return printf("%s: %s orders, %s events\n", (const char *)user, values[0], values[1]) < 0;
}

static int save_order(sqlite3 *db, struct msvc_error *err)
{
    struct msvc_tx *tx;
    int status = msvc_store_sqlite_enlist(&tx, db, err);

    if (status < 0 || sqlite3_exec(db, "INSERT INTO orders VALUES ('o-1')", NULL, NULL, NULL))
        return -1;
    status = msvc_outbox_append(tx,
                                MSVC_MESSAGE(.type = "order.created", .key = "o-1",
                                             .payload = "{\"id\":\"o-1\"}", .payload_length = 12),
                                NULL, err);
    msvc_tx_release(tx);
    return status;
}

int main(void)
{
    static char rolled_back[] = "rolled back", committed[] = "committed";
    char *const ends[] = { rolled_back, committed };
    struct msvc_error err = { 0 };
    struct msvc_store *store;
    sqlite3 *db;
    int failed = sqlite3_open("outbox_example.db", &db) != SQLITE_OK;

    failed |= msvc_store_open(&store, "sqlite:outbox_example.db",
                              MSVC_STORE_DRIVERS(msvc_store_sqlite()), NULL, &err) < 0 ||
              msvc_outbox_migrate(store, &err) < 0; /* once, at installation */
    failed |= sqlite3_exec(db, "CREATE TABLE orders (id TEXT)", NULL, NULL, NULL);
    for (int i = 0; i < 2 && !failed; i++) {
        failed |= sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) || save_order(db, &err) < 0;
        failed |= sqlite3_exec(db, i == 0 ? "ROLLBACK" : "COMMIT", NULL, NULL, NULL);
        failed |=
            sqlite3_exec(db, "SELECT (SELECT count(*) FROM orders), count(*) FROM outbox_events",
                         count, ends[i], NULL);
    }
    if (failed)
        fprintf(stderr, "%s: %s; %s\n", err.origin, err.message, sqlite3_errmsg(db));
    msvc_store_close(store);
    sqlite3_close(db);
    return failed || remove("outbox_example.db") != 0;
}
