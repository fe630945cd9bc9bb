/* SPDX-License-Identifier: MIT */
/* The order process as a specification: what happens to an order, its goods and its money, in
 * whichever order the events come. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <msvc/message.h>
#include <msvc/service.h>
#include <msvc/status.h>
#include <msvc/store.h>

#include "fake_service.h"
#include "shop.h"
#include "test.h"

#define RESERVED                             \
    "{\"orderId\":\"%s\",\"userId\":\"%s\"," \
    "\"total\":{\"amount\":%d,\"currency\":\"EUR\"}}"
#define CANCELLED "{\"orderId\":\"%s\",\"userId\":\"%s\",\"reason\":\"because\"}"
#define REFUSED   "{\"orderId\":\"%s\",\"reason\":\"because\"}"
#define ABOUT     "{\"orderId\":\"%s\"}"

static int64_t ledger_sum(struct shop *shop)
{
    return shop_query(shop, PAYMENTS, "SELECT COALESCE(SUM(amount), 0) FROM ledger");
}

static int64_t payment_count(struct shop *shop)
{
    return shop_query(shop, PAYMENTS, "SELECT COUNT(*) FROM payments");
}

static int64_t reserved_count(struct shop *shop)
{
    return shop_query(shop, INVENTORY, "SELECT SUM(reserved) FROM stock");
}

static int cancel(struct shop *shop, const char *id, const struct customer *who)
{
    char target[128];

    (void)snprintf(target, sizeof(target), "/api/v1/orders/%s/cancel", id);
    return SEND(shop, ORDERS, "POST", target, .token = who->token);
}

static int refund(struct shop *shop, const char *order_id, const char *body, const char *key)
{
    char target[192];

    (void)snprintf(target, sizeof(target), "/api/v1/payments?orderId=%s", order_id);
    assert_int_equal(shop_get(shop, PAYMENTS, target, &shop->staff), 200);
    (void)snprintf(target, sizeof(target), "/api/v1/payments/%s/refunds",
                   shop_text(shop, "items.0.id"));
    return SEND(shop, PAYMENTS, "POST", target, body, .token = shop->staff.token, .key = key);
}

static void confirms_an_order_that_is_in_stock_and_paid(void **state)
{
    struct shop *shop = *state;
    char id[64];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 3);
    assert_string_equal(shop_text(shop, "status"), "pending");
    shop_settle(shop);
    assert_string_equal(shop_order_status(shop, id), "confirmed");
    assert_int_equal(reserved_count(shop), 3);
    assert_int_equal(ledger_sum(shop), 1500);
}

static void cancels_an_order_that_is_out_of_stock(void **state)
{
    struct shop *shop = *state;
    char id[64];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 11);
    shop_settle(shop);
    assert_string_equal(shop_order_status(shop, id), "cancelled");
    assert_string_equal(shop_text(shop, "reason"), "out of stock");
    assert_int_equal(payment_count(shop), 0);
    assert_int_equal(reserved_count(shop), 0);
}

static void cancels_an_order_above_the_limit_and_releases_its_goods(void **state)
{
    struct shop *shop = *state;
    char id[64];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 6);
    shop_settle(shop);
    assert_string_equal(shop_order_status(shop, id), "cancelled");
    assert_string_equal(shop_text(shop, "reason"), "limit exceeded");
    assert_int_equal(reserved_count(shop), 0);
    assert_int_equal(ledger_sum(shop), 0);
}

static void authorizes_a_total_at_the_limit(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(shop_tell(shop, PAYMENTS, "stock.reserved", RESERVED, "1", "u", 2500), 0);
    assert_int_equal(shop_events(shop, PAYMENTS, "payment.authorized"), 1);
}

static void declines_a_total_one_above_the_limit(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(shop_tell(shop, PAYMENTS, "stock.reserved", RESERVED, "1", "u", 2501), 0);
    assert_int_equal(shop_events(shop, PAYMENTS, "payment.declined"), 1);
    assert_int_equal(ledger_sum(shop), 0);
}

static void cancels_a_pending_order(void **state)
{
    struct shop *shop = *state;
    char id[64];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 1);
    assert_int_equal(cancel(shop, id, &shop->alice), 200);
    assert_string_equal(shop_text(shop, "status"), "cancelled");
    assert_string_equal(shop_text(shop, "reason"), "cancelled by the customer");
    shop_settle(shop);
    assert_int_equal(reserved_count(shop), 0);
    assert_int_equal(ledger_sum(shop), 0);
}

static void cancels_a_reserved_order(void **state)
{
    struct shop *shop = *state;
    char id[64];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 1);
    assert_int_equal(shop_tell(shop, ORDERS, "stock.reserved", ABOUT, id), 0);
    assert_string_equal(shop_order_status(shop, id), "reserved");
    assert_int_equal(cancel(shop, id, &shop->alice), 200);
    assert_string_equal(shop_text(shop, "status"), "cancelled");
}

static void cancels_a_confirmed_order_and_gives_everything_back(void **state)
{
    struct shop *shop = *state;
    char id[64];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 2);
    shop_settle(shop);
    assert_int_equal(ledger_sum(shop), 1000);
    assert_int_equal(cancel(shop, id, &shop->alice), 200);
    shop_settle(shop);
    assert_string_equal(shop_order_status(shop, id), "cancelled");
    assert_int_equal(reserved_count(shop), 0);
    assert_int_equal(ledger_sum(shop), 0);
    assert_int_equal(shop_query(shop, PAYMENTS, "SELECT COUNT(*) FROM ledger"), 2);
}

static void refuses_to_cancel_twice(void **state)
{
    struct shop *shop = *state;
    char id[64];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 1);
    assert_int_equal(cancel(shop, id, &shop->alice), 200);
    assert_int_equal(cancel(shop, id, &shop->alice), 409);
    assert_int_equal(shop_events(shop, ORDERS, "order.cancelled"), 1);
}

static void lets_staff_cancel_and_says_so(void **state)
{
    struct shop *shop = *state;
    char id[64];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 1);
    assert_int_equal(cancel(shop, id, &shop->staff), 200);
    assert_string_equal(shop_text(shop, "reason"), "cancelled by staff");
}

static void hides_orders_of_others_from_cancel(void **state)
{
    struct shop *shop = *state;
    char id[64];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 1);
    assert_int_equal(cancel(shop, id, &shop->bob), 404);
    assert_string_equal(shop_order_status(shop, id), "pending");
}

static void confirms_when_the_payment_is_heard_of_before_the_reservation(void **state)
{
    struct shop *shop = *state;
    char id[64];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 1);
    assert_int_equal(shop_tell(shop, ORDERS, "payment.authorized", ABOUT, id), 0);
    assert_int_equal(shop_tell(shop, ORDERS, "stock.reserved", ABOUT, id), 0);
    assert_string_equal(shop_order_status(shop, id), "confirmed");
    assert_int_equal(shop_events(shop, ORDERS, "order.confirmed"), 1);
}

static void leaves_a_cancelled_order_cancelled_whatever_comes_late(void **state)
{
    struct shop *shop = *state;
    char id[64];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 1);
    assert_int_equal(cancel(shop, id, &shop->alice), 200);
    assert_int_equal(shop_tell(shop, ORDERS, "stock.reserved", ABOUT, id), 0);
    assert_int_equal(shop_tell(shop, ORDERS, "payment.authorized", ABOUT, id), 0);
    assert_int_equal(shop_tell(shop, ORDERS, "payment.declined", REFUSED, id), 0);
    assert_int_equal(shop_tell(shop, ORDERS, "stock.rejected", REFUSED, id), 0);
    assert_string_equal(shop_order_status(shop, id), "cancelled");
    assert_string_equal(shop_text(shop, "reason"), "cancelled by the customer");
    assert_int_equal(shop_number(shop, "version"), 2);
}

static void leaves_a_confirmed_order_confirmed_when_a_refusal_comes_late(void **state)
{
    struct shop *shop = *state;
    char id[64];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 1);
    assert_int_equal(shop_tell(shop, ORDERS, "payment.authorized", ABOUT, id), 0);
    assert_int_equal(shop_tell(shop, ORDERS, "stock.rejected", REFUSED, id), 0);
    assert_int_equal(shop_tell(shop, ORDERS, "payment.declined", REFUSED, id), 0);
    assert_string_equal(shop_order_status(shop, id), "confirmed");
}

static void never_charges_an_order_whose_cancellation_came_first(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(shop_tell(shop, PAYMENTS, "order.cancelled", CANCELLED, "1", "u"), 0);
    assert_int_equal(shop_tell(shop, PAYMENTS, "stock.reserved", RESERVED, "1", "u", 100), 0);
    assert_int_equal(payment_count(shop), 0);
    assert_int_equal(ledger_sum(shop), 0);
    assert_int_equal(shop_events(shop, PAYMENTS, "payment.authorized"), 0);
}

static void charges_an_order_once_however_often_it_is_reserved(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(shop_tell(shop, PAYMENTS, "stock.reserved", RESERVED, "1", "u", 100), 0);
    assert_int_equal(shop_tell(shop, PAYMENTS, "stock.reserved", RESERVED, "1", "u", 100), 0);
    assert_int_equal(payment_count(shop), 1);
    assert_int_equal(ledger_sum(shop), 100);
    assert_int_equal(shop_events(shop, PAYMENTS, "payment.authorized"), 1);
}

static void refunds_a_cancelled_order_once_however_often_it_is_cancelled(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(shop_tell(shop, PAYMENTS, "stock.reserved", RESERVED, "1", "u", 100), 0);
    assert_int_equal(shop_tell(shop, PAYMENTS, "order.cancelled", CANCELLED, "1", "u"), 0);
    assert_int_equal(shop_tell(shop, PAYMENTS, "order.cancelled", CANCELLED, "1", "u"), 0);
    assert_int_equal(ledger_sum(shop), 0);
    assert_int_equal(shop_events(shop, PAYMENTS, "payment.refunded"), 1);
}

static void refuses_a_second_payment_of_an_order_in_the_database(void **state)
{
    struct shop *shop = *state;
    struct msvc_tx *tx;

    assert_int_equal(shop_tell(shop, PAYMENTS, "stock.reserved", RESERVED, "1", "u", 100), 0);
    assert_int_equal(msvc_tx_begin(&tx, msvc_service_store(shop->services[PAYMENTS]), NULL, NULL),
                     0);
    assert_int_equal(msvc_tx_exec(tx,
                                  "INSERT INTO payments SELECT 'other', order_id, user_id, status,"
                                  " reason, amount, currency, version, created_ms FROM payments",
                                  NULL, NULL),
                     MSVC_ERR_EXISTS);
    msvc_tx_rollback(tx);
}

static void keeps_ledger_entries_as_they_were_written(void **state)
{
    struct shop *shop = *state;
    struct msvc_tx *tx;

    assert_int_equal(shop_tell(shop, PAYMENTS, "stock.reserved", RESERVED, "1", "u", 100), 0);
    assert_int_equal(msvc_tx_begin(&tx, msvc_service_store(shop->services[PAYMENTS]), NULL, NULL),
                     0);
    assert_true(msvc_tx_exec(tx, "UPDATE ledger SET amount = 1", NULL, NULL) < 0);
    msvc_tx_rollback(tx);
    assert_int_equal(ledger_sum(shop), 100);
}

static void refunds_in_parts_until_nothing_is_left(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(shop_tell(shop, PAYMENTS, "stock.reserved", RESERVED, "1", "u", 100), 0);
    assert_int_equal(refund(shop, "1", "{\"amount\":30}", NULL), 201);
    assert_int_equal(shop_number(shop, "balance.amount"), 70);
    assert_string_equal(shop_text(shop, "status"), "authorized");
    assert_int_equal(refund(shop, "1", "{\"amount\":71}", NULL), 422);
    assert_int_equal(ledger_sum(shop), 70);
    assert_int_equal(refund(shop, "1", "{}", NULL), 201);
    assert_string_equal(shop_text(shop, "status"), "refunded");
    assert_int_equal(ledger_sum(shop), 0);
    assert_int_equal(refund(shop, "1", "{}", NULL), 409);
}

static void gives_back_only_what_is_left_when_the_order_is_cancelled(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(shop_tell(shop, PAYMENTS, "stock.reserved", RESERVED, "1", "u", 100), 0);
    assert_int_equal(refund(shop, "1", "{\"amount\":30}", NULL), 201);
    assert_int_equal(shop_tell(shop, PAYMENTS, "order.cancelled", CANCELLED, "1", "u"), 0);
    assert_int_equal(ledger_sum(shop), 0);
    assert_int_equal(shop_events(shop, PAYMENTS, "payment.refunded"), 2);
}

static void refunds_once_when_the_request_is_repeated(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(shop_tell(shop, PAYMENTS, "stock.reserved", RESERVED, "1", "u", 100), 0);
    assert_int_equal(refund(shop, "1", "{\"amount\":30}", "k"), 201);
    assert_int_equal(refund(shop, "1", "{\"amount\":30}", "k"), 201);
    assert_int_equal(shop_number(shop, "balance.amount"), 70);
    assert_int_equal(ledger_sum(shop), 70);
}

static void refuses_to_refund_what_was_declined(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(shop_tell(shop, PAYMENTS, "stock.reserved", RESERVED, "1", "u", 9999), 0);
    assert_int_equal(refund(shop, "1", "{}", NULL), 409);
}

static void writes_authorization_and_refunds_on_the_invoice(void **state)
{
    struct shop *shop = *state;
    char target[192];

    assert_int_equal(shop_tell(shop, PAYMENTS, "stock.reserved", RESERVED, "1", "u", 100), 0);
    assert_int_equal(refund(shop, "1", "{\"amount\":30}", NULL), 201);
    (void)snprintf(target, sizeof(target), "/api/v1/payments/%s/invoice", shop_text(shop, "id"));
    assert_int_equal(shop_get(shop, PAYMENTS, target, &shop->staff), 200);
    assert_string_equal(shop_text(shop, "number"), "INV-000001");
    assert_int_equal(shop_number(shop, "lines.0.amount.amount"), 100);
    assert_int_equal(shop_number(shop, "lines.1.amount.amount"), -30);
    assert_int_equal(shop_number(shop, "total.amount"), 70);
}

static void has_no_invoice_for_what_was_declined(void **state)
{
    struct shop *shop = *state;
    char target[192];

    assert_int_equal(shop_tell(shop, PAYMENTS, "stock.reserved", RESERVED, "1", "u", 9999), 0);
    assert_int_equal(shop_get(shop, PAYMENTS, "/api/v1/payments?orderId=1", &shop->staff), 200);
    (void)snprintf(target, sizeof(target), "/api/v1/payments/%s/invoice",
                   shop_text(shop, "items.0.id"));
    assert_int_equal(shop_get(shop, PAYMENTS, target, &shop->staff), 404);
}

static void handles_a_duplicate_of_an_event_once(void **state)
{
    struct shop *shop = *state;
    static const char payload[] = "{\"orderId\":\"1\",\"userId\":\"u\","
                                  "\"total\":{\"amount\":100,\"currency\":\"EUR\"}}";
    const struct msvc_message *message =
        MSVC_MESSAGE(.id = "7", .source = "test", .type = "stock.reserved", .topic = "stock",
                     .payload = payload, .payload_length = strlen(payload));

    assert_int_equal(fake_service_deliver(shop->services[PAYMENTS], message), 0);
    assert_int_equal(fake_service_deliver(shop->services[PAYMENTS], message), MSVC_ERR_EXISTS);
    assert_int_equal(ledger_sum(shop), 100);
}

static void refuses_an_event_about_an_order_it_does_not_have(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(shop_tell(shop, ORDERS, "stock.reserved", ABOUT, "nobody's"),
                     MSVC_ERR_NOT_FOUND);
}

static void refuses_events_that_break_the_contract(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(shop_tell(shop, ORDERS, "stock.reserved", "{\"orderId\":1}"),
                     MSVC_ERR_MALFORMED);
    assert_int_equal(shop_tell(shop, ORDERS, "stock.rejected", ABOUT, "1"), MSVC_ERR_MALFORMED);
    assert_int_equal(shop_tell(shop, ORDERS, "stock.reserved", "{"), MSVC_ERR_MALFORMED);
    assert_int_equal(shop_tell(shop, PAYMENTS, "stock.reserved", ABOUT, "1"), MSVC_ERR_MALFORMED);
    assert_int_equal(shop_tell(shop, PAYMENTS, "stock.reserved", RESERVED, "1", "u", -5),
                     MSVC_ERR_MALFORMED);
    assert_int_equal(shop_tell(shop, PAYMENTS, "order.cancelled", "[]"), MSVC_ERR_MALFORMED);
    assert_int_equal(payment_count(shop), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, shop_open, shop_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(confirms_an_order_that_is_in_stock_and_paid),
        CASE(cancels_an_order_that_is_out_of_stock),
        CASE(cancels_an_order_above_the_limit_and_releases_its_goods),
        CASE(authorizes_a_total_at_the_limit),
        CASE(declines_a_total_one_above_the_limit),
        CASE(cancels_a_pending_order),
        CASE(cancels_a_reserved_order),
        CASE(cancels_a_confirmed_order_and_gives_everything_back),
        CASE(refuses_to_cancel_twice),
        CASE(lets_staff_cancel_and_says_so),
        CASE(hides_orders_of_others_from_cancel),
        CASE(confirms_when_the_payment_is_heard_of_before_the_reservation),
        CASE(leaves_a_cancelled_order_cancelled_whatever_comes_late),
        CASE(leaves_a_confirmed_order_confirmed_when_a_refusal_comes_late),
        CASE(never_charges_an_order_whose_cancellation_came_first),
        CASE(charges_an_order_once_however_often_it_is_reserved),
        CASE(refunds_a_cancelled_order_once_however_often_it_is_cancelled),
        CASE(refuses_a_second_payment_of_an_order_in_the_database),
        CASE(keeps_ledger_entries_as_they_were_written),
        CASE(refunds_in_parts_until_nothing_is_left),
        CASE(gives_back_only_what_is_left_when_the_order_is_cancelled),
        CASE(refunds_once_when_the_request_is_repeated),
        CASE(refuses_to_refund_what_was_declined),
        CASE(writes_authorization_and_refunds_on_the_invoice),
        CASE(has_no_invoice_for_what_was_declined),
        CASE(handles_a_duplicate_of_an_event_once),
        CASE(refuses_an_event_about_an_order_it_does_not_have),
        CASE(refuses_events_that_break_the_contract),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
