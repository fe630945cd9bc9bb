/* SPDX-License-Identifier: MIT */
/* What is PostgreSQL's own about the store; what every store does is in tests/conformance. */
#include <msvc/store/postgres.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libpq-fe.h>

#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/status.h>
#include <msvc/store.h>

#include "postgres_server.h"
#include "test.h"

#define DRIVERS   MSVC_STORE_DRIVERS(msvc_store_postgres())
#define NS_PER_MS 1000000

struct fixture {
    struct msvc_store *store;
    struct msvc_tx *tx;
    struct msvc_error err;
};

static int setup(void **state)
{
    static struct fixture f;

    psql("DROP TABLE IF EXISTS things;"
         "CREATE TABLE things (id bigint PRIMARY KEY, name text CHECK (name <> 'bad'), data bytea,"
         " at timestamptz, j jsonb, d float8, b boolean)");
    f.store = postgres_store();
    assert_int_equal(msvc_tx_begin(&f.tx, f.store, NULL, &f.err), 0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_tx_rollback(f->tx);
    msvc_store_close(f->store);
    return 0;
}

static struct msvc_rows *ask(struct fixture *f, const char *sql, const struct msvc_value *values)
{
    struct msvc_rows *rows;

    if (msvc_tx_query(&rows, f->tx, sql, values, &f->err) < 0)
        fail_msg("%s", f->err.message);
    assert_true(msvc_rows_next(rows));
    return rows;
}

static void begin_again(struct fixture *f, const struct msvc_tx_options *options)
{
    msvc_tx_rollback(f->tx);
    f->tx = NULL;
    assert_int_equal(msvc_tx_begin(&f->tx, f->store, options, &f->err), 0);
}

static void reads_a_parameter_as_the_column_it_meets(void **state)
{
    struct fixture *f = *state;
    struct msvc_rows *rows;

    assert_int_equal(
        msvc_tx_exec(f->tx,
                     "INSERT INTO things (id, name, at, j, d, b) "
                     "VALUES ($1, $2, $3, $4, $5, $6)",
                     MSVC_VALUES(MSVC_INT(INT64_MIN), MSVC_INT(7),
                                 MSVC_TEXT("2026-11-22T10:13:00Z"), MSVC_TEXT("{\"a\": [1]}"),
                                 MSVC_DOUBLE(0.1), MSVC_INT(1)),
                     &f->err),
        1);
    rows =
        ask(f, "SELECT id, name, j->'a'->>0, d, b, at = '2026-11-22 10:13+00' FROM things", NULL);
    assert_true(msvc_rows_int(rows, 0) == INT64_MIN);
    assert_string_equal(msvc_rows_text(rows, 1), "7");
    assert_int_equal(msvc_rows_int(rows, 2), 1);
    assert_true(msvc_rows_double(rows, 3) == 0.1);
    assert_int_equal(msvc_rows_int(rows, 4), 1);
    assert_int_equal(msvc_rows_int(rows, 5), 1);
    msvc_rows_free(rows);
}

static void carries_every_byte_of_a_blob(void **state)
{
    struct fixture *f = *state;
    unsigned char bytes[256];
    struct msvc_rows *rows;
    size_t length;

    for (int i = 0; i < 256; i++)
        bytes[i] = (unsigned char)i;
    assert_int_equal(msvc_tx_exec(f->tx, "INSERT INTO things (id, data) VALUES (1, $1)",
                                  MSVC_VALUES(MSVC_BLOB(bytes, sizeof(bytes))), &f->err),
                     1);
    rows = ask(f, "SELECT data, ''::bytea FROM things", NULL);
    assert_memory_equal(msvc_rows_blob(rows, 0, &length), bytes, 256);
    assert_int_equal(length, 256);
    assert_non_null(msvc_rows_blob(rows, 1, &length));
    assert_int_equal(length, 0);
    msvc_rows_free(rows);
}

static void refuses_a_nul_in_text(void **state)
{
    struct fixture *f = *state;
    struct msvc_value text = msvc_value_text_n("a\0b", 3);

    assert_int_equal(msvc_tx_exec(f->tx, "INSERT INTO things (id, name) VALUES (1, $1)",
                                  MSVC_VALUES(text), &f->err),
                     MSVC_ERR_INVALID);
}

static void tells_a_unique_key_from_another_constraint(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_tx_exec(f->tx, "INSERT INTO things (id) VALUES (1)", NULL, &f->err), 1);
    assert_int_equal(msvc_tx_exec(f->tx, "INSERT INTO things (id) VALUES (1)", NULL, &f->err),
                     MSVC_ERR_EXISTS);
    assert_int_equal(f->err.native, strtol("23505", NULL, 36));
    begin_again(f, NULL);
    assert_int_equal(msvc_tx_exec(f->tx, "INSERT INTO things VALUES (1, 'bad')", NULL, &f->err),
                     MSVC_ERR_REFUSED);
}

static void says_what_is_wrong_with_the_sql(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_tx_exec(f->tx, "SELEC 1", NULL, &f->err), MSVC_ERR_INVALID);
    assert_string_equal(f->err.origin, "postgres");
    assert_string_equal(f->err.message, "42601: syntax error at or near \"SELEC\"");
}

static void refuses_copy_and_goes_on(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_tx_exec(f->tx, "COPY things FROM STDIN", NULL, &f->err),
                     MSVC_ERR_INVALID);
    begin_again(f, NULL);
    msvc_rows_free(ask(f, "SELECT 1", NULL));
}

static void ends_a_statement_at_the_deadline_and_keeps_the_connection(void **state)
{
    struct fixture *f = *state;
    uint64_t start = msvc_clock_monotonic_ns(NULL);
    struct msvc_rows *rows = ask(f, "SELECT pg_backend_pid()", NULL);
    int64_t pid = msvc_rows_int(rows, 0);

    msvc_rows_free(rows);
    begin_again(f, MSVC_TX_OPTIONS(.deadline_ns = msvc_deadline_in(NULL, 150)));
    assert_int_equal(msvc_tx_exec(f->tx, "SELECT pg_sleep(20)", NULL, &f->err), MSVC_ERR_TIMEOUT);
    assert_true(msvc_clock_monotonic_ns(NULL) - start < UINT64_C(2000) * NS_PER_MS);
    begin_again(f, NULL);
    rows = ask(f, "SELECT pg_backend_pid(), current_setting('statement_timeout')", NULL);
    assert_int_equal(msvc_rows_int(rows, 0), pid);
    assert_string_equal(msvc_rows_text(rows, 1), "5s");
    msvc_rows_free(rows);
}

static void does_not_wait_for_a_server_that_stopped_answering(void **state)
{
    struct fixture *f = *state;
    struct msvc_rows *rows = ask(f, "SELECT pg_backend_pid()", NULL);
    pid_t pid = (pid_t)msvc_rows_int(rows, 0);
    uint64_t start;

    msvc_rows_free(rows);
    begin_again(f, MSVC_TX_OPTIONS(.deadline_ns = msvc_deadline_in(NULL, 200)));
    start = msvc_clock_monotonic_ns(NULL);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    assert_int_equal(msvc_tx_exec(f->tx, "SELECT 1", NULL, &f->err), MSVC_ERR_TIMEOUT);
    assert_int_equal(kill(pid, SIGCONT), 0);
    assert_true(msvc_clock_monotonic_ns(NULL) - start < UINT64_C(2000) * NS_PER_MS);
    begin_again(f, NULL);
    msvc_rows_free(ask(f, "SELECT 1", NULL));
}

static void reports_a_commit_of_what_failed_elsewhere(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_tx_exec(f->tx,
                                  "CREATE TEMP TABLE late (id int UNIQUE DEFERRABLE INITIALLY "
                                  "DEFERRED) ON COMMIT DROP",
                                  NULL, &f->err),
                     0);
    assert_int_equal(msvc_tx_exec(f->tx, "INSERT INTO late VALUES (1), (1)", NULL, &f->err), 2);
    assert_int_equal(msvc_tx_commit(f->tx, &f->err), MSVC_ERR_EXISTS);
    f->tx = NULL;
}

static void keeps_writers_out_of_a_read_only_transaction(void **state)
{
    struct fixture *f = *state;

    begin_again(f, MSVC_TX_OPTIONS(.is_read_only = true));
    assert_int_equal(msvc_tx_exec(f->tx, "DELETE FROM things", NULL, &f->err), MSVC_ERR_REFUSED);
}

static void finds_a_conflict_between_serializable_transactions(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *other;

    begin_again(f, MSVC_TX_OPTIONS(.is_serializable = true));
    msvc_rows_free(ask(f, "SELECT count(*) FROM things", NULL));
    assert_int_equal(
        msvc_tx_begin(&other, f->store, MSVC_TX_OPTIONS(.is_serializable = true), &f->err), 0);
    assert_int_equal(
        msvc_tx_exec(other, "INSERT INTO things SELECT count(*) FROM things", NULL, &f->err), 1);
    assert_int_equal(msvc_tx_commit(other, &f->err), 0);
    assert_int_equal(
        msvc_tx_exec(f->tx, "INSERT INTO things SELECT 10 + count(*) FROM things", NULL, &f->err),
        MSVC_ERR_CONFLICT);
}

static void limits_what_a_query_may_bring(void **state)
{
    struct fixture *f = *state;
    struct msvc_rows *rows;

    begin_again(f, MSVC_TX_OPTIONS(.deadline_ns = msvc_deadline_in(NULL, 60000)));
    assert_int_equal(
        msvc_tx_query(&rows, f->tx, "SELECT n FROM generate_series(1, 1000001) n", NULL, &f->err),
        MSVC_ERR_LIMIT);
    begin_again(f, NULL);
    msvc_rows_free(ask(f, "SELECT 1", NULL));
}

static void pool_recovers_from_a_crash_of_the_server(void **state)
{
    struct fixture *f = *state;

    postgres_kill();
    assert_int_equal(msvc_tx_exec(f->tx, "SELECT 1", NULL, &f->err), MSVC_ERR_UNAVAILABLE);
    msvc_tx_rollback(f->tx);
    f->tx = NULL;
    assert_int_equal(msvc_tx_begin(&f->tx, f->store, NULL, &f->err), MSVC_ERR_UNAVAILABLE);
    postgres_start();
    assert_int_equal(msvc_tx_begin(&f->tx, f->store, NULL, &f->err), 0);
}

static void pool_outlives_connections_that_died_idle(void **state)
{
    struct fixture *f = *state;

    msvc_tx_rollback(f->tx);
    f->tx = NULL;
    psql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
         "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' \\g /dev/null");
    assert_int_equal(msvc_tx_begin(&f->tx, f->store, NULL, &f->err), 0);
}

static void does_not_know_how_a_broken_commit_ended(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_tx_exec(f->tx, "INSERT INTO things (id) VALUES (1)", NULL, &f->err), 1);
    postgres_kill();
    assert_int_equal(msvc_tx_commit(f->tx, &f->err), MSVC_ERR_UNKNOWN);
    assert_int_equal(f->err.status, MSVC_ERR_UNKNOWN);
    f->tx = NULL;
    postgres_start();
}

static void refuses_a_key_that_libpq_does_not_know(void **state)
{
    struct fixture *f = *state;
    struct msvc_store *store;

    assert_int_equal(
        msvc_store_open(&store, "postgres://u:secret@127.0.0.1/db?pool=8", DRIVERS, NULL, &f->err),
        MSVC_ERR_INVALID);
    assert_non_null(strstr(f->err.message, "'pool'"));
    assert_null(strstr(f->err.message, "secret"));
}

static int ping(const char *url, struct msvc_error *err)
{
    struct msvc_store *store;
    int status;

    assert_int_equal(msvc_store_open(&store, url, DRIVERS, NULL, err), 0);
    status = msvc_store_ping(store, 1000, err);
    msvc_store_close(store);
    return status;
}

static void tells_why_it_does_not_connect(void **state)
{
    struct fixture *f = *state;
    char url[256];

    (void)snprintf(url, sizeof(url), "%s?user=nobody_of_the_kind", postgres_url());
    assert_int_equal(ping(url, &f->err), MSVC_ERR_AUTH);
    assert_non_null(strstr(f->err.message, "nobody_of_the_kind"));
    (void)snprintf(url, sizeof(url), "%s?dbname=not_there_yet", postgres_url());
    assert_int_equal(ping(url, &f->err), MSVC_ERR_UNAVAILABLE);
    assert_int_equal(ping("postgres://u:secret@127.0.0.1:1/db", &f->err), MSVC_ERR_UNAVAILABLE);
    assert_null(strstr(f->err.message, "secret"));
    assert_int_equal(ping(postgres_url(), &f->err), 0);
}

static void leaves_the_parents_connections_alone_after_a_fork(void **state)
{
    struct fixture *f = *state;
    pid_t child = fork();
    int ended;

    assert_true(child >= 0);
    if (child == 0) {
        bool is_refused = msvc_tx_exec(f->tx, "SELECT 1", NULL, NULL) == MSVC_ERR_STATE;

        msvc_tx_rollback(f->tx);
        msvc_store_close(f->store);
        _exit(is_refused ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
    msvc_rows_free(ask(f, "SELECT 1", NULL));
}

static void enlists_in_an_open_transaction_of_the_users(void **state)
{
    struct fixture *f = *state;
    PGconn *conn = PQconnectdb(postgres_url());
    struct msvc_tx *tx;

    assert_int_equal(msvc_store_postgres_enlist(&tx, conn, &f->err), MSVC_ERR_STATE);
    PQclear(PQexec(conn, "BEGIN"));
    assert_int_equal(PQsetClientEncoding(conn, "LATIN1"), 0);
    assert_int_equal(msvc_store_postgres_enlist(&tx, conn, &f->err), MSVC_ERR_INVALID);
    assert_int_equal(PQsetClientEncoding(conn, "UTF8"), 0);
    assert_int_equal(msvc_store_postgres_enlist(&tx, conn, &f->err), 0);
    assert_int_equal(
        msvc_tx_exec(tx, "INSERT INTO things (id) VALUES ($1)", MSVC_VALUES(MSVC_INT(1)), &f->err),
        1);
    msvc_tx_release(tx);
    assert_int_equal(PQtransactionStatus(conn), PQTRANS_INTRANS);
    PQclear(PQexec(conn, "COMMIT"));
    PQfinish(conn);
    msvc_rows_free(ask(f, "SELECT 1 FROM things", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_a_parameter_as_the_column_it_meets, setup, teardown),
        cmocka_unit_test_setup_teardown(carries_every_byte_of_a_blob, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_a_nul_in_text, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_a_unique_key_from_another_constraint, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(says_what_is_wrong_with_the_sql, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_copy_and_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(ends_a_statement_at_the_deadline_and_keeps_the_connection,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(does_not_wait_for_a_server_that_stopped_answering, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(reports_a_commit_of_what_failed_elsewhere, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_writers_out_of_a_read_only_transaction, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(finds_a_conflict_between_serializable_transactions, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(limits_what_a_query_may_bring, setup, teardown),
        cmocka_unit_test_setup_teardown(pool_recovers_from_a_crash_of_the_server, setup, teardown),
        cmocka_unit_test_setup_teardown(pool_outlives_connections_that_died_idle, setup, teardown),
        cmocka_unit_test_setup_teardown(does_not_know_how_a_broken_commit_ended, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_a_key_that_libpq_does_not_know, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_why_it_does_not_connect, setup, teardown),
        cmocka_unit_test_setup_teardown(leaves_the_parents_connections_alone_after_a_fork, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(enlists_in_an_open_transaction_of_the_users, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
