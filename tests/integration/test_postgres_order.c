/* SPDX-License-Identifier: MIT */
/*
 * Writers that lock a row for each key, half of them with a transaction id
 * that is older than the lock; one reader who takes what the outbox hands over
 * and removes it, as a relay does. Each key counts its events, so that a lost
 * one shows as a gap and a wrong order as a step back.
 */
#include <msvc/driver/outbox.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

#include <msvc/clock.h>
#include <msvc/driver/store.h>
#include <msvc/error.h>
#include <msvc/status.h>
#include <msvc/store.h>
#include <msvc/store/postgres.h>

#include "postgres_server.h"
#include "test.h"

#define WRITERS 4
#define ROUNDS  120
#define KEYS    6
#define PAGE    16

struct writer {
    pthread_t thread;
    unsigned number;
    atomic_uint *running;
};

struct fixture {
    struct msvc_store *store;
    const struct msvc_outbox_driver *outbox;
    void *session;
    uint64_t epoch;
    struct writer writers[WRITERS];
    atomic_uint running;
    int last[KEYS]; /* the newest event seen of each key */
    uint64_t seqs[PAGE];
    size_t count;
    unsigned seen;
    unsigned repeated;
    unsigned violations;
    char path[64]; /* of the file that plays the broker: a line for each event */
    FILE *published;
    struct msvc_error err;
};

static bool say(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);

    PQclear(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* One event of one key; every fifth is rolled back. */
static bool write_event(PGconn *conn, unsigned writer, unsigned round)
{
    char sql[512];
    unsigned key = (writer * 7 + round * 5) % KEYS;

    (void)snprintf(sql, sizeof(sql), "BEGIN; SET LOCAL synchronous_commit = %s; %s",
                   writer % 2 == 0 ? "on" : "off",
                   round % 2 == 0 ? "INSERT INTO other VALUES (1)" : "SELECT 1");
    if (!say(conn, sql))
        return false;
    (void)snprintf(sql, sizeof(sql),
                   "UPDATE counters SET n = n + 1 WHERE key = '%u'; "
                   "WITH event AS (INSERT INTO outbox_events (type, key, payload) "
                   "SELECT 'counted', key, n FROM counters WHERE key = '%u' RETURNING *) "
                   "INSERT INTO history SELECT key, payload::int, id FROM event; %s",
                   key, key, round % 5 == 4 ? "ROLLBACK" : "COMMIT");
    return say(conn, sql);
}

static void pause_ms(long ms)
{
    struct timespec pause = { 0, ms * 1000000 };

    (void)nanosleep(&pause, NULL);
}

static void *write_events(void *argument)
{
    struct writer *w = argument;
    PGconn *conn = PQconnectdb(postgres_url());

    for (unsigned round = 0; round < ROUNDS; round++) {
        if (write_event(conn, w->number, round))
            continue;
        while (PQreset(conn), PQstatus(conn) != CONNECTION_OK)
            pause_ms(20); /* the server is away */
    }
    PQfinish(conn);
    atomic_fetch_sub(w->running, 1);
    return NULL;
}

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){ .outbox = msvc_store_postgres()->outbox };
    f.store = postgres_store();
    psql("DROP TABLE IF EXISTS counters, history, other, seen;"
         "CREATE TABLE other (n int);"
         "CREATE TABLE seen (key text, n int, id text);"
         "CREATE TABLE history (key text, n int, id text);"
         "CREATE TABLE counters AS SELECT k::text AS key, 0 AS n FROM generate_series(0, 5) k;");
    assert_int_equal(f.outbox->open(&f.session, msvc_store_target(f.store), "reader", &f.err), 0);
    (void)snprintf(f.path, sizeof(f.path), "/tmp/msvc-published-XXXXXX");
    f.published = fdopen(mkstemp(f.path), "w");
    assert_non_null(f.published);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    (void)fclose(f->published);
    (void)unlink(f->path);
    f->outbox->close(f->session);
    msvc_store_close(f->store);
    return 0;
}

static void start_writers(struct fixture *f)
{
    atomic_init(&f->running, WRITERS);
    for (unsigned i = 0; i < WRITERS; i++) {
        f->writers[i] = (struct writer){ .number = i, .running = &f->running };
        assert_int_equal(pthread_create(&f->writers[i].thread, NULL, write_events, &f->writers[i]),
                         0);
    }
}

static void join_writers(struct fixture *f)
{
    for (unsigned i = 0; i < WRITERS; i++)
        (void)pthread_join(f->writers[i].thread, NULL);
}

static int take(struct msvc_outbox_row *row, void *user)
{
    struct fixture *f = user;
    int key = row->message->key[0] - '0';
    int number = atoi(row->message->payload);

    if (number == f->last[key] + 1)
        f->last[key] = number;
    else if (number <= f->last[key])
        f->repeated++;
    else
        f->violations++;
    (void)fprintf(f->published, "%d\t%d\t%s\n", key, number, row->message->id);
    f->seqs[f->count++] = row->seq;
    f->seen++;
    msvc_message_free(row->message);
    return 0;
}

/* Fetch a page and remove it. Returns how many rows, or a status. */
static int relay_once(struct fixture *f)
{
    uint64_t shards;
    int status = f->outbox->lease(f->session, 60000, &shards, &f->epoch, &f->err);

    f->count = 0;
    if (status == 0)
        status = f->outbox->fetch(f->session, shards, PAGE, take, f, &f->err);
    if (status > 0)
        status = f->outbox->remove(f->session, f->seqs, f->count, f->epoch, &f->err);
    if (status < 0)
        f->outbox->rewind(f->session);
    return status;
}

static int number_of(struct fixture *f, const char *sql)
{
    struct msvc_rows *rows;
    struct msvc_tx *tx;
    int number;

    assert_int_equal(msvc_tx_begin(&tx, f->store, NULL, &f->err), 0);
    if (msvc_tx_query(&rows, tx, sql, NULL, &f->err) < 0)
        fail_msg("%s", f->err.message);
    assert_true(msvc_rows_next(rows));
    number = (int)msvc_rows_int(rows, 0);
    msvc_rows_free(rows);
    msvc_tx_rollback(tx);
    return number;
}

/* Relay until the writers are done and nothing is left; crash once when so many were seen. */
static void relay_all(struct fixture *f, unsigned crash_at)
{
    uint64_t deadline = msvc_deadline_in(NULL, 60000);

    start_writers(f);
    do {
        bool were_running = atomic_load(&f->running) > 0;
        int status = relay_once(f);

        if (crash_at > 0 && f->seen >= crash_at) {
            crash_at = 0;
            postgres_kill();
            postgres_start();
        } else if (status == 0 && !were_running) {
            break;
        }
    } while (msvc_deadline_left_ms(NULL, deadline, 1) > 0);
    join_writers(f);
    (void)fflush(f->published);
    assert_int_equal(number_of(f, "SELECT count(*) FROM outbox_events"), 0);
}

static void saw_everything_in_order(struct fixture *f)
{
    char sql[96];

    assert_int_equal(f->violations, 0);
    for (int key = 0; key < KEYS; key++) {
        (void)snprintf(sql, sizeof(sql), "SELECT n FROM counters WHERE key = '%d'", key);
        assert_int_equal(f->last[key], number_of(f, sql));
    }
}

static void saw_no_ghost(struct fixture *f)
{
    char command[96];

    (void)snprintf(command, sizeof(command), "\\copy seen FROM '%s'\n", f->path);
    psql(command);
    assert_int_equal(number_of(f, "SELECT count(*) FROM (TABLE seen EXCEPT TABLE history) ghost"),
                     0);
    assert_int_equal(number_of(f, "SELECT count(*) FROM (TABLE history EXCEPT TABLE seen) lost"),
                     0);
}

static void loses_nothing_and_keeps_the_order_of_each_key(void **state)
{
    struct fixture *f = *state;

    relay_all(f, 0);
    saw_everything_in_order(f);
    saw_no_ghost(f);
    assert_int_equal(f->repeated, 0);
    assert_int_equal(f->seen, number_of(f, "SELECT count(*) FROM history"));
}

static void survives_a_crash_of_the_server_with_duplicates_only(void **state)
{
    struct fixture *f = *state;

    relay_all(f, 100);
    saw_everything_in_order(f);
    saw_no_ghost(f);
    assert_int_equal(f->seen - f->repeated, number_of(f, "SELECT count(*) FROM history"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(loses_nothing_and_keeps_the_order_of_each_key, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(survives_a_crash_of_the_server_with_duplicates_only, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
