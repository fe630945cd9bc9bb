/* SPDX-License-Identifier: MIT */
/* What user-service and inventory-service answer over HTTP. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "shop.h"
#include "test.h"

#define CAROL(password) \
    "{\"email\":\"Carol@Example.com\",\"name\":\"Carol\",\"password\":\"" password "\"}"

static int change(struct shop *shop, const struct customer *whom, const struct customer *who,
                  const char *body, const char *if_match)
{
    char target[128];

    (void)snprintf(target, sizeof(target), "/api/v1/users/%s", whom->id);
    return SEND(shop, USERS, "PATCH", target, .body = body, .token = who->token,
                .if_match = if_match);
}

static int show(struct shop *shop, const struct customer *whom, const struct customer *who)
{
    char target[128];

    (void)snprintf(target, sizeof(target), "/api/v1/users/%s", whom->id);
    return shop_get(shop, USERS, target, who);
}

static int restock(struct shop *shop, const char *body, const struct customer *who, const char *key)
{
    return SEND(shop, INVENTORY, "POST", "/api/v1/stock/apple/restock", body, .token = who->token,
                .key = key);
}

static void registers_a_customer_and_publishes_it(void **state)
{
    struct shop *shop = *state;

    (void)shop_events(shop, USERS, "user.registered");
    assert_int_equal(SEND(shop, USERS, "POST", "/api/v1/users", CAROL("a long password")), 201);
    assert_string_equal(shop_text(shop, "email"), "carol@example.com");
    assert_string_equal(shop_text(shop, "role"), "customer");
    assert_null(json_object_get(shop->body, "password"));
    assert_int_equal(shop_events(shop, USERS, "user.registered"), 1);
}

static void registers_an_address_once(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(SEND(shop, USERS, "POST", "/api/v1/users", CAROL("a long password")), 201);
    assert_int_equal(SEND(shop, USERS, "POST", "/api/v1/users", CAROL("another password")), 409);
}

static void refuses_short_passwords(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(SEND(shop, USERS, "POST", "/api/v1/users", CAROL("eleven char")), 422);
    assert_non_null(strstr(shop_text(shop, "detail"), "password: found 11 bytes"));
}

static void says_the_same_of_unknown_addresses_and_wrong_passwords(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(SEND(shop, USERS, "POST", "/api/v1/sessions",
                          "{\"email\":\"nobody@example.com\",\"password\":\"a long password\"}"),
                     401);
    assert_string_equal(shop_text(shop, "detail"), "no account with this address and password");
    assert_int_equal(SEND(shop, USERS, "POST", "/api/v1/sessions",
                          "{\"email\":\"alice@example.com\",\"password\":\"a wrong password\"}"),
                     401);
    assert_string_equal(shop_text(shop, "detail"), "no account with this address and password");
}

static void shows_a_user_to_itself_and_to_staff_only(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(show(shop, &shop->alice, &shop->alice), 200);
    assert_string_equal(shop_text(shop, "email"), "alice@example.com");
    assert_int_equal(show(shop, &shop->alice, &shop->staff), 200);
    assert_int_equal(show(shop, &shop->alice, &shop->bob), 404);
}

static void changes_the_version_that_was_seen(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(change(shop, &shop->alice, &shop->alice, "{\"name\":\"Al\"}", NULL), 428);
    assert_int_equal(change(shop, &shop->alice, &shop->alice, "{\"name\":\"Al\"}", "\"2\""), 412);
    assert_int_equal(change(shop, &shop->alice, &shop->alice, "{\"name\":\"Al\"}", "\"1\""), 200);
    assert_string_equal(shop_text(shop, "name"), "Al");
    assert_string_equal(shop_header(shop, "ETag"), "\"2\"");
    assert_int_equal(shop_events(shop, USERS, "user.updated"), 1);
}

static void lets_nobody_change_somebody_else(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(change(shop, &shop->alice, &shop->bob, "{\"name\":\"B\"}", "\"1\""), 404);
}

static void publishes_the_key_without_its_private_part(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(SEND(shop, USERS, "GET", "/.well-known/jwks.json"), 200);
    assert_string_equal(shop_text(shop, "keys.0.kty"), "EC");
    assert_string_equal(shop_text(shop, "keys.0.d"), "");
}

static void restocks_once_when_the_request_is_repeated(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(restock(shop, "{\"quantity\":3}", &shop->staff, "k"), 200);
    assert_int_equal(restock(shop, "{\"quantity\":3}", &shop->staff, "k"), 200);
    assert_int_equal(shop_get(shop, INVENTORY, "/api/v1/stock/apple", &shop->alice), 200);
    assert_int_equal(shop_number(shop, "free"), 3);
}

static void lets_only_staff_restock(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(restock(shop, "{\"quantity\":3}", &shop->alice, NULL), 403);
    assert_int_equal(restock(shop, "{\"quantity\":0}", &shop->staff, NULL), 422);
}

static void lists_stock_and_knows_what_it_does_not_have(void **state)
{
    struct shop *shop = *state;

    shop_sell(shop, "apple");
    shop_sell(shop, "banana");
    assert_int_equal(shop_get(shop, INVENTORY, "/api/v1/stock?limit=1", &shop->alice), 200);
    assert_string_equal(shop_text(shop, "items.0.sku"), "apple");
    assert_string_equal(shop_text(shop, "next"), "apple");
    assert_int_equal(shop_get(shop, INVENTORY, "/api/v1/stock/pear", &shop->alice), 404);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, shop_open, shop_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(registers_a_customer_and_publishes_it),
        CASE(registers_an_address_once),
        CASE(refuses_short_passwords),
        CASE(says_the_same_of_unknown_addresses_and_wrong_passwords),
        CASE(shows_a_user_to_itself_and_to_staff_only),
        CASE(changes_the_version_that_was_seen),
        CASE(lets_nobody_change_somebody_else),
        CASE(publishes_the_key_without_its_private_part),
        CASE(restocks_once_when_the_request_is_repeated),
        CASE(lets_only_staff_restock),
        CASE(lists_stock_and_knows_what_it_does_not_have),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
