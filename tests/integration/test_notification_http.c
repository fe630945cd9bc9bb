/* SPDX-License-Identifier: MIT */
/* What notification-service answers over HTTP. */
#include <stdio.h>

#include "shop.h"
#include "test.h"

#define LIST "/api/v1/notifications"

static void lists_what_the_caller_was_told(void **state)
{
    struct shop *shop = *state;
    char order[64];

    shop_sell(shop, "apple");
    shop_order(order, shop, &shop->alice, "apple", 1);
    shop_settle(shop);
    assert_int_equal(shop_get(shop, NOTIFICATIONS, LIST, &shop->alice), 200);
    assert_string_equal(shop_text(shop, "items.0.kind"), "user.registered");
    assert_string_equal(shop_text(shop, "items.0.channel"), "email");
    assert_string_equal(shop_text(shop, "items.1.kind"), "order.created");
    assert_string_not_equal(shop_text(shop, "items.1.subject"), "");
}

static void shows_nobody_what_others_were_told(void **state)
{
    struct shop *shop = *state;
    char order[64];

    shop_sell(shop, "apple");
    shop_order(order, shop, &shop->alice, "apple", 1);
    shop_settle(shop);
    assert_int_equal(shop_get(shop, NOTIFICATIONS, LIST, &shop->bob), 200);
    assert_string_equal(shop_text(shop, "items.0.kind"), "user.registered");
    assert_string_equal(shop_text(shop, "items.1.kind"), "");
}

static void lists_in_pages(void **state)
{
    struct shop *shop = *state;
    char target[160];
    char order[64];

    shop_sell(shop, "apple");
    shop_order(order, shop, &shop->alice, "apple", 1);
    shop_settle(shop);
    assert_int_equal(shop_get(shop, NOTIFICATIONS, LIST "?limit=1", &shop->alice), 200);
    assert_string_equal(shop_text(shop, "next"), shop_text(shop, "items.0.id"));
    (void)snprintf(target, sizeof(target), LIST "?limit=1&cursor=%s", shop_text(shop, "next"));
    assert_int_equal(shop_get(shop, NOTIFICATIONS, target, &shop->alice), 200);
    assert_string_equal(shop_text(shop, "items.0.kind"), "order.created");
}

static void refuses_a_page_that_is_none(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(shop_get(shop, NOTIFICATIONS, LIST "?limit=0", &shop->alice), 400);
    assert_int_equal(shop_get(shop, NOTIFICATIONS, LIST "?limit=many", &shop->alice), 400);
}

static void wants_to_know_who_asks(void **state)
{
    struct shop *shop = *state;

    assert_int_equal(SEND(shop, NOTIFICATIONS, "GET", LIST), 401);
    assert_int_equal(SEND(shop, NOTIFICATIONS, "GET", LIST, .token = "none"), 401);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, shop_open, shop_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(lists_what_the_caller_was_told),
        CASE(shows_nobody_what_others_were_told),
        CASE(lists_in_pages),
        CASE(refuses_a_page_that_is_none),
        CASE(wants_to_know_who_asks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
