/* SPDX-License-Identifier: MIT */
/* A consumer names only what it reads: everything else of an event may change. */
#include "events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msvc/contract.h>
#include <msvc/error.h>
#include <msvc/outbox.h>
#include <msvc/service.h>
#include <msvc/store.h>
#include <msvc/store/sqlite.h>

#include "test.h"

#define TEXT(example) msvc_pact_like(msvc_pact_text(example))
#define MONEY                                                 \
    MSVC_PACT_OBJECT({ "amount", msvc_pact_integer("4250") }, \
                     { "currency", msvc_pact_matches("[A-Z]{3}", "EUR") })

/* Its description is the type of the event, which the bus carries beside it. */
static int add(struct msvc_pact *pact, const char *type, const char *topic,
               struct msvc_pact_value body, struct msvc_error *err)
{
    return msvc_pact_add_message(
        pact,
        MSVC_PACT_MESSAGE(.description = type,
                          .contents = { .body = body,
                                        .metadata =
                                            MSVC_PACT_MEMBERS({ "topic", msvc_pact_text(topic) },
                                                              { "type", msvc_pact_text(type) }) }),
        err);
}

static int inventory_of_order(struct msvc_pact *pact, struct msvc_error *err)
{
    int status = add(
        pact, "order.created", "orders",
        MSVC_PACT_OBJECT(
            { "orderId", TEXT("o-1") }, { "userId", TEXT("u-1") },
            { "items",
              MSVC_PACT_EACH_LIKE(1, MSVC_PACT_OBJECT({ "sku", TEXT("A-1") },
                                                      { "quantity", msvc_pact_integer("2") })) },
            { "total", MONEY }),
        err);

    if (status < 0)
        return status;
    return add(pact, "order.cancelled", "orders", MSVC_PACT_OBJECT({ "orderId", TEXT("o-1") }),
               err);
}

static int order_of_inventory(struct msvc_pact *pact, struct msvc_error *err)
{
    int status =
        add(pact, "stock.reserved", "stock", MSVC_PACT_OBJECT({ "orderId", TEXT("o-1") }), err);

    if (status < 0)
        return status;
    return add(pact, "stock.rejected", "stock",
               MSVC_PACT_OBJECT({ "orderId", TEXT("o-1") }, { "reason", TEXT("out of stock") }),
               err);
}

static int order_of_payment(struct msvc_pact *pact, struct msvc_error *err)
{
    int status = add(pact, "payment.authorized", "payments",
                     MSVC_PACT_OBJECT({ "orderId", TEXT("o-1") }), err);

    if (status < 0)
        return status;
    return add(pact, "payment.declined", "payments",
               MSVC_PACT_OBJECT({ "orderId", TEXT("o-1") }, { "reason", TEXT("limit exceeded") }),
               err);
}

static int payment_of_inventory(struct msvc_pact *pact, struct msvc_error *err)
{
    return add(
        pact, "stock.reserved", "stock",
        MSVC_PACT_OBJECT({ "orderId", TEXT("o-1") }, { "userId", TEXT("u-1") }, { "total", MONEY }),
        err);
}

static int payment_of_order(struct msvc_pact *pact, struct msvc_error *err)
{
    return add(pact, "order.cancelled", "orders", MSVC_PACT_OBJECT({ "orderId", TEXT("o-1") }),
               err);
}

static int notification_of_user(struct msvc_pact *pact, struct msvc_error *err)
{
    struct msvc_pact_value user = MSVC_PACT_OBJECT(
        { "userId", TEXT("u-1") }, { "email", TEXT("ada@example.com") }, { "name", TEXT("Ada") });
    int status = add(pact, "user.registered", "users", user, err);

    return status < 0 ? status : add(pact, "user.updated", "users", user, err);
}

static int notification_of_order(struct msvc_pact *pact, struct msvc_error *err)
{
    struct msvc_pact_value order =
        MSVC_PACT_OBJECT({ "orderId", TEXT("o-1") }, { "userId", TEXT("u-1") }, { "total", MONEY });
    int status = add(pact, "order.created", "orders", order, err);

    if (status == 0)
        status = add(pact, "order.confirmed", "orders", order, err);
    if (status < 0)
        return status;
    return add(pact, "order.cancelled", "orders",
               MSVC_PACT_OBJECT({ "orderId", TEXT("o-1") }, { "userId", TEXT("u-1") },
                                { "reason", TEXT("out of stock") }),
               err);
}

static int notification_of_payment(struct msvc_pact *pact, struct msvc_error *err)
{
    int status = add(pact, "payment.authorized", "payments",
                     MSVC_PACT_OBJECT({ "userId", TEXT("u-1") }), err);

    if (status == 0)
        status = add(pact, "payment.declined", "payments",
                     MSVC_PACT_OBJECT({ "orderId", TEXT("o-1") }, { "userId", TEXT("u-1") },
                                      { "reason", TEXT("limit exceeded") }),
                     err);
    if (status < 0)
        return status;
    return add(pact, "payment.refunded", "payments",
               MSVC_PACT_OBJECT({ "orderId", TEXT("o-1") }, { "userId", TEXT("u-1") },
                                { "amount", MONEY }),
               err);
}

const struct event_contract event_contracts[] = {
    { "inventory-service", "order-service", inventory_of_order },
    { "notification-service", "order-service", notification_of_order },
    { "notification-service", "payment-service", notification_of_payment },
    { "notification-service", "user-service", notification_of_user },
    { "order-service", "inventory-service", order_of_inventory },
    { "order-service", "payment-service", order_of_payment },
    { "payment-service", "inventory-service", payment_of_inventory },
    { "payment-service", "order-service", payment_of_order },
    { NULL, NULL, NULL },
};

void event_store_open(struct event_store *out, const struct msvc_service_definition *service)
{
    char url[128];
    struct msvc_error err;

    strcpy(out->folder, "/tmp/msvc-events-XXXXXX");
    assert_non_null(mkdtemp(out->folder));
    (void)snprintf(url, sizeof(url), "sqlite:%s/events.db", out->folder);
    assert_int_equal(
        msvc_store_open(&out->store, url, MSVC_STORE_DRIVERS(msvc_store_sqlite()), NULL, &err), 0);
    assert_true(msvc_store_migrate(out->store, service->name,
                                   service->migrations(msvc_store_dialect(out->store)), &err) >= 0);
    assert_true(msvc_outbox_migrate(out->store, &err) >= 0);
}

void event_store_close(struct event_store *store)
{
    static const char *const names[] = { "events.db", "events.db-wal", "events.db-shm" };
    char path[128];

    msvc_store_close(store->store);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", store->folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(store->folder);
}
