/* SPDX-License-Identifier: MIT */
/* From a transaction over the outbox, the relay, the bus and the inbox to an effect, all in
 * PostgreSQL. */
#include <msvc/relay.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/bus.h>
#include <msvc/bus/postgres.h>
#include <msvc/clock.h>
#include <msvc/error.h>
#include <msvc/inbox.h>
#include <msvc/outbox.h>
#include <msvc/status.h>
#include <msvc/store.h>

#include "postgres_server.h"
#include "test.h"

#define ROUNDS 150

struct fixture {
    struct msvc_store *store;
    struct msvc_bus *publisher;
    struct msvc_bus *consumer;
    struct msvc_relay *relay;
    struct msvc_error err;
};

/* The event's number is the payload; a second effect of one event breaks the unique key. */
static int note_effect(struct msvc_tx *tx, const struct msvc_message *message, void *user,
                       struct msvc_error *err)
{
    (void)user;
    return msvc_tx_exec(tx, "INSERT INTO effects (key, n) VALUES ($1, $2)",
                        MSVC_VALUES(MSVC_TEXT(message->key), MSVC_TEXT(message->payload)), err);
}

static enum msvc_disposition deliver(struct msvc_delivery *delivery, void *user)
{
    struct fixture *f = user;

    return msvc_inbox_consume(f->store, "test", delivery, note_effect, NULL, NULL);
}

static struct msvc_bus *open_bus(struct fixture *f)
{
    const struct msvc_bus_driver *driver = msvc_bus_postgres();
    struct msvc_bus *bus;

    assert_int_equal(msvc_bus_open(&bus, postgres_url(), MSVC_BUS_DRIVERS(driver), NULL, &f->err),
                     0);
    return bus;
}

static int setup(void **state)
{
    static struct fixture f;

    f.store = postgres_store();
    psql("DROP TABLE IF EXISTS happened, effects;"
         "CREATE TABLE happened (key text, n int);"
         "CREATE TABLE effects (seq serial, key text, n int, UNIQUE (key, n));");
    f.publisher = open_bus(&f);
    f.consumer = open_bus(&f);
    assert_int_equal(
        msvc_bus_subscribe(f.consumer,
                           MSVC_SUBSCRIPTION(.group = "test", .topics = MSVC_TOPICS("counted"),
                                             .order = MSVC_ORDER_KEY, .retry_most_ms = 100,
                                             .handler = deliver, .user = &f),
                           &f.err),
        0);
    while (!msvc_bus_is_connected(f.consumer))
        assert_true(msvc_bus_run_once(f.consumer, 100, &f.err) >= 0);
    assert_int_equal(msvc_relay_new(&f.relay, f.store, f.publisher,
                                    MSVC_RELAY_OPTIONS(.lease_ms = 2000), &f.err),
                     0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    msvc_relay_free(f->relay);
    msvc_bus_close(f->publisher);
    msvc_bus_close(f->consumer);
    msvc_store_close(f->store);
    return 0;
}

/* One transaction; that it fails is for others to find out. */
static int count_one(struct fixture *f, int n)
{
    char key[2] = { (char)('a' + n % 3), '\0' };
    char payload[16];
    struct msvc_tx *tx;
    int status = msvc_tx_begin(&tx, f->store, NULL, &f->err);

    if (status < 0)
        return status;
    (void)snprintf(payload, sizeof(payload), "%d", n);
    status = msvc_tx_exec(tx, "INSERT INTO happened VALUES ($1, $2)",
                          MSVC_VALUES(MSVC_TEXT(key), MSVC_INT(n)), &f->err);
    if (status > 0)
        status = msvc_outbox_append(tx,
                                    MSVC_MESSAGE(.type = "counted", .key = key, .payload = payload,
                                                 .payload_length = strlen(payload)),
                                    NULL, &f->err);
    if (status == 0)
        return msvc_tx_commit(tx, &f->err);
    msvc_tx_rollback(tx);
    return status;
}

static int64_t number_of(struct fixture *f, const char *sql)
{
    struct msvc_rows *rows;
    struct msvc_tx *tx;
    int64_t number = -1;

    if (msvc_tx_begin(&tx, f->store, NULL, &f->err) < 0)
        return -1;
    if (msvc_tx_query(&rows, tx, sql, NULL, &f->err) == 0) {
        number = msvc_rows_next(rows) ? msvc_rows_int(rows, 0) : -1;
        msvc_rows_free(rows);
    }
    msvc_tx_rollback(tx);
    return number;
}

static const char unfinished[] = "SELECT count(*) FROM (TABLE happened EXCEPT ALL "
                                 "SELECT key, n FROM effects) open";

static void turn(struct fixture *f, int timeout_ms)
{
    (void)msvc_relay_run_once(f->relay, timeout_ms, NULL);
    (void)msvc_bus_run_once(f->consumer, timeout_ms, NULL);
}

static void finish(struct fixture *f)
{
    uint64_t deadline = msvc_deadline_in(NULL, 40000);

    do
        turn(f, 20);
    while (number_of(f, unfinished) != 0 && msvc_deadline_left_ms(NULL, deadline, 1) > 0);
    assert_int_equal(number_of(f, unfinished), 0);
}

static void each_happened_once_and_in_order(struct fixture *f)
{
    assert_int_equal(number_of(f, "SELECT count(*) FROM (SELECT key, n FROM effects EXCEPT ALL "
                                  "TABLE happened) ghost"),
                     0);
    assert_int_equal(number_of(f, "SELECT count(*) FROM effects a JOIN effects b USING (key) "
                                  "WHERE a.seq < b.seq AND a.n > b.n"),
                     0);
}

static void brings_every_event_to_one_effect(void **state)
{
    struct fixture *f = *state;

    for (int n = 0; n < ROUNDS; n++) {
        assert_int_equal(count_one(f, n), 0);
        if (n % 10 == 0)
            turn(f, 0);
    }
    finish(f);
    each_happened_once_and_in_order(f);
    assert_int_equal(number_of(f, "SELECT count(*) FROM effects"), ROUNDS);
}

static void brings_every_event_to_one_effect_over_crashes(void **state)
{
    struct fixture *f = *state;
    int committed = 0;

    for (int n = 0; n < ROUNDS; n++) {
        if (n % 60 == 30)
            postgres_kill();
        committed += count_one(f, n) == 0;
        turn(f, 0);
        if (n % 60 == 33)
            postgres_start();
    }
    finish(f);
    each_happened_once_and_in_order(f);
    assert_true(committed > ROUNDS / 2);
    assert_true(number_of(f, "SELECT count(*) FROM effects") >= committed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(brings_every_event_to_one_effect, setup, teardown),
        cmocka_unit_test_setup_teardown(brings_every_event_to_one_effect_over_crashes, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
