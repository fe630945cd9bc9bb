/* SPDX-License-Identifier: MIT */
/* Messages of one (topic, key), one after the other, for who asks for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus_suite_internal.h"
#include "bus_support.h"

#define only_with_order(bus) \
    only_if(msvc_bus_capabilities(bus)->has_key_order, "the engine keeps no order of keys")

static void subscribe_in_order(struct fixture *f, struct msvc_bus *bus, struct recorder *r)
{
    subscribe_with(f, bus,
                   MSVC_SUBSCRIPTION(.group = own(f, "g"), .topics = MSVC_TOPICS(own(f, "orders")),
                                     .order = MSVC_ORDER_KEY, .retry_least_ms = 1,
                                     .handler = record, .user = r));
}

/* Payloads are numbers; per key they go up, repetitions aside. */
static void assert_keys_in_order(const struct recorder *r)
{
    for (unsigned i = 0; i < r->count; i++) {
        for (unsigned k = 0; k < i; k++) {
            if (strcmp(r->records[i].key, r->records[k].key) == 0 &&
                atoi(r->records[k].payload) > atoi(r->records[i].payload))
                fail_msg("key %s: %s came before %s", r->records[i].key, r->records[k].payload,
                         r->records[i].payload);
        }
    }
}

static void publish_numbers(struct fixture *f, struct msvc_bus *bus, int count, int keys)
{
    for (int i = 0; i < count; i++) {
        char key[16];
        char payload[16];

        (void)snprintf(key, sizeof(key), "k%d", i % keys);
        (void)snprintf(payload, sizeof(payload), "%d", i);
        publish(f, bus, "orders", key, payload);
    }
}

static void a_key_keeps_its_order(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    only_with_order(bus);
    subscribe_in_order(f, bus, r);
    publish_numbers(f, bus, 200, 7);
    wait_for_count(f, r, 200);
    assert_keys_in_order(r);
}

/* All members run on this thread, so that one recorder sees the order of all. */
static void a_key_keeps_its_order_over_several_members(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *publisher = open_bus(f);

    only_with_order(publisher);
    for (int i = 0; i < 3; i++)
        subscribe_in_order(f, open_bus(f), r);
    publish_numbers(f, publisher, 300, 10);
    wait_for_count(f, r, 300);
    run_quietly(f, 50);
    assert_int_equal(r->count, 300);
    assert_keys_in_order(r);
}

static void a_key_keeps_its_order_through_retries(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    only_with_order(bus);
    r->answer = MSVC_DELIVERY_RETRY;
    r->answer_times = 40;
    subscribe_in_order(f, bus, r);
    subscribe_in_order(f, open_bus(f), r);
    publish_numbers(f, bus, 100, 5);
    wait_for_count(f, r, 140);
    assert_keys_in_order(r);
}

static void one_of_a_key_is_open_at_a_time(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    only_with_order(bus);
    r->answer = MSVC_DELIVERY_LATER;
    r->answer_for = "1";
    subscribe_in_order(f, bus, r);
    publish(f, bus, "orders", "a", "1");
    publish(f, bus, "orders", "a", "2");
    publish(f, bus, "orders", "b", "3");
    wait_for_count(f, r, 2);
    wait_for_all_confirmed(f);
    run_quietly(f, 50);
    assert_int_equal(times_seen(r, "2"), 0);
    assert_int_equal(times_seen(r, "3"), 1);
    msvc_delivery_settle(r->later[0], MSVC_DELIVERY_ACK);
    wait_for_count(f, r, 3);
    assert_string_equal(r->records[2].payload, "2");
}

static void a_retry_holds_up_only_its_key(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    only_with_order(bus);
    r->answer = MSVC_DELIVERY_RETRY;
    r->answer_for = "1";
    r->answer_times = 1;
    r->has_delay = true;
    r->delay_ms = 300;
    subscribe_in_order(f, bus, r);
    publish(f, bus, "orders", "a", "1");
    publish(f, bus, "orders", "a", "2");
    publish(f, bus, "orders", "b", "3");
    wait_for_count(f, r, 4);
    assert_string_equal(r->records[0].payload, "1");
    assert_string_equal(r->records[1].payload, "3");
    assert_string_equal(r->records[2].payload, "1");
    assert_int_equal(r->records[2].attempt, 2);
    assert_string_equal(r->records[3].payload, "2");
}

static void parking_frees_the_key(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    only_with_order(bus);
    r->answer = MSVC_DELIVERY_PARK;
    r->answer_for = "1";
    subscribe_in_order(f, bus, r);
    publish(f, bus, "orders", "a", "1");
    publish(f, bus, "orders", "a", "2");
    wait_for_count(f, r, 2);
    assert_string_equal(r->records[1].payload, "2");
}

static void what_was_not_settled_comes_first_again(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *first = new_recorder(f);
    struct recorder *second = new_recorder(f);
    struct msvc_bus *publisher = open_bus(f);
    struct msvc_bus *bus = open_bus(f);

    only_with_order(publisher);
    first->answer = MSVC_DELIVERY_LATER;
    subscribe_in_order(f, bus, first);
    publish_numbers(f, publisher, 6, 2);
    wait_for_count(f, first, 2);
    wait_for_all_confirmed(f);
    close_bus(f, bus);
    subscribe_in_order(f, open_bus(f), second);
    wait_for_count(f, second, 6);
    assert_keys_in_order(second);
    for (unsigned i = 0; i < first->count; i++)
        msvc_delivery_settle(first->later[i], MSVC_DELIVERY_ACK);
}

static void without_order_a_key_holds_up_nothing(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    r->answer = MSVC_DELIVERY_LATER;
    r->answer_times = 1;
    subscribe(f, bus, "g", "orders", r);
    publish(f, bus, "orders", "a", "1");
    publish(f, bus, "orders", "a", "2");
    wait_for_count(f, r, 2);
    msvc_delivery_settle(r->later[0], MSVC_DELIVERY_ACK);
}

static void messages_without_a_key_have_no_order_to_keep(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    only_with_order(bus);
    r->answer = MSVC_DELIVERY_LATER;
    r->answer_times = 1;
    subscribe_in_order(f, bus, r);
    publish(f, bus, "orders", NULL, "1");
    publish(f, bus, "orders", NULL, "2");
    wait_for_count(f, r, 2);
    msvc_delivery_settle(r->later[0], MSVC_DELIVERY_ACK);
}

const struct CMUnitTest bus_order_tests[] = {
    cmocka_unit_test(a_key_keeps_its_order),
    cmocka_unit_test(a_key_keeps_its_order_over_several_members),
    cmocka_unit_test(a_key_keeps_its_order_through_retries),
    cmocka_unit_test(one_of_a_key_is_open_at_a_time),
    cmocka_unit_test(a_retry_holds_up_only_its_key),
    cmocka_unit_test(parking_frees_the_key),
    cmocka_unit_test(what_was_not_settled_comes_first_again),
    cmocka_unit_test(without_order_a_key_holds_up_nothing),
    cmocka_unit_test(messages_without_a_key_have_no_order_to_keep),
    { .name = NULL },
};
