/* SPDX-License-Identifier: MIT */
/* The dialect below the relay: what is fetched, when, and in what order. */
#include <msvc/driver/outbox.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include <msvc/driver/inbox.h>
#include <msvc/driver/store.h>
#include <msvc/error.h>
#include <msvc/outbox.h>
#include <msvc/status.h>
#include <msvc/store.h>
#include <msvc/store/postgres.h>

#include "postgres_server.h"
#include "test.h"

#define ALL_SHARDS UINT64_MAX
#define ROWS_MAX   64

struct fixture {
    struct msvc_store *store;
    const struct msvc_outbox_driver *outbox;
    void *session;
    uint64_t epoch;
    struct msvc_outbox_row rows[ROWS_MAX];
    size_t count;
    struct msvc_error err;
};

static int take(struct msvc_outbox_row *row, void *user)
{
    struct fixture *f = user;

    if (f->count == ROWS_MAX)
        return MSVC_ERR_LIMIT;
    f->rows[f->count++] = *row;
    return 0;
}

static void forget(struct fixture *f)
{
    while (f->count > 0)
        msvc_message_free(f->rows[--f->count].message);
}

static uint64_t lease(struct fixture *f, void *session, uint64_t *epoch)
{
    uint64_t shards;

    if (f->outbox->lease(session, 60000, &shards, epoch, &f->err) < 0)
        fail_msg("%s", f->err.message);
    return shards;
}

static int setup(void **state)
{
    static struct fixture f;

    f.store = postgres_store();
    f.outbox = msvc_store_postgres()->outbox;
    assert_int_equal(f.outbox->open(&f.session, msvc_store_target(f.store), "first", &f.err), 0);
    assert_true(lease(&f, f.session, &f.epoch) == ALL_SHARDS);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    forget(f);
    f->outbox->close(f->session);
    msvc_store_close(f->store);
    return 0;
}

static void fetch(struct fixture *f, size_t limit, size_t expected)
{
    forget(f);
    if (f->outbox->fetch(f->session, ALL_SHARDS, limit, take, f, &f->err) < 0)
        fail_msg("%s", f->err.message);
    assert_int_equal(f->count, expected);
}

static void fetched(const struct fixture *f, size_t index, const char *payload)
{
    const struct msvc_message *m = f->rows[index].message;

    assert_int_equal(m->payload_length, strlen(payload));
    assert_memory_equal(m->payload, payload, strlen(payload));
}

static void append(struct fixture *f, const struct msvc_message *message, int64_t not_before_ns)
{
    struct msvc_message *full;
    struct msvc_tx *tx;

    assert_int_equal(msvc_message_copy(&full, message, "/test", &f->err), 0);
    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    if (f->outbox->append(tx, full, not_before_ns, false, &f->err) < 0)
        fail_msg("%s", f->err.message);
    assert_int_equal(msvc_tx_commit(tx, &f->err), 0);
    msvc_message_free(full);
}

/* A transaction of somebody else's. */
static PGconn *begin(const char *sql)
{
    PGconn *conn = PQconnectdb(postgres_url());

    PQclear(PQexec(conn, "BEGIN"));
    PQclear(PQexec(conn, sql));
    assert_int_equal(PQtransactionStatus(conn), PQTRANS_INTRANS);
    return conn;
}

static void commit(PGconn *conn)
{
    PQclear(PQexec(conn, "COMMIT"));
    PQfinish(conn);
}

static int64_t count(struct fixture *f, const char *sql)
{
    struct msvc_rows *rows;
    struct msvc_tx *tx;
    int64_t number;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    if (msvc_tx_query(&rows, tx, sql, NULL, &f->err) < 0)
        fail_msg("%s", f->err.message);
    assert_true(msvc_rows_next(rows));
    number = msvc_rows_int(rows, 0);
    msvc_rows_free(rows);
    msvc_tx_rollback(tx);
    return number;
}

static void takes_the_insert_of_the_guide(void **state)
{
    struct fixture *f = *state;

    psql("BEGIN; INSERT INTO outbox_events (type, payload) VALUES ('order.created',"
         " '{\"note\": \"say \\\"hi\\\"\\n\"}'); COMMIT;");
    fetch(f, 10, 1);
    fetched(f, 0, "{\"note\": \"say \\\"hi\\\"\\n\"}");
    assert_string_equal(f->rows[0].message->type, "order.created");
    assert_string_equal(f->rows[0].message->topic, "order.created");
    assert_string_equal(f->rows[0].message->content_type, "application/json");
    assert_int_equal(strlen(f->rows[0].message->id), 36);
    assert_null(f->rows[0].message->source);
    assert_null(f->rows[0].message->key);
}

static void takes_the_insert_of_the_guide_with_its_parameter(void **state)
{
    struct fixture *f = *state;
    const char *payload = "{\"path\": \"C:\\\\x\"}";
    PGconn *conn = begin("SELECT 1");

    PQclear(PQexecParams(conn,
                         "INSERT INTO outbox_events (type, payload) VALUES ('order.created', $1)",
                         1, NULL, &payload, NULL, NULL, 0));
    commit(conn);
    fetch(f, 10, 1);
    fetched(f, 0, payload);
}

static void takes_a_payload_of_a_json_type(void **state)
{
    struct fixture *f = *state;

    psql("INSERT INTO outbox_events (type, payload) VALUES ('a', jsonb_build_object('n', 1)),"
         " ('b', '[\"\xc3\xa4\"]'::json);");
    fetch(f, 10, 2);
    fetched(f, 0, "{\"n\": 1}");
    fetched(f, 1, "[\"\xc3\xa4\"]");
}

static void brings_back_every_field(void **state)
{
    struct fixture *f = *state;
    const struct msvc_message *m;

    append(f,
           MSVC_MESSAGE(.id = "i-1", .source = "/s", .type = "t.u", .subject = "sub",
                        .time_ns = 1234567890123456789, .content_type = "text/plain",
                        .topic = "orders", .key = "k\xc3\xa4",
                        .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                        .tracestate = "a=b", .headers = MSVC_HEADERS({ "z", "1" }, { "a", "\"\\" }),
                        .payload = "\0\xff\\x", .payload_length = 4),
           0);
    fetch(f, 10, 1);
    m = f->rows[0].message;
    assert_string_equal(m->id, "i-1");
    assert_string_equal(m->source, "/s");
    assert_string_equal(m->subject, "sub");
    assert_true(m->time_ns == 1234567890123456789);
    assert_string_equal(m->content_type, "text/plain");
    assert_string_equal(m->topic, "orders");
    assert_string_equal(m->key, "k\xc3\xa4");
    assert_string_equal(m->traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    assert_string_equal(m->tracestate, "a=b");
    assert_string_equal(m->headers[0].name, "z");
    assert_string_equal(m->headers[1].value, "\"\\");
    assert_null(m->headers[2].name);
    assert_int_equal(m->payload_length, 4);
    assert_memory_equal(m->payload, "\0\xff\\x", 4);
}

static void hands_over_each_row_once_in_pages(void **state)
{
    struct fixture *f = *state;

    psql("INSERT INTO outbox_events (type, payload) SELECT 't', n::text FROM generate_series(1, 5) "
         "n;");
    fetch(f, 2, 2);
    fetch(f, 2, 2);
    fetched(f, 1, "4");
    fetch(f, 2, 1);
    fetch(f, 2, 0);
    psql("INSERT INTO outbox_events (type, payload) SELECT 't', n::text FROM generate_series(6, 9) "
         "n;");
    fetch(f, 3, 3);
    fetched(f, 0, "6");
    fetch(f, 3, 1);
    fetch(f, 3, 0);
}

static void finds_what_commits_late_with_a_lower_seq(void **state)
{
    struct fixture *f = *state;
    PGconn *slow = begin("INSERT INTO outbox_events (type, payload) VALUES ('t', 'slow')");

    psql("INSERT INTO outbox_events (type, payload) VALUES ('t', 'quick');");
    fetch(f, 10, 1);
    fetched(f, 0, "quick");
    fetch(f, 10, 0);
    commit(slow);
    fetch(f, 10, 1);
    fetched(f, 0, "slow");
    fetch(f, 10, 0);
}

static void finds_what_commits_between_the_pages_of_a_snapshot(void **state)
{
    struct fixture *f = *state;
    PGconn *slow = begin("INSERT INTO outbox_events (type, payload) VALUES ('t', 'slow')");

    psql("INSERT INTO outbox_events (type, payload) SELECT 't', n::text FROM generate_series(1, 3) "
         "n;");
    fetch(f, 2, 2);
    commit(slow);
    fetch(f, 2, 1);
    fetched(f, 0, "3");
    fetch(f, 2, 1);
    fetched(f, 0, "slow");
    fetch(f, 2, 0);
}

static void is_not_held_up_by_a_transaction_that_stays_open(void **state)
{
    struct fixture *f = *state;
    PGconn *open = begin("SELECT pg_current_xact_id()");

    psql("INSERT INTO outbox_events (type, payload) VALUES ('t', '1');");
    fetch(f, 10, 1);
    psql("INSERT INTO outbox_events (type, payload) VALUES ('t', '2');");
    fetch(f, 10, 1);
    fetched(f, 0, "2");
    commit(open);
    fetch(f, 10, 0);
}

static void sees_rows_of_subtransactions_and_prepared_transactions(void **state)
{
    struct fixture *f = *state;
    PGconn *conn = begin("SAVEPOINT a");

    fetch(f, 10, 0);
    PQclear(PQexec(conn, "INSERT INTO outbox_events (type, payload) VALUES ('t', 'sub')"));
    PQclear(PQexec(conn, "PREPARE TRANSACTION 'p'"));
    psql("INSERT INTO outbox_events (type, payload) VALUES ('t', 'other');");
    fetch(f, 10, 1);
    PQclear(PQexec(conn, "COMMIT PREPARED 'p'"));
    PQfinish(conn);
    fetch(f, 10, 1);
    fetched(f, 0, "sub");
}

static void never_sees_what_was_rolled_back(void **state)
{
    struct fixture *f = *state;
    PGconn *conn = begin("INSERT INTO outbox_events (type, payload) VALUES ('t', '1')");

    fetch(f, 10, 0);
    PQclear(PQexec(conn, "ROLLBACK"));
    PQfinish(conn);
    fetch(f, 10, 0);
}

static void begins_again_after_rewind(void **state)
{
    struct fixture *f = *state;

    psql("INSERT INTO outbox_events (type, payload) VALUES ('t', '1'), ('t', '2');");
    fetch(f, 10, 2);
    assert_int_equal(f->outbox->remove(f->session, &f->rows[0].seq, 1, f->epoch, &f->err), 1);
    f->outbox->rewind(f->session);
    fetch(f, 10, 1);
    fetched(f, 0, "2");
}

static void removes_by_identity_and_never_what_another_holds(void **state)
{
    struct fixture *f = *state;
    uint64_t seqs[2];

    psql("INSERT INTO outbox_events (type, payload) VALUES ('t', '1'), ('t', '2'), ('t', '3');");
    fetch(f, 10, 3);
    seqs[0] = f->rows[0].seq;
    seqs[1] = f->rows[2].seq;
    assert_int_equal(f->outbox->remove(f->session, seqs, 2, f->epoch + 1, &f->err), 0);
    assert_int_equal(f->outbox->remove(f->session, seqs, 2, f->epoch, &f->err), 2);
    assert_int_equal(count(f, "SELECT count(*) FROM outbox_events WHERE payload = '2'"), 1);
}

static void delays_a_row_until_it_is_due(void **state)
{
    struct fixture *f = *state;

    psql("INSERT INTO outbox_events (type, payload, not_before) VALUES"
         " ('t', 'due', now() - interval '1 s'), ('t', 'later', now() + interval '1 h');");
    fetch(f, 10, 1);
    fetched(f, 0, "due");
    fetch(f, 10, 0);
    psql("UPDATE outbox_events SET not_before = now() WHERE payload = 'later';");
    fetch(f, 10, 1);
    fetched(f, 0, "later");
    assert_int_equal(f->outbox->remove(f->session, &f->rows[0].seq, 1, f->epoch, &f->err), 1);
    fetch(f, 10, 0);
}

static void parks_a_row_and_blocks_its_key(void **state)
{
    struct fixture *f = *state;
    bool is_blocked;

    append(f, MSVC_MESSAGE(.type = "t", .key = "k"), 0);
    fetch(f, 10, 1);
    assert_int_equal(
        f->outbox->park(f->session, f->rows[0].seq, 3, "no such exchange", true, f->epoch, &f->err),
        1);
    assert_int_equal(f->outbox->is_blocked(f->session, "t", "k", &is_blocked, &f->err), 0);
    assert_true(is_blocked);
    assert_int_equal(f->outbox->is_blocked(f->session, "t", "other", &is_blocked, &f->err), 0);
    assert_false(is_blocked);
    assert_int_equal(
        count(f, "SELECT attempts FROM outbox_parked WHERE reason = 'no such exchange'"), 3);
    assert_int_equal(
        f->outbox->park(f->session, f->rows[0].seq, 3, "again", true, f->epoch, &f->err), 0);
}

/* Commit without waiting for the disk until a commit is found that is not there yet. */
static void commit_unflushed(PGconn *conn, char lsn[32])
{
    bool is_flushed = true;

    while (is_flushed) {
        PGresult *result;

        PQclear(PQexec(conn, "SET synchronous_commit = off; TRUNCATE outbox_events;"
                             "INSERT INTO outbox_events (type, payload) VALUES ('t', '1')"));
        result = PQexec(conn, "SELECT lsn, pg_current_wal_flush_lsn() >= lsn "
                              "FROM pg_current_wal_insert_lsn() lsn");
        (void)snprintf(lsn, 32, "%s", PQgetvalue(result, 0, 0));
        is_flushed = PQgetvalue(result, 0, 1)[0] == 't';
        PQclear(result);
    }
}

static void hands_over_only_what_is_on_the_disk(void **state)
{
    struct fixture *f = *state;
    PGconn *conn = PQconnectdb(postgres_url());
    char lsn[32];
    char sql[96];

    commit_unflushed(conn, lsn);
    fetch(f, 10, 1);
    (void)snprintf(sql, sizeof(sql), "SELECT pg_current_wal_flush_lsn() >= '%s'", lsn);
    assert_int_equal(count(f, sql), 1);
    PQfinish(conn);
}

static void begins_again_on_a_new_connection(void **state)
{
    struct fixture *f = *state;

    psql("INSERT INTO outbox_events (type, payload) VALUES ('t', '1');");
    fetch(f, 10, 1);
    postgres_kill();
    assert_true(f->outbox->fetch(f->session, ALL_SHARDS, 10, take, f, &f->err) ==
                MSVC_ERR_UNAVAILABLE);
    postgres_start();
    fetch(f, 10, 1);
    assert_true(lease(f, f->session, &f->epoch) == ALL_SHARDS);
}

static void shares_the_shards_among_relays(void **state)
{
    struct fixture *f = *state;
    void *second;
    uint64_t epoch;

    assert_int_equal(f->outbox->open(&second, msvc_store_target(f->store), "second", &f->err), 0);
    assert_true(lease(f, second, &epoch) == 0);
    assert_true(epoch != f->epoch);
    assert_true(lease(f, f->session, &f->epoch) == 0xffffffff);
    assert_true(lease(f, second, &epoch) == UINT64_C(0xffffffff) << 32);
    assert_true(lease(f, f->session, &f->epoch) == 0xffffffff);
    assert_int_equal(f->outbox->release(f->session, f->epoch, &f->err), 0);
    assert_true(lease(f, second, &epoch) == ALL_SHARDS);
    f->outbox->close(second);
}

static void takes_over_the_shards_of_a_relay_that_died(void **state)
{
    struct fixture *f = *state;
    uint64_t shards;
    uint64_t epoch;
    void *second;

    assert_int_equal(f->outbox->open(&second, msvc_store_target(f->store), "second", &f->err), 0);
    psql("UPDATE outbox_leases SET until = now() - interval '1 s';"
         "UPDATE outbox_relays SET until = now() - interval '1 s';");
    assert_int_equal(f->outbox->lease(second, 60000, &shards, &epoch, &f->err), 0);
    assert_true(shards == ALL_SHARDS);
    psql("INSERT INTO outbox_events (type, payload) VALUES ('t', '1');");
    fetch(f, 10, 1);
    assert_int_equal(f->outbox->remove(f->session, &f->rows[0].seq, 1, f->epoch, &f->err), 0);
    f->outbox->close(second);
}

static void computes_shards_as_c_does(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(count(f, "SELECT outbox_shard('', NULL)"), msvc_outbox_shard("", NULL));
    assert_int_equal(count(f, "SELECT outbox_shard('orders', '')"),
                     msvc_outbox_shard("orders", NULL));
    assert_int_equal(count(f, "SELECT outbox_shard('orders', 'o-1')"),
                     msvc_outbox_shard("orders", "o-1"));
    assert_int_equal(count(f, "SELECT outbox_shard('orders', E'\\u00e4\\u20ac')"),
                     msvc_outbox_shard("orders", "\xc3\xa4\xe2\x82\xac"));
}

static void accepts_a_message_once(void **state)
{
    struct fixture *f = *state;
    const struct msvc_inbox_driver *inbox = msvc_store_postgres()->inbox;
    struct msvc_tx *tx;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    assert_int_equal(inbox->accept(tx, "c", "/s", "1", &f->err), 0);
    assert_int_equal(inbox->accept(tx, "c", "/s", "1", &f->err), MSVC_ERR_EXISTS);
    assert_int_equal(inbox->accept(tx, "other", "/s", "1", &f->err), 0);
    assert_int_equal(inbox->prune(tx, INT64_C(1000000000) * 1000, &f->err), 0);
    assert_int_equal(inbox->prune(tx, INT64_MAX, &f->err), 2);
    assert_int_equal(msvc_tx_commit(tx, &f->err), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_the_insert_of_the_guide),
        TEST(takes_the_insert_of_the_guide_with_its_parameter),
        TEST(takes_a_payload_of_a_json_type),
        TEST(brings_back_every_field),
        TEST(hands_over_each_row_once_in_pages),
        TEST(finds_what_commits_late_with_a_lower_seq),
        TEST(finds_what_commits_between_the_pages_of_a_snapshot),
        TEST(is_not_held_up_by_a_transaction_that_stays_open),
        TEST(sees_rows_of_subtransactions_and_prepared_transactions),
        TEST(never_sees_what_was_rolled_back),
        TEST(begins_again_after_rewind),
        TEST(removes_by_identity_and_never_what_another_holds),
        TEST(delays_a_row_until_it_is_due),
        TEST(parks_a_row_and_blocks_its_key),
        TEST(hands_over_only_what_is_on_the_disk),
        TEST(begins_again_on_a_new_connection),
        TEST(shares_the_shards_among_relays),
        TEST(takes_over_the_shards_of_a_relay_that_died),

        TEST(computes_shards_as_c_does),
        TEST(accepts_a_message_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
