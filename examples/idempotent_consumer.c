/* SPDX-License-Identifier: MIT */
/*
 * A message that comes twice has its effect once: the inbox remembers its id
 * in the transaction of the effect.
 *
 *     cc idempotent_consumer.c $(pkg-config --cflags --libs libmsvc-sqlite) -o idempotent_consumer
 *     ./idempotent_consumer
 *
 * prints
 *
 *     delivered 2 times, 3 apples reserved
 */
#include <stdio.h>

#include <msvc/bus.h>
#include <msvc/bus/memory.h>
#include <msvc/error.h>
#include <msvc/inbox.h>
#include <msvc/outbox.h>
#include <msvc/store.h>
#include <msvc/store/sqlite.h>

struct service {
    struct msvc_store *store;
    int deliveries;
};

static int reserve(struct msvc_tx *tx, const struct msvc_message *m, void *user,
                   struct msvc_error *err)
{
    (void)m;
    (void)user;
    return msvc_tx_exec(tx, "UPDATE stock SET reserved = reserved + 3", NULL, err);
}

static enum msvc_disposition on_order(struct msvc_delivery *delivery, void *user)
{
    struct service *s = user;

    s->deliveries++;
    return msvc_inbox_consume(s->store, "inventory", delivery, reserve, NULL, NULL);
}

static int create(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    (void)user;
    return msvc_tx_script(tx, "CREATE TABLE stock (reserved bigint); INSERT INTO stock VALUES (0)",
                          err);
}

static int show(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    const struct service *s = user;
    struct msvc_rows *rows;
    int status = msvc_tx_query(&rows, tx, "SELECT reserved FROM stock", NULL, err);

    if (status < 0 || !msvc_rows_next(rows))
        return -1;
    printf("delivered %d times, %s apples reserved\n", s->deliveries, msvc_rows_text(rows, 0));
    msvc_rows_free(rows);
    return 0;
}

static int run(struct service *s, struct msvc_bus *bus, struct msvc_error *err)
{
    const struct msvc_message *order = MSVC_MESSAGE(.id = "e-1", .type = "order.created");

    if (msvc_outbox_migrate(s->store, err) < 0 ||
        msvc_store_transact(s->store, NULL, create, NULL, err) < 0 ||
        msvc_bus_subscribe(bus,
                           MSVC_SUBSCRIPTION(.group = "inventory", .topics = MSVC_TOPICS("order.#"),
                                             .handler = on_order, .user = s),
                           err) < 0)
        return -1;
    for (int i = 0; i < 2; i++) { /* the same id: what a relay that crashed would do */
        if (msvc_bus_publish_wait(bus, order, 1000, err) < 0)
            return -1;
    }
    while (s->deliveries < 2) {
        if (msvc_bus_run_once(bus, 1000, err) < 0)
            return -1;
    }
    return msvc_store_transact(s->store, NULL, show, s, err);
}

int main(void)
{
    struct service s = { NULL, 0 };
    struct msvc_bus *bus = NULL;
    struct msvc_error err = { 0 };
    int failed =
        msvc_store_open(&s.store, "sqlite:inbox_example.db",
                        MSVC_STORE_DRIVERS(msvc_store_sqlite()), NULL, &err) < 0 ||
        msvc_bus_open(&bus, "memory:", MSVC_BUS_DRIVERS(msvc_bus_memory()), NULL, &err) < 0 ||
        run(&s, bus, &err) < 0;

    if (failed)
        fprintf(stderr, "%s: %s\n", err.origin, err.message);
    msvc_bus_close(bus);
    msvc_store_close(s.store);
    return failed || remove("inbox_example.db") != 0;
}
