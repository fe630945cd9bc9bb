/* SPDX-License-Identifier: MIT */
/*
 * Parameters go untyped (blobs excepted), so that PostgreSQL reads each as the
 * column it meets: a text becomes jsonb, uuid or timestamptz, a number any
 * number. Results come as text, which is exact for every type, and which the
 * rows turn into numbers when asked. Rows are taken one by one, so that a
 * limit ends a query before memory does.
 */
#include <msvc/store/postgres.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>

#include "base/alloc_internal.h"
#include "drivers/postgres/postgres_internal.h"

#define SLACK_MS       10 /* how far statement_timeout may be from the deadline */
#define MIGRATION_LOCK "7886777541865334528" /* "msvcmig": a number nobody else uses */

static int check(const struct msvc_store_target *target, struct msvc_error *err)
{
    return msvc__postgres_check(target->url, NULL, err);
}

static int connect_store(void **out, const struct msvc_store_target *target, uint64_t deadline_ns,
                         struct msvc_error *err)
{
    struct msvc__postgres *pg;
    char *conninfo;
    int status = msvc__postgres_conninfo(&conninfo, target->url, NULL, "msvc", err);

    if (status < 0)
        return status;
    status =
        msvc__postgres_connect(&pg, conninfo, target->clock, target->timeout_ms, deadline_ns, err);
    free(conninfo);
    if (status == 0)
        *out = pg;
    return status;
}

static void disconnect(void *connection)
{
    msvc__postgres_disconnect(connection);
}

static void abandon(void *connection)
{
    msvc__postgres_abandon(connection);
}

static bool is_usable(void *connection)
{
    return msvc__postgres_is_usable(connection);
}

static int begin(void *connection, const struct msvc_tx_options *options, struct msvc_error *err)
{
    struct msvc__postgres *pg = connection;
    bool is_read_only = options != NULL && options->is_read_only;
    bool is_serializable = options != NULL && options->is_serializable;
    uint64_t deadline_ns = options != NULL ? options->deadline_ns : 0;
    char sql[80];

    (void)snprintf(sql, sizeof(sql), "BEGIN ISOLATION LEVEL %s%s",
                   is_serializable ? "SERIALIZABLE" : "READ COMMITTED",
                   is_read_only ? " READ ONLY" : "");
    if (deadline_ns == 0)
        deadline_ns = msvc__postgres_deadline(pg);
    return msvc__postgres_script(pg, sql, deadline_ns, err);
}

/* COMMIT of a failed transaction succeeds with the words "ROLLBACK". */
static int read_commit(struct msvc__postgres *pg, PGresult *result, struct msvc_error *err)
{
    bool has_committed = strcmp(PQcmdStatus(result), "COMMIT") == 0;

    PQclear(result);
    pg->limit_ms = pg->timeout_ms;
    if (has_committed)
        return 0;
    return msvc_error_set(err, MSVC_ERR_STATE, "postgres", 0,
                          "a statement of the transaction failed, it was rolled back");
}

static int commit(void *connection, struct msvc_error *err)
{
    struct msvc__postgres *pg = connection;
    PGresult *result = NULL;
    int status =
        msvc__postgres_run(&result, pg, "COMMIT", NULL, 0, false, msvc__postgres_deadline(pg), err);

    if (status == 0)
        return read_commit(pg, result, err);
    pg->limit_ms = pg->timeout_ms;
    if (!pg->is_lost)
        return status;
    msvc_error_prefix(err, "during commit");
    if (err != NULL)
        err->status = MSVC_ERR_UNKNOWN;
    return MSVC_ERR_UNKNOWN;
}

static int rollback(void *connection, struct msvc_error *err)
{
    struct msvc__postgres *pg = connection;

    pg->limit_ms = pg->timeout_ms;
    if (PQtransactionStatus(pg->conn) == PQTRANS_IDLE)
        return 0;
    return msvc__postgres_script(pg, "ROLLBACK", msvc__postgres_deadline(pg), err);
}

/* Have the server itself end the next statement at the deadline. */
static int limit_statement(struct msvc__postgres *pg, uint64_t deadline_ns, struct msvc_error *err)
{
    int64_t wanted_ms = 0;
    int64_t off_ms;
    char sql[64];
    int status;

    if (pg->is_enlisted || PQtransactionStatus(pg->conn) != PQTRANS_INTRANS)
        return 0;
    if (deadline_ns != 0)
        wanted_ms = msvc_deadline_left_ms(pg->clock, deadline_ns, INT_MAX);
    if (deadline_ns != 0 && wanted_ms == 0)
        return msvc_error_set(err, MSVC_ERR_TIMEOUT, "postgres", 0,
                              "the deadline passed before the statement");
    off_ms = wanted_ms > pg->limit_ms ? wanted_ms - pg->limit_ms : pg->limit_ms - wanted_ms;
    if ((wanted_ms == 0) == (pg->limit_ms == 0) && off_ms <= SLACK_MS)
        return 0;
    (void)snprintf(sql, sizeof(sql), "SET LOCAL statement_timeout = %lld", (long long)wanted_ms);
    status = msvc__postgres_script(pg, sql, deadline_ns, err);
    if (status == 0)
        pg->limit_ms = wanted_ms;
    return status;
}

/* A statement of the user's may have been COMMIT or ROLLBACK. */
static int check_open(const struct msvc__postgres *pg, struct msvc_error *err)
{
    if (PQtransactionStatus(pg->conn) != PQTRANS_IDLE)
        return 0;
    return msvc_error_set(err, MSVC_ERR_STATE, "postgres", 0,
                          "the statement ended the transaction; msvc_tx_commit() does that");
}

static int exec(void *connection, const char *sql, const struct msvc_value *values,
                size_t value_count, uint64_t deadline_ns, struct msvc_error *err)
{
    struct msvc__postgres *pg = connection;
    PGresult *result = NULL;
    int status = limit_statement(pg, deadline_ns, err);
    int changed;

    if (status == 0)
        status = msvc__postgres_run(&result, pg, sql, values, value_count, false, deadline_ns, err);
    if (status < 0)
        return status;
    changed = msvc__postgres_changed(result);
    PQclear(result);
    status = check_open(pg, err);
    return status < 0 ? status : changed;
}

static int nibble(char digit)
{
    return digit <= '9' ? digit - '0' : digit - 'a' + 10;
}

/* "\x6869" as the server writes it with bytea_output = hex. */
static void read_blob(struct msvc_value *value, struct msvc_buffer *scratch)
{
    size_t length = (value->length - 2) / 2;
    const char *digits = value->bytes + 2;
    char *bytes = msvc_buffer_reserve(scratch, length + 1);

    if (bytes == NULL)
        return;
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)(nibble(digits[2 * i]) << 4 | nibble(digits[2 * i + 1]));
    msvc_buffer_added(scratch, length + 1);
    value->type = MSVC_VALUE_BLOB;
    value->bytes = bytes;
    value->length = length;
}

static void read_value(struct msvc_value *value, const PGresult *result, int column,
                       struct msvc_buffer *scratch)
{
    *value = msvc_value_null();
    if (PQgetisnull(result, 0, column))
        return;
    value->type = MSVC_VALUE_TEXT;
    value->bytes = PQgetvalue(result, 0, column);
    value->length = (size_t)PQgetlength(result, 0, column);
    if (PQftype(result, column) == MSVC__PG_BYTEA)
        read_blob(value, scratch);
    else if (PQftype(result, column) == MSVC__PG_BOOL)
        *value = msvc_value_int(value->bytes[0] == 't');
}

/* Room for every blob of the row, so that none moves. */
static size_t scratch_room(const PGresult *result)
{
    size_t room = 1;

    for (int i = 0; i < PQnfields(result); i++)
        room += (size_t)PQgetlength(result, 0, i);
    return room;
}

static int append_row(struct msvc_rows *rows, const PGresult *result, struct msvc_value *values,
                      struct msvc_buffer *scratch, struct msvc_error *err)
{
    int count = PQnfields(result);
    int status;

    msvc_buffer_truncate(scratch, 0);
    if (msvc_buffer_reserve(scratch, scratch_room(result)) == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "postgres", 0, "no memory for a row");
    for (int i = 0; i < count; i++)
        read_value(&values[i], result, i, scratch);
    status = msvc_rows_append(rows, values);
    if (status < 0)
        return msvc_error_set(err, status, "postgres", 0, "%zu rows read, then: %s",
                              msvc_rows_count(rows), msvc_status_text(status));
    return 0;
}

/* What is read of a query so far. */
struct reading {
    struct msvc_rows *rows;
    struct msvc_value *values; /* one row; NULL before the first result */
    struct msvc_buffer scratch;
};

static int start_reading(struct reading *r, const PGresult *result, struct msvc_error *err)
{
    size_t count = (size_t)PQnfields(result);

    if (r->values != NULL)
        return 0;
    r->values = msvc__new_array(count + 1, sizeof(*r->values));
    r->rows = msvc_rows_new(count);
    if (r->values == NULL || r->rows == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "postgres", 0, "no memory for rows");
    return 0;
}

static int read_result(struct msvc__postgres *pg, struct reading *r, const PGresult *result,
                       struct msvc_error *err)
{
    ExecStatusType type = PQresultStatus(result);
    int status;

    if (type != PGRES_SINGLE_TUPLE && type != PGRES_TUPLES_OK && type != PGRES_COMMAND_OK)
        return msvc__postgres_failure(pg, result, err);
    status = start_reading(r, result, err);
    if (status == 0 && type == PGRES_SINGLE_TUPLE)
        status = append_row(r->rows, result, r->values, &r->scratch, err);
    return status;
}

/* A query that is given up leaves rows on the way: the connection is of no use then. */
static int read_rows(struct msvc__postgres *pg, struct reading *r, uint64_t deadline_ns,
                     struct msvc_error *err)
{
    PGresult *result;
    int status = 0;

    for (;;) {
        int waited = msvc__postgres_next(&result, pg, deadline_ns, status < 0 ? NULL : err);

        if (waited < 0)
            return status < 0 ? status : waited;
        if (result == NULL || pg->is_lost) {
            PQclear(result);
            return status;
        }
        if (status == 0) {
            bool has_more = PQresultStatus(result) == PGRES_SINGLE_TUPLE;

            status = read_result(pg, r, result, err);
            pg->is_lost = pg->is_lost || (status < 0 && has_more);
        }
        PQclear(result);
        if (pg->is_lost)
            return status;
    }
}

static int query(struct msvc_rows **out, void *connection, const char *sql,
                 const struct msvc_value *values, size_t value_count, uint64_t deadline_ns,
                 struct msvc_error *err)
{
    struct msvc__postgres *pg = connection;
    struct reading reading = { .scratch = MSVC_BUFFER_INIT };
    int status = limit_statement(pg, deadline_ns, err);

    if (status == 0)
        status = msvc__postgres_send(pg, sql, values, value_count, false, err);
    if (status < 0)
        return status;
    (void)PQsetSingleRowMode(pg->conn);
    status = read_rows(pg, &reading, deadline_ns, err);
    free(reading.values);
    msvc_buffer_clear(&reading.scratch);
    if (status == 0)
        status = check_open(pg, err);
    if (status < 0)
        msvc_rows_free(reading.rows);
    else
        *out = reading.rows;
    return status;
}

static int script(void *connection, const char *sql, uint64_t deadline_ns, struct msvc_error *err)
{
    struct msvc__postgres *pg = connection;
    int status = limit_statement(pg, deadline_ns, err);

    if (status == 0)
        status = msvc__postgres_script(pg, sql, deadline_ns, err);
    return status < 0 ? status : check_open(pg, err);
}

static int lock_migrations(void *connection, struct msvc_error *err)
{
    struct msvc__postgres *pg = connection;

    return msvc__postgres_script(pg, "SELECT pg_advisory_xact_lock(" MIGRATION_LOCK ")",
                                 msvc__postgres_deadline(pg), err);
}

static const char *const schemes[] = { "postgres", "postgresql", NULL };

static const struct msvc_store_driver driver = {
    .size = sizeof(struct msvc_store_driver),
    .schemes = schemes,
    .dialect = "postgres",
    .check = check,
    .connect = connect_store,
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
    .outbox = &msvc__postgres_outbox,
    .inbox = &msvc__postgres_inbox,
};

const struct msvc_store_driver *msvc_store_postgres(void)
{
    return &driver;
}

static void release(void *connection)
{
    free(connection);
}

/* SQL_ASCII passes bytes on as they are. */
static bool speaks_utf8(const PGconn *conn)
{
    const char *encoding = pg_encoding_to_char(PQclientEncoding(conn));

    return strcmp(encoding, "UTF8") == 0 || strcmp(encoding, "SQL_ASCII") == 0;
}

int msvc_store_postgres_enlist(struct msvc_tx **out, struct pg_conn *connection,
                               struct msvc_error *err)
{
    struct msvc__postgres *pg;
    int status;

    if (out == NULL || connection == NULL)
        return msvc_error_set(err, MSVC_ERR_INVALID, "postgres", 0,
                              "enlisting needs a connection and somewhere to put the transaction");
    if (PQtransactionStatus(connection) != PQTRANS_INTRANS)
        return msvc_error_set(
            err, MSVC_ERR_STATE, "postgres", 0,
            "no transaction is open on the connection, or it has failed, or it is "
            "in pipeline mode");
    if (!speaks_utf8(connection))
        return msvc_error_set(err, MSVC_ERR_INVALID, "postgres", 0,
                              "the connection's client_encoding is %s, expected UTF8",
                              pg_encoding_to_char(PQclientEncoding(connection)));
    pg = msvc__new(sizeof(*pg));
    if (pg == NULL)
        return msvc_error_set(err, MSVC_ERR_NOMEM, "postgres", 0, "no memory for a transaction");
    pg->conn = connection;
    pg->is_enlisted = true;
    status = msvc_tx_enlist(out, &driver, pg, release);
    if (status < 0)
        free(pg);
    return status;
}
