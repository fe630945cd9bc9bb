/* SPDX-License-Identifier: MIT */
#include "store_suite.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <msvc/cancel.h>
#include <msvc/clock.h>
#include <msvc/driver/store.h>
#include <msvc/error.h>
#include <msvc/status.h>
#include <msvc/store.h>

#include "test.h"

static const struct store_subject *subject;

struct fixture {
    char url[STORE_URL_SIZE];
    struct msvc_store *store;
    struct msvc_tx *tx; /* a test's own; rolled back if it is still there */
    struct msvc_error err;
};

static const char schema[] =
    "CREATE TABLE stock (sku text PRIMARY KEY, free bigint NOT NULL CHECK (free >= 0));"
    "CREATE TABLE things (id bigint PRIMARY KEY, number double precision, word text, data bytea);"
    "CREATE TABLE parts (thing bigint NOT NULL REFERENCES things (id));";

static int run_schema(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    (void)user;
    return msvc_tx_script(tx, schema, err);
}

static int setup(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof(f));
    *state = &f;
    if (subject->create(f.url) != 0)
        return -1;
    if (msvc_store_open(&f.store, f.url, MSVC_STORE_DRIVERS(subject->driver), NULL, &f.err) < 0)
        return -1;
    return msvc_store_transact(f.store, NULL, run_schema, NULL, &f.err);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_tx_rollback(f->tx);
    msvc_store_close(f->store);
    return subject->destroy(f->url);
}

static struct msvc_tx *begin(struct fixture *f)
{
    assert_int_equal(msvc_tx_begin(&f->tx, f->store, NULL, &f->err), 0);
    return f->tx;
}

static void commit(struct fixture *f)
{
    struct msvc_tx *tx = f->tx;

    f->tx = NULL;
    assert_int_equal(msvc_tx_commit(tx, &f->err), 0);
}

static void rollback(struct fixture *f)
{
    msvc_tx_rollback(f->tx);
    f->tx = NULL;
}

static void insert(struct fixture *f, const char *sku, int64_t free_count)
{
    assert_int_equal(msvc_tx_exec(f->tx, "INSERT INTO stock (sku, free) VALUES ($1, $2)",
                                  MSVC_VALUES(MSVC_TEXT(sku), MSVC_INT(free_count)), &f->err),
                     1);
}

/* One number, in a transaction of its own that may only read. */
static int64_t read_number(struct fixture *f, const char *sql)
{
    struct msvc_rows *rows;
    struct msvc_tx *tx;
    int64_t number;

    assert_int_equal(msvc_tx_begin(&tx, f->store, MSVC_TX_OPTIONS(.is_read_only = true), &f->err),
                     0);
    assert_int_equal(msvc_tx_query(&rows, tx, sql, NULL, &f->err), 0);
    assert_true(msvc_rows_next(rows));
    number = msvc_rows_int(rows, 0);
    msvc_rows_free(rows);
    msvc_tx_rollback(tx);
    return number;
}

static void names_its_dialect(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(msvc_store_dialect(f->store), subject->name);
    assert_string_equal(msvc_tx_dialect(begin(f)), subject->name);
}

static void answers_a_ping(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_store_ping(f->store, 1000, &f->err), 0);
}

static void keeps_what_was_committed(void **state)
{
    struct fixture *f = *state;

    begin(f);
    insert(f, "apple", 3);
    commit(f);
    assert_int_equal(read_number(f, "SELECT free FROM stock"), 3);
}

static void forgets_what_was_rolled_back(void **state)
{
    struct fixture *f = *state;

    begin(f);
    insert(f, "apple", 3);
    rollback(f);
    assert_int_equal(read_number(f, "SELECT count(*) FROM stock"), 0);
}

static void hides_what_is_not_committed(void **state)
{
    struct fixture *f = *state;

    begin(f);
    insert(f, "apple", 3);
    assert_int_equal(read_number(f, "SELECT count(*) FROM stock"), 0);
    commit(f);
}

static void counts_changed_rows(void **state)
{
    struct fixture *f = *state;

    begin(f);
    insert(f, "apple", 1);
    insert(f, "pear", 2);
    assert_int_equal(msvc_tx_exec(f->tx, "UPDATE stock SET free = free + 1", NULL, &f->err), 2);
    assert_int_equal(msvc_tx_exec(f->tx, "UPDATE stock SET free = 0 WHERE free > 9", NULL, &f->err),
                     0);
    assert_int_equal(msvc_tx_exec(f->tx, "CREATE TABLE other (id bigint)", NULL, &f->err), 0);
    assert_int_equal(msvc_tx_exec(f->tx, "SELECT 1", NULL, &f->err) >= 0, 1);
}

static void numbers_parameters_by_their_number(void **state)
{
    struct fixture *f = *state;

    begin(f);
    assert_int_equal(msvc_tx_exec(f->tx, "INSERT INTO stock (free, sku) VALUES ($2, $1)",
                                  MSVC_VALUES(MSVC_TEXT("apple"), MSVC_INT(7)), &f->err),
                     1);
    commit(f);
    assert_int_equal(read_number(f, "SELECT free FROM stock WHERE sku = 'apple'"), 7);
}

static void uses_a_parameter_twice(void **state)
{
    struct fixture *f = *state;

    begin(f);
    insert(f, "apple", 7);
    assert_int_equal(msvc_tx_exec(f->tx, "UPDATE stock SET free = free - $1 WHERE free >= $1",
                                  MSVC_VALUES(MSVC_INT(3)), &f->err),
                     1);
    commit(f);
    assert_int_equal(read_number(f, "SELECT free FROM stock"), 4);
}

static void insert_thing(struct fixture *f, struct msvc_value id, struct msvc_value number,
                         struct msvc_value word, struct msvc_value data)
{
    begin(f);
    assert_int_equal(
        msvc_tx_exec(f->tx, "INSERT INTO things (id, number, word, data) VALUES ($1, $2, $3, $4)",
                     MSVC_VALUES(id, number, word, data), &f->err),
        1);
}

static struct msvc_rows *select_thing(struct fixture *f)
{
    struct msvc_rows *rows;

    assert_int_equal(
        msvc_tx_query(&rows, f->tx, "SELECT id, number, word, data FROM things", NULL, &f->err), 0);
    assert_int_equal(msvc_rows_count(rows), 1);
    assert_true(msvc_rows_next(rows));
    return rows;
}

static void gives_back_every_kind_of_value(void **state)
{
    struct fixture *f = *state;
    struct msvc_rows *rows;
    size_t length;

    insert_thing(f, MSVC_INT(INT64_MIN), MSVC_DOUBLE(0.1), MSVC_TEXT("\xc3\xa4\xf0\x9f\x98\x80"),
                 MSVC_BLOB("a\0\xff", 3));
    rows = select_thing(f);
    assert_true(msvc_rows_int(rows, 0) == INT64_MIN);
    assert_true(msvc_rows_double(rows, 1) == 0.1);
    assert_string_equal(msvc_rows_text(rows, 2), "\xc3\xa4\xf0\x9f\x98\x80");
    assert_memory_equal(msvc_rows_blob(rows, 3, &length), "a\0\xff", 3);
    assert_int_equal(length, 3);
    msvc_rows_free(rows);
}

static void tells_null_from_empty(void **state)
{
    struct fixture *f = *state;
    struct msvc_rows *rows;
    size_t length = 9;

    insert_thing(f, MSVC_INT(1), MSVC_NULL(), MSVC_TEXT(""), MSVC_BLOB("", 0));
    rows = select_thing(f);
    assert_true(msvc_rows_is_null(rows, 1));
    assert_false(msvc_rows_is_null(rows, 2));
    assert_string_equal(msvc_rows_text(rows, 2), "");
    assert_false(msvc_rows_is_null(rows, 3));
    assert_non_null(msvc_rows_blob(rows, 3, &length));
    assert_int_equal(length, 0);
    msvc_rows_free(rows);
}

static void a_query_without_rows_gives_none(void **state)
{
    struct fixture *f = *state;
    struct msvc_rows *rows;

    begin(f);
    assert_int_equal(msvc_tx_query(&rows, f->tx, "SELECT sku FROM stock", NULL, &f->err), 0);
    assert_int_equal(msvc_rows_count(rows), 0);
    assert_false(msvc_rows_next(rows));
    msvc_rows_free(rows);
}

static void gives_rows_of_a_changing_statement(void **state)
{
    struct fixture *f = *state;
    struct msvc_rows *rows;

    begin(f);
    assert_int_equal(
        msvc_tx_query(&rows, f->tx,
                      "INSERT INTO stock (sku, free) VALUES ('apple', 5) RETURNING free", NULL,
                      &f->err),
        0);
    assert_true(msvc_rows_next(rows));
    assert_int_equal(msvc_rows_int(rows, 0), 5);
    msvc_rows_free(rows);
    commit(f);
    assert_int_equal(read_number(f, "SELECT free FROM stock"), 5);
}

static void fails(struct fixture *f, const char *sql, int status)
{
    assert_int_equal(msvc_tx_exec(f->tx, sql, NULL, &f->err), status);
    assert_int_equal(f->err.status, status);
    assert_string_equal(f->err.origin, subject->name);
    assert_true(f->err.message[0] != '\0');
}

static void says_exists_for_a_key_that_is_taken(void **state)
{
    struct fixture *f = *state;

    begin(f);
    insert(f, "apple", 1);
    fails(f, "INSERT INTO stock (sku, free) VALUES ('apple', 2)", MSVC_ERR_EXISTS);
}

static void says_refused_for_a_broken_check(void **state)
{
    struct fixture *f = *state;

    begin(f);
    fails(f, "INSERT INTO stock (sku, free) VALUES ('apple', -1)", MSVC_ERR_REFUSED);
}

static void says_refused_for_a_null_that_may_not_be(void **state)
{
    struct fixture *f = *state;

    begin(f);
    fails(f, "INSERT INTO stock (sku, free) VALUES ('apple', NULL)", MSVC_ERR_REFUSED);
}

static void says_refused_for_a_reference_to_nothing(void **state)
{
    struct fixture *f = *state;

    begin(f);
    fails(f, "INSERT INTO parts (thing) VALUES (77)", MSVC_ERR_REFUSED);
}

static void says_invalid_for_wrong_sql(void **state)
{
    struct fixture *f = *state;

    begin(f);
    fails(f, "SELEKT 1", MSVC_ERR_INVALID);
}

static void says_invalid_for_a_table_that_is_not_there(void **state)
{
    struct fixture *f = *state;

    begin(f);
    fails(f, "SELECT * FROM nowhere", MSVC_ERR_INVALID);
}

static void refuses_two_statements_in_one(void **state)
{
    struct fixture *f = *state;

    begin(f);
    fails(f, "SELECT 1; SELECT 2", MSVC_ERR_INVALID);
}

static void refuses_too_few_parameters(void **state)
{
    struct fixture *f = *state;

    begin(f);
    assert_int_equal(msvc_tx_exec(f->tx, "INSERT INTO stock (sku, free) VALUES ($1, $2)",
                                  MSVC_VALUES(MSVC_TEXT("apple")), &f->err),
                     MSVC_ERR_INVALID);
}

static void refuses_too_many_parameters(void **state)
{
    struct fixture *f = *state;

    begin(f);
    assert_int_equal(msvc_tx_exec(f->tx, "INSERT INTO stock (sku, free) VALUES ($1, 1)",
                                  MSVC_VALUES(MSVC_TEXT("apple"), MSVC_INT(1)), &f->err),
                     MSVC_ERR_INVALID);
}

static void only_rolls_back_after_a_failure(void **state)
{
    struct fixture *f = *state;
    struct msvc_tx *tx = begin(f);

    insert(f, "apple", 1);
    fails(f, "SELEKT 1", MSVC_ERR_INVALID);
    assert_int_equal(msvc_tx_exec(f->tx, "SELECT 1", NULL, &f->err), MSVC_ERR_STATE);
    f->tx = NULL;
    assert_int_equal(msvc_tx_commit(tx, &f->err), MSVC_ERR_STATE);
    assert_int_equal(read_number(f, "SELECT count(*) FROM stock"), 0);
}

static void notices_a_statement_that_ends_the_transaction(void **state)
{
    struct fixture *f = *state;

    begin(f);
    fails(f, "COMMIT", MSVC_ERR_STATE);
}

static void refuses_to_write_in_a_read_only_transaction(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        msvc_tx_begin(&f->tx, f->store, MSVC_TX_OPTIONS(.is_read_only = true), &f->err), 0);
    fails(f, "INSERT INTO stock (sku, free) VALUES ('apple', 1)", MSVC_ERR_REFUSED);
}

static void writes_again_after_a_read_only_transaction(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_number(f, "SELECT count(*) FROM stock"), 0);
    begin(f);
    insert(f, "apple", 1);
    commit(f);
}

static void ends_a_statement_at_the_deadline(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_tx_begin(&f->tx, f->store,
                                   MSVC_TX_OPTIONS(.deadline_ns = msvc_deadline_in(NULL, 100)),
                                   &f->err),
                     0);
    fails(f,
          "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT i + 1 FROM n "
          "WHERE i < 1000000000000) SELECT count(*) FROM n",
          MSVC_ERR_TIMEOUT);
    rollback(f);
    assert_int_equal(read_number(f, "SELECT 1"), 1);
}

static void does_nothing_once_cancelled(void **state)
{
    struct fixture *f = *state;
    struct msvc_cancel *cancel;

    assert_int_equal(msvc_cancel_new(&cancel), 0);
    assert_int_equal(msvc_tx_begin(&f->tx, f->store, MSVC_TX_OPTIONS(.cancel = cancel), &f->err),
                     0);
    insert(f, "apple", 1);
    msvc_cancel_request(cancel);
    assert_int_equal(msvc_tx_exec(f->tx, "SELECT 1", NULL, &f->err), MSVC_ERR_CANCELLED);
    rollback(f);
    msvc_cancel_free(cancel);
}

/* Reads, then writes what it read: loses an update unless transactions are told apart. */
static int add_one(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct msvc_rows *rows;
    int64_t found;
    int status = msvc_tx_query(&rows, tx, "SELECT free FROM stock", NULL, err);

    (void)user;
    if (status < 0)
        return status;
    (void)msvc_rows_next(rows);
    found = msvc_rows_int(rows, 0);
    msvc_rows_free(rows);
    return msvc_tx_exec(tx, "UPDATE stock SET free = $1", MSVC_VALUES(MSVC_INT(found + 1)), err);
}

#define ADDS 20

/* Counts what was committed: a serializable transaction may give up after its repeats. */
static void *add_many(void *user)
{
    struct fixture *f = user;
    intptr_t added = 0;

    for (int i = 0; i < ADDS; i++) {
        if (msvc_store_transact(f->store, MSVC_TX_OPTIONS(.is_serializable = true), add_one, NULL,
                                NULL) >= 0)
            added++;
    }
    return (void *)added;
}

static void loses_no_update_of_serializable_transactions(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[3];
    intptr_t added = 0;

    begin(f);
    insert(f, "apple", 0);
    commit(f);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, f), 0);
    for (int i = 0; i < 3; i++) {
        void *count;

        (void)pthread_join(threads[i], &count);
        added += (intptr_t)count;
    }
    assert_true(added > 0);
    assert_int_equal(read_number(f, "SELECT free FROM stock"), added);
}

static const struct msvc_migration steps[] = {
    { "0001_a", "CREATE TABLE a (id bigint); CREATE TABLE b (id bigint);" },
    { "0002_fill", "INSERT INTO a (id) VALUES (1); INSERT INTO a (id) VALUES (2);" },
    { NULL, NULL },
};

static void migrates_once(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(msvc_store_migrate(f->store, "test", steps, &f->err), 2);
    assert_int_equal(msvc_store_migrate(f->store, "test", steps, &f->err), 0);
    assert_int_equal(read_number(f, "SELECT count(*) FROM a"), 2);
    assert_int_equal(read_number(f, "SELECT count(*) FROM msvc_migrations"), 2);
}

static void migrates_only_what_is_new(void **state)
{
    struct fixture *f = *state;
    const struct msvc_migration first[] = { steps[0], { NULL, NULL } };

    assert_int_equal(msvc_store_migrate(f->store, "test", first, &f->err), 1);
    assert_int_equal(msvc_store_migrate(f->store, "test", steps, &f->err), 1);
}

static void refuses_a_step_whose_text_has_changed(void **state)
{
    struct fixture *f = *state;
    const struct msvc_migration other[] = { { "0001_a", "CREATE TABLE c (id bigint);" },
                                            { NULL, NULL } };

    assert_int_equal(msvc_store_migrate(f->store, "test", steps, &f->err), 2);
    assert_int_equal(msvc_store_migrate(f->store, "test", other, &f->err), MSVC_ERR_STATE);
    assert_non_null(strstr(f->err.message, "0001_a"));
}

static void undoes_a_step_that_fails(void **state)
{
    struct fixture *f = *state;
    const struct msvc_migration broken[] = { { "0001", "CREATE TABLE c (id bigint); SELEKT 1;" },
                                             { NULL, NULL } };
    const struct msvc_migration mended[] = { { "0001", "CREATE TABLE c (id bigint);" },
                                             { NULL, NULL } };

    assert_int_equal(msvc_store_migrate(f->store, "test", broken, &f->err), MSVC_ERR_INVALID);
    assert_int_equal(msvc_store_migrate(f->store, "test", mended, &f->err), 1);
}

static void *migrate(void *user)
{
    struct fixture *f = user;

    return (void *)(intptr_t)msvc_store_migrate(f->store, "test", steps, NULL);
}

static void migrates_once_when_several_start(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[4];
    intptr_t applied = 0;

    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, migrate, f), 0);
    for (int i = 0; i < 4; i++) {
        void *result;

        (void)pthread_join(threads[i], &result);
        assert_true((intptr_t)result >= 0);
        applied += (intptr_t)result;
    }
    assert_int_equal(applied, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int store_suite(const struct store_subject *given)
{
    const struct CMUnitTest tests[] = {
        TEST(names_its_dialect),
        TEST(answers_a_ping),
        TEST(keeps_what_was_committed),
        TEST(forgets_what_was_rolled_back),
        TEST(hides_what_is_not_committed),
        TEST(counts_changed_rows),
        TEST(numbers_parameters_by_their_number),
        TEST(uses_a_parameter_twice),
        TEST(gives_back_every_kind_of_value),
        TEST(tells_null_from_empty),
        TEST(a_query_without_rows_gives_none),
        TEST(gives_rows_of_a_changing_statement),
        TEST(says_exists_for_a_key_that_is_taken),
        TEST(says_refused_for_a_broken_check),
        TEST(says_refused_for_a_null_that_may_not_be),
        TEST(says_refused_for_a_reference_to_nothing),
        TEST(says_invalid_for_wrong_sql),
        TEST(says_invalid_for_a_table_that_is_not_there),
        TEST(refuses_two_statements_in_one),
        TEST(refuses_too_few_parameters),
        TEST(refuses_too_many_parameters),
        TEST(only_rolls_back_after_a_failure),
        TEST(notices_a_statement_that_ends_the_transaction),
        TEST(refuses_to_write_in_a_read_only_transaction),
        TEST(writes_again_after_a_read_only_transaction),
        TEST(ends_a_statement_at_the_deadline),
        TEST(does_nothing_once_cancelled),
        TEST(loses_no_update_of_serializable_transactions),
        TEST(migrates_once),
        TEST(migrates_only_what_is_new),
        TEST(refuses_a_step_whose_text_has_changed),
        TEST(undoes_a_step_that_fails),
        TEST(migrates_once_when_several_start),
    };

    subject = given;
    return cmocka_run_group_tests_name("store conformance", tests, NULL, NULL);
}
