/* SPDX-License-Identifier: MIT */
/* What becomes of a delivery. */
#include <pthread.h>
#include <string.h>

#include "bus_suite_internal.h"
#include "bus_support.h"

#define MS 1000000u

static void retry_comes_again_and_counts_attempts(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    r->answer = MSVC_DELIVERY_RETRY;
    r->answer_times = 2;
    subscribe(f, bus, "g", "orders", r);
    publish(f, bus, "orders", NULL, "x");
    wait_for_count(f, r, 3);
    run_quietly(f, 50);
    assert_int_equal(r->count, 3);
    assert_int_equal(r->records[0].attempt, 1);
    assert_int_equal(r->records[1].attempt, 2);
    assert_int_equal(r->records[2].attempt, 3);
}

static void retry_waits_for_its_delay(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    r->answer = MSVC_DELIVERY_RETRY;
    r->answer_times = 1;
    r->has_delay = true;
    r->delay_ms = 300;
    subscribe(f, bus, "g", "orders", r);
    publish(f, bus, "orders", NULL, "x");
    wait_for_count(f, r, 2);
    assert_true(r->records[1].at_ns - r->records[0].at_ns >= 295 * MS);
}

static void retry_lets_others_pass_when_there_is_no_order(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    r->answer = MSVC_DELIVERY_RETRY;
    r->answer_for = "bad";
    r->answer_times = 1;
    r->has_delay = true;
    r->delay_ms = 300;
    subscribe(f, bus, "g", "orders", r);
    publish(f, bus, "orders", "k", "bad");
    publish(f, bus, "orders", "k", "good");
    wait_for_count(f, r, 3);
    assert_string_equal(r->records[1].payload, "good");
    assert_string_equal(r->records[2].payload, "bad");
}

static void gives_up_after_the_most_attempts(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);
    struct msvc_bus_counts counts;

    r->answer = MSVC_DELIVERY_RETRY;
    subscribe_with(f, bus,
                   MSVC_SUBSCRIPTION(.group = own(f, "g"), .topics = MSVC_TOPICS(own(f, "orders")),
                                     .max_attempts = 3, .retry_least_ms = 1, .handler = record,
                                     .user = r));
    publish(f, bus, "orders", NULL, "x");
    wait_for_count(f, r, 3);
    run_quietly(f, 100);
    assert_int_equal(r->count, 3);
    msvc_bus_counts(bus, &counts);
    assert_int_equal(counts.parked, 1);
    assert_int_equal(counts.in_flight, 0);
}

/* Answer the first one so; it must not come again, to this bus or the next. */
static void check_final(struct fixture *f, enum msvc_disposition answer)
{
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    (void)open_bus(f); /* keeps the broker */
    r->answer = answer;
    r->answer_for = "bad";
    subscribe(f, bus, "g", "orders", r);
    publish(f, bus, "orders", NULL, "bad");
    publish(f, bus, "orders", NULL, "good");
    wait_for_count(f, r, 2);
    wait_for_all_confirmed(f);
    run_quietly(f, 50);
    close_bus(f, bus);
    bus = open_bus(f);
    subscribe(f, bus, "g", "orders", r);
    publish(f, bus, "orders", NULL, "last");
    wait_for_count(f, r, 3);
    run_quietly(f, 50);
    assert_int_equal(r->count, 3);
    assert_int_equal(times_seen(r, "last"), 1);
}

static void ack_is_final(void **state)
{
    check_final(fixture_of(state), MSVC_DELIVERY_ACK);
}

static void drop_is_final(void **state)
{
    check_final(fixture_of(state), MSVC_DELIVERY_DROP);
}

static void park_puts_aside(void **state)
{
    check_final(fixture_of(state), MSVC_DELIVERY_PARK);
}

static void counts_dispositions_apart(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);
    struct msvc_bus_counts counts;

    r->answer = MSVC_DELIVERY_DROP;
    r->answer_for = "dropped";
    subscribe(f, bus, "g", "orders", r);
    publish(f, bus, "orders", NULL, "acked");
    publish(f, bus, "orders", NULL, "dropped");
    wait_for_count(f, r, 2);
    msvc_bus_counts(bus, &counts);
    assert_int_equal(counts.acked, 1);
    assert_int_equal(counts.dropped, 1);
    assert_int_equal(counts.retried + counts.parked + counts.redelivered + counts.in_flight, 0);
}

static void *settle_all(void *user)
{
    struct recorder *r = user;

    for (unsigned i = 0; i < r->later_count; i++)
        msvc_delivery_settle(r->later[i], i == 0 ? MSVC_DELIVERY_RETRY : MSVC_DELIVERY_ACK);
    return NULL;
}

static void later_is_settled_from_another_thread(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);
    struct msvc_bus_counts counts;
    pthread_t thread;

    r->answer = MSVC_DELIVERY_LATER;
    r->answer_times = 3;
    subscribe(f, bus, "g", "orders", r);
    for (int i = 0; i < 3; i++)
        publish(f, bus, "orders", NULL, "x");
    wait_for_count(f, r, 3);
    msvc_bus_counts(bus, &counts);
    assert_int_equal(counts.in_flight, 3);
    assert_int_equal(pthread_create(&thread, NULL, settle_all, r), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    wait_for_count(f, r, 4); /* the one to retry */
    run_quietly(f, 50);
    assert_int_equal(r->count, 4);
    msvc_bus_counts(bus, &counts);
    assert_int_equal(counts.acked, 3);
    assert_int_equal(counts.in_flight, 0);
}

static void settling_wakes_the_bus(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    r->answer = MSVC_DELIVERY_LATER;
    r->answer_times = 1;
    subscribe_with(f, bus,
                   MSVC_SUBSCRIPTION(.group = own(f, "g"), .topics = MSVC_TOPICS(own(f, "orders")),
                                     .max_in_flight = 1, .handler = record, .user = r));
    publish(f, bus, "orders", NULL, "first");
    publish(f, bus, "orders", NULL, "second");
    wait_for_count(f, r, 1);
    wait_for_all_confirmed(f);
    msvc_delivery_settle(r->later[0], MSVC_DELIVERY_ACK);
    wait_for_count(f, r, 2);
}

static void no_more_are_in_flight_than_asked_for(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    r->answer = MSVC_DELIVERY_LATER;
    r->answer_times = 5;
    subscribe_with(f, bus,
                   MSVC_SUBSCRIPTION(.group = own(f, "g"), .topics = MSVC_TOPICS(own(f, "orders")),
                                     .max_in_flight = 5, .handler = record, .user = r));
    for (int i = 0; i < 20; i++)
        publish(f, bus, "orders", NULL, "x");
    wait_for_count(f, r, 5);
    wait_for_all_confirmed(f);
    run_quietly(f, 100);
    assert_int_equal(r->count, 5);
    for (int i = 0; i < 5; i++)
        msvc_delivery_settle(r->later[i], MSVC_DELIVERY_ACK);
    wait_for_count(f, r, 20);
}

static void what_was_not_settled_comes_to_another_member(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *first = new_recorder(f);
    struct recorder *second = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    (void)open_bus(f); /* keeps the broker */
    first->answer = MSVC_DELIVERY_LATER;
    subscribe(f, bus, "g", "orders", first);
    for (int i = 0; i < 3; i++)
        publish(f, bus, "orders", NULL, "x");
    wait_for_count(f, first, 3);
    wait_for_all_confirmed(f);
    close_bus(f, bus);
    subscribe(f, open_bus(f), "g", "orders", second);
    wait_for_count(f, second, 3);
    for (unsigned i = 0; i < 3; i++) {
        msvc_delivery_settle(first->later[i], MSVC_DELIVERY_ACK); /* too late: only freed */
        assert_true(second->records[i].attempt > 1);
    }
}

static void drains(void **state)
{
    struct fixture *f = fixture_of(state);
    struct recorder *r = new_recorder(f);
    struct msvc_bus *bus = open_bus(f);

    r->answer = MSVC_DELIVERY_LATER;
    subscribe(f, bus, "g", "orders", r);
    publish(f, bus, "orders", NULL, "x");
    wait_for_count(f, r, 1);
    wait_for_all_confirmed(f);
    assert_int_equal(msvc_bus_drain(bus, 20, NULL), MSVC_ERR_TIMEOUT);
    msvc_delivery_settle(r->later[0], MSVC_DELIVERY_ACK);
    publish(f, bus, "orders", NULL, "y");
    assert_int_equal(msvc_bus_drain(bus, (int)f->engine->patience_ms, NULL), 0);
    assert_int_equal(f->sent, 0);
    assert_int_equal(r->count, 1); /* nothing is taken any more */
}

const struct CMUnitTest bus_settle_tests[] = {
    cmocka_unit_test(retry_comes_again_and_counts_attempts),
    cmocka_unit_test(retry_waits_for_its_delay),
    cmocka_unit_test(retry_lets_others_pass_when_there_is_no_order),
    cmocka_unit_test(gives_up_after_the_most_attempts),
    cmocka_unit_test(ack_is_final),
    cmocka_unit_test(drop_is_final),
    cmocka_unit_test(park_puts_aside),
    cmocka_unit_test(counts_dispositions_apart),
    cmocka_unit_test(later_is_settled_from_another_thread),
    cmocka_unit_test(settling_wakes_the_bus),
    cmocka_unit_test(no_more_are_in_flight_than_asked_for),
    cmocka_unit_test(what_was_not_settled_comes_to_another_member),
    cmocka_unit_test(drains),
    { .name = NULL },
};
