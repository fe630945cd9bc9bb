/* SPDX-License-Identifier: MIT */
/*
 * Every event that a reference service consumes goes through the function that
 * consumes it in production. The files in services-reference/…/contracts are
 * what this test writes; to change them:
 *
 *     UPDATE_CONTRACTS=1 build/tests/contract/test_event_consumers services-reference
 */
#include "events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/contract.h>
#include <msvc/contract_mock.h>
#include <msvc/error.h>
#include <msvc/message.h>
#include <msvc/service.h>
#include <msvc/store.h>

#include "contract/pact_internal.h"
#include "inventory-service/inventory.h"
#include "notification-service/notifications.h"
#include "order-service/orders.h"
#undef ORDER_ID_SIZE /* each service has its own limits */
#include "payment-service/payments.h"

#include "test.h"

extern const struct msvc_service_definition inventory_service;
extern const struct msvc_service_definition notification_service;
extern const struct msvc_service_definition order_service;
extern const struct msvc_service_definition payment_service;

static const char *services;

/* A service without its process: what start() would make, but for the network. */
static struct inventory inventory;
static struct notifications notifications;
static struct orders orders;
static struct payments payments;

static const struct {
    const struct msvc_service_definition *definition;
    void *state;
} consumers[] = {
    { &inventory_service, &inventory },
    { &notification_service, &notifications },
    { &order_service, &orders },
    { &payment_service, &payments },
};

struct delivery {
    struct event_store database;
    const struct msvc_service_definition *service;
    void *state;
    const char *type; /* of the event */
};

/* What the service does with an event of that type. */
static msvc_inbox_fn *find_handler(const struct msvc_service_definition *service, const char *topic,
                                   const char *type)
{
    for (const struct msvc_consumer *c = service->consumers; c->topic != NULL; c++) {
        if (strcmp(c->topic, topic) == 0 && (c->type == NULL || strcmp(c->type, type) == 0))
            return c->handle;
    }
    return NULL;
}

struct handling {
    msvc_inbox_fn *handle;
    const struct msvc_message *message;
    void *state;
};

static int handle_in_transaction(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct handling *handling = user;

    return handling->handle(tx, handling->message, handling->state, err);
}

static int consume(const struct msvc_pact_payload *payload, void *user, struct msvc_error *err)
{
    const struct delivery *d = user;
    const char *topic = strncmp(d->type, "order", 5) == 0     ? "orders"
                        : strncmp(d->type, "stock", 5) == 0   ? "stock"
                        : strncmp(d->type, "payment", 7) == 0 ? "payments"
                                                              : "users";
    struct handling handling = {
        .handle = find_handler(d->service, topic, d->type),
        .message = MSVC_MESSAGE(.type = d->type, .topic = topic, .payload = payload->contents,
                                .payload_length = payload->length),
        .state = d->state,
    };

    if (handling.handle == NULL)
        return msvc_error_set(err, MSVC_ERR_NOT_FOUND, "test", 0, "nobody consumes it");
    return msvc_store_transact(d->database.store, NULL, handle_in_transaction, &handling, err);
}

/* What has to be there before the first event: the order that it is about. */
static int add_order(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    struct order order = { .id = "o-1",
                           .user_id = "u-1",
                           .status = ORDER_PENDING,
                           .amount = 4250,
                           .currency = "EUR",
                           .version = 1 };
    struct line line = { .sku = "A-1", .quantity = 1, .amount = 4250 };

    (void)user;
    return order_insert(tx, &order, &line, 1, err);
}

static struct msvc_pact *state_contract(const struct event_contract *contract)
{
    struct msvc_pact *pact = NULL;
    struct msvc_error err;

    assert_int_equal(msvc_pact_new(&pact, contract->consumer, contract->provider,
                                   MSVC_PACT_OPTIONS(.version = 4), &err),
                     0);
    if (contract->state(pact, &err) < 0)
        fail_msg("%s", err.message);
    return pact;
}

static void open_service(struct delivery *out, const char *name)
{
    struct msvc_error err;

    for (size_t i = 0; i < sizeof(consumers) / sizeof(consumers[0]); i++) {
        if (strcmp(consumers[i].definition->name, name) == 0) {
            out->service = consumers[i].definition;
            out->state = consumers[i].state;
        }
    }
    event_store_open(&out->database, out->service);
    if (out->service == &order_service)
        assert_int_equal(msvc_store_transact(out->database.store, NULL, add_order, NULL, &err), 0);
}

static void takes_every_event_it_expects(void **state)
{
    const struct event_contract *contract = *state;
    struct msvc_pact *pact = state_contract(contract);
    struct msvc_pact_mock *mock = NULL;
    struct msvc_error err;

    assert_int_equal(msvc_pact_mock_start(&mock, pact, NULL, &err), 0);
    for (size_t i = 0; i < msvc_pact_count(pact); i++) {
        struct delivery delivery = { .type = msvc_pact_description(pact, i) };

        open_service(&delivery, contract->consumer);
        if (msvc_pact_mock_deliver(mock, delivery.type, consume, &delivery, &err) < 0)
            fail_msg("%s", err.message);
        event_store_close(&delivery.database);
    }
    if (msvc_pact_mock_check(mock, &err) < 0)
        fail_msg("%s", err.message);
    msvc_pact_mock_free(mock);
    msvc_pact_free(pact);
}

static void writes_the_contract_that_is_in_the_tree(void **state)
{
    const struct event_contract *contract = *state;
    struct msvc_pact *pact = state_contract(contract);
    struct msvc_buffer kept = MSVC_BUFFER_INIT;
    struct msvc_buffer written = MSVC_BUFFER_INIT;
    struct msvc_error err;
    char folder[1024];
    char path[2048];

    (void)snprintf(folder, sizeof(folder), "%s/%s/contracts", services, contract->consumer);
    (void)snprintf(path, sizeof(path), "%s/%s-%s.json", folder, contract->consumer,
                   contract->provider);
    if (getenv("UPDATE_CONTRACTS") != NULL &&
        msvc_pact_write(pact, folder, MSVC_PACT_WRITE_OPTIONS(.replaces_file = true), &err) < 0)
        fail_msg("%s", err.message);
    assert_int_equal(msvc__pact_load(&kept, path, &err), 0);
    assert_int_equal(msvc__pact_text(&written, pact, NULL, &err), 0);
    assert_int_equal(kept.length, written.length);
    assert_memory_equal(kept.data, written.data, written.length);
    msvc_buffer_clear(&kept);
    msvc_buffer_clear(&written);
    msvc_pact_free(pact);
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[32];
    char names[32][160];
    size_t count = 0;

    services = argc > 1 ? argv[1] : "services-reference";
    for (const struct event_contract *c = event_contracts; c->consumer != NULL; c++) {
        (void)snprintf(names[count], sizeof(names[0]), "%s takes every event of %s", c->consumer,
                       c->provider);
        tests[count] = (struct CMUnitTest){ .name = names[count],
                                            .test_func = takes_every_event_it_expects,
                                            .initial_state = (void *)(uintptr_t)c };
        count++;
        (void)snprintf(names[count], sizeof(names[0]), "%s wrote what it expects of %s",
                       c->consumer, c->provider);
        tests[count] = (struct CMUnitTest){ .name = names[count],
                                            .test_func = writes_the_contract_that_is_in_the_tree,
                                            .initial_state = (void *)(uintptr_t)c };
        count++;
    }
    return _cmocka_run_group_tests("event consumers", tests, count, NULL, NULL);
}
