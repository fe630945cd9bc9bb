/* SPDX-License-Identifier: MIT */
/* What only the in-process bus has: names, limits, and buses of one process on several threads. */
#include <msvc/bus/memory.h>

#include <pthread.h>
#include <stdatomic.h>

#include <msvc/bus.h>
#include <msvc/status.h>

#include "fake_clock.h"
#include "test.h"

static enum msvc_disposition count(struct msvc_delivery *delivery, void *user)
{
    (void)delivery;
    atomic_fetch_add((_Atomic unsigned *)user, 1);
    return MSVC_DELIVERY_ACK;
}

static struct msvc_bus *open_bus(const char *url, const struct msvc_bus_options *options)
{
    struct msvc_bus *bus = NULL;

    assert_int_equal(msvc_bus_open(&bus, url, MSVC_BUS_DRIVERS(msvc_bus_memory()), options, NULL),
                     0);
    return bus;
}

static void subscribe(struct msvc_bus *bus, msvc_delivery_fn *handler, void *user)
{
    assert_int_equal(msvc_bus_subscribe(bus,
                                        MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("#"),
                                                          .handler = handler, .user = user),
                                        NULL),
                     0);
}

static void buses_without_a_name_are_apart(void **state)
{
    struct msvc_bus *a = open_bus("memory:", NULL);
    struct msvc_bus *b = open_bus("memory:", NULL);
    _Atomic unsigned seen = 0;

    (void)state;
    subscribe(b, count, &seen);
    assert_int_equal(msvc_bus_publish_wait(a, MSVC_MESSAGE(.type = "t"), 1000, NULL), 0);
    assert_int_equal(msvc_bus_run_once(b, 0, NULL), 0);
    assert_int_equal(seen, 0);
    msvc_bus_close(a);
    msvc_bus_close(b);
}

static void a_broker_ends_with_its_last_bus(void **state)
{
    struct msvc_bus *bus = open_bus("memory:ends", NULL);
    _Atomic unsigned seen = 0;

    (void)state;
    subscribe(bus, count, &seen);
    assert_int_equal(msvc_bus_publish(bus, MSVC_MESSAGE(.type = "t"), NULL, NULL, NULL), 0);
    msvc_bus_close(bus);
    bus = open_bus("memory:ends", NULL);
    subscribe(bus, count, &seen);
    assert_int_equal(msvc_bus_run_once(bus, 0, NULL), 0);
    assert_int_equal(seen, 0);
    msvc_bus_close(bus);
}

static void refuses_what_does_not_fit(void **state)
{
    struct msvc_bus *bus = open_bus("memory:?limit=2", NULL);
    _Atomic unsigned seen = 0;
    const struct msvc_message *m = MSVC_MESSAGE(.type = "t");
    struct msvc_bus_counts counts;

    (void)state;
    subscribe(bus, count, &seen);
    for (int i = 0; i < 3; i++)
        assert_int_equal(msvc_bus_publish(bus, m, NULL, NULL, NULL), 0);
    assert_true(msvc_bus_run_once(bus, 0, NULL) > 0);
    msvc_bus_counts(bus, &counts);
    assert_int_equal(counts.confirmed, 2);
    assert_int_equal(counts.refused, 1);
    assert_int_equal(msvc_bus_publish_wait(bus, m, 1000, NULL), 0); /* there is room again */
    msvc_bus_close(bus);
}

static enum msvc_disposition try_again(struct msvc_delivery *delivery, void *user)
{
    (void)count(delivery, user);
    return msvc_delivery_retry_in(delivery, 60000);
}

static void delays_by_the_clock_it_is_given(void **state)
{
    struct fake_clock clock;
    struct msvc_bus *bus;
    _Atomic unsigned seen = 0;

    (void)state;
    fake_clock_init(&clock);
    bus = open_bus("memory:", MSVC_BUS_OPTIONS(.clock = &clock.clock));
    subscribe(bus, try_again, &seen);
    assert_int_equal(msvc_bus_publish(bus, MSVC_MESSAGE(.type = "t"), NULL, NULL, NULL), 0);
    assert_true(msvc_bus_run_once(bus, 0, NULL) > 0);
    fake_clock_advance_ms(&clock, 59999);
    assert_int_equal(msvc_bus_run_once(bus, 0, NULL), 0);
    assert_int_equal(msvc_bus_timeout_ms(bus), 1);
    fake_clock_advance_ms(&clock, 1);
    assert_int_equal(msvc_bus_run_once(bus, 0, NULL), 1);
    assert_int_equal(seen, 2);
    msvc_bus_close(bus);
}

static void refuses_another_order_for_a_group(void **state)
{
    struct msvc_bus *a = open_bus("memory:order", NULL);
    struct msvc_bus *b = open_bus("memory:order", NULL);
    _Atomic unsigned seen = 0;

    (void)state;
    subscribe(a, count, &seen);
    assert_int_equal(msvc_bus_subscribe(b,
                                        MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("#"),
                                                          .order = MSVC_ORDER_KEY, .handler = count,
                                                          .user = &seen),
                                        NULL),
                     MSVC_ERR_UNSUPPORTED);
    msvc_bus_close(a);
    msvc_bus_close(b);
}

#define THREADS  4
#define MESSAGES 500

struct worker {
    _Atomic unsigned *seen;
    _Atomic unsigned *failures;
    unsigned published; /* by this one, confirmed */
};

static void add_confirmed(const struct msvc_publish_result *result, void *user)
{
    *(unsigned *)user += result->outcome == MSVC_PUBLISH_CONFIRMED;
}

/* Its own bus: publish, and handle whatever comes until all have seen all. */
static void *work(void *user)
{
    struct worker *w = user;
    struct msvc_bus *bus = NULL;
    unsigned sent = 0;

    if (msvc_bus_open(&bus, "memory:threads", MSVC_BUS_DRIVERS(msvc_bus_memory()), NULL, NULL) <
            0 ||
        msvc_bus_subscribe(bus,
                           MSVC_SUBSCRIPTION(.group = "g", .topics = MSVC_TOPICS("#"),
                                             .handler = count, .user = w->seen),
                           NULL) < 0)
        atomic_fetch_add(w->failures, 1);
    while (atomic_load(w->failures) == 0 &&
           (atomic_load(w->seen) < THREADS * MESSAGES || w->published < MESSAGES)) {
        if (sent < MESSAGES && msvc_bus_publish(bus, MSVC_MESSAGE(.type = "t"), add_confirmed,
                                                &w->published, NULL) == 0)
            sent++;
        if (msvc_bus_run_once(bus, sent < MESSAGES ? 0 : 10, NULL) < 0)
            atomic_fetch_add(w->failures, 1);
    }
    msvc_bus_close(bus);
    return NULL;
}

static void buses_of_several_threads_share_a_group(void **state)
{
    struct msvc_bus *keeper = open_bus("memory:threads", NULL);
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    _Atomic unsigned seen = 0;
    _Atomic unsigned failures = 0;

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){ &seen, &failures, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(workers[i].published, MESSAGES);
    }
    assert_int_equal(failures, 0);
    assert_int_equal(seen, THREADS * MESSAGES);
    msvc_bus_close(keeper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buses_without_a_name_are_apart),
        cmocka_unit_test(a_broker_ends_with_its_last_bus),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(delays_by_the_clock_it_is_given),
        cmocka_unit_test(refuses_another_order_for_a_group),
        cmocka_unit_test(buses_of_several_threads_share_a_group),
    };

    return cmocka_run_group_tests_name("bus_memory", tests, NULL, NULL);
}
