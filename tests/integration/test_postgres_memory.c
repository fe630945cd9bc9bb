/* SPDX-License-Identifier: MIT */
/* Every allocation fails once, in turn: nothing may crash, and under a sanitizer nothing may leak.
 */
#include <msvc/driver/outbox.h>

#include <stdlib.h>

#include <msvc/bus.h>
#include <msvc/bus/postgres.h>
#include <msvc/driver/store.h>
#include <msvc/error.h>
#include <msvc/outbox.h>
#include <msvc/status.h>
#include <msvc/store.h>
#include <msvc/store/postgres.h>

#include "base/alloc_internal.h"

#include "postgres_server.h"
#include "test.h"

#define ALLOCATIONS_MOST 400

/* 0 when all of it went well. */
typedef int scene_fn(struct msvc_store *store);

/* Let the n-th allocation of the scene fail, for every n that it has. */
static void fail_each(scene_fn *scene)
{
    struct msvc_store *store = postgres_store();
    int status = MSVC_ERR_NOMEM;
    long n = 0;

    psql("INSERT INTO outbox_events (type, payload, headers) VALUES ('t', 'x', '{\"a\": \"b\"}');"
         "INSERT INTO outbox_events (type, payload, not_before) VALUES ('t', 'x', now());");
    for (; status < 0 && n < ALLOCATIONS_MOST; n++) {
        msvc__fail_allocation_after(n);
        status = scene(store);
        msvc__fail_allocation_after(-1);
        assert_true(status == 0 || status == MSVC_ERR_NOMEM || status == MSVC_ERR_UNAVAILABLE);
    }
    assert_int_equal(status, 0);
    assert_true(n > 3);
    msvc_store_close(store);
}

static int ask(struct msvc_store *store)
{
    struct msvc_rows *rows;
    struct msvc_tx *tx;
    int status = msvc_tx_begin(&tx, store, NULL, NULL);

    if (status < 0)
        return status;
    status = msvc_tx_query(&rows, tx, "SELECT $1, '\\xff'::bytea, 1 FROM generate_series(1, 40)",
                           MSVC_VALUES(MSVC_TEXT("a")), NULL);
    if (status == 0)
        msvc_rows_free(rows);
    msvc_tx_rollback(tx);
    return status;
}

static void asks(void **state)
{
    (void)state;
    fail_each(ask);
}

static int append(struct msvc_store *store)
{
    struct msvc_tx *tx;
    int status = msvc_tx_begin(&tx, store, NULL, NULL);

    if (status < 0)
        return status;
    status = msvc_outbox_append(
        tx, MSVC_MESSAGE(.type = "t", .key = "k", .headers = MSVC_HEADERS({ "a", "b" })),
        MSVC_OUTBOX_OPTIONS(.lock_key = true), NULL);
    msvc_tx_rollback(tx);
    return status;
}

static void appends(void **state)
{
    (void)state;
    fail_each(append);
}

static int take(struct msvc_outbox_row *row, void *user)
{
    (void)user;
    msvc_message_free(row->message);
    return 0;
}

static int relay(struct msvc_store *store)
{
    const struct msvc_outbox_driver *outbox = msvc_store_postgres()->outbox;
    uint64_t seq = 0;
    uint64_t shards;
    uint64_t epoch;
    void *session;
    int status = outbox->open(&session, msvc_store_target(store), "relay", NULL);

    if (status < 0)
        return status;
    status = outbox->lease(session, 60000, &shards, &epoch, NULL);
    if (status == 0)
        status = outbox->fetch(session, shards, 10, take, NULL, NULL);
    if (status >= 0)
        status = outbox->remove(session, &seq, 1, epoch, NULL);
    outbox->close(session);
    return status;
}

static void relays(void **state)
{
    (void)state;
    fail_each(relay);
}

static enum msvc_disposition park(struct msvc_delivery *delivery, void *user)
{
    *(bool *)user = true;
    return msvc_delivery_park(delivery, "for a person");
}

static int pass_on(struct msvc_store *store)
{
    const struct msvc_bus_driver *driver = msvc_bus_postgres();
    struct msvc_bus *bus;
    bool has_come = false;
    int status = msvc_bus_open(&bus, postgres_url(), MSVC_BUS_DRIVERS(driver), NULL, NULL);

    (void)store;
    if (status < 0)
        return status;
    status = msvc_bus_subscribe(bus,
                                MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("t"),
                                                  .handler = park, .user = &has_come),
                                NULL);
    if (status == 0)
        status = msvc_bus_run_once(bus, 0, NULL);
    if (status >= 0)
        status = msvc_bus_publish_wait(bus, MSVC_MESSAGE(.type = "t"), 2000, NULL);
    for (int i = 0; status >= 0 && i < 20 && !has_come; i++)
        status = msvc_bus_run_once(bus, 10, NULL);
    msvc_bus_close(bus);
    if (status == MSVC_ERR_UNKNOWN || status == MSVC_ERR_TIMEOUT || status == MSVC_ERR_REFUSED)
        return MSVC_ERR_NOMEM; /* the bus goes on as it does when a broker fails it */
    return status < 0 ? status : has_come ? 0 : MSVC_ERR_NOMEM;
}

static void passes_on(void **state)
{
    (void)state;
    fail_each(pass_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks),
        cmocka_unit_test(appends),
        cmocka_unit_test(relays),
        cmocka_unit_test(passes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
