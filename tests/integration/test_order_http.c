/* SPDX-License-Identifier: MIT */
/* What order-service and payment-service answer over HTTP. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "fake_service.h"
#include "shop.h"
#include "test.h"

#define APPLES(quantity) "{\"items\":[{\"sku\":\"apple\",\"quantity\":" #quantity "}]}"

static int order(struct shop *shop, const char *body)
{
    return SEND(shop, ORDERS, "POST", "/api/v1/orders", body, .token = shop->alice.token);
}

static int order_with_key(struct shop *shop, const char *body, const char *key)
{
    return SEND(shop, ORDERS, "POST", "/api/v1/orders", body, .token = shop->alice.token,
                .key = key);
}

static int set_price(struct shop *shop, const char *sku, const char *body, const char *if_match)
{
    char target[128];

    (void)snprintf(target, sizeof(target), "/api/v1/prices/%s", sku);
    return SEND(shop, ORDERS, "PUT", target, body, .token = shop->staff.token,
                .if_match = if_match);
}

static int64_t order_count(struct shop *shop)
{
    return shop_query(shop, ORDERS, "SELECT COUNT(*) FROM orders");
}

/* The last answer is a problem of this status whose detail says so. */
static void assert_problem(const struct shop *shop, int status, const char *detail)
{
    assert_int_equal(shop->status, status);
    assert_string_equal(shop_header(shop, "Content-Type"), "application/problem+json");
    assert_int_equal(shop_number(shop, "status"), status);
    if (strstr(shop_text(shop, "detail"), detail) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", shop_text(shop, "detail"), detail);
}

/* Prices */

static void sets_a_price_that_was_not_there(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(set_price(shop, "apple", "{\"amount\":500,\"currency\":\"EUR\"}", NULL), 201);
    assert_string_equal(shop_header(shop, "ETag"), "\"1\"");
    assert_string_equal(shop_text(shop, "sku"), "apple");
    assert_int_equal(shop_number(shop, "amount"), 500);
}

static void changes_a_price_that_was_seen(void **state)
{
    struct shop *shop = *state;

    shop_sell(shop, "apple");
    assert_int_equal(set_price(shop, "apple", "{\"amount\":600,\"currency\":\"EUR\"}", "\"1\""),
                     200);
    assert_string_equal(shop_header(shop, "ETag"), "\"2\"");
    assert_int_equal(shop_number(shop, "version"), 2);
}

static void asks_for_the_version_to_change_a_price(void **state)
{
    struct shop *shop = *state;

    shop_sell(shop, "apple");
    (void)set_price(shop, "apple", "{\"amount\":600,\"currency\":\"EUR\"}", NULL);
    assert_problem(shop, 428, "version 1");
}

static void refuses_to_change_a_price_that_was_changed_meanwhile(void **state)
{
    struct shop *shop = *state;

    shop_sell(shop, "apple");
    (void)set_price(shop, "apple", "{\"amount\":600,\"currency\":\"EUR\"}", "\"7\"");
    assert_problem(shop, 412, "version 1");
}

static void refuses_a_version_that_is_none(void **state)
{
    struct shop *shop = *state;

    shop_sell(shop, "apple");
    (void)set_price(shop, "apple", "{\"amount\":600,\"currency\":\"EUR\"}", "\"1\", \"2\"");
    assert_problem(shop, 412, "If-Match");
}

static void refuses_a_version_of_a_price_that_is_not_there(void **state)
{
    struct shop *shop = *state;

    (void)set_price(shop, "apple", "{\"amount\":600,\"currency\":\"EUR\"}", "\"1\"");
    assert_problem(shop, 412, "no price yet");
}

static void lets_a_price_be_put_again(void **state)
{
    struct shop *shop = *state;

    shop_sell(shop, "apple");
    assert_int_equal(set_price(shop, "apple", "{\"amount\":500,\"currency\":\"EUR\"}", NULL), 200);
    assert_int_equal(shop_number(shop, "version"), 1);
}

static void refuses_prices_that_are_none(void **state)
{
    struct shop *shop = *state;

    (void)set_price(shop, "apple", "{\"amount\":0,\"currency\":\"EUR\"}", NULL);
    assert_problem(shop, 422, "amount: found 0");
    (void)set_price(shop, "apple", "{\"amount\":1.5,\"currency\":\"EUR\"}", NULL);
    assert_problem(shop, 422, "amount: found a fraction");
    (void)set_price(shop, "apple", "{\"amount\":1000000000001,\"currency\":\"EUR\"}", NULL);
    assert_problem(shop, 422, "expected 1 to 1000000000000");
    (void)set_price(shop, "apple", "{\"amount\":1,\"currency\":\"eur\"}", NULL);
    assert_problem(shop, 422, "three capitals");
}

static void lets_only_staff_set_prices(void **state)
{
    struct shop *shop = *state;

    (void)SEND(shop, ORDERS, "PUT", "/api/v1/prices/apple", "{\"amount\":5,\"currency\":\"EUR\"}",
               .token = shop->alice.token);
    assert_problem(shop, 403, "staff");
}

static void lists_prices_in_pages(void **state)
{
    struct shop *shop = *state;

    shop_sell(shop, "apple");
    shop_sell(shop, "banana");
    shop_sell(shop, "cherry");
    assert_int_equal(shop_get(shop, ORDERS, "/api/v1/prices?limit=2", &shop->alice), 200);
    assert_string_equal(shop_text(shop, "items.1.sku"), "banana");
    assert_string_equal(shop_text(shop, "next"), "banana");
    assert_int_equal(shop_get(shop, ORDERS, "/api/v1/prices?limit=2&cursor=banana", &shop->alice),
                     200);
    assert_string_equal(shop_text(shop, "items.0.sku"), "cherry");
    assert_true(json_is_null(json_object_get(shop->body, "next")));
}

/* Orders */

static void answers_a_new_order_with_its_place_and_its_prices(void **state)
{
    struct shop *shop = *state;
    char location[128];

    shop_sell(shop, "apple");
    assert_int_equal(order(shop, APPLES(3)), 201);
    (void)snprintf(location, sizeof(location), "/api/v1/orders/%s", shop_text(shop, "id"));
    assert_string_equal(shop_header(shop, "Location"), location);
    assert_string_equal(shop_header(shop, "ETag"), "\"1\"");
    assert_string_equal(shop_text(shop, "status"), "pending");
    assert_string_equal(shop_text(shop, "userId"), shop->alice.id);
    assert_int_equal(shop_number(shop, "items.0.price.amount"), 500);
    assert_int_equal(shop_number(shop, "total.amount"), 1500);
    assert_string_equal(shop_text(shop, "total.currency"), "EUR");
}

static void keeps_the_price_of_the_day(void **state)
{
    struct shop *shop = *state;
    char id[64];
    char target[128];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 1);
    (void)set_price(shop, "apple", "{\"amount\":900,\"currency\":\"EUR\"}", "\"1\"");
    (void)snprintf(target, sizeof(target), "/api/v1/orders/%s", id);
    assert_int_equal(shop_get(shop, ORDERS, target, &shop->alice), 200);
    assert_int_equal(shop_number(shop, "total.amount"), 500);
}

static void refuses_an_order_for_what_has_no_price(void **state)
{
    struct shop *shop = *state;

    (void)order(shop, APPLES(1));
    assert_problem(shop, 422, "items[0].sku: found \"apple\"");
    assert_int_equal(order_count(shop), 0);
    assert_int_equal(shop_events(shop, ORDERS, "order.created"), 0);
}

static void refuses_an_order_in_two_currencies(void **state)
{
    struct shop *shop = *state;

    shop_sell(shop, "apple");
    (void)set_price(shop, "peanut", "{\"amount\":5,\"currency\":\"USD\"}", NULL);
    (void)order(shop, "{\"items\":[{\"sku\":\"apple\",\"quantity\":1},"
                      "{\"sku\":\"peanut\",\"quantity\":1}]}");
    assert_problem(shop, 422, "items[1].sku: its price is in USD, expected EUR");
}

static void refuses_an_order_whose_total_is_too_large(void **state)
{
    struct shop *shop = *state;

    (void)set_price(shop, "apple", "{\"amount\":1000000000000,\"currency\":\"EUR\"}", NULL);
    (void)order(shop, APPLES(1000000));
    assert_problem(shop, 422, "the total is more than");
}

static void gives_the_first_answer_again_when_an_order_is_repeated(void **state)
{
    struct shop *shop = *state;
    char id[64];
    char location[96];

    shop_sell(shop, "apple");
    assert_int_equal(order_with_key(shop, APPLES(1), "k"), 201);
    (void)snprintf(id, sizeof(id), "%s", shop_text(shop, "id"));
    (void)snprintf(location, sizeof(location), "/api/v1/orders/%s", id);
    assert_string_equal(shop_header(shop, "Location"), location);
    assert_int_equal(order_with_key(shop, APPLES(1), "k"), 201);
    assert_string_equal(shop_text(shop, "id"), id);
    assert_string_equal(shop_header(shop, "Location"), location);
    assert_string_equal(shop_header(shop, "ETag"), "\"1\"");
    assert_string_equal(shop_header(shop, "Idempotent-Replayed"), "true");
    assert_int_equal(order_count(shop), 1);
    assert_int_equal(shop_events(shop, ORDERS, "order.created"), 1);
}

static void gives_the_first_answer_again_while_user_service_is_away(void **state)
{
    struct shop *shop = *state;

    shop_sell(shop, "apple");
    assert_int_equal(order_with_key(shop, APPLES(1), "k"), 201);
    fake_service_set_away(shop->services[USERS], true);
    assert_int_equal(order_with_key(shop, APPLES(1), "k"), 201);
}

static void refuses_a_key_that_was_used_for_another_order(void **state)
{
    struct shop *shop = *state;

    shop_sell(shop, "apple");
    assert_int_equal(order_with_key(shop, APPLES(1), "k"), 201);
    (void)order_with_key(shop, APPLES(2), "k");
    assert_problem(shop, 422, "another body");
    assert_int_equal(order_count(shop), 1);
}

static void lets_a_key_be_used_again_after_a_refusal(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(order_with_key(shop, APPLES(1), "k"), 422);
    shop_sell(shop, "apple");
    assert_int_equal(order_with_key(shop, APPLES(1), "k"), 201);
}

static void keeps_the_keys_of_two_customers_apart(void **state)
{
    struct shop *shop = *state;

    shop_sell(shop, "apple");
    assert_int_equal(order_with_key(shop, APPLES(1), "k"), 201);
    assert_int_equal(SEND(shop, ORDERS, "POST", "/api/v1/orders", APPLES(1),
                          .token = shop->bob.token, .key = "k"),
                     201);
    assert_string_equal(shop_text(shop, "userId"), shop->bob.id);
    assert_int_equal(order_count(shop), 2);
}

static void takes_no_order_while_user_service_is_away(void **state)
{
    struct shop *shop = *state;

    shop_sell(shop, "apple");
    fake_service_set_away(shop->services[USERS], true);
    assert_int_equal(order(shop, APPLES(1)), 503);
    assert_true(strlen(shop_header(shop, "Retry-After")) > 0);
    assert_int_equal(order_count(shop), 0);
}

static void hides_orders_of_others(void **state)
{
    struct shop *shop = *state;
    char id[64];
    char target[128];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 1);
    (void)snprintf(target, sizeof(target), "/api/v1/orders/%s", id);
    assert_int_equal(shop_get(shop, ORDERS, target, &shop->bob), 404);
    assert_int_equal(shop_get(shop, ORDERS, target, &shop->alice), 200);
    assert_int_equal(shop_get(shop, ORDERS, target, &shop->staff), 200);
}

static void says_the_same_of_hidden_and_of_missing_orders(void **state)
{
    struct shop *shop = *state;
    char id[64];
    char target[128];
    char *hidden;

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 1);
    (void)snprintf(target, sizeof(target), "/api/v1/orders/%s", id);
    assert_int_equal(shop_get(shop, ORDERS, target, &shop->bob), 404);
    hidden = json_dumps(shop->body, JSON_SORT_KEYS);
    assert_int_equal(shop_get(shop, ORDERS, "/api/v1/orders/none", &shop->bob), 404);
    assert_string_equal(shop_text(shop, "detail"), "no such order");
    assert_non_null(strstr(hidden, "no such order"));
    free(hidden);
}

static void lists_own_orders_to_customers_and_all_to_staff(void **state)
{
    struct shop *shop = *state;
    char id[64];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 1);
    shop_order(id, shop, &shop->bob, "apple", 1);
    assert_int_equal(shop_get(shop, ORDERS, "/api/v1/orders", &shop->bob), 200);
    assert_int_equal(json_array_size(json_object_get(shop->body, "items")), 1);
    assert_string_equal(shop_text(shop, "items.0.id"), id);
    assert_int_equal(shop_get(shop, ORDERS, "/api/v1/orders", &shop->staff), 200);
    assert_int_equal(json_array_size(json_object_get(shop->body, "items")), 2);
}

static void lists_orders_in_pages_that_meet(void **state)
{
    struct shop *shop = *state;
    char ids[5][64];
    char target[160] = "/api/v1/orders?limit=2";
    size_t seen = 0;

    shop_sell(shop, "apple");
    for (size_t i = 0; i < 5; i++)
        shop_order(ids[i], shop, &shop->alice, "apple", 1);
    for (int page = 0; page < 3; page++) {
        assert_int_equal(shop_get(shop, ORDERS, target, &shop->alice), 200);
        seen += json_array_size(json_object_get(shop->body, "items"));
        (void)snprintf(target, sizeof(target), "/api/v1/orders?limit=2&cursor=%s",
                       shop_text(shop, "next"));
    }
    assert_int_equal(seen, 5);
    assert_true(json_is_null(json_object_get(shop->body, "next")));
}

static void refuses_page_sizes_that_are_none(void **state)
{
    struct shop *shop = *state;

    (void)shop_get(shop, ORDERS, "/api/v1/orders?limit=0", &shop->alice);
    assert_problem(shop, 400, "limit");
    (void)shop_get(shop, ORDERS, "/api/v1/orders?limit=101", &shop->alice);
    assert_problem(shop, 400, "limit");
    (void)shop_get(shop, PAYMENTS, "/api/v1/payments?limit=ten", &shop->alice);
    assert_problem(shop, 400, "limit");
}

static void cancels_the_version_that_was_seen(void **state)
{
    struct shop *shop = *state;
    char id[64];
    char target[128];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 1);
    (void)snprintf(target, sizeof(target), "/api/v1/orders/%s/cancel", id);
    (void)SEND(shop, ORDERS, "POST", target, .token = shop->alice.token, .if_match = "\"2\"");
    assert_problem(shop, 412, "version 1");
    assert_int_equal(
        SEND(shop, ORDERS, "POST", target, .token = shop->alice.token, .if_match = "\"1\""), 200);
    assert_string_equal(shop_header(shop, "ETag"), "\"2\"");
}

static void cancels_once_when_the_request_is_repeated(void **state)
{
    struct shop *shop = *state;
    char id[64];
    char target[128];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 1);
    (void)snprintf(target, sizeof(target), "/api/v1/orders/%s/cancel", id);
    for (int i = 0; i < 2; i++)
        assert_int_equal(SEND(shop, ORDERS, "POST", target, .token = shop->alice.token, .key = "k"),
                         200);
    assert_int_equal(shop_events(shop, ORDERS, "order.cancelled"), 1);
}

/* Payments */

static void shows_a_payment_to_its_customer_and_to_staff_only(void **state)
{
    struct shop *shop = *state;
    char id[64];
    char target[128];

    shop_sell(shop, "apple");
    shop_order(id, shop, &shop->alice, "apple", 1);
    shop_settle(shop);
    assert_int_equal(shop_get(shop, PAYMENTS, "/api/v1/payments", &shop->alice), 200);
    assert_string_equal(shop_text(shop, "items.0.orderId"), id);
    (void)snprintf(target, sizeof(target), "/api/v1/payments/%s", shop_text(shop, "items.0.id"));
    assert_int_equal(shop_get(shop, PAYMENTS, target, &shop->alice), 200);
    assert_int_equal(shop_number(shop, "amount.amount"), 500);
    assert_int_equal(shop_get(shop, PAYMENTS, target, &shop->staff), 200);
    assert_int_equal(shop_get(shop, PAYMENTS, target, &shop->bob), 404);
    assert_int_equal(shop_get(shop, PAYMENTS, "/api/v1/payments", &shop->bob), 200);
    assert_int_equal(json_array_size(json_object_get(shop->body, "items")), 0);
}

static void finds_the_payment_of_an_order(void **state)
{
    struct shop *shop = *state;
    char ids[2][64];
    char target[128];

    shop_sell(shop, "apple");
    shop_order(ids[0], shop, &shop->alice, "apple", 1);
    shop_order(ids[1], shop, &shop->alice, "apple", 2);
    shop_settle(shop);
    (void)snprintf(target, sizeof(target), "/api/v1/payments?orderId=%s", ids[1]);
    assert_int_equal(shop_get(shop, PAYMENTS, target, &shop->alice), 200);
    assert_int_equal(json_array_size(json_object_get(shop->body, "items")), 1);
    assert_int_equal(shop_number(shop, "items.0.amount.amount"), 1000);
    assert_int_equal(shop_get(shop, PAYMENTS, target, &shop->bob), 200);
    assert_int_equal(json_array_size(json_object_get(shop->body, "items")), 0);
}

static void lets_only_staff_refund(void **state)
{
    struct shop *shop = *state;

    (void)SEND(shop, PAYMENTS, "POST", "/api/v1/payments/1/refunds", "{}",
               .token = shop->alice.token);
    assert_problem(shop, 403, "staff");
}

static void refuses_refunds_that_are_none(void **state)
{
    struct shop *shop = *state;

    (void)SEND(shop, PAYMENTS, "POST", "/api/v1/payments/1/refunds", "{\"amount\":0}",
               .token = shop->staff.token);
    assert_problem(shop, 422, "amount: found 0");
    (void)SEND(shop, PAYMENTS, "POST", "/api/v1/payments/none/refunds", "{}",
               .token = shop->staff.token);
    assert_problem(shop, 404, "no such payment");
}

/* Requests that are wrong: the names of the cases are the specification. */

static void refuses_malformed_json(void **state)
{
    struct shop *shop = *state;

    (void)order(shop, "{\"items\":[");
    assert_problem(shop, 400, "");
}

static void refuses_names_that_come_twice(void **state)
{
    struct shop *shop = *state;

    (void)order(shop, "{\"items\":[],\"items\":[]}");
    assert_problem(shop, 400, "");
}

static void refuses_a_body_that_is_no_json(void **state)
{
    struct shop *shop = *state;

    (void)SEND(shop, ORDERS, "POST", "/api/v1/orders", "items", .content_type = "text/plain",
               .token = shop->alice.token);
    assert_problem(shop, 415, "");
}

static void refuses_a_body_of_another_type(void **state)
{
    struct shop *shop = *state;

    (void)order(shop, "[1]");
    assert_problem(shop, 422, "found an array, expected an object");
}

static void refuses_fields_of_another_type(void **state)
{
    struct shop *shop = *state;

    (void)order(shop, "{\"items\":{}}");
    assert_problem(shop, 422, "items: found an object, expected an array");
    (void)order(shop, "{\"items\":[{\"sku\":7,\"quantity\":\"1\"}]}");
    assert_problem(shop, 422, "items[0].sku: found a whole number, expected a string");
    assert_problem(shop, 422, "items[0].quantity: found a string, expected a whole number");
    (void)order(shop, "{\"items\":[null]}");
    assert_problem(shop, 422, "items[0].sku: is missing");
}

static void refuses_unknown_fields(void **state)
{
    struct shop *shop = *state;

    (void)order(shop, "{\"items\":[{\"sku\":\"a\",\"quantity\":1,\"price\":1}]}");
    assert_problem(shop, 422, "unknown field \"items[0].price\"");
    (void)order(shop, "{\"items\":[{\"sku\":\"a\",\"quantity\":1}],\"userId\":\"7\"}");
    assert_problem(shop, 422, "unknown field \"userId\"");
}

static void refuses_quantities_that_are_none(void **state)
{
    struct shop *shop = *state;

    (void)order(shop, APPLES(0));
    assert_problem(shop, 422, "items[0].quantity: found 0, expected 1 to 1000000");
    (void)order(shop, APPLES(-1));
    assert_problem(shop, 422, "items[0].quantity: found -1");
    (void)order(shop, APPLES(1000001));
    assert_problem(shop, 422, "items[0].quantity: found 1000001");
    (void)order(shop, APPLES(99999999999999999999));
    assert_problem(shop, 400, "");
}

static void refuses_an_order_without_items(void **state)
{
    struct shop *shop = *state;

    (void)order(shop, "{\"items\":[]}");
    assert_problem(shop, 422, "items: found 0 elements, expected 1 to 100");
    (void)order(shop, "{}");
    assert_problem(shop, 422, "items: is missing");
}

static void refuses_an_item_that_comes_twice(void **state)
{
    struct shop *shop = *state;

    (void)order(shop,
                "{\"items\":[{\"sku\":\"a\",\"quantity\":1},{\"sku\":\"a\",\"quantity\":2}]}");
    assert_problem(shop, 422, "items[1].sku: found \"a\" again");
}

static void refuses_more_items_than_an_order_may_have(void **state)
{
    struct shop *shop = *state;
    char body[8192] = "{\"items\":[";
    size_t length = strlen(body);

    for (int i = 0; i <= 100; i++)
        length += (size_t)snprintf(body + length, sizeof(body) - length,
                                   "%s{\"sku\":\"s%d\",\"quantity\":1}", i > 0 ? "," : "", i);
    (void)snprintf(body + length, sizeof(body) - length, "]}");
    (void)order(shop, body);
    assert_problem(shop, 422, "items: found 101 elements");
}

static void refuses_an_oversized_body(void **state)
{
    struct shop *shop = *state;
    size_t length = 1100 * 1024;
    char *body = malloc(length + 1);

    assert_non_null(body);
    memset(body, ' ', length);
    body[length] = '\0';
    (void)order(shop, body);
    free(body);
    assert_problem(shop, 413, "");
}

static void refuses_an_idempotency_key_that_is_none(void **state)
{
    struct shop *shop = *state;

    shop_sell(shop, "apple");
    (void)order_with_key(shop, APPLES(1), "two words");
    assert_problem(shop, 400, "Idempotency-Key");
}

static void does_not_know_other_routes(void **state)
{
    struct shop *shop = *state;

    (void)shop_get(shop, ORDERS, "/api/v1/nothing", &shop->alice);
    assert_problem(shop, 404, "");
    (void)shop_get(shop, PAYMENTS, "/api/v2/payments", &shop->alice);
    assert_problem(shop, 404, "");
}

static void does_not_know_other_methods(void **state)
{
    struct shop *shop = *state;

    (void)SEND(shop, ORDERS, "DELETE", "/api/v1/orders", .token = shop->alice.token);
    assert_problem(shop, 405, "");
    assert_non_null(strstr(shop_header(shop, "Allow"), "POST"));
}

static void lets_nobody_in_without_a_token(void **state)
{
    struct shop *shop = *state;

    (void)SEND(shop, ORDERS, "GET", "/api/v1/orders");
    assert_problem(shop, 401, "bearer token");
    assert_string_equal(shop_header(shop, "WWW-Authenticate"), "Bearer");
    (void)SEND(shop, PAYMENTS, "GET", "/api/v1/payments");
    assert_problem(shop, 401, "bearer token");
}

static void lets_nobody_in_with_a_token_that_was_touched(void **state)
{
    struct shop *shop = *state;
    char token[2048];
    char *payload;

    (void)snprintf(token, sizeof(token), "%s", shop->alice.token);
    payload = strchr(token, '.') + 10;
    *payload = *payload == 'A' ? 'B' : 'A';
    (void)SEND(shop, ORDERS, "GET", "/api/v1/orders", .token = token);
    assert_problem(shop, 401, "");
    (void)SEND(shop, ORDERS, "GET", "/api/v1/orders", .token = "no token");
    assert_problem(shop, 401, "");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, shop_open, shop_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(sets_a_price_that_was_not_there),
        CASE(changes_a_price_that_was_seen),
        CASE(asks_for_the_version_to_change_a_price),
        CASE(refuses_to_change_a_price_that_was_changed_meanwhile),
        CASE(refuses_a_version_that_is_none),
        CASE(refuses_a_version_of_a_price_that_is_not_there),
        CASE(lets_a_price_be_put_again),
        CASE(refuses_prices_that_are_none),
        CASE(lets_only_staff_set_prices),
        CASE(lists_prices_in_pages),
        CASE(answers_a_new_order_with_its_place_and_its_prices),
        CASE(keeps_the_price_of_the_day),
        CASE(refuses_an_order_for_what_has_no_price),
        CASE(refuses_an_order_in_two_currencies),
        CASE(refuses_an_order_whose_total_is_too_large),
        CASE(gives_the_first_answer_again_when_an_order_is_repeated),
        CASE(gives_the_first_answer_again_while_user_service_is_away),
        CASE(refuses_a_key_that_was_used_for_another_order),
        CASE(lets_a_key_be_used_again_after_a_refusal),
        CASE(keeps_the_keys_of_two_customers_apart),
        CASE(takes_no_order_while_user_service_is_away),
        CASE(hides_orders_of_others),
        CASE(says_the_same_of_hidden_and_of_missing_orders),
        CASE(lists_own_orders_to_customers_and_all_to_staff),
        CASE(lists_orders_in_pages_that_meet),
        CASE(refuses_page_sizes_that_are_none),
        CASE(cancels_the_version_that_was_seen),
        CASE(cancels_once_when_the_request_is_repeated),
        CASE(shows_a_payment_to_its_customer_and_to_staff_only),
        CASE(finds_the_payment_of_an_order),
        CASE(lets_only_staff_refund),
        CASE(refuses_refunds_that_are_none),
        CASE(refuses_malformed_json),
        CASE(refuses_names_that_come_twice),
        CASE(refuses_a_body_that_is_no_json),
        CASE(refuses_a_body_of_another_type),
        CASE(refuses_fields_of_another_type),
        CASE(refuses_unknown_fields),
        CASE(refuses_quantities_that_are_none),
        CASE(refuses_an_order_without_items),
        CASE(refuses_an_item_that_comes_twice),
        CASE(refuses_more_items_than_an_order_may_have),
        CASE(refuses_an_oversized_body),
        CASE(refuses_an_idempotency_key_that_is_none),
        CASE(does_not_know_other_routes),
        CASE(does_not_know_other_methods),
        CASE(lets_nobody_in_without_a_token),
        CASE(lets_nobody_in_with_a_token_that_was_touched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
