/* SPDX-License-Identifier: MIT */
/* Who gets what: groups, members, patterns. */
#include <stdio.h>
#include <string.h>

#include "bus_suite_internal.h"
#include "bus_support.h"

static void every_group_gets_every_message(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *a = new_recorder(f);
    struct recorder *b = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    subscribe(f, bus, "a", "orders", a);
    subscribe(f, open_bus(f), "b", "orders", b);
    for (int i = 0; i < 20; i++)
        publish(f, bus, "orders", NULL, "x");
    wait_for_count(f, a, 20);
    wait_for_count(f, b, 20);
    run_quietly(f, 50);
    assert_int_equal(a->count, 20);
    assert_int_equal(b->count, 20);
}

struct pair {
    struct recorder *a, *b;
    unsigned total;
};

static bool have_total(void *user)
{
    const struct pair *pair = user;

    return pair->a->count + pair->b->count >= pair->total;
}

static void members_of_a_group_share(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *a = new_recorder(f);
    struct recorder *b = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);
    struct pair pair = { a, b, 200 };

    subscribe(f, bus, "g", "orders", a);
    subscribe(f, open_bus(f), "g", "orders", b);
    for (int i = 0; i < 200; i++)
        publish(f, bus, "orders", NULL, "x");
    run_until(f, have_total, &pair);
    run_quietly(f, 50);
    assert_int_equal(a->count + b->count, 200);
    assert_true(a->count > 0);
    assert_true(b->count > 0);
}

static void topics_are_apart(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *a = new_recorder(f);
    struct recorder *b = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    subscribe(f, bus, "a", "orders", a);
    subscribe(f, bus, "b", "payments", b);
    publish(f, bus, "orders", NULL, "order");
    publish(f, bus, "payments", NULL, "payment");
    publish(f, bus, "orders.more", NULL, "other");
    wait_for_count(f, a, 1);
    wait_for_count(f, b, 1);
    wait_for_all_confirmed(f);
    run_quietly(f, 50);
    assert_int_equal(a->count, 1);
    assert_int_equal(b->count, 1);
    assert_string_equal(a->records[0].payload, "order");
}

static void a_star_takes_one_word(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    subscribe(f, bus, "g", "order.*", r);
    publish(f, bus, "order", NULL, "none");
    publish(f, bus, "order.created", NULL, "one");
    publish(f, bus, "order.item.added", NULL, "two");
    publish(f, bus, "order.cancelled", NULL, "one");
    wait_for_count(f, r, 2);
    run_quietly(f, 50);
    assert_int_equal(times_seen(r, "one"), 2);
    assert_int_equal(r->count, 2);
}

static void a_hash_takes_any_number_of_words(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    subscribe(f, bus, "g", "order.#", r);
    publish(f, bus, "order", NULL, "x");
    publish(f, bus, "order.created", NULL, "x");
    publish(f, bus, "order.item.added", NULL, "x");
    publish(f, bus, "payment.created", NULL, "other");
    wait_for_count(f, r, 3);
    run_quietly(f, 50);
    assert_int_equal(times_seen(r, "x"), 3);
    assert_int_equal(r->count, 3);
}

static void several_patterns_give_one_delivery(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);
    const char *exact = own(f, "order.created");
    const char *pattern = own(f, "order.*");

    subscribe_with(f, bus,
                   MSVC_SUBSCRIPTION(.group = own(f, "g"), .topics = MSVC_TOPICS(exact, pattern),
                                     .handler = record, .user = r));
    publish(f, bus, "order.created", NULL, "x");
    wait_for_count(f, r, 1);
    run_quietly(f, 50);
    assert_int_equal(r->count, 1);
}

static void a_group_starts_with_what_comes_after_it(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    publish(f, bus, "orders", NULL, "before");
    wait_for_all_confirmed(f);
    subscribe(f, bus, "g", "orders", r);
    publish(f, bus, "orders", NULL, "after");
    wait_for_count(f, r, 1);
    assert_string_equal(r->records[0].payload, "after");
}

static void a_group_keeps_its_place_while_away(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *publisher = open_bus(f);
    struct msvc_bus *consumer = open_bus(f);

    only_if(msvc_bus_capabilities(publisher)->has_groups, "the engine has no groups");
    subscribe(f, consumer, "g", "orders", r);
    close_bus(f, consumer);
    for (int i = 0; i < 10; i++)
        publish(f, publisher, "orders", NULL, "x");
    wait_for_all_confirmed(f);
    subscribe(f, open_bus(f), "g", "orders", r);
    wait_for_count(f, r, 10);
    run_quietly(f, 50);
    assert_int_equal(r->count, 10);
}

static void two_subscriptions_of_one_group_are_one_too_many(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    subscribe(f, bus, "g", "orders", r);
    assert_int_equal(msvc_bus_subscribe(bus,
                                        MSVC_SUBSCRIPTION(.group = own(f, "g"),
                                                          .topics = MSVC_TOPICS(own(f, "orders")),
                                                          .handler = record, .user = r),
                                        NULL),
                     MSVC_ERR_EXISTS);
}

static void a_second_subscription_leaves_the_first_alone(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *a = new_recorder(f);
    struct recorder *b = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    subscribe(f, bus, "a", "orders", a);
    publish(f, bus, "orders", NULL, "x");
    wait_for_count(f, a, 1);
    subscribe(f, bus, "b", "orders", b);
    publish(f, bus, "orders", NULL, "x");
    wait_for_count(f, a, 2);
    wait_for_count(f, b, 1);
}

/* Numbers from 0 to count - 1, each at least once. */
static unsigned count_missing(const struct recorder *r, int count)
{
    unsigned missing = 0;
    char number[16];

    for (int i = 0; i < count; i++) {
        (void)snprintf(number, sizeof(number), "%d", i);
        missing += times_seen(r, number) == 0;
    }
    return missing;
}

static bool has_all(void *user)
{
    const struct recorder *r = user;

    return r->count >= 300 && count_missing(r, 300) == 0;
}

static void nothing_is_lost_while_members_come_and_go(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *publisher = open_bus(f);
    struct msvc_bus *member = open_bus(f);

    subscribe(f, member, "g", "orders", r);
    for (int i = 0; i < 300; i++) {
        char number[16];

        (void)snprintf(number, sizeof(number), "%d", i);
        publish(f, publisher, "orders", NULL, number);
        run_all(f, 0);
        if (i % 60 == 59) {
            close_bus(f, member);
            member = open_bus(f);
            subscribe(f, member, "g", "orders", r);
        }
    }
    run_until(f, has_all, r);
}

const struct CMUnitTest bus_group_tests[] = {
    cmocka_unit_test(every_group_gets_every_message),
    cmocka_unit_test(members_of_a_group_share),
    cmocka_unit_test(topics_are_apart),
    cmocka_unit_test(a_star_takes_one_word),
    cmocka_unit_test(a_hash_takes_any_number_of_words),
    cmocka_unit_test(several_patterns_give_one_delivery),
    cmocka_unit_test(a_group_starts_with_what_comes_after_it),
    cmocka_unit_test(a_group_keeps_its_place_while_away),
    cmocka_unit_test(two_subscriptions_of_one_group_are_one_too_many),
    cmocka_unit_test(a_second_subscription_leaves_the_first_alone),
    cmocka_unit_test(nothing_is_lost_while_members_come_and_go),
    { .name = NULL },
};
