/* SPDX-License-Identifier: MIT */
/*
 * Every event that somebody expects, made by the code that makes it in
 * production and read from the outbox it puts it into.
 *
 *     test_event_providers services-reference
 */
#include "events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msvc/buffer.h>
#include <msvc/contract.h>
#include <msvc/contract_report.h>
#include <msvc/contract_verify.h>
#include <msvc/error.h>
#include <msvc/service.h>
#include <msvc/store.h>

#include "inventory-service/inventory.h"
#include "order-service/orders.h"
#undef ORDER_ID_SIZE /* each service has its own limits */
#include "payment-service/payments.h"
#include "user-service/users.h"

#include "test.h"

extern const struct msvc_service_definition order_service;

static const char *services;

static const struct user ada = { .id = "u-7", .email = "ada@example.com", .name = "Ada Lovelace" };
static const struct order order = {
    .id = "o-7", .user_id = "u-7", .amount = 990, .currency = "USD"
};
static const struct line line = { .sku = "B-2", .quantity = 3, .amount = 330 };
static const struct payment payment = { .id = "p-7",
                                        .order_id = "o-7",
                                        .user_id = "u-7",
                                        .reason = "limit exceeded",
                                        .amount = 990,
                                        .currency = "USD" };

static int publish(struct msvc_tx *tx, const char *type, struct msvc_error *err)
{
    if (strcmp(type, "user.registered") == 0 || strcmp(type, "user.updated") == 0)
        return user_publish(tx, type, &ada, err);
    if (strcmp(type, "order.created") == 0)
        return publish_created(tx, &order, &line, 1, err);
    if (strcmp(type, "order.confirmed") == 0)
        return publish_confirmed(tx, &order, err);
    if (strcmp(type, "order.cancelled") == 0)
        return publish_cancelled(tx, &order, "out of stock", err);
    if (strcmp(type, "stock.reserved") == 0)
        return publish_reserved(tx, "o-7", "u-7", "{\"amount\":990,\"currency\":\"USD\"}", err);
    if (strcmp(type, "stock.rejected") == 0)
        return publish_rejected(tx, "o-7", "B-2", "out of stock", err);
    if (strcmp(type, "payment.authorized") == 0)
        return publish_authorized(tx, &payment, err);
    if (strcmp(type, "payment.declined") == 0)
        return publish_declined(tx, &payment, err);
    if (strcmp(type, "payment.refunded") == 0)
        return publish_refunded(tx, &payment, 990, err);
    return msvc_error_set(err, MSVC_ERR_NOT_FOUND, "test", 0, "nobody publishes %s", type);
}

struct making {
    const struct msvc_contract_message *wanted;
};

/* Publish, and take from the outbox what the relay would take. */
static int make(struct msvc_tx *tx, void *user, struct msvc_error *err)
{
    const struct msvc_contract_message *wanted = ((struct making *)user)->wanted;
    struct msvc_rows *rows = NULL;
    size_t length = 0;
    const void *payload;
    int status = publish(tx, wanted->description, err);

    if (status == 0)
        status =
            msvc_tx_query(&rows, tx, "SELECT type, topic, payload FROM outbox_events", NULL, err);
    if (status < 0)
        return status;
    if (!msvc_rows_next(rows)) {
        msvc_rows_free(rows);
        return msvc_error_set(err, MSVC_ERR_NOT_FOUND, "test", 0, "nothing in the outbox");
    }
    payload = msvc_rows_blob(rows, 2, &length);
    msvc_buffer_bytes(wanted->body, payload, length);
    msvc_buffer_text(wanted->type, "application/json");
    msvc_buffer_printf(wanted->metadata,
                       "{\"contentType\":\"application/json\",\"topic\":\"%s\",\"type\":\"%s\"}",
                       msvc_rows_text(rows, 1), msvc_rows_text(rows, 0));
    msvc_rows_free(rows);
    return 0;
}

static int make_message(const struct msvc_contract_message *wanted, void *user,
                        struct msvc_error *err)
{
    struct event_store database;
    int status;

    (void)user;
    event_store_open(&database, &order_service); /* publishing needs nothing but the outbox */
    status = msvc_store_transact(database.store, NULL, make, &(struct making){ wanted }, err);
    event_store_close(&database);
    return status;
}

static void publishes_what_its_consumers_expect(void **state)
{
    const struct event_contract *contract = *state;
    struct msvc_contract_report *report = NULL;
    struct msvc_buffer text = MSVC_BUFFER_INIT;
    struct msvc_pact *pact = NULL;
    struct msvc_error err;
    char path[2048];

    (void)snprintf(path, sizeof(path), "%s/%s/contracts/%s-%s.json", services, contract->consumer,
                   contract->consumer, contract->provider);
    if (msvc_pact_open(&pact, path, &err) < 0)
        fail_msg("%s", err.message);
    if (msvc_contract_verify(&report, pact, NULL, MSVC_CONTRACT_OPTIONS(.message = make_message),
                             &err) < 0)
        fail_msg("%s", err.message);
    assert_true(msvc_contract_count(report) > 0);
    if (msvc_contract_failed_count(report) > 0) {
        assert_int_equal(msvc_contract_write(&text, &report, 1, NULL, &err), 0);
        fail_msg("%s", text.data);
    }
    msvc_contract_report_free(report);
    msvc_pact_free(pact);
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[16];
    char names[16][160];
    size_t count = 0;

    services = argc > 1 ? argv[1] : "services-reference";
    for (const struct event_contract *c = event_contracts; c->consumer != NULL; c++) {
        (void)snprintf(names[count], sizeof(names[0]), "%s publishes what %s expects", c->provider,
                       c->consumer);
        tests[count] = (struct CMUnitTest){ .name = names[count],
                                            .test_func = publishes_what_its_consumers_expect,
                                            .initial_state = (void *)(uintptr_t)c };
        count++;
    }
    return _cmocka_run_group_tests("event providers", tests, count, NULL, NULL);
}
