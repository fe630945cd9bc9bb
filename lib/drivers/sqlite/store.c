/* SPDX-License-Identifier: MIT */
#include <msvc/store/sqlite.h>

#include <stdlib.h>

#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "drivers/sqlite/sqlite_internal.h"

static int check(const struct msvc_store_target *target, struct msvc_error *err)
{
    return msvc__sqlite_check_url(target->url, target->timeout_ms, err);
}

static int connect_file(void **out, const struct msvc_store_target *target, uint64_t deadline_ns,
                        struct msvc_error *err)
{
    struct msvc__sqlite *c;
    int status = msvc__sqlite_open(&c, target->url, target->timeout_ms, target->clock, err);

    (void)deadline_ns; /* opening a file waits for nobody but a switch to WAL, busy_ms at most */
    if (status == 0)
        *out = c;
    return status;
}

static void disconnect(void *connection)
{
    msvc__sqlite_close(connection);
}

/*
 * A child of fork() must not touch its parent's connection, not even to close
 * it: SQLite would. The memory is left to the end of the child.
 */
static void abandon(void *connection)
{
    (void)connection;
}

static bool is_usable(void *connection)
{
    const struct msvc__sqlite *c = connection;

    return !c->is_broken;
}

static int begin(void *connection, const struct msvc_tx_options *options, struct msvc_error *err)
{
    struct msvc__sqlite *c = connection;
    int status = 0;

    msvc__sqlite_limit(c, options->deadline_ns);
    c->is_read_only = options->is_read_only;
    if (c->is_read_only)
        status = msvc__sqlite_run(c, "PRAGMA query_only = 1", NULL, err);
    if (status >= 0)
        status = msvc__sqlite_run(c, c->is_read_only ? "BEGIN" : "BEGIN IMMEDIATE", NULL, err);
    return status < 0 ? status : 0;
}

static void allow_writing(struct msvc__sqlite *c)
{
    if (c->is_read_only && msvc__sqlite_run(c, "PRAGMA query_only = 0", NULL, NULL) < 0)
        c->is_broken = true;
    c->is_read_only = false;
}

static int commit(void *connection, struct msvc_error *err)
{
    struct msvc__sqlite *c = connection;
    int status = msvc__sqlite_commit(c, err);

    if (status == 0)
        allow_writing(c);
    return status;
}

static int rollback(void *connection, struct msvc_error *err)
{
    struct msvc__sqlite *c = connection;

    (void)err;
    msvc__sqlite_limit(c, 0);
    msvc__sqlite_rollback(c);
    c->is_broken |= sqlite3_get_autocommit(c->database) == 0;
    allow_writing(c);
    return 0;
}

static int check_still_open(struct msvc__sqlite *c, int status, struct msvc_error *err)
{
    if (status < 0 || sqlite3_get_autocommit(c->database) == 0)
        return status;
    return msvc_error_set(err, MSVC_ERR_STATE, "sqlite", 0,
                          "the statement ended the transaction by itself");
}

static int exec(void *connection, const char *sql, const struct msvc_value *values,
                size_t value_count, uint64_t deadline_ns, struct msvc_error *err)
{
    struct msvc__sqlite *c = connection;

    msvc__sqlite_limit(c, deadline_ns);
    return check_still_open(c, msvc__sqlite_exec(c, sql, values, value_count, err), err);
}

static struct msvc_value column(struct sqlite3_stmt *statement, int at)
{
    const void *bytes;

    switch (sqlite3_column_type(statement, at)) {
    case SQLITE_INTEGER:
        return msvc_value_int(sqlite3_column_int64(statement, at));
    case SQLITE_FLOAT:
        return msvc_value_double(sqlite3_column_double(statement, at));
    case SQLITE_TEXT:
        bytes = sqlite3_column_text(statement, at);
        return msvc_value_text_n(bytes, (size_t)sqlite3_column_bytes(statement, at));
    case SQLITE_BLOB:
        bytes = sqlite3_column_blob(statement, at); /* NULL when it is empty */
        return msvc_value_blob(bytes != NULL ? bytes : "",
                               (size_t)sqlite3_column_bytes(statement, at));
    default:
        return msvc_value_null();
    }
}

static int append_row(struct msvc_rows *rows, struct sqlite3_stmt *statement,
                      struct msvc_value *row, struct msvc_error *err)
{
    int count = sqlite3_column_count(statement);
    int status;

    for (int i = 0; i < count; i++)
        row[i] = column(statement, i);
    status = msvc_rows_append(rows, row);
    if (status < 0)
        (void)msvc_error_set(err, status, "sqlite", 0, "the rows of a query: %s",
                             msvc_status_text(status));
    return status;
}

static int read_rows(struct msvc_rows *rows, struct msvc__sqlite *c, struct sqlite3_stmt *statement,
                     struct msvc_error *err)
{
    size_t column_count = (size_t)sqlite3_column_count(statement);
    struct msvc_value *row = msvc__new_array(column_count + 1, sizeof(*row));
    int status = 0;
    int code;

    if (rows == NULL || row == NULL) {
        free(row);
        return msvc_error_set(err, MSVC_ERR_NOMEM, "sqlite", 0, "no memory for rows");
    }
    while ((code = sqlite3_step(statement)) == SQLITE_ROW && status == 0)
        status = append_row(rows, statement, row, err);
    if (status == 0 && code != SQLITE_DONE)
        status = msvc__sqlite_error(c, code, err);
    free(row);
    return status;
}

static int query(struct msvc_rows **out, void *connection, const char *sql,
                 const struct msvc_value *values, size_t value_count, uint64_t deadline_ns,
                 struct msvc_error *err)
{
    struct msvc__sqlite *c = connection;
    struct sqlite3_stmt *statement;
    struct msvc_rows *rows;
    int status;

    msvc__sqlite_limit(c, deadline_ns);
    status = msvc__sqlite_prepare(&statement, c, sql, values, value_count, err);
    if (status < 0)
        return status;
    rows = msvc_rows_new((size_t)sqlite3_column_count(statement));
    status = read_rows(rows, c, statement, err);
    msvc__sqlite_done(c, statement);
    status = check_still_open(c, status, err);
    if (status < 0) {
        msvc_rows_free(rows);
        return status;
    }
    *out = rows;
    return 0;
}

static int script(void *connection, const char *sql, uint64_t deadline_ns, struct msvc_error *err)
{
    struct msvc__sqlite *c = connection;
    int code;

    msvc__sqlite_limit(c, deadline_ns);
    code = sqlite3_exec(c->database, sql, NULL, NULL, NULL);
    return check_still_open(c, code == SQLITE_OK ? 0 : msvc__sqlite_error(c, code, err), err);
}

/* Whoever began IMMEDIATE is alone. */
static int lock_migrations(void *connection, struct msvc_error *err)
{
    (void)connection;
    (void)err;
    return 0;
}

static const char *const schemes[] = { "sqlite", NULL };
static const struct msvc_store_driver driver = {
    .size = sizeof(driver),
    .schemes = schemes,
    .dialect = "sqlite",
    .check = check,
    .connect = connect_file,
    .disconnect = disconnect,
    .abandon = abandon,
    .is_usable = is_usable,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .exec = exec,
    .query = query,
    .script = script,
    .lock_migrations = lock_migrations,
    .outbox = &msvc__sqlite_outbox,
    .inbox = &msvc__sqlite_inbox,
};

const struct msvc_store_driver *msvc_store_sqlite(void)
{
    return &driver;
}

int msvc_store_sqlite_enlist(struct msvc_tx **out, struct sqlite3 *database, struct msvc_error *err)
{
    struct msvc__sqlite *c;
    int status;

    if (out == NULL || database == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "sqlite", 0,
                              "enlisting needs a connection and somewhere to put it");
    if (sqlite3_get_autocommit(database) != 0)
        return msvc_error_set(err, MSVC_ERR_STATE, "sqlite", 0,
                              "no transaction is open on the connection");
    c = msvc__new(sizeof(*c));
    if (c == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "sqlite", 0, "no memory to enlist");
    c->database = database;
    c->is_borrowed = true;
    status = msvc_tx_enlist(out, &driver, c, disconnect);
    if (status < 0) {
        msvc__sqlite_close(c);
        return msvc_error_set(err, status, "sqlite", 0, "no memory to enlist");
    }
    return 0;
}
