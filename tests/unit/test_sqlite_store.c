/* SPDX-License-Identifier: MIT */
/* What is SQLite's own: URLs, enlisting, and forcing the log to the disk. */
#include <msvc/store/sqlite.h>

#include <stdio.h>
#include <string.h>

#include <msvc/driver/outbox.h>
#include <msvc/driver/store.h>
#include <msvc/inbox.h>
#include <msvc/message.h>
#include <msvc/outbox.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "relay_fixture.h"

static int open_url(struct fixture *f, const char *url)
{
    struct msvc_store *store = NULL;
    int status =
        msvc_store_open(&store, url, MSVC_STORE_DRIVERS(msvc_store_sqlite()), NULL, &f->err);

    msvc_store_close(store);
    return status;
}

static void refuses_urls_that_cannot_be(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(open_url(f, "sqlite::memory:"), MSVC_ERR_INVALID);
    assert_int_equal(open_url(f, "sqlite:"), MSVC_ERR_INVALID);
    assert_int_equal(open_url(f, "sqlite://host/file.db"), MSVC_ERR_INVALID);
    assert_int_equal(open_url(f, "sqlite:file.db?busy_ms=soon"), MSVC_ERR_INVALID);
    assert_int_equal(open_url(f, "sqlite:file.db?cache=1"), MSVC_ERR_INVALID);
    assert_non_null(strstr(f->err.message, "cache"));
}

static void says_unavailable_where_no_file_can_be(void **state)
{
    struct fixture *f = *state;
    struct msvc_store *store;

    assert_int_equal(msvc_store_open(&store, "sqlite:/nowhere/at/all.db",
                                     MSVC_STORE_DRIVERS(msvc_store_sqlite()), NULL, &f->err),
                     0);
    assert_int_equal(msvc_store_ping(store, 1000, &f->err), MSVC_ERR_UNAVAILABLE);
    assert_non_null(strstr(f->err.message, "/nowhere/at/all.db"));
    msvc_store_close(store);
}

static void runs_in_wal_mode_with_full_durability(void **state)
{
    struct fixture *f = *state;
    struct msvc_rows *rows;
    struct msvc_tx *tx;

    assert_int_equal(number(f, "PRAGMA synchronous"), 2);
    assert_int_equal(number(f, "PRAGMA foreign_keys"), 1);
    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    assert_int_equal(msvc_tx_query(&rows, tx, "PRAGMA journal_mode", NULL, &f->err), 0);
    assert_true(msvc_rows_next(rows));
    assert_string_equal(msvc_rows_text(rows, 0), "wal");
    msvc_rows_free(rows);
    msvc_tx_rollback(tx);
}

static void refuses_parameters_that_are_not_numbered(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *tx;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    assert_int_equal(msvc_tx_exec(tx, "SELECT ?", MSVC_VALUES(MSVC_INT(1)), &f->err),
                     MSVC_ERR_INVALID);
    msvc_tx_rollback(tx);
}

static void runs_more_statements_than_it_keeps_prepared(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *tx;
    char sql[32];

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    for (int i = 0; i < 100; i++) {
        struct msvc_rows *rows;

        (void)snprintf(sql, sizeof(sql), "SELECT %d", i % 50);
        assert_int_equal(msvc_tx_query(&rows, tx, sql, NULL, &f->err), 0);
        assert_true(msvc_rows_next(rows));
        assert_int_equal(msvc_rows_int(rows, 0), i % 50);
        msvc_rows_free(rows);
    }
    msvc_tx_rollback(tx);
}

static sqlite3 *own_connection(struct fixture *f)
{
    sqlite3 *database;

    assert_int_equal(sqlite3_open(f->path, &database), SQLITE_OK);
    return database;
}

static void enlists_only_where_a_transaction_is_open(void **state)
{
    struct fixture *f = *state;
    sqlite3 *database = own_connection(f);
    struct msvc_tx *tx = NULL;

    assert_int_equal(msvc_store_sqlite_enlist(&tx, database, &f->err), MSVC_ERR_STATE);
    assert_int_equal(msvc_store_sqlite_enlist(&tx, NULL, &f->err), MSVC_ERR_INVALID);
    assert_int_equal(msvc_store_sqlite_enlist(NULL, database, &f->err), MSVC_ERR_INVALID);
    assert_null(tx);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void leaves_the_users_connection_as_it_was(void **state)
{
    struct fixture *f = *state;
    sqlite3 *database = own_connection(f);
    struct msvc_tx *tx;

    assert_int_equal(sqlite3_exec(database, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(msvc_store_sqlite_enlist(&tx, database, &f->err), 0);
    assert_string_equal(msvc_tx_dialect(tx), "sqlite");
    assert_int_equal(msvc_inbox_accept(tx, "c", MSVC_MESSAGE(.type = "a", .id = "1"), &f->err), 0);
    assert_int_equal(msvc_inbox_accept(tx, "c", MSVC_MESSAGE(.type = "a", .id = "1"), &f->err),
                     MSVC_ERR_EXISTS);
    msvc_tx_release(tx);
    assert_int_equal(sqlite3_get_autocommit(database), 0);
    assert_int_equal(sqlite3_exec(database, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    assert_int_equal(number(f, "SELECT count(*) FROM inbox_messages"), 1);
}

/* ---- a file system that counts how often the log is forced to the disk ---- */

static sqlite3_vfs counting_vfs;
static sqlite3_io_methods counting_methods;
static const sqlite3_io_methods *real_methods;
static int (*real_open)(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                        int *out_flags);
static sqlite3_file *log_files[16];
static size_t log_count;
static int log_syncs;

static int counting_sync(sqlite3_file *file, int flags)
{
    for (size_t i = 0; i < log_count; i++)
        log_syncs += log_files[i] == file;
    return real_methods->xSync(file, flags);
}

static int counting_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                         int *out_flags)
{
    int code = real_open(vfs, name, file, flags, out_flags);

    if (code != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0)
        return code;
    real_methods = file->pMethods;
    counting_methods = *file->pMethods;
    counting_methods.xSync = counting_sync;
    file->pMethods = &counting_methods;
    if (log_count < sizeof(log_files) / sizeof(log_files[0]))
        log_files[log_count++] = file;
    return code;
}

static int take_row(struct msvc_outbox_row *row, void *user)
{
    int *syncs = user;

    *syncs = log_syncs;
    msvc_message_free(row->message);
    return 0;
}

static void install_counting(void)
{
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);

    counting_vfs = *real;
    counting_vfs.zName = "counting";
    real_open = real->xOpen;
    counting_vfs.xOpen = counting_open;
    log_count = 0;
    assert_int_equal(sqlite3_vfs_register(&counting_vfs, 1), SQLITE_OK);
}

static void forces_the_log_to_the_disk_before_it_hands_over(void **state)
{
    struct fixture *f = *state;
    const struct msvc_outbox_driver *outbox = msvc_store_sqlite()->outbox;
    sqlite3 *writer = own_connection(f);
    uint64_t shards;
    uint64_t epoch;
    void *session;
    int syncs_then = -1;

    install_counting();
    assert_int_equal(outbox->open(&session, msvc_store_target(f->store), "r", &f->err), 0);
    assert_int_equal(outbox->lease(session, 60000, &shards, &epoch, &f->err), 0);
    assert_int_equal(sqlite3_exec(writer,
                                  "PRAGMA synchronous = OFF; "
                                  "INSERT INTO outbox_events (type, payload) VALUES ('a', 'x')",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    log_syncs = 0;
    assert_int_equal(outbox->fetch(session, shards, 10, take_row, &syncs_then, &f->err), 1);
    assert_int_equal(syncs_then, 1);
    assert_int_equal(outbox->fetch(session, shards, 10, take_row, &syncs_then, &f->err), 0);
    assert_int_equal(log_syncs, 1);
    outbox->close(session);
    assert_int_equal(sqlite3_vfs_unregister(&counting_vfs), SQLITE_OK);
    (void)sqlite3_close(writer);
}

static void survives_every_failed_allocation(void **state)
{
    struct fixture *f = *state;
    int status = MSVC_ERR_NOMEM;

    for (long successes = 0; successes < 60; successes++) {
        struct msvc_store *store = NULL;

        msvc__fail_allocation_after(successes);
        status =
            msvc_store_open(&store, f->url, MSVC_STORE_DRIVERS(msvc_store_sqlite()), NULL, &f->err);
        if (status == 0)
            status = msvc_store_ping(store, 5000, &f->err);
        msvc__fail_allocation_after(-1);
        msvc_store_close(store);
        assert_true(status == 0 || status == MSVC_ERR_NOMEM);
    }
    assert_int_equal(status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(refuses_urls_that_cannot_be),
        TEST(says_unavailable_where_no_file_can_be),
        TEST(runs_in_wal_mode_with_full_durability),
        TEST(refuses_parameters_that_are_not_numbered),
        TEST(runs_more_statements_than_it_keeps_prepared),
        TEST(enlists_only_where_a_transaction_is_open),
        TEST(leaves_the_users_connection_as_it_was),
        TEST(forces_the_log_to_the_disk_before_it_hands_over),
        TEST(survives_every_failed_allocation),
    };

    return cmocka_run_group_tests_name("sqlite_store", tests, NULL, NULL);
}
